//! The gate as a whole: batches, recording, failure to record, and what executions do to exposure.
use super::testkit::{limits, rules, Bench, FakeJournal, INSTRUMENT, SECOND, START, STRATEGY};
use super::{Gate, CHECKS, NOT_RECORDED, RECORDING};
use crate::layout::{
    code, command_kind, exec_type, record_type, scope_state, side, Execution, GateDecision,
    OrderCommand, NO_NODE,
};
use crate::record::{bytes_of, read};

#[test]
fn every_decision_is_recorded_with_its_command_and_its_own_index() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    let cancel = bench.change(command_kind::CANCEL, &order);
    let all = bench.change(command_kind::CANCEL_OWNER, &order);
    let wrong = OrderCommand {
        quantity: 3,
        ..bench.order()
    };
    let decisions = [cancel, all, wrong].map(|command| bench.submit(&command));
    assert_eq!(decisions[2].code, code::OFF_LOT);
    // Rules and limits come first.
    assert_eq!(bench.journal.records.len(), 6);
    for (at, decision) in (3..).zip(decisions) {
        let (kind, _, payload) = &bench.journal.records[at];
        assert_eq!(*kind, record_type::DECISION);
        assert_eq!(payload.len(), 128);
        assert_eq!(read::<GateDecision>(&payload[64..]), Some(decision));
        assert_eq!(decision.audit_index, at as u64);
    }
    assert_eq!(&bench.journal.records[5].2[..64], bytes_of(&wrong));
}

#[test]
fn limits_are_recorded_as_loaded_and_told_apart_by_version() {
    let bench = Bench::new();
    let expected = [
        (record_type::LIMITS_SET, 2, bytes_of(&rules()).to_vec()),
        (record_type::LIMITS_SET, 1, bytes_of(&limits()).to_vec()),
    ];
    assert_eq!(bench.journal.records, expected);
}

#[test]
fn a_decision_is_announced_before_the_control_words_are_read() {
    let mut bench = Bench::new();
    for sequence in 1..=3 {
        let order = bench.order();
        let decision = bench.submit(&order);
        assert_eq!(decision.sequence, sequence);
        assert_eq!(bench.controls.announced.get(), sequence);
    }
}

#[test]
fn within_one_batch_every_order_counts_against_the_next() {
    let mut bench = Bench::new();
    let orders = [600, 610, 400].map(|quantity| OrderCommand {
        quantity,
        ..bench.order()
    });
    let mut decisions = [GateDecision::default(); 3];
    bench
        .gate
        .submit(&mut bench.journal, &bench.controls, &orders, &mut decisions);
    let codes = decisions.map(|decision| decision.code);
    let expected = [code::ACCEPTED, code::POSITION_LIMIT, code::ACCEPTED];
    assert_eq!(codes, expected);
    assert_eq!(bench.open(), (1_000, 0, 2));
}

#[test]
fn what_cannot_be_appended_is_refused_and_the_gate_stays_shut() {
    let mut bench = Bench::new();
    bench.journal.room = Some(1);
    let first = bench.order();
    let first = bench.enter(first);
    let second = OrderCommand {
        price: 995,
        ..bench.order()
    };
    let refused = bench.submit(&second);
    assert_eq!(
        (refused.code, refused.check),
        (code::AUDIT_FAILED, RECORDING)
    );
    assert_eq!(refused.audit_index, NOT_RECORDED);
    assert_eq!(bench.open(), (100, 0, 1));
    assert!(bench.gate.is_shut());

    bench.journal.room = None;
    let cancel = bench.change(command_kind::CANCEL, &first);
    assert_eq!(bench.submit(&cancel).code, code::AUDIT_FAILED);
    let third = bench.order();
    let third = bench.submit(&third);
    assert_eq!((third.code, third.scope), (code::AUDIT_FAILED, NO_NODE));
    assert_eq!(bench.journal.records.len(), 3);
    let reloaded = bench.gate.set_limits(&mut bench.journal, &limits(), START);
    assert_eq!(reloaded, Err(code::AUDIT_FAILED));
}

#[test]
fn a_batch_in_which_an_append_fails_is_taken_back_whole() {
    let mut bench = Bench::new();
    bench.journal.room = Some(1);
    let first = bench.order();
    let second = OrderCommand {
        price: 995,
        ..bench.order()
    };
    let mut decisions = [GateDecision::default(); 2];
    bench.gate.submit(
        &mut bench.journal,
        &bench.controls,
        &[first, second],
        &mut decisions,
    );
    // The first was appended, but what was appended may never have been written.
    let codes = decisions.map(|decision| decision.code);
    assert_eq!(codes, [code::AUDIT_FAILED; 2]);
    assert_eq!(bench.open(), (0, 0, 0));
    assert!(bench.gate.is_shut());
}

#[test]
fn what_cannot_be_committed_is_taken_back_whole() {
    let mut bench = Bench::new();
    let resting = bench.order();
    let resting = bench.enter(resting);
    bench.journal.commit_fails = true;
    let fresh = OrderCommand {
        quantity: 300,
        ..bench.order()
    };
    let amend = OrderCommand {
        quantity: 500,
        ..bench.change(command_kind::AMEND, &resting)
    };
    let amend_fresh = OrderCommand {
        quantity: 400,
        ..bench.change(command_kind::AMEND, &fresh)
    };
    let wrong = OrderCommand {
        quantity: 3,
        ..bench.order()
    };
    let mut decisions = [GateDecision::default(); 4];
    bench.gate.submit(
        &mut bench.journal,
        &bench.controls,
        &[fresh, amend, amend_fresh, wrong],
        &mut decisions,
    );
    let codes = decisions.map(|decision| decision.code);
    let shut = code::AUDIT_FAILED;
    assert_eq!(codes, [shut, shut, shut, code::OFF_LOT]);
    assert_eq!(bench.open(), (100, 0, 1));
    assert_eq!(
        bench.gate.open_order(resting.order_id).unwrap().reserved(),
        100
    );
    assert!(bench.gate.open_order(fresh.order_id).is_none());
    let counters = bench.gate.counters();
    assert_eq!(
        (counters.accepted, counters.rejected, counters.shut),
        (1, 4, 1)
    );
}

#[test]
fn executions_are_recorded_before_they_count() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    bench.report(exec_type::TRADE, &order, 40, 60);
    let (kind, version, payload) = bench.journal.records.last().unwrap();
    assert_eq!((*kind, *version), (record_type::EXECUTION, 1));
    assert_eq!(read::<Execution>(payload).unwrap().leaves, 60);
    assert_eq!(bench.position(), 40);
}

#[test]
fn an_execution_that_cannot_be_recorded_still_counts_and_shuts_the_gate() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    bench.journal.room = Some(0);
    let fill = Execution {
        exec_type: exec_type::TRADE,
        instrument: INSTRUMENT,
        order_id: order.order_id,
        owner: STRATEGY,
        quantity: 40,
        leaves: 60,
        venue_sequence: 1,
        ..Execution::default()
    };
    assert_eq!(bench.apply(&[fill]), Err(code::AUDIT_FAILED));
    assert_eq!((bench.position(), bench.open()), (40, (60, 0, 1)));
    assert!(bench.gate.is_shut());
    assert_eq!(bench.gate.counters().unrecorded, 1);
    let order = bench.order();
    assert_eq!(bench.submit(&order).code, code::AUDIT_FAILED);
}

#[test]
fn an_order_is_open_until_it_is_filled_cancelled_or_refused() {
    let ends: [fn(&mut Bench, &OrderCommand); 4] = [
        |bench, order| {
            bench.report(exec_type::NEW, order, 100, 100);
            bench.report(exec_type::TRADE, order, 30, 70);
            bench.report(exec_type::TRADE, order, 70, 0);
        },
        |bench, order| bench.report(exec_type::CANCELED, order, 100, 0),
        |bench, order| bench.report(exec_type::REJECTED, order, 100, 0),
        |bench, order| {
            let amend = OrderCommand {
                quantity: 300,
                ..bench.change(command_kind::AMEND, order)
            };
            bench.enter(amend);
            bench.report(exec_type::CANCELED, order, 100, 0);
        },
    ];
    for (end, filled) in ends.into_iter().zip([100, 0, 0, 0]) {
        for side in [side::BUY, side::SELL] {
            let mut bench = Bench::new();
            let order = OrderCommand {
                side,
                ..bench.order()
            };
            let order = bench.enter(order);
            assert_eq!(bench.open().2, 1);
            end(&mut bench, &order);
            assert_eq!(bench.open(), (0, 0, 0));
            let sign = if side == side::BUY { 1 } else { -1 };
            assert_eq!(bench.position(), filled * sign);
            let exposure = bench.gate.exposure(STRATEGY, INSTRUMENT);
            assert_eq!(exposure.bought - exposure.sold, bench.position());
            assert_eq!(bench.gate.counters().inconsistent, 0);
        }
    }
}

#[test]
fn a_replaced_order_counts_at_its_new_lots() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    let amend = OrderCommand {
        quantity: 250,
        price: 990,
        ..bench.change(command_kind::AMEND, &order)
    };
    bench.enter(amend);
    assert_eq!(bench.open(), (250, 0, 1));
    bench.report(exec_type::REPLACED, &amend, 250, 250);
    assert_eq!(bench.open(), (250, 0, 1));
    assert_eq!(bench.gate.open_order(order.order_id).unwrap().price, 990);
    let down = OrderCommand {
        quantity: 50,
        ..amend
    };
    bench.enter(down);
    assert_eq!(bench.open(), (250, 0, 1));
    bench.report(exec_type::CANCEL_REJECTED, &down, 50, 0);
    assert_eq!(bench.open(), (250, 0, 1));
}

#[test]
fn a_trade_of_an_order_that_is_not_open_moves_the_position_and_is_counted() {
    let mut bench = Bench::new();
    bench.hold(70);
    bench.hold(-100);
    assert_eq!(bench.position(), -30);
    let stranger = OrderCommand {
        owner: 1 << 31,
        order_id: 4,
        ..OrderCommand::default()
    };
    bench.report(exec_type::TRADE, &stranger, 5, 0);
    bench.report(exec_type::NEW, &stranger, 5, 5);
    assert_eq!(bench.position(), -30);
    let counters = bench.gate.counters();
    assert_eq!((counters.executions, counters.unmatched), (4, 4));
}

#[test]
fn a_report_that_comes_twice_counts_once() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    let fill = |quantity, leaves, venue_sequence| Execution {
        exec_type: exec_type::TRADE,
        instrument: INSTRUMENT,
        order_id: order.order_id,
        owner: STRATEGY,
        quantity,
        leaves,
        venue_sequence,
        ..Execution::default()
    };
    bench.apply(&[fill(40, 60, 8), fill(40, 60, 8)]).unwrap();
    assert_eq!((bench.position(), bench.open().0), (40, 60));
    bench.apply(&[fill(60, 0, 9), fill(60, 0, 9)]).unwrap();
    assert_eq!((bench.position(), bench.open().2), (100, 0));
    assert_eq!(bench.gate.counters().repeated, 2);
}

#[test]
fn a_venue_that_starts_counting_anew_is_noticed_and_believed() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    bench.report(exec_type::TRADE, &order, 40, 60);
    bench.venue_sequence = 0;
    bench.report(exec_type::TRADE, &order, 20, 40);
    assert_eq!((bench.position(), bench.open().0), (60, 40));
    assert_eq!(bench.gate.counters().repeated, 1);
}

#[test]
fn reports_of_two_venues_are_counted_apart() {
    let mut bench = Bench::new();
    let report = |venue_sequence| Execution {
        venue_sequence,
        ..Execution::default()
    };
    for venue in [0, 63] {
        let reports = [report(1), report(2)];
        bench
            .gate
            .apply_executions(&mut bench.journal, venue, &reports)
            .unwrap();
    }
    assert_eq!(bench.gate.counters().repeated, 0);
    let refused = bench
        .gate
        .apply_executions(&mut bench.journal, 64, &[report(1)]);
    assert_eq!(refused, Err(code::BAD_ARGUMENT));
}

#[test]
fn numbers_no_venue_can_mean_are_counted_and_not_applied() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    bench.report(exec_type::TRADE, &order, -5, 100);
    bench.report(exec_type::TRADE, &order, 5, -1);
    bench.report(exec_type::TRADE, &OrderCommand { side: 9, ..order }, 5, 95);
    assert_eq!((bench.position(), bench.open()), (0, (100, 0, 1)));
    assert_eq!(bench.gate.counters().inconsistent, 3);
}

#[test]
fn when_venue_and_gate_disagree_on_what_is_left_the_venue_is_believed_and_it_is_counted() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    bench.report(exec_type::TRADE, &order, 10, 50);
    assert_eq!((bench.position(), bench.open().0), (10, 50));
    assert_eq!(bench.gate.counters().inconsistent, 1);
}

#[test]
fn counters_say_what_was_decided_and_why() {
    let mut bench = Bench::new();
    let good = bench.order();
    bench.enter(good);
    for _ in 0..2 {
        let wrong = OrderCommand {
            price: 1,
            ..bench.order()
        };
        bench.submit(&wrong);
    }
    bench.controls.state.set(scope_state::KILLED);
    let late = bench.order();
    bench.submit(&late);
    let counters = bench.gate.counters();
    assert_eq!(
        (counters.decisions, counters.accepted, counters.rejected),
        (4, 1, 3)
    );
    assert_eq!(counters.open_orders, 1);
    let by_code: Vec<_> = bench
        .gate
        .rejected()
        .map(|count| (count.code, count.count))
        .collect();
    assert_eq!(by_code, [(code::KILLED, 1), (code::OFF_TICK, 2)]);
}

/// Runs a fixed tape and returns the state hash after each step.
fn hashes() -> Vec<[u8; 32]> {
    let mut bench = Bench::new();
    let mut hashes = vec![Gate::new().state_hash(), bench.gate.state_hash()];
    let order = bench.order();
    let order = bench.enter(order);
    hashes.push(bench.gate.state_hash());
    let amend = bench.change(command_kind::AMEND, &order);
    bench.enter(amend);
    hashes.push(bench.gate.state_hash());
    let wrong = OrderCommand {
        price: 1,
        ..bench.order()
    };
    bench.submit(&wrong);
    hashes.push(bench.gate.state_hash());
    bench.report(exec_type::TRADE, &order, 10, 90);
    hashes.push(bench.gate.state_hash());
    bench.report(exec_type::CANCELED, &order, 90, 0);
    hashes.push(bench.gate.state_hash());
    hashes
}

#[test]
fn equal_histories_have_equal_state_hashes_and_every_step_changes_it() {
    let steps = hashes();
    assert_eq!(steps, hashes());
    for (at, hash) in steps.iter().enumerate() {
        assert!(!steps[..at].contains(hash), "step {at} changed nothing");
    }
}

#[test]
fn market_prices_are_an_input_and_not_state() {
    let mut bench = Bench::new();
    let before = bench.gate.state_hash();
    bench.quote(1, 2, 3, START + SECOND);
    assert_eq!(bench.gate.state_hash(), before);
}

#[test]
fn every_row_of_the_table_applies_to_something() {
    for row in CHECKS {
        assert_ne!(row.kinds, 0, "{} is never asked", row.name);
    }
}

#[test]
fn a_reference_for_an_instrument_there_cannot_be_is_refused() {
    let mut gate = Gate::new();
    let refused = gate.set_reference(128, super::Reference::default());
    assert_eq!(refused, Err(code::BAD_ARGUMENT));
    assert!(gate.reference(128).is_none());
}

#[test]
fn a_journal_that_numbers_differently_is_a_journal_that_failed() {
    /// Says one index and gives another.
    struct Liar(FakeJournal);
    impl super::Journal for Liar {
        fn next_index(&self) -> u64 {
            self.0.next_index() + 1
        }
        fn append(
            &mut self,
            t: u16,
            v: u16,
            time: i64,
            cause: u64,
            p: &[&[u8]],
        ) -> Result<u64, u32> {
            self.0.append(t, v, time, cause, p)
        }
        fn commit(&mut self) -> Result<(), u32> {
            self.0.commit()
        }
    }
    let mut bench = Bench::new();
    let order = bench.order();
    let mut decisions = [GateDecision::default()];
    let mut liar = Liar(FakeJournal::default());
    bench
        .gate
        .submit(&mut liar, &bench.controls, &[order], &mut decisions);
    assert_eq!(decisions[0].code, code::AUDIT_FAILED);
    assert_eq!(bench.open(), (0, 0, 0));
}

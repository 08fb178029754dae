//! Budgets of scopes, latches, short windows, trades in a row, parents and children: each at its boundary.
use super::MS;
use crate::gate::testkit::{limits, parent, rules, Bench, INSTRUMENT, SECOND, START, STRATEGY};
use crate::gate::{flags, EVERY_INSTRUMENT};
use crate::layout::{
    code, command_kind, demand, exec_type, fact_kind, order_type, record_type, side, time_in_force,
    BurstLimit, ExecutionThrottle, InstrumentRules, OrderCommand, Pace, ParentLimits, ParentOrder,
    Rearm, StrategyLimits, DEFAULT_ACCOUNT_NODE, DEFAULT_CUSTOMER_NODE, FIRM_NODE,
};
use crate::record::bytes_of;

/// Node of the strategy in a bench.
const OWN: u32 = 3;

/// A bench whose strategy may send as much as it likes.
fn fast() -> Bench {
    let mut bench = Bench::new();
    let limits = StrategyLimits {
        rate_per_second: u32::MAX,
        rate_burst: u32::MAX,
        duplicate_window_ms: 0,
        max_quantity: 900,
        max_position: 100_000,
        max_notional: i64::MAX,
        ..limits()
    };
    let set = bench.gate.set_limits(&mut bench.journal, &limits, START);
    set.unwrap();
    let rules = InstrumentRules {
        reference_max_age_ms: u32::MAX,
        ..rules()
    };
    let set = bench.gate.set_instrument(&mut bench.journal, &rules, START);
    set.unwrap();
    bench
}

fn send(bench: &mut Bench, at: i64) -> crate::layout::GateDecision {
    let order = bench.order();
    bench.submit(&OrderCommand { time: at, ..order })
}

#[test]
fn every_scope_sends_its_burst_and_then_its_rate() {
    for node in [FIRM_NODE, DEFAULT_CUSTOMER_NODE, DEFAULT_ACCOUNT_NODE, OWN] {
        let mut bench = fast();
        let pace = Pace {
            node,
            rate: 10,
            burst: 2,
            ..Pace::default()
        };
        bench.tell(fact_kind::PACE, &pace);
        assert_eq!(send(&mut bench, START).code, code::ACCEPTED);
        assert_eq!(send(&mut bench, START).code, code::ACCEPTED);
        let refused = send(&mut bench, START);
        assert_eq!((refused.code, refused.scope), (code::MESSAGE_RATE, node));
        assert_eq!((refused.measured, refused.limit), (0, SECOND));
        let early = send(&mut bench, START + 100 * MS - 1);
        assert_eq!(early.code, code::MESSAGE_RATE);
        assert_eq!(send(&mut bench, START + 100 * MS).code, code::ACCEPTED);
    }
}

#[test]
fn a_scope_that_runs_into_its_rate_too_often_is_latched_until_it_is_armed_again() {
    let mut bench = fast();
    let pace = Pace {
        node: DEFAULT_ACCOUNT_NODE,
        rate: 1_000,
        trip_after: 3,
        ..Pace::default()
    };
    bench.tell(fact_kind::PACE, &pace);
    // Two within a second and a third after it: the second begins anew.
    for at in [START, START + 1, START + SECOND] {
        assert_eq!(send(&mut bench, at).code, code::MESSAGE_RATE);
    }
    for at in [START + SECOND + 1, START + SECOND + 2] {
        assert_eq!(send(&mut bench, at).code, code::MESSAGE_RATE);
    }
    bench.tell(fact_kind::PACE, &Pace { burst: 9, ..pace });
    let late = START + 9 * SECOND;
    let latched = send(&mut bench, late);
    assert_eq!(
        (latched.code, latched.scope, latched.measured, latched.limit),
        (code::RATE_TRIPPED, DEFAULT_ACCOUNT_NODE, 3, 3)
    );
    let other = Rearm {
        node: FIRM_NODE,
        what: 3,
        ..Rearm::default()
    };
    bench.tell(fact_kind::REARM, &other);
    assert_eq!(send(&mut bench, late).code, code::RATE_TRIPPED);
    let executions = Rearm {
        node: DEFAULT_ACCOUNT_NODE,
        what: 2,
        ..other
    };
    bench.tell(fact_kind::REARM, &executions);
    assert_eq!(send(&mut bench, late).code, code::RATE_TRIPPED);
    bench.tell(
        fact_kind::REARM,
        &Rearm {
            what: 1,
            ..executions
        },
    );
    assert_eq!(send(&mut bench, late).code, code::ACCEPTED);
}

#[test]
fn a_first_cancel_always_passes_and_the_next_has_a_reserve_of_its_own() {
    let mut bench = fast();
    let order = bench.order();
    let order = bench.enter(order);
    let pace = Pace {
        cancel_rate: 1,
        cancel_burst: 2,
        ..Pace::default()
    };
    bench.tell(fact_kind::PACE, &pace);
    // Nothing may enter, which is no reason to keep anything from leaving.
    assert_eq!(send(&mut bench, START).code, code::MESSAGE_RATE);
    let cancel = bench.change(command_kind::CANCEL, &order);
    for expected in [code::ACCEPTED, code::ACCEPTED, code::CANCEL_RATE] {
        assert_eq!(bench.submit(&cancel).code, expected);
    }
    let later = OrderCommand {
        time: START + SECOND,
        ..cancel
    };
    assert_eq!(bench.submit(&later).code, code::ACCEPTED);
    assert_eq!(bench.submit(&later).code, code::CANCEL_RATE);
    // Answered with a refusal, an order is not being cancelled any more.
    for _ in 0..3 {
        bench.report(exec_type::CANCEL_REJECTED, &order, 0, 100);
    }
    assert_eq!(bench.submit(&later).code, code::ACCEPTED);
}

#[test]
fn a_window_counts_messages_lots_and_value_at_every_scope_and_forgets_them_when_it_is_over() {
    // An order has 100 lots and is worth 1005 × 7 × 100.
    let value = 703_500;
    let limited = [
        |limit: &mut BurstLimit, times: i64| limit.max_orders = times as u32,
        |limit: &mut BurstLimit, times: i64| limit.max_lots = times * 100,
        |limit: &mut BurstLimit, times: i64| limit.max_value = times * 703_500,
    ];
    for (at, set) in limited.into_iter().enumerate() {
        for node in [FIRM_NODE, DEFAULT_CUSTOMER_NODE, DEFAULT_ACCOUNT_NODE, OWN] {
            for instrument in [INSTRUMENT, EVERY_INSTRUMENT] {
                if at == 1 && instrument == EVERY_INSTRUMENT {
                    continue;
                }
                let mut bench = fast();
                let mut limit = BurstLimit {
                    node,
                    instrument,
                    window_ms: 1_000,
                    ..BurstLimit::default()
                };
                set(&mut limit, 2);
                bench.tell(fact_kind::BURST, &limit);
                assert_eq!(send(&mut bench, START).code, code::ACCEPTED);
                assert_eq!(send(&mut bench, START + 5).code, code::ACCEPTED);
                let refused = send(&mut bench, START + SECOND);
                assert_eq!((refused.code, refused.scope), (code::BURST_LIMIT, node));
                let unit = [1, 100, value][at];
                assert_eq!((refused.measured, refused.limit), (3 * unit, 2 * unit));
                let over = START + SECOND + SECOND / 8 + 5;
                assert_eq!(send(&mut bench, over).code, code::ACCEPTED);
            }
        }
    }
    let mut elsewhere = fast();
    let limit = BurstLimit {
        instrument: 9,
        window_ms: 1_000,
        max_orders: 1,
        ..BurstLimit::default()
    };
    elsewhere.tell(fact_kind::BURST, &limit);
    for _ in 0..3 {
        assert_eq!(send(&mut elsewhere, START).code, code::ACCEPTED);
    }
}

#[test]
fn a_window_is_changed_with_what_it_counted_and_lifted_by_limits_of_nothing() {
    let mut bench = fast();
    let limit = BurstLimit {
        instrument: EVERY_INSTRUMENT,
        window_ms: 1_000,
        max_orders: 9,
        ..BurstLimit::default()
    };
    bench.tell(fact_kind::BURST, &limit);
    assert_eq!(send(&mut bench, START).code, code::ACCEPTED);
    let tight = BurstLimit {
        max_orders: 1,
        ..limit
    };
    bench.tell(fact_kind::BURST, &tight);
    assert_eq!(send(&mut bench, START).code, code::BURST_LIMIT);
    let none = BurstLimit {
        max_orders: 0,
        ..limit
    };
    bench.tell(fact_kind::BURST, &none);
    assert_eq!(send(&mut bench, START).code, code::ACCEPTED);
}

#[test]
fn a_strategy_that_trades_too_often_is_latched_and_cancels_pass() {
    let mut bench = fast();
    let throttle = ExecutionThrottle {
        strategy: STRATEGY,
        max_executions: 2,
        window_ms: 1_000,
        ..ExecutionThrottle::default()
    };
    bench.tell(fact_kind::THROTTLE, &throttle);
    let order = bench.order();
    let order = bench.enter(order);
    bench.report(exec_type::TRADE, &order, 10, 90);
    bench.report(exec_type::TRADE, &order, 10, 80);
    assert_eq!(send(&mut bench, START).code, code::ACCEPTED);
    bench.report(exec_type::TRADE, &order, 10, 70);
    let latched = send(&mut bench, START + 60 * SECOND);
    assert_eq!(
        (latched.code, latched.measured, latched.limit),
        (code::EXECUTION_THROTTLE, 3, 2)
    );
    let cancel = bench.change(command_kind::CANCEL, &order);
    assert_eq!(bench.submit(&cancel).code, code::ACCEPTED);
    let rearm = Rearm {
        node: OWN,
        what: 2,
        ..Rearm::default()
    };
    bench.tell(fact_kind::REARM, &rearm);
    assert_eq!(send(&mut bench, START).code, code::ACCEPTED);
    bench.report(exec_type::TRADE, &order, 10, 60);
    bench.report(exec_type::TRADE, &order, 10, 50);
    assert_eq!(send(&mut bench, START).code, code::ACCEPTED);
}

fn child(bench: &mut Bench, of: u64, quantity: i64) -> OrderCommand {
    OrderCommand {
        flags: flags::CHILD,
        target_id: of,
        quantity,
        ..bench.order()
    }
}

#[test]
fn children_open_and_filled_are_at_most_their_parent() {
    let mut bench = fast();
    assert_eq!(bench.open_parents(&[parent(8, 300)]).code, code::ACCEPTED);
    let first = child(&mut bench, 8, 200);
    bench.enter(first);
    let past = child(&mut bench, 8, 110);
    let refused = bench.submit(&past);
    assert_eq!(
        (refused.code, refused.measured, refused.limit),
        (code::PARENT_QUANTITY, 110, 100)
    );
    // 50 of 200 fill and the rest is cancelled: 250 are left.
    bench.report(exec_type::TRADE, &first, 50, 150);
    bench.report(exec_type::CANCELED, &first, 150, 0);
    let past = child(&mut bench, 8, 260);
    assert_eq!(bench.submit(&past).code, code::PARENT_QUANTITY);
    let second = child(&mut bench, 8, 200);
    let second = bench.enter(second);
    // An amend counts what it adds, and an amend cannot leave the parent.
    let mut amend = bench.change(command_kind::AMEND, &second);
    amend.flags = 0;
    amend.quantity = 260;
    assert_eq!(bench.submit(&amend).code, code::PARENT_QUANTITY);
    amend.quantity = 250;
    bench.enter(amend);
    let past = child(&mut bench, 8, 10);
    assert_eq!(bench.submit(&past).code, code::PARENT_QUANTITY);
}

#[test]
fn a_child_s_parent_is_of_its_strategy_instrument_and_side() {
    let mut bench = fast();
    let parents = [
        parent(8, 300),
        ParentOrder {
            side: side::SELL,
            ..parent(9, 300)
        },
    ];
    assert_eq!(bench.open_parents(&parents).code, code::ACCEPTED);
    let stranger = child(&mut bench, 7, 100);
    assert_eq!(bench.submit(&stranger).code, code::UNKNOWN_PARENT);
    let wrong_side = child(&mut bench, 9, 100);
    assert_eq!(bench.submit(&wrong_side).code, code::UNKNOWN_PARENT);
    let good = child(&mut bench, 8, 100);
    bench.enter(good);
    let orphan = bench.order();
    bench.enter(orphan);
    bench.demand(demand::PARENTS, |_, _| {});
    let orphan = bench.order();
    assert_eq!(bench.submit(&orphan).code, code::UNKNOWN_PARENT);
    let good = child(&mut bench, 8, 100);
    bench.enter(good);
}

#[test]
fn a_child_has_no_end_and_no_trigger_of_its_own() {
    let mut bench = fast();
    assert_eq!(bench.open_parents(&[parent(8, 300)]).code, code::ACCEPTED);
    let broken: [fn(&mut OrderCommand); 3] = [
        |order| order.tif = time_in_force::GTD,
        |order| order.order_type = order_type::STOP,
        |order| order.target_id = 0,
    ];
    for change in broken {
        let mut order = child(&mut bench, 8, 100);
        change(&mut order);
        assert_eq!(bench.submit(&order).code, code::MALFORMED);
    }
}

#[test]
fn a_basket_is_opened_whole_or_not_at_all_and_every_verdict_is_on_record() {
    // A lot is worth 1005 × 7.
    let worth = |lots: i64| lots * 7_035;
    for node in [FIRM_NODE, DEFAULT_CUSTOMER_NODE, DEFAULT_ACCOUNT_NODE, OWN] {
        for (max_parent, max_basket, expected, refused) in [
            (worth(200), worth(300), code::ACCEPTED, 0),
            (worth(200) - 1, worth(300), code::BASKET_LIMIT, 9),
            (worth(200), worth(300) - 1, code::BASKET_LIMIT, 0),
        ] {
            let mut bench = fast();
            let limits = ParentLimits {
                node,
                max_parent,
                max_basket,
                ..ParentLimits::default()
            };
            bench.tell(fact_kind::PARENTS, &limits);
            let basket = [parent(8, 100), parent(9, 200)];
            let decision = bench.open_parents(&basket);
            assert_eq!((decision.code, decision.order_id), (expected, refused));
            let (kind, _, payload) = bench.journal.records.last().unwrap();
            assert_eq!(*kind, record_type::BASKET_DECIDED);
            assert_eq!(payload[..64], *bytes_of(&decision));
            assert_eq!(payload[64..96], *bytes_of(&basket[0]));
            let order = child(&mut bench, 8, 100);
            let released = bench.submit(&order).code;
            let expected = if expected == code::ACCEPTED {
                code::ACCEPTED
            } else {
                assert_eq!(decision.scope, node);
                code::UNKNOWN_PARENT
            };
            // A parent that was refused is none: naming it is refused, whether or not others are open.
            bench.demand(demand::PARENTS, |_, _| {});
            let again = child(&mut bench, 8, 100);
            if expected == code::ACCEPTED {
                assert_eq!(released, code::ACCEPTED);
            } else {
                assert_eq!(bench.submit(&again).code, expected);
            }
        }
    }
}

#[test]
fn a_parent_that_cannot_be_meant_or_valued_opens_nothing() {
    let elsewhere = |change: fn(&mut ParentOrder)| {
        let mut order = parent(9, 100);
        change(&mut order);
        order
    };
    for (order, expected) in [
        (elsewhere(|of| of.parent = 0), code::DUPLICATE_ID),
        (elsewhere(|of| of.parent = 8), code::DUPLICATE_ID),
        (elsewhere(|of| of.strategy = 2), code::UNKNOWN_STRATEGY),
        (elsewhere(|of| of.instrument = 4), code::UNKNOWN_STRATEGY),
        (elsewhere(|of| of.quantity = 0), code::OFF_LOT),
        (elsewhere(|of| of.quantity = 11), code::OFF_LOT),
        (elsewhere(|of| of.side = 2), code::OFF_LOT),
    ] {
        let mut bench = fast();
        let decision = bench.open_parents(&[parent(8, 100), order]);
        assert_eq!(decision.code, expected, "{order:?}");
        bench.demand(demand::PARENTS, |_, _| {});
        let one = child(&mut bench, 8, 100);
        assert_eq!(bench.submit(&one).code, code::UNKNOWN_PARENT);
    }
    let mut stale = Bench::new();
    let late = START + 2 * SECOND;
    let decision = stale
        .gate
        .open_parents(&mut stale.journal, &[parent(8, 100)], late);
    assert_eq!(decision.code, code::NO_REFERENCE);
    let mut unrecorded = fast();
    unrecorded.journal.commit_fails = true;
    let decision = unrecorded.open_parents(&[parent(8, 100)]);
    assert_eq!(decision.code, code::AUDIT_FAILED);
    assert!(unrecorded.gate.is_shut());
}

#[test]
fn flow_facts_that_cannot_be_meant_are_refused() {
    let mut bench = Bench::new();
    let before = bench.gate.state_hash();
    let mut refuse = |kind: u32, bytes: &[u8]| {
        let told = bench.gate.tell(&mut bench.journal, kind, bytes, START);
        assert_eq!(told, Err(code::BAD_ARGUMENT), "kind {kind}");
    };
    refuse(
        fact_kind::PACE,
        bytes_of(&Pace {
            node: 99,
            ..Pace::default()
        }),
    );
    let window = BurstLimit {
        instrument: EVERY_INSTRUMENT,
        window_ms: 1_000,
        max_orders: 1,
        ..BurstLimit::default()
    };
    for limit in [
        BurstLimit { node: 99, ..window },
        BurstLimit {
            window_ms: 0,
            ..window
        },
        BurstLimit {
            max_lots: 5,
            ..window
        },
        BurstLimit {
            max_value: -1,
            ..window
        },
    ] {
        refuse(fact_kind::BURST, bytes_of(&limit));
    }
    let throttle = ExecutionThrottle {
        strategy: 1,
        window_ms: 5,
        ..ExecutionThrottle::default()
    };
    refuse(
        fact_kind::THROTTLE,
        bytes_of(&ExecutionThrottle {
            strategy: 0,
            ..throttle
        }),
    );
    refuse(
        fact_kind::THROTTLE,
        bytes_of(&ExecutionThrottle {
            window_ms: 0,
            ..throttle
        }),
    );
    refuse(
        fact_kind::REARM,
        bytes_of(&Rearm {
            node: 99,
            what: 1,
            ..Rearm::default()
        }),
    );
    refuse(
        fact_kind::REARM,
        bytes_of(&Rearm {
            what: 4,
            ..Rearm::default()
        }),
    );
    refuse(
        fact_kind::PARENTS,
        bytes_of(&ParentLimits {
            max_parent: -1,
            ..ParentLimits::default()
        }),
    );
    assert_eq!(bench.gate.state_hash(), before);
}

#[test]
fn a_child_without_a_parent_is_refused_though_no_parent_was_ever_opened() {
    let mut bench = fast();
    let order = child(&mut bench, 8, 100);
    assert_eq!(bench.submit(&order).code, code::UNKNOWN_PARENT);
}

//! The order path against its parts called one by one, and against logs that fail at every place.
use super::{submit, Passage, Venue};
use crate::book::{Book, DirectBook, MatchingEngine, NaiveBook};
use crate::gate::{Controls, Gate, Journal, Reference, NOT_RECORDED};
use crate::layout::{
    code, command_kind, exec_type, order_type, record_type, scope_state, side, time_in_force,
    Execution, Exposure, GateDecision, InstrumentRules, OrderCommand, ParentOrder, StrategyLimits,
    BACKGROUND_OWNER,
};
use crate::record::read;
use proptest::prelude::*;
use std::cell::Cell;

/// `cause` of a command that panics between the book and the gate.
pub const PANIC: u64 = u64::MAX;

pub fn panic_if_asked(command: &OrderCommand) {
    if command.cause == PANIC {
        // Unwinds as `panic!` does, without the hook that prints where: nothing is wrong.
        std::panic::resume_unwind(Box::new("asked to panic"));
    }
}

const NOW: i64 = 1_700_000_000_000_000_000;

/// Keeps what it is given, and fails from a given record on, or when it is to commit.
#[derive(Default)]
struct Log {
    records: Vec<(u16, Vec<u8>)>,
    room: Option<usize>,
    commit_fails: bool,
    commits: usize,
}

impl Journal for Log {
    fn next_index(&self) -> u64 {
        self.records.len() as u64
    }

    fn append(
        &mut self,
        record_type: u16,
        _version: u16,
        _time: i64,
        _cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32> {
        if self.room.is_some_and(|room| self.records.len() >= room) {
            return Err(code::IO);
        }
        self.records.push((record_type, parts.concat()));
        Ok(self.next_index() - 1)
    }

    fn commit(&mut self) -> Result<(), u32> {
        self.commits += 1;
        let full = self.room.is_some_and(|room| self.records.len() >= room);
        if self.commit_fails || full {
            return Err(code::IO);
        }
        Ok(())
    }
}

/// Open until a given look, killed from then on.
struct Page {
    looks: Cell<u32>,
    killed_from: u32,
}

impl Controls for Page {
    fn begin_decision(&self, _: u64) {}

    fn effective(&self, _: u32, _: u32) -> u32 {
        self.looks.set(self.looks.get() + 1);
        if self.looks.get() > self.killed_from {
            scope_state::KILLED
        } else {
            scope_state::ACTIVE
        }
    }
}

struct Bench<B> {
    gate: Gate,
    log: Log,
    page: Page,
    engine: MatchingEngine<B>,
    decisions: Vec<GateDecision>,
}

impl<B: Book> Bench<B> {
    fn new(max_position: i64) -> Self {
        let mut gate = Gate::new();
        let mut log = Log::default();
        let rules = InstrumentRules {
            tick_step: 1,
            lot_step: 1,
            collar_bps: 5_000,
            reference_max_age_ms: 60_000,
            units_per_tick_lot: 1,
            max_quantity: 1_000,
            ..InstrumentRules::default()
        };
        gate.set_instrument(&mut log, &rules, NOW).expect("rules");
        for strategy in 1..=2 {
            let limits = StrategyLimits {
                strategy,
                max_quantity: 1_000,
                max_notional: 1_000_000_000,
                max_position,
                rate_per_second: 1_000_000,
                rate_burst: 1_000_000,
                ..StrategyLimits::default()
            };
            gate.set_limits(&mut log, &limits, NOW).expect("limits");
        }
        let reference = Reference {
            bid: 99,
            ask: 101,
            last: 100,
            time: NOW,
        };
        gate.set_reference(0, reference).expect("instrument 0");
        let mut engine = MatchingEngine::new();
        engine.add_instrument(0).expect("listed once");
        log.records.clear();
        log.commits = 0;
        Self {
            gate,
            log,
            page: Page {
                looks: Cell::new(0),
                killed_from: u32::MAX,
            },
            engine,
            decisions: Vec::new(),
        }
    }

    fn submit(&mut self, commands: &[OrderCommand]) -> Passage {
        self.decisions
            .resize(commands.len(), GateDecision::default());
        let venue = Venue {
            engine: &mut self.engine,
            stream: 3,
            records: false,
        };
        submit(
            &mut self.gate,
            &mut self.log,
            &self.page,
            venue,
            commands,
            &mut self.decisions,
        )
    }

    fn codes(&self) -> Vec<u32> {
        self.decisions.iter().map(|one| one.code).collect()
    }

    fn reports(&self) -> Vec<(u64, u8, i64)> {
        let events = &self.engine.events().executions;
        events
            .iter()
            .map(|one| (one.order_id, one.exec_type, one.quantity))
            .collect()
    }
}

fn order(order_id: u64, side: u8, price: i64, quantity: i64) -> OrderCommand {
    OrderCommand {
        kind: command_kind::NEW,
        side,
        order_id,
        price,
        quantity,
        owner: 1,
        time: NOW,
        ..OrderCommand::default()
    }
}

fn cancel(target: u64) -> OrderCommand {
    OrderCommand {
        kind: command_kind::CANCEL,
        order_id: target,
        target_id: target,
        owner: 1,
        time: NOW,
        ..OrderCommand::default()
    }
}

const BUY: u8 = side::BUY;
const SELL: u8 = side::SELL;

#[test]
fn a_later_command_of_the_batch_sees_what_an_earlier_one_has_made() {
    let mut bench = Bench::<DirectBook>::new(10);
    // Strategy 2 sells ten, 1 buys them; only then may 1 sell twenty, and not one more.
    let batch = [
        OrderCommand {
            owner: 2,
            ..order(1, SELL, 100, 10)
        },
        order(2, BUY, 100, 10),
        order(3, SELL, 102, 20),
        order(4, SELL, 103, 1),
    ];
    let passage = bench.submit(&batch);
    assert_eq!(
        bench.codes(),
        [
            code::ACCEPTED,
            code::ACCEPTED,
            code::ACCEPTED,
            code::POSITION_LIMIT
        ]
    );
    let done = Passage {
        accepted: 3,
        refused_at_door: 0,
        recorded: true,
    };
    assert_eq!(passage, done);
    assert_eq!(bench.gate.exposure(1, 0).position, 10);
    assert_eq!(bench.gate.exposure(1, 0).open_sell, 20);
    // On record in the order in which it happened, and made durable once.
    let kinds: Vec<u16> = bench.log.records.iter().map(|(kind, _)| *kind).collect();
    let (decided, done) = (record_type::DECISION, record_type::EXECUTION);
    // What the first is measured against, and no later one again.
    assert_eq!(
        kinds,
        [
            record_type::MARKET_SEEN,
            decided,
            done,
            decided,
            done,
            done,
            done,
            decided,
            done,
            decided
        ]
    );
    assert_eq!(bench.log.commits, 1);
}

#[test]
fn what_is_killed_between_the_gate_and_the_book_is_refused_at_the_door_and_releases_its_exposure() {
    let mut bench = Bench::<DirectBook>::new(100);
    bench.page.killed_from = 1;
    let passage = bench.submit(&[order(1, BUY, 100, 7)]);
    assert_eq!((passage.accepted, passage.refused_at_door), (1, 1));
    let report = bench.engine.events().executions[0];
    assert_eq!(
        (report.exec_type, u32::from(report.reason)),
        (exec_type::REJECTED, code::VENUE_KILLED)
    );
    assert_eq!(bench.gate.exposure(1, 0), Default::default());
    assert_eq!(bench.engine.open_orders(), 0);
}

#[test]
fn a_shut_door_lets_cancels_through() {
    let mut bench = Bench::<DirectBook>::new(100);
    bench.submit(&[order(1, BUY, 100, 7)]);
    bench.page.killed_from = bench.page.looks.get() + 1;
    let passage = bench.submit(&[cancel(1)]);
    assert_eq!((passage.accepted, passage.refused_at_door), (1, 0));
    assert_eq!(bench.engine.open_orders(), 0);
}

#[test]
fn background_participants_are_told_and_are_no_business_of_the_gate() {
    let mut bench = Bench::<DirectBook>::new(100);
    let theirs = OrderCommand {
        owner: BACKGROUND_OWNER + 5,
        ..order(900, SELL, 100, 4)
    };
    bench.engine.submit(&theirs);
    bench.engine.clear_events();
    bench.submit(&[order(1, BUY, 100, 6)]);
    let trade = exec_type::TRADE;
    assert_eq!(
        bench.reports(),
        [(1, exec_type::NEW, 6), (900, trade, 4), (1, trade, 4)]
    );
    // Behind the market and the decision.
    let recorded = bench.log.records.iter().skip(2);
    let owners: Vec<u32> = recorded
        .map(|(_, bytes)| read::<Execution>(bytes).expect("64 bytes").owner)
        .collect();
    assert_eq!(owners, [1, 1]);
    assert_eq!(bench.gate.counters().executions, 2);
    assert_eq!(bench.gate.counters().unmatched, 0);
}

#[test]
fn wherever_the_log_fails_nothing_is_told_as_accepted_and_exposure_stays_true() {
    let batch = [
        order(1, SELL, 100, 5),
        OrderCommand {
            owner: 2,
            ..order(2, BUY, 100, 3)
        },
        order(3, SELL, 101, 2),
        cancel(1),
    ];
    let mut whole = Bench::<DirectBook>::new(100);
    assert!(whole.submit(&batch).recorded);
    let records = whole.log.records.len();
    for room in 0..=records {
        let mut bench = Bench::<DirectBook>::new(100);
        bench.log.room = Some(room);
        bench.log.commit_fails = true;
        let passage = bench.submit(&batch);
        assert_eq!(passage.accepted, 0, "room {room}");
        assert!(!passage.recorded);
        assert!(bench.gate.is_shut());
        assert_eq!(bench.codes(), [code::AUDIT_FAILED; 4]);
        let counters = bench.gate.counters();
        assert_eq!(
            (counters.accepted, counters.rejected),
            (0, 4),
            "room {room}"
        );
        assert_eq!(counts(&bench), [(code::AUDIT_FAILED, 4)], "room {room}");
        for (decision, command) in bench.decisions.iter().zip(&batch) {
            assert_eq!(decision.order_id, command.order_id);
            assert_eq!(decision.audit_index, NOT_RECORDED);
            assert_eq!(decision.measured, 0);
        }
        // The book has seen nothing whose decision is not in the log, and the gate knows all that the book knows.
        let decided = bench.log.records.iter();
        let decided = decided.filter(|(kind, _)| *kind == record_type::DECISION);
        let carried_out = bench
            .engine
            .events()
            .executions
            .iter()
            .filter(|one| [exec_type::NEW, exec_type::CANCELED].contains(&one.exec_type));
        assert!(carried_out.count() <= decided.count(), "room {room}");
        let mut open = 0;
        for strategy in [1, 2] {
            let (mut bought, mut sold) = (0, 0);
            for one in &bench.engine.events().executions {
                if one.exec_type == exec_type::TRADE && one.owner == strategy {
                    *(if one.side == BUY {
                        &mut bought
                    } else {
                        &mut sold
                    }) += one.quantity;
                }
            }
            let exposure = bench.gate.exposure(strategy, 0);
            assert_eq!((exposure.bought, exposure.sold), (bought, sold));
            open += exposure.open_orders as usize;
        }
        assert_eq!(open, bench.engine.open_orders(), "room {room}");
        // Shut for good: the book hears nothing more.
        let known = bench.engine.events().executions.len();
        assert_eq!(bench.submit(&[order(9, BUY, 90, 1)]), Passage::default());
        assert_eq!(bench.codes(), [code::AUDIT_FAILED]);
        assert_eq!(bench.engine.events().executions.len(), known);
    }
}

fn counts<B: Book>(bench: &Bench<B>) -> Vec<(u32, u64)> {
    let by_code = bench.gate.rejected();
    by_code.map(|count| (count.code, count.count)).collect()
}

#[test]
fn what_was_answered_as_not_recorded_is_counted_as_that_and_as_nothing_else() {
    let mut bench = Bench::<DirectBook>::new(100);
    bench.submit(&[order(1, BUY, 98, 5), order(1, BUY, 98, 5)]);
    bench.log.commit_fails = true;
    // An accept, two refusals for different reasons, and a cancel of what rests.
    let refused = OrderCommand {
        quantity: 5_000,
        ..order(3, BUY, 97, 1)
    };
    bench.submit(&[
        order(2, BUY, 97, 5),
        order(1, BUY, 98, 5),
        refused,
        cancel(1),
    ]);
    assert_eq!(bench.codes(), [code::AUDIT_FAILED; 4]);
    let counters = bench.gate.counters();
    let decided = (counters.decisions, counters.accepted, counters.rejected);
    assert_eq!(decided, (6, 1, 5));
    let expected = [(code::DUPLICATE_ID, 1), (code::AUDIT_FAILED, 4)];
    assert_eq!(counts(&bench), expected);
}

#[test]
fn nothing_goes_to_the_book_after_an_append_has_failed() {
    let mut bench = Bench::<DirectBook>::new(100);
    bench.log.room = Some(2);
    bench.submit(&[order(1, BUY, 98, 5), order(2, BUY, 97, 5), cancel(1)]);
    assert_eq!(bench.reports(), [(1, exec_type::NEW, 5)]);
    assert_eq!(bench.engine.open_orders(), 1);
}

#[test]
fn a_venue_sees_nothing_that_is_only_said_inside_the_firm() {
    use crate::gate::{flags, outward};
    let said = OrderCommand {
        kind: command_kind::NEW,
        flags: flags::CHILD | flags::MANUAL | flags::ACKNOWLEDGED | flags::POST_ONLY | flags::SHORT,
        target_id: 77,
        ..OrderCommand::default()
    };
    let seen = outward(&said);
    assert_eq!(seen.flags, flags::POST_ONLY | flags::SHORT);
    assert_eq!(seen.target_id, 0);
    let cancel = OrderCommand {
        kind: command_kind::CANCEL,
        ..said
    };
    assert_eq!(outward(&cancel).target_id, 77);
}

#[test]
fn a_child_rests_at_the_venue_as_any_order_and_its_fill_stays_with_its_parent() {
    use crate::gate::flags;
    let mut bench = Bench::<DirectBook>::new(100);
    let parent = ParentOrder {
        parent: 77,
        quantity: 10,
        strategy: 1,
        ..ParentOrder::default()
    };
    let opened = bench.gate.open_parents(&mut bench.log, &[parent], NOW);
    assert_eq!(opened.code, code::ACCEPTED);
    let child = |id: u64, quantity: i64| OrderCommand {
        flags: flags::CHILD,
        target_id: 77,
        ..order(id, BUY, 100, quantity)
    };
    let batch = [
        child(1, 6),
        order(2, SELL, 100, 6),
        child(3, 5),
        child(4, 4),
    ];
    bench.submit(&batch);
    assert_eq!(bench.codes(), [0, 0, code::PARENT_QUANTITY, 0]);
    let filled = bench.gate.exposure(1, 0);
    assert_eq!((filled.bought, filled.open_buy), (6, 4));
}

#[test]
fn an_empty_batch_is_nothing() {
    let mut bench = Bench::<DirectBook>::new(100);
    let nothing = Passage {
        recorded: true,
        ..Passage::default()
    };
    assert_eq!(bench.submit(&[]), nothing);
    assert_eq!(bench.gate.counters().decisions, 0);
    assert!(bench.log.records.is_empty());
}

/// Commands of every kind and order type around one price, some beyond what the gate or the book can read; a command's
/// place in the batch sets its time.
fn any_command() -> impl Strategy<Value = OrderCommand> {
    let kind = prop_oneof![
        8 => Just(command_kind::NEW),
        2 => Just(command_kind::CANCEL),
        2 => Just(command_kind::AMEND),
        1 => Just(command_kind::CANCEL_OWNER),
    ];
    let terms = prop_oneof![
        6 => Just((order_type::LIMIT, time_in_force::GTC, 0)),
        1 => Just((order_type::LIMIT, time_in_force::GTC, 2)),
        1 => Just((order_type::LIMIT, time_in_force::IOC, 0)),
        1 => Just((order_type::LIMIT, time_in_force::FOK, 0)),
        1 => Just((order_type::LIMIT, time_in_force::DAY, 0)),
        2 => Just((order_type::LIMIT, time_in_force::GTD, 0)),
        1 => Just((order_type::MARKET, time_in_force::IOC, 0)),
        1 => Just((order_type::STOP, time_in_force::GTC, 0)),
        1 => Just((order_type::STOP_LIMIT, time_in_force::GTC, 0)),
        1 => (0..5u8, 0..6u8, 0..5u32),
    ];
    let place = (0..2u8, 90..111i64, 1..20i64, -5..6i32);
    (kind, terms, 0..40u16, 1..60u64, place, 1..3u32, 0..6u32).prop_map(
        |(
            kind,
            (order_type, tif, display),
            flags,
            id,
            (side, price, quantity, offset),
            owner,
            life,
        )| {
            let mut command = OrderCommand {
                kind,
                side,
                order_type,
                tif,
                flags,
                order_id: id,
                price: if order_type == order_type::MARKET {
                    0
                } else {
                    price
                },
                quantity,
                owner,
                display,
                ..OrderCommand::default()
            };
            if kind == command_kind::NEW {
                let ends = if tif == time_in_force::GTD {
                    SECOND + life
                } else {
                    0
                };
                let trigger = if order_type == order_type::STOP_LIMIT {
                    offset
                } else {
                    0
                };
                command.set_expires(ends);
                command.set_trigger_offset(trigger);
            } else {
                command.target_id = id;
                command.order_type = order_type::LIMIT;
                command.tif = time_in_force::GTC;
                command.display = 0;
            }
            command
        },
    )
}

/// The answer to a change of an order that has ended: its time came with the change, and the end was told first.
fn is_late(report: &Execution) -> bool {
    report.exec_type == exec_type::CANCEL_REJECTED
        && u32::from(report.reason) == code::VENUE_UNKNOWN_ORDER
}

/// Seconds of `NOW`.
const SECOND: u32 = (NOW / 1_000_000_000) as u32;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// However the commands are cut into batches: as the gate, the book and the gate again, one command at a time.
    #[test]
    fn one_call_does_what_its_parts_do(
        commands in prop::collection::vec(any_command(), 1..120),
        size in 1..70usize,
    ) {
        let mut whole = Bench::<DirectBook>::new(60);
        let mut parts = Bench::<NaiveBook>::new(60);
        // Twenty commands a second: orders till a time end in the middle of it all.
        let commands: Vec<OrderCommand> = (0..)
            .zip(commands)
            .map(|(at, command): (i64, _)| OrderCommand { time: NOW + at * 50_000_000, ..command })
            .collect();
        let mut late = 0;
        for batch in commands.chunks(size) {
            whole.submit(batch);
            for (command, decision) in batch.iter().zip(&whole.decisions) {
                let mut alone = [GateDecision::default()];
                parts.gate.submit(&mut parts.log, &parts.page, &[*command], &mut alone);
                prop_assert_eq!(&alone[0], decision);
                if alone[0].code != code::ACCEPTED {
                    continue;
                }
                parts.engine.submit(command);
                let reports = parts.engine.events().executions.clone();
                parts.gate.apply_executions(&mut parts.log, 3, &reports).expect("recorded");
                parts.engine.clear_events();
            }
            late += whole.engine.events().executions.iter().filter(|one| is_late(one)).count();
            whole.engine.clear_events();
        }
        prop_assert_eq!(whole.gate.state_hash(), parts.gate.state_hash());
        prop_assert_eq!(whole.engine.state_hash(), parts.engine.state_hash());
        prop_assert_eq!(&whole.log.records, &parts.log.records);
        prop_assert_eq!(whole.gate.counters().inconsistent, 0);
        // The gate hears of no order that it does not hold, but for changes of orders that ended as the change came.
        prop_assert_eq!(whole.gate.counters().unmatched, late as u64);
        // What the gate holds open is what the book holds open.
        prop_assert_eq!(whole.gate.open_orders(), whole.engine.open_orders());
        for strategy in [1, 2] {
            let Exposure { position, open_buy, open_sell, open_orders, .. } = whole.gate.exposure(strategy, 0);
            let account = whole.engine.account(0, strategy).expect("listed");
            prop_assert_eq!((position, open_orders), (account.position, account.open_orders));
            let mut open = [0, 0];
            let book = whole.engine.book(0).expect("listed");
            let mut add = |order: &crate::book::OpenOrder| {
                open[usize::from(order.side)] += if order.owner == strategy { order.leaves } else { 0 };
            };
            book.for_each_order(BUY, &mut add);
            book.for_each_order(SELL, &mut add);
            book.for_each_stop(&mut add);
            prop_assert_eq!([open_buy, open_sell], open);
        }
    }
}

//! Rules of the matching engine: routing, mass cancels over books, counters over books.
mod book_support;

use book_support::{
    amend, at_time, by, cancel, cancel_owner, limit, prevent, report, until, Chance, BUY, SECOND,
    SELL,
};
use cwts_core::book::{
    Book, CancelScope, DirectBook, ListingError, MatchingEngine, NaiveBook, EVERY_INSTRUMENT,
    INSTRUMENT_COUNT,
};
use cwts_core::layout::{
    code, exec_type, self_trade::CANCEL_OLDEST, trading_state, OrderCommand, REFUSED_AT_DOOR,
};

type Engine = MatchingEngine<DirectBook>;

fn at(instrument: u16, command: OrderCommand) -> OrderCommand {
    OrderCommand {
        instrument,
        ..command
    }
}

fn reports(engine: &mut Engine, command: OrderCommand) -> Vec<String> {
    engine.clear_events();
    engine.submit(&command);
    engine.events().executions.iter().map(report).collect()
}

/// Instruments 2, 5 and 127; owner 7 has orders in 2 and 5, owner 8 in 5 and 127.
fn engine() -> Engine {
    let mut engine = Engine::new();
    for instrument in [2, 127, 5] {
        engine.add_instrument(instrument).unwrap();
    }
    engine.submit(&at(2, by(7, limit(1, BUY, 1, 99))));
    engine.submit(&at(5, by(7, limit(2, BUY, 2, 99))));
    engine.submit(&at(5, by(8, limit(3, SELL, 3, 101))));
    engine.submit(&at(127, by(8, limit(4, SELL, 4, 101))));
    engine.clear_events();
    engine
}

#[test]
fn an_instrument_is_listed_once_and_within_range() {
    let mut engine = engine();
    assert_eq!(engine.add_instrument(5), Err(ListingError::AlreadyListed));
    assert_eq!(
        engine.add_instrument(INSTRUMENT_COUNT),
        Err(ListingError::OutOfRange)
    );
    assert_eq!(
        engine.add_instrument(EVERY_INSTRUMENT),
        Err(ListingError::OutOfRange)
    );
    assert_eq!(engine.instruments().collect::<Vec<_>>(), [2, 5, 127]);
    assert_eq!(engine.open_orders(), 4);
}

#[test]
fn a_command_goes_to_its_instruments_book_only() {
    let mut engine = engine();
    assert_eq!(
        reports(&mut engine, at(2, limit(9, SELL, 5, 101))),
        ["new #9 sell 5@101 leaves 5"]
    );
    assert_eq!(
        reports(&mut engine, at(127, limit(9, BUY, 5, 99))),
        ["new #9 buy 5@99 leaves 5"]
    );
    assert_eq!(engine.best(2, SELL).unwrap().quantity, 5);
    assert_eq!(engine.best(5, SELL).unwrap().quantity, 3);
    assert_eq!(engine.events().executions[0].instrument, 127);
    assert_eq!(reports(&mut engine, at(2, by(8, cancel(3)))).len(), 1);
    assert_eq!(engine.open_orders(), 6);
}

#[test]
fn an_instrument_that_is_not_listed_is_refused() {
    for instrument in [0, 126, 128, EVERY_INSTRUMENT] {
        let mut engine = engine();
        let before = engine.state_hash();
        let mut refused = |command| reports(&mut engine, at(instrument, command)).join("; ");
        let reason = "because 2006";
        assert_eq!(
            refused(limit(9, BUY, 5, 99)),
            format!("rejected #9 buy 5@99 leaves 0 {reason}")
        );
        assert_eq!(
            refused(cancel(1)),
            format!("cancel rejected #1 buy 0@0 leaves 0 {reason}")
        );
        assert_eq!(
            refused(amend(1, 2, 99)),
            format!("cancel rejected #1 buy 2@99 leaves 0 {reason}")
        );
        let unknown_kind = OrderCommand {
            kind: 9,
            ..limit(9, BUY, 5, 99)
        };
        assert_eq!(
            refused(unknown_kind),
            format!("rejected #9 buy 5@99 leaves 0 {reason}")
        );
        if instrument != EVERY_INSTRUMENT {
            assert_eq!(
                refused(cancel_owner(7)),
                format!("cancel rejected #0 buy 0@0 leaves 0 {reason}")
            );
        }
        assert_eq!(engine.open_orders(), 4);
        assert_ne!(
            engine.state_hash(),
            before,
            "the count of records is part of the state"
        );
    }
}

#[test]
fn a_cancel_owner_covers_one_book_or_all() {
    let mut engine = engine();
    assert_eq!(
        reports(&mut engine, at(5, cancel_owner(7))),
        ["canceled #2 buy 2@99 leaves 0 because 2010"]
    );
    assert_eq!(
        reports(&mut engine, at(EVERY_INSTRUMENT, cancel_owner(8))),
        [
            "canceled #3 sell 3@101 leaves 0 because 2010",
            "canceled #4 sell 4@101 leaves 0 because 2010"
        ]
    );
    assert_eq!(engine.events().ticks.len(), 2, "one for each book");
    assert_eq!(engine.open_orders(), 1);
}

#[test]
fn cancel_all_keeps_to_its_scope() {
    let left = |scope| {
        let mut engine = engine();
        let cancelled = engine.cancel_all(scope, 77);
        assert_eq!(cancelled as usize, engine.events().executions.len());
        assert!(engine
            .events()
            .executions
            .iter()
            .all(|record| record.time == 77));
        assert_eq!(engine.open_orders(), 4 - cancelled as usize);
        let open = |instrument| engine.book(instrument).unwrap();
        [2, 5, 127].map(|instrument| cwts_core::book::Book::open_orders(open(instrument)))
    };
    assert_eq!(left(CancelScope::Owner(7)), [0, 1, 1]);
    assert_eq!(left(CancelScope::Owner(99)), [1, 2, 1]);
    assert_eq!(left(CancelScope::Instrument(5)), [1, 0, 1]);
    assert_eq!(left(CancelScope::Instrument(6)), [1, 2, 1]);
    assert_eq!(left(CancelScope::OwnerInInstrument(8, 5)), [1, 1, 1]);
    assert_eq!(left(CancelScope::Everything), [0, 0, 0]);
}

#[test]
fn records_count_over_all_books_without_a_gap() {
    let mut engine = engine();
    engine.submit(&at(2, limit(10, SELL, 1, 99)));
    engine.submit(&at(9, limit(11, SELL, 1, 99)));
    engine.submit(&at(5, limit(12, SELL, 1, 99)));
    engine.cancel_all(CancelScope::Everything, 1);
    let sequences: Vec<u64> = engine
        .events()
        .executions
        .iter()
        .map(|record| record.venue_sequence)
        .collect();
    assert_eq!(
        sequences,
        (5..5 + sequences.len() as u64).collect::<Vec<_>>()
    );
    let matches: Vec<u32> = engine
        .events()
        .ticks
        .iter()
        .map(|tick| tick.match_id)
        .collect();
    assert_eq!(
        matches
            .into_iter()
            .filter(|id| *id != 0)
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn depth_tells_an_empty_side_from_a_missing_book() {
    let engine = engine();
    let mut out = vec![engine.best(5, SELL).unwrap()];
    assert!(engine.depth(2, SELL, 5, &mut out) && out.is_empty());
    assert!(!engine.depth(3, SELL, 5, &mut out));
    assert!(!engine.depth(128, SELL, 5, &mut out));
    assert!(engine.depth(2, BUY, 5, &mut out) && out.len() == 1);
    assert_eq!(engine.best(3, BUY), None);
}

#[test]
fn instruments_are_numbered_up_to_the_last_that_is_not_every_one() {
    let mut engine = Engine::new();
    for instrument in [INSTRUMENT_COUNT - 1, 0, 40_000] {
        assert_eq!(engine.add_instrument(instrument), Ok(()));
        assert_eq!(
            reports(&mut engine, at(instrument, limit(1, BUY, 1, 99))).len(),
            1
        );
    }
    assert_eq!(
        engine.instruments().collect::<Vec<_>>(),
        [0, 40_000, 65_534]
    );
    assert_eq!(engine.cancel_all(CancelScope::Owner(1), 5), 3);
    let cancelled = engine.events().executions.iter();
    let order: Vec<u16> = cancelled
        .filter(|r| r.reason != 0)
        .map(|r| r.instrument)
        .collect();
    assert_eq!(order, [0, 40_000, 65_534]);
}

#[test]
fn an_id_may_be_open_in_two_books_and_is_one_order_in_each() {
    let mut engine = engine();
    engine.submit(&at(2, limit(50, BUY, 1, 90)));
    engine.submit(&at(5, limit(50, BUY, 2, 91)));
    assert_eq!(engine.find(2, 50).unwrap().price, 90);
    assert_eq!(engine.find(5, 50).unwrap().price, 91);
    engine.submit(&at(5, cancel(50)));
    assert_eq!((engine.find(5, 50), engine.find(3, 50)), (None, None));
    assert_eq!(engine.find(2, 50).unwrap().leaves, 1);
}

#[test]
fn a_group_holds_in_every_book_also_in_those_listed_later() {
    let mut engine = engine();
    engine.set_group(7, 70);
    engine.set_group(8, 70);
    engine.set_group(9, 70);
    engine.set_group(9, 71);
    engine.add_instrument(300).unwrap();
    for instrument in [2, 5, 127, 300] {
        let group = |owner| engine.account(instrument, owner).unwrap().group;
        assert_eq!(
            [7, 8, 9, 10].map(group),
            [70, 70, 71, 10],
            "instrument {instrument}"
        );
    }
    assert_eq!(engine.account(301, 7), None);
    engine.submit(&at(300, by(7, limit(20, SELL, 2, 100))));
    engine.submit(&at(300, by(9, limit(21, SELL, 2, 100))));
    assert_eq!(
        reports(
            &mut engine,
            at(300, prevent(CANCEL_OLDEST, by(8, limit(22, BUY, 1, 100))))
        )[1],
        "canceled #20 sell 2@100 leaves 0 because 2012"
    );
    engine.clear_events();
    assert_eq!(engine.cancel_all(CancelScope::Group(70), 9), 4);
    let order: Vec<u64> = engine
        .events()
        .executions
        .iter()
        .map(|r| r.order_id)
        .collect();
    assert_eq!(
        order,
        [1, 2, 3, 4],
        "instruments ascending, owners ascending in each"
    );
    assert_eq!(engine.find(300, 21).unwrap().leaves, 1);
}

#[test]
fn a_trading_state_belongs_to_one_instrument() {
    let mut engine = engine();
    assert_eq!(engine.set_state(5, trading_state::AUCTION, 3), Ok(()));
    assert_eq!(
        [2, 5, 127, 6].map(|id| engine.state(id)),
        [Some(0), Some(2), Some(0), None]
    );
    let unlisted = Err(code::VENUE_UNKNOWN_INSTRUMENT);
    assert_eq!(engine.set_state(6, trading_state::HALT, 3), unlisted);
    assert_eq!(engine.set_state(65_535, trading_state::HALT, 3), unlisted);
    assert_eq!(engine.set_state(2, 9, 3), Err(code::BAD_ARGUMENT));
    assert_eq!(
        reports(&mut engine, at(5, by(9, limit(9, BUY, 2, 101)))).len(),
        1
    );
    assert_eq!(
        reports(&mut engine, at(2, by(9, limit(9, SELL, 1, 99)))).len(),
        3
    );
    let indicative = engine.indicative(5).unwrap();
    assert_eq!(
        (indicative.price, indicative.volume, indicative.imbalance),
        (101, 2, -1)
    );
    assert_eq!(
        (engine.indicative(2).unwrap().price, engine.indicative(6)),
        (0, None)
    );
    engine.clear_events();
    assert_eq!(engine.set_state(5, trading_state::CONTINUOUS, 4), Ok(()));
    let records = &engine.events().executions;
    assert_eq!(records.len(), 2);
    assert!(records
        .iter()
        .all(|record| record.time == 4 && record.instrument == 5));
}

#[test]
fn time_advances_in_every_book_and_a_command_brings_it_to_its_own_only() {
    let mut engine = engine();
    for instrument in [127, 2, 5] {
        engine.submit(&at(instrument, until(10, limit(30, BUY, 1, 90))));
        engine.submit(&at(instrument, until(11, limit(31, BUY, 1, 90))));
    }
    let now = at_time(10 * SECOND, at(5, cancel(99)));
    assert_eq!(
        reports(&mut engine, now)[0],
        "expired #30 buy 1@90 leaves 0 because 2013"
    );
    engine.clear_events();
    engine.advance(10 * SECOND);
    let expired = |engine: &Engine| -> Vec<(u16, u64)> {
        let records = engine.events().executions.iter();
        records
            .map(|record| (record.instrument, record.order_id))
            .collect()
    };
    assert_eq!(expired(&engine), [(2, 30), (127, 30)]);
    engine.clear_events();
    engine.advance(12 * SECOND);
    assert_eq!(expired(&engine), [(2, 31), (5, 31), (127, 31)]);
}

#[test]
fn a_position_is_counted_in_each_book() {
    let mut engine = engine();
    assert!(engine.set_position(5, 9, -4));
    assert!(!engine.set_position(6, 9, -4));
    assert_eq!(engine.account(5, 9).unwrap().position, -4);
    assert_eq!(engine.account(2, 9).unwrap().position, 0);
    engine.submit(&at(5, by(9, limit(9, BUY, 1, 101))));
    assert_eq!(engine.account(5, 9).unwrap().position, -3);
    assert_eq!(engine.account(5, 8).unwrap().position, -1);
    let mut orders = vec![Default::default()];
    assert!(engine.orders(5, SELL, 9, &mut orders));
    assert_eq!(
        orders
            .iter()
            .map(|o| (o.order_id, o.quantity))
            .collect::<Vec<_>>(),
        [(3, 2)]
    );
    assert!(!engine.orders(6, SELL, 9, &mut orders) && orders.is_empty());
}

#[test]
fn engines_over_both_books_stay_equal() {
    let mut naive = MatchingEngine::<NaiveBook>::new();
    let mut direct = MatchingEngine::<DirectBook>::new();
    for instrument in [0, 1, 2] {
        naive.add_instrument(instrument).unwrap();
        direct.add_instrument(instrument).unwrap();
    }
    let mut chance = Chance(5);
    for step in 0..20_000u64 {
        let id = 1 + chance.below(300);
        let (quantity, price) = (chance.between(1, 9), chance.between(95, 105));
        let command = match chance.below(10) {
            0..=5 => limit(id, chance.below(2) as u8, quantity, price),
            6 => cancel(id),
            7 | 8 => amend(id, quantity, price),
            _ => OrderCommand {
                instrument: 0,
                ..cancel_owner(chance.below(60) as u32)
            },
        };
        let instrument = [0, 1, 2, 3, EVERY_INSTRUMENT][chance.below(5) as usize];
        let command = at(instrument, command);
        naive.clear_events();
        direct.clear_events();
        naive.submit(&command);
        direct.submit(&command);
        assert_eq!(
            naive.events().executions,
            direct.events().executions,
            "step {step}"
        );
        assert_eq!(naive.events().ticks, direct.events().ticks, "step {step}");
        if step % 500 == 0 {
            assert_eq!(naive.state_hash(), direct.state_hash(), "step {step}");
        }
    }
    assert_eq!(naive.state_hash(), direct.state_hash());
    assert!(direct.events().matches() > 1_000);
}

#[test]
fn a_command_refused_at_the_door_is_answered_in_its_turn_and_touches_no_book() {
    let mut engine = engine();
    let before = engine.events().venue_sequence();
    let refused = |command: OrderCommand| OrderCommand {
        flags: command.flags | REFUSED_AT_DOOR as u16,
        ..command
    };
    let books: Vec<u64> = [2, 5, 127]
        .map(|instrument| engine.book(instrument).unwrap().state_hash())
        .to_vec();
    for (command, kind) in [
        (by(7, limit(9, SELL, 2, 99)), exec_type::REJECTED),
        (amend(1, 98, 1), exec_type::CANCEL_REJECTED),
    ] {
        engine.clear_events();
        engine.submit(&refused(at(2, command)));
        let answer = engine.events().executions[0];
        assert_eq!(
            (answer.exec_type, answer.reason),
            (kind, code::VENUE_KILLED as u16)
        );
        assert_eq!(
            (answer.owner, answer.order_id),
            (command.owner, command.order_id.max(command.target_id))
        );
        assert_eq!(engine.events().executions.len(), 1);
        assert!(engine.events().ticks.is_empty());
    }
    assert_eq!(engine.events().venue_sequence(), before + 2);
    let after = [2, 5, 127].map(|instrument| engine.book(instrument).unwrap().state_hash());
    assert_eq!(books, after);
}

//! The rules by which a book is built, over every way to keep its levels: one suite for all of them.
mod market_support;

use cwts_core::layout::{book_fault as fault, book_state as state_of, DepthLevel, FeedEvent};
use cwts_core::market::{
    BookBuilder, Ladder, Levels, NaiveLevels, NotLive, SortedLevels, Top, LAST,
};
use market_support::{
    add, clear, delete, execute, futures, reduce, replace, snapshot, spot, state, Random, BUY, SELL,
};

/// Declares each test once per way to keep levels.
macro_rules! over_all_levels {
    ($($(#[doc = $doc:literal])? fn $name:ident<L>() $body:block)*) => {
        $($(#[doc = $doc])? fn $name<L: Levels>() $body)*
        mod naive { $(#[test] fn $name() { super::$name::<super::NaiveLevels>() })* }
        mod sorted { $(#[test] fn $name() { super::$name::<super::SortedLevels>() })* }
        mod ladder { $(#[test] fn $name() { super::$name::<super::Ladder>() })* }
    };
}

fn builder<L: Levels>(messages: &[Vec<FeedEvent>]) -> BookBuilder<L> {
    let mut builder = BookBuilder::new();
    assert!(builder.add_instrument(0));
    for events in messages {
        builder.apply(events);
    }
    builder
}

fn levels<L: Levels>(builder: &BookBuilder<L>, side: u8) -> Vec<(i64, i64)> {
    let mut depth: Vec<DepthLevel> = Vec::new();
    builder.depth(0, side, 100, &mut depth).unwrap();
    depth
        .iter()
        .map(|level| (level.price, level.quantity))
        .collect()
}

/// State, fault and update id.
fn stands<L: Levels>(builder: &BookBuilder<L>) -> (u8, u8, u64) {
    let status = builder.status(0).unwrap();
    (status.state, status.fault, status.last_id)
}

const LIVE: u8 = state_of::LIVE;
const STALE: u8 = state_of::STALE;
const WAITING: u8 = state_of::WAITING;

fn base() -> Vec<FeedEvent> {
    snapshot(
        100,
        &[(BUY, 99, 5), (BUY, 98, 7), (SELL, 101, 3), (SELL, 102, 4)],
    )
}

over_all_levels! {
    fn a_snapshot_makes_a_book_live_and_updates_change_it<L>() {
        let book = builder::<L>(&[
            base(),
            spot(101, 103, &[(BUY, 99, 0), (BUY, 97, 2), (SELL, 101, 8)]),
            spot(104, 104, &[]),
        ]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 104));
        assert_eq!(levels(&book, BUY), [(98, 7), (97, 2)]);
        assert_eq!(levels(&book, SELL), [(101, 8), (102, 4)]);
        let top = Top { bid: 98, bid_quantity: 7, ask: 101, ask_quantity: 8 };
        assert_eq!(book.top(0), Ok(top));
        assert_eq!(book.totals().level_updates, 3);
    }

    fn before_its_snapshot_a_book_shows_nothing<L>() {
        let book = builder::<L>(&[spot(1, 2, &[(BUY, 99, 5)])]);
        assert_eq!(stands(&book), (WAITING, fault::NO_SNAPSHOT, 0));
        assert_eq!(book.top(0), Err(NotLive::Fault(fault::NO_SNAPSHOT)));
        assert_eq!(book.depth(0, BUY, 1, &mut Vec::new()), Err(NotLive::Fault(fault::NO_SNAPSHOT)));
        assert_eq!(book.top(1), Err(NotLive::Unlisted));
    }

    fn updates_kept_for_a_snapshot_are_applied_from_the_one_that_straddles_it<L>() {
        let book = builder::<L>(&[
            spot(90, 95, &[(BUY, 90, 1)]),
            spot(96, 100, &[(BUY, 91, 1)]),
            spot(101, 110, &[(BUY, 99, 6)]),
            spot(111, 111, &[(SELL, 103, 9)]),
            base(),
        ]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 111));
        assert_eq!(levels(&book, BUY), [(99, 6), (98, 7)]);
        assert_eq!(levels(&book, SELL), [(101, 3), (102, 4), (103, 9)]);
        // On spot the straddling one may begin before the snapshot ends.
        let book = builder::<L>(&[spot(90, 101, &[(BUY, 99, 6)]), base()]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 101));
    }

    fn on_futures_the_first_update_begins_before_the_snapshot_or_continues_it<L>() {
        for joining in [futures(95, 100, 94, &[]), futures(100, 120, 90, &[]), futures(105, 120, 100, &[])] {
            let last = joining[0].order_id;
            let book = builder::<L>(&[joining.clone(), base()]);
            assert_eq!(stands(&book), (LIVE, fault::NONE, last), "kept before");
            let book = builder::<L>(&[base(), joining]);
            assert_eq!(stands(&book), (LIVE, fault::NONE, last), "after");
        }
        // What the snapshot has already is dropped.
        let book = builder::<L>(&[base(), futures(90, 99, 89, &[(BUY, 99, 1)])]);
        assert_eq!((stands(&book), book.totals().dropped), ((LIVE, fault::NONE, 100), 1));
        let book = builder::<L>(&[base(), futures(101, 120, 99, &[])]);
        assert_eq!(stands(&book), (STALE, fault::NOT_JOINED, 100));
    }

    fn an_update_that_does_not_join_the_snapshot_makes_the_book_stale<L>() {
        let book = builder::<L>(&[base(), spot(102, 103, &[])]);
        assert_eq!(stands(&book), (STALE, fault::NOT_JOINED, 100));
        let book = builder::<L>(&[base(), spot(95, 100, &[]), spot(101, 101, &[])]);
        assert_eq!((stands(&book), book.totals().dropped), ((LIVE, fault::NONE, 101), 1));
    }

    fn a_gap_makes_the_book_stale_until_a_snapshot_that_later_updates_join<L>() {
        let mut book = builder::<L>(&[base(), spot(101, 101, &[]), spot(103, 104, &[(BUY, 99, 6)])]);
        assert_eq!(stands(&book), (STALE, fault::GAP, 101));
        assert_eq!(book.top(0), Err(NotLive::Fault(fault::GAP)));
        let changes: Vec<_> = book.changes().iter().map(|c| (c.state, c.fault, c.last_id, c.found_id)).collect();
        assert_eq!(changes, [(LIVE, fault::NONE, 100, 0), (STALE, fault::GAP, 101, 103)]);
        // The update that showed the gap is kept: the next snapshot may join it.
        book.apply(&spot(105, 106, &[(SELL, 101, 1)]));
        book.apply(&snapshot(104, &[(BUY, 99, 6), (SELL, 101, 3)]));
        assert_eq!(stands(&book), (LIVE, fault::NONE, 106));
        assert_eq!(levels(&book, SELL), [(101, 1)]);
        assert_eq!(book.status(0).unwrap().losses, 1);
    }

    fn futures_are_continuous_by_the_id_before<L>() {
        let book = builder::<L>(&[base(), futures(90, 110, 89, &[]), futures(130, 140, 110, &[])]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 140));
        let book = builder::<L>(&[base(), futures(90, 110, 89, &[]), futures(111, 140, 109, &[])]);
        assert_eq!(stands(&book), (STALE, fault::GAP, 110));
    }

    fn a_snapshot_older_than_what_is_kept_is_not_used<L>() {
        let mut book = builder::<L>(&[spot(105, 110, &[]), base()]);
        assert_eq!(stands(&book), (WAITING, fault::SNAPSHOT_TOO_OLD, 0));
        book.apply(&snapshot(107, &[(BUY, 99, 1)]));
        assert_eq!(stands(&book), (LIVE, fault::NONE, 110));
    }

    fn a_break_among_kept_updates_forgets_what_came_before_it<L>() {
        let book = builder::<L>(&[spot(95, 100, &[(BUY, 97, 9)]), spot(103, 104, &[(BUY, 96, 9)]), snapshot(103, &[])]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 104));
        assert_eq!(levels(&book, BUY), [(96, 9)]);
    }

    fn a_snapshot_of_a_live_book_is_not_used<L>() {
        let book = builder::<L>(&[base(), snapshot(200, &[(BUY, 1, 1)])]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 100));
        assert_eq!(levels(&book, BUY), [(99, 5), (98, 7)]);
    }

    fn a_book_that_is_crossed_after_a_whole_message_is_stale<L>() {
        // Within a message the sides may pass each other.
        let book = builder::<L>(&[base(), spot(101, 101, &[(BUY, 101, 1), (SELL, 101, 0)])]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 101));
        let book = builder::<L>(&[base(), spot(101, 101, &[(BUY, 101, 1)])]);
        assert_eq!(stands(&book), (STALE, fault::CROSSED, 101));
        let last = *book.changes().last().unwrap();
        assert_eq!((last.bid, last.ask), (101, 101));
        let book = builder::<L>(&[snapshot(1, &[(BUY, 5, 1), (SELL, 4, 1)])]);
        assert_eq!(stands(&book), (STALE, fault::CROSSED, 1));
    }

    fn a_message_that_is_not_whole_makes_the_book_stale<L>() {
        let two = spot(101, 101, &[(BUY, 99, 6), (SELL, 101, 2)]);
        // Its beginning is missing.
        let book = builder::<L>(&[base(), two[1..].to_vec()]);
        assert_eq!(stands(&book), (STALE, fault::TORN, 100));
        // Its end is missing.
        let book = builder::<L>(&[base(), two[..1].to_vec(), spot(102, 102, &[])]);
        assert_eq!(stands(&book).1, fault::TORN);
        // A snapshot's end is missing: it never becomes a book.
        let book = builder::<L>(&[base()[..2].to_vec(), spot(101, 101, &[])]);
        assert_eq!(stands(&book).0, WAITING);
        // A message may come in several calls.
        let book = builder::<L>(&[base()[..1].to_vec(), base()[1..].to_vec(), two[..1].to_vec(), two[1..].to_vec()]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 101));
    }

    fn events_without_meaning_make_the_book_stale<L>() {
        for bad in [(BUY, 0, 1), (BUY, -1, 1), (SELL, 5, -1), (3, 5, 1)] {
            let book = builder::<L>(&[base(), spot(101, 101, &[bad])]);
            assert_eq!(stands(&book).1, fault::MALFORMED, "{bad:?}");
            let book = builder::<L>(&[snapshot(1, &[bad])]);
            assert_eq!(stands(&book), (WAITING, fault::MALFORMED, 0), "{bad:?}");
        }
    }

    fn orders_make_levels_and_leave_them<L>() {
        let mut book = builder::<L>(&[vec![
            clear(true),
            add(1, BUY, 99, 10),
            add(2, BUY, 99, 5),
            add(3, SELL, 101, 8),
            execute(1, 4),
            reduce(2, 1),
            replace(3, 4, 102, 20),
        ]]);
        assert_eq!(levels(&book, BUY), [(99, 10)]);
        assert_eq!(levels(&book, SELL), [(102, 20)]);
        assert_eq!(book.status(0).unwrap().orders, 3);
        book.apply(&[execute(1, 6), delete(2), reduce(4, 20)]);
        assert_eq!((levels(&book, BUY), levels(&book, SELL)), (vec![], vec![]));
        assert_eq!(book.status(0).unwrap().orders, 0);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 0));
    }

    fn an_order_that_cannot_be_meant_makes_the_book_stale<L>() {
        let cases = [
            (execute(9, 1), fault::UNKNOWN_ORDER),
            (delete(9), fault::UNKNOWN_ORDER),
            (replace(9, 10, 5, 5), fault::UNKNOWN_ORDER),
            (add(1, SELL, 105, 1), fault::REPEATED_ORDER),
            (replace(1, 2, 98, 1), fault::REPEATED_ORDER),
            (execute(1, 11), fault::TOO_MUCH),
            (reduce(1, 11), fault::TOO_MUCH),
            (add(7, BUY, 99, i64::MAX), fault::TOO_MUCH),
            (add(7, BUY, 0, 1), fault::MALFORMED),
            (add(7, BUY, 5, 0), fault::MALFORMED),
            (execute(1, 0), fault::MALFORMED),
            (replace(1, 7, 0, 1), fault::MALFORMED),
            (add(7, BUY, 101, 1), fault::CROSSED),
        ];
        for (event, why) in cases {
            let orders = vec![clear(true), add(1, BUY, 99, 10), add(2, SELL, 101, 5)];
            let mut book = builder::<L>(&[orders, vec![event]]);
            assert_eq!(stands(&book), (STALE, why, 0), "{event:?}");
            // Nothing of it is left when it begins anew.
            book.apply(&[add(1, BUY, 99, 1), clear(true), add(1, BUY, 50, 2)]);
            assert_eq!(levels(&book, BUY), [(50, 2)], "{event:?}");
            assert_eq!(book.status(0).unwrap().orders, 1);
            assert_eq!(book.totals().dropped, 1);
        }
    }

    fn an_order_from_before_the_snapshot_is_taken_from_its_level_if_the_event_says_where_it_rests<L>() {
        let known = FeedEvent { side: BUY, price: 99, ..execute(7, 2) };
        let mut book = builder::<L>(&[base(), vec![known]]);
        assert_eq!(levels(&book, BUY), [(99, 3), (98, 7)]);
        book.apply(&[FeedEvent { side: BUY, price: 99, quantity: 4, ..delete(8) }]);
        assert_eq!(stands(&book), (STALE, fault::TOO_MUCH, 100));
        let nowhere = FeedEvent { side: BUY, price: 50, ..execute(7, 2) };
        assert_eq!(stands(&builder::<L>(&[base(), vec![nowhere]])), (STALE, fault::UNKNOWN_ORDER, 100));
    }

    fn a_book_may_be_crossed_while_its_instrument_does_not_trade<L>() {
        let crossed = vec![clear(false), add(1, BUY, 101, 1), add(2, SELL, 99, 1)];
        let mut book = builder::<L>(&[crossed]);
        assert_eq!(stands(&book), (LIVE, fault::NONE, 0));
        assert_eq!(book.status(0).unwrap().crossed, 1);
        book.apply(&[state(true)]);
        assert_eq!(stands(&book), (STALE, fault::CROSSED, 0));
        let halted = vec![clear(true), add(1, BUY, 100, 1), state(false), add(2, SELL, 100, 1)];
        let book = builder::<L>(&[halted]);
        assert_eq!(book.status(0).unwrap().crossed, 1);
    }

    fn prices_at_either_end_of_what_can_be_counted_are_kept<L>() {
        let book = builder::<L>(&[
            snapshot(1, &[(BUY, 1, 1), (SELL, i64::MAX, i64::MAX)]),
            spot(2, 2, &[(BUY, i64::MAX - 1, 2), (BUY, 5, 3)]),
        ]);
        assert_eq!(levels(&book, BUY), [(i64::MAX - 1, 2), (5, 3), (1, 1)]);
        assert_eq!(levels(&book, SELL), [(i64::MAX, i64::MAX)]);
    }
}

#[test]
fn of_more_than_4096_kept_updates_the_older_half_is_forgotten() {
    let mut book = builder::<NaiveLevels>(&[]);
    for id in 1..=4_097 {
        book.apply(&spot(id, id, &[(BUY, 10, 1)]));
    }
    assert_eq!(book.status(0).unwrap().kept, 2_049);
    // Update 2 048 is forgotten, 2 049 is not.
    book.apply(&snapshot(2_047, &[]));
    assert_eq!(stands(&book).1, fault::SNAPSHOT_TOO_OLD);
    book.apply(&snapshot(2_048, &[]));
    assert_eq!(stands(&book), (LIVE, fault::NONE, 4_097));
}

#[test]
fn instruments_do_not_disturb_each_other_and_unlisted_ones_are_counted() {
    let mut both = BookBuilder::<Ladder>::new();
    assert!(both.add_instrument(3) && both.add_instrument(0) && both.add_instrument(3));
    assert!(!both.add_instrument(u16::MAX));
    let of = |instrument: u16, events: Vec<FeedEvent>| -> Vec<FeedEvent> {
        events
            .iter()
            .map(|event| FeedEvent {
                instrument,
                ..*event
            })
            .collect()
    };
    both.apply(&of(0, vec![clear(true), add(1, BUY, 99, 10)]));
    both.apply(&of(3, vec![clear(true), add(1, BUY, 50, 7)]));
    both.apply(&of(2, base()));
    both.apply(&of(3, vec![delete(2)]));
    assert_eq!(both.status(3).unwrap().fault, fault::UNKNOWN_ORDER);
    assert_eq!(levels(&both, BUY), [(99, 10)]);
    both.apply(&of(0, vec![execute(1, 4)]));
    assert_eq!(levels(&both, BUY), [(99, 6)]);
    assert_eq!(both.totals().unlisted, 4);
    assert_eq!(both.status(2), None);
}

/// Prices around a middle that wanders and at times jumps; mostly near, sometimes anywhere.
struct Prices {
    random: Random,
    middle: i64,
}

impl Prices {
    fn price(&mut self) -> i64 {
        if self.random.one_in(2_000) {
            self.middle = 1 + self.random.below(1 << 40) as i64;
        }
        let reach = 1u64 << self.random.below(18);
        let away = self.random.below(reach) as i64 - reach as i64 / 2;
        if self.random.one_in(200) {
            1 + (self.random.next() >> 1) as i64 % (i64::MAX - 1)
        } else {
            self.middle += (self.random.below(3) as i64) - 1;
            (self.middle + away).max(1)
        }
    }
}

/// Every level, best first.
fn all(levels: &impl Levels) -> Vec<(i64, i64)> {
    let mut all = Vec::new();
    levels.for_each(&mut |key, quantity| {
        all.push((key, quantity));
        true
    });
    all
}

/// Any levels keep what the naive ones keep, wherever prices fall.
fn keeps_what_naive_levels_keep<L: Levels>(seed: u64, steps: u32) {
    let mut prices = Prices {
        random: Random(seed),
        middle: 100_000,
    };
    let (mut ours, mut naive) = (L::default(), NaiveLevels::default());
    let mut keys: Vec<i64> = Vec::new();
    for step in 0..steps {
        let known = !keys.is_empty() && prices.random.one_in(2);
        let key = if known {
            keys[prices.random.below(keys.len() as u64) as usize]
        } else {
            let price = prices.price();
            if seed.is_multiple_of(2) {
                price
            } else {
                !price
            }
        };
        let quantity = if prices.random.one_in(2) {
            0
        } else {
            1 + prices.random.below(100) as i64
        };
        keys.push(key);
        if keys.len() > 4_000 {
            keys.swap_remove(0);
        }
        assert_eq!(ours.get(key), naive.get(key), "step {step}");
        assert_eq!(
            ours.set(key, quantity),
            naive.set(key, quantity),
            "step {step}"
        );
        assert_eq!(
            (ours.best(), ours.len()),
            (naive.best(), naive.len()),
            "step {step}"
        );
        if prices.random.one_in(20_000) {
            ours.clear();
            naive.clear();
        }
        if step % 5_000 == 0 {
            assert_eq!(all(&ours), all(&naive));
        }
    }
}

#[test]
fn a_ladder_keeps_what_naive_levels_keep_wherever_prices_fall() {
    for seed in 0..6 {
        keeps_what_naive_levels_keep::<Ladder>(seed, 120_000);
    }
}

#[test]
fn sorted_levels_keep_what_naive_levels_keep_wherever_prices_fall() {
    for seed in 0..4 {
        keeps_what_naive_levels_keep::<SortedLevels>(seed, 60_000);
    }
}

/// One random event of two instruments: mostly such as continue the feed, some that break every rule.
fn some_events(random: &mut Random, next: &mut [u64; 2], orders: &mut Vec<u64>) -> Vec<FeedEvent> {
    let instrument = random.below(2) as u16;
    let at = &mut next[usize::from(instrument)];
    let price = |random: &mut Random| (1_000 + random.below(40) as i64, random.below(4) as i64);
    let mut events = match random.below(20) {
        0 => snapshot(
            at.saturating_sub(random.below(3)),
            &[(BUY, 990, 3), (SELL, 1_050, 4)],
        ),
        1..=9 => {
            let levels: Vec<_> = (0..random.below(4))
                .map(|_| {
                    let (price, quantity) = price(random);
                    let side = random.below(2) as u8;
                    (side, price - 30 * i64::from(1 - side), quantity)
                })
                .collect();
            let first = *at + 1 + u64::from(random.one_in(60));
            *at = first + random.below(3);
            spot(first, *at, &levels)
        }
        10 if random.one_in(10) => vec![clear(!random.one_in(4))],
        11 if random.one_in(10) => vec![state(!random.one_in(3))],
        kind => {
            let id = if orders.is_empty() || random.one_in(30) {
                random.below(1_000)
            } else {
                let place = random.below(orders.len() as u64) as usize;
                orders[place]
            };
            let (price, quantity) = price(random);
            match kind {
                12 => vec![execute(id, quantity)],
                13 => vec![reduce(id, quantity)],
                14 => vec![delete(id)],
                15 => {
                    orders.push(id + 1_000);
                    vec![replace(id, id + 1_000, price - 30, quantity + 1)]
                }
                _ => {
                    let id = random.next() >> 20;
                    orders.push(id);
                    let side = random.below(2) as u8;
                    vec![add(id, side, price - 40 * i64::from(1 - side), quantity)]
                }
            }
        }
    };
    if random.one_in(200) {
        events[0].flags ^= LAST;
    }
    for event in &mut events {
        event.instrument = instrument;
    }
    events
}

/// Whole builders over the same events: the same states, changes and hashes after every message.
#[test]
fn builders_over_any_levels_end_in_the_same_states_whatever_the_feed_does() {
    for seed in 0..30 {
        let mut random = Random(seed);
        let (mut next, mut orders) = ([100, 100], Vec::new());
        let mut ladder = BookBuilder::<Ladder>::new();
        let mut naive = BookBuilder::<NaiveLevels>::new();
        for instrument in 0..2 {
            ladder.add_instrument(instrument);
            naive.add_instrument(instrument);
        }
        let (mut live, mut lost) = (0, 0);
        for _ in 0..4_000 {
            let events = some_events(&mut random, &mut next, &mut orders);
            ladder.apply(&events);
            naive.apply(&events);
            assert_eq!(ladder.state_hash(), naive.state_hash());
            assert_eq!(ladder.changes(), naive.changes());
            assert_eq!(ladder.status(0), naive.status(0));
            for change in ladder.changes() {
                if change.state == LIVE {
                    live += 1
                } else {
                    lost += 1
                }
            }
            for instrument in 0..2 {
                // A live book that trades is never crossed; a book that is not live is never shown.
                let status = ladder.status(instrument).unwrap();
                assert_eq!(ladder.top(instrument).is_ok(), status.state == LIVE);
            }
            ladder.clear_changes();
            naive.clear_changes();
            if orders.len() > 200 {
                orders.drain(..100);
            }
        }
        assert!(live > 20 && lost > 20, "{live} {lost}");
        assert_eq!(ladder.totals(), naive.totals());
    }
}

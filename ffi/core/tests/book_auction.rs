//! The uncross: scenarios for every rule, and a search over every tick that knows nothing of the books.
#[macro_use]
mod book_support;

use book_support::{by, iceberg, limit, market, prevent, Venue, BUY, NOTHING, SELL};
use cwts_core::book::{Book, DirectBook, NaiveBook, MAX_PRICE};
use cwts_core::layout::{
    exec_type, liquidity, self_trade, trading_state, Execution, Indicative, OrderCommand,
};
use proptest::prelude::*;

fn collecting<B: Book>(orders: &[OrderCommand]) -> Venue<B> {
    let mut venue = Venue::<B>::new();
    venue.turn(trading_state::AUCTION);
    for order in orders {
        venue.send(order);
    }
    venue
}

/// A book that has traded at a price and is empty again.
fn collecting_after_a_trade_at<B: Book>(price: i64, orders: &[OrderCommand]) -> Venue<B> {
    let mut venue =
        Venue::<B>::after(&[limit(900, BUY, 1, price), by(9, limit(901, SELL, 1, price))]);
    venue.turn(trading_state::AUCTION);
    for order in orders {
        venue.send(order);
    }
    venue
}

fn indicative(price: i64, buy: i64, sell: i64) -> Indicative {
    let (volume, imbalance) = (buy.min(sell), buy - sell);
    Indicative {
        price,
        volume,
        imbalance,
        buy,
        sell,
        ..Indicative::default()
    }
}

over_both_books! {
    fn a_book_that_is_not_crossed_has_no_indicative_price<B>() {
        assert_eq!(Venue::<B>::new().book.indicative(), Indicative::default());
        let mut venue = collecting::<B>(&[limit(1, BUY, 5, 99), limit(2, SELL, 5, 100)]);
        assert_eq!(venue.book.indicative(), Indicative::default());
        assert_eq!(venue.turn(trading_state::CONTINUOUS), NOTHING);
        assert_eq!(venue.latest_ticks(), ["state 0"]);
    }

    fn the_price_at_which_most_lots_trade_is_chosen<B>() {
        let venue = collecting::<B>(&[
            limit(1, BUY, 10, 105), limit(2, BUY, 10, 103), limit(3, BUY, 10, 101),
            limit(4, SELL, 5, 100), limit(5, SELL, 12, 102), limit(6, SELL, 20, 104),
        ]);
        // 103: 20 to buy, 17 to sell. 102: the same lots.
        assert_eq!(venue.book.indicative(), indicative(103, 20, 17));
    }

    fn of_equal_volumes_the_least_imbalance_is_chosen<B>() {
        let venue = collecting::<B>(&[
            limit(1, BUY, 10, 104), limit(2, BUY, 2, 101), limit(3, SELL, 10, 100), limit(4, SELL, 1, 103),
        ]);
        // 100 and 101: 12 against 10. 103 and 104: 10 against 11.
        assert_eq!(venue.book.indicative().price, 103);
    }

    fn with_more_to_buy_the_highest_and_with_more_to_sell_the_lowest_is_chosen<B>() {
        let venue = collecting::<B>(&[limit(1, BUY, 9, 105), limit(2, SELL, 5, 101)]);
        assert_eq!(venue.book.indicative(), indicative(105, 9, 5));
        let venue = collecting::<B>(&[limit(1, BUY, 5, 105), limit(2, SELL, 9, 101)]);
        assert_eq!(venue.book.indicative(), indicative(101, 5, 9));
    }

    fn else_the_nearest_to_the_last_trade_is_chosen_and_the_lower_of_two<B>() {
        let orders = [limit(1, BUY, 5, 110), limit(2, SELL, 5, 100)];
        for (last, price) in [(90, 100), (100, 100), (104, 100), (105, 100), (106, 110), (110, 110), (200, 110)] {
            let venue = collecting_after_a_trade_at::<B>(last, &orders);
            assert_eq!(venue.book.indicative(), indicative(price, 5, 5), "last trade at {last}");
        }
    }

    fn without_a_last_trade_the_middle_decides<B>() {
        let mut orders = vec![limit(1, BUY, 5, 110), limit(2, SELL, 5, 100)];
        assert_eq!(collecting::<B>(&orders).book.indicative().price, 100, "equally near: the lower");
        // A bid that trades nothing and stands nearer to the middle.
        orders[0] = limit(1, BUY, 5, 111);
        assert_eq!(collecting::<B>(&orders).book.indicative().price, 100, "the middle of 100 and 111 is 105");
        orders.push(limit(3, BUY, 1, 106));
        orders.push(limit(4, SELL, 1, 106));
        // 106: 6 against 6 is more than 5.
        assert_eq!(collecting::<B>(&orders).book.indicative(), indicative(106, 6, 6));
    }

    fn imbalances_to_both_sides_are_equal_when_their_sizes_are<B>() {
        let orders = [
            limit(1, BUY, 10, 104), limit(2, BUY, 2, 101), limit(3, SELL, 10, 100), limit(4, SELL, 2, 103),
        ];
        // 100, 101: 12 against 10. 103, 104: 10 against 12. The middle of 100 and 104 is 102: 101 and 103 are as near.
        assert_eq!(collecting::<B>(&orders).book.indicative(), indicative(101, 12, 10));
        assert_eq!(collecting_after_a_trade_at::<B>(103, &orders).book.indicative(), indicative(103, 10, 12));
    }

    fn prices_at_both_ends_of_the_range_are_compared_without_overflow<B>() {
        let orders = [limit(1, BUY, 5, MAX_PRICE), limit(2, SELL, 5, 1)];
        assert_eq!(collecting::<B>(&orders).book.indicative().price, 1);
        assert_eq!(collecting_after_a_trade_at::<B>(MAX_PRICE, &orders).book.indicative().price, MAX_PRICE);
        let most = [limit(1, BUY, i64::MAX, 5), limit(2, SELL, i64::MAX, 5)];
        assert_eq!(collecting::<B>(&most).book.indicative(), indicative(5, i64::MAX, i64::MAX));
    }

    fn entering_continuous_trading_uncrosses_best_price_and_age_first_at_one_price<B>() {
        let mut venue = collecting::<B>(&[
            by(7, limit(1, BUY, 4, 102)), by(7, limit(2, BUY, 5, 103)), by(7, limit(3, BUY, 4, 102)),
            by(8, limit(4, SELL, 6, 101)), by(8, limit(5, SELL, 4, 102)), by(8, limit(6, SELL, 4, 104)),
        ]);
        assert_eq!(venue.book.indicative(), indicative(102, 13, 10));
        assert_eq!(venue.turn(trading_state::CONTINUOUS), [
            "crossed #2 buy 5@102 leaves 0 match 1",
            "crossed #4 sell 5@102 leaves 1 match 1",
            "crossed #1 buy 1@102 leaves 3 match 2",
            "crossed #4 sell 1@102 leaves 0 match 2",
            "crossed #1 buy 3@102 leaves 0 match 3",
            "crossed #5 sell 3@102 leaves 1 match 3",
            "crossed #3 buy 1@102 leaves 3 match 4",
            "crossed #5 sell 1@102 leaves 0 match 4",
        ]);
        assert_eq!(venue.latest_ticks(), [
            "state 0",
            "print 5@102 auction match 1",
            "print 1@102 auction match 2",
            "print 3@102 auction match 3",
            "print 1@102 auction match 4",
            "best 3@102 4@104",
        ]);
        assert!(venue.events.executions.iter().all(|record| record.liquidity == liquidity::NONE));
        assert_eq!((venue.book.last_trade(), venue.position(7), venue.position(8)), (102, 10, -10));
        assert_eq!(venue.book.indicative(), Indicative::default());
    }

    fn icebergs_count_in_full_and_show_slice_by_slice<B>() {
        let mut venue = collecting::<B>(&[
            by(7, iceberg(1, BUY, 6, 100, 2)), by(8, limit(2, BUY, 2, 100)), by(9, limit(3, SELL, 7, 100)),
        ]);
        assert_eq!(venue.book.indicative(), indicative(100, 8, 7));
        let bought: Vec<String> = venue.turn(trading_state::CONTINUOUS).into_iter().step_by(2).collect();
        assert_eq!(bought, [
            "crossed #1 buy 2@100 leaves 4 match 1",
            "crossed #2 buy 2@100 leaves 0 match 2",
            "crossed #1 buy 2@100 leaves 2 match 3",
            "crossed #1 buy 1@100 leaves 1 match 4",
        ]);
        assert_eq!(venue.shown(BUY), ["#1 1 of 1@100"]);
    }

    fn self_trade_prevention_does_not_apply<B>() {
        let strict = |order| prevent(self_trade::CANCEL_BOTH, order);
        let mut venue = collecting::<B>(&[strict(limit(1, BUY, 5, 100)), strict(limit(2, SELL, 5, 100))]);
        assert_eq!(venue.turn(trading_state::CONTINUOUS).len(), 2);
        assert_eq!(venue.events.matches(), 1);
        assert_eq!(venue.position(1), 0);
    }

    fn from_any_state_a_crossed_book_uncrosses_once_it_trades_again<B>() {
        let mut venue = collecting::<B>(&[limit(1, BUY, 5, 101), by(8, limit(2, SELL, 5, 100))]);
        for state in [trading_state::PRE_OPEN, trading_state::HALT, trading_state::CLOSED] {
            assert_eq!(venue.turn(state), NOTHING);
            assert_eq!(venue.book.indicative().volume, 5);
        }
        assert_eq!(venue.turn(trading_state::CONTINUOUS).len(), 2);
        assert_eq!(venue.reports(by(8, market(3, SELL, 1))).len(), 2, "nothing is left");
    }
}

/// One order of a random auction.
#[derive(Clone, Copy, Debug)]
struct Entry {
    side: u8,
    price: i64,
    lots: i64,
    display: u32,
}

const HIGHEST: i64 = 14;

fn entry() -> impl Strategy<Value = Entry> {
    (0..2u8, 1..=HIGHEST, 1..9i64, 0..12u32).prop_map(|(side, price, lots, display)| Entry {
        side,
        price,
        lots,
        display: if i64::from(display) > lots {
            0
        } else {
            display
        },
    })
}

/// Lots that would buy and sell at a price, counted order by order.
fn lots_at(entries: &[Entry], price: i64) -> (i64, i64) {
    let (mut buy, mut sell) = (0, 0);
    for entry in entries {
        if entry.side == BUY && entry.price >= price {
            buy += entry.lots;
        }
        if entry.side == SELL && entry.price <= price {
            sell += entry.lots;
        }
    }
    (buy, sell)
}

/// The uncross price by trying every tick; `None` when the book is not crossed.
fn search(entries: &[Entry], last_trade: i64) -> Option<Indicative> {
    let best_bid = entries
        .iter()
        .filter(|e| e.side == BUY)
        .map(|e| e.price)
        .max()?;
    let best_ask = entries
        .iter()
        .filter(|e| e.side == SELL)
        .map(|e| e.price)
        .min()?;
    if best_bid < best_ask {
        return None;
    }
    let volume = |price| {
        let (buy, sell) = lots_at(entries, price);
        if buy < sell {
            buy
        } else {
            sell
        }
    };
    let imbalance = |price| {
        let (buy, sell) = lots_at(entries, price);
        buy - sell
    };
    let mut most = 0;
    for price in 1..=HIGHEST {
        most = most.max(volume(price));
    }
    let mut best: Vec<i64> = Vec::new();
    for price in 1..=HIGHEST {
        let has_order = entries.iter().any(|e| e.price == price);
        if !has_order || price < best_ask || price > best_bid || volume(price) < most {
            continue;
        }
        match best.first() {
            Some(other) if imbalance(*other).abs() < imbalance(price).abs() => {}
            Some(other) if imbalance(*other).abs() == imbalance(price).abs() => best.push(price),
            _ => best = vec![price],
        }
    }
    let (lowest, highest) = (*best.first()?, *best.last()?);
    let mut price = lowest;
    if best.iter().all(|p| imbalance(*p) > 0) {
        price = highest;
    } else if !best.iter().all(|p| imbalance(*p) < 0) {
        let wish = if last_trade > 0 {
            last_trade
        } else {
            (lowest + highest) / 2
        };
        // Ascending, so that the lower one of two stays.
        for other in best {
            if (other - wish).abs() < (price - wish).abs() {
                price = other;
            }
        }
    }
    let (buy, sell) = lots_at(entries, price);
    assert_eq!(buy.min(sell), most, "no tick at all may trade more");
    Some(indicative(price, buy, sell))
}

/// Lots that each entry of a side trades: best price first, then first come first served.
fn allocation(entries: &[Entry], side: u8, volume: i64) -> Vec<(u64, i64)> {
    let mut queue: Vec<(i64, u64, i64)> = Vec::new();
    for (n, entry) in entries.iter().enumerate().filter(|(_, e)| e.side == side) {
        let rank = if side == BUY {
            -entry.price
        } else {
            entry.price
        };
        queue.push((rank, n as u64 + 1, entry.lots));
    }
    queue.sort_unstable();
    let mut left = volume;
    let mut filled = Vec::new();
    for (_, id, lots) in queue {
        let now = lots.min(left);
        left -= now;
        if now > 0 {
            filled.push((id, now));
        }
    }
    filled.sort_unstable();
    filled
}

fn traded(records: &[Execution], side: u8) -> Vec<(u64, i64)> {
    let mut lots = std::collections::BTreeMap::new();
    for record in records.iter().filter(|r| r.side == side) {
        *lots.entry(record.order_id).or_insert(0) += record.quantity;
    }
    lots.into_iter().collect()
}

fn check_auction<B: Book>(entries: &[Entry], last_trade: Option<i64>) {
    let orders: Vec<OrderCommand> = (1..)
        .zip(entries)
        .map(|(id, e)| by(id as u32, iceberg(id, e.side, e.lots, e.price, e.display)))
        .collect();
    let mut venue = match last_trade {
        Some(price) => collecting_after_a_trade_at::<B>(price, &orders),
        None => collecting::<B>(&orders),
    };
    let expected = search(entries, last_trade.unwrap_or(0));
    assert_eq!(venue.book.indicative(), expected.unwrap_or_default());
    venue.turn(trading_state::CONTINUOUS);
    let records = &venue.events.executions;
    let Some(expected) = expected else {
        assert!(records.is_empty());
        return;
    };
    assert!(records
        .iter()
        .all(|r| r.exec_type == exec_type::TRADE && r.price == expected.price));
    let plain = entries.iter().all(|entry| entry.display == 0);
    for side in [BUY, SELL] {
        let lots = traded(records, side);
        assert_eq!(
            lots.iter().map(|(_, lots)| lots).sum::<i64>(),
            expected.volume
        );
        if plain {
            // Icebergs give way at each slice, which the books are held to elsewhere.
            assert_eq!(lots, allocation(entries, side, expected.volume));
        }
    }
    let bid = venue.book.best(BUY).map_or(0, |level| level.price);
    let ask = venue.book.best(SELL).map_or(i64::MAX, |level| level.price);
    assert!(bid < ask, "still crossed");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_books_uncross_where_a_search_over_every_tick_says(
        entries in prop::collection::vec(entry(), 0..14),
        plain in any::<bool>(),
        last_trade in prop::option::of(1..=HIGHEST),
    ) {
        let mut entries = entries;
        if plain {
            entries.iter_mut().for_each(|entry| entry.display = 0);
        }
        check_auction::<NaiveBook>(&entries, last_trade);
        check_auction::<DirectBook>(&entries, last_trade);
    }
}

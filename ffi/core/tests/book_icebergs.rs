//! Icebergs: what they show, when they show more, and what stays hidden, over both books.
#[macro_use]
mod book_support;

use book_support::{amend, by, cancel, fok, iceberg, limit, Venue, BUY, NOTHING, SELL};
use cwts_core::layout::{BookOrder, DepthLevel, OrderCommand};

/// An iceberg of 10 showing 3 with 4 lots of somebody else behind it.
fn asks() -> [OrderCommand; 2] {
    [
        by(7, iceberg(1, SELL, 10, 100, 3)),
        by(8, limit(2, SELL, 4, 100)),
    ]
}

over_both_books! {
    fn only_the_shown_lots_are_seen_by_the_market<B>() {
        let mut venue = Venue::<B>::new();
        assert_eq!(venue.ticks(asks()[0]), ["best 0@0 3@100"]);
        venue.send(&asks()[1]);
        let mut levels = Vec::new();
        venue.book.depth(SELL, 9, &mut levels);
        let level = DepthLevel { price: 100, quantity: 7, orders: 2, ..DepthLevel::default() };
        assert_eq!(levels, [level]);
        assert_eq!(venue.book.best(SELL), Some(level));
        let mut orders = Vec::new();
        venue.book.orders(SELL, 9, &mut orders);
        let told = |order: &BookOrder| (order.order_id, order.price, order.quantity, order.owner, order.sequence);
        assert_eq!(orders.iter().map(told).collect::<Vec<_>>(), [(1, 100, 3, 7, 1), (2, 100, 4, 8, 2)]);
    }

    fn the_owner_is_told_of_all_lots<B>() {
        let mut venue = Venue::<B>::new();
        assert_eq!(venue.reports(asks()[0]), ["new #1 sell 10@100 leaves 10"]);
        let order = venue.order(1);
        assert_eq!((order.total, order.leaves, order.shown, order.display), (10, 10, 3, 3));
        assert_eq!(venue.reports(limit(9, BUY, 1, 100))[1], "made #1 sell 1@100 leaves 9 match 1");
        assert_eq!(venue.reports(by(7, cancel(1))), ["canceled #1 sell 9@100 leaves 0"]);
    }

    fn while_shown_lots_are_left_it_keeps_its_place<B>() {
        let mut venue = Venue::<B>::after(&asks());
        assert_eq!(venue.ticks(limit(9, BUY, 2, 100)), ["print 2@100 buy match 1", "best 0@0 5@100"]);
        assert_eq!(venue.shown(SELL), ["#1 1 of 8@100", "#2 4 of 4@100"]);
    }

    fn once_they_are_traded_it_shows_the_next_at_the_end_of_the_queue<B>() {
        let mut venue = Venue::<B>::after(&asks());
        assert_eq!(venue.ticks(limit(9, BUY, 3, 100)), ["print 3@100 buy match 1"]);
        assert_eq!(venue.shown(SELL), ["#2 4 of 4@100", "#1 3 of 7@100"]);
        assert_eq!(venue.order(1).age, 1, "its number stays");
    }

    fn one_taker_may_meet_it_again_and_again<B>() {
        let mut venue = Venue::<B>::after(&asks());
        assert_eq!(venue.reports(limit(9, BUY, 12, 100)), [
            "new #9 buy 12@100 leaves 12",
            "made #1 sell 3@100 leaves 7 match 1",
            "took #9 buy 3@100 leaves 9 match 1",
            "made #2 sell 4@100 leaves 0 match 2",
            "took #9 buy 4@100 leaves 5 match 2",
            "made #1 sell 3@100 leaves 4 match 3",
            "took #9 buy 3@100 leaves 2 match 3",
            "made #1 sell 2@100 leaves 2 match 4",
            "took #9 buy 2@100 leaves 0 match 4",
        ]);
        assert_eq!(venue.shown(SELL), ["#1 1 of 2@100"]);
    }

    fn the_last_slice_is_what_is_left<B>() {
        let mut venue = Venue::<B>::after(&asks()[..1]);
        venue.send(&limit(9, BUY, 9, 100));
        assert_eq!(venue.shown(SELL), ["#1 1 of 1@100"]);
        assert_eq!(venue.reports(limit(9, BUY, 1, 100)).len(), 3);
        assert_eq!(venue.book.open_orders(), 0);
    }

    fn two_icebergs_take_turns<B>() {
        let mut venue = Venue::<B>::after(&[iceberg(1, BUY, 4, 50, 2), iceberg(2, BUY, 3, 50, 1)]);
        let makers: Vec<_> = venue.reports(limit(3, SELL, 7, 50)).into_iter()
            .filter(|text| text.starts_with("made")).collect();
        assert_eq!(makers, [
            "made #1 buy 2@50 leaves 2 match 1",
            "made #2 buy 1@50 leaves 2 match 2",
            "made #1 buy 2@50 leaves 0 match 3",
            "made #2 buy 1@50 leaves 1 match 4",
            "made #2 buy 1@50 leaves 0 match 5",
        ]);
    }

    fn hidden_lots_fill_a_fill_or_kill_order<B>() {
        let mut venue = Venue::<B>::after(&asks());
        assert_eq!(venue.reports(fok(9, BUY, 15, 100)).len(), 1);
        assert_eq!(venue.reports(fok(9, BUY, 14, 100)).len(), 1 + 2 * 5);
        assert_eq!(venue.queue(SELL), NOTHING);
    }

    fn what_trades_on_entry_comes_from_the_whole_order_and_the_rest_shows_a_slice<B>() {
        let mut venue = Venue::<B>::after(&[by(8, limit(1, SELL, 6, 100))]);
        assert_eq!(venue.reports(iceberg(2, BUY, 10, 100, 3)), [
            "new #2 buy 10@100 leaves 10",
            "made #1 sell 6@100 leaves 0 match 1",
            "took #2 buy 6@100 leaves 4 match 1",
        ]);
        assert_eq!(venue.shown(BUY), ["#2 3 of 4@100"]);
    }

    fn an_amend_to_fewer_lots_takes_hidden_ones_first_and_keeps_the_place<B>() {
        let mut venue = Venue::<B>::after(&asks());
        assert_eq!(venue.reports(by(7, amend(1, 4, 100))), ["replaced #1 sell 4@100 leaves 4"]);
        assert_eq!(venue.shown(SELL), ["#1 3 of 4@100", "#2 4 of 4@100"]);
        assert_eq!(venue.latest_ticks(), NOTHING);
        venue.send(&by(7, amend(1, 2, 100)));
        assert_eq!(venue.shown(SELL), ["#1 2 of 2@100", "#2 4 of 4@100"]);
        assert_eq!(venue.latest_ticks(), ["best 0@0 6@100"]);
    }

    fn an_amend_that_loses_the_place_shows_a_full_slice_again<B>() {
        let mut venue = Venue::<B>::after(&asks());
        venue.send(&limit(9, BUY, 2, 100));
        assert_eq!(venue.reports(by(7, amend(1, 12, 100))), ["replaced #1 sell 12@100 leaves 10"]);
        assert_eq!(venue.shown(SELL), ["#2 4 of 4@100", "#1 3 of 10@100"]);
        venue.send(&by(7, amend(1, 12, 101)));
        assert_eq!(venue.shown(SELL), ["#2 4 of 4@100", "#1 3 of 10@101"]);
        assert_eq!(venue.order(1).display, 3);
    }

    fn an_amend_to_more_slices_than_there_may_be_is_refused<B>() {
        let mut venue = Venue::<B>::after(&[iceberg(1, SELL, 1_000, 100, 1)]);
        assert_eq!(venue.reports(amend(1, 1_001, 100)),
            ["cancel rejected #1 sell 1001@100 leaves 1000 because 2008"]);
        assert_eq!(venue.reports(amend(1, 999, 100)).len(), 1);
        assert_eq!(venue.order(1).leaves, 999);
    }

    fn hidden_lots_count_among_the_open_lots_of_a_side<B>() {
        let mut venue = Venue::<B>::after(&[iceberg(1, SELL, i64::from(u32::MAX) * 1_000, 100, u32::MAX)]);
        let room = i64::MAX - i64::from(u32::MAX) * 1_000;
        assert_eq!(venue.reports(limit(2, SELL, room + 1, 100))[0],
            format!("rejected #2 sell {}@100 leaves 0 because 2017", room + 1));
        assert_eq!(venue.reports(limit(2, SELL, room, 100)).len(), 1);
    }
}

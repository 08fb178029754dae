//! Reduce-only orders and positions, over both books.
#[macro_use]
mod book_support;

use book_support::{
    amend, by, cancel, fok, iceberg, ioc, limit, market, prevent, reduce_only, stop, stop_limit,
    Venue, BUY, NOTHING, SELL,
};
use cwts_core::layout::self_trade::CANCEL_OLDEST;
use cwts_core::layout::{code, trading_state};

over_both_books! {
    fn trades_move_the_positions_of_both_owners<B>() {
        let mut venue = Venue::<B>::after(&[by(7, limit(1, SELL, 5, 100)), by(8, limit(2, BUY, 3, 100))]);
        assert_eq!((venue.position(7), venue.position(8)), (-3, 3));
        venue.book.set_position(7, 10);
        venue.send(&by(8, limit(3, BUY, 2, 100)));
        assert_eq!((venue.position(7), venue.position(8)), (8, 5));
        assert_eq!((venue.position(9), venue.book.account(9).group), (0, 9));
    }

    fn an_order_with_nothing_to_reduce_is_rejected<B>() {
        let mut venue = Venue::<B>::new();
        let told = "because 2015";
        assert!(venue.reports(reduce_only(limit(1, SELL, 5, 100)))[0].ends_with(told));
        venue.book.set_position(1, -4);
        assert_eq!(venue.reports(reduce_only(limit(1, SELL, 5, 100))),
            [format!("rejected #1 sell 5@100 leaves 0 {told}")]);
        assert_eq!(venue.reports(reduce_only(limit(1, BUY, 5, 90))), ["new #1 buy 5@90 leaves 5"]);
        venue.book.set_position(1, 4);
        assert!(venue.reports(reduce_only(limit(2, BUY, 5, 90)))[0].ends_with(told));
        assert_eq!(venue.reports(reduce_only(limit(2, SELL, 5, 100))), ["new #2 sell 5@100 leaves 5"]);
    }

    fn a_taker_trades_no_more_than_its_position_and_the_rest_is_cancelled<B>() {
        for (order, price) in [(limit(9, SELL, 8, 99), 99), (market(9, SELL, 8), 0), (ioc(9, SELL, 8, 99), 99)] {
            let mut venue = Venue::<B>::after(&[by(7, limit(1, BUY, 3, 100)), by(7, limit(2, BUY, 9, 99))]);
            venue.book.set_position(1, 5);
            assert_eq!(venue.reports(reduce_only(order))[1..], [
                "made #1 buy 3@100 leaves 0 match 1".to_string(),
                "took #9 sell 3@100 leaves 5 match 1".to_string(),
                "made #2 buy 2@99 leaves 7 match 2".to_string(),
                "took #9 sell 2@99 leaves 3 match 2".to_string(),
                format!("canceled #9 sell 3@{price} leaves 0 because 2015"),
            ]);
            assert_eq!(venue.position(1), 0);
        }
    }

    fn the_same_holds_for_buying_back<B>() {
        let mut venue = Venue::<B>::after(&[by(7, limit(1, SELL, 9, 100))]);
        venue.book.set_position(1, -2);
        assert_eq!(venue.reports(reduce_only(limit(9, BUY, 3, 100)))[1..], [
            "made #1 sell 2@100 leaves 7 match 1",
            "took #9 buy 2@100 leaves 1 match 1",
            "canceled #9 buy 1@100 leaves 0 because 2015",
        ]);
    }

    fn what_is_left_rests_while_there_is_a_position_to_reduce<B>() {
        let mut venue = Venue::<B>::after(&[by(7, limit(1, BUY, 3, 100))]);
        venue.book.set_position(1, 5);
        assert_eq!(venue.reports(reduce_only(limit(9, SELL, 8, 100))).len(), 3);
        assert_eq!(venue.queue(SELL), ["#9 5@100"], "more than the position of 2: it may grow again");
        assert!(venue.order(9).reduce_only);
    }

    fn a_maker_trades_no_more_than_its_position_and_then_leaves_the_queue<B>() {
        let mut venue = Venue::<B>::new();
        venue.book.set_position(7, 5);
        venue.send(&by(7, reduce_only(limit(1, SELL, 8, 100))));
        venue.send(&by(8, limit(2, SELL, 4, 100)));
        assert_eq!(venue.reports(limit(9, BUY, 7, 100)), [
            "new #9 buy 7@100 leaves 7",
            "made #1 sell 5@100 leaves 3 match 1",
            "took #9 buy 5@100 leaves 2 match 1",
            "canceled #1 sell 3@100 leaves 0 because 2015",
            "made #2 sell 2@100 leaves 2 match 2",
            "took #9 buy 2@100 leaves 0 match 2",
        ]);
        assert_eq!(venue.position(7), 0);
    }

    fn a_maker_that_has_nothing_to_reduce_stays_until_it_is_reached<B>() {
        let mut venue = Venue::<B>::new();
        venue.book.set_position(7, 5);
        venue.send(&by(7, reduce_only(limit(1, SELL, 5, 100))));
        assert_eq!(venue.reports(limit(9, BUY, 5, 100)).len(), 3);
        venue.book.set_position(7, 5);
        venue.send(&by(7, reduce_only(limit(2, SELL, 5, 100))));
        venue.book.set_position(7, 0);
        assert_eq!(venue.queue(SELL), ["#2 5@100"]);
        assert_eq!(venue.reports(limit(10, BUY, 1, 100)), [
            "new #10 buy 1@100 leaves 1",
            "canceled #2 sell 5@100 leaves 0 because 2015",
        ]);
        assert_eq!(venue.queue(BUY), ["#10 1@100"]);
        assert_eq!(venue.latest_ticks(), ["best 1@100 0@0"]);
    }

    fn a_match_is_no_larger_than_either_side_can_trade<B>() {
        let mut venue = Venue::<B>::new();
        venue.book.set_position(7, 4);
        venue.book.set_position(8, -3);
        venue.send(&by(7, reduce_only(limit(1, SELL, 9, 100))));
        assert_eq!(venue.reports(by(8, reduce_only(limit(2, BUY, 9, 100)))), [
            "new #2 buy 9@100 leaves 9",
            "made #1 sell 3@100 leaves 6 match 1",
            "took #2 buy 3@100 leaves 6 match 1",
            "canceled #2 buy 6@100 leaves 0 because 2015",
        ]);
        assert_eq!((venue.position(7), venue.position(8)), (1, 0));
    }

    fn an_owner_reduces_nothing_by_trading_with_itself<B>() {
        let mut venue = Venue::<B>::after(&[by(7, limit(1, BUY, 2, 100))]);
        venue.book.set_position(7, 5);
        assert_eq!(venue.reports(by(7, reduce_only(limit(2, SELL, 3, 100)))), [
            "new #2 sell 3@100 leaves 3",
            "canceled #2 sell 3@100 leaves 0 because 2015",
        ], "the taker stops at its own order");
        venue.send(&by(7, cancel(1)));
        venue.send(&by(7, reduce_only(limit(3, SELL, 3, 100))));
        assert_eq!(venue.reports(by(7, limit(4, BUY, 3, 100))), [
            "new #4 buy 3@100 leaves 3",
            "canceled #3 sell 3@100 leaves 0 because 2015",
        ], "the maker leaves when its own order reaches it");
    }

    fn self_trade_prevention_is_asked_first<B>() {
        let mut venue = Venue::<B>::after(&[by(7, limit(1, BUY, 2, 100)), by(8, limit(2, BUY, 2, 100))]);
        venue.book.set_position(7, 5);
        let order = prevent(CANCEL_OLDEST, by(7, reduce_only(limit(3, SELL, 2, 100))));
        assert_eq!(venue.reports(order), [
            "new #3 sell 2@100 leaves 2",
            "canceled #1 buy 2@100 leaves 0 because 2012",
            "made #2 buy 2@100 leaves 0 match 1",
            "took #3 sell 2@100 leaves 0 match 1",
        ]);
    }

    fn a_fill_or_kill_order_counts_only_what_reduces<B>() {
        let mut venue = Venue::<B>::after(&[by(7, limit(1, BUY, 9, 100))]);
        venue.book.set_position(1, 5);
        assert_eq!(venue.reports(reduce_only(fok(2, SELL, 6, 100))),
            ["rejected #2 sell 6@100 leaves 0 because 2003"]);
        assert_eq!(venue.reports(reduce_only(fok(2, SELL, 5, 100))).len(), 3);
        venue.book.set_position(8, 3);
        venue.send(&by(8, reduce_only(limit(3, SELL, 9, 101))));
        assert_eq!(venue.reports(fok(4, BUY, 4, 101)),
            ["rejected #4 buy 4@101 leaves 0 because 2003"], "nor more than a maker can reduce");
        assert_eq!(venue.queue(SELL), ["#3 9@101"]);
        assert_eq!(venue.reports(fok(4, BUY, 3, 101)).len(), 3);
    }

    fn a_reduce_only_iceberg_shows_on_as_long_as_it_reduces<B>() {
        let mut venue = Venue::<B>::new();
        venue.book.set_position(7, 5);
        venue.send(&by(7, reduce_only(iceberg(1, SELL, 9, 100, 2))));
        assert_eq!(venue.reports(limit(2, BUY, 6, 100)), [
            "new #2 buy 6@100 leaves 6",
            "made #1 sell 2@100 leaves 7 match 1",
            "took #2 buy 2@100 leaves 4 match 1",
            "made #1 sell 2@100 leaves 5 match 2",
            "took #2 buy 2@100 leaves 2 match 2",
            "made #1 sell 1@100 leaves 4 match 3",
            "took #2 buy 1@100 leaves 1 match 3",
            "canceled #1 sell 4@100 leaves 0 because 2015",
        ]);
    }

    fn an_amended_order_that_has_nothing_left_to_reduce_is_cancelled_when_it_would_go_behind<B>() {
        let mut venue = Venue::<B>::new();
        venue.book.set_position(7, 5);
        venue.send(&by(7, reduce_only(limit(1, SELL, 5, 100))));
        venue.book.set_position(7, 0);
        assert_eq!(venue.reports(by(7, amend(1, 4, 100))), ["replaced #1 sell 4@100 leaves 4"],
            "it keeps its place and is not asked");
        assert_eq!(venue.reports(by(7, amend(1, 4, 101))), [
            "replaced #1 sell 4@101 leaves 4",
            "canceled #1 sell 4@101 leaves 0 because 2015",
        ]);
    }

    fn a_stop_that_fires_without_a_position_left_is_cancelled<B>() {
        let mut venue = Venue::<B>::after(&[by(8, limit(1, BUY, 1, 100)), by(8, limit(2, BUY, 9, 99))]);
        venue.book.set_position(7, 5);
        venue.send(&by(7, reduce_only(stop(3, SELL, 5, 100))));
        venue.send(&by(7, reduce_only(stop_limit(4, SELL, 2, 98, 100))));
        assert_eq!(venue.reports(by(6, limit(5, SELL, 1, 100)))[3..], [
            "triggered #3 sell 5@0 leaves 5",
            "made #2 buy 5@99 leaves 4 match 2",
            "took #3 sell 5@99 leaves 0 match 2",
            "triggered #4 sell 2@98 leaves 2",
            "canceled #4 sell 2@98 leaves 0 because 2015",
        ]);
        assert_eq!(venue.queue(BUY), ["#2 4@99"]);
    }

    fn positions_stop_at_the_ends_of_their_range<B>() {
        let mut venue = Venue::<B>::after(&[by(7, limit(1, SELL, 9, 100))]);
        venue.book.set_position(7, i64::MIN + 2);
        venue.book.set_position(8, i64::MAX - 2);
        venue.send(&by(8, limit(2, BUY, 9, 100)));
        assert_eq!((venue.position(7), venue.position(8)), (i64::MIN, i64::MAX));
        venue.send(&by(8, limit(4, BUY, 1, 120)));
        venue.send(&by(8, limit(5, SELL, 1, 120)));
        assert_eq!(venue.position(8), i64::MAX, "a trade with itself moves nothing there either");
        assert_eq!(venue.reports(by(7, reduce_only(limit(3, BUY, i64::MAX, 90)))).len(), 1);
    }

    fn an_auction_asks_both_heads_what_they_can_reduce_the_buy_first<B>() {
        let mut venue = Venue::<B>::new();
        venue.turn(trading_state::AUCTION);
        venue.book.set_position(7, 3);
        venue.book.set_position(8, -2);
        venue.send(&by(7, reduce_only(limit(1, SELL, 9, 100))));
        venue.send(&by(8, reduce_only(limit(2, BUY, 9, 100))));
        venue.send(&by(6, limit(3, BUY, 4, 100)));
        assert_eq!(venue.turn(trading_state::CONTINUOUS), [
            "crossed #2 buy 2@100 leaves 7 match 1",
            "crossed #1 sell 2@100 leaves 7 match 1",
            "canceled #2 buy 7@100 leaves 0 because 2015",
            "crossed #3 buy 1@100 leaves 3 match 2",
            "crossed #1 sell 1@100 leaves 6 match 2",
            "canceled #1 sell 6@100 leaves 0 because 2015",
        ]);
        assert_eq!(venue.queue(BUY), ["#3 3@100"]);
        assert_eq!(venue.queue(SELL), NOTHING);
        assert_eq!(u32::from(venue.events.executions[5].reason), code::NOTHING_TO_REDUCE);
    }

    fn when_neither_head_can_reduce_only_the_buy_leaves<B>() {
        let mut venue = Venue::<B>::new();
        venue.turn(trading_state::AUCTION);
        venue.book.set_position(7, 3);
        venue.book.set_position(8, -3);
        venue.send(&by(7, reduce_only(limit(1, SELL, 3, 100))));
        venue.send(&by(8, reduce_only(limit(2, BUY, 3, 100))));
        venue.book.set_position(7, 0);
        venue.book.set_position(8, 0);
        assert_eq!(venue.turn(trading_state::CONTINUOUS),
            ["canceled #2 buy 3@100 leaves 0 because 2015"]);
        assert_eq!(venue.queue(SELL), ["#1 3@100"], "nobody is left to reach it");
    }
}

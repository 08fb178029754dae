//! Self-trade prevention: every mode against makers, takers, partial fills, icebergs and several levels, over both books.
#[macro_use]
mod book_support;

use book_support::{
    amend, by, fok, iceberg, ioc, limit, market, post_only, prevent, stop, Venue, BUY, NOTHING,
    SELL,
};
use cwts_core::layout::{
    self_trade::{CANCEL_BOTH, CANCEL_NEWEST, CANCEL_OLDEST, DECREMENT, NONE},
    OrderCommand,
};

/// Sells of 5: owner 7 at 100, owner 8 behind it, owner 7 again at 101.
fn sells() -> [OrderCommand; 3] {
    [
        by(7, limit(1, SELL, 5, 100)),
        by(8, limit(2, SELL, 5, 100)),
        by(7, limit(3, SELL, 5, 101)),
    ]
}

/// The same with owner 8 in front.
fn sells_of_8_first() -> [OrderCommand; 3] {
    let [a, b, c] = sells();
    [b, a, c]
}

/// A buy of owner 7 that reaches everything.
fn buy_of_7(mode: u8, quantity: i64) -> OrderCommand {
    prevent(mode, by(7, limit(9, BUY, quantity, 101)))
}

over_both_books! {
    fn without_a_mode_an_owner_trades_with_itself<B>() {
        let mut venue = Venue::<B>::after(&sells());
        assert_eq!(venue.reports(buy_of_7(NONE, 5)), [
            "new #9 buy 5@101 leaves 5",
            "made #1 sell 5@100 leaves 0 match 1",
            "took #9 buy 5@100 leaves 0 match 1",
        ]);
        assert_eq!(venue.position(7), 0);
    }

    fn cancel_newest_takes_the_incoming_order_away_and_leaves_the_resting_one<B>() {
        let mut venue = Venue::<B>::after(&sells());
        assert_eq!(venue.reports(buy_of_7(CANCEL_NEWEST, 8)), [
            "new #9 buy 8@101 leaves 8",
            "canceled #9 buy 8@101 leaves 0 because 2012",
        ]);
        assert_eq!(venue.queue(SELL), ["#1 5@100", "#2 5@100", "#3 5@101"]);
        assert_eq!(venue.queue(BUY), NOTHING);
        assert_eq!(venue.latest_ticks(), NOTHING);
    }

    fn cancel_newest_keeps_what_was_traded_with_others_before<B>() {
        let mut venue = Venue::<B>::after(&sells_of_8_first());
        assert_eq!(venue.reports(buy_of_7(CANCEL_NEWEST, 8)), [
            "new #9 buy 8@101 leaves 8",
            "made #2 sell 5@100 leaves 0 match 1",
            "took #9 buy 5@100 leaves 3 match 1",
            "canceled #9 buy 3@101 leaves 0 because 2012",
        ]);
        assert_eq!(venue.queue(SELL), ["#1 5@100", "#3 5@101"]);
    }

    fn cancel_newest_does_not_touch_an_order_that_is_filled_before_it_meets_its_own<B>() {
        let mut venue = Venue::<B>::after(&sells_of_8_first());
        assert_eq!(venue.reports(buy_of_7(CANCEL_NEWEST, 5)).len(), 3);
        assert_eq!(venue.queue(SELL), ["#1 5@100", "#3 5@101"]);
    }

    fn cancel_oldest_removes_own_orders_on_every_level_and_trades_with_the_others<B>() {
        let mut venue = Venue::<B>::after(&sells());
        assert_eq!(venue.reports(buy_of_7(CANCEL_OLDEST, 8)), [
            "new #9 buy 8@101 leaves 8",
            "canceled #1 sell 5@100 leaves 0 because 2012",
            "made #2 sell 5@100 leaves 0 match 1",
            "took #9 buy 5@100 leaves 3 match 1",
            "canceled #3 sell 5@101 leaves 0 because 2012",
        ]);
        assert_eq!(venue.queue(BUY), ["#9 3@101"]);
        assert_eq!(venue.queue(SELL), NOTHING);
        assert_eq!(venue.latest_ticks(), ["print 5@100 buy match 1", "best 3@101 0@0"]);
    }

    fn cancel_oldest_removes_what_is_left_of_a_resting_order<B>() {
        let mut venue = Venue::<B>::after(&sells());
        venue.send(&by(6, limit(5, BUY, 2, 100)));
        assert_eq!(venue.reports(buy_of_7(CANCEL_OLDEST, 1))[1],
            "canceled #1 sell 3@100 leaves 0 because 2012");
    }

    fn cancel_oldest_leaves_own_orders_that_are_not_reached<B>() {
        let mut venue = Venue::<B>::after(&sells_of_8_first());
        assert_eq!(venue.reports(buy_of_7(CANCEL_OLDEST, 5)).len(), 3);
        assert_eq!(venue.queue(SELL), ["#1 5@100", "#3 5@101"]);
    }

    fn cancel_both_removes_the_resting_order_then_the_rest_of_the_incoming_one<B>() {
        let mut venue = Venue::<B>::after(&sells());
        assert_eq!(venue.reports(buy_of_7(CANCEL_BOTH, 8)), [
            "new #9 buy 8@101 leaves 8",
            "canceled #1 sell 5@100 leaves 0 because 2012",
            "canceled #9 buy 8@101 leaves 0 because 2012",
        ]);
        assert_eq!(venue.queue(SELL), ["#2 5@100", "#3 5@101"]);
    }

    fn cancel_both_keeps_what_was_traded_with_others_before<B>() {
        let mut venue = Venue::<B>::after(&sells_of_8_first());
        assert_eq!(venue.reports(buy_of_7(CANCEL_BOTH, 8))[3..], [
            "canceled #1 sell 5@100 leaves 0 because 2012",
            "canceled #9 buy 3@101 leaves 0 because 2012",
        ]);
        assert_eq!(venue.queue(SELL), ["#3 5@101"]);
    }

    fn decrement_by_a_smaller_taker_restates_the_maker_in_its_place<B>() {
        let mut venue = Venue::<B>::after(&sells());
        assert_eq!(venue.reports(buy_of_7(DECREMENT, 3)), [
            "new #9 buy 3@101 leaves 3",
            "restated #1 sell 3@100 leaves 2 because 2012",
            "canceled #9 buy 3@101 leaves 0 because 2012",
        ]);
        assert_eq!(venue.queue(SELL), ["#1 2@100", "#2 5@100", "#3 5@101"]);
        assert_eq!(venue.order(1).total, 2);
        assert_eq!(venue.latest_ticks(), ["best 0@0 7@100"]);
    }

    fn decrement_of_equals_cancels_both<B>() {
        let mut venue = Venue::<B>::after(&sells());
        assert_eq!(venue.reports(buy_of_7(DECREMENT, 5))[1..], [
            "canceled #1 sell 5@100 leaves 0 because 2012",
            "canceled #9 buy 5@101 leaves 0 because 2012",
        ]);
        assert_eq!(venue.queue(SELL), ["#2 5@100", "#3 5@101"]);
    }

    fn decrement_by_a_larger_taker_goes_on_through_the_levels<B>() {
        let mut venue = Venue::<B>::after(&sells());
        assert_eq!(venue.reports(buy_of_7(DECREMENT, 17)), [
            "new #9 buy 17@101 leaves 17",
            "canceled #1 sell 5@100 leaves 0 because 2012",
            "restated #9 buy 5@101 leaves 12 because 2012",
            "made #2 sell 5@100 leaves 0 match 1",
            "took #9 buy 5@100 leaves 7 match 1",
            "canceled #3 sell 5@101 leaves 0 because 2012",
            "restated #9 buy 5@101 leaves 2 because 2012",
        ]);
        assert_eq!(venue.queue(BUY), ["#9 2@101"]);
        assert_eq!(venue.order(9).total, 7, "5 traded and 2 left");
    }

    fn a_decremented_market_order_is_reported_without_a_price<B>() {
        let mut venue = Venue::<B>::after(&sells()[..1]);
        assert_eq!(venue.reports(prevent(DECREMENT, by(7, market(9, BUY, 6)))), [
            "new #9 buy 6@0 leaves 6",
            "canceled #1 sell 5@100 leaves 0 because 2012",
            "restated #9 buy 5@0 leaves 1 because 2012",
            "canceled #9 buy 1@0 leaves 0 because 2004",
        ]);
    }

    fn a_later_amend_counts_from_the_decremented_total<B>() {
        let mut venue = Venue::<B>::after(&[by(7, limit(1, SELL, 10, 100)), by(8, limit(2, BUY, 4, 100))]);
        venue.send(&buy_of_7(DECREMENT, 3));
        let order = venue.order(1);
        assert_eq!((order.total, order.leaves), (7, 3));
        assert_eq!(venue.reports(by(7, amend(1, 5, 100))), ["replaced #1 sell 5@100 leaves 1"]);
        assert_eq!(venue.reports(by(7, amend(1, 4, 100))), ["canceled #1 sell 1@100 leaves 0 because 2016"]);
    }

    fn an_iceberg_gives_up_hidden_lots_first_and_keeps_its_place<B>() {
        let mut venue = Venue::<B>::after(&[
            by(7, iceberg(1, SELL, 10, 100, 3)),
            by(8, limit(2, SELL, 5, 100)),
        ]);
        assert_eq!(venue.reports(buy_of_7(DECREMENT, 4))[1], "restated #1 sell 4@100 leaves 6 because 2012");
        assert_eq!(venue.shown(SELL), ["#1 3 of 6@100", "#2 5 of 5@100"]);
        assert_eq!(venue.latest_ticks(), NOTHING, "nothing of it was on show");
        assert_eq!(venue.reports(buy_of_7(DECREMENT, 4))[1], "restated #1 sell 4@100 leaves 2 because 2012");
        assert_eq!(venue.shown(SELL), ["#1 2 of 2@100", "#2 5 of 5@100"]);
        assert_eq!(venue.latest_ticks(), ["best 0@0 7@100"]);
    }

    fn an_iceberg_is_cancelled_with_all_its_leaves<B>() {
        for (mode, left) in [(CANCEL_OLDEST, 1), (CANCEL_BOTH, 0)] {
            let mut venue = Venue::<B>::after(&[by(7, iceberg(1, SELL, 10, 100, 3))]);
            assert_eq!(venue.reports(buy_of_7(mode, 2))[1], "canceled #1 sell 10@100 leaves 0 because 2012");
            assert_eq!(venue.queue(BUY).len(), left);
        }
    }

    fn an_iceberg_of_somebody_else_may_come_round_before_the_own_order_is_met<B>() {
        let mut venue = Venue::<B>::after(&[
            by(8, iceberg(1, SELL, 4, 100, 2)),
            by(7, limit(2, SELL, 5, 100)),
        ]);
        assert_eq!(venue.reports(buy_of_7(CANCEL_OLDEST, 5)), [
            "new #9 buy 5@101 leaves 5",
            "made #1 sell 2@100 leaves 2 match 1",
            "took #9 buy 2@100 leaves 3 match 1",
            "canceled #2 sell 5@100 leaves 0 because 2012",
            "made #1 sell 2@100 leaves 0 match 2",
            "took #9 buy 2@100 leaves 1 match 2",
        ]);
    }

    fn an_incoming_iceberg_is_prevented_like_any_other_order<B>() {
        let mut venue = Venue::<B>::after(&sells());
        let order = by(7, iceberg(9, BUY, 8, 100, 2));
        assert_eq!(venue.reports(prevent(DECREMENT, order))[1..3], [
            "canceled #1 sell 5@100 leaves 0 because 2012",
            "restated #9 buy 5@100 leaves 3 because 2012",
        ]);
    }

    fn the_makers_mode_does_not_count<B>() {
        for mode in [CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH, DECREMENT] {
            let mut venue = Venue::<B>::after(&[prevent(mode, by(7, limit(1, SELL, 5, 100)))]);
            assert_eq!(venue.reports(buy_of_7(NONE, 5)).len(), 3);
            assert_eq!(venue.events.matches(), 1);
        }
    }

    fn the_side_of_the_taker_makes_no_difference<B>() {
        let buys = [by(8, limit(1, BUY, 5, 100)), by(7, limit(2, BUY, 5, 99))];
        let mut venue = Venue::<B>::after(&buys);
        assert_eq!(venue.reports(prevent(CANCEL_OLDEST, by(7, limit(9, SELL, 7, 99)))), [
            "new #9 sell 7@99 leaves 7",
            "made #1 buy 5@100 leaves 0 match 1",
            "took #9 sell 5@100 leaves 2 match 1",
            "canceled #2 buy 5@99 leaves 0 because 2012",
        ]);
        assert_eq!(venue.queue(SELL), ["#9 2@99"]);
    }

    fn owners_of_one_group_do_not_trade_and_owners_of_different_groups_do<B>() {
        let mut venue = Venue::<B>::after(&sells());
        venue.book.set_group(7, 50);
        venue.book.set_group(6, 50);
        assert_eq!(venue.book.account(6).group, 50);
        let order = |id| prevent(CANCEL_NEWEST, by(6, limit(id, BUY, 1, 100)));
        assert_eq!(venue.reports(order(10))[1], "canceled #10 buy 1@100 leaves 0 because 2012");
        venue.book.set_group(6, 51);
        assert_eq!(venue.reports(order(11)).len(), 3);
    }

    fn a_group_may_have_the_number_of_an_owner<B>() {
        let mut venue = Venue::<B>::after(&sells());
        venue.book.set_group(6, 7);
        let order = prevent(CANCEL_NEWEST, by(6, limit(10, BUY, 1, 100)));
        assert_eq!(venue.reports(order).len(), 2, "owner 7 is in group 7");
        venue.book.set_group(7, 9);
        assert_eq!(venue.reports(order).len(), 3, "and then no longer");
    }

    fn an_amended_order_takes_with_the_mode_it_was_entered_with<B>() {
        let resting = by(7, limit(9, BUY, 8, 90));
        let mut venue = Venue::<B>::after(&sells());
        venue.send(&prevent(CANCEL_OLDEST, resting));
        let newest = prevent(CANCEL_NEWEST, by(7, amend(9, 8, 100)));
        assert_eq!(venue.reports(newest)[..2], [
            "replaced #9 buy 8@100 leaves 8",
            "canceled #1 sell 5@100 leaves 0 because 2012",
        ]);
        let mut venue = Venue::<B>::after(&sells());
        venue.send(&resting);
        assert_eq!(venue.reports(newest)[1], "made #1 sell 5@100 leaves 0 match 1");
    }

    fn a_stop_takes_with_its_mode_when_it_fires<B>() {
        let mut venue = Venue::<B>::after(&[
            prevent(CANCEL_BOTH, by(7, stop(9, BUY, 4, 100))),
            by(8, limit(1, SELL, 1, 100)),
            by(7, limit(2, SELL, 5, 101)),
        ]);
        assert_eq!(venue.reports(by(6, limit(3, BUY, 1, 100)))[3..], [
            "triggered #9 buy 4@0 leaves 4",
            "canceled #2 sell 5@101 leaves 0 because 2012",
            "canceled #9 buy 4@0 leaves 0 because 2012",
        ]);
    }

    fn a_fill_or_kill_order_does_not_count_what_prevention_would_stop<B>() {
        for mode in [CANCEL_NEWEST, CANCEL_BOTH] {
            let mut venue = Venue::<B>::after(&sells_of_8_first());
            let before = venue.book.state_hash();
            let all = |lots| prevent(mode, by(7, fok(9, BUY, lots, 101)));
            assert_eq!(venue.reports(all(6)), ["rejected #9 buy 6@101 leaves 0 because 2003"]);
            assert_eq!(venue.book.state_hash(), before);
            assert_eq!(venue.reports(all(5)).len(), 3);
        }
        let mut venue = Venue::<B>::after(&sells());
        assert_eq!(venue.reports(prevent(CANCEL_NEWEST, by(7, fok(9, BUY, 1, 101)))).len(), 1);
    }

    fn a_fill_or_kill_order_counts_what_lies_behind_its_own_under_cancel_oldest<B>() {
        let mut venue = Venue::<B>::after(&sells());
        let all = |lots| prevent(CANCEL_OLDEST, by(7, fok(9, BUY, lots, 101)));
        assert_eq!(venue.reports(all(6)).len(), 1);
        assert_eq!(venue.queue(SELL), ["#1 5@100", "#2 5@100", "#3 5@101"]);
        assert_eq!(venue.reports(all(5)), [
            "new #9 buy 5@101 leaves 5",
            "canceled #1 sell 5@100 leaves 0 because 2012",
            "made #2 sell 5@100 leaves 0 match 1",
            "took #9 buy 5@100 leaves 0 match 1",
        ]);
    }

    fn a_fill_or_kill_order_that_would_be_decremented_is_rejected<B>() {
        let mut venue = Venue::<B>::after(&sells());
        let all = |lots| prevent(DECREMENT, by(7, fok(9, BUY, lots, 101)));
        assert_eq!(venue.reports(all(8)), ["rejected #9 buy 8@101 leaves 0 because 2003"]);
        assert_eq!(venue.reports(all(1)), ["rejected #9 buy 1@101 leaves 0 because 2003"]);
    }

    fn prevention_gives_the_reason_also_for_what_would_have_been_dropped_anyway<B>() {
        let mut venue = Venue::<B>::after(&sells());
        let order = prevent(CANCEL_NEWEST, by(7, ioc(9, BUY, 8, 101)));
        assert_eq!(venue.reports(order)[1], "canceled #9 buy 8@101 leaves 0 because 2012");
        let order = prevent(CANCEL_NEWEST, by(7, market(9, BUY, 8)));
        assert_eq!(venue.reports(order)[1], "canceled #9 buy 8@0 leaves 0 because 2012");
    }

    fn a_post_only_order_is_refused_for_crossing_its_own_as_well<B>() {
        let mut venue = Venue::<B>::after(&sells());
        let order = prevent(CANCEL_OLDEST, by(7, post_only(9, BUY, 8, 100)));
        assert_eq!(venue.reports(order), ["rejected #9 buy 8@100 leaves 0 because 2002"]);
    }

    fn what_is_prevented_is_no_trade<B>() {
        let mut venue = Venue::<B>::after(&sells());
        venue.send(&by(6, stop(5, BUY, 1, 1)));
        venue.send(&buy_of_7(DECREMENT, 5));
        assert_eq!((venue.book.last_trade(), venue.position(7)), (0, 0));
        assert_eq!(venue.events.matches(), 0);
        assert_eq!(venue.order(5).trigger, 1, "the stop still waits");
    }
}

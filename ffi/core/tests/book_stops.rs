//! Stops and stop-limits: waiting, firing, cascades, over both books.
#[macro_use]
mod book_support;

use book_support::{
    amend, at_time, by, cancel, cancel_owner, for_the_day, limit, market, stop, stop_limit, until,
    Venue, BUY, NOTHING, SECOND, SELL,
};
use cwts_core::book::{Book, Whose};
use cwts_core::layout::{order_type, trading_state, OrderCommand};

/// One lot trades at a price, between owners 8 and 9, beside everything else.
fn print<B: Book>(venue: &mut Venue<B>, price: i64) -> Vec<String> {
    venue.send(&by(8, limit(9_001, SELL, 1, price)));
    venue.reports(by(9, limit(9_002, BUY, 1, price)))[3..].to_vec()
}

fn triggered(reports: &[String]) -> Vec<String> {
    let fired = reports
        .iter()
        .filter_map(|text| text.strip_prefix("triggered "));
    fired
        .map(|text| text.split(' ').next().unwrap().to_string())
        .collect()
}

over_both_books! {
    fn a_stop_waits_beside_the_queues<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, BUY, 5, 98)]);
        assert_eq!(venue.reports(stop(2, BUY, 5, 105)), ["new #2 buy 5@105 leaves 5"]);
        assert_eq!(venue.latest_ticks(), NOTHING);
        assert_eq!(venue.reports(stop_limit(3, SELL, 5, 94, 95)), ["new #3 sell 5@94 leaves 5"]);
        assert_eq!((venue.book.open_orders(), venue.book.levels()), (3, 1));
        assert_eq!(venue.book.account(1).open_orders, 3);
        let (a, b) = (venue.order(2), venue.order(3));
        assert_eq!((a.price, a.trigger, a.shown, a.leaves), (105, 105, 0, 5));
        assert_eq!((b.price, b.trigger, b.order_type, b.age), (94, 95, order_type::STOP_LIMIT, 3));
        assert_eq!(venue.queue(BUY), ["#1 5@98"]);
        let mut waiting = Vec::new();
        venue.book.for_each_stop(&mut |order| waiting.push(order.order_id));
        assert_eq!(waiting, [2, 3]);
    }

    fn quotes_alone_fire_nothing<B>() {
        let mut venue = Venue::<B>::after(&[stop(1, BUY, 5, 105), stop(2, SELL, 5, 95)]);
        assert_eq!(venue.reports(by(8, limit(3, SELL, 1, 120))).len(), 1);
        assert_eq!(venue.reports(by(8, limit(4, BUY, 1, 110))).len(), 1);
        assert_eq!(venue.reports(by(8, limit(5, SELL, 1, 112))).len(), 1);
    }

    fn a_buy_fires_at_its_trigger_or_above_and_a_sell_at_or_below<B>() {
        for (side, near, at, beyond) in [(BUY, 104, 105, 106), (SELL, 106, 105, 104)] {
            for price in [at, beyond] {
                let mut venue = Venue::<B>::after(&[stop(1, side, 5, 105)]);
                assert_eq!(print(&mut venue, near), NOTHING);
                let name = book_support::side_name(side);
                assert_eq!(print(&mut venue, price), [
                    format!("triggered #1 {name} 5@0 leaves 5"),
                    format!("canceled #1 {name} 5@0 leaves 0 because 2004"),
                ]);
                assert_eq!(venue.book.open_orders(), 0);
            }
        }
    }

    fn a_stop_becomes_a_market_order<B>() {
        let mut venue = Venue::<B>::after(&[stop(1, BUY, 5, 100), by(8, limit(2, SELL, 3, 130)), by(8, limit(3, SELL, 9, 140))]);
        assert_eq!(print(&mut venue, 100), [
            "triggered #1 buy 5@0 leaves 5",
            "made #2 sell 3@130 leaves 0 match 2",
            "took #1 buy 3@130 leaves 2 match 2",
            "made #3 sell 2@140 leaves 7 match 3",
            "took #1 buy 2@140 leaves 0 match 3",
        ]);
    }

    fn a_stop_limit_becomes_a_limit_order_that_rests_with_its_age<B>() {
        let mut venue = Venue::<B>::after(&[
            stop_limit(1, BUY, 5, 102, 100), by(8, limit(2, SELL, 3, 101)), by(8, limit(3, SELL, 3, 103)),
        ]);
        assert_eq!(print(&mut venue, 100), [
            "triggered #1 buy 5@102 leaves 5",
            "made #2 sell 3@101 leaves 0 match 2",
            "took #1 buy 3@101 leaves 2 match 2",
        ]);
        assert_eq!(venue.queue(BUY), ["#1 2@102"]);
        let order = venue.order(1);
        assert_eq!((order.order_type, order.trigger, order.age), (order_type::LIMIT, 0, 1));
        assert_eq!((order.total, order.leaves), (5, 2));
        assert_eq!(venue.reports(amend(1, 4, 102)), ["replaced #1 buy 4@102 leaves 1"]);
    }

    fn a_stop_whose_condition_the_last_trade_fulfils_fires_at_once<B>() {
        let mut venue = Venue::<B>::new();
        assert_eq!(venue.reports(stop(1, SELL, 1, 100)).len(), 1, "there was no trade yet");
        venue.send(&cancel(1));
        print(&mut venue, 100);
        assert_eq!(venue.reports(stop(1, BUY, 2, 100)), [
            "new #1 buy 2@100 leaves 2",
            "triggered #1 buy 2@0 leaves 2",
            "canceled #1 buy 2@0 leaves 0 because 2004",
        ]);
        assert_eq!(venue.reports(stop(1, BUY, 2, 101)).len(), 1);
        assert_eq!(venue.reports(stop_limit(2, SELL, 2, 105, 100)), [
            "new #2 sell 2@105 leaves 2",
            "triggered #2 sell 2@105 leaves 2",
        ]);
        assert_eq!(venue.queue(SELL), ["#2 2@105"]);
    }

    fn buys_fire_upwards_then_sells_downwards_and_older_ones_first<B>() {
        let mut venue = Venue::<B>::after(&[
            stop(1, SELL, 1, 100), stop(2, SELL, 1, 101), stop(3, BUY, 1, 100), stop(4, BUY, 1, 99),
            stop(5, BUY, 1, 100), stop(6, SELL, 1, 101), stop(7, BUY, 1, 98),
        ]);
        assert_eq!(triggered(&print(&mut venue, 100)), ["#7", "#4", "#3", "#5", "#2", "#6", "#1"]);
    }

    fn every_trade_of_a_command_counts_not_only_the_last<B>() {
        let mut venue = Venue::<B>::after(&[
            by(8, limit(1, SELL, 1, 100)), by(8, limit(2, SELL, 1, 104)),
            stop(3, SELL, 1, 100), stop(4, SELL, 1, 99), stop(5, BUY, 1, 103),
        ]);
        assert_eq!(triggered(&venue.reports(by(9, limit(6, BUY, 2, 104)))), ["#5", "#3"]);
        assert_eq!(venue.order(4).trigger, 99);
    }

    fn a_stop_may_set_off_the_next<B>() {
        // Each sells into the bid that is the next one's trigger.
        let mut venue = Venue::<B>::new();
        for n in 0..4 {
            venue.send(&by(8, limit(10 + n, BUY, 1, 99 - n as i64)));
            venue.send(&stop(20 + n, SELL, 1, 100 - n as i64));
        }
        let reports = print(&mut venue, 100);
        assert_eq!(triggered(&reports), ["#20", "#21", "#22", "#23"]);
        assert_eq!(reports[..3], [
            "triggered #20 sell 1@0 leaves 1",
            "made #10 buy 1@99 leaves 0 match 2",
            "took #20 sell 1@99 leaves 0 match 2",
        ]);
        assert_eq!(venue.book.last_trade(), 96);
        let ticks = venue.latest_ticks();
        assert_eq!(ticks.iter().filter(|text| text.starts_with("print")).count(), 5);
        assert_eq!((ticks.len(), ticks[5].as_str()), (6, "best 0@0 0@0"));
    }

    fn what_a_stop_sets_off_waits_behind_those_already_queued<B>() {
        let mut venue = Venue::<B>::after(&[
            by(8, limit(1, SELL, 1, 110)), by(8, limit(2, SELL, 9, 120)),
            stop(3, BUY, 1, 110), stop(4, BUY, 1, 100), stop(5, BUY, 1, 105), stop(6, SELL, 1, 100),
        ]);
        // 4 trades at 110 and so sets off 3 and 5, but 6 was there before.
        assert_eq!(triggered(&print(&mut venue, 100)), ["#4", "#6", "#5", "#3"]);
    }

    fn one_best_price_tick_follows_the_whole_command<B>() {
        let mut venue = Venue::<B>::after(&[
            by(8, limit(1, SELL, 1, 100)), by(8, limit(2, SELL, 1, 101)), by(8, limit(3, SELL, 7, 102)),
            stop(4, BUY, 1, 100), stop(5, BUY, 2, 101),
        ]);
        assert_eq!(venue.ticks(by(9, limit(6, BUY, 1, 100))), [
            "print 1@100 buy match 1",
            "print 1@101 buy match 2",
            "print 2@102 buy match 3",
            "best 0@0 5@102",
        ]);
    }

    fn a_market_order_and_an_amend_set_stops_off_as_well<B>() {
        let mut venue = Venue::<B>::after(&[by(8, limit(1, SELL, 2, 100)), stop(2, BUY, 1, 100), stop(3, BUY, 1, 101)]);
        assert_eq!(triggered(&venue.reports(by(9, market(4, BUY, 1)))), ["#2"]);
        venue.send(&by(8, limit(5, SELL, 1, 101)));
        venue.send(&by(9, limit(6, BUY, 1, 90)));
        assert_eq!(triggered(&venue.reports(by(9, amend(6, 1, 101)))), ["#3"]);
    }

    fn an_amend_of_a_stop_sets_trigger_and_total<B>() {
        let mut venue = Venue::<B>::after(&[stop(1, BUY, 5, 105)]);
        assert_eq!(venue.reports(amend(1, 3, 103)), ["replaced #1 buy 3@103 leaves 3"]);
        assert_eq!(venue.latest_ticks(), NOTHING);
        let order = venue.order(1);
        assert_eq!((order.trigger, order.price, order.total, order.age), (103, 103, 3, 1));
        assert_eq!(print(&mut venue, 102), NOTHING);
        assert_eq!(triggered(&print(&mut venue, 103)), ["#1"]);
    }

    fn an_amend_of_a_stop_limit_sets_limit_and_total_and_keeps_the_trigger<B>() {
        let mut venue = Venue::<B>::after(&[stop_limit(1, BUY, 5, 107, 105)]);
        assert_eq!(venue.reports(amend(1, 3, 90)), ["replaced #1 buy 3@90 leaves 3"]);
        let order = venue.order(1);
        assert_eq!((order.trigger, order.price, order.total), (105, 90, 3));
        assert_eq!(print(&mut venue, 104), NOTHING);
        assert_eq!(print(&mut venue, 105), ["triggered #1 buy 3@90 leaves 3"]);
        assert_eq!(venue.queue(BUY), ["#1 3@90"]);
    }

    fn an_amend_that_fulfils_the_condition_fires_the_stop_at_once<B>() {
        let mut venue = Venue::<B>::after(&[stop(1, BUY, 5, 105)]);
        print(&mut venue, 100);
        assert_eq!(venue.reports(amend(1, 5, 101)).len(), 1);
        assert_eq!(venue.reports(amend(1, 4, 100)), [
            "replaced #1 buy 4@100 leaves 4",
            "triggered #1 buy 4@0 leaves 4",
            "canceled #1 buy 4@0 leaves 0 because 2004",
        ]);
    }

    fn a_post_only_flag_on_an_amend_does_not_stop_a_stop_limit_from_matching<B>() {
        let strict = |order: OrderCommand| OrderCommand { flags: 1, ..order };
        let mut venue = Venue::<B>::after(&[stop_limit(1, BUY, 5, 102, 100), by(8, limit(2, SELL, 3, 101))]);
        assert_eq!(venue.reports(strict(amend(1, 5, 103))), ["replaced #1 buy 5@103 leaves 5"],
            "it crosses, but it waits");
        assert_eq!(print(&mut venue, 100).len(), 3);
        assert_eq!(venue.queue(BUY), ["#1 2@103"]);
        venue.send(&by(8, limit(3, SELL, 3, 105)));
        assert_eq!(venue.reports(amend(1, 5, 105)), ["cancel rejected #1 buy 5@103 leaves 2 because 2002"],
            "now it holds");
    }

    fn a_waiting_stop_is_cancelled_like_any_order<B>() {
        let mut venue = Venue::<B>::after(&[stop(1, BUY, 5, 105), stop_limit(2, SELL, 4, 90, 95)]);
        assert_eq!(venue.reports(by(8, cancel(1))), ["cancel rejected #1 buy 0@0 leaves 0 because 2005"]);
        assert_eq!(venue.reports(cancel(1)), ["canceled #1 buy 5@105 leaves 0"]);
        assert_eq!(venue.reports(cancel(2)), ["canceled #2 sell 4@90 leaves 0"]);
        assert_eq!(print(&mut venue, 105), NOTHING);
        assert_eq!(venue.book.open_orders(), 0);
    }

    fn the_id_of_a_waiting_stop_is_taken<B>() {
        let mut venue = Venue::<B>::after(&[stop(1, BUY, 5, 105)]);
        assert_eq!(venue.reports(limit(1, SELL, 2, 120)), ["rejected #1 sell 2@120 leaves 0 because 2007"]);
    }

    fn waiting_lots_count_among_the_open_lots_of_a_side<B>() {
        let mut venue = Venue::<B>::after(&[stop(1, BUY, i64::MAX - 3, 105)]);
        assert_eq!(venue.reports(limit(2, BUY, 4, 100)), ["rejected #2 buy 4@100 leaves 0 because 2017"]);
        assert_eq!(venue.reports(limit(2, BUY, 3, 100)).len(), 1);
        assert_eq!(venue.reports(amend(1, i64::MAX - 2, 105)),
            [format!("cancel rejected #1 buy {}@105 leaves {} because 2017", i64::MAX - 2, i64::MAX - 3)]);
    }

    fn mass_cancels_take_waiting_stops_too<B>() {
        let orders = [stop(1, SELL, 1, 90), limit(2, BUY, 2, 95), by(7, stop(3, BUY, 3, 120)), limit(4, SELL, 4, 110)];
        let mut venue = Venue::<B>::after(&orders);
        assert_eq!(venue.reports(cancel_owner(1)), [
            "canceled #1 sell 1@90 leaves 0 because 2010",
            "canceled #2 buy 2@95 leaves 0 because 2010",
            "canceled #4 sell 4@110 leaves 0 because 2010",
        ]);
        let mut venue = Venue::<B>::after(&orders);
        assert_eq!(venue.watch(|book, events| assert_eq!(book.cancel_all(Whose::Everybody, 5, events), 4)), [
            "canceled #2 buy 2@95 leaves 0 because 2010",
            "canceled #4 sell 4@110 leaves 0 because 2010",
            "canceled #1 sell 1@90 leaves 0 because 2010",
            "canceled #3 buy 3@120 leaves 0 because 2010",
        ]);
        assert_eq!(print(&mut venue, 120), NOTHING);
    }

    fn stops_expire_while_they_wait<B>() {
        let mut venue = Venue::<B>::after(&[until(10, stop(1, BUY, 1, 105)), for_the_day(stop(2, SELL, 1, 95))]);
        assert_eq!(venue.reports(at_time(10 * SECOND, cancel(77)))[0], "expired #1 buy 1@105 leaves 0 because 2013");
        assert_eq!(venue.turn(trading_state::CLOSED), ["expired #2 sell 1@95 leaves 0 because 2013"]);
    }

    fn a_stop_limit_keeps_its_time_in_force_when_it_fires<B>() {
        let mut venue = Venue::<B>::after(&[until(10, stop_limit(1, BUY, 1, 95, 100)), for_the_day(stop_limit(2, BUY, 1, 94, 100))]);
        assert_eq!(triggered(&print(&mut venue, 100)), ["#1", "#2"]);
        assert_eq!(venue.watch(|book, events| book.advance(10 * SECOND, events)), ["expired #1 buy 1@95 leaves 0 because 2013"]);
        assert_eq!(venue.turn(trading_state::CLOSED), ["expired #2 buy 1@94 leaves 0 because 2013"]);
    }

    fn stops_are_taken_before_the_opening_and_fire_in_continuous_trading_only<B>() {
        let mut venue = Venue::<B>::new();
        print(&mut venue, 100);
        venue.turn(trading_state::PRE_OPEN);
        assert_eq!(venue.reports(stop(1, BUY, 1, 100)).len(), 1, "the last trade fulfils it, but nothing fires yet");
        assert_eq!(venue.reports(amend(1, 2, 99)).len(), 1);
        venue.turn(trading_state::HALT);
        assert_eq!(venue.reports(stop(2, BUY, 1, 100)), ["rejected #2 buy 1@100 leaves 0 because 2014"]);
        assert_eq!(venue.turn(trading_state::CONTINUOUS), [
            "triggered #1 buy 2@0 leaves 2",
            "canceled #1 buy 2@0 leaves 0 because 2004",
        ]);
    }

    fn the_trades_of_an_uncross_set_stops_off<B>() {
        let mut venue = Venue::<B>::new();
        venue.turn(trading_state::AUCTION);
        venue.send(&stop(1, BUY, 1, 100));
        venue.send(&stop(2, BUY, 1, 101));
        venue.send(&by(8, limit(3, SELL, 1, 100)));
        venue.send(&by(8, limit(4, SELL, 1, 105)));
        venue.send(&by(9, limit(5, BUY, 1, 100)));
        assert_eq!(venue.turn(trading_state::CONTINUOUS), [
            "crossed #5 buy 1@100 leaves 0 match 1",
            "crossed #3 sell 1@100 leaves 0 match 1",
            "triggered #1 buy 1@0 leaves 1",
            "made #4 sell 1@105 leaves 0 match 2",
            "took #1 buy 1@105 leaves 0 match 2",
            "triggered #2 buy 1@0 leaves 1",
            "canceled #2 buy 1@0 leaves 0 because 2004",
        ]);
    }

    fn a_trigger_may_lie_at_either_end_of_the_price_range<B>() {
        let mut venue = Venue::<B>::new();
        let highest = cwts_core::book::MAX_PRICE;
        assert_eq!(venue.reports(stop_limit(1, BUY, 1, highest - 5, highest)).len(), 1);
        assert_eq!(venue.order(1).trigger, highest);
        let mut beyond = stop_limit(2, BUY, 1, highest - 5, highest);
        beyond.set_trigger_offset(6);
        assert!(venue.reports(beyond)[0].ends_with("because 2008"));
        beyond.set_trigger_offset(i32::MAX);
        assert!(venue.reports(beyond)[0].ends_with("because 2008"));
        assert_eq!(venue.reports(stop_limit(2, SELL, 1, 9, 1)).len(), 1);
        assert_eq!(triggered(&print(&mut venue, 1)), ["#2"]);
        assert_eq!(venue.queue(SELL), ["#2 1@9"]);
        assert_eq!(triggered(&print(&mut venue, highest)), NOTHING, "the sell that had fired was in the way");
    }
}

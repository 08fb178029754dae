//! Every rule of the book's contract as a test of its own, run over both books.
mod book_support;

use book_support::{
    amend, by, cancel, cancel_owner, fok, ioc, limit, market, post_only, Venue, BUY, SELL,
};
use cwts_core::book::{Book, DirectBook, Events, NaiveBook, Whose, MAX_PRICE};
use cwts_core::layout::{code, DepthLevel, OrderCommand};

/// Writes each test once and runs it over both books.
macro_rules! over_both_books {
    ($(fn $name:ident<$book:ident>() $body:block)*) => {
        mod rule {
            use super::*;
            $(pub fn $name<$book: Book>() $body)*
        }
        mod naive {
            $(#[test] fn $name() { super::rule::$name::<super::NaiveBook>(); })*
        }
        mod direct {
            $(#[test] fn $name() { super::rule::$name::<super::DirectBook>(); })*
        }
    };
}

const NOTHING: [&str; 0] = [];

/// Two sells of different owners at 100, one at 101, a buy at 98.
fn small_book() -> [OrderCommand; 4] {
    [
        by(7, limit(1, SELL, 5, 100)),
        by(8, limit(2, SELL, 6, 100)),
        by(7, limit(3, SELL, 7, 101)),
        by(9, limit(4, BUY, 8, 98)),
    ]
}

over_both_books! {
    fn a_limit_order_that_does_not_cross_rests<B>() {
        let mut venue = Venue::<B>::new();
        assert_eq!(venue.reports(limit(1, BUY, 10, 99)), ["new #1 buy 10@99 leaves 10"]);
        assert_eq!(venue.queue(BUY), ["#1 10@99"]);
        assert_eq!((venue.book.open_orders(), venue.book.levels()), (1, 1));
        assert!(venue.book.find(1).is_some() && venue.book.find(2).is_none());
    }

    fn a_crossing_order_trades_at_the_makers_price_first_in_first_out<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(limit(5, BUY, 8, 105)), [
            "new #5 buy 8@105 leaves 8",
            "made #1 sell 5@100 leaves 0 match 1",
            "took #5 buy 5@100 leaves 3 match 1",
            "made #2 sell 3@100 leaves 3 match 2",
            "took #5 buy 3@100 leaves 0 match 2",
        ]);
        assert_eq!(venue.queue(SELL), ["#2 3@100", "#3 7@101"]);
        assert!(venue.book.find(1).is_none() && venue.book.find(5).is_none());
    }

    fn the_better_price_trades_before_the_earlier_order<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, BUY, 1, 98), limit(2, BUY, 1, 99)]);
        assert_eq!(venue.reports(limit(3, SELL, 1, 90)), [
            "new #3 sell 1@90 leaves 1",
            "made #2 buy 1@99 leaves 0 match 1",
            "took #3 sell 1@99 leaves 0 match 1",
        ]);
    }

    fn what_a_limit_order_does_not_trade_rests_at_its_price<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(limit(5, BUY, 20, 100)).last().unwrap(),
            "took #5 buy 6@100 leaves 9 match 2");
        assert_eq!(venue.queue(BUY), ["#5 9@100", "#4 8@98"]);
        assert_eq!(venue.queue(SELL), ["#3 7@101"]);
    }

    fn each_side_of_a_match_names_its_own_owner<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        venue.send(&by(42, limit(5, BUY, 5, 100)));
        let owners: Vec<u32> = venue.events.executions.iter().map(|e| e.owner).collect();
        assert_eq!(owners, [42, 7, 42]);
    }

    fn orders_of_one_owner_match_one_another<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, SELL, 5, 100)]);
        assert_eq!(venue.reports(limit(2, BUY, 5, 100)).len(), 3);
        assert_eq!(venue.book.open_orders(), 0);
    }

    fn every_record_carries_the_commands_time_and_the_books_instrument<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let mut command = limit(5, BUY, 8, 100);
        command.time = 1_234_567;
        venue.send(&command);
        assert_eq!(venue.events.executions.len(), 5);
        assert!(venue.events.executions.iter().all(|e| e.time == 1_234_567 && e.instrument == 3));
        assert!(venue.events.ticks.iter().all(|t| t.time == 1_234_567 && t.instrument == 3));
    }

    fn a_market_order_takes_any_price_and_drops_what_is_left<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, SELL, 5, 100), limit(2, SELL, 5, MAX_PRICE)]);
        assert_eq!(venue.reports(market(3, BUY, 12)), [
            "new #3 buy 12@0 leaves 12",
            "made #1 sell 5@100 leaves 0 match 1",
            "took #3 buy 5@100 leaves 7 match 1",
            "made #2 sell 5@9223372036854775806 leaves 0 match 2",
            "took #3 buy 5@9223372036854775806 leaves 2 match 2",
            "canceled #3 buy 2@0 leaves 0 because 2004",
        ]);
        assert_eq!(venue.book.open_orders(), 0);
    }

    fn a_market_sell_takes_the_lowest_bid_too<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, BUY, 5, 1)]);
        assert_eq!(venue.reports(market(2, SELL, 5)).len(), 3);
        assert_eq!(venue.book.open_orders(), 0);
    }

    fn a_market_order_without_liquidity_is_entered_and_dropped<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, BUY, 5, 100)]);
        assert_eq!(venue.reports(market(2, BUY, 3)), [
            "new #2 buy 3@0 leaves 3",
            "canceled #2 buy 3@0 leaves 0 because 2004",
        ]);
    }

    fn the_price_of_a_market_order_is_not_read<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, SELL, 5, 100)]);
        let command = OrderCommand { price: -7, ..market(2, BUY, 5) };
        assert_eq!(venue.reports(command)[0], "new #2 buy 5@0 leaves 5");
        assert_eq!(venue.book.open_orders(), 0);
    }

    fn an_immediate_or_cancel_order_drops_what_it_does_not_trade<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(ioc(5, BUY, 20, 100)), [
            "new #5 buy 20@100 leaves 20",
            "made #1 sell 5@100 leaves 0 match 1",
            "took #5 buy 5@100 leaves 15 match 1",
            "made #2 sell 6@100 leaves 0 match 2",
            "took #5 buy 6@100 leaves 9 match 2",
            "canceled #5 buy 9@100 leaves 0 because 2009",
        ]);
        assert!(venue.book.find(5).is_none());
    }

    fn a_fill_or_kill_order_fills_in_full_over_several_levels<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(fok(5, BUY, 18, 101)).last().unwrap(),
            "took #5 buy 7@101 leaves 0 match 3");
        assert_eq!(venue.queue(SELL), NOTHING);
    }

    fn a_fill_or_kill_order_that_cannot_fill_in_full_is_rejected_and_nothing_else<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let before = venue.book.state_hash();
        assert_eq!(venue.reports(fok(5, BUY, 19, 101)),
            ["rejected #5 buy 19@101 leaves 0 because 2003"]);
        assert_eq!(venue.reports(fok(6, BUY, 12, 100)),
            ["rejected #6 buy 12@100 leaves 0 because 2003"]);
        assert!(venue.events.ticks.is_empty());
        assert_eq!(venue.book.state_hash(), before);
    }

    fn a_market_order_may_be_fill_or_kill<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let all = |order: OrderCommand| OrderCommand { tif: 2, ..order };
        assert_eq!(venue.reports(all(market(5, BUY, 19))),
            ["rejected #5 buy 19@0 leaves 0 because 2003"]);
        assert_eq!(venue.reports(all(market(6, BUY, 18))).len(), 7);
    }

    fn a_post_only_order_rests_when_it_does_not_cross<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(post_only(5, BUY, 3, 99)), ["new #5 buy 3@99 leaves 3"]);
        assert_eq!(venue.reports(post_only(6, SELL, 3, 100)), ["new #6 sell 3@100 leaves 3"]);
    }

    fn a_post_only_order_that_would_cross_is_rejected<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let before = venue.book.state_hash();
        assert_eq!(venue.reports(post_only(5, BUY, 3, 100)),
            ["rejected #5 buy 3@100 leaves 0 because 2002"]);
        assert_eq!(venue.reports(post_only(6, SELL, 3, 98)),
            ["rejected #6 sell 3@98 leaves 0 because 2002"]);
        assert_eq!(venue.book.state_hash(), before);
    }

    fn a_cancel_removes_what_is_left<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        venue.send(&limit(5, BUY, 2, 100));
        assert_eq!(venue.reports(by(7, cancel(1))), ["canceled #1 sell 3@100 leaves 0"]);
        assert_eq!(venue.queue(SELL), ["#2 6@100", "#3 7@101"]);
    }

    fn a_cancel_from_the_middle_keeps_the_queue<B>() {
        let orders = [1, 2, 3, 4, 5].map(|id| limit(id, BUY, id as i64, 50));
        let mut venue = Venue::<B>::after(&orders);
        venue.send(&cancel(3));
        assert_eq!(venue.queue(BUY), ["#1 1@50", "#2 2@50", "#4 4@50", "#5 5@50"]);
        venue.send(&cancel(1));
        venue.send(&cancel(5));
        assert_eq!(venue.queue(BUY), ["#2 2@50", "#4 4@50"]);
        venue.send(&limit(6, BUY, 6, 50));
        assert_eq!(venue.queue(BUY), ["#2 2@50", "#4 4@50", "#6 6@50"]);
        assert_eq!(venue.book.best(BUY), Some(level(50, 12, 3)));
    }

    fn a_cancel_of_an_unknown_filled_or_cancelled_order_is_refused<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let refused = "because 2005";
        assert_eq!(venue.reports(cancel(77)), [format!("cancel rejected #77 buy 0@0 leaves 0 {refused}")]);
        venue.send(&limit(5, BUY, 5, 100));
        assert!(venue.reports(by(7, cancel(1)))[0].ends_with(refused));
        venue.send(&by(8, cancel(2)));
        assert!(venue.reports(by(8, cancel(2)))[0].ends_with(refused));
    }

    fn a_cancel_or_amend_of_somebody_elses_order_is_refused_as_unknown<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let before = venue.book.state_hash();
        assert_eq!(venue.reports(by(8, cancel(1))),
            ["cancel rejected #1 buy 0@0 leaves 0 because 2005"]);
        assert_eq!(venue.reports(by(8, amend(1, 2, 100))),
            ["cancel rejected #1 buy 2@100 leaves 0 because 2005"]);
        assert_eq!(venue.book.state_hash(), before);
    }

    fn an_amend_to_a_smaller_quantity_keeps_its_place<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(by(7, amend(1, 4, 100))), ["replaced #1 sell 4@100 leaves 4"]);
        assert_eq!(venue.queue(SELL), ["#1 4@100", "#2 6@100", "#3 7@101"]);
        assert_eq!(venue.book.best(SELL), Some(level(100, 10, 2)));
    }

    fn an_amend_to_a_larger_quantity_loses_its_place<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(by(7, amend(1, 9, 100))), ["replaced #1 sell 9@100 leaves 9"]);
        assert_eq!(venue.queue(SELL), ["#2 6@100", "#1 9@100", "#3 7@101"]);
    }

    fn an_amend_that_changes_nothing_loses_its_place<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(by(7, amend(1, 5, 100))), ["replaced #1 sell 5@100 leaves 5"]);
        assert_eq!(venue.queue(SELL), ["#2 6@100", "#1 5@100", "#3 7@101"]);
        assert_eq!(venue.events.ticks, []);
    }

    fn an_amend_to_another_price_goes_behind_what_is_there<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(by(7, amend(1, 2, 101))), ["replaced #1 sell 2@101 leaves 2"]);
        assert_eq!(venue.queue(SELL), ["#2 6@100", "#3 7@101", "#1 2@101"]);
    }

    fn an_amend_that_crosses_trades_and_rests_the_remainder<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(by(9, amend(4, 12, 100))), [
            "replaced #4 buy 12@100 leaves 12",
            "made #1 sell 5@100 leaves 0 match 1",
            "took #4 buy 5@100 leaves 7 match 1",
            "made #2 sell 6@100 leaves 0 match 2",
            "took #4 buy 6@100 leaves 1 match 2",
        ]);
        assert_eq!(venue.queue(BUY), ["#4 1@100"]);
        assert_eq!(venue.reports(by(9, amend(4, 14, 101))).last().unwrap(),
            "took #4 buy 3@101 leaves 0 match 3");
        assert!(venue.book.find(4).is_none());
        assert_eq!(venue.queue(BUY), NOTHING);
    }

    fn an_amend_does_not_read_side_type_or_time_in_force<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let command = OrderCommand { side: BUY, order_type: 1, tif: 2, ..by(7, amend(1, 9, 102)) };
        assert_eq!(venue.reports(command), ["replaced #1 sell 9@102 leaves 9"]);
    }

    fn post_only_stays_with_an_order_through_amends<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        venue.send(&post_only(5, BUY, 3, 97));
        assert_eq!(venue.reports(amend(5, 4, 100)),
            ["cancel rejected #5 buy 4@97 leaves 3 because 2002"]);
        assert_eq!(venue.queue(BUY), ["#4 8@98", "#5 3@97"]);
        assert_eq!(venue.reports(amend(5, 4, 99)), ["replaced #5 buy 4@99 leaves 4"]);
        assert_eq!(venue.reports(amend(5, 4, 100)).len(), 1);
        assert_eq!(venue.queue(BUY)[0], "#5 4@99");
    }

    fn an_amend_may_make_an_order_post_only<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let strict = |order: OrderCommand| by(9, OrderCommand { flags: 1, ..order });
        assert_eq!(venue.reports(strict(amend(4, 9, 100))),
            ["cancel rejected #4 buy 9@98 leaves 8 because 2002"]);
        venue.send(&strict(amend(4, 7, 98)));
        assert_eq!(venue.reports(by(9, amend(4, 7, 100))),
            ["cancel rejected #4 buy 7@98 leaves 7 because 2002"]);
    }

    fn an_amend_of_an_unknown_order_is_refused<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(amend(77, 3, 99)),
            ["cancel rejected #77 buy 3@99 leaves 0 because 2005"]);
    }

    fn a_new_order_that_cannot_be_read_is_rejected<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let before = venue.book.state_hash();
        let good = limit(5, BUY, 3, 99);
        let bad = [
            OrderCommand { kind: 0, ..good },
            OrderCommand { kind: 5, ..good },
            OrderCommand { side: 2, ..good },
            OrderCommand { order_type: 4, ..good },
            OrderCommand { tif: 5, ..good },
            OrderCommand { tif: 4, ..good },
            OrderCommand { target_id: 1, ..good },
            OrderCommand { target_id: 1 << 32, ..good },
            OrderCommand { flags: 5 << 3, ..good },
            OrderCommand { display: 4, ..good },
            OrderCommand { display: 1, ..limit(5, BUY, 1_001, 99) },
            OrderCommand { display: 1, ..ioc(5, BUY, 3, 99) },
            OrderCommand { display: 1, ..market(5, BUY, 3) },
            OrderCommand { order_type: 2, tif: 1, ..good },
            OrderCommand { order_type: 3, tif: 2, ..good },
            OrderCommand { order_type: 3, target_id: (-99i32 as u32 as u64) << 32, ..good },
            OrderCommand { order_type: 3, flags: 1, ..good },
            OrderCommand { order_id: 0, ..good },
            OrderCommand { quantity: 0, ..good },
            OrderCommand { quantity: -1, ..good },
            OrderCommand { quantity: i64::MIN, ..good },
            OrderCommand { price: 0, ..good },
            OrderCommand { price: -1, ..good },
            OrderCommand { price: i64::MIN, ..good },
            OrderCommand { price: i64::MAX, ..good },
            OrderCommand { quantity: 0, ..market(5, BUY, 1) },
            OrderCommand { flags: 1, ..market(5, BUY, 1) },
            OrderCommand { flags: 1, ..ioc(5, BUY, 1, 99) },
            OrderCommand { flags: 1, ..fok(5, BUY, 1, 99) },
        ];
        for command in bad {
            venue.send(&command);
            let [record] = venue.events.executions[..] else { panic!("{command:?}") };
            assert_eq!(u32::from(record.reason), code::VENUE_MALFORMED, "{command:?}");
            assert_eq!((record.exec_type, record.leaves), (4, 0), "{command:?}");
            assert_eq!(venue.events.ticks, []);
        }
        assert_eq!(venue.book.state_hash(), before);
        assert_eq!(venue.reports(good), ["new #5 buy 3@99 leaves 3"]);
    }

    fn a_cancel_or_amend_that_cannot_be_read_is_refused<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        let before = venue.book.state_hash();
        let bad = [
            cancel(0),
            amend(0, 1, 100),
            amend(1, 0, 100),
            amend(1, -5, 100),
            amend(1, 5, 0),
            amend(1, 5, -100),
            amend(1, 5, i64::MAX),
        ];
        for command in bad {
            venue.send(&by(7, command));
            let [record] = venue.events.executions[..] else { panic!("{command:?}") };
            assert_eq!(u32::from(record.reason), code::VENUE_MALFORMED, "{command:?}");
            assert_eq!(record.exec_type, 5, "{command:?}");
        }
        assert_eq!(venue.book.state_hash(), before);
    }

    fn an_id_that_is_open_is_refused_and_may_be_used_again_once_it_is_not<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.reports(limit(1, BUY, 3, 100)),
            ["rejected #1 buy 3@100 leaves 0 because 2007"]);
        assert_eq!(venue.queue(SELL)[0], "#1 5@100");
        venue.send(&by(7, cancel(1)));
        assert_eq!(venue.reports(limit(1, BUY, 3, 99)), ["new #1 buy 3@99 leaves 3"]);
    }

    fn a_cancel_of_all_orders_of_an_owner_reports_each_one_oldest_first<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        venue.send(&by(7, limit(5, BUY, 1, 97)));
        venue.send(&by(7, limit(6, BUY, 1, 98)));
        assert_eq!(venue.reports(cancel_owner(7)), [
            "canceled #1 sell 5@100 leaves 0 because 2010",
            "canceled #3 sell 7@101 leaves 0 because 2010",
            "canceled #5 buy 1@97 leaves 0 because 2010",
            "canceled #6 buy 1@98 leaves 0 because 2010",
        ]);
        assert_eq!(venue.queue(SELL), ["#2 6@100"]);
        assert_eq!(venue.queue(BUY), ["#4 8@98"]);
        assert_eq!(venue.reports(cancel_owner(7)), NOTHING);
    }

    fn everything_can_be_cancelled_at_once<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        venue.events.clear();
        assert_eq!(venue.book.cancel_all(Whose::Everybody, 99, &mut venue.events), 4);
        assert_eq!((venue.book.open_orders(), venue.book.levels()), (0, 0));
        assert_eq!(venue.events.executions.len(), 4);
        assert!(venue.events.executions.iter().all(|record| record.time == 99));
        assert_eq!(venue.events.ticks.len(), 1);
        assert_eq!(venue.book.state_hash(), B::new(3).state_hash());
    }

    fn one_tick_follows_a_command_that_changes_the_best_prices<B>() {
        let mut venue = Venue::<B>::new();
        assert_eq!(venue.ticks(limit(1, BUY, 5, 98)), ["best 5@98 0@0"]);
        assert_eq!(venue.ticks(limit(2, SELL, 5, 100)), ["best 5@98 5@100"]);
        assert_eq!(venue.ticks(limit(3, SELL, 2, 100)), ["best 5@98 7@100"]);
        assert_eq!(venue.ticks(limit(4, SELL, 2, 101)), NOTHING);
        assert_eq!(venue.ticks(amend(3, 1, 100)), ["best 5@98 6@100"]);
        assert_eq!(venue.ticks(amend(4, 1, 103)), NOTHING);
        assert_eq!(venue.ticks(cancel(1)), ["best 0@0 6@100"]);
        assert_eq!(venue.ticks(cancel_owner(1)), ["best 0@0 0@0"]);
        assert_eq!(venue.ticks(cancel_owner(1)), NOTHING);
    }

    fn each_match_prints_and_one_tick_with_the_new_best_prices_follows<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        assert_eq!(venue.ticks(limit(5, BUY, 13, 101)), [
            "print 5@100 buy match 1",
            "print 6@100 buy match 2",
            "print 2@101 buy match 3",
            "best 8@98 5@101",
        ]);
        assert_eq!(venue.ticks(market(6, SELL, 100)), [
            "print 8@98 sell match 4",
            "best 0@0 5@101",
        ]);
    }

    fn a_refused_command_moves_no_market_data<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        for command in [limit(1, BUY, 1, 100), fok(5, BUY, 99, 100), post_only(5, BUY, 1, 100),
            cancel(77), limit(0, BUY, 1, 100)] {
            assert_eq!(venue.ticks(command), NOTHING);
        }
    }

    fn the_count_of_records_has_no_gap<B>() {
        let mut venue = Venue::<B>::new();
        let mut last = 0;
        for command in small_book().into_iter().chain([limit(5, BUY, 13, 101), cancel(77), cancel_owner(9)]) {
            venue.send(&command);
            for record in &venue.events.executions {
                last += 1;
                assert_eq!(record.venue_sequence, last);
            }
        }
        assert_eq!((venue.events.venue_sequence(), venue.events.matches()), (last, 3));
    }

    fn depth_shows_price_quantity_and_orders_best_first<B>() {
        let venue = Venue::<B>::after(&small_book());
        let mut out = vec![level(1, 1, 1)];
        venue.book.depth(SELL, 10, &mut out);
        assert_eq!(out, [level(100, 11, 2), level(101, 7, 1)]);
        venue.book.depth(SELL, 1, &mut out);
        assert_eq!(out, [level(100, 11, 2)]);
        venue.book.depth(BUY, 0, &mut out);
        assert_eq!(out, []);
        assert_eq!(venue.book.best(BUY), Some(level(98, 8, 1)));
        assert_eq!(Venue::<B>::new().book.best(BUY), None);
    }

    fn prices_at_both_ends_of_the_range_live_in_one_book<B>() {
        let mut venue = Venue::<B>::new();
        for (id, price) in [(1, 1), (2, 1 << 40), (3, 50_000), (4, 2)] {
            venue.send(&limit(id, BUY, 1, price));
        }
        for (id, price) in [(5, MAX_PRICE), (6, 1 << 50), (7, (1 << 40) + 1)] {
            venue.send(&limit(id, SELL, 1, price));
        }
        assert_eq!(venue.queue(BUY), ["#2 1@1099511627776", "#3 1@50000", "#4 1@2", "#1 1@1"]);
        assert_eq!(venue.book.levels(), 7);
        assert_eq!(venue.reports(market(8, SELL, 9)).len(), 1 + 4 * 2 + 1);
        assert_eq!(venue.reports(market(9, BUY, 9)).len(), 1 + 3 * 2 + 1);
        assert_eq!(venue.book.levels(), 0);
    }

    fn a_side_holds_no_more_lots_than_a_record_can_say<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, SELL, i64::MAX - 9, 100)]);
        assert_eq!(venue.reports(limit(2, SELL, 10, 101)), ["rejected #2 sell 10@101 leaves 0 because 2017"]);
        assert_eq!(venue.reports(limit(3, SELL, 9, 101)), ["new #3 sell 9@101 leaves 9"]);
        assert_eq!(venue.reports(amend(3, 10, 101)), ["cancel rejected #3 sell 10@101 leaves 9 because 2017"]);
        assert_eq!(venue.reports(limit(4, BUY, i64::MAX, 100)).len(), 3);
        assert_eq!(venue.book.best(BUY), Some(level(100, 9, 1)));
    }

    fn equal_books_hash_equal_and_different_queues_do_not<B>() {
        let hash = |commands: &[OrderCommand]| Venue::<B>::after(commands).book.state_hash();
        let (a, b, c) = (limit(1, BUY, 5, 99), limit(2, BUY, 5, 99), limit(3, SELL, 5, 101));
        assert_ne!(hash(&[a, b, c]), hash(&[c, a, b]), "ages in another order");
        assert_eq!(hash(&[a, b, c]), hash(&[a, b, c, limit(4, SELL, 1, 102), cancel(4)]));
        let others = [
            vec![b, a, c],
            vec![a, c],
            vec![limit(1, BUY, 4, 99), b, c],
            vec![limit(1, BUY, 5, 98), b, c],
            vec![by(2, a), b, c],
            vec![post_only(1, BUY, 5, 99), b, c],
            vec![],
        ];
        for other in others {
            assert_ne!(hash(&[a, b, c]), hash(&other), "{other:?}");
        }
    }

    fn clearing_events_keeps_the_counters<B>() {
        let mut venue = Venue::<B>::after(&small_book());
        venue.send(&limit(5, BUY, 5, 100));
        venue.events.clear();
        assert!(venue.events.executions.is_empty() && venue.events.ticks.is_empty());
        assert_eq!((venue.events.venue_sequence(), venue.events.matches()), (7, 1));
    }
}

fn level(price: i64, quantity: i64, orders: u32) -> DepthLevel {
    DepthLevel {
        price,
        quantity,
        orders,
        reserved: 0,
        reserved2: 0,
    }
}

#[test]
fn both_books_hash_equal() {
    let (mut naive, mut direct) = (NaiveBook::new(3), DirectBook::new(3));
    for command in small_book() {
        naive.submit(&command, &mut Events::new());
        direct.submit(&command, &mut Events::new());
    }
    assert_eq!(naive.state_hash(), direct.state_hash());
}

//! Time, trading states, mass cancels by group, totals in amends, and the views of a book, over both books.
#[macro_use]
mod book_support;

use book_support::{
    amend, at_time, by, cancel, cancel_owner, fok, for_the_day, iceberg, ioc, limit, market,
    post_only, stop, stop_limit, until, Venue, BUY, NOTHING, SECOND, SELL,
};
use cwts_core::book::{Account, Book, Events, Whose};
use cwts_core::layout::{code, self_trade, time_in_force, trading_state, OrderCommand};

const EVERY_STATE: [u8; 5] = [
    trading_state::CONTINUOUS,
    trading_state::PRE_OPEN,
    trading_state::AUCTION,
    trading_state::HALT,
    trading_state::CLOSED,
];

fn advance<B: Book>(venue: &mut Venue<B>, time: i64) -> Vec<String> {
    venue.watch(|book, events| book.advance(time, events))
}

over_both_books! {
    fn an_order_good_till_date_ends_at_that_second<B>() {
        let mut venue = Venue::<B>::after(&[until(10, limit(1, BUY, 5, 99))]);
        assert_eq!(venue.order(1).expires, 10);
        assert_eq!(advance(&mut venue, 10 * SECOND - 1), NOTHING);
        assert_eq!(advance(&mut venue, 10 * SECOND), ["expired #1 buy 5@99 leaves 0 because 2013"]);
        assert_eq!(venue.events.executions[0].time, 10 * SECOND);
        assert_eq!(venue.latest_ticks(), ["best 0@0 0@0"]);
        assert_eq!(advance(&mut venue, 11 * SECOND), NOTHING);
    }

    fn an_order_that_would_be_over_already_is_rejected<B>() {
        let mut venue = Venue::<B>::new();
        let order = until(10, limit(1, BUY, 5, 99));
        for time in [10 * SECOND, i64::MAX] {
            assert_eq!(venue.reports(at_time(time, order)), ["rejected #1 buy 5@99 leaves 0 because 2013"]);
        }
        assert_eq!(venue.reports(at_time(10 * SECOND - 1, order)).len(), 1);
    }

    fn the_last_second_that_fits_is_no_special_one<B>() {
        let mut venue = Venue::<B>::after(&[until(u32::MAX, limit(1, BUY, 5, 99))]);
        let end = i64::from(u32::MAX) * SECOND;
        assert_eq!(advance(&mut venue, end - 1), NOTHING);
        assert_eq!(advance(&mut venue, end).len(), 1);
    }

    fn orders_expire_by_date_then_age_before_any_command_is_carried_out<B>() {
        let orders = [
            until(12, limit(1, BUY, 1, 99)), until(10, limit(2, SELL, 2, 101)), limit(3, SELL, 3, 101),
            until(10, stop(4, BUY, 4, 150)), until(13, limit(5, BUY, 5, 99)),
        ];
        let expired = [
            "expired #2 sell 2@101 leaves 0 because 2013",
            "expired #4 buy 4@150 leaves 0 because 2013",
            "expired #1 buy 1@99 leaves 0 because 2013",
        ];
        let taker = by(7, limit(9, BUY, 1, 101));
        let commands = [
            (taker, "new #9 buy 1@101 leaves 1"),
            (by(7, limit(0, BUY, 1, 101)), "rejected #0 buy 1@101 leaves 0 because 2008"),
            (cancel(2), "cancel rejected #2 buy 0@0 leaves 0 because 2005"),
            (amend(1, 1, 99), "cancel rejected #1 buy 1@99 leaves 0 because 2005"),
            (cancel_owner(1), "canceled #3 sell 3@101 leaves 0 because 2010"),
            (OrderCommand { kind: 77, ..taker }, "rejected #9 buy 1@101 leaves 0 because 2008"),
        ];
        for (command, next) in commands {
            let mut venue = Venue::<B>::after(&orders);
            let reports = venue.reports(at_time(12 * SECOND, command));
            assert_eq!(reports[..3], expired);
            assert_eq!(reports[3], next);
        }
        let mut venue = Venue::<B>::after(&orders);
        assert!(venue.reports(at_time(12 * SECOND, taker))[4].starts_with("made #3"));
    }

    fn the_id_of_an_order_that_expires_with_a_command_is_free_for_it<B>() {
        let mut venue = Venue::<B>::after(&[until(10, limit(1, BUY, 5, 99))]);
        assert_eq!(venue.reports(at_time(10 * SECOND, limit(1, BUY, 4, 98)))[1], "new #1 buy 4@98 leaves 4");
    }

    fn an_amended_order_keeps_its_expiry<B>() {
        let mut venue = Venue::<B>::after(&[until(10, limit(1, BUY, 5, 99))]);
        let later = OrderCommand { tif: time_in_force::GTC, ..amend(1, 5, 98) };
        venue.send(&later);
        assert_eq!(advance(&mut venue, 10 * SECOND), ["expired #1 buy 5@98 leaves 0 because 2013"]);
    }

    fn a_filled_or_cancelled_order_does_not_expire<B>() {
        let orders = [until(10, limit(1, BUY, 5, 99)), until(10, limit(2, BUY, 5, 99)), until(10, limit(3, BUY, 5, 99))];
        let mut venue = Venue::<B>::after(&orders);
        venue.send(&cancel(2));
        venue.send(&by(8, limit(4, SELL, 7, 99)));
        // The id of one that is gone belongs to one that stays.
        venue.send(&limit(2, BUY, 1, 90));
        assert_eq!(advance(&mut venue, 11 * SECOND), ["expired #3 buy 3@99 leaves 0 because 2013"]);
        assert_eq!(venue.queue(BUY), ["#2 1@90"]);
    }

    fn orders_for_the_day_end_by_age_when_the_market_closes<B>() {
        let mut venue = Venue::<B>::after(&[
            for_the_day(limit(1, SELL, 1, 101)), limit(2, BUY, 2, 99), for_the_day(limit(3, BUY, 3, 98)),
            until(99, limit(4, BUY, 4, 97)),
        ]);
        for state in [trading_state::HALT, trading_state::PRE_OPEN, trading_state::AUCTION, trading_state::CONTINUOUS] {
            assert_eq!(venue.turn(state), NOTHING);
        }
        assert_eq!(venue.watch(|book, events| book.set_state(trading_state::CLOSED, 77, events).unwrap()), [
            "expired #1 sell 1@101 leaves 0 because 2013",
            "expired #3 buy 3@98 leaves 0 because 2013",
        ]);
        assert!(venue.events.executions.iter().all(|record| record.time == 77));
        assert_eq!(venue.latest_ticks(), ["state 4", "best 2@99 0@0"]);
        assert_eq!(venue.queue(BUY), ["#2 2@99", "#4 4@97"]);
    }

    fn what_is_due_ends_when_the_state_changes_and_trades_in_no_auction<B>() {
        let mut venue = Venue::<B>::new();
        venue.turn(trading_state::AUCTION);
        venue.send(&until(10, limit(1, BUY, 5, 101)));
        venue.send(&for_the_day(limit(2, BUY, 2, 98)));
        venue.send(&by(8, limit(3, SELL, 5, 100)));
        let at_ten = |state| move |book: &mut B, events: &mut Events| book.set_state(state, 10 * SECOND, events).unwrap();
        assert_eq!(venue.watch(at_ten(trading_state::AUCTION)), NOTHING, "no change, nothing happens");
        assert_eq!(venue.watch(at_ten(trading_state::CONTINUOUS)), ["expired #1 buy 5@101 leaves 0 because 2013"]);
        assert_eq!(venue.latest_ticks(), ["state 0", "best 2@98 5@100"]);
        venue.send(&at_time(SECOND, until(10, limit(4, BUY, 5, 97))));
        assert_eq!(venue.watch(at_ten(trading_state::CLOSED)), [
            "expired #4 buy 5@97 leaves 0 because 2013",
            "expired #2 buy 2@98 leaves 0 because 2013",
        ], "by date first, then for the day");
    }

    fn a_change_of_state_is_published_and_a_repetition_does_nothing<B>() {
        let mut venue = Venue::<B>::new();
        assert_eq!(venue.book.state(), trading_state::CONTINUOUS);
        for state in EVERY_STATE.into_iter().rev() {
            venue.turn(state);
            assert_eq!(venue.latest_ticks(), [format!("state {state}")]);
            assert_eq!(venue.book.state(), state);
            venue.turn(state);
            assert_eq!(venue.latest_ticks(), NOTHING);
        }
    }

    fn a_number_that_is_no_state_is_refused<B>() {
        let mut venue = Venue::<B>::after(&[for_the_day(limit(1, BUY, 1, 99))]);
        let before = venue.book.state_hash();
        let mut events = Events::new();
        assert_eq!(venue.book.set_state(5, 0, &mut events), Err(code::BAD_ARGUMENT));
        assert!(events.executions.is_empty() && events.ticks.is_empty());
        assert_eq!(venue.book.state_hash(), before);
    }

    fn each_state_takes_what_it_can<B>() {
        for state in EVERY_STATE {
            let mut venue = Venue::<B>::after(&[limit(1, BUY, 5, 99), by(8, limit(2, SELL, 5, 101)), limit(3, BUY, 1, 90)]);
            venue.turn(state);
            let (collects, trades) = (state <= trading_state::AUCTION, state == trading_state::CONTINUOUS);
            let mut check = |command: OrderCommand, taken: bool| {
                let first = venue.reports(command).remove(0);
                assert_eq!(!first.ends_with("because 2014"), taken, "state {state}: {first}");
            };
            check(limit(11, BUY, 1, 98), collects);
            check(post_only(12, BUY, 1, 97), collects);
            check(iceberg(13, BUY, 4, 96, 2), collects);
            check(for_the_day(limit(14, BUY, 1, 95)), collects);
            check(until(5, limit(15, BUY, 1, 95)), collects);
            check(stop(16, BUY, 1, 150), collects);
            check(stop_limit(17, BUY, 1, 150, 160), collects);
            check(ioc(18, BUY, 1, 94), trades);
            check(fok(19, BUY, 1, 101), trades);
            check(market(20, BUY, 1), trades);
            check(amend(1, 4, 99), collects);
            check(cancel(1), true);
            assert_eq!(venue.book.find(1), None);
            assert!(venue.reports(cancel_owner(1))[0].starts_with("canceled #3"), "in every state");
        }
    }

    fn what_is_refused_for_the_state_is_left_alone<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, BUY, 5, 99)]);
        venue.turn(trading_state::HALT);
        let before = venue.book.state_hash();
        assert_eq!(venue.reports(amend(1, 4, 98)), ["cancel rejected #1 buy 4@99 leaves 5 because 2014"]);
        assert_eq!(venue.reports(limit(2, BUY, 1, 98)), ["rejected #2 buy 1@98 leaves 0 because 2014"]);
        assert_eq!(venue.reports(OrderCommand { tif: 9, ..limit(2, BUY, 1, 98) }),
            ["rejected #2 buy 1@98 leaves 0 because 2008"], "what cannot be read is said first");
        assert_eq!(venue.reports(limit(1, BUY, 1, 98)), ["rejected #1 buy 1@98 leaves 0 because 2014"]);
        assert_eq!(venue.book.state_hash(), before);
    }

    fn refusals_come_in_the_order_of_the_contract<B>() {
        let mut venue = Venue::<B>::after(&[by(8, limit(1, SELL, 5, 100))]);
        // Every refusal applies; each line mends the one before it.
        let mut order = until(5, post_only(1, BUY, i64::MAX, 100));
        order.flags |= 2;
        order.time = 9 * SECOND;
        venue.book.set_position(1, 7);
        venue.send(&by(8, limit(3, BUY, 1, 50)));
        venue.turn(trading_state::HALT);
        let reason = |venue: &mut Venue<B>, order: OrderCommand| {
            venue.send(&order);
            assert_eq!(venue.events.executions.len(), 1);
            u32::from(venue.events.executions[0].reason)
        };
        assert_eq!(reason(&mut venue, OrderCommand { side: 3, ..order }), code::VENUE_MALFORMED);
        assert_eq!(reason(&mut venue, order), code::NOT_TRADING);
        venue.turn(trading_state::CONTINUOUS);
        assert_eq!(reason(&mut venue, order), code::EXPIRED);
        order.time = 4 * SECOND;
        assert_eq!(reason(&mut venue, order), code::VENUE_DUPLICATE_ID);
        order.order_id = 2;
        assert_eq!(reason(&mut venue, order), code::NOTHING_TO_REDUCE);
        venue.book.set_position(1, -7);
        assert_eq!(reason(&mut venue, order), code::BOOK_FULL);
        order.quantity = 9;
        assert_eq!(reason(&mut venue, order), code::WOULD_CROSS);
        let kill = OrderCommand { tif: time_in_force::FOK, flags: 2, target_id: 0, ..order };
        assert_eq!(reason(&mut venue, kill), code::UNFILLABLE);
    }

    fn before_the_opening_orders_are_collected_and_the_book_may_cross<B>() {
        for state in [trading_state::PRE_OPEN, trading_state::AUCTION] {
            let mut venue = Venue::<B>::new();
            venue.turn(state);
            assert_eq!(venue.ticks(limit(1, BUY, 5, 101)), ["best 5@101 0@0"]);
            assert_eq!(venue.reports(by(8, post_only(2, SELL, 4, 99))), ["new #2 sell 4@99 leaves 4"],
                "post-only asks only where orders match");
            assert_eq!(venue.latest_ticks(), NOTHING, "a crossed book publishes no best prices");
            assert_eq!(venue.reports(amend(1, 5, 102)), ["replaced #1 buy 5@102 leaves 5"]);
            let (bid, ask) = (venue.book.best(BUY).unwrap(), venue.book.best(SELL).unwrap());
            assert_eq!((bid.price, ask.price), (102, 99));
            assert_eq!(venue.turn(trading_state::HALT), NOTHING, "other states leave it as it is");
            assert_eq!(venue.latest_ticks(), ["state 3"]);
            assert_eq!(venue.ticks(by(8, cancel(2))), ["best 5@102 0@0"]);
        }
    }

    fn a_mass_cancel_of_a_group_goes_by_owner_then_age<B>() {
        let mut venue = Venue::<B>::after(&[
            by(9, limit(1, BUY, 1, 99)), by(7, stop(2, BUY, 2, 120)), by(8, limit(3, SELL, 3, 101)),
            by(7, limit(4, SELL, 4, 102)), by(9, limit(5, SELL, 5, 103)), by(50, limit(6, BUY, 6, 90)),
        ]);
        venue.book.set_group(9, 50);
        venue.book.set_group(7, 50);
        let group = |book: &mut B, events: &mut Events| book.cancel_all(Whose::Group(50), 33, events);
        assert_eq!(venue.watch(|book, events| assert_eq!(group(book, events), 5)), [
            "canceled #2 buy 2@120 leaves 0 because 2010",
            "canceled #4 sell 4@102 leaves 0 because 2010",
            "canceled #1 buy 1@99 leaves 0 because 2010",
            "canceled #5 sell 5@103 leaves 0 because 2010",
            "canceled #6 buy 6@90 leaves 0 because 2010",
        ], "owner 50 is in group 50 of its own accord");
        assert_eq!(venue.latest_ticks(), ["best 0@0 3@101"]);
        assert_eq!(venue.watch(|book, events| assert_eq!(group(book, events), 0)), NOTHING);
        assert_eq!(venue.queue(SELL), ["#3 3@101"]);
    }

    fn a_mass_cancel_of_everybody_goes_by_price_and_place<B>() {
        let mut venue = Venue::<B>::after(&[
            limit(1, SELL, 1, 102), by(8, limit(2, BUY, 1, 98)), limit(3, BUY, 1, 99), by(9, limit(4, BUY, 1, 98)),
            limit(5, SELL, 1, 101), by(9, iceberg(6, SELL, 5, 101, 1)),
        ]);
        let ids: Vec<u64> = {
            venue.watch(|book, events| assert_eq!(book.cancel_all(Whose::Everybody, 1, events), 6));
            venue.events.executions.iter().map(|record| record.order_id).collect()
        };
        assert_eq!(ids, [3, 2, 4, 5, 6, 1]);
        assert_eq!(venue.events.executions[4].quantity, 5);
        assert_eq!(venue.latest_ticks(), ["best 0@0 0@0"]);
    }

    fn a_bare_mass_cancel_counts_and_keeps_no_records<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, BUY, 1, 99), by(8, limit(2, SELL, 1, 101)), stop(3, BUY, 1, 120)]);
        let mut events = Events::counting();
        assert_eq!(venue.book.cancel_all(Whose::Everybody, 1, &mut events), 3);
        assert!(events.executions.is_empty() && events.ticks.is_empty());
        assert_eq!((events.venue_sequence(), events.matches()), (3, 0));
        venue.book.submit(&limit(4, BUY, 2, 99), &mut events);
        venue.book.submit(&limit(5, SELL, 2, 99), &mut events);
        assert!(events.executions.is_empty() && events.ticks.is_empty());
        assert_eq!((events.venue_sequence(), events.matches()), (7, 1));
    }

    fn an_amend_says_the_total_so_a_fill_on_its_way_cannot_make_the_order_larger<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, BUY, 10, 99)]);
        venue.send(&by(8, limit(2, SELL, 4, 99)));
        assert_eq!(venue.reports(amend(1, 8, 99)), ["replaced #1 buy 8@99 leaves 4"]);
        assert_eq!(venue.reports(amend(1, 12, 98)), ["replaced #1 buy 12@98 leaves 8"]);
        let order = venue.order(1);
        assert_eq!((order.total, order.leaves), (12, 8));
        assert_eq!(venue.reports(amend(1, 4, 97)), ["canceled #1 buy 8@98 leaves 0 because 2016"]);
        assert_eq!(venue.book.open_orders(), 0);
    }

    fn an_amend_below_what_has_filled_cancels_whatever_else_would_refuse_it<B>() {
        let mut venue = Venue::<B>::after(&[post_only(1, BUY, 10, 99), by(8, limit(2, SELL, 4, 99)), by(8, limit(3, SELL, 4, 100))]);
        assert_eq!(venue.reports(amend(1, 1, 100)), ["canceled #1 buy 6@99 leaves 0 because 2016"]);
        assert_eq!(venue.queue(SELL), ["#3 4@100"]);
    }

    fn an_order_keeps_its_age_through_amends_and_an_id_used_again_gets_a_new_one<B>() {
        let mut venue = Venue::<B>::after(&[limit(1, BUY, 5, 99), limit(2, BUY, 5, 99)]);
        venue.send(&amend(1, 5, 98));
        assert_eq!((venue.order(1).age, venue.order(2).age), (1, 2));
        venue.send(&limit(3, BUY, 0, 99));
        venue.send(&cancel(1));
        venue.send(&limit(1, BUY, 5, 98));
        assert_eq!(venue.order(1).age, 3, "a refused order gets no number");
    }

    fn an_open_order_is_found_with_all_that_is_known_of_it<B>() {
        let mut venue = Venue::<B>::new();
        venue.book.set_position(7, 9);
        let mut command = until(10, by(7, iceberg(1, SELL, 8, 100, 2)));
        command.flags |= 3 | u16::from(self_trade::DECREMENT) << 3;
        venue.send(&command);
        venue.send(&by(8, limit(2, BUY, 1, 100)));
        let order = venue.order(1);
        assert_eq!((order.order_id, order.side, order.tif, order.owner), (1, SELL, time_in_force::GTD, 7));
        assert_eq!((order.self_trade, order.post_only, order.reduce_only), (self_trade::DECREMENT, true, true));
        assert_eq!((order.price, order.trigger, order.total, order.leaves, order.shown), (100, 0, 8, 7, 1));
        assert_eq!((order.display, order.expires, order.age), (2, 10, 1));
        assert_eq!(venue.book.find(2), None);
        assert_eq!(venue.book.find(0), None);
    }

    fn the_first_orders_of_a_side_are_listed_as_they_would_be_matched<B>() {
        let mut venue = Venue::<B>::after(&[
            limit(1, BUY, 1, 98), limit(2, BUY, 2, 99), limit(3, BUY, 3, 98), limit(4, BUY, 4, 97), stop(5, BUY, 5, 120),
        ]);
        venue.send(&amend(1, 2, 98));
        let mut out = Vec::new();
        let mut ids = |venue: &Venue<B>, side, most| {
            venue.book.orders(side, most, &mut out);
            out.iter().map(|order| (order.order_id, order.quantity)).collect::<Vec<_>>()
        };
        assert_eq!(ids(&venue, BUY, 9), [(2, 2), (3, 3), (1, 2), (4, 4)]);
        assert_eq!(ids(&venue, BUY, 2), [(2, 2), (3, 3)]);
        assert_eq!(ids(&venue, BUY, 0), []);
        assert_eq!(ids(&venue, SELL, 9), []);
    }

    fn accounts_are_listed_ascending_and_only_when_there_is_something_to_tell<B>() {
        let mut venue = Venue::<B>::after(&[by(9, limit(1, BUY, 2, 99)), by(7, limit(2, SELL, 1, 99)), by(4, limit(3, BUY, 1, 98))]);
        venue.send(&by(4, cancel(3)));
        venue.book.set_group(5, 6);
        venue.book.set_group(3, 3);
        venue.book.set_position(2, 0);
        let mut accounts = Vec::new();
        venue.book.for_each_account(&mut |account| accounts.push(*account));
        let account = |owner, group, position, open_orders| Account { owner, group, position, open_orders };
        assert_eq!(accounts, [account(5, 6, 0, 0), account(7, 7, -1, 0), account(9, 9, 1, 1)]);
    }

    fn the_state_hash_tells_everything_apart_that_a_book_keeps<B>() {
        let base = [until(10, by(7, iceberg(1, SELL, 8, 100, 2))), by(8, stop_limit(2, BUY, 4, 106, 105)), limit(3, BUY, 3, 90)];
        let hash = |commands: &[OrderCommand]| Venue::<B>::after(commands).book.state_hash();
        let [a, b, c] = base;
        let mut seen = vec![hash(&base)];
        for other in [
            [until(11, a), b, c], [OrderCommand { display: 3, ..a }, b, c], [a, OrderCommand { flags: 1 << 3, ..b }, c],
            [a, by(8, stop_limit(2, BUY, 4, 106, 107)), c], [a, by(8, stop(2, BUY, 4, 105)), c],
            [a, b, for_the_day(c)], [a, c, b], [a, b, post_only(3, BUY, 3, 90)],
            // Shown differs, leaves do not.
            [a, b, limit(4, BUY, 1, 100)], [OrderCommand { quantity: 7, ..a }, b, c],
        ] {
            seen.push(hash(&other));
        }
        let mut venue = Venue::<B>::after(&base);
        venue.turn(trading_state::HALT);
        seen.push(venue.book.state_hash());
        venue.turn(trading_state::CONTINUOUS);
        assert_eq!(venue.book.state_hash(), seen[0]);
        venue.book.set_group(7, 1);
        seen.push(venue.book.state_hash());
        venue.book.set_group(7, 7);
        assert_eq!(venue.book.state_hash(), seen[0]);
        venue.book.set_position(99, 1);
        seen.push(venue.book.state_hash());
        let different: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(different.len(), seen.len());
    }
}

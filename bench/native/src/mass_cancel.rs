//! How long it takes to take many orders out of a book at once.
//!
//! The book of `orderbook-rs`' own measurement: buys on 900 to 999, sells on 1001 to 1100, 4096 owners, nothing crosses.
//! Two cases: everybody's orders; and the orders of one owner among as many of others, which cannot be done by emptying
//! the book. CWTS writes an execution record per cancelled order in both, and once more counts only (`-bare`);
//! `orderbook-rs` returns the list of their ids
//! and, with nobody listening, tells nobody. Microseconds per call.
use crate::clock::Clock;
use crate::engines::{orderbook_rs_owner, orderbook_rs_side};
use crate::figures::{Line, Watched};
use crate::sizes::Dice;
use cwts_core::book::{Book, DirectBook, Events, NaiveBook, Whose};
use cwts_core::layout::{command_kind, side, OrderCommand};
use orderbook_rs::OrderBook;
use pricelevel::{Id, TimeInForce};
use std::hint::black_box;

const OWNERS: u64 = 4_096;
/// The owner who leaves; no other order is theirs.
const LEAVING: u32 = 60_000;

#[derive(Clone, Copy)]
enum Case {
    Everybody,
    OneOwner,
}

/// Measures both cases on all engines, `runs` times each, and prints a line per pair.
pub fn measure(orders: usize, runs: usize) {
    let clock = Clock::calibrated();
    for (name, case) in [
        ("everybody", Case::Everybody),
        ("one-owner", Case::OneOwner),
    ] {
        let resting = resting(case, orders);
        print(name, "cwts-direct", &clock, orders, true, || {
            cwts::<DirectBook>(&clock, case, &resting, orders, runs, true)
        });
        print(name, "cwts-direct-bare", &clock, orders, false, || {
            cwts::<DirectBook>(&clock, case, &resting, orders, runs, false)
        });
        print(name, "cwts-naive", &clock, orders, true, || {
            cwts::<NaiveBook>(&clock, case, &resting, orders, runs, true)
        });
        print(name, "orderbook-rs", &clock, orders, false, || {
            opponent(&clock, case, &resting, orders, runs)
        });
    }
}

fn print(
    case: &str,
    engine: &str,
    clock: &Clock,
    orders: usize,
    records: bool,
    run: impl FnOnce() -> Vec<u64>,
) {
    let watched = Watched::now(clock);
    let mut ticks = run();
    let micros: Vec<f64> = ticks
        .iter()
        .map(|ticks| clock.nanos(*ticks) / 1e3)
        .collect();
    Line::default()
        .text("case", case)
        .text("engine", engine)
        .count("orders", orders as u64)
        .count("records", if records { orders as u64 } else { 0 })
        .figures("micros", &micros)
        .tail(clock, &watched, &mut ticks)
        .print();
}

/// What rests before the cancel.
fn resting(case: Case, orders: usize) -> Vec<OrderCommand> {
    let mut dice = Dice(1);
    let all = if matches!(case, Case::OneOwner) {
        2 * orders
    } else {
        orders
    };
    let entered = (0..all).map(|n| {
        let buys = dice.below(2) == 0;
        let offset = dice.below(100) as i64;
        OrderCommand {
            kind: command_kind::NEW,
            side: if buys { side::BUY } else { side::SELL },
            price: if buys { 900 } else { 1_001 } + offset,
            quantity: 1 + dice.below(100) as i64,
            order_id: n as u64 + 1,
            owner: match case {
                Case::OneOwner if n % 2 == 0 => LEAVING,
                _ => dice.below(OWNERS) as u32,
            },
            time: n as i64,
            ..OrderCommand::default()
        }
    });
    entered.collect()
}

fn cwts<B: Book>(
    clock: &Clock,
    case: Case,
    resting: &[OrderCommand],
    orders: usize,
    runs: usize,
    records: bool,
) -> Vec<u64> {
    let mut book = B::new(0);
    let mut events = if records {
        Events::new()
    } else {
        Events::counting()
    };
    // The first run lets the buffers grow and is not counted.
    let times = (0..=runs).map(|_| {
        for order in resting {
            events.clear();
            book.submit(order, &mut events);
        }
        events.clear();
        let whose = match case {
            Case::Everybody => Whose::Everybody,
            Case::OneOwner => Whose::Owner(LEAVING),
        };
        let begun = clock.ticks();
        let cancelled = book.cancel_all(whose, 0, &mut events);
        let taken = clock.ticks() - begun;
        assert_eq!(
            (cancelled as usize, events.executions.len()),
            (orders, if records { orders } else { 0 }),
            "some orders stayed"
        );
        book.cancel_all(Whose::Everybody, 0, &mut events);
        taken
    });
    times.skip(1).collect()
}

fn opponent(
    clock: &Clock,
    case: Case,
    resting: &[OrderCommand],
    orders: usize,
    runs: usize,
) -> Vec<u64> {
    let book = OrderBook::<()>::new("TAPE");
    let times = (0..=runs as u64).map(|run| {
        for order in resting {
            // Ids go on from run to run, as in its own measurement.
            let id = Id::from_u64(order.order_id + run * resting.len() as u64);
            let (side, tif) = (orderbook_rs_side(order.side), TimeInForce::Gtc);
            let owner = orderbook_rs_owner(order.owner as u16);
            let (price, quantity) = (order.price as u128, order.quantity as u64);
            book.add_limit_order_with_user(id, price, quantity, side, tif, owner, None)
                .expect("nothing crosses");
        }
        let begun = clock.ticks();
        let result = match case {
            Case::Everybody => book.cancel_all_orders(),
            Case::OneOwner => book.cancel_orders_by_user(orderbook_rs_owner(LEAVING as u16)),
        };
        let taken = clock.ticks() - begun;
        assert_eq!(result.cancelled_count(), orders, "some orders stayed");
        drop(black_box(book.cancel_all_orders()));
        taken
    });
    times.skip(1).collect()
}

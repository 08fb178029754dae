//! The books against the outside world: the common tape with its known outcome, and a recorded morning of a real book.
mod book_support;

use book_support::ledger::Ledger;
use book_support::tape::{common_tape, FILLS, LEVELS, OPEN_ORDERS};
use book_support::{amend, cancel, ioc, limit, Venue, BUY, SELL};
use cwts_core::book::{Book, DirectBook, Events, NaiveBook};
use cwts_core::layout::{exec_type, liquidity, DepthLevel, OrderCommand};
use std::path::PathBuf;

/// Replays the common tape; returns the final state hash.
fn replay<B: Book>(tape: &[OrderCommand]) -> u64 {
    let (mut book, mut events, mut ledger) = (B::new(0), Events::new(), Ledger::default());
    for command in tape {
        events.clear();
        book.submit(command, &mut events);
        let refused = events
            .executions
            .iter()
            .any(|record| record.exec_type >= exec_type::REJECTED);
        assert!(!refused, "{command:?}");
        ledger.follow(&events);
    }
    ledger.agree_with(&book);
    assert_eq!(events.matches(), FILLS);
    assert_eq!((book.open_orders(), book.levels()), (OPEN_ORDERS, LEVELS));
    book.state_hash()
}

#[test]
fn both_books_give_the_known_outcome_of_the_common_tape() {
    let tape = common_tape();
    assert_eq!(replay::<DirectBook>(&tape), replay::<NaiveBook>(&tape));
}

/// One row of a LOBSTER message file.
struct Message {
    kind: u8,
    id: u64,
    quantity: i64,
    price: i64,
    side: u8,
}

const SUBMISSION: u8 = 1;
const PARTIAL_CANCEL: u8 = 2;
const DELETION: u8 = 3;
const VISIBLE_EXECUTION: u8 = 4;
const HIDDEN_EXECUTION: u8 = 5;

/// LOBSTER prices are in 1/100 cent; the stock trades in cents.
const PRICE_UNITS_PER_TICK: i64 = 100;

/// Ids of our own, above those of the exchange: the aggregates of the first row, and the takers.
const AGGREGATE: u64 = 1 << 40;
const TAKER: u64 = 1 << 50;

fn numbers(line: &str) -> Vec<i64> {
    // The time has decimals and is not needed.
    line.split(',')
        .map(|field| field.parse().unwrap_or(0))
        .collect()
}

fn message(line: &str) -> Message {
    let fields = numbers(line);
    Message {
        kind: fields[1] as u8,
        id: fields[2] as u64,
        quantity: fields[3],
        price: fields[4] / PRICE_UNITS_PER_TICK,
        side: if fields[5] == 1 { BUY } else { SELL },
    }
}

/// (price, quantity) of ten levels of a side.
fn row_levels(line: &str, side: u8) -> Vec<(i64, i64)> {
    let offset = if side == SELL { 0 } else { 2 };
    let level = |cells: &[i64]| (cells[offset] / PRICE_UNITS_PER_TICK, cells[offset + 1]);
    numbers(line).chunks_exact(4).map(level).collect()
}

fn sample(name: &str) -> String {
    let folder = std::env::var_os("CWTS_LOBSTER").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/lobster"),
        PathBuf::from,
    );
    let path = folder.join(format!("AAPL_2012-06-21_34200000_57600000_{name}_10.csv"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; set CWTS_LOBSTER to its folder",
            path.display()
        )
    })
}

/// A book that is driven by exchange messages instead of commands of participants.
struct Recording<B> {
    venue: Venue<B>,
    takers: u64,
    /// Executions whose maker the book names as the exchange does.
    identified: u32,
    /// Executions whose maker is known only as part of a level's total.
    anonymous: u32,
}

impl<B: Book> Recording<B> {
    /// Starts from a row of the book file: each level is one order, because only its total is known.
    fn from_row(line: &str) -> Self {
        let mut recording = Self {
            venue: Venue::new(),
            takers: TAKER,
            identified: 0,
            anonymous: 0,
        };
        for side in [BUY, SELL] {
            for (price, quantity) in row_levels(line, side) {
                recording.set_total(side, price, quantity);
            }
        }
        recording
    }

    fn send(&mut self, command: &OrderCommand) {
        self.venue.send(command);
        let first = self.venue.events.executions[0];
        assert!(
            first.exec_type < exec_type::REJECTED,
            "{command:?}: {}",
            first.reason
        );
    }

    /// Ids and quantities of the orders at a price, first in the queue first.
    fn queue_at(&self, side: u8, price: i64) -> Vec<(u64, i64)> {
        let mut queue = Vec::new();
        self.venue.book.for_each_order(side, &mut |order| {
            if order.price == price {
                queue.push((order.order_id, order.leaves));
            }
        });
        queue
    }

    fn depth(&self, side: u8) -> Vec<(i64, i64)> {
        let mut depth = Vec::new();
        self.venue.book.depth(side, 10, &mut depth);
        depth
            .iter()
            .map(|level: &DepthLevel| (level.price, level.quantity))
            .collect()
    }

    fn apply(&mut self, message: &Message) {
        let Message {
            id,
            quantity,
            price,
            side,
            ..
        } = *message;
        match message.kind {
            SUBMISSION => self.send(&limit(id, side, quantity, price)),
            PARTIAL_CANCEL | DELETION => {
                let whole = message.kind == DELETION && self.venue.book.find(id).is_some();
                let id = if self.venue.book.find(id).is_some() {
                    id
                } else {
                    AGGREGATE + price as u64
                };
                if whole {
                    self.send(&cancel(id));
                } else {
                    self.reduce(side, price, id, quantity);
                }
            }
            VISIBLE_EXECUTION => self.execute(message),
            HIDDEN_EXECUTION => {}
            other => panic!("message of kind {other}"),
        }
    }

    /// Takes `quantity` from one order.
    fn reduce(&mut self, side: u8, price: i64, id: u64, quantity: i64) {
        let queue = self.queue_at(side, price);
        let open = queue
            .iter()
            .find(|order| order.0 == id)
            .map_or(0, |order| order.1);
        assert!(
            open >= quantity,
            "only {open} of {quantity} are there to take away"
        );
        if open == quantity {
            self.send(&cancel(id));
        } else {
            let total = self.venue.book.find(id).map_or(0, |order| order.total);
            self.send(&amend(id, total - quantity, price));
        }
    }

    /// An execution of a resting order: the message has the maker; a taker of that size must hit exactly it.
    fn execute(&mut self, message: &Message) {
        let Message {
            id,
            quantity,
            price,
            side,
            ..
        } = *message;
        let known = self.venue.book.find(id).is_some();
        let expected = if known { id } else { AGGREGATE + price as u64 };
        self.takers += 1;
        self.send(&ioc(self.takers, 1 - side, quantity, price));
        let records = &self.venue.events.executions;
        let made = records
            .iter()
            .filter(|record| record.liquidity == liquidity::MAKER);
        let made: Vec<_> = made.map(|r| (r.order_id, r.price, r.quantity)).collect();
        assert_eq!(made, [(expected, price, quantity)]);
        self.identified += u32::from(known);
        self.anonymous += u32::from(!known);
    }

    /// Makes a level's total what the book file says, for what happened there out of sight.
    fn set_total(&mut self, side: u8, price: i64, total: i64) {
        let queue = self.queue_at(side, price);
        let mut excess = queue.iter().map(|order| order.1).sum::<i64>() - total;
        for (id, open) in queue.into_iter().rev() {
            let less = open.min(excess.max(0));
            if less > 0 {
                self.reduce(side, price, id, less);
                excess -= less;
            }
        }
        if excess < 0 {
            let id = AGGREGATE + price as u64;
            assert!(
                self.venue.book.find(id).is_none(),
                "two unseen orders at {price}"
            );
            self.send(&limit(id, side, -excess, price));
        }
    }

    /// Takes over what comes into view beyond the tenth level of the row before. Returns whether anything there
    /// differed from what the book had.
    fn reveal(&mut self, before: &str, now: &str) -> bool {
        let mut differed = false;
        for side in [BUY, SELL] {
            let worst = row_levels(before, side)[9].0;
            let is_beyond = |price: i64| {
                if side == BUY {
                    price < worst
                } else {
                    price > worst
                }
            };
            let row = row_levels(now, side);
            let end = row[9].0;
            let is_in_view = |price: i64| {
                if side == BUY {
                    price >= end
                } else {
                    price <= end
                }
            };
            let ours: Vec<i64> = self.depth(side).into_iter().map(|level| level.0).collect();
            let gone = ours
                .into_iter()
                .filter(|price| is_in_view(*price) && !row.iter().any(|l| l.0 == *price));
            let gone = gone.map(|price| (price, 0));
            let levels: Vec<_> = row.iter().copied().chain(gone).collect();
            for (price, total) in levels.into_iter().filter(|level| is_beyond(level.0)) {
                let ours: i64 = self.queue_at(side, price).iter().map(|order| order.1).sum();
                if ours != total {
                    differed = true;
                    self.set_total(side, price, total);
                }
            }
        }
        differed
    }

    fn shows(&self, line: &str) -> bool {
        [BUY, SELL]
            .into_iter()
            .all(|side| self.depth(side) == row_levels(line, side))
    }
}

/// Row n of the book file is the book after message n; the first row is the start, 998 steps follow, and after every
/// one all ten levels of both sides must be equal. What the format cannot hold a book to, and what is done there:
/// - an order that was entered before the first row is known only as part of its level's total. One order stands for
///   that total, in front of everything that comes later; who is hit inside it is not tested (`anonymous` executions);
/// - nothing is told about levels beyond the tenth. When a better level vanishes, the one that comes into view at the
///   end may hold orders that were entered or cancelled out of sight: in `revealed` of the 998 steps what lies beyond
///   the tenth level of the row before is taken from the file. Whatever lay in view in the row before is never touched,
///   so it is the book's own work in all 998 steps, and all of the row is in `by_itself` steps;
/// - hidden executions do not touch the displayed book; they must leave it as it is;
/// - takers are not in the file, only the makers they hit: each execution is one immediate-or-cancel order of its size,
///   and the book must hit the very order the exchange hit (`identified` executions).
fn replay_recording<B: Book>() {
    let (messages, books) = (sample("message"), sample("orderbook"));
    let messages: Vec<&str> = messages.lines().collect();
    let rows: Vec<&str> = books.lines().collect();
    assert_eq!((messages.len(), rows.len()), (999, 999));
    let mut recording = Recording::<B>::from_row(rows[0]);
    assert!(recording.shows(rows[0]));
    let (mut by_itself, mut revealed) = (0, 0);
    for step in 1..rows.len() {
        recording.apply(&message(messages[step]));
        if recording.shows(rows[step]) {
            by_itself += 1;
        } else {
            assert!(recording.reveal(rows[step - 1], rows[step]), "step {step}");
            assert!(
                recording.shows(rows[step]),
                "step {step}: {}",
                messages[step]
            );
            revealed += 1;
        }
    }
    assert_eq!((by_itself, revealed), (984, 14));
    assert_eq!((recording.identified, recording.anonymous), (94, 4));
}

#[test]
#[ignore = "needs the LOBSTER sample of AAPL, 2012-06-21; its folder in CWTS_LOBSTER"]
fn the_naive_book_shows_every_recorded_state_of_a_real_morning() {
    replay_recording::<NaiveBook>();
}

#[test]
#[ignore = "needs the LOBSTER sample of AAPL, 2012-06-21; its folder in CWTS_LOBSTER"]
fn the_direct_book_shows_every_recorded_state_of_a_real_morning() {
    replay_recording::<DirectBook>();
}

//! Speed of both books on a tape of commands: `cargo run --release --example tape [-- FILE [ROUNDS [direct]]]`.
//!
//! Without a file it is the common tape on which matching engines are compared (`tests/book_support/tape.rs`). A file
//! holds records of five 32-bit integers: operation (0 limit, 1 immediate-or-cancel, 2 cancel, 3 move), order id, side,
//! price, quantity. Every round starts from an empty book, carries 64-bit order ids and writes an execution record per
//! event and a tick per change of the best prices. Printed: operations per second (median and range over the rounds),
//! what the tape did (so that a wrong book is seen), and a second measurement with the clock read around every
//! operation, beside what the clock itself shows. With `direct` at the end the naive book is left out.
use cwts_core::book::{Book, DirectBook, Events, NaiveBook};
use cwts_core::layout::{command_kind, exec_type, time_in_force, OrderCommand};
use std::time::Instant;

#[path = "../tests/book_support/tape.rs"]
#[allow(dead_code)]
mod common;

const RECORD: usize = 20;
fn read_tape(bytes: &[u8]) -> Vec<OrderCommand> {
    assert!(
        bytes.len().is_multiple_of(RECORD),
        "the tape ends within a record"
    );
    let commands = bytes.chunks_exact(RECORD).enumerate().map(|(n, record)| {
        let field = |i: usize| {
            let at = i * 4;
            i32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
        };
        let id = common::FIRST_ID + field(1) as u64;
        let entered = OrderCommand {
            side: field(2) as u8,
            price: i64::from(field(3)),
            quantity: i64::from(field(4)),
            owner: common::OWNER,
            time: n as i64,
            ..OrderCommand::default()
        };
        match field(0) {
            0 => OrderCommand {
                kind: command_kind::NEW,
                order_id: id,
                ..entered
            },
            1 => OrderCommand {
                kind: command_kind::NEW,
                tif: time_in_force::IOC,
                order_id: id,
                ..entered
            },
            2 => OrderCommand {
                kind: command_kind::CANCEL,
                target_id: id,
                ..entered
            },
            3 => OrderCommand {
                kind: command_kind::AMEND,
                target_id: id,
                ..entered
            },
            other => panic!("record {n}: unknown operation {other}"),
        }
    });
    common::with_totals(commands.collect())
}

/// What a tape did to a book.
#[derive(Default, Debug, PartialEq, Eq)]
struct Outcome {
    fills: u64,
    refused: u64,
    records: u64,
    open: usize,
    levels: usize,
    hash: u64,
}

fn outcome<B: Book>(tape: &[OrderCommand]) -> Outcome {
    let (mut book, mut events) = (B::new(0), Events::new());
    let mut refused = 0;
    for command in tape {
        events.clear();
        book.submit(command, &mut events);
        let kinds = events.executions.iter().map(|record| record.exec_type);
        refused += kinds
            .filter(|kind| matches!(*kind, exec_type::REJECTED | exec_type::CANCEL_REJECTED))
            .count() as u64;
    }
    Outcome {
        fills: events.matches(),
        refused,
        records: events.venue_sequence(),
        open: book.open_orders(),
        levels: book.levels(),
        hash: book.state_hash(),
    }
}

fn seconds<B: Book>(tape: &[OrderCommand]) -> f64 {
    let (mut book, mut events) = (B::new(0), Events::new());
    let start = Instant::now();
    for command in tape {
        events.clear();
        book.submit(command, &mut events);
    }
    let taken = start.elapsed().as_secs_f64();
    std::hint::black_box((&book.open_orders(), &events));
    taken
}

/// Nanoseconds of each operation, sorted, two clock reads included.
fn latencies(tape: &[OrderCommand], mut step: impl FnMut(&OrderCommand)) -> Vec<u64> {
    let mut taken = Vec::with_capacity(tape.len());
    for command in tape {
        // Read before the clock is: what is timed is the book, not the memory that a tape of 64 MB comes from.
        let command = std::hint::black_box(*command);
        let start = Instant::now();
        step(&command);
        taken.push(start.elapsed().as_nanos() as u64);
    }
    taken.sort_unstable();
    taken
}

fn quantiles(sorted: &[u64]) -> String {
    let at = |q: f64| sorted[((sorted.len() - 1) as f64 * q) as usize];
    let tail = sorted[sorted.len() - 1];
    format!(
        "p50 {} ns, p99 {} ns, p99.9 {} ns, p99.99 {} ns, max {tail} ns",
        at(0.5),
        at(0.99),
        at(0.999),
        at(0.9999)
    )
}

fn measure<B: Book>(name: &str, tape: &[OrderCommand], rounds: usize) {
    let mut rates: Vec<f64> = (0..rounds)
        .map(|_| tape.len() as f64 / seconds::<B>(tape) / 1e6)
        .collect();
    rates.sort_by(f64::total_cmp);
    let (median, low, high) = (rates[rounds / 2], rates[0], rates[rounds - 1]);
    println!("{name}: {median:.2} M ops/s (median of {rounds}; {low:.2} to {high:.2})");
    let (mut book, mut events) = (B::new(0), Events::new());
    let sorted = latencies(tape, |command| {
        events.clear();
        book.submit(command, &mut events);
    });
    println!("  clocked: {}", quantiles(&sorted));
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let tape = arguments.next().map_or_else(common::common_tape, |path| {
        let bytes = std::fs::read(&path).unwrap_or_else(|error| {
            eprintln!("cannot read the tape {path}: {error}");
            std::process::exit(1);
        });
        read_tape(&bytes)
    });
    let rounds = arguments
        .next()
        .map_or(11, |text| text.parse().expect("ROUNDS is a number"));
    let only_direct = arguments.next().is_some_and(|word| word == "direct");
    let direct = outcome::<DirectBook>(&tape);
    println!("{} operations; direct {direct:?}", tape.len());
    if !only_direct {
        assert_eq!(direct, outcome::<NaiveBook>(&tape), "the books disagree");
    }
    println!("clock alone: {}", quantiles(&latencies(&tape, |_| ())));
    measure::<DirectBook>("cwts-direct", &tape, rounds);
    if !only_direct {
        measure::<NaiveBook>("cwts-naive", &tape, 3);
    }
}

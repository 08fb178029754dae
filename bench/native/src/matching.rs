//! One engine on one tape: what it did, how fast, how long each operation took, and what it asked of the allocator.
use crate::allocations;
use crate::clock::Clock;
use crate::engines::{Engine, Outcome};
use crate::figures::{Line, Watched};
use crate::tape::Operation;
use std::hint::black_box;
use std::time::Instant;

/// Share of the tape after which a book has grown to its size.
const GROWN: usize = 10;

/// Measures `E` and prints one line. `runs` runs are timed, after a first one that checks the outcome and warms up.
pub fn measure<E: Engine>(engine: &str, tape: &[Operation], runs: usize) {
    let commands = E::commands(tape);
    let done = outcome::<E>(&commands);
    let rates: Vec<f64> = (0..runs)
        .map(|_| commands.len() as f64 / seconds::<E>(&commands))
        .collect();
    let allocated = allocations_once_grown::<E>(&commands);
    let clock = Clock::calibrated();
    let watched = Watched::now(&clock);
    let mut ticks = ticks::<E>(&clock, &commands);
    Line::default()
        .text("engine", engine)
        .count("operations", commands.len() as u64)
        .count("fills", done.fills)
        .count("lots", done.lots)
        .count("refused", done.refused)
        .count("open_orders", done.open_orders)
        .count("levels", done.levels)
        .count("records", done.records)
        .text("state_hash", &format!("{:016x}", done.state_hash))
        .count("allocations", allocated)
        .figures("rates", &rates)
        .tail(&clock, &watched, &mut ticks)
        .print();
}

fn outcome<E: Engine>(commands: &[E::Command]) -> Outcome {
    let mut engine = E::counting();
    for command in commands {
        engine.count(command);
    }
    engine.outcome()
}

fn seconds<E: Engine>(commands: &[E::Command]) -> f64 {
    let mut engine = E::new();
    let begun = Instant::now();
    for command in commands {
        engine.apply(command);
    }
    let taken = begun.elapsed();
    black_box(&mut engine);
    taken.as_secs_f64()
}

/// Allocations of the tape but for its first tenth.
fn allocations_once_grown<E: Engine>(commands: &[E::Command]) -> u64 {
    let mut engine = E::new();
    let (growing, grown) = commands.split_at(commands.len() / GROWN);
    growing.iter().for_each(|command| engine.apply(command));
    allocations::during(|| grown.iter().for_each(|command| engine.apply(command)))
}

/// Ticks of every operation, one reading of the clock included.
fn ticks<E: Engine>(clock: &Clock, commands: &[E::Command]) -> Vec<u64> {
    let mut engine = E::new();
    // Written once before, so that its pages are there.
    let mut taken = vec![1; commands.len()];
    for (command, ticks) in commands.iter().zip(&mut taken) {
        let begun = clock.ticks();
        engine.apply(command);
        *ticks = clock.ticks() - begun;
    }
    black_box(&mut engine);
    taken
}

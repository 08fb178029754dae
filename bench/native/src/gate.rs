//! The gate with every check on: what an order costs in batches, and how long one waits for its answer when orders come
//! a million times a second whether or not the gate is ready.
//!
//! Five engines, so that what is the gate's can be told from what is not: `cwts-gate` is the checks that need no more than
//! limits, with a journal that counts and keeps nothing and a venue that answers with what was written beforehand;
//! `cwts-gate-all` is the same with everything told, so that every row of the table runs for every order (see `facts`); `cwts-gate-log` has the audit log in
//! memory, a hash tree over every decision and report; `cwts-path` is gate and matching book in one call, with the reports
//! applied inside it and no log; `cwts-path-log` is all three.
//!
//! The day: orders of strategies on instruments around a price that moves; a third is cancelled, the rest is filled, so
//! that open orders, positions, buckets and the window of recent orders live as they would. Every limit is set at every
//! level of the tree of scopes, so that every check does its sums. Of sixteen commands of the path's day eight come to rest,
//! one trades, and seven are cancels.
//!
//! Two trees: the small one, eight strategies of one account on four instruments, and a large one, 100 000 accounts of
//! 1 000 customers, each with a strategy that trades two of 1 000 instruments. Of the 10^8 pairs of account and instrument
//! that could be, 200 000 are thus in use, and each order picks one of them at random: next to nothing of what it needs is
//! in a cache.
//!
//! Closed loop: one batch after the other; only the gate's call is timed. Open loop: order n is due at n microseconds;
//! what is due is taken in a batch, and an order's time runs from when it was due to when its batch was answered, so that
//! a pause is paid for by every order that came during it. The reports of a batch are applied by the same thread right
//! after its answer: orders that come meanwhile wait, and it shows.
use crate::clock::Clock;
use crate::crowd::{Crowd, SMALL, TREE};
use crate::desk::{Day, Desk, Memory, Nothing, CALM, PERIOD};
use crate::facts::children;
use crate::figures::{quantile, Line, Watched};
use crate::path::Path;
use cwts_core::audit::AuditLog;
use cwts_core::gate::CHECKS;
use cwts_core::layout::{Execution, OrderCommand};

/// The largest batch of the open loop.
const LARGEST: usize = 64;
const BATCHES: [usize; 4] = [1, 8, 64, 512];

/// What is measured: something that answers orders.
pub trait Stage {
    /// The price as it is at that order.
    fn quote(&mut self, order: usize);

    /// Answers the orders: what is timed.
    fn decide(&mut self, orders: &[OrderCommand]);

    /// What comes after the answer.
    fn settle(&mut self, reports: &[Execution]);

    /// Panics unless so many orders were answered and the day was the one that was meant.
    fn close(&self, orders: usize);

    /// Orders refused so far.
    fn refused(&self) -> u64;
}

/// Which of the cases are measured: all, or those that are named.
#[derive(Default)]
pub struct Chosen {
    pub engine: Option<String>,
    pub batch: Option<usize>,
    /// `small` or `large`.
    pub tree: Option<String>,
}

/// Measures all that is chosen, `runs` times each, and prints a line per case and engine.
pub fn measure(orders: usize, runs: usize, chosen: &Chosen) {
    let clock = Clock::calibrated();
    for crowd in [&SMALL, &TREE] {
        if chosen.tree.as_ref().is_some_and(|tree| tree != crowd.name) {
            continue;
        }
        let mut plan = Plan {
            clock: &clock,
            crowd,
            day: Day::of(orders, crowd),
            runs,
            chosen,
        };
        plan.measure("cwts-gate", || Desk::open(Nothing(0), crowd));
        plan.day = children(plan.day);
        plan.measure("cwts-gate-all", || {
            Desk::open(Nothing(0), crowd).told_everything(crowd)
        });
        plan.day = Day::of(orders, crowd);
        if crowd.accounts > 1 {
            continue;
        }
        plan.measure("cwts-gate-log", || Desk::open(in_memory(), crowd));
        plan.day = Day::of_the_path(orders, crowd);
        plan.measure("cwts-path", || Path::open(Nothing(0), crowd));
        plan.measure("cwts-path-log", || Path::open(in_memory(), crowd));
    }
}

fn in_memory() -> Memory {
    Memory(AuditLog::memory())
}

/// What is measured, and how often.
struct Plan<'a> {
    clock: &'a Clock,
    crowd: &'a Crowd,
    day: Day,
    runs: usize,
    chosen: &'a Chosen,
}

impl Plan<'_> {
    fn measure<S: Stage>(&self, engine: &str, open: impl Fn() -> S) {
        let Chosen {
            engine: name,
            batch: only,
            ..
        } = self.chosen;
        if name.as_ref().is_some_and(|name| name != engine) {
            return;
        }
        if only.is_none() {
            self.repeat("open-loop", engine, LARGEST, |ticks| {
                open_loop(self.clock, &self.day, open(), ticks)
            });
        }
        for batch in BATCHES
            .into_iter()
            .filter(|size| only.is_none_or(|only| only == *size))
        {
            self.repeat("closed-loop", engine, batch, |ticks| {
                closed_loop(self.clock, &self.day, open(), batch, ticks)
            });
        }
    }

    /// One case: a run fills its argument with ticks per order and returns how many orders were refused.
    fn repeat(&self, name: &str, engine: &str, batch: usize, once: impl Fn(&mut [u64]) -> u64) {
        let Self {
            clock, crowd, day, ..
        } = self;
        let mut ticks = vec![1; day.orders.len()];
        once(&mut ticks);
        let watched = Watched::now(clock);
        let (mut medians, mut means, mut all) = (Vec::new(), Vec::new(), Vec::new());
        let mut refused = 0;
        for _ in 0..self.runs {
            refused = once(&mut ticks);
            means.push(clock.nanos(ticks.iter().sum()) / ticks.len() as f64);
            all.extend_from_slice(&ticks);
            ticks.sort_unstable();
            medians.push(clock.nanos(quantile(&ticks, 0.5)));
        }
        Line::default()
            .text("case", &format!("{name}{}", crowd.suffix))
            .text("engine", engine)
            .count("batch", batch as u64)
            .count("orders", day.orders.len() as u64)
            .count("refused", refused)
            .count("checks", CHECKS.len() as u64)
            .count("accounts", u64::from(crowd.accounts))
            .count("instruments", u64::from(crowd.instruments))
            .count(
                "pairs_in_use",
                u64::from(crowd.strategies) * u64::from(crowd.each),
            )
            .figures("medians_ns", &medians)
            .figures("means_ns", &means)
            .tail(clock, &watched, &mut all)
            .print();
    }
}

/// Every order of a batch gets its share of the batch's time.
fn closed_loop<S: Stage>(
    clock: &Clock,
    day: &Day,
    mut stage: S,
    batch: usize,
    ticks: &mut [u64],
) -> u64 {
    let mut place = 0;
    for orders in day.orders.chunks(batch) {
        if place % CALM < batch {
            stage.quote(place);
        }
        let begun = clock.ticks();
        stage.decide(orders);
        let taken = clock.ticks() - begun;
        ticks[place..place + orders.len()].fill(taken / orders.len() as u64);
        stage.settle(day.reports_of(place, orders.len()));
        place += orders.len();
    }
    stage.close(day.orders.len());
    stage.refused()
}

fn open_loop<S: Stage>(clock: &Clock, day: &Day, mut stage: S, ticks: &mut [u64]) -> u64 {
    let period = clock.ticks_of(PERIOD as f64);
    stage.quote(0);
    let (mut place, mut quoted) = (0, 0);
    let start = clock.ticks();
    let due_at = |order: usize| start + (order as f64 * period) as u64;
    while place < day.orders.len() {
        if clock.ticks() < due_at(place) {
            continue;
        }
        let passed = (clock.ticks() - start) as f64;
        let due = (passed / period) as usize + 1;
        let end = due.min(place + LARGEST).min(day.orders.len());
        if place / CALM > quoted {
            quoted = place / CALM;
            stage.quote(place);
        }
        stage.decide(&day.orders[place..end]);
        let answered = clock.ticks();
        for order in place..end {
            ticks[order] = answered.saturating_sub(due_at(order));
        }
        stage.settle(day.reports_of(place, end - place));
        place = end;
    }
    stage.close(day.orders.len());
    stage.refused()
}

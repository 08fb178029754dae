//! The gate with every check on: what an order costs in batches, and how long one waits for its answer when orders come
//! a million times a second whether or not the gate is ready.
//!
//! The day: orders of strategies on instruments around a price that moves; a third is cancelled, the rest is filled, so
//! that open orders, positions, buckets and the window of recent orders live as they would. Every limit is set at every
//! level of the tree of scopes, so that every check does its sums. `cwts-gate` is the checks with a journal that counts and
//! keeps nothing; `cwts-gate-log` has the audit log in memory, a hash tree over every decision and report.
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
use crate::figures::{quantile, Line, Watched};
use crate::sizes::Dice;
use cwts_core::audit::AuditLog;
use cwts_core::control::ControlPage;
use cwts_core::gate::{set, Controls, Gate, Journal, Reference, CHECKS, EVERY_INSTRUMENT};
use cwts_core::layout::{
    code, command_kind, exec_type, scope_kind, Execution, GateDecision, GateScope, InstrumentRules,
    OrderCommand, ScopeLimits, StrategyLimits, DEFAULT_ACCOUNT_NODE, DEFAULT_CUSTOMER_NODE,
    FIRM_NODE,
};

const START: i64 = 1_700_000_000_000_000_000;
/// Nanoseconds from one order to the next, on the clock of the day and in the open loop.
const PERIOD: i64 = 1_000;
/// Orders between two moves of the price.
const CALM: usize = 10_000;
/// The largest batch of the open loop.
const LARGEST: usize = 64;
const BATCHES: [usize; 4] = [1, 8, 64, 512];

struct Memory(AuditLog);

impl Journal for Memory {
    fn next_index(&self) -> u64 {
        self.0.next_index()
    }

    fn append(
        &mut self,
        record_type: u16,
        version: u16,
        time: i64,
        cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32> {
        let appended = self.0.append(record_type, version, 1, time, cause, parts);
        appended.map_err(|error| error.code())
    }

    fn commit(&mut self) -> Result<(), u32> {
        self.0.commit().map_err(|error| error.code())
    }
}

/// Counts records and keeps none.
struct Nothing(u64);

impl Journal for Nothing {
    fn next_index(&self) -> u64 {
        self.0
    }

    fn append(&mut self, _: u16, _: u16, _: i64, _: u64, _: &[&[u8]]) -> Result<u64, u32> {
        self.0 += 1;
        Ok(self.0 - 1)
    }

    fn commit(&mut self) -> Result<(), u32> {
        Ok(())
    }
}

struct Page(ControlPage);

impl Controls for Page {
    fn begin_decision(&self, sequence: u64) {
        self.0.begin_decision(sequence);
    }

    fn effective(&self, strategy: u32, instrument: u32) -> u32 {
        self.0.effective(strategy, instrument)
    }
}

/// The orders of a day and the report that ends each.
struct Day {
    orders: Vec<OrderCommand>,
    reports: Vec<Execution>,
}

impl Day {
    fn of(orders: usize, crowd: &Crowd) -> Self {
        let mut dice = Dice(7);
        let written = (0..orders).map(|n| {
            let middle = middle(n);
            let owner = 1 + dice.below(u64::from(crowd.strategies)) as u32;
            OrderCommand {
                kind: command_kind::NEW,
                side: dice.below(2) as u8,
                instrument: crowd.instrument(owner, dice.below(u64::from(crowd.each))),
                order_id: n as u64 + 1,
                price: middle - 50 + dice.below(100) as i64,
                quantity: 1 + dice.below(1_000) as i64,
                owner,
                time: START + n as i64 * PERIOD,
                ..OrderCommand::default()
            }
        });
        let orders: Vec<_> = written.collect();
        let reports = orders.iter().zip(1..).map(|(order, venue_sequence)| {
            let cancelled = dice.below(3) == 0;
            Execution {
                exec_type: if cancelled {
                    exec_type::CANCELED
                } else {
                    exec_type::TRADE
                },
                side: order.side,
                instrument: order.instrument,
                order_id: order.order_id,
                price: order.price,
                quantity: order.quantity,
                owner: order.owner,
                time: order.time,
                venue_sequence,
                ..Execution::default()
            }
        });
        let reports = reports.collect();
        Self { orders, reports }
    }
}

fn middle(order: usize) -> i64 {
    10_000 + (order / CALM) as i64
}

/// A gate and what it needs.
struct Desk<J> {
    gate: Gate,
    journal: J,
    page: Page,
    instruments: u16,
    decisions: Vec<GateDecision>,
    refused: u64,
}

/// Far above what the day needs.
const VAST: i64 = 1 << 60;

impl<J: Journal> Desk<J> {
    fn open(journal: J, crowd: &Crowd) -> Self {
        let mut desk = Self {
            gate: Gate::with_room(crowd.room()),
            journal,
            page: Page(ControlPage::in_memory()),
            instruments: crowd.instruments,
            decisions: vec![GateDecision::default(); 512],
            refused: 0,
        };
        for instrument in 0..crowd.instruments {
            let rules = InstrumentRules {
                instrument,
                tick_step: 1,
                lot_step: 1,
                collar_bps: 500,
                collar_ticks: 10,
                reference_max_age_ms: 60_000,
                market_buffer_bps: 100,
                units_per_tick_lot: 1_000,
                max_quantity: 1_000_000,
                ..InstrumentRules::default()
            };
            desk.gate
                .set_instrument(&mut desk.journal, &rules, START)
                .expect("good rules");
        }
        let accounts = desk.grow(crowd);
        desk.limit(FIRM_NODE, crowd);
        for strategy in 1..=crowd.strategies {
            let account = accounts[(strategy as usize - 1) % accounts.len()];
            let node = desk.add(account, scope_kind::STRATEGY, strategy);
            for nth in 0..crowd.each {
                let limits = StrategyLimits {
                    strategy,
                    instrument: crowd.instrument(strategy, u64::from(nth)),
                    max_quantity: 10_000,
                    max_notional: 1 << 50,
                    max_position: 1 << 40,
                    rate_per_second: u32::MAX,
                    rate_burst: u32::MAX,
                    duplicate_window_ms: 10,
                    ..StrategyLimits::default()
                };
                desk.gate
                    .set_limits(&mut desk.journal, &limits, START)
                    .expect("good limits");
                desk.limit_here(node, limits.instrument);
                desk.limit_here(account, limits.instrument);
            }
            desk.limit(node, crowd);
        }
        desk
    }

    /// Customers and accounts, each with its limits; the accounts.
    fn grow(&mut self, crowd: &Crowd) -> Vec<u32> {
        let mut customers = vec![DEFAULT_CUSTOMER_NODE];
        for _ in 1..crowd.customers {
            customers.push(self.add(FIRM_NODE, scope_kind::CUSTOMER, 0));
        }
        let mut accounts = vec![DEFAULT_ACCOUNT_NODE];
        for nth in 1..crowd.accounts as usize {
            let customer = customers[nth % customers.len()];
            accounts.push(self.add(customer, scope_kind::ACCOUNT, 0));
        }
        for node in customers.iter().chain(&accounts) {
            self.limit(*node, crowd);
        }
        accounts
    }

    fn add(&mut self, parent: u32, kind: u8, strategy: u32) -> u32 {
        let scope = GateScope {
            parent,
            kind,
            strategy,
            ..GateScope::default()
        };
        self.gate
            .add_scope(&mut self.journal, &scope, START)
            .expect("it fits")
    }

    /// Sets every limit of a node over all instruments, and of the firm in each.
    fn limit(&mut self, node: u32, crowd: &Crowd) {
        let limits = ScopeLimits {
            node,
            instrument: EVERY_INSTRUMENT,
            set: set::EVERYWHERE,
            max_gross: VAST,
            max_net: VAST,
            max_open_orders: u32::MAX - 1,
            ..ScopeLimits::default()
        };
        self.gate
            .set_scope_limits(&mut self.journal, &limits, START)
            .expect("good limits");
        if node == FIRM_NODE {
            (0..crowd.instruments).for_each(|instrument| self.limit_here(node, instrument));
        }
    }

    /// Sets every limit of a node in an instrument.
    fn limit_here(&mut self, node: u32, instrument: u16) {
        let limits = ScopeLimits {
            node,
            instrument,
            set: set::HERE,
            max_position: VAST,
            max_open_orders: u32::MAX - 1,
            ..ScopeLimits::default()
        };
        self.gate
            .set_scope_limits(&mut self.journal, &limits, START)
            .expect("there is room");
    }

    /// The price as it is at that order.
    fn quote(&mut self, order: usize) {
        let last = middle(order);
        let reference = Reference {
            bid: last - 1,
            ask: last + 1,
            last,
            time: START + order as i64 * PERIOD,
        };
        for instrument in 0..self.instruments {
            self.gate
                .set_reference(instrument, reference)
                .expect("it is listed");
        }
    }

    #[inline(always)]
    fn decide(&mut self, orders: &[OrderCommand]) {
        self.gate
            .submit(&mut self.journal, &self.page, orders, &mut self.decisions);
    }

    /// The venue's answer to what the gate let through.
    #[inline(always)]
    fn settle(&mut self, reports: &[Execution]) {
        for (report, decision) in reports.iter().zip(&self.decisions) {
            if decision.code != code::ACCEPTED {
                self.refused += 1;
                continue;
            }
            let one = std::slice::from_ref(report);
            self.gate
                .apply_executions(&mut self.journal, 0, one)
                .expect("recorded");
        }
    }

    /// Nothing may be left open, and hardly anything refused, or it was not the day that was meant.
    fn close(&self, orders: usize) {
        let counters = self.gate.counters();
        assert_eq!(
            (counters.open_orders, counters.inconsistent),
            (0, 0),
            "orders were left open; the figure would be a lie"
        );
        assert_eq!(counters.decisions, orders as u64, "orders were lost");
        assert!(
            self.refused * 50 < orders as u64,
            "{} of {orders} orders were refused: not the day that was meant",
            self.refused
        );
    }
}

/// Measures all of it, `runs` times each, and prints a line per case and engine.
pub fn measure(orders: usize, runs: usize) {
    let clock = Clock::calibrated();
    for crowd in [&SMALL, &TREE] {
        let plan = Plan {
            clock: &clock,
            crowd,
            day: Day::of(orders, crowd),
            runs,
        };
        plan.measure("cwts-gate", || Nothing(0));
        if crowd.accounts == 1 {
            plan.measure("cwts-gate-log", || Memory(AuditLog::memory()));
        }
    }
}

/// What is measured, and how often.
struct Plan<'a> {
    clock: &'a Clock,
    crowd: &'a Crowd,
    day: Day,
    runs: usize,
}

impl Plan<'_> {
    fn measure<J: Journal>(&self, engine: &str, journal: impl Fn() -> J) {
        let open = || Desk::open(journal(), self.crowd);
        self.repeat("open-loop", engine, LARGEST, |ticks| {
            open_loop(self.clock, &self.day, open(), ticks)
        });
        for batch in BATCHES {
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
fn closed_loop<J: Journal>(
    clock: &Clock,
    day: &Day,
    mut desk: Desk<J>,
    batch: usize,
    ticks: &mut [u64],
) -> u64 {
    let mut place = 0;
    for (orders, reports) in day.orders.chunks(batch).zip(day.reports.chunks(batch)) {
        if place % CALM < batch {
            desk.quote(place);
        }
        let begun = clock.ticks();
        desk.decide(orders);
        let taken = clock.ticks() - begun;
        ticks[place..place + orders.len()].fill(taken / orders.len() as u64);
        desk.settle(reports);
        place += orders.len();
    }
    desk.close(day.orders.len());
    desk.refused
}

fn open_loop<J: Journal>(clock: &Clock, day: &Day, mut desk: Desk<J>, ticks: &mut [u64]) -> u64 {
    let period = clock.ticks_of(PERIOD as f64);
    desk.quote(0);
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
            desk.quote(place);
        }
        desk.decide(&day.orders[place..end]);
        let answered = clock.ticks();
        for order in place..end {
            ticks[order] = answered.saturating_sub(due_at(order));
        }
        desk.settle(&day.reports[place..end]);
        place = end;
    }
    desk.close(day.orders.len());
    desk.refused
}

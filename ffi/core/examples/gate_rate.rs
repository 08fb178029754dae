//! What one order costs in the gate, all checks on: with the audit log in memory, and with no log at all, which shows
//! what the checks cost apart from the hash chain.
//!
//! `cargo run --release --example gate_rate [orders]`. Each order is timed on its own by the processor's cycle counter
//! where there is one, else by the system clock; the cost of reading the counter is measured and taken off. The tape is
//! an ordinary day: orders of both sides around a moving price, a third cancelled, the rest filled, so that maps and
//! buckets live as they would.
use cwts_core::audit::AuditLog;
use cwts_core::control::ControlPage;
use cwts_core::gate::{Controls, Gate, Journal, Reference};
use cwts_core::layout::{
    code, command_kind, exec_type, side, Execution, GateDecision, InstrumentRules, OrderCommand,
    StrategyLimits,
};
use std::time::Instant;

const STRATEGIES: u32 = 8;
const INSTRUMENTS: u16 = 4;
const START: i64 = 1_700_000_000_000_000_000;

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
        self.0
            .append(record_type, version, 1, time, cause, parts)
            .map_err(|error| error.code())
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

/// A pseudo-random sequence that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

#[cfg(target_arch = "x86_64")]
fn ticks(_: &Instant) -> u64 {
    // SAFETY: the instruction exists on every x86-64 processor and touches no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn ticks(origin: &Instant) -> u64 {
    origin.elapsed().as_nanos() as u64
}

/// Ticks per nanosecond, and ticks of two readings with nothing between.
fn calibrate(origin: &Instant) -> (f64, u64) {
    let (clock, first) = (Instant::now(), ticks(origin));
    while clock.elapsed().as_millis() < 50 {}
    let rate = (ticks(origin) - first) as f64 / clock.elapsed().as_nanos() as f64;
    let empty = (0..10_000).map(|_| {
        let first = ticks(origin);
        ticks(origin) - first
    });
    (rate, empty.min().unwrap_or(0))
}

fn prepared(log: &mut impl Journal) -> (Gate, Page) {
    let (mut gate, page) = (Gate::new(), Page(ControlPage::in_memory()));
    for instrument in 0..INSTRUMENTS {
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
        gate.set_instrument(log, &rules, START).expect("good rules");
        for strategy in 1..=STRATEGIES {
            let limits = StrategyLimits {
                strategy,
                instrument,
                max_quantity: 10_000,
                max_notional: 1 << 50,
                max_position: 1 << 40,
                rate_per_second: u32::MAX,
                rate_burst: u32::MAX,
                duplicate_window_ms: 10,
                ..StrategyLimits::default()
            };
            gate.set_limits(log, &limits, START).expect("good limits");
        }
    }
    (gate, page)
}

fn main() {
    let orders: usize = std::env::args().nth(1).map_or(1_000_000, |count| {
        count.parse().expect("a number of orders")
    });
    measure("all-checks", orders, Memory(AuditLog::memory()));
    measure("all-checks-unrecorded", orders, Nothing(0));
}

fn measure(case: &str, orders: usize, mut log: impl Journal) {
    let origin = Instant::now();
    let (rate, overhead) = calibrate(&origin);
    let (mut gate, page) = prepared(&mut log);
    let mut dice = Dice(7);
    let mut costs = Vec::with_capacity(orders);
    let mut decision = [GateDecision::default()];
    let mut refused = 0u64;
    for at in 0..orders as u64 {
        let time = START + at as i64 * 1_000;
        let instrument = dice.below(u64::from(INSTRUMENTS)) as u16;
        let middle = 10_000 + (at / 10_000) as i64;
        let reference = Reference {
            bid: middle - 1,
            ask: middle + 1,
            last: middle,
            time,
        };
        gate.set_reference(instrument, reference)
            .expect("known instrument");
        let command = OrderCommand {
            kind: command_kind::NEW,
            side: dice.below(2) as u8,
            instrument,
            order_id: at + 1,
            price: middle - 50 + dice.below(100) as i64,
            quantity: 1 + dice.below(1_000) as i64,
            owner: 1 + dice.below(u64::from(STRATEGIES)) as u32,
            time,
            ..OrderCommand::default()
        };
        let first = ticks(&origin);
        gate.submit(
            &mut log,
            &page,
            std::slice::from_ref(&command),
            &mut decision,
        );
        costs.push((ticks(&origin) - first).saturating_sub(overhead));
        if decision[0].code != code::ACCEPTED {
            refused += 1;
            continue;
        }
        let ended = if dice.below(3) == 0 {
            exec_type::CANCELED
        } else {
            exec_type::TRADE
        };
        let report = Execution {
            exec_type: ended,
            side: if command.side == side::BUY {
                side::BUY
            } else {
                side::SELL
            },
            instrument,
            order_id: command.order_id,
            price: command.price,
            quantity: command.quantity,
            owner: command.owner,
            time,
            venue_sequence: at + 1,
            ..Execution::default()
        };
        gate.apply_executions(&mut log, 0, &[report])
            .expect("recorded");
    }
    costs.sort_unstable();
    let nanos = |share: f64| costs[((orders - 1) as f64 * share) as usize] as f64 / rate;
    println!(
        "{{\"bench\":\"gate\",\"case\":\"{case}\",\"engine\":\"cwts-gate\",\"unit\":\"ns/order\",\"orders\":{orders},\"refused\":{refused},\"p50_ns\":{:.0},\"p90_ns\":{:.0},\"p99_ns\":{:.0},\"p999_ns\":{:.0},\"max_ns\":{:.0}}}",
        nanos(0.5), nanos(0.9), nanos(0.99), nanos(0.999), nanos(1.0),
    );
}

//! What one order costs on the whole path, and where: gate, hash chain and book together and one by one.
//!
//! `cargo run --release --example path_rate [batches]`. Orders go in batches of 64 through [`pipeline::submit`]. Of the logs,
//! `none` keeps nothing and shows what is not hashing; `memory` is the audit log; `chain` hashes every record behind the
//! hash before it and keeps them, as format 1 of the audit log did.
//! Two flows: `crossing`, where every other order trades with the one before, and `quiet`, of sixteen commands eight that
//! come to rest, one that trades, and seven cancels.
use cwts_core::audit::{AuditLog, RETAINED_BYTES};
use cwts_core::book::{DirectBook, MatchingEngine};
use cwts_core::control::ControlPage;
use cwts_core::gate::{Controls, Gate, Journal, Reference};
use cwts_core::layout::{
    code, command_kind, AuditHeader, GateDecision, InstrumentRules, OrderCommand, StrategyLimits,
};
use cwts_core::pipeline::{submit, Venue};
use cwts_core::record::bytes_of;
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

const BATCH: usize = 64;
const START: i64 = 1_700_000_000_000_000_000;
const RUNS: usize = 7;

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

/// hash = SHA-256(hash before || header || payload): each record waits for the one before.
struct Chain {
    records: u64,
    head: [u8; 32],
    window: Vec<u8>,
    kept: Vec<u8>,
}

impl Chain {
    fn new() -> Self {
        Self {
            records: 0,
            head: [0; 32],
            window: Vec::with_capacity(1 << 16),
            kept: Vec::with_capacity(RETAINED_BYTES),
        }
    }
}

impl Journal for Chain {
    fn next_index(&self) -> u64 {
        self.records
    }

    fn append(
        &mut self,
        record_type: u16,
        version: u16,
        time: i64,
        cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32> {
        let header = AuditHeader {
            record_type,
            version,
            time,
            cause,
            index: self.records,
            ..AuditHeader::default()
        };
        if self.window.len() > 8 << 10 {
            if self.kept.len() + self.window.len() <= RETAINED_BYTES {
                self.kept.extend_from_slice(&self.window);
            }
            self.window.clear();
        }
        let start = self.window.len();
        self.window.extend_from_slice(&self.head);
        self.window.extend_from_slice(bytes_of(&header));
        for part in parts {
            self.window.extend_from_slice(part);
        }
        self.head = Sha256::digest(&self.window[start..]).into();
        self.records += 1;
        Ok(self.records - 1)
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

fn gate(journal: &mut impl Journal) -> Gate {
    let mut gate = Gate::new();
    let rules = InstrumentRules {
        tick_step: 1,
        lot_step: 1,
        collar_bps: 1_000,
        reference_max_age_ms: 60_000,
        units_per_tick_lot: 1,
        max_quantity: 1_000,
        ..InstrumentRules::default()
    };
    let limits = StrategyLimits {
        strategy: 1,
        max_quantity: 1_000,
        max_notional: 1_000_000_000,
        max_position: 1_000_000_000,
        rate_per_second: 4_000_000_000,
        rate_burst: 4_000_000_000,
        duplicate_window_ms: 1,
        ..StrategyLimits::default()
    };
    gate.set_instrument(journal, &rules, START).expect("rules");
    gate.set_limits(journal, &limits, START).expect("limits");
    gate
}

#[derive(Clone, Copy)]
enum Flow {
    Crossing,
    Quiet,
}

/// Writes the commands of a day, batch by batch.
struct Tape {
    flow: Flow,
    written: u64,
}

impl Tape {
    fn next(&mut self, batch: &mut [OrderCommand]) -> i64 {
        for command in batch.iter_mut() {
            let n = self.written;
            self.written += 1;
            *command = OrderCommand {
                kind: command_kind::NEW,
                order_id: n + 1,
                owner: 1,
                time: START + n as i64 * 10_000,
                quantity: 1 + (n as i64 >> 1) % 900,
                ..OrderCommand::default()
            };
            match self.flow {
                Flow::Crossing => {
                    command.side = (n % 2) as u8;
                    command.price = 990 + (n as i64 >> 1) % 20;
                }
                Flow::Quiet => match n % 16 {
                    // Eight orders come to rest; one of the other side takes the best of them, the others are cancelled.
                    place @ 0..=7 => {
                        command.side = 0;
                        command.price = 980 + place as i64;
                    }
                    8 => {
                        command.side = 1;
                        command.price = 987;
                        command.quantity = 1 + ((n as i64 - 1) >> 1) % 900;
                    }
                    _ => {
                        command.kind = command_kind::CANCEL;
                        command.target_id = n - 8;
                        command.order_id = command.target_id;
                    }
                },
            }
        }
        batch.last().map_or(START, |last| last.time)
    }
}

struct Figures {
    nanos: f64,
    reports: f64,
    accepted: f64,
}

fn measure<J: Journal>(mut journal: J, flow: Flow, batches: usize) -> Figures {
    let mut gate = gate(&mut journal);
    let page = Page(ControlPage::in_memory());
    let mut engine = MatchingEngine::<DirectBook>::new();
    engine.add_instrument(0).expect("listed once");
    let mut tape = Tape { flow, written: 0 };
    let mut commands = vec![OrderCommand::default(); BATCH];
    let mut decisions = vec![GateDecision::default(); BATCH];
    let mut spent = Duration::ZERO;
    let (mut reports, mut accepted) = (0, 0);
    for _ in 0..batches {
        let time = tape.next(&mut commands);
        let reference = Reference {
            bid: 999,
            ask: 1_001,
            last: 1_000,
            time,
        };
        gate.set_reference(0, reference).expect("instrument 0");
        let begun = Instant::now();
        let venue = Venue {
            engine: &mut engine,
            stream: 0,
            records: false,
        };
        let passage = submit(
            &mut gate,
            &mut journal,
            &page,
            venue,
            &commands,
            &mut decisions,
        );
        spent += begun.elapsed();
        assert!(passage.recorded);
        accepted += passage.accepted;
        reports += engine.events().executions.len();
        engine.clear_events();
    }
    assert!(decisions.iter().all(|one| one.code != code::AUDIT_FAILED));
    let orders = (batches * BATCH) as f64;
    Figures {
        nanos: spent.as_nanos() as f64 / orders,
        reports: reports as f64 / orders,
        accepted: f64::from(accepted) / orders,
    }
}

fn median(mut figures: Vec<Figures>) -> Figures {
    figures.sort_by(|a, b| a.nanos.total_cmp(&b.nanos));
    figures.swap_remove(figures.len() / 2)
}

fn main() {
    let batches = std::env::args().nth(1).map_or(4_000, |text| {
        text.parse()
            .expect("the number of batches is a whole number")
    });
    println!("flow      log      ns/order  orders/s    reports/order  accepted");
    for (name, flow) in [("crossing", Flow::Crossing), ("quiet", Flow::Quiet)] {
        let (mut none, mut memory, mut chain) = (Vec::new(), Vec::new(), Vec::new());
        // In turn, so that what the machine does meanwhile happens to all of them.
        for _ in 0..RUNS {
            none.push(measure(Nothing(0), flow, batches));
            memory.push(measure(Memory(AuditLog::memory()), flow, batches));
            chain.push(measure(Chain::new(), flow, batches));
        }
        for (log, figures) in [("none", none), ("memory", memory), ("chain", chain)] {
            let figures = median(figures);
            println!(
                "{name:9} {log:8} {:8.1}  {:10.0}  {:13.2}  {:8.3}",
                figures.nanos,
                1e9 / figures.nanos,
                figures.reports,
                figures.accepted
            );
        }
    }
}

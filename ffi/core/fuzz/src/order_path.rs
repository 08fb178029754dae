//! The order path, through the C interface: whatever commands come, exposure stays within its limit, the gate has as many
//! orders open as the books, and every command has its decision.
use crate::books::command;
use crate::noise::Noise;
use cwts_core::layout::{
    Execution, Exposure, GateCounters, GateDecision, InstrumentRules, MarketTick, OrderCommand,
    PipelineCounts, StrategyLimits, REFUSED_AT_DOOR,
};
use cwts_core::record::{bytes_of, bytes_of_slice, read, Record};
use std::cell::RefCell;

const MOST: usize = 8;
/// Pairs of node and instrument: few, so that a gate is made quickly.
const PAIRS: u32 = 64;
/// Reports of a batch at most, so that none has to wait.
const REPORTS: usize = 1_024;
const LIMIT: i64 = 30;
const STRATEGIES: u32 = 3;

extern "C" {
    fn cwts_audit_memory() -> i64;
    fn cwts_audit_close(handle: u64) -> i32;
    fn cwts_control_memory() -> i64;
    fn cwts_control_close(handle: u64) -> i32;
    fn cwts_engine_create() -> i64;
    fn cwts_engine_add_instrument(handle: u64, instrument: u32) -> i32;
    fn cwts_engine_open_orders(handle: u64) -> i32;
    fn cwts_engine_close(handle: u64) -> i32;
    fn cwts_gate_create(audit: u64, control: u64, pairs: u32) -> i64;
    fn cwts_gate_instrument(handle: u64, rules: *const u8, length: u32, time: f64) -> i32;
    fn cwts_gate_limits(handle: u64, limits: *const u8, length: u32, time: f64) -> i32;
    fn cwts_gate_reference(handle: u64, of: u32, bid: f64, ask: f64, last: f64, time: f64) -> i32;
    fn cwts_gate_exposure(handle: u64, who: u32, of: u32, out: *mut u8, length: u32) -> i32;
    fn cwts_gate_counters(handle: u64, out: *mut u8, length: u32) -> i32;
    fn cwts_gate_close(handle: u64) -> i32;
    fn cwts_pipeline_submit(
        gate: u64,
        engine: u64,
        stream: u32,
        commands: *const u8,
        count: u32,
        decisions: *mut u8,
        decisions_length: u32,
        executions: *mut u8,
        executions_length: u32,
        ticks: *mut u8,
        ticks_length: u32,
        counts: *mut u8,
        counts_length: u32,
    ) -> i32;
}

/// Closes what it holds, so that an input leaves nothing to the next.
struct Path {
    audit: u64,
    control: u64,
    engine: u64,
    gate: u64,
}

/// What a batch is answered into, made once.
struct Answers {
    decisions: Vec<u8>,
    executions: Vec<u8>,
    ticks: Vec<u8>,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            decisions: vec![0; MOST * size_of::<GateDecision>()],
            executions: vec![0; REPORTS * size_of::<Execution>()],
            ticks: vec![0; REPORTS * size_of::<MarketTick>()],
        }
    }
}

thread_local! {
    static ANSWERS: RefCell<Answers> = RefCell::default();
}

fn opened(handle: i64) -> u64 {
    u64::try_from(handle).expect("a handle")
}

impl Path {
    fn new() -> Self {
        // SAFETY: these take no memory; the records below are as long as they are said to be.
        unsafe {
            let (audit, control) = (opened(cwts_audit_memory()), opened(cwts_control_memory()));
            let engine = opened(cwts_engine_create());
            assert_eq!(cwts_engine_add_instrument(engine, 0), 0);
            let gate = opened(cwts_gate_create(audit, control, PAIRS));
            let rules = InstrumentRules {
                tick_step: 1,
                lot_step: 1,
                collar_bps: 2_000,
                reference_max_age_ms: 1_000_000,
                units_per_tick_lot: 100,
                max_quantity: 1_000,
                ..InstrumentRules::default()
            };
            let rules = bytes_of(&rules);
            assert_eq!(
                cwts_gate_instrument(gate, rules.as_ptr(), rules.len() as u32, 0.0),
                0
            );
            for strategy in 1..=STRATEGIES {
                let limits = StrategyLimits {
                    strategy,
                    max_quantity: 1_000,
                    max_notional: 1 << 40,
                    max_position: LIMIT,
                    rate_per_second: 1 << 30,
                    rate_burst: 1 << 30,
                    ..StrategyLimits::default()
                };
                let limits = bytes_of(&limits);
                assert_eq!(
                    cwts_gate_limits(gate, limits.as_ptr(), limits.len() as u32, 0.0),
                    0
                );
            }
            assert_eq!(cwts_gate_reference(gate, 0, 99.0, 101.0, 100.0, 0.0), 0);
            Self {
                audit,
                control,
                engine,
                gate,
            }
        }
    }

    fn submit(&self, commands: &[OrderCommand], answers: &mut Answers) {
        let count = commands.len();
        let bytes = bytes_of_slice(commands);
        let Answers {
            decisions,
            executions,
            ticks,
        } = answers;
        let decisions = &mut decisions[..count * size_of::<GateDecision>()];
        let mut counts = [0; size_of::<PipelineCounts>()];
        // SAFETY: every buffer is as long as it is said to be.
        let waiting = unsafe {
            cwts_pipeline_submit(
                self.gate,
                self.engine,
                0,
                bytes.as_ptr(),
                count as u32,
                decisions.as_mut_ptr(),
                decisions.len() as u32,
                executions.as_mut_ptr(),
                executions.len() as u32,
                ticks.as_mut_ptr(),
                ticks.len() as u32,
                counts.as_mut_ptr(),
                counts.len() as u32,
            )
        };
        assert_eq!(waiting, 0, "the buffers hold everything");
        let counts: PipelineCounts = read(&counts).expect("counts");
        let accepted = decisions
            .chunks_exact(size_of::<GateDecision>())
            .filter_map(read::<GateDecision>)
            .filter(|decision| decision.code == 0)
            .count();
        assert_eq!(counts.accepted as usize, accepted);
    }

    fn record<T: Record>(&self, call: impl FnOnce(*mut u8, u32) -> i32) -> T {
        let mut bytes = [0; 256];
        let bytes = &mut bytes[..size_of::<T>()];
        assert_eq!(call(bytes.as_mut_ptr(), bytes.len() as u32), 0);
        read(bytes).expect("a record")
    }

    fn check(&self) {
        for strategy in 1..=STRATEGIES {
            // SAFETY: the record is as long as it is said to be. So below.
            let exposure: Exposure = self.record(|out, length| unsafe {
                cwts_gate_exposure(self.gate, strategy, 0, out, length)
            });
            let (long, short) = (
                exposure.position + exposure.open_buy,
                exposure.position - exposure.open_sell,
            );
            assert!(
                exposure.open_buy >= 0 && exposure.open_sell >= 0,
                "{exposure:?}"
            );
            assert!(long <= LIMIT && short >= -LIMIT, "{exposure:?}");
        }
        let counters: GateCounters =
            // SAFETY: as above.
            self.record(|out, length| unsafe { cwts_gate_counters(self.gate, out, length) });
        // SAFETY: it takes no memory.
        let open = unsafe { cwts_engine_open_orders(self.engine) };
        assert_eq!(counters.open_orders, open as u64);
        assert_eq!(
            (counters.unmatched, counters.inconsistent),
            (0, 0),
            "{counters:?}"
        );
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        // SAFETY: these take no memory.
        unsafe {
            cwts_gate_close(self.gate);
            cwts_engine_close(self.engine);
            cwts_control_close(self.control);
            cwts_audit_close(self.audit);
        }
    }
}

pub fn run(bytes: &[u8]) {
    let mut noise = Noise(bytes);
    let path = Path::new();
    let mut time = 1_000_000_000;
    while !noise.is_empty() {
        let count = 1 + usize::from(noise.below(MOST as u8));
        let mut commands = Vec::with_capacity(count);
        for _ in 0..count {
            let mut words = Noise(noise.take(20));
            time += i64::from(words.byte() & 7) * 1_000_000;
            let mut command = command(&mut words, time);
            // Mass cancels go to the engine directly, where nobody of ours is meant.
            command.owner = 1 + command.owner % STRATEGIES;
            // The door's own mark is the venue's to set; set by a strategy, it answers for orders the gate never had.
            command.flags &= !(REFUSED_AT_DOOR as u16);
            commands.push(command);
        }
        ANSWERS.with_borrow_mut(|answers| path.submit(&commands, answers));
        path.check();
    }
}

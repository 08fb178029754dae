//! The C interface: whatever a function is called with, it answers with a status, and nothing panics.
//!
//! One promise is kept, the only one it asks for: no buffer is said to be longer than it is. Each buffer is an allocation
//! of its own, so that a sanitizer sees a byte too far.
use crate::calls::{call, CALLS};
use crate::noise::Noise;
use cwts_core::layout::code;

extern "C" {
    fn cwts_audit_memory() -> i64;
    fn cwts_control_memory() -> i64;
    fn cwts_engine_create() -> i64;
    fn cwts_engine_add_instrument(handle: u64, instrument: u32) -> i32;
    fn cwts_gate_create(audit: u64, control: u64, pairs: u32) -> i64;
    fn cwts_feed_create(kind: u32, midnight: f64) -> i64;
    fn cwts_feed_add_symbol(
        handle: u64,
        instrument: u32,
        symbol: *const u8,
        symbol_length: u32,
        tick: *const u8,
        tick_length: u32,
        lot: *const u8,
        lot_length: u32,
    ) -> i32;
    fn cwts_builder_create() -> i64;
    fn cwts_builder_add_instrument(handle: u64, instrument: u32) -> i32;
    fn cwts_audit_close(handle: u64) -> i32;
    fn cwts_control_close(handle: u64) -> i32;
    fn cwts_engine_close(handle: u64) -> i32;
    fn cwts_gate_close(handle: u64) -> i32;
    fn cwts_feed_close(handle: u64) -> i32;
    fn cwts_builder_close(handle: u64) -> i32;
}

const STEPS: usize = 40;
const ROOM: u16 = 700;
const KINDS: [&str; 6] = ["audit", "control", "engine", "gate", "feed", "builder"];

/// Arguments made of an input's bytes.
pub(crate) struct Arguments<'a> {
    noise: Noise<'a>,
    handles: [u64; KINDS.len()],
    /// Handles that calls have made, to be closed.
    made: Vec<u64>,
}

/// Buffers that one length speaks for.
pub(crate) struct Group {
    buffers: Vec<Option<Box<[u8]>>>,
    told: u32,
}

impl Group {
    pub fn at(&mut self, index: usize) -> *mut u8 {
        match &mut self.buffers[index] {
            Some(buffer) => buffer.as_mut_ptr(),
            None => core::ptr::null_mut(),
        }
    }

    pub fn told(&self) -> u32 {
        self.told
    }
}

impl Arguments<'_> {
    /// Mostly the right one.
    pub fn handle(&mut self, kind: &str) -> u64 {
        let right = KINDS.iter().position(|one| *one == kind);
        match (self.noise.below(8), right) {
            (0, _) => self.noise.u64(),
            (1, _) | (_, None) => self.handles[usize::from(self.noise.below(KINDS.len() as u8))],
            (_, Some(right)) => self.handles[right],
        }
    }

    pub fn word(&mut self) -> u32 {
        match self.noise.below(4) {
            0 => self.noise.u64() as u32,
            1 => u32::from(self.noise.u16()),
            _ => u32::from(self.noise.below(8)),
        }
    }

    pub fn float(&mut self) -> f64 {
        match self.noise.below(4) {
            0 => f64::from_bits(self.noise.u64()),
            1 => f64::from(self.noise.u16()) / 2.0,
            _ => f64::from(self.noise.byte()),
        }
    }

    /// Buffers of which the shortest holds as many things of `size` bytes as are told.
    pub fn group(&mut self, many: usize, size: usize) -> Group {
        let mut least = usize::MAX;
        let buffers = (0..many)
            .map(|_| {
                if self.noise.below(12) == 0 {
                    return None;
                }
                let length = usize::from(self.noise.u16() % ROOM);
                let mut buffer = vec![0; length].into_boxed_slice();
                let bytes = self.noise.take(length.min(130));
                buffer[..bytes.len()].copy_from_slice(bytes);
                least = least.min(length / size);
                Some(buffer)
            })
            .collect();
        let told = if least == usize::MAX {
            usize::from(self.noise.u16())
        } else {
            least
        };
        Group {
            buffers,
            told: told as u32,
        }
    }

    fn close_made(&mut self) {
        for handle in self.made.drain(..).chain(self.handles) {
            // SAFETY: these take no memory, and refuse a handle of another kind.
            unsafe {
                cwts_gate_close(handle);
                cwts_engine_close(handle);
                cwts_builder_close(handle);
                cwts_feed_close(handle);
                cwts_control_close(handle);
                cwts_audit_close(handle);
            }
        }
    }
}

/// One object of each kind.
fn handles(feed_kind: u32) -> [u64; KINDS.len()] {
    let opened = |handle: i64| u64::try_from(handle).expect("a handle");
    let (symbol, one) = ("BTCUSDT", "0.1");
    // SAFETY: the texts are as long as they are said to be.
    unsafe {
        let (audit, control) = (opened(cwts_audit_memory()), opened(cwts_control_memory()));
        let engine = opened(cwts_engine_create());
        cwts_engine_add_instrument(engine, 0);
        let gate = opened(cwts_gate_create(audit, control, 64));
        let feed = opened(cwts_feed_create(feed_kind, 0.0));
        let (s, l) = (symbol.as_ptr(), symbol.len() as u32);
        cwts_feed_add_symbol(feed, 0, s, l, one.as_ptr(), 3, one.as_ptr(), 3);
        let builder = opened(cwts_builder_create());
        cwts_builder_add_instrument(builder, 0);
        [audit, control, engine, gate, feed, builder]
    }
}

pub fn run(bytes: &[u8]) {
    let mut noise = Noise(bytes);
    let mut arguments = Arguments {
        handles: handles(1 + u32::from(noise.below(4))),
        noise,
        made: Vec::new(),
    };
    for _ in 0..STEPS {
        if arguments.noise.is_empty() {
            break;
        }
        let which = usize::from(arguments.noise.byte()) % CALLS;
        let (name, status, opens) = call(which, &mut arguments);
        assert!(status >= 0.0 || status >= -4_000.0, "{name} gave {status}");
        assert_ne!(status, -f64::from(code::PANICKED), "{name} panicked");
        if opens && status > 0.0 {
            arguments.made.push(status as u64);
        }
    }
    arguments.close_made();
}

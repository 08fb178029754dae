//! The clock of all measurements: the processor's cycle counter where there is one, else the system's.
//!
//! A reading waits until everything before it has finished, so that nothing of a measured step runs outside of it. The
//! cost of reading is part of every figure and printed beside it, never subtracted.
use std::time::{Duration, Instant};

/// How often ticks are compared with the system's clock at the start.
const CALIBRATION: Duration = Duration::from_millis(50);
const EMPTY_READINGS: usize = 100_000;

#[derive(Clone, Copy)]
pub struct Clock {
    ticks_per_nano: f64,
    #[cfg(not(target_arch = "x86_64"))]
    origin: Instant,
}

impl Clock {
    /// Compares the counter with the system's clock; takes 50 ms.
    pub fn calibrated() -> Self {
        let mut clock = Self {
            ticks_per_nano: 1.0,
            #[cfg(not(target_arch = "x86_64"))]
            origin: Instant::now(),
        };
        let (begun, first) = (Instant::now(), clock.ticks());
        while begun.elapsed() < CALIBRATION {}
        clock.ticks_per_nano = (clock.ticks() - first) as f64 / begun.elapsed().as_nanos() as f64;
        clock
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub fn ticks(&self) -> u64 {
        use core::arch::x86_64::{_mm_lfence, _rdtsc};
        // SAFETY: both instructions exist on every x86-64 processor and touch no memory.
        unsafe {
            _mm_lfence();
            _rdtsc()
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    #[inline(always)]
    pub fn ticks(&self) -> u64 {
        self.origin.elapsed().as_nanos() as u64
    }

    /// Nanoseconds of a number of ticks.
    pub fn nanos(&self, ticks: u64) -> f64 {
        ticks as f64 / self.ticks_per_nano
    }

    /// Ticks of a number of nanoseconds.
    pub fn ticks_of(&self, nanos: f64) -> f64 {
        nanos * self.ticks_per_nano
    }

    /// Nanoseconds between two readings with nothing between them: the median.
    pub fn cost(&self) -> f64 {
        let mut gaps: Vec<u64> = (0..EMPTY_READINGS)
            .map(|_| {
                let first = self.ticks();
                self.ticks() - first
            })
            .collect();
        gaps.sort_unstable();
        self.nanos(gaps[gaps.len() / 2])
    }
}

/// What the machine takes away from a thread that does nothing but read the clock.
pub struct Hiccup {
    pub p9999_ns: f64,
    pub max_ns: f64,
    pub samples: u64,
}

/// Gaps in ticks that are counted one by one; larger ones are kept in a list.
const SMALL: usize = 1 << 16;

/// Spins for `time` and looks at the gaps between readings.
pub fn hiccup(clock: &Clock, time: Duration) -> Hiccup {
    let mut small = vec![0u64; SMALL];
    let mut large = Vec::with_capacity(1 << 16);
    let mut samples = 0u64;
    let begun = clock.ticks();
    let end = begun + clock.ticks_of(time.as_nanos() as f64) as u64;
    let mut last = begun;
    while last < end {
        let now = clock.ticks();
        let gap = now - last;
        match small.get_mut(gap as usize) {
            Some(count) => *count += 1,
            None if large.len() < large.capacity() => large.push(gap),
            // A list that grew would be a hiccup of our own making.
            None => {}
        }
        samples += 1;
        last = now;
    }
    large.sort_unstable();
    let widest = small.iter().rposition(|count| *count > 0).unwrap_or(0) as u64;
    let max = large.last().copied().unwrap_or(widest);
    let rank = (samples as f64 * 0.9999).ceil() as u64;
    let mut seen = 0;
    let within = small.iter().position(|count| {
        seen += count;
        seen >= rank
    });
    let p9999 = within.map_or_else(
        || large[((rank - seen - 1) as usize).min(large.len() - 1)],
        |gap| gap as u64,
    );
    Hiccup {
        p9999_ns: clock.nanos(p9999),
        max_ns: clock.nanos(max),
        samples,
    }
}

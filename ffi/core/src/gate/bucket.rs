//! The message-rate token bucket of one strategy, in exact integers.
//!
//! The level is kept in billionths of a token, so one nanosecond at `rate` messages a second adds exactly `rate`.
use crate::image::image;

/// Level units of one message.
pub const TOKEN: i64 = 1_000_000_000;

/// Tokens left, and when they were last counted. A fresh bucket is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Messages a second.
    pub rate: u32,
    /// Most messages at once.
    pub burst: u32,
    level: i64,
    counted_at: i64,
}

image!(Bucket {
    rate,
    burst,
    level,
    counted_at
});

impl Bucket {
    /// A fresh one that was never configured.
    pub const EMPTY: Self = Self {
        rate: 0,
        burst: 0,
        level: 0,
        counted_at: 0,
    };

    /// Changes rate and size. A fresh bucket starts full; later changes keep what is left, cut to the new size.
    pub fn configure(&mut self, rate: u32, burst: u32) {
        let capacity = i64::from(burst) * TOKEN;
        self.level = if *self == Self::default() {
            capacity
        } else {
            self.level.min(capacity)
        };
        self.rate = rate;
        self.burst = burst;
    }

    /// The level at `now`. Time that runs backwards adds nothing.
    #[must_use]
    pub fn level_at(&self, now: i64) -> i64 {
        let elapsed = now.saturating_sub(self.counted_at).max(0);
        let capacity = i64::from(self.burst) * TOKEN;
        elapsed
            .saturating_mul(i64::from(self.rate))
            .saturating_add(self.level)
            .min(capacity)
    }

    /// Takes one message out. Call only when `level_at(now)` is at least [`TOKEN`].
    pub fn take(&mut self, now: i64) {
        self.level = self.level_at(now) - TOKEN;
        self.counted_at = self.counted_at.max(now);
    }

    /// Level and time of the last count, for the state hash.
    #[must_use]
    pub const fn parts(&self) -> (i64, i64) {
        (self.level, self.counted_at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, TOKEN};

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_then_its_rate_exactly() {
        let mut bucket = Bucket::default();
        bucket.configure(3, 2);
        bucket.take(0);
        bucket.take(0);
        assert!(bucket.level_at(0) < TOKEN);
        // A third of a second is not a whole number of nanoseconds: 333333333 ns is 1e-9 token short.
        assert!(bucket.level_at(333_333_333) < TOKEN);
        assert!(bucket.level_at(333_333_334) >= TOKEN);
        assert_eq!(bucket.level_at(i64::MAX), 2 * TOKEN);
    }

    #[test]
    fn a_clock_that_steps_back_grants_nothing() {
        let mut bucket = Bucket::default();
        bucket.configure(1, 1);
        bucket.take(5 * TOKEN);
        assert_eq!(bucket.level_at(0), 0);
        assert_eq!(bucket.level_at(6 * TOKEN), TOKEN);
    }

    #[test]
    fn a_bucket_of_no_rate_and_no_burst_gives_nothing() {
        let mut bucket = Bucket::default();
        bucket.configure(0, 0);
        assert_eq!(bucket.level_at(i64::MAX), 0);
    }
}

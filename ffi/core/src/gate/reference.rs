//! The market prices the gate measures orders against.
use crate::image::image;

/// Best prices and last trade of one instrument, ticks; 0 means there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Best bid.
    pub bid: i64,
    /// Best ask.
    pub ask: i64,
    /// Last trade.
    pub last: i64,
    /// When any of them was last set, nanoseconds.
    pub time: i64,
}

image!(Reference {
    bid,
    ask,
    last,
    time
});

impl Reference {
    /// Twice the reference price: the middle of bid and ask, else the last trade. Doubled so that half a tick is exact.
    #[must_use]
    pub fn doubled(&self) -> Option<i64> {
        if self.bid > 0 && self.ask > 0 {
            self.bid.checked_add(self.ask)
        } else if self.last > 0 {
            self.last.checked_mul(2)
        } else {
            None
        }
    }

    /// The same, with the last price of the day before as the last trade while today has given no price at all. It is as old
    /// as the terms that name it, which are of the day; a price of today that has become too old is not replaced by it.
    #[inline]
    #[must_use]
    pub fn or_prior_close(self, close: i64, now: i64) -> Self {
        if close == 0 || self.doubled().is_some() {
            return self;
        }
        Self {
            last: close,
            time: now,
            ..self
        }
    }

    /// The reference price in whole ticks, rounded up.
    #[must_use]
    pub fn ticks(&self) -> Option<i64> {
        self.doubled().map(|doubled| doubled / 2 + doubled % 2)
    }

    /// Nanoseconds since the prices were set; 0 when they are from the future.
    #[must_use]
    pub fn age(&self, now: i64) -> i64 {
        now.saturating_sub(self.time).max(0)
    }
}

//! The worst that can become of a position with orders open on both sides.
use crate::layout::side;

/// Both ends of where a position may go, lots: every open order of one side fills and none of the other. In between lies
/// whatever else may fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worst {
    /// Position + open buys.
    pub long: i64,
    /// Position − open sells.
    pub short: i64,
    /// Without any open order; 0 when it cannot be counted.
    pub position: i64,
}

impl Worst {
    /// What cannot be counted: beyond every limit.
    pub const UNCOUNTED: Self = Self {
        long: i64::MAX,
        short: -i64::MAX,
        position: 0,
    };

    /// Of a position with so many lots open, the order under decision among them.
    #[inline]
    #[must_use]
    pub fn of(position: i64, open_buy: i64, open_sell: i64) -> Self {
        let (Some(long), Some(short)) = (
            position.checked_add(open_buy),
            position.checked_sub(open_sell),
        ) else {
            return Self::UNCOUNTED;
        };
        Self {
            long,
            short,
            position,
        }
    }

    /// The larger end and the smaller one: long and short, unless more lots were taken off than were on.
    #[inline]
    #[must_use]
    pub fn ends(&self) -> (i64, i64) {
        (self.long.max(self.short), self.long.min(self.short))
    }

    /// Whether everything open on `side` only takes away from the position.
    #[inline]
    #[must_use]
    pub const fn reduces(&self, side: u8) -> bool {
        if side == side::BUY {
            self.position < 0 && self.long <= 0
        } else {
            self.position > 0 && self.short >= 0
        }
    }

    /// The larger distance from flat; the largest integer when it cannot be counted.
    #[inline]
    #[must_use]
    pub fn either(&self) -> i64 {
        self.furthest().min(i64::MAX as u64) as i64
    }

    #[inline]
    fn furthest(&self) -> u64 {
        self.long.unsigned_abs().max(self.short.unsigned_abs())
    }

    /// Whether that is within `limit`, which is not negative. What cannot be counted is within none.
    #[inline]
    #[must_use]
    pub fn is_within(&self, limit: i64) -> bool {
        self.furthest() <= limit.min(i64::MAX - 1) as u64
    }
}

/// A number that may exceed 64 bits as it stands in records: the nearest integer that fits.
#[inline]
#[must_use]
pub fn clamped(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

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
    /// Whether the order under decision, with everything open on its side, only takes away from the position.
    pub reduces: bool,
}

impl Worst {
    /// What cannot be counted: beyond every limit.
    pub const UNCOUNTED: Self = Self {
        long: i64::MAX,
        short: -i64::MAX,
        reduces: false,
    };

    /// Of a position with so many lots open, the order under decision on `side` among them.
    #[inline]
    #[must_use]
    pub const fn of(position: i64, open_buy: i64, open_sell: i64, side: u8) -> Self {
        let (Some(long), Some(short)) = (
            position.checked_add(open_buy),
            position.checked_sub(open_sell),
        ) else {
            return Self::UNCOUNTED;
        };
        let reduces = if side == side::BUY {
            position < 0 && long <= 0
        } else {
            position > 0 && short >= 0
        };
        Self {
            long,
            short,
            reduces,
        }
    }

    /// The larger distance from flat; the largest integer when it cannot be counted.
    #[inline]
    #[must_use]
    pub fn either(&self) -> i64 {
        let (long, short) = (self.long.saturating_abs(), self.short.saturating_abs());
        long.max(short)
    }

    /// Whether that is within `limit`. What cannot be counted is within none.
    #[inline]
    #[must_use]
    pub fn is_within(&self, limit: i64) -> bool {
        let either = self.either();
        either <= limit && either != i64::MAX
    }
}

/// A number that may exceed 64 bits as it stands in records: the nearest integer that fits.
#[inline]
#[must_use]
pub fn clamped(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

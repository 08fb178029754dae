//! Worst-case positions by value, as sums that every node carries.
//!
//! A strategy's position in an instrument is valued at its mark: the reference price of the last order the gate let in
//! there, which stands in that order's record. So the sums change only with what is on record, fills can only shrink
//! them, and they are zero when everything is closed.
use super::cell::Cell;
use super::worst::Worst;
use crate::image::image;
use crate::layout::side;

/// Values in money units, of one strategy in one instrument or summed over many. Sums wrap: releasing what was added
/// gives exactly what was there before, whatever happened in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Of the worst case, either side, of each strategy in each instrument.
    pub gross: i128,
    /// If every open buy fills and no open sell, signed.
    pub long: i128,
    /// If every open sell fills and no open buy, signed.
    pub short: i128,
}

image!(Money { gross, long, short });

impl Money {
    /// What a strategy's lots are worth at `mark` money units a lot. Fits: both factors have 64 bits.
    #[inline]
    #[must_use]
    pub fn of(cell: &Cell, mark: i64) -> Self {
        Self::at(&cell.worst(side::BUY, 0), mark)
    }

    /// The same for a position that has not come to be.
    #[inline]
    #[must_use]
    pub fn at(worst: &Worst, mark: i64) -> Self {
        let value = |lots: i64| i128::from(lots) * i128::from(mark);
        let (long, short) = (value(worst.long), value(worst.short));
        Self {
            gross: value(worst.either()),
            long,
            short,
        }
    }

    /// Whether the net value lies within `limit`, long and short.
    #[inline]
    #[must_use]
    pub fn is_net_within(&self, limit: i64) -> bool {
        let limit = i128::from(limit);
        self.long <= limit && self.short >= -limit
    }

    /// The larger net value, either side.
    #[must_use]
    pub fn net(&self) -> i128 {
        self.long.abs().max(self.short.abs())
    }

    /// The sum.
    #[inline]
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            gross: self.gross.wrapping_add(other.gross),
            long: self.long.wrapping_add(other.long),
            short: self.short.wrapping_add(other.short),
        }
    }

    /// The difference.
    #[inline]
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            gross: self.gross.wrapping_sub(other.gross),
            long: self.long.wrapping_sub(other.long),
            short: self.short.wrapping_sub(other.short),
        }
    }
}

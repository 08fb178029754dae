//! How far a reference price moved lately: its extremes in two generations of one window each.
use super::super::reference::Reference;
use crate::image::image;

/// Extremes of a price, doubled as references are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extremes {
    low: i64,
    high: i64,
}

image!(Extremes { low, high });

impl Extremes {
    fn with(self, price: i64) -> Self {
        if self == Self::default() {
            return Self {
                low: price,
                high: price,
            };
        }
        Self {
            low: self.low.min(price),
            high: self.high.max(price),
        }
    }
}

/// What is remembered of the price of one instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    young: Extremes,
    old: Extremes,
    since: i64,
    /// The distance of the extremes; see [`Moves::bps`].
    bps: i64,
}

image!(Moves {
    young,
    old,
    since,
    bps
});

impl Moves {
    /// As they stand on record: low and high of the window, of the one before, and when the window began.
    #[must_use]
    pub const fn parts(&self) -> [i64; 5] {
        let (young, old) = (self.young, self.old);
        [young.low, young.high, old.low, old.high, self.since]
    }

    /// What stood on record so.
    #[must_use]
    pub fn of_parts([low, high, low_before, high_before, since]: [i64; 5]) -> Self {
        let mut moves = Self {
            young: Extremes { low, high },
            old: Extremes {
                low: low_before,
                high: high_before,
            },
            since,
            bps: 0,
        };
        moves.bps = moves.distance();
        moves
    }

    /// Takes in a reference, under a window in milliseconds.
    pub fn note(&mut self, reference: &Reference, window_ms: u32) {
        let Some(price) = reference.doubled() else {
            return;
        };
        let window = i64::from(window_ms) * 1_000_000;
        let passed = reference.time.saturating_sub(self.since);
        if passed >= window {
            let long_ago = passed >= window.saturating_mul(2);
            self.old = if long_ago {
                Extremes::default()
            } else {
                self.young
            };
            self.young = Extremes::default();
            self.since = reference.time;
        }
        self.young = self.young.with(price);
        self.bps = self.distance();
    }

    /// The distance of the extremes as a share of the lower one, in hundredths of a percent, rounded up.
    #[must_use]
    pub const fn bps(&self) -> i64 {
        self.bps
    }

    fn distance(&self) -> i64 {
        let both = if self.old == Extremes::default() {
            self.young
        } else {
            self.young.with(self.old.low).with(self.old.high)
        };
        if both.low <= 0 {
            return 0;
        }
        let distance = i128::from(both.high - both.low) * 10_000;
        let low = i128::from(both.low);
        i64::try_from((distance + low - 1) / low).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Moves, Reference};

    const MS: i64 = 1_000_000;

    fn at(ms: i64, last: i64) -> Reference {
        Reference {
            last,
            time: ms * MS,
            ..Reference::default()
        }
    }

    #[test]
    fn extremes_are_remembered_for_a_window_at_least_and_two_at_most() {
        let mut moves = Moves::default();
        moves.note(&at(1_000, 1_000), 100);
        moves.note(&at(1_050, 1_010), 100);
        assert_eq!(moves.bps(), 100);
        moves.note(&at(1_149, 1_000), 100);
        assert_eq!(moves.bps(), 100);
        moves.note(&at(1_250, 1_000), 100);
        assert_eq!(moves.bps(), 0);
        moves.note(&at(2_000, 1_001), 100);
        assert_eq!(moves.bps(), 0);
        moves.note(&at(2_001, 1_000), 100);
        assert_eq!(moves.bps(), 10);
    }

    #[test]
    fn a_fraction_of_a_basis_point_rounds_up_and_no_price_moves_nothing() {
        let mut moves = Moves::default();
        moves.note(&at(1, 30_000), 100);
        moves.note(&at(2, 30_001), 100);
        assert_eq!(moves.bps(), 1);
        moves.note(&at(3, 0), 100);
        assert_eq!(moves.bps(), 1);
    }
}

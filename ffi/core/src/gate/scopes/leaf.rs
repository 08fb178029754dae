//! A strategy in an instrument: the lowest level of the tree, where orders enter.
use super::LEVELS;
use crate::image::image;
use crate::layout::StrategyLimits;

const NANOS_PER_MS: i64 = 1_000_000;

/// What a strategy may do in an instrument with one order, and how far it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Largest order, lots.
    pub max_quantity: i64,
    /// Largest order, money units.
    pub max_notional: i64,
    /// Largest worst-case position, lots.
    pub max_position: i64,
    /// Nanoseconds within which the same order again is a duplicate; 0 for never.
    pub duplicate_window: i64,
}

image!(Terms {
    max_quantity,
    max_notional,
    max_position,
    duplicate_window
});
image!(Leaf {
    terms,
    mark,
    cells,
    strategy,
    instrument,
    may_trade
});

impl Terms {
    /// Nothing may pass.
    pub const NOTHING: Self = Self {
        max_quantity: 0,
        max_notional: 0,
        max_position: 0,
        duplicate_window: 0,
    };

    /// As they were set.
    #[must_use]
    pub const fn of(limits: &StrategyLimits) -> Self {
        Self {
            max_quantity: limits.max_quantity,
            max_notional: limits.max_notional,
            max_position: limits.max_position,
            duplicate_window: limits.duplicate_window_ms as i64 * NANOS_PER_MS,
        }
    }
}

/// One cache line: with it, everything an order counts in is known.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Leaf {
    /// What the strategy may do here.
    pub terms: Terms,
    /// Money units of one lot at the reference price of the last order let in.
    pub mark: i64,
    /// Cells of firm, customer, account and strategy in the instrument.
    pub cells: [u32; LEVELS],
    pub strategy: u32,
    pub instrument: u16,
    /// False where only a trade of the venue led: no order may enter.
    pub may_trade: bool,
}

//! What the gate knows of one strategy over all instruments.
use super::LEVELS;
use crate::gate::bucket::Bucket;
use crate::image::image;
use crate::layout::NO_NODE;

/// A strategy, one cache line: its place in the tree, its message budget and its clock.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Strategy {
    /// Nodes of firm, customer, account and strategy.
    pub path: [u32; LEVELS],
    pub bucket: Bucket,
    /// Latest command time: a command cannot go back in time to refill its bucket.
    pub clock: i64,
    /// Whether it has limits anywhere, without which it may do nothing.
    pub may_trade: bool,
}

image!(Strategy {
    path,
    bucket,
    clock,
    may_trade
});

impl Strategy {
    /// One that has no place.
    pub const UNKNOWN: Self = Self {
        path: [NO_NODE; LEVELS],
        bucket: Bucket::EMPTY,
        clock: i64::MIN,
        may_trade: false,
    };

    /// Its own node; `NO_NODE` when it has none.
    #[inline]
    #[must_use]
    pub const fn node(&self) -> u32 {
        self.path[LEVELS - 1]
    }
}

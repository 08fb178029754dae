//! Orders entered a short while ago, to notice the same order twice.
//!
//! Two generations of one longest window each: a look-up asks both, and when the younger has lasted a window the older
//! is dropped whole. Nothing is expired entry by entry, and memory is bounded by two windows of orders.
mod generation;

use super::hash::folded;
use crate::ask_for::ask_for;
use crate::image::image;
use crate::layout::OrderCommand;
use generation::Generation;
use sha2::{Digest, Sha256};
use std::mem;

/// What makes two orders the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    /// strategy << 17 | instrument << 1 | side
    who: u64,
    price: u64,
    quantity: u64,
}

image!(Shape {
    who,
    price,
    quantity
});

impl Shape {
    /// The shape of a new order.
    #[inline]
    #[must_use]
    pub fn of(command: &OrderCommand) -> Self {
        let who = u64::from(command.owner) << 17
            | u64::from(command.instrument) << 1
            | u64::from(command.side & 1);
        Self {
            who,
            price: command.price as u64,
            quantity: command.quantity as u64,
        }
    }

    #[inline]
    fn hash(&self) -> u64 {
        let mixed = self
            .who
            .wrapping_mul(0xD6E8_FEB8_6659_FD93)
            .wrapping_add(self.price.rotate_left(32))
            .wrapping_add(self.quantity.wrapping_mul(0xA076_1D64_78BD_642F));
        folded(mixed)
    }
}

/// When each shape was last entered, for at least the longest window.
#[derive(Default)]
pub struct Recent {
    young: Generation,
    old: Generation,
    /// Time of the first entry of the young generation.
    young_since: i64,
    /// Longest duplicate window of any strategy, nanoseconds.
    window: i64,
}

image!(Recent {
    young,
    old,
    young_since,
    window
});

impl Recent {
    /// Keeps entries at least this long; only ever grows, so that raising a window never forgets.
    pub fn keep_for(&mut self, window: i64) {
        self.window = self.window.max(window);
    }

    /// When `shape` was last entered, if that is still remembered.
    #[inline]
    #[must_use]
    pub fn last(&self, shape: &Shape) -> Option<i64> {
        let hash = shape.hash();
        let young = self.young.last(shape, hash);
        young.or_else(|| self.old.last(shape, hash))
    }

    /// Asks the memory for what a look-up of `shape` begins with.
    #[inline]
    pub fn ask_for(&self, shape: &Shape) {
        let hash = shape.hash();
        ask_for(self.young.begins(hash));
        ask_for(self.old.begins(hash));
    }

    /// Remembers that `shape` was entered at `now`.
    #[inline]
    pub fn enter(&mut self, shape: Shape, now: i64) {
        if now.saturating_sub(self.young_since) >= self.window {
            mem::swap(&mut self.young, &mut self.old);
            if now.saturating_sub(self.young_since) >= self.window.saturating_mul(2) {
                self.old.clear();
            }
            self.young.clear();
            self.young_since = now;
        }
        self.young.enter(shape, shape.hash(), now);
    }

    /// Feeds what is remembered to `digest` in canonical order.
    pub fn digest(&self, digest: &mut Sha256) {
        let mut entries: Vec<_> = self
            .old
            .entries()
            .filter(|(shape, _)| self.young.last(shape, shape.hash()).is_none())
            .chain(self.young.entries())
            .collect();
        entries.sort_unstable();
        digest.update((entries.len() as u64).to_le_bytes());
        for (shape, time) in entries {
            for word in [shape.who, shape.price, shape.quantity, time as u64] {
                digest.update(word.to_le_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Recent, Shape};
    use crate::layout::OrderCommand;

    fn shape(price: i64) -> Shape {
        Shape::of(&OrderCommand {
            owner: 1,
            price,
            quantity: 1,
            ..OrderCommand::default()
        })
    }

    #[test]
    fn a_shape_is_remembered_for_at_least_one_window_and_forgotten_after_two() {
        let mut recent = Recent::default();
        recent.keep_for(100);
        recent.enter(shape(1), 1_000);
        recent.enter(shape(2), 1_099);
        assert_eq!(recent.last(&shape(1)), Some(1_000));
        recent.enter(shape(3), 1_100);
        assert_eq!(recent.last(&shape(1)), Some(1_000));
        assert_eq!(recent.last(&shape(2)), Some(1_099));
        recent.enter(shape(4), 1_200);
        assert_eq!(recent.last(&shape(1)), None);
        assert_eq!(recent.last(&shape(3)), Some(1_100));
        recent.enter(shape(5), 9_000);
        assert_eq!(recent.last(&shape(4)), None);
        assert_eq!(recent.last(&shape(5)), Some(9_000));
    }
}

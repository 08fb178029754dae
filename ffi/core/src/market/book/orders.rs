//! Resting orders that a feed knows by their reference.
use crate::book::fold;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// One order: where it rests and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// See [`super::levels`].
    pub key: i64,
    pub quantity: i64,
    pub side: u8,
}

/// Hashes the words of a key. Nothing depends on the order of the map.
#[derive(Clone, Copy, Default)]
pub(super) struct Words(u64);

impl Hasher for Words {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u16(&mut self, word: u16) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = fold(self.0, word);
    }
}

/// Orders by instrument and reference.
pub(super) type Orders = HashMap<(u16, u64), Order, BuildHasherDefault<Words>>;

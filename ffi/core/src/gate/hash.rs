//! A hasher for integer keys on the order path.
//!
//! SipHash costs more than the look-up it guards. Keys here are order ids and order shapes, so one folded multiply
//! per word mixes well enough; nothing iterates over these maps in hash order, so results never depend on it.
use std::hash::{BuildHasherDefault, Hasher};

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// One folded multiply: every bit of the word moves every bit of the answer.
#[inline]
#[must_use]
pub const fn folded(word: u64) -> u64 {
    let wide = (word ^ MULTIPLIER) as u128 * MULTIPLIER as u128;
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// Folded-multiply hasher for keys made of integers.
#[derive(Clone, Copy, Default)]
pub struct WordHasher(u64);

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = folded(self.0 ^ word);
    }
}

/// For `HashMap::with_hasher`.
pub type WordState = BuildHasherDefault<WordHasher>;

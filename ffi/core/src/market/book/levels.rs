//! One side of a book: totals by price.
//!
//! A side speaks of *keys*, not prices: a key is the price of a buy and the complement of the price of a sell, so that more
//! is better on both sides and nothing depends on the side.
use std::collections::BTreeMap;

/// The key of a price, and the price of a key.
#[inline(always)]
pub(super) fn key_of(side: u8, price: i64) -> i64 {
    price ^ -i64::from(side)
}

/// Totals by key.
pub trait Levels: Default {
    /// Sets the total at a key, 0 to remove it, and returns what it was before.
    fn set(&mut self, key: i64, quantity: i64) -> i64;

    /// The total at a key; 0 when there is none.
    fn get(&self, key: i64) -> i64;

    /// The highest key with a total.
    fn best(&self) -> Option<i64>;

    /// Keys with a total.
    fn len(&self) -> usize;

    /// Whether no key has a total.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes everything.
    fn clear(&mut self);

    /// Visits keys and totals, highest key first, until `visit` returns false.
    fn for_each(&self, visit: &mut dyn FnMut(i64, i64) -> bool);
}

/// The readable one, which the others are compared with.
#[derive(Debug, Default)]
pub struct NaiveLevels(BTreeMap<i64, i64>);

impl Levels for NaiveLevels {
    fn set(&mut self, key: i64, quantity: i64) -> i64 {
        let before = if quantity == 0 {
            self.0.remove(&key)
        } else {
            self.0.insert(key, quantity)
        };
        before.unwrap_or(0)
    }

    fn get(&self, key: i64) -> i64 {
        self.0.get(&key).copied().unwrap_or(0)
    }

    fn best(&self) -> Option<i64> {
        self.0.keys().next_back().copied()
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn for_each(&self, visit: &mut dyn FnMut(i64, i64) -> bool) {
        for (key, quantity) in self.0.iter().rev() {
            if !visit(*key, *quantity) {
                break;
            }
        }
    }
}

//! Where something keyed by (owner, instrument) lies: an open-addressed table of slot numbers.
//!
//! Four bytes per place and at most half of the places taken; the key itself stands at the slot, which whoever asks looks
//! at next anyway. Nothing is ever removed but what was inserted last.
use crate::gate::hash::folded;
use crate::large_pages::ask_for_large_pages;

const FREE: u32 = 0;

/// The key of an owner (a strategy or a node) in an instrument.
#[must_use]
pub const fn key(owner: u32, instrument: u16) -> u64 {
    (owner as u64) << 16 | instrument as u64
}

/// A table from keys to slots.
pub struct Index {
    /// Slot + 1, or `FREE`; a power of two of them.
    places: Vec<u32>,
    taken: usize,
}

impl Index {
    /// Room for so many keys.
    #[must_use]
    pub fn with_room(keys: usize) -> Self {
        let places = (2 * keys).max(2).next_power_of_two();
        let places = vec![FREE; places];
        ask_for_large_pages(&places);
        Self { places, taken: 0 }
    }

    /// Whether one more key fits.
    #[must_use]
    pub fn has_room(&self) -> bool {
        2 * (self.taken + 1) <= self.places.len()
    }

    #[inline]
    fn home(&self, key: u64) -> usize {
        (folded(key) >> (64 - self.places.len().trailing_zeros())) as usize
    }

    /// The slot of `key`; `is` says whether a slot holds it.
    #[inline]
    #[must_use]
    pub fn find(&self, key: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.home(key);
        loop {
            match self.places[at] {
                FREE => return None,
                place if is(place - 1) => return Some(place - 1),
                _ => at = (at + 1) & (self.places.len() - 1),
            }
        }
    }

    /// The place a look-up begins at, to be asked for ahead of it.
    #[inline]
    #[must_use]
    pub fn begins(&self, key: u64) -> &u32 {
        &self.places[self.home(key)]
    }

    /// Remembers where a key that is not in the table lies. There must be room.
    pub fn insert(&mut self, key: u64, slot: u32) {
        debug_assert!(self.has_room());
        let at = self.first_free(key);
        self.places[at] = slot + 1;
        self.taken += 1;
    }

    fn first_free(&self, key: u64) -> usize {
        let mut at = self.home(key);
        while self.places[at] != FREE {
            at = (at + 1) & (self.places.len() - 1);
        }
        at
    }

    /// Forgets the key that was inserted last: no other was put behind it, so nobody looks for another past its place.
    pub fn forget_last(&mut self, key: u64, slot: u32) {
        let mut at = self.home(key);
        while self.places[at] != slot + 1 {
            at = (at + 1) & (self.places.len() - 1);
        }
        self.places[at] = FREE;
        self.taken -= 1;
    }

    /// Makes room for twice as many; `keys` are all keys by slot.
    pub fn grow(&mut self, keys: impl Iterator<Item = u64>) {
        *self = Self::with_room(self.places.len());
        for (key, slot) in keys.zip(0..) {
            self.insert(key, slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{key, Index};

    #[test]
    fn what_was_inserted_is_found_and_nothing_else_also_after_growing() {
        let keys: Vec<u64> = (0..500)
            .flat_map(|owner| [key(owner, 0), key(owner, 7), key(owner, u16::MAX)])
            .collect();
        let mut index = Index::with_room(1);
        for (slot, of) in (0..).zip(&keys) {
            if !index.has_room() {
                index.grow(keys[..slot as usize].iter().copied());
            }
            index.insert(*of, slot);
        }
        let find = |of: u64| index.find(of, |slot| keys[slot as usize] == of);
        for (slot, of) in (0..).zip(&keys) {
            assert_eq!(find(*of), Some(slot));
        }
        assert_eq!(find(key(3, 8)), None);
        assert_eq!(find(key(500, 0)), None);
    }

    #[test]
    fn forgetting_the_last_leaves_the_others_where_they_are() {
        let keys: Vec<u64> = (0..64).map(|owner| key(owner, 1)).collect();
        let mut index = Index::with_room(64);
        for (slot, of) in (0..).zip(&keys) {
            index.insert(*of, slot);
            index.forget_last(*of, slot);
            assert_eq!(index.find(*of, |at| at == slot), None);
            index.insert(*of, slot);
        }
        for (slot, of) in (0..).zip(&keys) {
            assert_eq!(index.find(*of, |at| at == slot), Some(slot));
        }
    }
}

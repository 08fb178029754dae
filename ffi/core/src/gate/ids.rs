//! Which order ids were ever used.
//!
//! Ids come from counters, so they are dense: one bit each in pages of 512 costs a few megabytes per ten million
//! orders, where a hash set would cost hundreds.
use super::hash::WordState;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const PAGE_BITS: u32 = 9;
const PAGE_WORDS: usize = 1 << (PAGE_BITS - 6);

/// A growing set of order ids; nothing is ever removed.
#[derive(Default)]
pub struct IdSet {
    pages: HashMap<u64, [u64; PAGE_WORDS], WordState>,
    len: u64,
}

const fn locate(id: u64) -> (u64, usize, u64) {
    let bit = id & ((1 << PAGE_BITS) - 1);
    (id >> PAGE_BITS, (bit >> 6) as usize, 1 << (bit & 63))
}

impl IdSet {
    /// Whether `id` was inserted before.
    #[must_use]
    pub fn contains(&self, id: u64) -> bool {
        let (page, word, bit) = locate(id);
        self.pages
            .get(&page)
            .is_some_and(|words| words[word] & bit != 0)
    }

    /// Remembers `id`.
    pub fn insert(&mut self, id: u64) {
        let (page, word, bit) = locate(id);
        let words = self.pages.entry(page).or_insert([0; PAGE_WORDS]);
        self.len += u64::from(words[word] & bit == 0);
        words[word] |= bit;
    }

    /// How many ids are in the set.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether no id was inserted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Feeds the set to `digest` in ascending order.
    pub fn digest(&self, digest: &mut Sha256) {
        let mut pages: Vec<_> = self.pages.iter().collect();
        pages.sort_unstable_by_key(|(page, _)| **page);
        digest.update(self.len.to_le_bytes());
        for (page, words) in pages {
            digest.update(page.to_le_bytes());
            for word in words {
                digest.update(word.to_le_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::IdSet;

    #[test]
    fn an_id_is_in_the_set_only_after_it_was_inserted() {
        let mut ids = IdSet::default();
        for id in [1, 511, 512, 513, u64::MAX] {
            assert!(!ids.contains(id));
            ids.insert(id);
            ids.insert(id);
            assert!(ids.contains(id));
        }
        assert!(!ids.contains(2));
        assert_eq!(ids.len(), 5);
    }
}

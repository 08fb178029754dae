//! Which order ids were ever used.
//!
//! Ids come from counters, so they are dense: one bit each in pages of 512 costs a few megabytes per ten million
//! orders, where a hash set would cost hundreds.
use super::hash::WordState;
use crate::image::image;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

const PAGE_BITS: u32 = 9;
const PAGE_WORDS: usize = 1 << (PAGE_BITS - 6);

type Page = [u64; PAGE_WORDS];

/// A growing set of order ids; nothing is ever removed.
#[derive(Default)]
pub struct IdSet {
    pages: Vec<Page>,
    /// Where each page stands.
    places: HashMap<u64, u32, WordState>,
    /// The page that was last inserted in, and its place: the next id is most often its neighbour.
    latest: Option<(u64, u32)>,
    len: u64,
}

image!(IdSet {
    pages,
    places,
    latest,
    len
});

const fn locate(id: u64) -> (u64, usize, u64) {
    let bit = id & ((1 << PAGE_BITS) - 1);
    (id >> PAGE_BITS, (bit >> 6) as usize, 1 << (bit & 63))
}

impl IdSet {
    #[inline]
    fn place(&self, page: u64) -> Option<u32> {
        match self.latest {
            Some((latest, place)) if latest == page => Some(place),
            _ => self.places.get(&page).copied(),
        }
    }

    /// Whether `id` was inserted before.
    #[inline]
    #[must_use]
    pub fn contains(&self, id: u64) -> bool {
        let (page, word, bit) = locate(id);
        self.place(page)
            .is_some_and(|place| self.pages[place as usize][word] & bit != 0)
    }

    /// Remembers `id`.
    #[inline]
    pub fn insert(&mut self, id: u64) {
        let (page, word, bit) = locate(id);
        let place = self.place(page).unwrap_or_else(|| self.open(page));
        self.latest = Some((page, place));
        let words = &mut self.pages[place as usize];
        self.len += u64::from(words[word] & bit == 0);
        words[word] |= bit;
    }

    #[cold]
    fn open(&mut self, page: u64) -> u32 {
        let place = self.pages.len() as u32;
        self.pages.push([0; PAGE_WORDS]);
        self.places.insert(page, place);
        place
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
        let mut pages: Vec<_> = self.places.iter().collect();
        pages.sort_unstable_by_key(|(page, _)| **page);
        digest.update(self.len.to_le_bytes());
        for (page, place) in pages {
            digest.update(page.to_le_bytes());
            for word in self.pages[*place as usize] {
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

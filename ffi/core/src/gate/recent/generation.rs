//! The shapes entered in one stretch of time: an open-addressed table, at most half full.
//!
//! It is asked once per order, nearly always in vain, and emptied every few milliseconds with thousands of shapes in it. So
//! a look-up reads tags of four bytes, of which even many stay in a near cache; shape and time stand beside them at the
//! same place and are read only where the tag agrees. Emptying counts a number up: a tag with another number is not there.
use super::Shape;
use crate::image::{Image, Source};

/// Bits of a tag that come from the hash; the rest is the number of the generation.
const HASH_BITS: u32 = 20;
/// The last number a generation can have.
const LAST: u32 = u32::MAX >> HASH_BITS;
const FIRST_PLACES: usize = 1 << 6;
const FREE: u32 = 0;

/// A table from shapes to times.
pub struct Generation {
    /// Number of the generation and upper bits of the hash, or `FREE`; a power of two of them.
    tags: Vec<u32>,
    /// By the same place: the shape, and when it was last entered.
    entries: Vec<(Shape, i64)>,
    taken: usize,
    /// From 1 to `LAST`.
    number: u32,
}

impl Default for Generation {
    fn default() -> Self {
        Self::with_places(FIRST_PLACES)
    }
}

impl Image for Generation {
    fn put(&self, out: &mut Vec<u8>) {
        self.entries().collect::<Vec<_>>().put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let mut generation = Self::default();
        for (shape, time) in Vec::<(Shape, i64)>::take(from)? {
            generation.enter(shape, shape.hash(), time);
        }
        Some(generation)
    }
}

impl Generation {
    fn with_places(places: usize) -> Self {
        Self {
            tags: vec![FREE; places],
            entries: vec![(Shape::default(), 0); places],
            taken: 0,
            number: 1,
        }
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.tags.len() - 1)
    }

    #[inline]
    fn tag(&self, hash: u64) -> u32 {
        self.number << HASH_BITS | (hash >> (64 - HASH_BITS)) as u32
    }

    /// The tag with which a look-up begins, to be asked for ahead of it.
    #[inline]
    pub fn begins(&self, hash: u64) -> &u32 {
        &self.tags[self.home(hash)]
    }

    /// Where `shape` is, or where it would go.
    #[inline]
    fn find(&self, shape: &Shape, hash: u64) -> Result<usize, usize> {
        let tag = self.tag(hash);
        let mut at = self.home(hash);
        loop {
            let there = self.tags[at];
            if there >> HASH_BITS != self.number {
                return Err(at);
            }
            if there == tag && self.entries[at].0 == *shape {
                return Ok(at);
            }
            at = (at + 1) & (self.tags.len() - 1);
        }
    }

    /// When `shape` was last entered; `hash` is its own.
    #[inline]
    #[must_use]
    pub fn last(&self, shape: &Shape, hash: u64) -> Option<i64> {
        let found = self.find(shape, hash).ok();
        found.map(|at| self.entries[at].1)
    }

    /// Remembers that `shape` was entered at `time`; `hash` is its own. Always inlined: a shape that was just put together
    /// and is read back from memory in wider pieces waits for every one of them to arrive there.
    #[inline(always)]
    pub fn enter(&mut self, shape: Shape, hash: u64, time: i64) {
        match self.find(&shape, hash) {
            Ok(at) => self.entries[at].1 = time,
            Err(at) => {
                self.tags[at] = self.tag(hash);
                self.entries[at] = (shape, time);
                self.taken += 1;
                if 2 * self.taken > self.tags.len() {
                    self.grow();
                }
            }
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = Self::with_places(2 * self.tags.len());
        let smaller = std::mem::replace(self, larger);
        for (shape, time) in smaller.entries() {
            self.enter(shape, shape.hash(), time);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.taken = 0;
        self.number += 1;
        if self.number > LAST {
            self.tags.fill(FREE);
            self.number = 1;
        }
    }

    /// Everything that is remembered, in no order.
    pub fn entries(&self) -> impl Iterator<Item = (Shape, i64)> + '_ {
        let places = self.tags.iter().zip(&self.entries);
        places
            .filter(|(tag, _)| **tag >> HASH_BITS == self.number)
            .map(|(_, entry)| *entry)
    }
}

#[cfg(test)]
mod tests {
    use super::{Generation, Shape, FIRST_PLACES, LAST};

    fn last(generation: &Generation, shape: Shape) -> Option<i64> {
        generation.last(&shape, shape.hash())
    }

    fn enter(generation: &mut Generation, shape: Shape, time: i64) {
        generation.enter(shape, shape.hash(), time);
    }

    fn shape(price: u64) -> Shape {
        Shape {
            who: (1 << 49) - 1,
            price,
            quantity: price % 3,
        }
    }

    #[test]
    fn what_was_entered_is_found_with_its_last_time_and_nothing_else_also_after_growing() {
        let mut generation = Generation::default();
        let many = 10 * FIRST_PLACES as u64;
        for price in 0..many {
            enter(&mut generation, shape(price), -1);
            enter(&mut generation, shape(price), price as i64);
            assert_eq!(last(&generation, shape(price + 1)), None);
        }
        for price in 0..many {
            assert_eq!(last(&generation, shape(price)), Some(price as i64));
        }
        let other = Shape { who: 5, ..shape(7) };
        assert_eq!(last(&generation, other), None);
        let mut entries: Vec<_> = generation.entries().collect();
        entries.sort_unstable();
        let all: Vec<_> = (0..many)
            .map(|price| (shape(price), price as i64))
            .collect();
        assert_eq!(entries, all);
    }

    #[test]
    fn nothing_of_an_earlier_generation_comes_back_however_often_it_is_cleared() {
        let mut generation = Generation::default();
        for round in 0..2 * LAST + 3 {
            assert_eq!(last(&generation, shape(7)), None, "in round {round}");
            assert_eq!(generation.entries().count(), 0);
            enter(&mut generation, shape(7), 1);
            assert_eq!(last(&generation, shape(7)), Some(1));
            generation.clear();
        }
    }

    #[test]
    fn when_the_numbers_begin_again_nothing_of_the_first_round_is_there() {
        let mut generation = Generation::default();
        enter(&mut generation, shape(7), 1);
        for round in 0..2 * LAST {
            generation.clear();
            assert_eq!(last(&generation, shape(7)), None, "in round {round}");
        }
    }
}

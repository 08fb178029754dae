//! The shapes entered in one stretch of time: an open-addressed table of whole entries, at most half full.
//!
//! It is emptied every few milliseconds with thousands of entries in it, so emptying only counts a number up: an entry
//! that carries another number is not there. The number shares a word with the shape, and a look-up for a shape that was
//! not entered, which is nearly every one, looks at one line.
use super::Shape;
use crate::gate::hash::folded;

/// Bits of a word that the owner, the instrument and the side of a shape take.
const WHO_BITS: u32 = 49;
/// The last number a generation can have.
const LAST: u64 = u64::MAX >> WHO_BITS;
const FIRST_PLACES: usize = 1 << 6;

/// A shape and when it was last entered; two to a cache line.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Entry {
    /// Number of the generation in the upper bits, 0 for none; below it what [`Shape`] says there.
    who: u64,
    price: u64,
    quantity: u64,
    time: i64,
}

const FREE: Entry = Entry {
    who: 0,
    price: 0,
    quantity: 0,
    time: 0,
};

/// A table from shapes to times.
pub struct Generation {
    /// A power of two of them.
    places: Vec<Entry>,
    taken: usize,
    /// From 1 to `LAST`.
    number: u64,
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            places: vec![FREE; FIRST_PLACES],
            taken: 0,
            number: 1,
        }
    }
}

impl Generation {
    #[inline]
    fn home(&self, shape: &Shape) -> usize {
        let mixed = shape
            .who
            .wrapping_mul(0xD6E8_FEB8_6659_FD93)
            .wrapping_add(shape.price.rotate_left(32))
            .wrapping_add(shape.quantity.wrapping_mul(0xA076_1D64_78BD_642F));
        folded(mixed) as usize & (self.places.len() - 1)
    }

    /// The place where a look-up of `shape` begins, to be asked for ahead of it.
    #[inline]
    pub fn begins(&self, shape: &Shape) -> &impl Sized {
        &self.places[self.home(shape)]
    }

    /// Where `shape` is, or where it would go.
    #[inline]
    fn find(&self, shape: &Shape) -> Result<usize, usize> {
        let who = self.number << WHO_BITS | shape.who;
        let mut at = self.home(shape);
        loop {
            let entry = &self.places[at];
            if entry.who >> WHO_BITS != self.number {
                return Err(at);
            }
            if (entry.who, entry.price, entry.quantity) == (who, shape.price, shape.quantity) {
                return Ok(at);
            }
            at = (at + 1) & (self.places.len() - 1);
        }
    }

    /// When `shape` was last entered.
    #[inline]
    #[must_use]
    pub fn last(&self, shape: &Shape) -> Option<i64> {
        self.find(shape).ok().map(|at| self.places[at].time)
    }

    /// Remembers that `shape` was entered at `time`.
    #[inline]
    pub fn enter(&mut self, shape: Shape, time: i64) {
        let at = match self.find(&shape) {
            Ok(at) => at,
            Err(at) => {
                self.taken += 1;
                at
            }
        };
        self.places[at] = Entry {
            who: self.number << WHO_BITS | shape.who,
            price: shape.price,
            quantity: shape.quantity,
            time,
        };
        if 2 * self.taken > self.places.len() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let larger = Self {
            places: vec![FREE; 2 * self.places.len()],
            taken: 0,
            number: 1,
        };
        let smaller = std::mem::replace(self, larger);
        for (shape, time) in smaller.entries() {
            self.enter(shape, time);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.taken = 0;
        self.number += 1;
        if self.number > LAST {
            self.places.fill(FREE);
            self.number = 1;
        }
    }

    /// Everything that is remembered, in no order.
    pub fn entries(&self) -> impl Iterator<Item = (Shape, i64)> + '_ {
        let here = |entry: &&Entry| entry.who >> WHO_BITS == self.number;
        self.places.iter().filter(here).map(|entry| {
            let shape = Shape {
                who: entry.who & !(LAST << WHO_BITS),
                price: entry.price,
                quantity: entry.quantity,
            };
            (shape, entry.time)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Generation, Shape, FIRST_PLACES, LAST};

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
            generation.enter(shape(price), -1);
            generation.enter(shape(price), price as i64);
            assert_eq!(generation.last(&shape(price + 1)), None);
        }
        for price in 0..many {
            assert_eq!(generation.last(&shape(price)), Some(price as i64));
        }
        let other = Shape { who: 5, ..shape(7) };
        assert_eq!(generation.last(&other), None);
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
            assert_eq!(generation.last(&shape(7)), None, "in round {round}");
            assert_eq!(generation.entries().count(), 0);
            generation.enter(shape(7), 1);
            assert_eq!(generation.last(&shape(7)), Some(1));
            generation.clear();
        }
    }
}

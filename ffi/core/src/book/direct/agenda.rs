//! What is to happen later, first things first: expiries by time and stops by trigger.
//!
//! A binary heap in one array. An order that ends early is not looked for in it: its entry stays, is seen to be stale when
//! its turn comes, and all stale ones are swept out when the array has doubled since it was last swept. So the array never
//! holds more than twice what was live at once, and an order pays O(log n) once.
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Entries below which nobody sweeps.
const FEW: usize = 64;

/// One thing to do. Entries are ordered by key, then by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub key: i64,
    pub age: u64,
    pub slot: u32,
    pub stamp: u32,
}

#[derive(Debug)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
    /// Entries at which the next sweep is due.
    sweep_at: usize,
}

impl Agenda {
    pub(super) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            sweep_at: FEW,
        }
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Adds an entry; `is_live` tells which of those it holds still mean something.
    pub(super) fn add(&mut self, entry: Entry, is_live: impl Fn(&Entry) -> bool) {
        if self.heap.len() >= self.sweep_at {
            self.heap.retain(|Reverse(entry)| is_live(entry));
            self.sweep_at = (self.heap.len() * 2).max(FEW);
        }
        self.heap.push(Reverse(entry));
    }

    /// The first entry's key.
    pub(super) fn first_key(&self) -> Option<i64> {
        self.heap.peek().map(|Reverse(entry)| entry.key)
    }

    /// Takes out the first entry, live or stale, if its key is at most `key`.
    pub(super) fn take_up_to(&mut self, key: i64) -> Option<Entry> {
        if self.first_key()? > key {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.sweep_at = FEW;
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.heap.capacity() * size_of::<Entry>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: i64, age: u64) -> Entry {
        Entry {
            key,
            age,
            slot: 0,
            stamp: 0,
        }
    }

    #[test]
    fn comes_out_by_key_then_by_age_and_not_too_early() {
        let mut agenda = Agenda::new();
        assert_eq!(
            (agenda.first_key(), agenda.take_up_to(i64::MAX)),
            (None, None)
        );
        for (key, age) in [(5, 9), (3, 4), (5, 2), (-7, 8), (3, 1)] {
            agenda.add(entry(key, age), |_| true);
        }
        assert_eq!(agenda.first_key(), Some(-7));
        assert_eq!(agenda.take_up_to(-8), None);
        let order: Vec<_> = std::iter::from_fn(|| agenda.take_up_to(3))
            .map(|entry| (entry.key, entry.age))
            .collect();
        assert_eq!(order, [(-7, 8), (3, 1), (3, 4)]);
        assert_eq!(agenda.take_up_to(5), Some(entry(5, 2)));
        agenda.clear();
        assert!(agenda.is_empty());
    }

    #[test]
    fn stale_entries_never_outnumber_the_live_ones_for_long() {
        let mut agenda = Agenda::new();
        for age in 0..100_000 {
            // Only the last hundred are live.
            agenda.add(entry(age as i64 % 1_000, age), |entry| {
                entry.age + 100 > age
            });
            assert!(agenda.heap.len() <= 2 * 100 + FEW, "{age}");
        }
        let live = std::iter::from_fn(|| agenda.take_up_to(i64::MAX));
        assert_eq!(live.filter(|entry| entry.age >= 99_900).count(), 100);
    }
}

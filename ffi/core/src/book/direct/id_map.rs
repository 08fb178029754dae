//! From 64-bit order id to slab slot: a table of buckets, each the head of a chain of slots.
//!
//! A bucket is the slot of the last order put there; the next in the chain stands beside it in an array by slot. The id
//! itself is compared in the slab, whose line the caller is about to read anyway. With four to eight buckets per order
//! most chains have one link, so finding and removing take one jump that is nearly always guessed, and inserting takes
//! none. (Open addressing was here before: it has to look for a free place, and to close the gap that a removal leaves,
//! both with jumps that depend on the neighbours.) The hash multiplies by 2^64 / φ (Knuth, TAOCP 3, §6.4), which spreads
//! running numbers evenly.
use super::slab::{Slab, NONE};
use crate::ask_for::ask_for;
use crate::large_pages::{on_large_pages, push_on_large_pages};

/// Buckets per order, at least.
const SPARSE: usize = 4;

const SMALLEST: usize = 16;

#[derive(Debug)]
pub(super) struct IdMap {
    /// Its length is a power of two.
    buckets: Box<[u32]>,
    /// By slot: the next slot of the same bucket, or `NONE`.
    chain: Vec<u32>,
    /// Right shift that turns a hash into a bucket.
    shift: u32,
    len: usize,
}

#[inline(always)]
fn hash(id: u64) -> u64 {
    id.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl IdMap {
    /// Room for `capacity` ids before the table is rebuilt.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        let mut map = Self {
            buckets: Box::default(),
            chain: Vec::with_capacity(capacity + 1),
            shift: 0,
            len: 0,
        };
        map.resize((capacity * SPARSE).next_power_of_two().max(SMALLEST));
        map
    }

    /// Makes `size` empty buckets, a power of two from 2 up.
    fn resize(&mut self, size: usize) {
        self.buckets = on_large_pages(NONE, size).into_boxed_slice();
        self.shift = 64 - size.trailing_zeros();
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    fn bucket(&self, id: u64) -> usize {
        // The shift leaves no more bits than the table has; the mask tells the compiler.
        (hash(id) >> self.shift) as usize & (self.buckets.len() - 1)
    }

    /// Slot of an id, or `NONE`.
    #[inline(always)]
    pub(super) fn find(&self, id: u64, orders: &Slab) -> u32 {
        let mut slot = self.buckets[self.bucket(id)];
        // Slot 0 has id 0, so that the end of a chain needs to be looked for only when the first link is another's.
        while orders[slot].id != id {
            if slot == NONE {
                return NONE;
            }
            slot = self.chain[slot as usize];
        }
        slot
    }

    /// Asks the memory for the bucket of an id.
    #[inline(always)]
    pub(super) fn ask_for(&self, id: u64) {
        ask_for(&self.buckets[self.bucket(id)]);
    }

    /// The id must not be in the table, the slot hold the order of that id.
    #[inline(always)]
    pub(super) fn insert(&mut self, id: u64, slot: u32, orders: &Slab) {
        let place = slot as usize;
        if (self.len + 1) * SPARSE > self.buckets.len() || place >= self.chain.len() {
            self.make_room(slot, orders);
        }
        self.len += 1;
        let bucket = self.bucket(id);
        self.chain[place] = self.buckets[bucket];
        self.buckets[bucket] = slot;
    }

    /// The id must be in the table with that slot.
    #[inline(always)]
    pub(super) fn remove(&mut self, id: u64, slot: u32) {
        self.len -= 1;
        let bucket = self.bucket(id);
        let next = self.chain[slot as usize];
        let mut before = self.buckets[bucket];
        if before == slot {
            self.buckets[bucket] = next;
            return;
        }
        while self.chain[before as usize] != slot {
            before = self.chain[before as usize];
        }
        self.chain[before as usize] = next;
    }

    /// Whether there is at least one id to `places` buckets.
    pub(super) fn is_dense(&self, places: usize) -> bool {
        self.len * places >= self.buckets.len()
    }

    /// Forgets every id.
    pub(super) fn clear(&mut self) {
        self.buckets.fill(NONE);
        self.len = 0;
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        (self.buckets.len() + self.chain.capacity()) * size_of::<u32>()
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self, slot: u32, orders: &Slab) {
        while slot as usize >= self.chain.len() {
            push_on_large_pages(&mut self.chain, NONE);
        }
        if (self.len + 1) * SPARSE <= self.buckets.len() {
            return;
        }
        let size = self.buckets.len() * 2;
        let old = core::mem::take(&mut self.buckets);
        self.resize(size);
        for head in old {
            let mut slot = head;
            while slot != NONE {
                let next = self.chain[slot as usize];
                let bucket = self.bucket(orders[slot].id);
                self.chain[slot as usize] = self.buckets[bucket];
                self.buckets[bucket] = slot;
                slot = next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::slab::{Order, Rest};
    use super::*;
    use std::collections::HashMap;

    fn agrees_with_a_hash_map(ids: &[u64]) {
        let mut orders = Slab::with_capacity(4);
        let mut map = IdMap::with_capacity(4);
        let mut truth = HashMap::new();
        let mut state = 7u64;
        for step in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let id = ids[(state >> 33) as usize % ids.len()];
            if let Some(slot) = truth.remove(&id) {
                assert_eq!(map.find(id, &orders), slot, "step {step}");
                map.remove(id, slot);
                orders.free(slot);
            } else {
                let slot = orders.insert(
                    Order {
                        id,
                        ..Order::default()
                    },
                    Rest::default(),
                );
                map.insert(id, slot, &orders);
                truth.insert(id, slot);
            }
            assert_eq!(
                map.find(id, &orders),
                truth.get(&id).copied().unwrap_or(NONE),
                "step {step}"
            );
            assert_eq!(map.len(), truth.len());
        }
        for id in ids {
            assert_eq!(
                map.find(*id, &orders),
                truth.get(id).copied().unwrap_or(NONE)
            );
        }
    }

    #[test]
    fn holds_running_ids() {
        agrees_with_a_hash_map(&(1..=500).collect::<Vec<u64>>());
    }

    /// The id with that product: the multiplier is odd, so it has an inverse.
    fn id_of(hash: u64) -> u64 {
        let k = 0x9E37_79B9_7F4A_7C15u64;
        let inverse = (0..6).fold(k, |x, _| {
            x.wrapping_mul(2u64.wrapping_sub(k.wrapping_mul(x)))
        });
        hash.wrapping_mul(inverse)
    }

    #[test]
    fn holds_ids_that_all_want_the_first_or_the_last_bucket() {
        let ids = |n: u64| [id_of(n + 1), id_of(u64::MAX - n)];
        let ids: Vec<u64> = (0..100).flat_map(ids).collect();
        assert!(ids
            .iter()
            .all(|id| hash(*id) >> 32 == 0 || hash(*id) >> 32 == u64::from(u32::MAX)));
        agrees_with_a_hash_map(&ids);
    }

    #[test]
    fn forgets_all_and_starts_again_without_new_memory() {
        let mut orders = Slab::with_capacity(64);
        let mut map = IdMap::with_capacity(64);
        let before = map.bytes();
        for round in 0..3 {
            for id in 1..=64 {
                let id = id + round * 1_000;
                let slot = orders.insert(
                    Order {
                        id,
                        ..Order::default()
                    },
                    Rest::default(),
                );
                map.insert(id, slot, &orders);
            }
            assert_ne!(map.find(round * 1_000 + 7, &orders), NONE);
            map.clear();
            orders.clear();
            assert_eq!(map.find(round * 1_000 + 7, &orders), NONE);
            assert_eq!((map.len(), map.bytes()), (0, before));
        }
    }
}

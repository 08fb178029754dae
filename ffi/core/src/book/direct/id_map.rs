//! From 64-bit order id to slab slot: open addressing with linear probing, at most a quarter full, nothing left behind by
//! a removal.
//!
//! An entry is 8 bytes: the high half 32 bits of the id's hash, the low half the slot. The id itself is compared in the
//! slab, whose line the caller is about to read anyway; the hash in the entry makes a wasted read a matter of one in
//! 2^32 per probe and lets removal and growth work without the ids. The hash multiplies by 2^64 / φ (Knuth, TAOCP 3,
//! §6.4), which spreads running numbers evenly.
use super::slab::{Slab, NONE};

const EMPTY: u64 = 0;

/// Places per id, at least. At two, one look-up in three met a neighbour first, and each such meeting is a jump that no
/// predictor can guess.
const SPARSE: usize = 4;

#[derive(Debug)]
pub(super) struct IdMap {
    entries: Box<[u64]>,
    /// Right shift that turns a 32-bit hash into a place.
    shift: u32,
    len: usize,
}

#[inline(always)]
fn hash(id: u64) -> u32 {
    (id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

#[inline(always)]
fn entry_of(hash: u32, slot: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(slot)
}

impl IdMap {
    /// Room for `capacity` ids before the table is rebuilt.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self::of_size((capacity * SPARSE).next_power_of_two().max(16))
    }

    /// `size` is a power of two from 2 to 2^32.
    fn of_size(size: usize) -> Self {
        Self {
            entries: vec![EMPTY; size].into_boxed_slice(),
            shift: 32 - size.trailing_zeros(),
            len: 0,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Slot of an id, or `NONE`.
    #[inline]
    pub(super) fn find(&self, id: u64, orders: &Slab) -> u32 {
        let hash = hash(id);
        let mask = self.entries.len() - 1;
        let mut place = (hash >> self.shift) as usize;
        loop {
            let entry = self.entries[place & mask];
            if entry == EMPTY {
                return NONE;
            }
            let slot = entry as u32;
            if (entry >> 32) as u32 == hash && orders[slot].id == id {
                return slot;
            }
            place += 1;
        }
    }

    /// The id must not be in the table.
    #[inline]
    pub(super) fn insert(&mut self, id: u64, slot: u32) {
        if (self.len + 1) * SPARSE > self.entries.len() {
            self.grow();
        }
        self.len += 1;
        self.place(entry_of(hash(id), slot));
    }

    #[inline]
    fn place(&mut self, entry: u64) {
        let mask = self.entries.len() - 1;
        let mut place = ((entry >> 32) as u32 >> self.shift) as usize;
        while self.entries[place & mask] != EMPTY {
            place += 1;
        }
        self.entries[place & mask] = entry;
    }

    /// The id must be in the table with that slot. Closes the gap by moving back the entries that were pushed past it.
    #[inline]
    pub(super) fn remove(&mut self, id: u64, slot: u32) {
        let mask = self.entries.len() - 1;
        let wanted = entry_of(hash(id), slot);
        let mut gap = ((wanted >> 32) as u32 >> self.shift) as usize;
        while self.entries[gap & mask] != wanted {
            gap += 1;
        }
        let mut next = gap + 1;
        loop {
            let entry = self.entries[next & mask];
            if entry == EMPTY {
                break;
            }
            let home = ((entry >> 32) as u32 >> self.shift) as usize;
            // May move back only if the gap lies between its home and where it is now.
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(gap) & mask {
                self.entries[gap & mask] = entry;
                gap = next;
            }
            next += 1;
        }
        self.entries[gap & mask] = EMPTY;
        self.len -= 1;
    }

    /// Whether at least one place in `places` is taken.
    pub(super) fn is_dense(&self, places: usize) -> bool {
        self.len * places >= self.entries.len()
    }

    /// Forgets every id.
    pub(super) fn clear(&mut self) {
        self.entries.fill(EMPTY);
        self.len = 0;
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.entries.len() * size_of::<u64>()
    }

    #[cold]
    fn grow(&mut self) {
        let mut larger = Self::of_size(self.entries.len() * 2);
        larger.len = self.len;
        for entry in self.entries.iter().filter(|entry| **entry != EMPTY) {
            larger.place(*entry);
        }
        *self = larger;
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
                map.insert(id, slot);
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

    /// The id with that hash and that lower half of the product: the multiplier is odd, so it has an inverse.
    fn id_of(hash: u32, low: u32) -> u64 {
        let k = 0x9E37_79B9_7F4A_7C15u64;
        let inverse = (0..6).fold(k, |x, _| {
            x.wrapping_mul(2u64.wrapping_sub(k.wrapping_mul(x)))
        });
        (u64::from(hash) << 32 | u64::from(low)).wrapping_mul(inverse)
    }

    #[test]
    fn holds_ids_that_all_want_the_last_places() {
        let ids: Vec<u64> = (0..200).map(|n| id_of(u32::MAX - n * 1_000, n)).collect();
        assert!(ids.iter().all(|id| hash(*id) > 0xFFFC_0000));
        agrees_with_a_hash_map(&ids);
    }

    #[test]
    fn tells_ids_of_equal_hash_apart() {
        let ids: Vec<u64> = (1..40).map(|low| id_of(0x1234_5678, low)).collect();
        assert!(ids.iter().all(|id| hash(*id) == 0x1234_5678));
        agrees_with_a_hash_map(&ids);
    }
}

//! The open orders, found by id.
//!
//! Orders stand in an array, in the order in which they were let in as far as places are free, one cache line each; a table
//! of four bytes a place says where. So the orders that a mass cancel ends lie mostly side by side, and whoever knows which
//! come next can ask the memory for them.
use super::hash::folded;
use super::orders::OpenOrder;
use crate::ask_for::ask_for;
use crate::image::{Image, Source};

/// Buckets per order, at least.
const SPARSE: usize = 2;
const FIRST_BUCKETS: usize = 64;
/// No place.
const NONE: u32 = u32::MAX;

/// An order in its place; `id` 0, which no order has, where there is none.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Place {
    id: u64,
    order: OpenOrder,
}

const _: () = assert!(size_of::<Place>() == 64);

/// Open orders by id.
pub struct OpenOrders {
    places: Vec<Place>,
    /// By place: the next place of the same bucket; of a free one, the next free one.
    next: Vec<u32>,
    /// The first place of each bucket; as many as a power of two.
    buckets: Vec<u32>,
    free: u32,
    len: usize,
}

impl Default for OpenOrders {
    fn default() -> Self {
        Self {
            places: Vec::new(),
            next: Vec::new(),
            buckets: vec![NONE; FIRST_BUCKETS],
            free: NONE,
            len: 0,
        }
    }
}

impl Image for OpenOrders {
    fn put(&self, out: &mut Vec<u8>) {
        let all: Vec<(u64, OpenOrder)> = self.iter().map(|(id, order)| (id, *order)).collect();
        all.put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let mut orders = Self::default();
        for (id, order) in Vec::<(u64, OpenOrder)>::take(from)? {
            if id == 0 || orders.insert(id, order).is_some() {
                return None;
            }
        }
        Some(orders)
    }
}

impl OpenOrders {
    #[inline]
    fn bucket(&self, id: u64) -> usize {
        folded(id) as usize & (self.buckets.len() - 1)
    }

    #[inline]
    fn find(&self, id: u64) -> Option<usize> {
        let mut at = self.buckets[self.bucket(id)];
        while at != NONE {
            if self.places[at as usize].id == id {
                return Some(at as usize);
            }
            at = self.next[at as usize];
        }
        None
    }

    /// The order of that id.
    #[inline]
    pub fn get(&self, id: u64) -> Option<&OpenOrder> {
        self.find(id).map(|at| &self.places[at].order)
    }

    /// The same, to change.
    #[inline]
    pub fn get_mut(&mut self, id: u64) -> Option<&mut OpenOrder> {
        self.find(id).map(|at| &mut self.places[at].order)
    }

    /// Asks the memory for the way to an order.
    #[inline]
    pub fn ask_for_bucket(&self, id: u64) {
        ask_for(&self.buckets[self.bucket(id)]);
    }

    /// Asks the memory for an order whose bucket is there.
    #[inline]
    pub fn ask_for_order(&self, id: u64) {
        if let Some(place) = self.places.get(self.buckets[self.bucket(id)] as usize) {
            ask_for(place);
        }
    }

    /// Puts an order in, in place of the one of that id, which is returned. No order has id 0.
    pub fn insert(&mut self, id: u64, order: OpenOrder) -> Option<OpenOrder> {
        debug_assert!(id != 0);
        if let Some(at) = self.find(id) {
            return Some(std::mem::replace(&mut self.places[at].order, order));
        }
        self.len += 1;
        if self.len * SPARSE > self.buckets.len() {
            self.grow();
        }
        let place = Place { id, order };
        let at = self.free;
        let at = if at == NONE {
            self.places.push(place);
            self.next.push(NONE);
            self.places.len() as u32 - 1
        } else {
            self.free = self.next[at as usize];
            self.places[at as usize] = place;
            at
        };
        let bucket = self.bucket(id);
        self.next[at as usize] = self.buckets[bucket];
        self.buckets[bucket] = at;
        None
    }

    #[cold]
    fn grow(&mut self) {
        self.buckets = vec![NONE; self.buckets.len() * 2];
        for at in 0..self.places.len() {
            let id = self.places[at].id;
            if id != 0 {
                let bucket = self.bucket(id);
                self.next[at] = self.buckets[bucket];
                self.buckets[bucket] = at as u32;
            }
        }
    }

    /// Takes an order out.
    #[inline]
    pub fn remove(&mut self, id: u64) -> Option<OpenOrder> {
        let bucket = self.bucket(id);
        let mut before = NONE;
        let mut at = self.buckets[bucket];
        while at != NONE && self.places[at as usize].id != id {
            before = at;
            at = self.next[at as usize];
        }
        let place = self.places.get_mut(at as usize)?;
        place.id = 0;
        let order = place.order;
        let after = std::mem::replace(&mut self.next[at as usize], self.free);
        self.free = at;
        self.len -= 1;
        if before == NONE {
            self.buckets[bucket] = after;
        } else {
            self.next[before as usize] = after;
        }
        Some(order)
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Ids and orders, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &OpenOrder)> {
        let taken = self.places.iter().filter(|place| place.id != 0);
        taken.map(|place| (place.id, &place.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::OrderCommand;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn order(quantity: i64) -> OpenOrder {
        let command = OrderCommand {
            quantity,
            ..OrderCommand::default()
        };
        OpenOrder::entered(&command, 0, 0)
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_holds(
            steps in prop::collection::vec((1..90u64, any::<bool>(), any::<bool>()), 0..400),
        ) {
            let (mut orders, mut map) = (OpenOrders::default(), BTreeMap::new());
            for (at, (id, far, enters)) in (1..).zip(steps) {
                let id = if far { u64::MAX - id } else { id };
                if enters {
                    prop_assert_eq!(orders.insert(id, order(at)), map.insert(id, order(at)));
                } else {
                    prop_assert_eq!(orders.remove(id), map.remove(&id));
                }
                prop_assert_eq!(orders.get(id), map.get(&id));
                prop_assert_eq!(orders.get_mut(id), map.get_mut(&id));
                prop_assert_eq!(orders.len(), map.len());
            }
            let mut all: Vec<_> = orders.iter().map(|(id, order)| (id, *order)).collect();
            all.sort_unstable_by_key(|(id, _)| *id);
            prop_assert_eq!(all, map.into_iter().collect::<Vec<_>>());
        }
    }
}

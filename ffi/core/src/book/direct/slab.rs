//! Open orders in growing arrays, addressed by slot; freed slots are used again, last freed first.
//!
//! An order is two records. What a match, a cancel or an amend reads and writes is [`Order`], one cache line. What only
//! matters when an order is entered, shown, expires or waits is [`Rest`], beside it in a second array: a fill never
//! reads that line.
//!
//! Slot 0 is never given out. It stands for "none" in every list, and it is a real element, so that unlinking an order
//! may write to the neighbours of either end without asking whether there are any.
use super::super::{FLAG_POST_ONLY, FLAG_REDUCE_ONLY, SELF_TRADE_SHIFT};
use crate::large_pages::{ask_for_large_pages, push_on_large_pages};
use crate::layout::OrderCommand;

/// No order.
pub(super) const NONE: u32 = 0;

/// `Order::traits`: the flags of the command, in their places.
pub(super) const POST_ONLY: u8 = FLAG_POST_ONLY as u8;
pub(super) const REDUCE_ONLY: u8 = FLAG_REDUCE_ONLY as u8;
pub(super) const SELF_TRADE: u8 = 7 << SELF_TRADE_SHIFT;
/// Only some of its lots are shown at a time.
pub(super) const ICEBERG: u8 = 1 << 6;
/// A stop that has not fired: it stands in no queue.
pub(super) const WAITING: u8 = 1 << 7;

/// The traits a command's flags ask for.
#[inline(always)]
pub(super) fn traits_of(command: &OrderCommand) -> u8 {
    command.flags as u8 & (POST_ONLY | REDUCE_ONLY | SELF_TRADE)
}

/// One open order, linked into the queue of its price (unless it waits) and into the list of its owner.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(64))]
pub(super) struct Order {
    pub id: u64,
    /// Ticks: the limit; of a waiting Stop its trigger.
    pub price: i64,
    /// Lots in the queue; 0 while it waits.
    pub shown: i64,
    /// Open lots that are not in the queue. Filled = total − shown − hidden.
    pub hidden: i64,
    pub total: i64,
    /// Neighbours in the queue of its price. In a free slot `next` is the next free one.
    pub previous: u32,
    pub next: u32,
    /// Neighbours among its owner's orders, by age.
    pub older: u32,
    pub younger: u32,
    pub account: u32,
    pub side: u8,
    pub order_type: u8,
    pub tif: u8,
    pub traits: u8,
}

impl Order {
    #[inline(always)]
    pub(super) fn leaves(&self) -> i64 {
        self.shown + self.hidden
    }
}

/// What an order's line has no room for and its fast ways no use for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    /// 0 in a free slot.
    pub age: u64,
    /// Of a stop, waiting or fired.
    pub trigger: i64,
    pub expires: u32,
    pub display: u32,
    /// Counts the triggers a stop has had: an entry of the stop heap that names an earlier one is stale.
    pub stamp: u32,
}

const _: () = {
    assert!(core::mem::size_of::<Order>() == 64);
    assert!(core::mem::size_of::<Rest>() == 32);
};

#[derive(Debug)]
pub(super) struct Slab {
    orders: Vec<Order>,
    rests: Vec<Rest>,
    free: u32,
}

impl Slab {
    /// Room for `capacity` orders before the arrays move.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        let mut orders = Vec::with_capacity(capacity + 1);
        let mut rests = Vec::with_capacity(capacity + 1);
        ask_for_large_pages(&orders);
        ask_for_large_pages(&rests);
        orders.push(Order::default());
        rests.push(Rest::default());
        Self {
            orders,
            rests,
            free: NONE,
        }
    }

    #[inline]
    pub(super) fn insert(&mut self, order: Order, rest: Rest) -> u32 {
        let slot = self.free;
        if slot == NONE {
            return self.extend(order, rest);
        }
        self.free = self[slot].next;
        self[slot] = order;
        self.rests[slot as usize] = rest;
        slot
    }

    #[cold]
    fn extend(&mut self, order: Order, rest: Rest) -> u32 {
        let slot = u32::try_from(self.orders.len()).expect("more than 4 billion open orders");
        push_on_large_pages(&mut self.orders, order);
        push_on_large_pages(&mut self.rests, rest);
        slot
    }

    #[inline]
    pub(super) fn free(&mut self, slot: u32) {
        self[slot].next = self.free;
        self.rests[slot as usize].age = 0;
        self.free = slot;
    }

    #[inline(always)]
    pub(super) fn rest(&self, slot: u32) -> &Rest {
        &self.rests[slot as usize]
    }

    #[inline(always)]
    pub(super) fn rest_mut(&mut self, slot: u32) -> &mut Rest {
        &mut self.rests[slot as usize]
    }

    /// Shows the next lots of an iceberg whose shown ones are gone. Returns how many.
    #[cold]
    pub(super) fn show_next(&mut self, slot: u32) -> i64 {
        let display = i64::from(self.rest(slot).display);
        let order = &mut self[slot];
        order.shown = display.min(order.hidden);
        order.hidden -= order.shown;
        order.shown
    }

    /// Whether the order of that age is still open in that slot.
    #[inline]
    pub(super) fn holds(&self, slot: u32, age: u64) -> bool {
        self.rests
            .get(slot as usize)
            .is_some_and(|rest| rest.age == age)
    }

    /// Slots of all open orders, in no particular order.
    pub(super) fn occupied(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..)
            .zip(&self.rests)
            .filter(|(_, rest)| rest.age != 0)
            .map(|(slot, _)| slot)
    }

    /// Frees every slot at once.
    pub(super) fn clear(&mut self) {
        self.orders.truncate(1);
        self.rests.truncate(1);
        self.free = NONE;
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.orders.capacity() * size_of::<Order>() + self.rests.capacity() * size_of::<Rest>()
    }
}

impl core::ops::Index<u32> for Slab {
    type Output = Order;

    #[inline(always)]
    fn index(&self, slot: u32) -> &Order {
        &self.orders[slot as usize]
    }
}

impl core::ops::IndexMut<u32> for Slab {
    #[inline(always)]
    fn index_mut(&mut self, slot: u32) -> &mut Order {
        &mut self.orders[slot as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: u64) -> (Order, Rest) {
        let order = Order {
            id,
            ..Order::default()
        };
        let rest = Rest {
            age: id,
            ..Rest::default()
        };
        (order, rest)
    }

    fn put(slab: &mut Slab, id: u64) -> u32 {
        let (order, rest) = order(id);
        slab.insert(order, rest)
    }

    #[test]
    fn gives_out_a_freed_slot_again_and_never_slot_0() {
        let mut slab = Slab::with_capacity(1);
        let slots: Vec<u32> = (1..=5).map(|id| put(&mut slab, id)).collect();
        assert_eq!(slots, [1, 2, 3, 4, 5]);
        slab.free(2);
        slab.free(4);
        assert!(!slab.holds(2, 2) && slab.holds(3, 3));
        assert_eq!(slab.occupied().collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(
            (put(&mut slab, 6), put(&mut slab, 7), put(&mut slab, 8)),
            (4, 2, 6)
        );
        assert!(slab.holds(4, 6) && !slab.holds(4, 4));
        assert_eq!(slab[4].id, 6);
    }

    #[test]
    fn cleared_it_starts_again_without_new_memory() {
        let mut slab = Slab::with_capacity(8);
        let before = slab.bytes();
        for round in 0..3 {
            for id in 1..=8 {
                assert_eq!(put(&mut slab, id + round), id as u32);
            }
            slab.free(3);
            slab.clear();
            assert_eq!(slab.occupied().count(), 0);
            assert!(!slab.holds(5, 5 + round));
        }
        assert_eq!(slab.bytes(), before);
    }
}

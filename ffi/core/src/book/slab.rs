//! Orders in one growing array, addressed by slot; freed slots are used again, last freed first.
//!
//! Slot 0 is never given out. It stands for "none" in the queues, and it is a real element, so that unlinking an order
//! may write to the neighbours of either end without asking whether there are any.
use super::{RestingOrder, FLAG_POST_ONLY};

/// No order.
pub(crate) const NONE: u32 = 0;

/// One resting order, linked into the queue of its price.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    pub id: u64,
    pub price: i64,
    pub quantity: i64,
    /// Slot of the order before it at this price.
    pub previous: u32,
    /// Slot of the order after it at this price; in a free slot, the next free one.
    pub next: u32,
    pub owner: u32,
    pub side: u8,
    pub post_only: bool,
}

impl Order {
    #[inline]
    pub(crate) fn view(&self) -> RestingOrder {
        RestingOrder {
            order_id: self.id,
            side: self.side,
            price: self.price,
            quantity: self.quantity,
            owner: self.owner,
            post_only: self.post_only,
        }
    }

    #[inline]
    pub(crate) fn is_post_only_with(&self, flags: u16) -> bool {
        self.post_only || flags & FLAG_POST_ONLY != 0
    }
}

#[derive(Debug)]
pub(crate) struct Slab {
    orders: Vec<Order>,
    free: u32,
}

impl Slab {
    /// Room for `capacity` orders before the array moves.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut orders = Vec::with_capacity(capacity + 1);
        orders.push(Order::default());
        Self { orders, free: NONE }
    }

    #[inline]
    pub(crate) fn insert(&mut self, order: Order) -> u32 {
        let slot = self.free;
        if slot == NONE {
            return self.extend(order);
        }
        self.free = self[slot].next;
        self[slot] = order;
        slot
    }

    #[cold]
    fn extend(&mut self, order: Order) -> u32 {
        let slot = u32::try_from(self.orders.len()).expect("more than 4 billion open orders");
        self.orders.push(order);
        slot
    }

    #[inline]
    pub(crate) fn free(&mut self, slot: u32) {
        self[slot].next = self.free;
        self.free = slot;
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

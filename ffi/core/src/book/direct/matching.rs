//! Queues and matching of the direct book: how an order joins and leaves the queue of its price, and how a taker eats
//! through the queues of the other side.
use super::super::events::{Events, Party};
use super::super::slab::{Order, NONE};
use super::super::{NO_ASK, NO_BID};
use super::DirectBook;
use crate::layout::side;

/// An order on its way into the book.
#[derive(Clone, Copy)]
pub(super) struct Taker {
    pub order_id: u64,
    pub owner: u32,
    pub side: u8,
    pub limit: i64,
    pub left: i64,
}

/// Whether an order of `side` with that limit matches something resting at `price`.
#[inline(always)]
fn reaches(side: u8, limit: i64, price: i64) -> bool {
    rank(side, limit) >= rank(side, price)
}

/// Turns prices round for sellers, so that more is better on both sides and no branch depends on the side, which no
/// predictor can guess. Its own inverse.
#[inline(always)]
fn rank(side: u8, price: i64) -> i64 {
    price ^ -i64::from(side)
}

impl DirectBook {
    #[inline(always)]
    pub(super) fn best_of(&self, side: u8) -> i64 {
        self.best[usize::from(side != side::BUY)]
    }

    #[inline(always)]
    pub(super) fn would_match(&self, side: u8, limit: i64) -> bool {
        reaches(side, limit, self.best_of(1 - side))
    }

    /// The next occupied price of a side that is worse than `price`.
    #[inline(always)]
    pub(super) fn worse(&self, side: u8, price: i64) -> i64 {
        if side == side::BUY {
            self.ladder.below(price)
        } else {
            self.ladder.above(price)
        }
    }

    #[inline(always)]
    pub(super) fn is_end(price: i64) -> bool {
        price == NO_BID || price == NO_ASK
    }

    /// Puts the order in `slot` behind the queue at its price.
    #[inline(always)]
    pub(super) fn link(&mut self, slot: u32) {
        let Order {
            price,
            quantity,
            side,
            ..
        } = self.orders[slot];
        let best = &mut self.best[usize::from(side != side::BUY)];
        *best = rank(side, rank(side, *best).max(rank(side, price)));
        self.ladder.prepare(price, self.best[0], self.best[1]);
        let orders = &mut self.orders;
        self.ladder.update(price, move |level| {
            let last = level.append(slot, quantity);
            // Of an empty queue the last is slot 0, which swallows the write.
            orders[last].next = slot;
            orders[slot].previous = last;
            orders[slot].next = NONE;
        });
    }

    /// Takes the order in `slot` out of the queue at its price.
    #[inline(always)]
    pub(super) fn unlink(&mut self, slot: u32) {
        let Order {
            price,
            quantity,
            side,
            previous,
            next,
            ..
        } = self.orders[slot];
        // At either end of the queue the neighbour is slot 0, which swallows the write.
        self.orders[previous].next = next;
        self.orders[next].previous = previous;
        let orders = self.ladder.update(price, move |level| {
            level.close_gap(previous, next, quantity);
            level.orders
        });
        if price == self.best_of(side) && orders == 0 {
            self.best[usize::from(side)] = self.worse(side, price);
        }
    }

    /// Whether at least `quantity` rests within reach.
    #[cold]
    pub(super) fn can_fill(&self, side: u8, limit: i64, quantity: i64) -> bool {
        let mut missing = i128::from(quantity);
        let mut price = self.best_of(1 - side);
        while missing > 0 && reaches(side, limit, price) && !Self::is_end(price) {
            missing -= self.ladder.quantity(price);
            price = self.worse(1 - side, price);
        }
        missing <= 0
    }

    /// Matches until the taker is filled or nothing is in reach; returns what is left.
    #[inline(always)]
    pub(super) fn fill(&mut self, taker: Taker, time: i64, events: &mut Events) -> i64 {
        if self.would_match(taker.side, taker.limit) {
            self.fill_in_reach(taker, time, events)
        } else {
            taker.left
        }
    }

    #[inline(never)]
    fn fill_in_reach(&mut self, mut taker: Taker, time: i64, events: &mut Events) -> i64 {
        let against = usize::from(1 - taker.side);
        while taker.left > 0 && reaches(taker.side, taker.limit, self.best[against]) {
            if self.fill_best(&mut taker, time, events) {
                self.best[against] = self.worse(1 - taker.side, self.best[against]);
            }
        }
        taker.left
    }

    /// Matches against the best level of the other side; returns whether that has used it up.
    #[inline(always)]
    fn fill_best(&mut self, taker: &mut Taker, time: i64, events: &mut Events) -> bool {
        let price = self.best_of(1 - taker.side);
        let (orders, ids, instrument) = (&mut self.orders, &mut self.ids, self.instrument);
        self.ladder.update(price, |level| {
            while taker.left > 0 && level.orders > 0 {
                let slot = level.head();
                let maker = &mut orders[slot];
                let filled = taker.left.min(maker.quantity);
                taker.left -= filled;
                maker.quantity -= filled;
                let (id, owner, leaves, next) = (maker.id, maker.owner, maker.quantity, maker.next);
                let made = Party {
                    order_id: id,
                    owner,
                    leaves,
                };
                let took = Party {
                    order_id: taker.order_id,
                    owner: taker.owner,
                    leaves: taker.left,
                };
                events.trade(instrument, time, taker.side, price, filled, made, took);
                level.quantity -= i128::from(filled);
                if leaves == 0 {
                    level.close_gap(NONE, next, 0);
                    orders[next].previous = NONE;
                    orders.free(slot);
                    ids.remove(id, slot);
                }
            }
            level.orders == 0
        })
    }
}

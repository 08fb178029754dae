//! The fast book: every step of a command is a few loads and stores at computed places.
//!
//! - orders live in a slab and are linked into one queue per price ([`slab`](super::slab));
//! - levels are found by price in a directly indexed window ([`ladder`](super::ladder));
//! - orders are found by id in an open-addressing table ([`id_map`](super::id_map)).
//!
//! Cancel and amend are O(1) wherever the order stands in its queue. Nothing is allocated once the slab, the table and
//! the event buffers have grown to the busiest moment, except for prices outside the window.
mod matching;

use super::events::{Events, Subject};
use super::id_map::IdMap;
use super::ladder::Ladder;
use super::rules::{self, Top};
use super::slab::{Order, Slab, NONE};
use super::{Book, RestingOrder, FLAG_POST_ONLY, NO_ASK, NO_BID};
use crate::layout::{code, command_kind, exec_type, side, time_in_force, DepthLevel, OrderCommand};
use matching::Taker;

/// Open orders a book has room for before its tables grow.
const INITIAL_ORDERS: usize = 1024;

/// The book that trades.
#[derive(Debug)]
pub struct DirectBook {
    instrument: u16,
    /// Best bid and best ask, indexed by side; `NO_BID`, `NO_ASK`.
    best: [i64; 2],
    /// Best prices as last published.
    top: Top,
    ladder: Ladder,
    orders: Slab,
    ids: IdMap,
}

impl DirectBook {
    /// An empty book with room for `orders` open orders before any table grows.
    #[must_use]
    pub fn with_capacity(instrument: u16, orders: usize) -> Self {
        Self {
            instrument,
            best: [NO_BID, NO_ASK],
            top: Top::default(),
            ladder: Ladder::new(),
            orders: Slab::with_capacity(orders),
            ids: IdMap::with_capacity(orders),
        }
    }

    /// Why a new order is refused, if it is.
    #[inline]
    fn refusal(&self, command: &OrderCommand, limit: i64) -> Option<u32> {
        if let Err(code) = rules::read_new(command) {
            return Some(code);
        }
        if self.contains(command.order_id) {
            return Some(code::VENUE_DUPLICATE_ID);
        }
        let post_only = command.flags & FLAG_POST_ONLY != 0;
        if post_only && self.would_match(command.side, limit) {
            return Some(code::WOULD_CROSS);
        }
        let all_or_none = command.tif == time_in_force::FOK;
        if all_or_none && !self.can_fill(command.side, limit, command.quantity) {
            return Some(code::UNFILLABLE);
        }
        None
    }

    #[inline]
    fn enter(&mut self, command: &OrderCommand, events: &mut Events) {
        let (instrument, time, side) = (self.instrument, command.time, command.side);
        let limit = rules::matching_limit(command);
        if let Some(code) = self.refusal(command, limit) {
            return events.rejected(instrument, command, code);
        }
        let (order_id, owner, quantity) = (command.order_id, command.owner, command.quantity);
        let subject = Subject {
            order_id,
            side,
            owner,
            price: rules::reported_price(command),
        };
        events.report(
            exec_type::NEW,
            0,
            instrument,
            time,
            subject,
            quantity,
            quantity,
        );
        let left = self.fill(
            Taker {
                order_id,
                owner,
                side,
                limit,
                left: quantity,
            },
            time,
            events,
        );
        if left == 0 {
            return;
        }
        if let Some(reason) = rules::drop_reason(command) {
            return events.report(
                exec_type::CANCELED,
                reason,
                instrument,
                time,
                subject,
                left,
                0,
            );
        }
        let slot = self.orders.insert(Order {
            id: order_id,
            price: limit,
            quantity: left,
            previous: NONE,
            next: NONE,
            owner,
            side,
            post_only: command.flags & FLAG_POST_ONLY != 0,
        });
        self.ids.insert(order_id, slot);
        self.link(slot);
    }

    /// Slot of the order a cancel or amend names, if its sender owns it; else `NONE`.
    #[inline]
    fn target(&self, command: &OrderCommand) -> u32 {
        let slot = self.ids.find(command.target_id, &self.orders);
        if self.orders[slot].owner == command.owner {
            slot
        } else {
            NONE
        }
    }

    /// Takes a resting order out of the book and reports it.
    #[inline]
    fn withdraw(&mut self, slot: u32, reason: u32, time: i64, events: &mut Events) {
        let order = self.orders[slot];
        self.unlink(slot);
        self.ids.remove(order.id, slot);
        self.orders.free(slot);
        events.canceled(self.instrument, time, &order.view(), reason);
    }

    #[inline]
    fn cancel(&mut self, command: &OrderCommand, events: &mut Events) {
        if command.target_id == 0 {
            return events.cancel_rejected(self.instrument, command, code::VENUE_MALFORMED);
        }
        let slot = self.target(command);
        if slot == NONE {
            return events.cancel_rejected(self.instrument, command, code::VENUE_UNKNOWN_ORDER);
        }
        self.withdraw(slot, 0, command.time, events);
    }

    #[inline]
    fn amend(&mut self, command: &OrderCommand, events: &mut Events) {
        let (instrument, time) = (self.instrument, command.time);
        if let Err(code) = rules::read_amend(command) {
            return events.cancel_rejected(instrument, command, code);
        }
        let slot = self.target(command);
        if slot == NONE {
            return events.cancel_rejected(instrument, command, code::VENUE_UNKNOWN_ORDER);
        }
        let before = self.orders[slot];
        let (price, quantity, side) = (command.price, command.quantity, before.side);
        let post_only = before.is_post_only_with(command.flags);
        if post_only && self.would_match(side, price) {
            return events.amend_would_cross(instrument, command, &before.view());
        }
        let subject = Subject {
            order_id: before.id,
            side,
            owner: before.owner,
            price,
        };
        events.report(
            exec_type::REPLACED,
            0,
            instrument,
            time,
            subject,
            quantity,
            quantity,
        );
        if price == before.price && quantity < before.quantity {
            let less = i128::from(before.quantity - quantity);
            self.ladder
                .update(price, move |level| level.quantity -= less);
            self.orders[slot].quantity = quantity;
            self.orders[slot].post_only = post_only;
            return;
        }
        self.unlink(slot);
        let taker = Taker {
            order_id: before.id,
            owner: before.owner,
            side,
            limit: price,
            left: quantity,
        };
        let left = self.fill(taker, time, events);
        if left == 0 {
            self.ids.remove(before.id, slot);
            self.orders.free(slot);
            return;
        }
        let order = &mut self.orders[slot];
        order.price = price;
        order.quantity = left;
        order.post_only = post_only;
        self.link(slot);
    }

    /// One tick if the best prices are not the ones last published.
    #[inline]
    fn publish_top(&mut self, time: i64, events: &mut Events) {
        let [bid, ask] = self.best;
        // An end of the ladder holds no orders, so its quantity reads 0.
        let top = Top {
            bid,
            bid_quantity: self.ladder.view(bid).quantity,
            ask: if ask == NO_ASK { 0 } else { ask },
            ask_quantity: self.ladder.view(ask).quantity,
        };
        if top != self.top {
            self.top = top;
            events.best_changed(self.instrument, time, top);
        }
    }
}

impl Book for DirectBook {
    fn new(instrument: u16) -> Self {
        Self::with_capacity(instrument, INITIAL_ORDERS)
    }

    #[inline]
    fn submit(&mut self, command: &OrderCommand, events: &mut Events) {
        match command.kind {
            command_kind::NEW => self.enter(command, events),
            command_kind::CANCEL => self.cancel(command, events),
            command_kind::AMEND => self.amend(command, events),
            command_kind::CANCEL_OWNER => {
                self.cancel_owner(Some(command.owner), command.time, events);
            }
            _ => events.rejected(self.instrument, command, code::VENUE_MALFORMED),
        }
        self.publish_top(command.time, events);
    }

    fn cancel_owner(&mut self, owner: Option<u32>, time: i64, events: &mut Events) -> u32 {
        let mut cancelled = 0;
        for side in [side::BUY, side::SELL] {
            let mut price = self.best_of(side);
            while !Self::is_end(price) {
                let mut slot = self.ladder.head(price);
                while slot != NONE {
                    let next = self.orders[slot].next;
                    if owner.is_none_or(|owner| owner == self.orders[slot].owner) {
                        self.withdraw(slot, code::OWNER_CANCEL, time, events);
                        cancelled += 1;
                    }
                    slot = next;
                }
                price = self.worse(side, price);
            }
        }
        self.publish_top(time, events);
        cancelled
    }

    fn best(&self, side: u8) -> Option<DepthLevel> {
        let price = self.best_of(side);
        (!Self::is_end(price)).then(|| self.ladder.view(price))
    }

    fn depth(&self, side: u8, levels: usize, out: &mut Vec<DepthLevel>) {
        out.clear();
        let mut price = self.best_of(side);
        while out.len() < levels && !Self::is_end(price) {
            out.push(self.ladder.view(price));
            price = self.worse(side, price);
        }
    }

    fn open_orders(&self) -> usize {
        self.ids.len()
    }

    fn levels(&self) -> usize {
        self.ladder.len()
    }

    #[inline]
    fn contains(&self, order_id: u64) -> bool {
        self.ids.find(order_id, &self.orders) != NONE
    }

    fn for_each_order(&self, side: u8, visit: &mut dyn FnMut(&RestingOrder)) {
        let mut price = self.best_of(side);
        while !Self::is_end(price) {
            let mut slot = self.ladder.head(price);
            while slot != NONE {
                visit(&self.orders[slot].view());
                slot = self.orders[slot].next;
            }
            price = self.worse(side, price);
        }
    }
}

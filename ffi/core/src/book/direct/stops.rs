//! Stops: how they wait and how they fire.
use super::super::events::Events;
use super::agenda::Entry;
use super::enter::limit_of;
use super::ladder::key_of;
use super::slab::WAITING;
use super::{DirectBook, NO_TRADES};
use crate::layout::{exec_type, order_type, side, trading_state};

/// The place of a trigger on its side's agenda: buys ascending, sells descending. Complementing is what turns sells
/// round, as in the ladders, but here the first to fire is the lowest.
fn agenda_key(side: u8, trigger: i64) -> i64 {
    key_of(side, trigger)
}

impl DirectBook {
    /// Puts a waiting stop on the agenda, or lets it fire when the command is done if the last trade is enough.
    pub(super) fn schedule(&mut self, slot: u32) {
        let (side, rest) = (self.orders[slot].side, *self.orders.rest(slot));
        let last = self.last_trade;
        let reached = last > 0 && key_of(side, last) >= key_of(side, rest.trigger);
        if reached && self.state == trading_state::CONTINUOUS {
            self.fired.push_back((slot, rest.age));
            // So that the end of the command looks at the queue.
            return self.note_trade(last);
        }
        self.wait_for(slot);
    }

    /// Puts a waiting stop on the agenda.
    pub(super) fn wait_for(&mut self, slot: u32) {
        let (side, rest) = (self.orders[slot].side, *self.orders.rest(slot));
        let entry = Entry {
            key: agenda_key(side, rest.trigger),
            age: rest.age,
            slot,
            stamp: rest.stamp,
        };
        let orders = &self.orders;
        let agenda = &mut self.stops[usize::from(side & 1)];
        agenda.add(entry, |entry| waits(orders, entry));
    }

    /// Fires every stop that trades since the last call have reached, then those that the firing reaches, and so on.
    #[cold]
    #[inline(never)]
    pub(super) fn fire_stops(&mut self, time: i64, events: &mut Events) {
        self.line_up();
        while let Some((slot, age)) = self.fired.pop_front() {
            if self.orders.holds(slot, age) && self.orders[slot].traits & WAITING != 0 {
                self.fire(slot, time, events);
                self.line_up();
            }
        }
    }

    /// Moves the stops that have been reached to the end of the queue: buys by trigger ascending, then sells by trigger
    /// descending, older first within a trigger.
    fn line_up(&mut self) {
        let (low, high) = core::mem::replace(&mut self.unasked, NO_TRADES);
        if (low, high) == NO_TRADES {
            return;
        }
        for (side, extreme) in [(side::BUY, high), (side::SELL, low)] {
            let agenda = &mut self.stops[usize::from(side)];
            while let Some(entry) = agenda.take_up_to(agenda_key(side, extreme)) {
                if waits(&self.orders, &entry) {
                    self.fired.push_back((entry.slot, entry.age));
                }
            }
        }
    }

    fn fire(&mut self, slot: u32, time: i64, events: &mut Events) {
        let order = &mut self.orders[slot];
        order.traits &= !WAITING;
        if order.order_type == order_type::STOP {
            (order.order_type, order.price) = (order_type::MARKET, 0);
        } else {
            order.order_type = order_type::LIMIT;
        }
        let (side, price, leaves) = (order.side, order.price, order.leaves());
        let (limit, total) = (limit_of(order.order_type, side, price), order.total);
        let (kind, subject) = (exec_type::TRIGGERED, self.subject(slot));
        events.report(kind, 0, self.instrument, time, subject, leaves, leaves);
        *self.lots_mut(side) -= leaves;
        let mut taker = self.taker(slot, price, limit, leaves, total);
        if self.crosses(side, limit) {
            self.fill(&mut taker, time, events);
        }
        self.settle(slot, &taker, time, events);
    }
}

/// Whether an entry still stands for a waiting stop with that trigger.
fn waits(orders: &super::slab::Slab, entry: &Entry) -> bool {
    orders.holds(entry.slot, entry.age)
        && orders[entry.slot].traits & WAITING != 0
        && orders.rest(entry.slot).stamp == entry.stamp
}

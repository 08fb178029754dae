//! How an open order is changed.
use super::super::events::Events;
use super::super::rules;
use super::matching::Taker;
use super::slab::{traits_of, ICEBERG, NONE, POST_ONLY, REDUCE_ONLY, SELF_TRADE, WAITING};
use super::DirectBook;
use crate::layout::{code, exec_type, order_type, trading_state, OrderCommand};

impl DirectBook {
    #[inline]
    pub(super) fn amend(&mut self, command: &OrderCommand, events: &mut Events) {
        let slot = if command.quantity > 0 && rules::is_price(command.price) {
            self.target(command)
        } else {
            NONE
        };
        if slot == NONE {
            return self.refuse_amend(command, events);
        }
        let traits = self.orders[slot].traits | command.flags as u8 & POST_ONLY;
        if traits & !(SELF_TRADE | POST_ONLY) == 0 && self.state == trading_state::CONTINUOUS {
            self.amend_as::<false>(slot, command, events);
        } else {
            self.amend_rare(slot, command, events);
        }
    }

    /// An amend that cannot be read or names nothing the sender has open here.
    #[cold]
    fn refuse_amend(&self, command: &OrderCommand, events: &mut Events) {
        let sound =
            command.target_id != 0 && command.quantity > 0 && rules::is_price(command.price);
        let code = if sound {
            code::VENUE_UNKNOWN_ORDER
        } else {
            code::VENUE_MALFORMED
        };
        events.cancel_rejected(self.instrument, command, code);
    }

    #[inline(never)]
    fn amend_rare(&mut self, slot: u32, command: &OrderCommand, events: &mut Events) {
        if matches!(self.state, trading_state::HALT | trading_state::CLOSED) {
            self.refuse_change(slot, command, code::NOT_TRADING, events);
        } else {
            self.amend_as::<true>(slot, command, events);
        }
    }

    /// The order stays as it is; the record shows it.
    #[cold]
    #[inline(never)]
    fn refuse_change(&self, slot: u32, command: &OrderCommand, reason: u32, events: &mut Events) {
        let (kind, time, lots) = (exec_type::CANCEL_REJECTED, command.time, command.quantity);
        let (subject, leaves) = (self.subject(slot), self.orders[slot].leaves());
        events.report(kind, reason, self.instrument, time, subject, lots, leaves);
    }

    #[inline(always)]
    fn amend_as<const RARE: bool>(
        &mut self,
        slot: u32,
        command: &OrderCommand,
        events: &mut Events,
    ) {
        let (time, price, total) = (command.time, command.price, command.quantity);
        let order = &self.orders[slot];
        let (side, old_price) = (order.side, order.price);
        let leaves = if RARE { order.leaves() } else { order.shown };
        let left = total - (order.total - leaves);
        if left <= 0 {
            let (kind, reason) = (exec_type::CANCELED, code::BELOW_FILLED);
            return self.withdraw(slot, kind, reason, time, events);
        }
        if RARE
            && order.traits & ICEBERG != 0
            && rules::has_too_many_slices(self.orders.rest(slot).display, total)
        {
            return self.refuse_change(slot, command, code::VENUE_MALFORMED, events);
        }
        // Both are what the side counts at most, so their sum wraps once at most, and is negative then.
        let others = self.open_lots[usize::from(side & 1)] - leaves;
        if others.wrapping_add(left) < 0 {
            return self.refuse_change(slot, command, code::BOOK_FULL, events);
        }
        let waits = RARE && order.traits & WAITING != 0;
        let matches = !waits && self.matches_now::<RARE>(side, price);
        let traits = order.traits | traits_of(command) & POST_ONLY;
        if matches && traits & POST_ONLY != 0 {
            return self.refuse_change(slot, command, code::WOULD_CROSS, events);
        }
        let mut subject = self.subject(slot);
        subject.price = price;
        let (kind, instrument) = (exec_type::REPLACED, self.instrument);
        events.report(kind, 0, instrument, time, subject, total, left);
        self.orders[slot].traits = traits;
        if waits {
            return self.amend_stop(slot, price, left, total);
        }
        if price == old_price && left < leaves {
            self.cut(slot, leaves - left);
            self.orders[slot].total = total;
            return;
        }
        self.unqueue(slot);
        self.open_lots[usize::from(side & 1)] = others + left;
        if matches || (RARE && traits & REDUCE_ONLY != 0) {
            self.open_lots[usize::from(side & 1)] = others;
            return self.enter_again(slot, price, left, total, matches, time, events);
        }
        self.requeue::<RARE>(slot, price, left, total);
    }

    /// An order that stands in no queue goes on as a taker.
    #[inline(never)]
    #[allow(clippy::too_many_arguments)]
    fn enter_again(
        &mut self,
        slot: u32,
        price: i64,
        left: i64,
        total: i64,
        matches: bool,
        time: i64,
        events: &mut Events,
    ) {
        let mut taker = self.taker(slot, price, price, left, total);
        if matches {
            self.fill(&mut taker, time, events);
        }
        self.settle(slot, &taker, time, events);
    }

    /// An open order as a taker; `price` is what records say, `limit` what it may pay.
    pub(super) fn taker(&self, slot: u32, price: i64, limit: i64, left: i64, total: i64) -> Taker {
        let order = &self.orders[slot];
        Taker {
            order_id: order.id,
            owner: self.accounts[order.account].owner,
            account: order.account,
            side: order.side,
            traits: order.traits & !(ICEBERG | WAITING),
            price,
            limit,
            left,
            total,
        }
    }

    /// A waiting stop has a new trigger (Stop) or limit (StopLimit) and a new total.
    #[cold]
    fn amend_stop(&mut self, slot: u32, price: i64, left: i64, total: i64) {
        let order = &mut self.orders[slot];
        let more = left - order.hidden;
        (order.price, order.hidden, order.total) = (price, left, total);
        let (side, is_stop) = (order.side, order.order_type == order_type::STOP);
        *self.lots_mut(side) += more;
        if is_stop {
            let rest = self.orders.rest_mut(slot);
            rest.trigger = price;
            rest.stamp = rest.stamp.wrapping_add(1);
            self.schedule(slot);
        }
    }
}

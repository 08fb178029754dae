//! How an open order of the readable book is cancelled and amended.
use super::super::events::Events;
use super::super::{rules, OpenOrder, FLAG_POST_ONLY};
use super::NaiveBook;
use crate::layout::{code, exec_type, order_type, trading_state, OrderCommand};

impl NaiveBook {
    /// The order a cancel or amend names, if its sender owns it.
    fn target(&self, command: &OrderCommand) -> Option<OpenOrder> {
        let age = self.ages_by_id.get(&command.target_id)?;
        let order = self.orders[age];
        (order.owner == command.owner).then_some(order)
    }

    pub(super) fn cancel(&mut self, command: &OrderCommand, events: &mut Events) {
        if command.target_id == 0 {
            return events.cancel_rejected(self.instrument, command, code::VENUE_MALFORMED);
        }
        match self.target(command) {
            Some(order) => self.withdraw(order.age, exec_type::CANCELED, 0, command.time, events),
            None => events.cancel_rejected(self.instrument, command, code::VENUE_UNKNOWN_ORDER),
        }
    }

    pub(super) fn amend(&mut self, command: &OrderCommand, events: &mut Events) {
        if let Err(code) = rules::read_amend(command) {
            return events.cancel_rejected(self.instrument, command, code);
        }
        let Some(before) = self.target(command) else {
            return events.cancel_rejected(self.instrument, command, code::VENUE_UNKNOWN_ORDER);
        };
        let time = command.time;
        let left = command.quantity - (before.total - before.leaves);
        let waits = rules::is_stop(before.order_type);
        let mut order = OpenOrder {
            price: command.price,
            total: command.quantity,
            leaves: left,
            post_only: before.post_only || command.flags & FLAG_POST_ONLY != 0,
            ..before
        };
        let is_open = !matches!(self.state, trading_state::HALT | trading_state::CLOSED);
        if is_open && left <= 0 {
            let (kind, reason) = (exec_type::CANCELED, code::BELOW_FILLED);
            return self.withdraw(before.age, kind, reason, time, events);
        }
        let full =
            self.open_lots(before.side, before.age) + i128::from(left) > i128::from(i64::MAX);
        let refusal = if !is_open {
            code::NOT_TRADING
        } else if rules::has_too_many_slices(order.display, order.total) {
            code::VENUE_MALFORMED
        } else if full {
            code::BOOK_FULL
        } else if !waits && order.post_only && self.matches_now(&order) {
            code::WOULD_CROSS
        } else {
            0
        };
        if refusal != 0 {
            let (kind, lots) = (exec_type::CANCEL_REJECTED, command.quantity);
            return self.report(kind, refusal, &before, lots, before.leaves, time, events);
        }
        self.report(
            exec_type::REPLACED,
            0,
            &order,
            order.total,
            left,
            time,
            events,
        );
        if waits {
            if order.order_type == order_type::STOP {
                order.trigger = command.price;
            }
            self.orders.insert(order.age, order);
            self.fire_if_reached(&order);
        } else if order.price == before.price && left < before.leaves {
            // Hidden lots go first, and the place stays.
            order.shown = before.shown.min(left);
            self.orders.insert(order.age, order);
        } else {
            self.remove(before.age);
            self.enter_queue(order, time, events);
        }
    }
}

//! Mass cancels: of an owner, a group, or everybody.
//!
//! When whole books go, orders are not taken out of their queues one by one: the records are written in the order of the
//! contract, then every array is emptied at once. When nobody keeps records, not even that: they are only counted.
use super::super::events::{Events, Subject};
use super::super::Whose;
use super::ladder::NOTHING;
use super::slab::{NONE, WAITING};
use super::DirectBook;
use crate::ask_for::ask_for;
use crate::layout::{code, exec_type};

/// A book with fewer orders for the size of its arrays is taken down order by order: emptying the arrays costs more.
const SPARSE: usize = 64;

/// Orders whose neighbours are asked for ahead of the one that is withdrawn: as many as the memory serves at a time.
const AHEAD: usize = 8;

impl DirectBook {
    /// Cancels, without the tick. Returns how many orders were cancelled.
    pub(super) fn cancel_whose(&mut self, whose: Whose, time: i64, events: &mut Events) -> u32 {
        match whose {
            Whose::Owner(owner) => match self.accounts.find(owner) {
                Some(account) => self.cancel_account(account, time, events),
                None => 0,
            },
            Whose::Group(group) => {
                let mut members: Vec<(u32, u32)> = (0..)
                    .zip(self.accounts.all())
                    .filter(|(_, known)| known.group == group && known.open > 0)
                    .map(|(number, known)| (known.owner, number))
                    .collect();
                members.sort_unstable();
                let accounts = members.iter().map(|(_, number)| *number);
                accounts.fold(0, |sum, number| {
                    sum + self.cancel_account(number, time, events)
                })
            }
            Whose::Everybody => self.cancel_everybody(time, events),
        }
    }

    fn cancel_account(&mut self, account: u32, time: i64, events: &mut Events) -> u32 {
        let known = self.accounts[account];
        let everything = known.open as usize == self.ids.len() && self.ids.is_dense(SPARSE);
        if !everything {
            self.withdraw_list(account, time, events);
            return known.open;
        }
        let mut slot = known.oldest;
        if events.skip(self.ids.len()) {
            slot = NONE;
        }
        while slot != NONE {
            self.report_cancel(slot, time, events);
            slot = self.orders[slot].younger;
        }
        self.empty();
        known.open
    }

    /// Withdraws the orders of an account, oldest first. Its list is given up as a whole, so nothing is unlinked from it.
    fn withdraw_list(&mut self, account: u32, time: i64, events: &mut Events) {
        let known = self.accounts.give_up(account);
        events.make_room(known.open as usize);
        let mut slot = known.oldest;
        let mut ahead = (0..AHEAD).fold(slot, |ahead, _| self.ask_for_neighbours(ahead));
        while slot != NONE {
            ahead = self.ask_for_neighbours(ahead);
            let order = self.orders[slot];
            let leaves = order.leaves();
            if order.traits & WAITING == 0 {
                self.unqueue(slot);
            }
            *self.lots_mut(order.side) -= leaves;
            self.ids.remove(order.id, slot);
            self.orders.free(slot);
            let subject = Subject {
                order_id: order.id,
                side: order.side,
                owner: known.owner,
                price: order.price,
            };
            let (kind, reason) = (exec_type::CANCELED, code::OWNER_CANCEL);
            events.report(kind, reason, self.instrument, time, subject, leaves, 0);
            slot = order.younger;
        }
    }

    /// Asks the memory for what withdrawing the order in `slot` will touch. Returns the next of its owner, `NONE` for none.
    #[inline(always)]
    fn ask_for_neighbours(&self, slot: u32) -> u32 {
        if slot == NONE {
            return NONE;
        }
        let order = &self.orders[slot];
        ask_for(&self.orders[order.previous]);
        ask_for(&self.orders[order.next]);
        ask_for(self.orders.rest(slot));
        self.ids.ask_for(order.id);
        order.younger
    }

    fn cancel_everybody(&mut self, time: i64, events: &mut Events) -> u32 {
        let count = self.ids.len();
        if !self.ids.is_dense(SPARSE) {
            let mut slots: Vec<u32> = self.queued(0).chain(self.queued(1)).collect();
            slots.extend(self.stops_by_age());
            for slot in slots {
                let (kind, reason) = (exec_type::CANCELED, code::OWNER_CANCEL);
                self.withdraw(slot, kind, reason, time, events);
            }
            return count as u32;
        }
        if !events.skip(count) {
            self.report_everybody(time, events);
        }
        self.empty();
        count as u32
    }

    /// One record per open order: by side, price and place in the queue, then the waiting stops by age.
    fn report_everybody(&mut self, time: i64, events: &mut Events) {
        for side in [0, 1] {
            let ladder = self.ladder(side);
            let mut key = ladder.best();
            while key != NOTHING {
                let mut slot = ladder.get(key).head;
                while slot != NONE {
                    self.report_cancel(slot, time, events);
                    slot = self.orders[slot].next;
                }
                key = ladder.below(key);
            }
        }
        if self.stops.iter().all(super::Agenda::is_empty) {
            return;
        }
        let waiting = self.by_age(|order| order.traits & WAITING != 0);
        for (_, slot) in &waiting {
            self.report_cancel(*slot, time, events);
        }
        self.scratch = waiting;
    }

    #[inline(always)]
    fn report_cancel(&self, slot: u32, time: i64, events: &mut Events) {
        let (kind, reason) = (exec_type::CANCELED, code::OWNER_CANCEL);
        let (subject, leaves) = (self.subject(slot), self.orders[slot].leaves());
        events.report(kind, reason, self.instrument, time, subject, leaves, 0);
    }

    /// Forgets every open order.
    fn empty(&mut self) {
        self.changed = true;
        self.has_rare = false;
        self.ladders.iter_mut().for_each(super::Ladder::clear);
        self.open_lots = [0; 2];
        self.orders.clear();
        self.ids.clear();
        self.accounts.unlink_all();
        self.expiries.clear();
        self.stops.iter_mut().for_each(super::Agenda::clear);
        self.fired.clear();
        self.next_expiry = super::NEVER;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Book;
    use crate::layout::{command_kind, order_type, side, Execution, OrderCommand};

    /// Orders of two owners on both sides, and a waiting stop.
    fn filled(capacity: usize) -> DirectBook {
        let (mut book, mut events) = (DirectBook::with_capacity(3, capacity), Events::new());
        for id in 1..=20u64 {
            let order_side = (id % 2) as u8;
            let away = id as i64 % 3;
            book.submit(
                &OrderCommand {
                    kind: command_kind::NEW,
                    side: order_side,
                    order_type: if id == 8 {
                        order_type::STOP
                    } else {
                        order_type::LIMIT
                    },
                    order_id: id,
                    price: if order_side == side::BUY {
                        100 - away
                    } else {
                        200 + away
                    },
                    quantity: id as i64,
                    owner: 1 + u32::from(id > 12),
                    ..OrderCommand::default()
                },
                &mut events,
            );
        }
        assert_eq!(book.open_orders(), 20);
        book
    }

    fn cancelled(capacity: usize, whose: Whose) -> (Vec<Execution>, u64) {
        let (mut book, mut events) = (filled(capacity), Events::new());
        let count = book.cancel_all(whose, 5, &mut events);
        assert_eq!(count as usize, events.executions.len());
        (events.executions, book.state_hash())
    }

    #[test]
    fn a_book_taken_down_at_once_says_what_one_taken_down_order_by_order_says() {
        // The larger capacity makes the same orders few for their arrays.
        for whose in [Whose::Everybody, Whose::Owner(1), Whose::Group(2)] {
            assert!(filled(20).ids.is_dense(SPARSE) && !filled(4_096).ids.is_dense(SPARSE));
            assert_eq!(cancelled(20, whose), cancelled(4_096, whose));
        }
        let (records, _) = cancelled(20, Whose::Everybody);
        let ids: Vec<u64> = records.iter().map(|record| record.order_id).collect();
        let buys = [6, 12, 18, 4, 10, 16, 2, 14, 20];
        let sells = [3, 9, 15, 1, 7, 13, 19, 5, 11, 17];
        assert_eq!(ids, [&buys[..], &sells, &[8]].concat());
    }

    #[test]
    fn what_an_owner_took_along_is_no_longer_there_to_be_filled() {
        let mut book = filled(20);
        book.cancel_all(Whose::Owner(1), 5, &mut Events::new());
        assert_eq!(book.open_orders(), 8);
        for side in [side::BUY, side::SELL] {
            let mut left = 0;
            book.for_each_order(side, &mut |order| left += order.leaves);
            assert_eq!(book.open_lots[usize::from(side)], left);
        }
    }

    #[test]
    fn records_that_nobody_keeps_are_counted_all_the_same() {
        for whose in [Whose::Everybody, Whose::Owner(1), Whose::Owner(2)] {
            let (mut kept, mut counted) = (Events::new(), Events::counting());
            for events in [&mut kept, &mut counted] {
                let mut book = filled(20);
                // Then the other owner has everything.
                book.cancel_all(Whose::Owner(1), 5, events);
                book.cancel_all(whose, 6, events);
                let left = if whose == Whose::Owner(1) { 8 } else { 0 };
                assert_eq!(book.open_orders(), left);
            }
            assert_eq!(kept.venue_sequence(), counted.venue_sequence());
            assert!(counted.executions.is_empty());
        }
    }
}

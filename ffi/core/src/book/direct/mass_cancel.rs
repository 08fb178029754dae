//! Mass cancels: of an owner, a group, or everybody.
//!
//! When whole books go, orders are not taken out of their queues one by one: the records are written in the order of the
//! contract, then every array is emptied at once.
use super::super::events::Events;
use super::super::Whose;
use super::slab::{NONE, WAITING};
use super::DirectBook;
use crate::layout::{code, exec_type};

/// A book with fewer orders for the size of its arrays is taken down order by order: emptying the arrays costs more.
const SPARSE: usize = 64;

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
        let mut slot = known.oldest;
        while slot != NONE {
            let younger = self.orders[slot].younger;
            if everything {
                self.report_cancel(slot, time, events);
            } else {
                let (kind, reason) = (exec_type::CANCELED, code::OWNER_CANCEL);
                self.withdraw(slot, kind, reason, time, events);
            }
            slot = younger;
        }
        if everything {
            self.empty();
        }
        known.open
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
        let mut queued = 0;
        for side in [0, 1] {
            for slot in self.queued(side) {
                self.report_cancel(slot, time, events);
                queued += 1;
            }
        }
        if queued < count {
            let waiting = self.by_age(|order| order.traits & WAITING != 0);
            for (_, slot) in &waiting {
                self.report_cancel(*slot, time, events);
            }
            self.scratch = waiting;
        }
        self.empty();
        count as u32
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

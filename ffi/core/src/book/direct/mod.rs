//! The fast book: every step of a command is a few loads and stores at computed places.
//!
//! - orders live in a slab, one cache line each, and are linked into one queue per price ([`slab`]);
//! - the levels of a side are found by price in a directly indexed window ([`ladder`]);
//! - orders are found by id in an open-addressing table ([`id_map`]);
//! - owners are numbered, with their position, their group and the list of their orders ([`accounts`]);
//! - what happens later, expiries and stops, waits in binary heaps ([`agenda`]).
//!
//! Cancel and amend are O(1) wherever the order stands in its queue. Nothing is allocated once the arrays and the event
//! buffers have grown to the busiest moment, except for prices outside the window. What is rare is kept off the common
//! way: a plain order pays for stops, icebergs, auctions and self-trade prevention with one test of a byte it has loaded
//! anyway. Such a function exists twice, made from one source by a constant parameter `RARE`.
mod accounts;
mod agenda;
mod amend;
mod auction;
mod enter;
mod fill_or_kill;
mod id_map;
mod image;
mod ladder;
mod mass_cancel;
mod matching;
mod slab;
mod stops;
mod views;

use super::events::{Events, Subject};
use super::rules::Top;
use super::{Account, Book, OpenOrder, Whose};
use crate::layout::{
    code, command_kind, exec_type, side, trading_state, BookOrder, DepthLevel, Indicative,
    OrderCommand,
};
use accounts::Accounts;
use agenda::Agenda;
use id_map::IdMap;
use ladder::{key_of, Ladder, NOTHING};
use slab::{Slab, NONE, WAITING};
use std::collections::VecDeque;

/// Nanoseconds per second: `expires` counts these.
const SECOND: i64 = 1_000_000_000;

/// Stands for "nothing expires": a time no command has, because `expires` in nanoseconds ends well before it.
const NEVER: i64 = i64::MAX;

/// The book that trades.
#[derive(Debug)]
pub struct DirectBook {
    instrument: u16,
    /// `layout::trading_state`
    state: u8,
    /// Something happened at a best price since the last tick.
    changed: bool,
    /// An iceberg or a reduce-only order has been open since the book was last empty of all orders.
    has_rare: bool,
    /// Levels of the buys and of the sells, indexed by side.
    ladders: [Ladder; 2],
    /// Leaves of all open orders, by side.
    open_lots: [i64; 2],
    orders: Slab,
    ids: IdMap,
    accounts: Accounts,
    /// Orders let in so far.
    ages: u64,
    /// Nanoseconds: nothing expires before.
    next_expiry: i64,
    last_trade: i64,
    /// Lowest and highest trade that waiting stops have not been asked about; `NO_TRADES` when there is none.
    unasked: (i64, i64),
    /// Best prices as last published.
    top: Top,
    expiries: Agenda,
    /// Waiting stops by trigger: buys ascending, sells descending.
    stops: [Agenda; 2],
    /// Stops whose turn it is to fire: slot and age.
    fired: VecDeque<(u32, u64)>,
    /// Stops on their way from `stops` to `fired`, or orders to be sorted by age.
    scratch: Vec<(u64, u32)>,
}

const NO_TRADES: (i64, i64) = (i64::MAX, 0);

impl DirectBook {
    /// An empty book with room for `orders` open orders before any of its arrays grows.
    #[must_use]
    pub fn with_capacity(instrument: u16, orders: usize) -> Self {
        let mut book = Self::new(instrument);
        book.ladders = [orders, orders].map(Ladder::with_capacity);
        book.orders = Slab::with_capacity(orders);
        book.ids = IdMap::with_capacity(orders);
        book
    }

    /// Bytes this book holds, but for the sorted maps of prices outside its windows.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let ladders = self.ladders.iter().map(Ladder::bytes).sum::<usize>();
        let agendas = [&self.expiries, &self.stops[0], &self.stops[1]];
        size_of::<Self>()
            + ladders
            + agendas.map(Agenda::bytes).iter().sum::<usize>()
            + self.orders.bytes()
            + self.ids.bytes()
            + self.accounts.bytes()
            + self.fired.capacity() * size_of::<(u32, u64)>()
            + self.scratch.capacity() * size_of::<(u64, u32)>()
    }

    #[inline(always)]
    fn ladder(&self, side: u8) -> &Ladder {
        &self.ladders[usize::from(side & 1)]
    }

    #[inline(always)]
    fn ladder_mut(&mut self, side: u8) -> &mut Ladder {
        &mut self.ladders[usize::from(side & 1)]
    }

    #[inline(always)]
    fn lots_mut(&mut self, side: u8) -> &mut i64 {
        &mut self.open_lots[usize::from(side & 1)]
    }

    /// Whether an order of `side` with that limit matches the best of the other side.
    #[inline(always)]
    fn crosses(&self, side: u8, limit: i64) -> bool {
        self.ladder(1 - side).best() >= key_of(1 - side, limit)
    }

    fn is_crossed(&self) -> bool {
        self.ladders[0].best() >= key_of(side::SELL, self.ladders[1].best())
    }

    /// Slot of the order a cancel or amend names, if its sender owns it; else `NONE`.
    #[inline(always)]
    fn target(&self, command: &OrderCommand) -> u32 {
        let slot = self.ids.find(command.target_id, &self.orders);
        if slot != NONE && self.accounts[self.orders[slot].account].owner == command.owner {
            slot
        } else {
            NONE
        }
    }

    /// How records name the order in `slot`.
    #[inline(always)]
    fn subject(&self, slot: u32) -> Subject {
        let order = &self.orders[slot];
        Subject {
            order_id: order.id,
            side: order.side,
            owner: self.accounts[order.account].owner,
            price: order.price,
        }
    }

    /// Puts the order in `slot` behind the queue of its price.
    #[inline(always)]
    fn queue(&mut self, slot: u32) {
        let order = &self.orders[slot];
        let (side, key, shown) = (order.side, key_of(order.side, order.price), order.shown);
        let ladder = &mut self.ladders[usize::from(side & 1)];
        self.changed |= ladder.append(key, slot, shown, &mut self.orders);
    }

    /// Takes the order in `slot` out of the queue of its price.
    #[inline(always)]
    fn unqueue(&mut self, slot: u32) {
        let order = &self.orders[slot];
        let (side, key, shown) = (order.side, key_of(order.side, order.price), order.shown);
        let ends = (order.previous, order.next);
        let ladder = &mut self.ladders[usize::from(side & 1)];
        self.changed |= ladder.remove(key, ends, shown, &mut self.orders);
    }

    /// Forgets the order in `slot`, which stands in no queue any more.
    #[inline(always)]
    fn close(&mut self, slot: u32) {
        self.ids.remove(self.orders[slot].id, slot);
        self.accounts.unlink(slot, &mut self.orders);
        self.orders.free(slot);
    }

    /// Ends an open order, resting or waiting, with one record.
    #[inline]
    fn withdraw(&mut self, slot: u32, kind: u8, reason: u32, time: i64, events: &mut Events) {
        let (subject, leaves) = (self.subject(slot), self.orders[slot].leaves());
        if self.orders[slot].traits & WAITING == 0 {
            self.unqueue(slot);
        }
        *self.lots_mut(subject.side) -= leaves;
        self.close(slot);
        events.report(kind, reason, self.instrument, time, subject, leaves, 0);
    }

    #[inline]
    fn cancel(&mut self, command: &OrderCommand, events: &mut Events) {
        let slot = self.target(command);
        if slot == NONE {
            let code = match command.target_id {
                0 => code::VENUE_MALFORMED,
                _ => code::VENUE_UNKNOWN_ORDER,
            };
            return events.cancel_rejected(self.instrument, command, code);
        }
        self.withdraw(slot, exec_type::CANCELED, 0, command.time, events);
    }

    /// Ends every order whose time has come.
    #[cold]
    #[inline(never)]
    fn expire(&mut self, time: i64, events: &mut Events) {
        while let Some(entry) = self.expiries.take_up_to(time) {
            if self.orders.holds(entry.slot, entry.age) {
                let (kind, reason) = (exec_type::EXPIRED, code::EXPIRED);
                self.withdraw(entry.slot, kind, reason, time, events);
            }
        }
        self.next_expiry = self.expiries.first_key().unwrap_or(NEVER);
    }

    /// Ends every order that is good for the day, by age.
    fn end_day(&mut self, time: i64, events: &mut Events) {
        let slots = self.by_age(|order| order.tif == crate::layout::time_in_force::DAY);
        for (_, slot) in &slots {
            let (kind, reason) = (exec_type::EXPIRED, code::EXPIRED);
            self.withdraw(*slot, kind, reason, time, events);
        }
        self.scratch = slots;
    }

    /// Age and slot of the open orders that `wanted` picks, by age, in the book's scratch space.
    fn by_age(&mut self, wanted: impl Fn(&slab::Order) -> bool) -> Vec<(u64, u32)> {
        let mut slots = core::mem::take(&mut self.scratch);
        slots.clear();
        let picked = self
            .orders
            .occupied()
            .filter(|slot| wanted(&self.orders[*slot]));
        slots.extend(picked.map(|slot| (self.orders.rest(slot).age, slot)));
        slots.sort_unstable();
        slots
    }

    /// One tick if the best prices are not the ones last published.
    #[inline(always)]
    fn publish(&mut self, time: i64, events: &mut Events) {
        if self.changed {
            self.publish_change(time, events);
        }
    }

    #[inline]
    fn publish_change(&mut self, time: i64, events: &mut Events) {
        self.changed = false;
        if self.is_crossed() {
            return;
        }
        let [buys, sells] = &self.ladders;
        let price = |side, key| if key == NOTHING { 0 } else { key_of(side, key) };
        let top = Top {
            bid: price(side::BUY, buys.best()),
            bid_quantity: buys.get(buys.best()).shown,
            ask: price(side::SELL, sells.best()),
            ask_quantity: sells.get(sells.best()).shown,
        };
        // Which of the four differs is as good as chance: no jump for each.
        let differs = top.bid ^ self.top.bid
            | top.bid_quantity ^ self.top.bid_quantity
            | top.ask ^ self.top.ask
            | top.ask_quantity ^ self.top.ask_quantity;
        if differs != 0 {
            self.top = top;
            events.best_changed(self.instrument, time, top);
        }
    }
}

impl Book for DirectBook {
    fn new(instrument: u16) -> Self {
        Self {
            instrument,
            state: trading_state::CONTINUOUS,
            changed: false,
            has_rare: false,
            ladders: [Ladder::new(), Ladder::new()],
            open_lots: [0; 2],
            orders: Slab::with_capacity(0),
            ids: IdMap::with_capacity(0),
            accounts: Accounts::default(),
            ages: 0,
            next_expiry: NEVER,
            last_trade: 0,
            unasked: NO_TRADES,
            top: Top::default(),
            expiries: Agenda::new(),
            stops: [Agenda::new(), Agenda::new()],
            fired: VecDeque::new(),
            scratch: Vec::new(),
        }
    }

    #[inline]
    fn submit(&mut self, command: &OrderCommand, events: &mut Events) {
        if command.time >= self.next_expiry {
            self.expire(command.time, events);
        }
        match command.kind {
            command_kind::NEW => self.enter(command, events),
            command_kind::CANCEL => self.cancel(command, events),
            command_kind::AMEND => self.amend(command, events),
            command_kind::CANCEL_OWNER => {
                self.cancel_whose(Whose::Owner(command.owner), command.time, events);
            }
            _ => events.rejected(self.instrument, command, code::VENUE_MALFORMED),
        }
        if self.unasked != NO_TRADES {
            self.fire_stops(command.time, events);
        }
        self.publish(command.time, events);
    }

    fn advance(&mut self, time: i64, events: &mut Events) {
        self.expire(time, events);
        self.publish(time, events);
    }

    fn set_state(&mut self, state: u8, time: i64, events: &mut Events) -> Result<(), u32> {
        self.change_state(state, time, events)
    }

    fn state(&self) -> u8 {
        self.state
    }

    fn indicative(&self) -> Indicative {
        self.uncross_price()
    }

    fn last_trade(&self) -> i64 {
        self.last_trade
    }

    fn set_group(&mut self, owner: u32, group: u32) {
        let account = self.accounts.meet(owner);
        self.accounts[account].group = group;
    }

    fn set_position(&mut self, owner: u32, lots: i64) {
        let account = self.accounts.meet(owner);
        self.accounts[account].position = lots;
    }

    fn account(&self, owner: u32) -> Account {
        self.account_of(owner)
    }

    fn cancel_all(&mut self, whose: Whose, time: i64, events: &mut Events) -> u32 {
        let cancelled = self.cancel_whose(whose, time, events);
        self.publish(time, events);
        cancelled
    }

    fn best(&self, side: u8) -> Option<DepthLevel> {
        let key = self.ladder(side).best();
        (key != NOTHING).then(|| self.level_view(side, key))
    }

    fn depth(&self, side: u8, levels: usize, out: &mut Vec<DepthLevel>) {
        out.clear();
        out.extend(
            self.keys(side)
                .take(levels)
                .map(|key| self.level_view(side, key)),
        );
    }

    fn orders(&self, side: u8, orders: usize, out: &mut Vec<BookOrder>) {
        out.clear();
        out.extend(
            self.queued(side)
                .take(orders)
                .map(|slot| self.order_view(slot)),
        );
    }

    fn open_orders(&self) -> usize {
        self.ids.len()
    }

    fn levels(&self) -> usize {
        self.ladders.iter().map(Ladder::len).sum()
    }

    fn find(&self, order_id: u64) -> Option<OpenOrder> {
        let slot = self.ids.find(order_id, &self.orders);
        (slot != NONE).then(|| self.open_order(slot))
    }

    fn for_each_order(&self, side: u8, visit: &mut dyn FnMut(&OpenOrder)) {
        self.queued(side)
            .for_each(|slot| visit(&self.open_order(slot)));
    }

    fn for_each_stop(&self, visit: &mut dyn FnMut(&OpenOrder)) {
        self.stops_by_age()
            .for_each(|slot| visit(&self.open_order(slot)));
    }

    fn for_each_account(&self, visit: &mut dyn FnMut(&Account)) {
        self.accounts_by_owner().iter().for_each(visit);
    }
}

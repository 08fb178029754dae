//! The readable book: sorted maps and queues of order ages, nothing clever. It says what
//! [`DirectBook`](super::DirectBook) must do.
mod auction;
mod change;
mod matching;

use super::events::{Events, Subject};
use super::rules::{self, Top};
use super::{Account, Book, OpenOrder, Whose, NO_ASK, NO_BID};
use crate::layout::{
    code, command_kind, exec_type, order_type, side, time_in_force, trading_state, BookOrder,
    DepthLevel, Indicative, OrderCommand,
};
use std::collections::{BTreeMap, VecDeque};

const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// One side: price to the ages of the orders there, first in first out. A queue is never empty.
type Side = BTreeMap<i64, VecDeque<u64>>;

/// The oracle. Speed is not its business.
#[derive(Clone)]
pub struct NaiveBook {
    instrument: u16,
    state: u8,
    /// Every open order by age; one that is a stop waits, any other stands in a queue.
    orders: BTreeMap<u64, OpenOrder>,
    ages_by_id: BTreeMap<u64, u64>,
    bids: Side,
    asks: Side,
    /// Group and position by owner.
    accounts: BTreeMap<u32, (u32, i64)>,
    /// Orders let in so far.
    ages: u64,
    last_trade: i64,
    /// Prices traded since the waiting stops were last asked.
    traded: Vec<i64>,
    /// Ages of the stops that are about to fire.
    fired: VecDeque<u64>,
    /// Best prices as last published.
    top: Top,
}

impl NaiveBook {
    fn side(&self, side: u8) -> &Side {
        if side == side::BUY {
            &self.bids
        } else {
            &self.asks
        }
    }

    fn side_mut(&mut self, side: u8) -> &mut Side {
        if side == side::BUY {
            &mut self.bids
        } else {
            &mut self.asks
        }
    }

    /// Prices of a side, best first.
    fn prices(&self, side: u8) -> Box<dyn Iterator<Item = i64> + '_> {
        let ascending = self.side(side).keys().copied();
        if side == side::BUY {
            Box::new(ascending.rev())
        } else {
            Box::new(ascending)
        }
    }

    fn best_price(&self, side: u8) -> i64 {
        let none = if side == side::BUY { NO_BID } else { NO_ASK };
        self.prices(side).next().unwrap_or(none)
    }

    fn is_crossed(&self) -> bool {
        self.best_price(side::BUY) >= self.best_price(side::SELL)
    }

    fn lots_at(&self, side: u8, price: i64) -> i64 {
        let queue = &self.side(side)[&price];
        queue.iter().map(|age| self.orders[age].shown).sum()
    }

    /// Leaves of all open orders of a side but the one of age `without`.
    fn open_lots(&self, side: u8, without: u64) -> i128 {
        let others = self
            .orders
            .values()
            .filter(|order| order.side == side && order.age != without);
        others.map(|order| i128::from(order.leaves)).sum()
    }

    fn group(&self, owner: u32) -> u32 {
        self.accounts.get(&owner).map_or(owner, |(group, _)| *group)
    }

    fn position(&self, owner: u32) -> i64 {
        self.accounts
            .get(&owner)
            .map_or(0, |(_, position)| *position)
    }

    /// Lots by which an order could reduce its owner's position.
    fn reducible(&self, order: &OpenOrder) -> i64 {
        let position = self.position(order.owner);
        if order.side == side::BUY {
            position.min(0).saturating_neg()
        } else {
            position.max(0)
        }
    }

    /// Keeps an open order and puts it, unless it waits, behind what is at its price, showing what it may show.
    fn rest(&mut self, mut order: OpenOrder) {
        if !rules::is_stop(order.order_type) {
            order.shown = match order.display {
                0 => order.leaves,
                display => order.leaves.min(i64::from(display)),
            };
            self.side_mut(order.side)
                .entry(order.price)
                .or_default()
                .push_back(order.age);
        }
        self.ages_by_id.insert(order.order_id, order.age);
        self.orders.insert(order.age, order);
    }

    /// Takes an open order out of everything.
    fn remove(&mut self, age: u64) -> OpenOrder {
        let order = self.orders.remove(&age).expect("the order is open");
        self.ages_by_id.remove(&order.order_id);
        if !rules::is_stop(order.order_type) {
            let side = self.side_mut(order.side);
            let queue = side
                .get_mut(&order.price)
                .expect("a resting order has a level");
            queue.retain(|other| *other != age);
            if queue.is_empty() {
                side.remove(&order.price);
            }
        }
        order
    }

    #[allow(clippy::too_many_arguments)]
    fn report(
        &self,
        kind: u8,
        reason: u32,
        order: &OpenOrder,
        lots: i64,
        leaves: i64,
        time: i64,
        events: &mut Events,
    ) {
        let price = if order.order_type == order_type::MARKET {
            0
        } else {
            order.price
        };
        let subject = Subject {
            order_id: order.order_id,
            side: order.side,
            owner: order.owner,
            price,
        };
        events.report(kind, reason, self.instrument, time, subject, lots, leaves);
    }

    /// Ends an open order with one record.
    fn withdraw(&mut self, age: u64, kind: u8, reason: u32, time: i64, events: &mut Events) {
        let order = self.remove(age);
        self.report(kind, reason, &order, order.leaves, 0, time, events);
    }

    fn withdraw_all(
        &mut self,
        ages: &[u64],
        kind: u8,
        reason: u32,
        time: i64,
        events: &mut Events,
    ) {
        for age in ages {
            self.withdraw(*age, kind, reason, time, events);
        }
    }

    /// Ages of the open orders that `wanted` picks, oldest first.
    fn ages(&self, wanted: impl Fn(&OpenOrder) -> bool) -> Vec<u64> {
        let picked = self.orders.values().filter(|order| wanted(order));
        picked.map(|order| order.age).collect()
    }

    fn expire(&mut self, time: i64, events: &mut Events) {
        let mut due = self.ages(|order| {
            order.expires != 0 && i64::from(order.expires) * NANOS_PER_SECOND <= time
        });
        due.sort_by_key(|age| (self.orders[age].expires, *age));
        self.withdraw_all(&due, exec_type::EXPIRED, code::EXPIRED, time, events);
    }

    fn cancel_whose(&mut self, whose: Whose, time: i64, events: &mut Events) -> u32 {
        let mut doomed = Vec::new();
        match whose {
            Whose::Owner(owner) => doomed = self.ages(|order| order.owner == owner),
            Whose::Group(group) => {
                doomed = self.ages(|order| self.group(order.owner) == group);
                doomed.sort_by_key(|age| (self.orders[age].owner, *age));
            }
            Whose::Everybody => {
                for side in [side::BUY, side::SELL] {
                    for price in self.prices(side) {
                        doomed.extend(&self.side(side)[&price]);
                    }
                }
                doomed.extend(self.ages(|order| rules::is_stop(order.order_type)));
            }
        }
        let (kind, reason) = (exec_type::CANCELED, code::OWNER_CANCEL);
        self.withdraw_all(&doomed, kind, reason, time, events);
        doomed.len() as u32
    }

    fn publish(&mut self, time: i64, events: &mut Events) {
        if self.is_crossed() {
            return;
        }
        let shown = |side| {
            let price = self.prices(side).next();
            price.map_or((0, 0), |price| (price, self.lots_at(side, price)))
        };
        let ((bid, bid_quantity), (ask, ask_quantity)) = (shown(side::BUY), shown(side::SELL));
        let top = Top {
            bid,
            bid_quantity,
            ask,
            ask_quantity,
        };
        if top != self.top {
            self.top = top;
            events.best_changed(self.instrument, time, top);
        }
    }

    fn level(&self, side: u8, price: i64) -> DepthLevel {
        DepthLevel {
            price,
            quantity: self.lots_at(side, price),
            orders: self.side(side)[&price].len() as u32,
            ..DepthLevel::default()
        }
    }
}

impl Book for NaiveBook {
    fn new(instrument: u16) -> Self {
        Self {
            instrument,
            state: trading_state::CONTINUOUS,
            orders: BTreeMap::new(),
            ages_by_id: BTreeMap::new(),
            bids: Side::new(),
            asks: Side::new(),
            accounts: BTreeMap::new(),
            ages: 0,
            last_trade: 0,
            traded: Vec::new(),
            fired: VecDeque::new(),
            top: Top::default(),
        }
    }

    fn submit(&mut self, command: &OrderCommand, events: &mut Events) {
        self.expire(command.time, events);
        match command.kind {
            command_kind::NEW => self.enter(command, events),
            command_kind::CANCEL => self.cancel(command, events),
            command_kind::AMEND => self.amend(command, events),
            command_kind::CANCEL_OWNER => {
                self.cancel_whose(Whose::Owner(command.owner), command.time, events);
            }
            _ => events.rejected(self.instrument, command, code::VENUE_MALFORMED),
        }
        self.fire_stops(command.time, events);
        self.publish(command.time, events);
    }

    fn advance(&mut self, time: i64, events: &mut Events) {
        self.expire(time, events);
        self.publish(time, events);
    }

    fn set_state(&mut self, state: u8, time: i64, events: &mut Events) -> Result<(), u32> {
        if !trading_state::is_known(state) {
            return Err(code::BAD_ARGUMENT);
        }
        if state == self.state {
            return Ok(());
        }
        self.state = state;
        events.state_changed(self.instrument, time, state);
        if state == trading_state::CLOSED {
            let day = self.ages(|order| order.tif == time_in_force::DAY);
            self.withdraw_all(&day, exec_type::EXPIRED, code::EXPIRED, time, events);
        }
        if state == trading_state::CONTINUOUS {
            self.uncross(time, events);
            if self.last_trade != 0 {
                self.traded.push(self.last_trade);
            }
            self.fire_stops(time, events);
        }
        self.publish(time, events);
        Ok(())
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
        self.accounts.entry(owner).or_insert((owner, 0)).0 = group;
    }

    fn set_position(&mut self, owner: u32, lots: i64) {
        self.accounts.entry(owner).or_insert((owner, 0)).1 = lots;
    }

    fn account(&self, owner: u32) -> Account {
        Account {
            owner,
            group: self.group(owner),
            position: self.position(owner),
            open_orders: self.ages(|order| order.owner == owner).len() as u32,
        }
    }

    fn cancel_all(&mut self, whose: Whose, time: i64, events: &mut Events) -> u32 {
        let cancelled = self.cancel_whose(whose, time, events);
        self.publish(time, events);
        cancelled
    }

    fn best(&self, side: u8) -> Option<DepthLevel> {
        let price = self.prices(side).next()?;
        Some(self.level(side, price))
    }

    fn depth(&self, side: u8, levels: usize, out: &mut Vec<DepthLevel>) {
        out.clear();
        out.extend(
            self.prices(side)
                .take(levels)
                .map(|price| self.level(side, price)),
        );
    }

    fn orders(&self, side: u8, orders: usize, out: &mut Vec<BookOrder>) {
        out.clear();
        self.for_each_order(side, &mut |order| {
            if out.len() < orders {
                out.push(BookOrder {
                    order_id: order.order_id,
                    price: order.price,
                    quantity: order.shown,
                    owner: order.owner,
                    sequence: order.age,
                    ..BookOrder::default()
                });
            }
        });
    }

    fn open_orders(&self) -> usize {
        self.orders.len()
    }

    fn levels(&self) -> usize {
        self.bids.len() + self.asks.len()
    }

    fn find(&self, order_id: u64) -> Option<OpenOrder> {
        let age = self.ages_by_id.get(&order_id)?;
        Some(self.orders[age])
    }

    fn for_each_order(&self, side: u8, visit: &mut dyn FnMut(&OpenOrder)) {
        for price in self.prices(side) {
            for age in &self.side(side)[&price] {
                visit(&self.orders[age]);
            }
        }
    }

    fn for_each_stop(&self, visit: &mut dyn FnMut(&OpenOrder)) {
        self.orders
            .values()
            .filter(|order| rules::is_stop(order.order_type))
            .for_each(visit);
    }

    fn for_each_account(&self, visit: &mut dyn FnMut(&Account)) {
        let mut owners: Vec<u32> = self.orders.values().map(|order| order.owner).collect();
        owners.extend(self.accounts.keys());
        owners.sort_unstable();
        owners.dedup();
        let accounts = owners.into_iter().map(|owner| self.account(owner));
        accounts
            .filter(|one| one.open_orders > 0 || one.position != 0 || one.group != one.owner)
            .for_each(|one| visit(&one));
    }
}

//! The readable book: sorted maps of queues, nothing clever. It says what [`DirectBook`](super::DirectBook) must do.
use super::events::{Events, Party, Subject};
use super::rules::{self, Top};
use super::{Book, RestingOrder, FLAG_POST_ONLY, NO_ASK, NO_BID};
use crate::layout::{code, command_kind, exec_type, side, time_in_force, DepthLevel, OrderCommand};
use std::collections::{BTreeMap, VecDeque};

/// One side: price to the orders there, first in first out. A queue is never empty.
type Side = BTreeMap<i64, VecDeque<RestingOrder>>;

/// An order on its way into the book.
struct Taker {
    order_id: u64,
    owner: u32,
    side: u8,
    limit: i64,
    left: i64,
}

/// The oracle. Speed is not its business.
pub struct NaiveBook {
    instrument: u16,
    bids: Side,
    asks: Side,
    /// Open order id to its side and price.
    places: BTreeMap<u64, (u8, i64)>,
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
        if side == side::BUY {
            self.bids.keys().next_back().copied().unwrap_or(NO_BID)
        } else {
            self.asks.keys().next().copied().unwrap_or(NO_ASK)
        }
    }

    /// Whether an order of `side` with that limit matches something resting at `price`.
    fn reaches(side: u8, limit: i64, price: i64) -> bool {
        if side == side::BUY {
            price <= limit
        } else {
            price >= limit
        }
    }

    fn would_match(&self, side: u8, limit: i64) -> bool {
        Self::reaches(side, limit, self.best_price(1 - side))
    }

    /// Lots that rest within reach of an order.
    fn available(&self, side: u8, limit: i64) -> i128 {
        self.side(1 - side)
            .iter()
            .filter(|(price, _)| Self::reaches(side, limit, **price))
            .flat_map(|(_, queue)| queue)
            .map(|order| i128::from(order.quantity))
            .sum()
    }

    fn find(&self, order_id: u64) -> Option<RestingOrder> {
        let (side, price) = *self.places.get(&order_id)?;
        let queue = &self.side(side)[&price];
        queue
            .iter()
            .copied()
            .find(|order| order.order_id == order_id)
    }

    fn rest(&mut self, order: RestingOrder) {
        self.places
            .insert(order.order_id, (order.side, order.price));
        self.side_mut(order.side)
            .entry(order.price)
            .or_default()
            .push_back(order);
    }

    fn remove(&mut self, order: &RestingOrder) {
        self.places.remove(&order.order_id);
        let side = self.side_mut(order.side);
        let queue = side
            .get_mut(&order.price)
            .expect("a resting order has a level");
        queue.retain(|other| other.order_id != order.order_id);
        if queue.is_empty() {
            side.remove(&order.price);
        }
    }

    /// Matches until the taker is filled or nothing is in reach; returns what is left.
    fn fill(&mut self, taker: &Taker, time: i64, events: &mut Events) -> i64 {
        let mut left = taker.left;
        while left > 0 && self.would_match(taker.side, taker.limit) {
            let price = self.best_price(1 - taker.side);
            let mut maker = self.side(1 - taker.side)[&price][0];
            let filled = left.min(maker.quantity);
            left -= filled;
            maker.quantity -= filled;
            events.trade(
                self.instrument,
                time,
                taker.side,
                price,
                filled,
                Party {
                    order_id: maker.order_id,
                    owner: maker.owner,
                    leaves: maker.quantity,
                },
                Party {
                    order_id: taker.order_id,
                    owner: taker.owner,
                    leaves: left,
                },
            );
            if maker.quantity == 0 {
                self.remove(&maker);
            } else {
                let queue = self
                    .side_mut(maker.side)
                    .get_mut(&price)
                    .expect("it was just read");
                queue[0] = maker;
            }
        }
        left
    }

    fn enter(&mut self, command: &OrderCommand, events: &mut Events) {
        let (instrument, time) = (self.instrument, command.time);
        let limit = rules::matching_limit(command);
        let post_only = command.flags & FLAG_POST_ONLY != 0;
        let refusal = if let Err(code) = rules::read_new(command) {
            Some(code)
        } else if self.contains(command.order_id) {
            Some(code::VENUE_DUPLICATE_ID)
        } else if post_only && self.would_match(command.side, limit) {
            Some(code::WOULD_CROSS)
        } else if command.tif == time_in_force::FOK
            && self.available(command.side, limit) < i128::from(command.quantity)
        {
            Some(code::UNFILLABLE)
        } else {
            None
        };
        if let Some(code) = refusal {
            return events.rejected(instrument, command, code);
        }
        let subject = Subject {
            order_id: command.order_id,
            side: command.side,
            owner: command.owner,
            price: rules::reported_price(command),
        };
        let quantity = command.quantity;
        events.report(
            exec_type::NEW,
            0,
            instrument,
            time,
            subject,
            quantity,
            quantity,
        );
        let taker = Taker {
            order_id: command.order_id,
            owner: command.owner,
            side: command.side,
            limit,
            left: quantity,
        };
        let left = self.fill(&taker, time, events);
        if left == 0 {
            return;
        }
        match rules::drop_reason(command) {
            Some(reason) => {
                events.report(
                    exec_type::CANCELED,
                    reason,
                    instrument,
                    time,
                    subject,
                    left,
                    0,
                );
            }
            None => self.rest(RestingOrder {
                order_id: command.order_id,
                side: command.side,
                price: command.price,
                quantity: left,
                owner: command.owner,
                post_only,
            }),
        }
    }

    fn cancel(&mut self, command: &OrderCommand, events: &mut Events) {
        if command.target_id == 0 {
            return events.cancel_rejected(self.instrument, command, code::VENUE_MALFORMED);
        }
        match self.find(command.target_id) {
            Some(order) if order.owner == command.owner => {
                self.remove(&order);
                events.canceled(self.instrument, command.time, &order, 0);
            }
            _ => events.cancel_rejected(self.instrument, command, code::VENUE_UNKNOWN_ORDER),
        }
    }

    fn amend(&mut self, command: &OrderCommand, events: &mut Events) {
        let (instrument, time) = (self.instrument, command.time);
        if let Err(code) = rules::read_amend(command) {
            return events.cancel_rejected(instrument, command, code);
        }
        let before = match self.find(command.target_id) {
            Some(order) if order.owner == command.owner => order,
            _ => return events.cancel_rejected(instrument, command, code::VENUE_UNKNOWN_ORDER),
        };
        let after = RestingOrder {
            price: command.price,
            quantity: command.quantity,
            post_only: before.post_only || command.flags & FLAG_POST_ONLY != 0,
            ..before
        };
        if after.post_only && self.would_match(after.side, after.price) {
            return events.amend_would_cross(instrument, command, &before);
        }
        let subject = Subject::of(&after);
        let quantity = after.quantity;
        events.report(
            exec_type::REPLACED,
            0,
            instrument,
            time,
            subject,
            quantity,
            quantity,
        );
        if after.price == before.price && after.quantity < before.quantity {
            let queue = self
                .side_mut(after.side)
                .get_mut(&after.price)
                .expect("it rests there");
            let order = queue
                .iter_mut()
                .find(|order| order.order_id == after.order_id);
            *order.expect("it rests there") = after;
            return;
        }
        self.remove(&before);
        let taker = Taker {
            order_id: after.order_id,
            owner: after.owner,
            side: after.side,
            limit: after.price,
            left: quantity,
        };
        let left = self.fill(&taker, time, events);
        if left > 0 {
            self.rest(RestingOrder {
                quantity: left,
                ..after
            });
        }
    }

    /// One tick if the best prices are not the ones last published.
    fn publish_top(&mut self, time: i64, events: &mut Events) {
        let bid = self.best(side::BUY).unwrap_or_default();
        let ask = self.best(side::SELL).unwrap_or_default();
        let top = Top {
            bid: bid.price,
            bid_quantity: bid.quantity,
            ask: ask.price,
            ask_quantity: ask.quantity,
        };
        if top != self.top {
            self.top = top;
            events.best_changed(self.instrument, time, top);
        }
    }
}

impl Book for NaiveBook {
    fn new(instrument: u16) -> Self {
        Self {
            instrument,
            bids: Side::new(),
            asks: Side::new(),
            places: BTreeMap::new(),
            top: Top::default(),
        }
    }

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
        let mut doomed = Vec::new();
        for side in [side::BUY, side::SELL] {
            self.for_each_order(side, &mut |order| {
                if owner.is_none_or(|owner| owner == order.owner) {
                    doomed.push(*order);
                }
            });
        }
        for order in &doomed {
            self.remove(order);
            events.canceled(self.instrument, time, order, code::OWNER_CANCEL);
        }
        self.publish_top(time, events);
        doomed.len() as u32
    }

    fn best(&self, side: u8) -> Option<DepthLevel> {
        let mut out = Vec::new();
        self.depth(side, 1, &mut out);
        out.pop()
    }

    fn depth(&self, side: u8, levels: usize, out: &mut Vec<DepthLevel>) {
        out.clear();
        for price in self.prices(side).take(levels) {
            let queue = &self.side(side)[&price];
            let total: i128 = queue.iter().map(|order| i128::from(order.quantity)).sum();
            out.push(DepthLevel {
                price,
                quantity: i64::try_from(total).unwrap_or(i64::MAX),
                orders: queue.len() as u32,
                reserved: 0,
                reserved2: 0,
            });
        }
    }

    fn open_orders(&self) -> usize {
        self.places.len()
    }

    fn levels(&self) -> usize {
        self.bids.len() + self.asks.len()
    }

    fn contains(&self, order_id: u64) -> bool {
        self.places.contains_key(&order_id)
    }

    fn for_each_order(&self, side: u8, visit: &mut dyn FnMut(&RestingOrder)) {
        for price in self.prices(side) {
            self.side(side)[&price].iter().for_each(&mut *visit);
        }
    }
}

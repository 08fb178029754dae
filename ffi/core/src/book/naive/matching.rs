//! How orders enter the readable book and match, and how stops fire.
use super::super::events::{Events, Party};
use super::super::rules;
use super::super::{OpenOrder, FLAG_POST_ONLY};
use super::{NaiveBook, NANOS_PER_SECOND};
use crate::layout::{
    code, exec_type, order_type, self_trade, side, time_in_force, trading_state, OrderCommand,
};

/// Whether an order of `side` with that limit matches something resting at `price`.
fn reaches(side: u8, limit: i64, price: i64) -> bool {
    if side == side::BUY {
        price <= limit
    } else {
        price >= limit
    }
}

fn party(order: &OpenOrder) -> Party {
    Party {
        order_id: order.order_id,
        owner: order.owner,
        leaves: order.leaves,
    }
}

impl NaiveBook {
    /// Why a new order is refused, if it is.
    fn refusal(&self, command: &OrderCommand, order: &OpenOrder) -> Option<u32> {
        if let Err(code) = rules::read_new(command) {
            return Some(code);
        }
        let takes = match self.state {
            trading_state::CONTINUOUS => true,
            trading_state::PRE_OPEN | trading_state::AUCTION => {
                rules::may_rest(order.order_type, order.tif)
            }
            _ => false,
        };
        if !takes {
            return Some(code::NOT_TRADING);
        }
        let expires = i64::from(order.expires) * NANOS_PER_SECOND;
        if order.tif == time_in_force::GTD && expires <= command.time {
            return Some(code::EXPIRED);
        }
        if self.ages_by_id.contains_key(&order.order_id) {
            return Some(code::VENUE_DUPLICATE_ID);
        }
        if order.reduce_only && self.reducible(order) == 0 {
            return Some(code::NOTHING_TO_REDUCE);
        }
        let open = self.open_lots[usize::from(order.side)];
        if open.checked_add(order.leaves).is_none() {
            return Some(code::BOOK_FULL);
        }
        if order.post_only && self.matches_now(order) {
            return Some(code::WOULD_CROSS);
        }
        if order.tif == time_in_force::FOK && !self.would_fill(order) {
            return Some(code::UNFILLABLE);
        }
        None
    }

    /// Tries it on a copy.
    fn would_fill(&self, order: &OpenOrder) -> bool {
        let mut taker = *order;
        let traded = self
            .clone()
            .match_with_book(&mut taker, 0, &mut Events::counting());
        traded == order.total
    }

    /// Whether an order that is no stop would match if it entered now.
    pub(super) fn matches_now(&self, order: &OpenOrder) -> bool {
        let best = self.best_price(1 - order.side);
        let is_there = !self.side(1 - order.side).is_empty();
        self.state == trading_state::CONTINUOUS
            && is_there
            && reaches(order.side, rules::matching_limit(order), best)
    }

    pub(super) fn enter(&mut self, command: &OrderCommand, events: &mut Events) {
        let order = OpenOrder {
            order_id: command.order_id,
            side: command.side,
            order_type: command.order_type,
            tif: command.tif,
            self_trade: rules::self_trade_of(command.flags),
            post_only: command.flags & FLAG_POST_ONLY != 0,
            reduce_only: rules::is_reduce_only(command.flags),
            price: rules::reported_price(command),
            trigger: rules::trigger_of(command).unwrap_or(0),
            total: command.quantity,
            leaves: command.quantity,
            shown: 0,
            display: command.display,
            owner: command.owner,
            expires: command.expires(),
            age: self.ages + 1,
        };
        if let Some(code) = self.refusal(command, &order) {
            return events.rejected(self.instrument, command, code);
        }
        self.ages += 1;
        let (time, lots) = (command.time, order.leaves);
        self.report(exec_type::NEW, 0, &order, lots, lots, time, events);
        if rules::is_stop(order.order_type) {
            self.rest(order);
            self.fire_if_reached(&order);
        } else {
            self.enter_queue(order, time, events);
        }
    }

    /// An order that stands in no queue matches, and what is left of it rests or is dropped.
    pub(super) fn enter_queue(&mut self, mut order: OpenOrder, time: i64, events: &mut Events) {
        order.shown = 0;
        if self.state == trading_state::CONTINUOUS {
            self.match_with_book(&mut order, time, events);
        }
        if order.leaves == 0 {
            return;
        }
        let dropped = if order.reduce_only && self.reducible(&order) == 0 {
            code::NOTHING_TO_REDUCE
        } else if order.order_type == order_type::MARKET {
            code::NO_LIQUIDITY
        } else if !rules::may_rest(order.order_type, order.tif) {
            code::IOC
        } else {
            return self.rest(order);
        };
        let (kind, left) = (exec_type::CANCELED, order.leaves);
        self.report(kind, dropped, &order, left, 0, time, events);
    }

    /// Matches until the taker has nothing left, is stopped, or nothing is in reach. Returns the lots it traded; a taker
    /// that self-trade prevention, or having nothing to reduce, has ended has no leaves.
    fn match_with_book(&mut self, taker: &mut OpenOrder, time: i64, events: &mut Events) -> i64 {
        let mut traded = 0;
        while taker.leaves > 0 && self.matches_now(taker) {
            if taker.reduce_only && self.reducible(taker) == 0 {
                self.stop_reducing(taker, time, events);
                break;
            }
            let price = self.best_price(1 - taker.side);
            let age = self.side(1 - taker.side)[&price][0];
            let maker = self.orders[&age];
            let is_one_group = self.group(taker.owner) == self.group(maker.owner);
            if taker.self_trade != self_trade::NONE && is_one_group {
                self.prevent_self_trade(taker, &maker, time, events);
                continue;
            }
            let is_own = taker.owner == maker.owner;
            if taker.reduce_only && is_own {
                self.stop_reducing(taker, time, events);
                break;
            }
            if maker.reduce_only && (is_own || self.reducible(&maker) == 0) {
                let (kind, reason) = (exec_type::CANCELED, code::NOTHING_TO_REDUCE);
                self.withdraw(age, kind, reason, time, events);
                continue;
            }
            let mut lots = taker.leaves.min(maker.shown);
            for order in [&*taker, &maker] {
                if order.reduce_only {
                    lots = lots.min(self.reducible(order));
                }
            }
            taker.leaves -= lots;
            traded += lots;
            self.trade_with(age, taker.owner, lots);
            let mut made = maker;
            made.leaves -= lots;
            let (made, took) = (party(&made), party(taker));
            events.trade(self.instrument, time, taker.side, price, lots, made, took);
            self.traded.push(price);
            self.last_trade = price;
        }
        traded
    }

    fn stop_reducing(&self, taker: &mut OpenOrder, time: i64, events: &mut Events) {
        let left = core::mem::take(&mut taker.leaves);
        let (kind, reason) = (exec_type::CANCELED, code::NOTHING_TO_REDUCE);
        self.report(kind, reason, taker, left, 0, time, events);
    }

    /// Takes `lots` from a resting order and moves positions; an iceberg that has nothing to show shows the next lots.
    pub(super) fn trade_with(&mut self, age: u64, other: u32, lots: i64) {
        let mut order = self.orders[&age];
        order.leaves -= lots;
        order.shown -= lots;
        self.put(order);
        if order.shown == 0 {
            self.remove(age);
            if order.leaves > 0 {
                self.rest(order);
            }
        }
        if order.owner != other {
            let bought = if order.side == side::BUY { lots } else { -lots };
            for (owner, change) in [(order.owner, bought), (other, -bought)] {
                let account = self.accounts.entry(owner).or_insert((owner, 0));
                account.1 = account.1.saturating_add(change);
            }
        }
    }

    fn prevent_self_trade(
        &mut self,
        taker: &mut OpenOrder,
        maker: &OpenOrder,
        time: i64,
        events: &mut Events,
    ) {
        let (canceled, reason) = (exec_type::CANCELED, code::SELF_TRADE);
        let mode = taker.self_trade;
        if mode == self_trade::DECREMENT {
            let lots = taker.leaves.min(maker.leaves);
            if lots == maker.leaves {
                self.withdraw(maker.age, canceled, reason, time, events);
            } else {
                let mut less = *maker;
                less.total -= lots;
                less.leaves -= lots;
                less.shown = maker.shown.min(less.leaves);
                self.put(less);
                self.report(
                    exec_type::RESTATED,
                    reason,
                    &less,
                    lots,
                    less.leaves,
                    time,
                    events,
                );
            }
            taker.total -= lots;
            taker.leaves -= lots;
            let kind = if taker.leaves == 0 {
                canceled
            } else {
                exec_type::RESTATED
            };
            return self.report(kind, reason, taker, lots, taker.leaves, time, events);
        }
        if mode != self_trade::CANCEL_NEWEST {
            self.withdraw(maker.age, canceled, reason, time, events);
        }
        if mode != self_trade::CANCEL_OLDEST {
            let left = core::mem::take(&mut taker.leaves);
            self.report(canceled, reason, taker, left, 0, time, events);
        }
    }

    /// Whether a trade at `price` makes a stop fire.
    fn is_reached(order: &OpenOrder, price: i64) -> bool {
        if order.side == side::BUY {
            price >= order.trigger
        } else {
            price <= order.trigger
        }
    }

    /// A stop whose condition the last trade fulfils fires when the command is done.
    pub(super) fn fire_if_reached(&mut self, order: &OpenOrder) {
        let last = self.last_trade;
        if self.state == trading_state::CONTINUOUS && last != 0 && Self::is_reached(order, last) {
            self.fired.push_back(order.age);
        }
    }

    /// Moves the stops that a trade has reached to the end of the queue.
    fn line_up(&mut self) {
        if self.traded.is_empty() {
            return;
        }
        let traded = core::mem::take(&mut self.traded);
        let is_due = |order: &OpenOrder| {
            rules::is_stop(order.order_type)
                && !self.fired.contains(&order.age)
                && traded.iter().any(|price| Self::is_reached(order, *price))
        };
        let mut due = self.ages(is_due);
        due.sort_by_key(|age| {
            let order = &self.orders[age];
            let distance = if order.side == side::BUY {
                order.trigger
            } else {
                -order.trigger
            };
            (order.side, distance, *age)
        });
        self.fired.extend(due);
    }

    pub(super) fn fire_stops(&mut self, time: i64, events: &mut Events) {
        self.line_up();
        while let Some(age) = self.fired.pop_front() {
            if self.orders.contains_key(&age) {
                let mut order = self.remove(age);
                order.trigger = 0;
                if order.order_type == order_type::STOP {
                    (order.order_type, order.price) = (order_type::MARKET, 0);
                } else {
                    order.order_type = order_type::LIMIT;
                }
                let lots = order.leaves;
                self.report(exec_type::TRIGGERED, 0, &order, lots, lots, time, events);
                self.enter_queue(order, time, events);
                self.line_up();
            }
        }
    }
}

//! How an order enters: refusals, its first match, and what becomes of the rest.
use super::super::events::{Events, Subject};
use super::super::{rules, MAX_PRICE, SELF_TRADE_SHIFT};
use super::ladder::key_of;
use super::matching::Taker;
use super::slab::{
    traits_of, Order, Rest, ICEBERG, NONE, POST_ONLY, REDUCE_ONLY, SELF_TRADE, WAITING,
};
use super::{agenda, DirectBook, SECOND};
use crate::layout::{
    code, exec_type, order_type, self_trade, side, time_in_force, trading_state, OrderCommand,
};

/// Times in force of a plain order, and of one that may rest, one bit each.
const PLAIN_TIFS: u32 = RESTING_TIFS | 1 << time_in_force::IOC;
const RESTING_TIFS: u32 = 1 << time_in_force::GTC | 1 << time_in_force::DAY;

/// Whether a new order is a sound limit order that needs none of the rare rules. Anything else is read with care.
#[inline(always)]
fn is_plain(command: &OrderCommand) -> bool {
    let extras = command.target_id | u64::from(command.display);
    let traits = traits_of(command);
    let tifs = if traits & POST_ONLY == 0 {
        PLAIN_TIFS
    } else {
        RESTING_TIFS
    };
    command.order_type == order_type::LIMIT
        && command.side <= side::SELL
        && command.tif < 8
        && tifs >> command.tif & 1 != 0
        && extras == 0
        && traits & REDUCE_ONLY == 0
        && traits & SELF_TRADE <= self_trade::DECREMENT << SELF_TRADE_SHIFT
        && command.order_id != 0
        && command.quantity > 0
        && rules::is_price(command.price)
}

/// The worst price at which an order of that type may match.
#[inline(always)]
pub(super) fn limit_of(order_type: u8, side: u8, price: i64) -> i64 {
    match (order_type, side) {
        (order_type::LIMIT, _) => price,
        (_, side::BUY) => MAX_PRICE,
        _ => 1,
    }
}

impl DirectBook {
    #[inline]
    pub(super) fn enter(&mut self, command: &OrderCommand, events: &mut Events) {
        if is_plain(command) && self.state == trading_state::CONTINUOUS {
            self.enter_as::<false>(command, events);
        } else {
            self.enter_rare(command, events);
        }
    }

    #[inline(never)]
    fn enter_rare(&mut self, command: &OrderCommand, events: &mut Events) {
        self.enter_as::<true>(command, events);
    }

    #[inline(always)]
    fn enter_as<const RARE: bool>(&mut self, command: &OrderCommand, events: &mut Events) {
        let (instrument, time, side) = (self.instrument, command.time, command.side);
        let refusal = if RARE {
            self.refusal(command)
        } else {
            self.plain_refusal(command)
        };
        if refusal != 0 {
            return events.rejected(instrument, command, refusal);
        }
        self.ages += 1;
        let is_market = RARE && command.order_type == order_type::MARKET;
        let mut taker = Taker {
            order_id: command.order_id,
            owner: command.owner,
            account: self.accounts.meet(command.owner),
            side,
            traits: traits_of(command),
            price: if is_market { 0 } else { command.price },
            limit: if RARE {
                limit_of(command.order_type, side, command.price)
            } else {
                command.price
            },
            left: command.quantity,
            total: command.quantity,
        };
        let (kind, lots) = (exec_type::NEW, command.quantity);
        let subject = taker.subject();
        events.report(kind, 0, instrument, time, subject, lots, lots);
        if RARE && command.order_type >= order_type::STOP {
            return self.wait(command, &taker);
        }
        if self.matches_now::<RARE>(side, taker.limit) {
            self.fill(&mut taker, time, events);
        }
        if taker.left == 0 {
            return;
        }
        let dropped = self.drop_reason::<RARE>(&taker, command.order_type, command.tif);
        if dropped != 0 {
            return self.drop_rest(taker.subject(), dropped, taker.left, time, events);
        }
        self.rest::<RARE>(command, &taker);
    }

    /// Whether an order that arrives now matches something.
    #[inline(always)]
    pub(super) fn matches_now<const RARE: bool>(&self, side: u8, limit: i64) -> bool {
        (!RARE || self.state == trading_state::CONTINUOUS) && self.crosses(side, limit)
    }

    /// Why what a taker has left does not rest; 0 when it does.
    #[inline(always)]
    pub(super) fn drop_reason<const RARE: bool>(
        &self,
        taker: &Taker,
        order_type: u8,
        tif: u8,
    ) -> u32 {
        if RARE && taker.traits & REDUCE_ONLY != 0 {
            let account = &self.accounts[taker.account];
            if account.reducible(taker.side) == 0 {
                return code::NOTHING_TO_REDUCE;
            }
        }
        if RARE && order_type == order_type::MARKET {
            code::NO_LIQUIDITY
        } else if tif == time_in_force::IOC || (RARE && tif == time_in_force::FOK) {
            code::IOC
        } else {
            0
        }
    }

    /// Reports lots of a taker that are dropped.
    #[inline]
    pub(super) fn drop_rest(
        &self,
        subject: Subject,
        reason: u32,
        lots: i64,
        time: i64,
        events: &mut Events,
    ) {
        let kind = exec_type::CANCELED;
        events.report(kind, reason, self.instrument, time, subject, lots, 0);
    }

    /// Opens an order with what is left of a taker and queues it, unless it is to wait.
    #[inline(always)]
    fn rest<const RARE: bool>(&mut self, command: &OrderCommand, taker: &Taker) -> u32 {
        let waits = RARE && command.order_type >= order_type::STOP;
        let mut order = Order {
            id: taker.order_id,
            price: taker.price,
            shown: taker.left,
            total: taker.total,
            account: taker.account,
            side: taker.side,
            order_type: command.order_type,
            tif: command.tif,
            traits: taker.traits,
            ..Order::default()
        };
        let mut rest = Rest {
            age: self.ages,
            ..Rest::default()
        };
        if RARE {
            rest.display = command.display;
            if command.display > 0 {
                order.traits |= ICEBERG;
                order.shown = order.shown.min(i64::from(command.display));
            }
            if waits {
                order.traits |= WAITING;
                order.shown = 0;
                rest.trigger = rules_trigger(command);
            }
            order.hidden = taker.left - order.shown;
            self.has_rare |= order.traits & (ICEBERG | REDUCE_ONLY) != 0;
        }
        *self.lots_mut(taker.side) += taker.left;
        let slot = self.orders.insert(order, rest);
        self.ids.insert(taker.order_id, slot, &self.orders);
        self.accounts.link(slot, &mut self.orders);
        if RARE && command.tif == time_in_force::GTD {
            self.expire_later(slot, command.expires());
        }
        if !waits {
            self.queue(slot);
        }
        slot
    }

    /// Lets a new stop wait; it is due at once when the last trade is enough.
    fn wait(&mut self, command: &OrderCommand, taker: &Taker) {
        let slot = self.rest::<true>(command, taker);
        self.schedule(slot);
    }

    pub(super) fn expire_later(&mut self, slot: u32, expires: u32) {
        let rest = self.orders.rest_mut(slot);
        rest.expires = expires;
        let entry = agenda::Entry {
            key: i64::from(expires) * SECOND,
            age: rest.age,
            slot,
            stamp: 0,
        };
        let orders = &self.orders;
        self.expiries
            .add(entry, |entry| orders.holds(entry.slot, entry.age));
        self.next_expiry = self.next_expiry.min(entry.key);
    }

    /// Why a plain order is refused; 0 when it is not.
    #[inline(always)]
    fn plain_refusal(&self, command: &OrderCommand) -> u32 {
        if self.ids.find(command.order_id, &self.orders) != NONE {
            return code::VENUE_DUPLICATE_ID;
        }
        let full = self.full(command);
        if full != 0 || traits_of(command) & POST_ONLY == 0 {
            return full;
        }
        if self.crosses(command.side, command.price) {
            code::WOULD_CROSS
        } else {
            0
        }
    }

    #[inline(always)]
    fn full(&self, command: &OrderCommand) -> u32 {
        let open = self.open_lots[usize::from(command.side & 1)];
        if open.checked_add(command.quantity).is_none() {
            code::BOOK_FULL
        } else {
            0
        }
    }

    /// Why a new order is refused; 0 when it is not.
    #[inline(never)]
    fn refusal(&self, command: &OrderCommand) -> u32 {
        if !is_sound(command) {
            return code::VENUE_MALFORMED;
        }
        let is_stop = command.order_type >= order_type::STOP;
        let passes_by = command.order_type == order_type::MARKET
            || matches!(command.tif, time_in_force::IOC | time_in_force::FOK);
        let takes = match self.state {
            trading_state::CONTINUOUS => true,
            trading_state::PRE_OPEN | trading_state::AUCTION => is_stop || !passes_by,
            _ => false,
        };
        if !takes {
            return code::NOT_TRADING;
        }
        if command.tif == time_in_force::GTD
            && i64::from(command.expires()) * SECOND <= command.time
        {
            return code::EXPIRED;
        }
        if self.ids.find(command.order_id, &self.orders) != NONE {
            return code::VENUE_DUPLICATE_ID;
        }
        let traits = traits_of(command);
        if traits & REDUCE_ONLY != 0 && self.reducible(command.owner, command.side) == 0 {
            return code::NOTHING_TO_REDUCE;
        }
        let full = self.full(command);
        if full != 0 || self.state != trading_state::CONTINUOUS || is_stop {
            return full;
        }
        let limit = limit_of(command.order_type, command.side, command.price);
        if traits & POST_ONLY != 0 && self.crosses(command.side, limit) {
            return code::WOULD_CROSS;
        }
        if command.tif == time_in_force::FOK && !self.can_fill(command, limit) {
            return code::UNFILLABLE;
        }
        0
    }

    /// Lots by which an owner's order of `side` could reduce the position.
    fn reducible(&self, owner: u32, side: u8) -> i64 {
        match self.accounts.find(owner) {
            Some(number) => self.accounts[number].reducible(side),
            None => 0,
        }
    }

    /// Settles an order that was open before it became a taker: it ends, or is queued with what it has left.
    pub(super) fn settle(&mut self, slot: u32, taker: &Taker, time: i64, events: &mut Events) {
        if taker.left == 0 {
            return self.close(slot);
        }
        let order = &self.orders[slot];
        let dropped = self.drop_reason::<true>(taker, order.order_type, order.tif);
        if dropped != 0 {
            self.close(slot);
            return self.drop_rest(taker.subject(), dropped, taker.left, time, events);
        }
        *self.lots_mut(taker.side) += taker.left;
        self.requeue::<true>(slot, taker.price, taker.left, taker.total);
    }

    /// Queues an open order, which stands in no queue, behind those at its new price. Its side counts its lots already.
    #[inline(always)]
    pub(super) fn requeue<const RARE: bool>(
        &mut self,
        slot: u32,
        price: i64,
        left: i64,
        total: i64,
    ) {
        let mut shown = left;
        if RARE && self.orders[slot].traits & ICEBERG != 0 {
            shown = left.min(i64::from(self.orders.rest(slot).display));
        }
        let order = &mut self.orders[slot];
        order.price = price;
        order.total = total;
        order.shown = shown;
        order.hidden = left - shown;
        let side = order.side;
        let ladder = &mut self.ladders[usize::from(side & 1)];
        self.changed |= ladder.append(key_of(side, price), slot, shown, &mut self.orders);
    }
}

/// The trigger of a sound stop.
fn rules_trigger(command: &OrderCommand) -> i64 {
    match command.order_type {
        order_type::STOP_LIMIT => command.price + i64::from(command.trigger_offset()),
        _ => command.price,
    }
}

/// Whether a new order can be read.
fn is_sound(command: &OrderCommand) -> bool {
    let is_limit = command.order_type == order_type::LIMIT;
    let is_stop_limit = command.order_type == order_type::STOP_LIMIT;
    let is_stop = is_stop_limit || command.order_type == order_type::STOP;
    let at_once = matches!(command.tif, time_in_force::IOC | time_in_force::FOK);
    let offset = i64::from(command.trigger_offset());
    let trigger = command.price.checked_add(offset);
    let traits = traits_of(command);
    let mode = (traits & SELF_TRADE) >> SELF_TRADE_SHIFT;
    side::is_known(command.side)
        && order_type::is_known(command.order_type)
        && time_in_force::is_known(command.tif)
        && self_trade::is_known(mode)
        && command.order_id != 0
        && command.quantity > 0
        && (command.order_type == order_type::MARKET || rules::is_price(command.price))
        && (traits & POST_ONLY == 0 || (is_limit && !at_once))
        && !(is_stop && at_once)
        && (!is_stop || trigger.is_some_and(rules::is_price))
        && (offset == 0 || is_stop_limit)
        && (command.expires() != 0) == (command.tif == time_in_force::GTD)
        && (command.display == 0
            || (is_limit
                && !at_once
                && i64::from(command.display) <= command.quantity
                && !rules::has_too_many_slices(command.display, command.quantity)))
}

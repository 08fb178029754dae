//! How a taker eats through the queues of the other side.
use super::super::events::{Events, Party, Subject};
use super::super::SELF_TRADE_SHIFT;
use super::ladder::key_of;
use super::slab::{Order, NONE, REDUCE_ONLY, SELF_TRADE};
use super::{DirectBook, NO_TRADES};
use crate::layout::{code, exec_type, self_trade};

/// An order on its way into the book.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taker {
    pub order_id: u64,
    pub owner: u32,
    pub account: u32,
    pub side: u8,
    pub traits: u8,
    /// As records name it; 0 of a market order.
    pub price: i64,
    /// The worst price at which it may match.
    pub limit: i64,
    pub left: i64,
    /// Falls when self-trade prevention takes lots away.
    pub total: i64,
}

impl Taker {
    pub(super) fn subject(&self) -> Subject {
        Subject {
            order_id: self.order_id,
            side: self.side,
            owner: self.owner,
            price: self.price,
        }
    }
}

/// What a rare taker and the maker it has reached do.
enum Meeting {
    Trade(i64),
    /// The taker has nothing left to reduce.
    TakerStops,
    /// The maker has nothing left to reduce.
    MakerStops,
    /// Both are of one group; the taker's mode.
    SelfTrade(u8),
}

impl DirectBook {
    /// Matches until the taker is filled, is stopped, or nothing is in reach. A taker that self-trade prevention has
    /// ended has nothing left.
    #[inline(never)]
    pub(super) fn fill(&mut self, taker: &mut Taker, time: i64, events: &mut Events) {
        let against = 1 - taker.side;
        let reach = key_of(against, taker.limit);
        let before = taker.left;
        self.changed = true;
        loop {
            let key = self.ladder(against).best();
            if taker.left == 0 || key < reach {
                break;
            }
            if let Some((slot, meeting)) = self.fill_best(taker, key, time, events) {
                if !self.part(taker, slot, &meeting, time, events) {
                    break;
                }
            }
        }
        debug_assert!(taker.left <= before);
    }

    /// Matches against the best level of the other side until that or the taker is used up, or the two orders that meet
    /// do not simply trade.
    #[inline(always)]
    fn fill_best(
        &mut self,
        taker: &mut Taker,
        key: i64,
        time: i64,
        events: &mut Events,
    ) -> Option<(u32, Meeting)> {
        let against = usize::from((1 - taker.side) & 1);
        let price = key_of(1 - taker.side, key);
        let orders = &mut self.orders;
        let level = self.ladders[against].get_mut(key);
        let rare = taker.traits & (REDUCE_ONLY | SELF_TRADE);
        let before = taker.left;
        let mut parting = None;
        let mut slot = level.head;
        loop {
            let maker = &mut orders[slot];
            let mut lots = taker.left.min(maker.shown);
            if rare | maker.traits & REDUCE_ONLY != 0 {
                match meet(taker, maker, &self.accounts) {
                    Meeting::Trade(at_most) => lots = lots.min(at_most),
                    meeting => {
                        parting = Some((slot, meeting));
                        break;
                    }
                }
            }
            taker.left -= lots;
            level.shown -= lots;
            maker.shown -= lots;
            let (id, account, shown) = (maker.id, maker.account, maker.shown);
            let leaves = shown + maker.hidden;
            let made = Party {
                order_id: id,
                owner: self.accounts[account].owner,
                leaves,
            };
            let took = Party {
                order_id: taker.order_id,
                owner: taker.owner,
                leaves: taker.left,
            };
            self.accounts
                .trade(taker.account, account, taker.side, lots);
            events.trade(self.instrument, time, taker.side, price, lots, made, took);
            if shown == 0 {
                let maker = slot;
                slot = if leaves > 0 {
                    level.send_back(maker, orders.show_next(maker), orders)
                } else {
                    self.ids.remove(id, maker);
                    self.accounts.unlink(maker, orders);
                    level.remove_head(maker, orders)
                };
                if slot == NONE {
                    self.ladders[against].vacate(key);
                    break;
                }
            }
            if taker.left == 0 {
                break;
            }
        }
        let traded = before - taker.left;
        if traded > 0 {
            self.open_lots[against] -= traded;
            self.last_trade = price;
            if !(self.stops[0].is_empty() && self.stops[1].is_empty()) {
                self.note_trade(price);
            }
        }
        parting
    }

    /// A trade that the waiting stops are to be asked about.
    #[cold]
    pub(super) fn note_trade(&mut self, price: i64) {
        let (low, high) = self.unasked;
        self.unasked = (low.min(price), high.max(price));
        debug_assert_ne!(self.unasked, NO_TRADES);
    }

    /// Carries out a meeting that is no trade; returns whether the taker goes on.
    #[cold]
    #[inline(never)]
    fn part(
        &mut self,
        taker: &mut Taker,
        slot: u32,
        meeting: &Meeting,
        time: i64,
        events: &mut Events,
    ) -> bool {
        let (canceled, reason) = (exec_type::CANCELED, code::SELF_TRADE);
        match *meeting {
            Meeting::Trade(_) => true,
            Meeting::TakerStops => {
                let (left, subject) = (core::mem::take(&mut taker.left), taker.subject());
                let reason = code::NOTHING_TO_REDUCE;
                events.report(canceled, reason, self.instrument, time, subject, left, 0);
                false
            }
            Meeting::MakerStops => {
                self.withdraw(slot, canceled, code::NOTHING_TO_REDUCE, time, events);
                true
            }
            Meeting::SelfTrade(self_trade::DECREMENT) => {
                self.decrement(taker, slot, time, events);
                true
            }
            Meeting::SelfTrade(self_trade::CANCEL_OLDEST) => {
                self.withdraw(slot, canceled, reason, time, events);
                true
            }
            Meeting::SelfTrade(mode) => {
                if mode == self_trade::CANCEL_BOTH {
                    self.withdraw(slot, canceled, reason, time, events);
                }
                let left = core::mem::take(&mut taker.left);
                let subject = taker.subject();
                events.report(canceled, reason, self.instrument, time, subject, left, 0);
                false
            }
        }
    }

    /// Both orders lose the smaller of their quantities without a trade.
    fn decrement(&mut self, taker: &mut Taker, slot: u32, time: i64, events: &mut Events) {
        let maker = self.orders[slot];
        let lots = taker.left.min(maker.leaves());
        if lots == maker.leaves() {
            let (kind, reason) = (exec_type::CANCELED, code::SELF_TRADE);
            self.withdraw(slot, kind, reason, time, events);
        } else {
            let subject = self.subject(slot);
            self.orders[slot].total -= lots;
            let leaves = self.cut(slot, lots);
            self.report_cut(subject, lots, leaves, time, events);
        }
        taker.left -= lots;
        taker.total -= lots;
        self.report_cut(taker.subject(), lots, taker.left, time, events);
    }

    fn report_cut(
        &mut self,
        subject: Subject,
        lots: i64,
        leaves: i64,
        time: i64,
        events: &mut Events,
    ) {
        let kind = match leaves {
            0 => exec_type::CANCELED,
            _ => exec_type::RESTATED,
        };
        let (instrument, reason) = (self.instrument, code::SELF_TRADE);
        events.report(kind, reason, instrument, time, subject, lots, leaves);
    }

    /// Takes fewer lots than it has from a queued order, hidden ones first; it keeps its place. Returns its leaves.
    pub(super) fn cut(&mut self, slot: u32, lots: i64) -> i64 {
        let order = &mut self.orders[slot];
        let hidden = lots.min(order.hidden);
        let shown = lots - hidden;
        order.hidden -= hidden;
        order.shown -= shown;
        let (side, price, leaves) = (order.side, order.price, order.leaves());
        let key = key_of(side, price);
        let ladder = self.ladder_mut(side);
        ladder.get_mut(key).shown -= shown;
        let at_best = key == ladder.best();
        self.changed |= at_best;
        *self.lots_mut(side) -= lots;
        leaves
    }
}

/// What happens when a taker reaches a maker and one of them is rare.
#[cold]
#[inline(never)]
fn meet(taker: &Taker, maker: &Order, accounts: &super::accounts::Accounts) -> Meeting {
    let (took, made) = (&accounts[taker.account], &accounts[maker.account]);
    let mut at_most = i64::MAX;
    if taker.traits & REDUCE_ONLY != 0 {
        at_most = took.reducible(taker.side);
        if at_most == 0 {
            return Meeting::TakerStops;
        }
    }
    let mode = (taker.traits & SELF_TRADE) >> SELF_TRADE_SHIFT;
    if mode != self_trade::NONE && took.group == made.group {
        return Meeting::SelfTrade(mode);
    }
    let is_own = taker.account == maker.account;
    if is_own && taker.traits & REDUCE_ONLY != 0 {
        return Meeting::TakerStops;
    }
    if is_own && maker.traits & REDUCE_ONLY != 0 {
        return Meeting::MakerStops;
    }
    if maker.traits & REDUCE_ONLY != 0 {
        at_most = at_most.min(made.reducible(maker.side));
        if at_most == 0 {
            return Meeting::MakerStops;
        }
    }
    Meeting::Trade(at_most)
}

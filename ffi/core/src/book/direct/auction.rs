//! Trading states, and the uncross with which an auction ends.
use super::super::events::{Events, Party};
use super::ladder::key_of;
use super::slab::REDUCE_ONLY;
use super::{DirectBook, NO_TRADES};
use crate::layout::{code, exec_type, side, trading_state, Indicative};

impl DirectBook {
    pub(super) fn change_state(
        &mut self,
        state: u8,
        time: i64,
        events: &mut Events,
    ) -> Result<(), u32> {
        if !trading_state::is_known(state) {
            return Err(code::BAD_ARGUMENT);
        }
        if state == self.state {
            return Ok(());
        }
        self.state = state;
        events.state_changed(self.instrument, time, state);
        self.expire(time, events);
        match state {
            trading_state::CLOSED => self.end_day(time, events),
            trading_state::CONTINUOUS => {
                self.uncross(time, events);
                if self.last_trade > 0 {
                    // Stops that came in meanwhile have not been asked about trades before.
                    self.note_trade(self.last_trade);
                    self.fire_stops(time, events);
                }
                debug_assert_eq!(self.unasked, NO_TRADES);
            }
            _ => {}
        }
        self.publish(time, events);
        Ok(())
    }

    /// Lots of a level, hidden ones included.
    fn lots_at(&self, side: u8, key: i64) -> i64 {
        if self.has_rare {
            let slots = self.queue_of(side, key);
            slots.map(|slot| self.orders[slot].leaves()).sum()
        } else {
            self.ladder(side).get(key).shown
        }
    }

    /// Prices of a side up to `limit` with the lots there, best first.
    fn lots_up_to(&self, side: u8, limit: i64) -> Vec<(i64, i64)> {
        let limit = key_of(side, limit);
        self.keys(side)
            .take_while(|key| *key >= limit)
            .map(|key| (key_of(side, key), self.lots_at(side, key)))
            .collect()
    }

    /// Where the book would uncross, by the four rules of the contract.
    pub(super) fn uncross_price(&self) -> Indicative {
        if !self.is_crossed() {
            return Indicative::default();
        }
        let bid = key_of(side::BUY, self.ladder(side::BUY).best());
        let ask = key_of(side::SELL, self.ladder(side::SELL).best());
        let mut buys = self.lots_up_to(side::BUY, ask);
        let sells = self.lots_up_to(side::SELL, bid);
        buys.reverse();
        let candidates = candidates(&buys, &sells);
        let most = candidates.iter().map(|one| one.volume).max();
        let candidates = kept(candidates, |one| Some(one.volume) == most);
        let least = candidates.iter().map(|one| one.imbalance.abs()).min();
        let candidates = kept(candidates, |one| Some(one.imbalance.abs()) == least);
        let (lowest, highest) = (candidates[0], candidates[candidates.len() - 1]);
        if candidates.iter().all(|one| one.imbalance > 0) {
            return highest;
        }
        if candidates.iter().all(|one| one.imbalance < 0) {
            return lowest;
        }
        let near = match self.last_trade {
            0 => lowest.price + (highest.price - lowest.price) / 2,
            last => last,
        };
        // The first of the nearest is the lower one.
        let nearest = candidates.iter().min_by_key(|one| one.price.abs_diff(near));
        nearest.copied().unwrap_or_default()
    }

    /// Trades until the book is not crossed any more.
    fn uncross(&mut self, time: i64, events: &mut Events) {
        while self.is_crossed() {
            self.changed = true;
            let price = self.uncross_price().price;
            while self.crosses(side::SELL, price) && self.crosses(side::BUY, price) {
                let [buy, sell] = [side::BUY, side::SELL].map(|side| {
                    let ladder = self.ladder(side);
                    ladder.get(ladder.best()).head
                });
                self.meet_in_auction(buy, sell, price, time, events);
            }
        }
    }

    /// The first orders of both sides trade, or one that has nothing to reduce ends.
    fn meet_in_auction(&mut self, buy: u32, sell: u32, price: i64, time: i64, events: &mut Events) {
        let mut lots = i64::MAX;
        for slot in [buy, sell] {
            let order = &self.orders[slot];
            lots = lots.min(order.shown);
            if order.traits & REDUCE_ONLY != 0 {
                let is_own = self.orders[buy].account == self.orders[sell].account;
                let reducible = self.accounts[order.account].reducible(order.side);
                lots = if is_own { 0 } else { lots.min(reducible) };
            }
            if lots == 0 {
                let (kind, reason) = (exec_type::CANCELED, code::NOTHING_TO_REDUCE);
                return self.withdraw(slot, kind, reason, time, events);
            }
        }
        let accounts = [buy, sell].map(|slot| self.orders[slot].account);
        self.accounts
            .trade(accounts[0], accounts[1], side::BUY, lots);
        let [bought, sold] = [buy, sell].map(|slot| {
            let order = &self.orders[slot];
            Party {
                order_id: order.id,
                owner: self.accounts[order.account].owner,
                leaves: order.leaves() - lots,
            }
        });
        events.auction_trade(self.instrument, time, price, lots, bought, sold);
        self.take_shown(buy, lots);
        self.take_shown(sell, lots);
        self.last_trade = price;
        self.note_trade(price);
    }

    /// Takes traded lots from the first order of a side.
    fn take_shown(&mut self, slot: u32, lots: i64) {
        let order = &mut self.orders[slot];
        let (side, key) = (order.side, key_of(order.side, order.price));
        let done = order.shown == lots;
        if !done {
            order.shown -= lots;
            self.ladder_mut(side).get_mut(key).shown -= lots;
        } else {
            self.unqueue(slot);
            if self.orders[slot].hidden > 0 {
                self.orders.show_next(slot);
                self.queue(slot);
            } else {
                self.close(slot);
            }
        }
        *self.lots_mut(side) -= lots;
    }
}

fn kept(mut list: Vec<Indicative>, wanted: impl Fn(&Indicative) -> bool) -> Vec<Indicative> {
    list.retain(wanted);
    list
}

/// What would trade at each limit price between the best ask and the best bid, ascending. Takes prices and lots of both
/// sides in that range, ascending.
fn candidates(buys: &[(i64, i64)], sells: &[(i64, i64)]) -> Vec<Indicative> {
    let mut out = Vec::with_capacity(buys.len() + sells.len());
    let mut buy: i64 = buys.iter().map(|(_, lots)| lots).sum();
    let mut sell = 0;
    let (mut buys, mut sells) = (buys.iter().peekable(), sells.iter().peekable());
    loop {
        let prices = [buys.peek(), sells.peek()].into_iter().flatten();
        let Some(price) = prices.map(|(price, _)| *price).min() else {
            return out;
        };
        if let Some((_, lots)) = sells.next_if(|level| level.0 == price) {
            sell += lots;
        }
        out.push(Indicative {
            price,
            volume: buy.min(sell),
            imbalance: buy - sell,
            buy,
            sell,
            ..Indicative::default()
        });
        if let Some((_, lots)) = buys.next_if(|level| level.0 == price) {
            buy -= lots;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Book, NaiveBook};
    use crate::layout::{command_kind, OrderCommand};

    /// Where a book uncrosses in which both prices trade ten lots and leave five, buyers at one and sellers at the other.
    fn between_buyers_and_sellers<B: Book>(last_trade: Option<i64>) -> i64 {
        let (mut book, mut events) = (B::new(0), Events::new());
        let mut send = |book: &mut B, id, side, price, quantity| {
            let command = OrderCommand {
                kind: command_kind::NEW,
                order_id: id,
                side,
                price,
                quantity,
                ..OrderCommand::default()
            };
            book.submit(&command, &mut events);
        };
        if let Some(price) = last_trade {
            send(&mut book, 1, side::BUY, price, 1);
            send(&mut book, 2, side::SELL, price, 1);
        }
        let known = book.set_state(trading_state::PRE_OPEN, 0, &mut Events::new());
        assert_eq!(known, Ok(()));
        send(&mut book, 3, side::BUY, 101, 10);
        send(&mut book, 4, side::BUY, 100, 5);
        send(&mut book, 5, side::SELL, 100, 10);
        send(&mut book, 6, side::SELL, 101, 5);
        let found = book.indicative();
        assert_eq!((found.volume, found.imbalance.abs()), (10, 5));
        found.price
    }

    #[test]
    fn with_buyers_left_at_one_price_and_sellers_at_the_other_the_last_trade_decides() {
        for (last_trade, price) in [(None, 100), (Some(90), 100), (Some(150), 101)] {
            assert_eq!(between_buyers_and_sellers::<DirectBook>(last_trade), price);
            assert_eq!(between_buyers_and_sellers::<NaiveBook>(last_trade), price);
        }
    }
}

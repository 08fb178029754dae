//! The uncross of the readable book.
use super::super::events::{Events, Party};
use super::NaiveBook;
use crate::layout::{code, exec_type, side, Indicative};

impl NaiveBook {
    /// Leaves of the resting orders of a side that would trade at `price`.
    fn lots_within(&self, side: u8, price: i64) -> i64 {
        let resting = self
            .orders
            .values()
            .filter(|order| order.side == side && order.shown > 0);
        resting
            .filter(|order| {
                if side == side::BUY {
                    order.price >= price
                } else {
                    order.price <= price
                }
            })
            .map(|order| order.leaves)
            .sum()
    }

    fn at(&self, price: i64) -> Indicative {
        let buy = self.lots_within(side::BUY, price);
        let sell = self.lots_within(side::SELL, price);
        Indicative {
            price,
            volume: buy.min(sell),
            imbalance: buy - sell,
            buy,
            sell,
            ..Indicative::default()
        }
    }

    /// The four rules of the contract, one after the other.
    pub(super) fn uncross_price(&self) -> Indicative {
        if !self.is_crossed() {
            return Indicative::default();
        }
        let (ask, bid) = (self.best_price(side::SELL), self.best_price(side::BUY));
        let mut prices: Vec<i64> = self.bids.keys().chain(self.asks.keys()).copied().collect();
        prices.retain(|price| (ask..=bid).contains(price));
        prices.sort_unstable();
        prices.dedup();
        let mut left: Vec<Indicative> = prices.iter().map(|price| self.at(*price)).collect();
        let most = left.iter().map(|one| one.volume).max();
        left.retain(|one| Some(one.volume) == most);
        let least = left.iter().map(|one| one.imbalance.abs()).min();
        left.retain(|one| Some(one.imbalance.abs()) == least);
        let (lowest, highest) = (left[0], left[left.len() - 1]);
        if left.iter().all(|one| one.imbalance > 0) {
            highest
        } else if left.iter().all(|one| one.imbalance < 0) {
            lowest
        } else {
            let middle = ((i128::from(lowest.price) + i128::from(highest.price)) / 2) as i64;
            let near = if self.last_trade == 0 {
                middle
            } else {
                self.last_trade
            };
            left.sort_by_key(|one| (one.price.abs_diff(near), one.price));
            left[0]
        }
    }

    pub(super) fn uncross(&mut self, time: i64, events: &mut Events) {
        while self.is_crossed() {
            let price = self.uncross_price().price;
            while self.best_price(side::BUY) >= price && self.best_price(side::SELL) <= price {
                self.meet_at(price, time, events);
            }
        }
    }

    /// The heads of both queues trade, or one of them that can trade nothing ends.
    fn meet_at(&mut self, price: i64, time: i64, events: &mut Events) {
        let heads = [side::BUY, side::SELL].map(|side| {
            let age = self.side(side)[&self.best_price(side)][0];
            self.orders[&age]
        });
        let mut lots = heads[0].shown.min(heads[1].shown);
        for order in &heads {
            if order.reduce_only {
                let is_own = heads[0].owner == heads[1].owner;
                lots = if is_own {
                    0
                } else {
                    lots.min(self.reducible(order))
                };
                if lots == 0 {
                    let (kind, reason) = (exec_type::CANCELED, code::NOTHING_TO_REDUCE);
                    return self.withdraw(order.age, kind, reason, time, events);
                }
            }
        }
        let [buyer, seller] = heads.map(|order| Party {
            order_id: order.order_id,
            owner: order.owner,
            leaves: order.leaves - lots,
        });
        // Positions move once, with the buyer's half.
        self.trade_with(heads[0].age, heads[1].owner, lots);
        self.trade_with(heads[1].age, heads[1].owner, lots);
        events.auction_trade(self.instrument, time, price, lots, buyer, seller);
        self.traded.push(price);
        self.last_trade = price;
    }
}

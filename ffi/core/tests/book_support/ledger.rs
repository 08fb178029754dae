//! Follows every order through the execution records alone and checks that they add up: what was entered has traded,
//! was taken out or is open, per order and in all; sequence numbers have no gap; both sides of a match agree; what
//! buyers pay sellers get; and the book holds exactly what the records say.
use super::report;
use cwts_core::book::{Book, Events, OpenOrder};
use cwts_core::layout::{exec_type, liquidity, side, Execution};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Ledger {
    open: BTreeMap<u64, Open>,
    sequence: u64,
    /// The first record of a match whose second is due.
    first: Option<Execution>,
    /// Lots by side: entered and added by amends, less those taken away by amends.
    asked: [i128; 2],
    /// Lots by side that have traded.
    pub traded: [i128; 2],
    /// Lots by side that were cancelled, have expired or were given up to self-trade prevention.
    removed: [i128; 2],
    /// Lots by side that are open.
    leaves: [i128; 2],
    /// Positions as a book must count them.
    positions: BTreeMap<u32, i64>,
    /// Lots that trades brought all owners together.
    net: i128,
    /// Money that trades moved, all owners together. Modulo 2¹²⁸, which hides no difference smaller than that.
    cash: i128,
}

/// A record as it reads in a failure; costs nothing before.
struct Told<'a>(&'a Execution);

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&report(self.0))
    }
}

#[derive(Clone, Copy)]
struct Open {
    total: i64,
    filled: i64,
    leaves: i64,
    owner: u32,
    side: u8,
    price: i64,
}

impl Ledger {
    /// Takes in the records of one command.
    pub fn follow(&mut self, events: &Events) {
        for record in &events.executions {
            self.sequence += 1;
            assert_eq!(
                record.venue_sequence, self.sequence,
                "a gap in the venue's count"
            );
            self.apply(record);
        }
        assert!(self.first.is_none(), "a match with one side only");
        assert_eq!(events.venue_sequence(), self.sequence);
        assert_eq!(self.traded[0], self.traded[1], "bought is not sold");
        assert_eq!(self.net, 0, "positions came from nowhere");
        assert_eq!(self.cash, 0, "what buyers paid is not what sellers got");
        for side in 0..2 {
            let accounted = self.traded[side] + self.removed[side] + self.leaves[side];
            assert_eq!(self.asked[side], accounted, "lots of side {side}");
        }
    }

    /// The order a record is about, which must be open and as the record says.
    fn of(&mut self, record: &Execution) -> &mut Open {
        let told = Told(record);
        let order = self.open.get_mut(&record.order_id);
        let order = order.unwrap_or_else(|| panic!("not open: {told}"));
        let (owner, side) = (record.owner, record.side);
        assert_eq!((order.owner, order.side), (owner, side), "{told}");
        order
    }

    fn apply(&mut self, record: &Execution) {
        let told = Told(record);
        let Execution {
            quantity,
            leaves,
            price,
            ..
        } = *record;
        let side = usize::from(record.side);
        match record.exec_type {
            exec_type::NEW => {
                assert!(leaves == quantity && quantity > 0, "{told}");
                let order = Open {
                    total: quantity,
                    filled: 0,
                    leaves,
                    owner: record.owner,
                    side: record.side,
                    price,
                };
                let before = self.open.insert(record.order_id, order);
                assert!(before.is_none(), "entered twice: {told}");
                self.asked[side] += i128::from(quantity);
                self.leaves[side] += i128::from(quantity);
            }
            exec_type::REPLACED => {
                let order = self.of(record);
                assert!(leaves > 0, "{told}");
                assert_eq!(quantity - order.filled, leaves, "{told}");
                let more = i128::from(leaves) - i128::from(order.leaves);
                (order.total, order.leaves, order.price) = (quantity, leaves, price);
                self.asked[side] += more;
                self.leaves[side] += more;
            }
            exec_type::TRIGGERED => {
                let order = self.of(record);
                assert_eq!((order.leaves, order.leaves), (quantity, leaves), "{told}");
                order.price = price;
            }
            exec_type::TRADE => self.trade(record),
            exec_type::CANCELED | exec_type::EXPIRED | exec_type::RESTATED => {
                let order = self.of(record);
                assert!(quantity > 0, "{told}");
                assert_eq!(order.leaves - quantity, leaves, "{told}");
                let restated = record.exec_type == exec_type::RESTATED;
                assert_eq!(leaves > 0, restated, "{told}");
                order.leaves = leaves;
                order.total -= quantity;
                self.removed[side] += i128::from(quantity);
                self.leaves[side] -= i128::from(quantity);
                if leaves == 0 {
                    self.open.remove(&record.order_id);
                }
            }
            _ => assert!(record.reason != 0, "{told}"),
        }
    }

    fn trade(&mut self, record: &Execution) {
        let told = Told(record);
        let order = self.of(record);
        assert!(record.quantity > 0 && record.leaves >= 0, "{told}");
        assert_eq!(order.leaves - record.quantity, record.leaves, "{told}");
        // 0 is the price of a market order, which has no limit.
        let worse = order.price != 0
            && if order.side == side::BUY {
                record.price > order.price
            } else {
                record.price < order.price
            };
        assert!(!worse, "traded through its limit {}: {told}", order.price);
        order.leaves = record.leaves;
        order.filled += record.quantity;
        if record.leaves == 0 {
            self.open.remove(&record.order_id);
        }
        let (side, lots) = (usize::from(record.side), i128::from(record.quantity));
        self.traded[side] += lots;
        self.leaves[side] -= lots;
        let bought = if record.side == side::BUY {
            lots
        } else {
            -lots
        };
        self.net += bought;
        let paid = bought.wrapping_mul(i128::from(record.price));
        self.cash = self.cash.wrapping_add(paid);
        let Some(first) = self.first.take() else {
            let is_first = match record.liquidity {
                liquidity::MAKER => true,
                liquidity::NONE => record.side == side::BUY,
                _ => false,
            };
            assert!(is_first, "{told}");
            self.first = Some(*record);
            return;
        };
        let pair = (first.liquidity, record.liquidity);
        let is_auction = pair == (liquidity::NONE, liquidity::NONE);
        let is_pair = pair == (liquidity::MAKER, liquidity::TAKER) || is_auction;
        assert!(is_pair, "two sides that do not belong together: {told}");
        assert_eq!(first.match_id, record.match_id, "{told}");
        let of_first = (first.price, first.quantity, first.side);
        let of_second = (record.price, record.quantity, 1 - record.side);
        assert_eq!(of_first, of_second, "{told}");
        if first.owner != record.owner {
            for side in [&first, record] {
                let position = self.positions.entry(side.owner).or_default();
                *position = if side.side == side::BUY {
                    position.saturating_add(side.quantity)
                } else {
                    position.saturating_sub(side.quantity)
                };
            }
        }
    }

    /// A position was set from outside.
    pub fn set_position(&mut self, owner: u32, lots: i64) {
        self.positions.insert(owner, lots);
    }

    /// Open orders by the records.
    pub fn open_orders(&self) -> usize {
        self.open.len()
    }

    /// Compares with the book: orders one by one, and positions.
    pub fn agree_with<B: Book>(&self, book: &B) {
        assert_eq!(book.open_orders(), self.open.len());
        let mut seen = 0;
        let mut check = |order: &OpenOrder| {
            seen += 1;
            let told = self.open.get(&order.order_id);
            let told = told.expect("an order nobody reported");
            assert_eq!(
                (told.owner, told.side, told.price),
                (order.owner, order.side, order.price)
            );
            assert_eq!((told.total, told.leaves), (order.total, order.leaves));
            assert_eq!(order.total - order.leaves, told.filled);
            assert!(order.shown <= order.leaves && order.leaves > 0);
        };
        for side in [side::BUY, side::SELL] {
            book.for_each_order(side, &mut check);
        }
        book.for_each_stop(&mut check);
        assert_eq!(seen, self.open.len());
        for (owner, lots) in &self.positions {
            assert_eq!(book.account(*owner).position, *lots, "owner {owner}");
        }
    }
}

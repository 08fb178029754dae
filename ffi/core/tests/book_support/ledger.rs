//! Follows every order through the execution records alone and checks that they add up: what was entered is filled,
//! cancelled or still open, sequence numbers have no gap, both sides of a match agree, and the book holds exactly what
//! the records say.
use super::report;
use cwts_core::book::{Book, Events, OpenOrder};
use cwts_core::layout::{exec_type, liquidity, side, Execution};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Ledger {
    /// Open quantity, owner and price by order id.
    open: BTreeMap<u64, Open>,
    sequence: u64,
    maker: Option<Execution>,
    /// Lots bought and sold in trades.
    pub traded: [i128; 2],
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
        assert!(self.maker.is_none(), "a match with one side only");
        assert_eq!(events.venue_sequence(), self.sequence);
    }

    fn apply(&mut self, record: &Execution) {
        let Execution {
            order_id,
            quantity,
            leaves,
            price,
            owner,
            side,
            ..
        } = *record;
        let told = Told(record);
        match record.exec_type {
            exec_type::NEW => {
                assert!(leaves == quantity && quantity > 0, "{told}");
                let order = Open {
                    leaves,
                    owner,
                    side,
                    price,
                };
                assert!(
                    self.open.insert(order_id, order).is_none(),
                    "entered twice: {told}"
                );
            }
            exec_type::REPLACED => {
                assert!(quantity >= leaves && leaves > 0, "{told}");
                let order = self
                    .open
                    .get_mut(&order_id)
                    .unwrap_or_else(|| panic!("{told}"));
                assert_eq!((order.owner, order.side), (owner, side), "{told}");
                (order.leaves, order.price) = (leaves, price);
            }
            exec_type::TRADE => self.trade(record),
            exec_type::CANCELED => {
                let order = self
                    .open
                    .remove(&order_id)
                    .unwrap_or_else(|| panic!("{told}"));
                assert_eq!((order.leaves, 0), (quantity, leaves), "{told}");
                assert_eq!((order.owner, order.side), (owner, side), "{told}");
            }
            _ => assert!(record.reason != 0, "{told}"),
        }
    }

    fn trade(&mut self, record: &Execution) {
        let told = Told(record);
        let order = self
            .open
            .get_mut(&record.order_id)
            .unwrap_or_else(|| panic!("{told}"));
        assert!(record.quantity > 0 && record.leaves >= 0, "{told}");
        assert_eq!(order.leaves - record.quantity, record.leaves, "{told}");
        assert_eq!(
            (order.owner, order.side),
            (record.owner, record.side),
            "{told}"
        );
        // 0 is the price of a market order, which has no limit.
        let worse = order.price != 0
            && if order.side == side::BUY {
                record.price > order.price
            } else {
                record.price < order.price
            };
        assert!(!worse, "traded through its limit {}: {told}", order.price);
        order.leaves = record.leaves;
        if record.leaves == 0 {
            self.open.remove(&record.order_id);
        }
        self.traded[usize::from(record.side)] += i128::from(record.quantity);
        match (record.liquidity, self.maker.take()) {
            (liquidity::MAKER, None) => self.maker = Some(*record),
            (liquidity::TAKER, Some(maker)) => {
                assert_eq!(maker.match_id, record.match_id, "{told}");
                assert_eq!(
                    (maker.price, maker.quantity),
                    (record.price, record.quantity)
                );
                assert_eq!(maker.side + record.side, 1, "{told}");
            }
            _ => panic!("maker and taker do not alternate: {told}"),
        }
    }

    /// Compares with what rests in the book.
    pub fn agree_with<B: Book>(&self, book: &B) {
        assert_eq!(self.traded[0], self.traded[1], "bought is not sold");
        assert_eq!(book.open_orders(), self.open.len());
        let mut seen = 0;
        for side in [side::BUY, side::SELL] {
            book.for_each_order(side, &mut |order: &OpenOrder| {
                seen += 1;
                let told = self
                    .open
                    .get(&order.order_id)
                    .expect("an order nobody reported");
                assert_eq!(
                    (told.leaves, told.owner, told.side, told.price),
                    (order.leaves, order.owner, order.side, order.price)
                );
            });
        }
        assert_eq!(seen, self.open.len());
    }
}

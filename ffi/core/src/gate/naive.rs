//! The exposure arithmetic of the gate, written to be read: lists of orders and fills, and sums over all of them at every
//! question. Nothing is carried along that could go wrong. Tests hold the gate to it at every node.
use crate::layout::{command_kind, exec_type, side, Execution, OrderCommand, FIRM_NODE};
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq)]
enum Change {
    Cancel,
    Amend,
}

/// An order that is open, with the changes of it that the venue has not answered, oldest first.
struct Order {
    id: u64,
    strategy: u32,
    instrument: u16,
    side: u8,
    total: i64,
    leaves: i64,
    unanswered: Vec<Change>,
    /// Totals asked for by amends since there was last none unanswered.
    asked: Vec<i64>,
}

impl Order {
    /// The largest total it may have, less what has filled.
    fn reserved(&self) -> i64 {
        let total = self.asked.iter().copied().fold(self.total, i64::max);
        total - (self.total - self.leaves)
    }

    /// The venue answers in the order in which it was asked.
    fn answered(&mut self, changes: usize) {
        self.unanswered.drain(..changes);
        if !self.unanswered.contains(&Change::Amend) {
            self.asked.clear();
        }
    }
}

struct Fill {
    strategy: u32,
    instrument: u16,
    side: u8,
    lots: i64,
}

/// What a node holds in an instrument, lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub bought: i64,
    pub sold: i64,
    pub open_buy: i64,
    pub open_sell: i64,
    pub open_orders: u32,
}

impl Held {
    pub fn long(&self) -> i64 {
        self.bought - self.sold + self.open_buy
    }

    pub fn short(&self) -> i64 {
        self.bought - self.sold - self.open_sell
    }

    /// Whether what is open on `side` only takes away from the position.
    pub fn reduces(&self, side: u8) -> bool {
        let position = self.bought - self.sold;
        match side {
            side::BUY => position < 0 && self.long() <= 0,
            _ => position > 0 && self.short() >= 0,
        }
    }

    pub fn worst(&self) -> i64 {
        self.long().abs().max(self.short().abs())
    }
}

/// What a node holds over all instruments: values in money units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub gross: i128,
    pub long: i128,
    pub short: i128,
    pub open_orders: u32,
}

impl Sums {
    pub fn net(&self) -> i128 {
        self.long.abs().max(self.short.abs())
    }
}

/// Everything that happened.
#[derive(Default)]
pub struct Naive {
    /// Node of every strategy.
    pub homes: BTreeMap<u32, u32>,
    /// Parent of every node.
    pub parents: BTreeMap<u32, u32>,
    orders: Vec<Order>,
    fills: Vec<Fill>,
    /// Money units of a lot, by strategy and instrument.
    marks: BTreeMap<(u32, u16), i64>,
}

impl Naive {
    /// Nodes from a strategy up to the firm.
    pub fn path(&self, strategy: u32) -> Vec<u32> {
        let mut path = vec![self.homes[&strategy]];
        while path[path.len() - 1] != FIRM_NODE {
            path.push(self.parents[&path[path.len() - 1]]);
        }
        path
    }

    fn find(&mut self, id: u64) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.id == id)
    }

    /// The gate let a command in; a lot was worth `mark` at that moment.
    pub fn accepted(&mut self, command: &OrderCommand, mark: i64) {
        if command.kind != command_kind::CANCEL {
            self.marks.insert((command.owner, command.instrument), mark);
        }
        if command.kind == command_kind::NEW {
            self.orders.push(Order {
                id: command.order_id,
                strategy: command.owner,
                instrument: command.instrument,
                side: command.side,
                total: command.quantity,
                leaves: command.quantity,
                unanswered: Vec::new(),
                asked: Vec::new(),
            });
        } else if let Some(order) = self.find(command.target_id) {
            if command.kind == command_kind::CANCEL {
                order.unanswered.push(Change::Cancel);
            } else {
                order.unanswered.push(Change::Amend);
                order.asked.push(command.quantity);
            }
        }
    }

    /// The gate heard a report.
    pub fn heard(&mut self, report: &Execution) {
        if report.exec_type == exec_type::TRADE {
            self.fills.push(Fill {
                strategy: report.owner,
                instrument: report.instrument,
                side: report.side,
                lots: report.quantity,
            });
        }
        let Some(order) = self.find(report.order_id) else {
            return;
        };
        match report.exec_type {
            exec_type::TRADE => order.leaves = report.leaves,
            exec_type::RESTATED => {
                order.total -= report.quantity;
                order.leaves = report.leaves;
            }
            exec_type::REPLACED => {
                order.total = report.quantity;
                order.leaves = report.leaves;
                let amend = |change: &Change| *change == Change::Amend;
                let oldest = order.unanswered.iter().position(amend);
                order.answered(oldest.map_or(0, |at| at + 1));
            }
            exec_type::CANCEL_REJECTED => order.answered(order.unanswered.len().min(1)),
            exec_type::CANCELED | exec_type::REJECTED | exec_type::EXPIRED => order.leaves = 0,
            _ => {}
        }
        self.orders.retain(|order| order.leaves > 0);
    }

    /// What everybody below a node holds in an instrument.
    pub fn held(&self, node: u32, instrument: u16) -> Held {
        let mut held = Held::default();
        for strategy in self.below(node) {
            for fill in &self.fills {
                if (fill.strategy, fill.instrument) == (strategy, instrument) {
                    match fill.side {
                        side::BUY => held.bought += fill.lots,
                        _ => held.sold += fill.lots,
                    }
                }
            }
            for order in &self.orders {
                if (order.strategy, order.instrument) == (strategy, instrument) {
                    held.open_orders += 1;
                    match order.side {
                        side::BUY => held.open_buy += order.reserved(),
                        _ => held.open_sell += order.reserved(),
                    }
                }
            }
        }
        held
    }

    /// What everybody below a node holds over all instruments.
    pub fn sums(&self, node: u32) -> Sums {
        let mut sums = Sums::default();
        for strategy in self.below(node) {
            for ((_, instrument), mark) in self.marks.range((strategy, 0)..=(strategy, u16::MAX)) {
                let held = self.held(self.homes[&strategy], *instrument);
                let value = |lots: i64| i128::from(lots) * i128::from(*mark);
                sums.gross += value(held.worst());
                sums.long += value(held.long());
                sums.short += value(held.short());
                sums.open_orders += held.open_orders;
            }
        }
        sums
    }

    fn below(&self, node: u32) -> Vec<u32> {
        let strategies = self.homes.keys().copied();
        strategies
            .filter(|strategy| self.path(*strategy).contains(&node))
            .collect()
    }
}

//! A venue with a queue in each direction, so that decisions are made on old news: commands and reports are on their way
//! while the gate decides.
use crate::layout::{command_kind, exec_type, side, Execution, OrderCommand};
use std::collections::{BTreeMap, VecDeque};

/// An order as the venue has it.
#[derive(Clone, Copy)]
pub struct Resting {
    owner: u32,
    instrument: u16,
    side: u8,
    leaves: i64,
    /// What has filled and what is left, without what was taken away.
    total: i64,
}

impl Resting {
    fn of(command: &OrderCommand) -> Self {
        Self {
            owner: command.owner,
            instrument: command.instrument,
            side: command.side,
            leaves: command.quantity,
            total: command.quantity,
        }
    }
}

/// Orders, and what has been filled of each that is still in play.
#[derive(Default)]
pub struct Venue {
    pub commands: VecDeque<OrderCommand>,
    pub reports: VecDeque<Execution>,
    /// By strategy and instrument, lots.
    pub positions: BTreeMap<(u32, u16), i64>,
    resting: BTreeMap<u64, Resting>,
    sequence: u64,
}

impl Venue {
    fn say(&mut self, exec_type: u8, id: u64, order: &Resting, quantity: i64, leaves: i64) {
        self.sequence += 1;
        self.reports.push_back(Execution {
            exec_type,
            side: order.side,
            instrument: order.instrument,
            order_id: id,
            quantity,
            leaves,
            owner: order.owner,
            venue_sequence: self.sequence,
            ..Execution::default()
        });
    }

    /// Some resting order.
    pub fn pick(&self, pick: usize) -> Option<(u64, Resting)> {
        let nth = pick.checked_rem(self.resting.len())?;
        self.resting
            .iter()
            .nth(nth)
            .map(|(id, order)| (*id, *order))
    }

    /// Takes the next command; `refuse` makes it reject what it may.
    pub fn arrive(&mut self, refuse: bool) {
        let Some(command) = self.commands.pop_front() else {
            return;
        };
        let named = Resting::of(&command);
        let id = command.target_id;
        let target = self.resting.get(&id).copied();
        match (command.kind, target) {
            (command_kind::NEW, _) if refuse => {
                let id = command.order_id;
                self.say(exec_type::REJECTED, id, &named, command.quantity, 0);
            }
            (command_kind::NEW, _) => {
                let (id, leaves) = (command.order_id, command.quantity);
                self.resting.insert(id, named);
                self.say(exec_type::NEW, id, &named, leaves, leaves);
            }
            (_, Some(target)) if refuse => {
                self.say(exec_type::CANCEL_REJECTED, id, &target, 0, target.leaves);
            }
            (command_kind::CANCEL, Some(target)) => self.cancel(id, target),
            (command_kind::AMEND, Some(target)) => {
                let total = command.quantity;
                let leaves = total - (target.total - target.leaves);
                if leaves <= 0 {
                    self.cancel(id, target);
                } else {
                    let amended = Resting {
                        leaves,
                        total,
                        ..target
                    };
                    self.resting.insert(id, amended);
                    self.say(exec_type::REPLACED, id, &target, total, leaves);
                }
            }
            _ => self.say(exec_type::CANCEL_REJECTED, id, &named, 0, 0),
        }
    }

    /// Fills part of a resting order.
    pub fn fill(&mut self, id: u64, order: Resting, lots: i64) {
        let lots = lots.min(order.leaves);
        let leaves = order.leaves - lots;
        let position = self.positions.entry((order.owner, order.instrument));
        *position.or_default() += if order.side == side::BUY { lots } else { -lots };
        if leaves == 0 {
            self.resting.remove(&id);
        } else {
            self.resting.insert(id, Resting { leaves, ..order });
        }
        self.say(exec_type::TRADE, id, &order, lots, leaves);
    }

    /// Takes lots from a resting order without a trade.
    pub fn restate(&mut self, id: u64, order: Resting, lots: i64) {
        let lots = lots.min(order.leaves - 1);
        if lots > 0 {
            let (leaves, total) = (order.leaves - lots, order.total - lots);
            let restated = Resting {
                leaves,
                total,
                ..order
            };
            self.resting.insert(id, restated);
            self.say(exec_type::RESTATED, id, &order, lots, leaves);
        }
    }

    /// The order's time is over.
    pub fn expire(&mut self, id: u64, order: Resting) {
        self.resting.remove(&id);
        self.say(exec_type::EXPIRED, id, &order, order.leaves, 0);
    }

    /// Ends a resting order.
    pub fn cancel(&mut self, id: u64, order: Resting) {
        self.resting.remove(&id);
        self.say(exec_type::CANCELED, id, &order, order.leaves, 0);
    }

    /// Answers everything and cancels the rest.
    pub fn close(&mut self) {
        while !self.commands.is_empty() {
            self.arrive(false);
        }
        while let Some((id, order)) = self.pick(0) {
            self.cancel(id, order);
        }
    }

    /// Trades every position away, in orders the gate has not heard of.
    pub fn flatten(&mut self) {
        for ((owner, instrument), position) in std::mem::take(&mut self.positions) {
            let order = Resting {
                owner,
                instrument,
                side: if position > 0 { side::SELL } else { side::BUY },
                leaves: 0,
                total: position.abs(),
            };
            if position != 0 {
                self.say(exec_type::TRADE, u64::MAX, &order, position.abs(), 0);
            }
        }
    }
}

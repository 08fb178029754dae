//! What an accepted command reserves, and how a batch that could not be recorded gives it back.
use super::flow::NO_PARENT;
use super::orders::{Change, OpenOrder};
use super::recent::Shape;
use super::scopes::Added;
use super::{held, Gate};
use crate::layout::{code, command_kind, GateDecision, OrderCommand};

/// What the open orders of a batch were, to take back what could not be committed.
pub struct Undo {
    id: u64,
    before: Option<OpenOrder>,
    /// Value of a lot at the order's leaf.
    mark: i64,
}

/// What an accepted command brings with it.
#[derive(Clone, Copy)]
pub struct Passed {
    /// What it adds, if that has a value.
    pub added: Option<Added>,
    /// Place of the parent of a new order.
    pub parent: u32,
}

impl Default for Passed {
    fn default() -> Self {
        Self {
            added: None,
            parent: NO_PARENT,
        }
    }
}

impl Gate {
    /// Counts an accepted command against the strategy and every scope above before anything else is decided.
    #[inline]
    pub(super) fn reserve(
        &mut self,
        command: &OrderCommand,
        leaf: Option<u32>,
        now: i64,
        passed: &Passed,
    ) {
        let added = passed.added.as_ref();
        match (command.kind, leaf) {
            (command_kind::NEW, Some(leaf)) => {
                let mut order = OpenOrder::entered(command, leaf, passed.parent);
                self.mark_located(&mut order, now);
                self.undo.push(Undo {
                    id: command.order_id,
                    before: None,
                    mark: self.scopes.leaf(leaf).mark,
                });
                self.open.insert(command.order_id, order);
                self.draw(&order, order.reserved());
                self.count(leaf, order.side, order.reserved(), added, 1);
                if self.scopes.leaf(leaf).terms.duplicate_window > 0 {
                    self.recent.enter(Shape::of(command), now);
                }
            }
            (command_kind::AMEND, _) => {
                self.send(command.target_id, Change::Amend(command.quantity), added);
            }
            (command_kind::CANCEL, _) => self.send(command.target_id, Change::Cancel, None),
            _ => return,
        }
        self.pass(command, now, added);
    }

    /// Takes a message that was let in out of every budget and window.
    #[inline]
    fn pass(&mut self, command: &OrderCommand, now: i64, added: Option<&Added>) {
        let Some(strategy) = self.scopes.strategy_mut(command.owner) else {
            return;
        };
        let path = strategy.path;
        if command.kind == command_kind::CANCEL {
            if self.facts.has(held::PACES) {
                self.flow.paces.cancel(&path, now);
            }
            return;
        }
        strategy.bucket.take(now);
        if self.facts.has(held::PACES | held::BURSTS) {
            self.flow.enter(&path, command.instrument, now, added);
        }
    }

    /// Notes that a change of an open order went out.
    fn send(&mut self, target: u64, change: Change, added: Option<&Added>) {
        let Some(order) = self.open.get_mut(target) else {
            return;
        };
        self.undo.push(Undo {
            id: target,
            before: Some(*order),
            mark: self.scopes.leaf(order.leaf).mark,
        });
        let before = order.reserved();
        order.send(change);
        if matches!(change, Change::Amend(_)) {
            let (leaf, side, lots) = (order.leaf, order.side, order.reserved() - before);
            let order = *order;
            self.draw(&order, lots);
            self.count(leaf, side, lots, added, 0);
        }
    }

    /// Counts open lots at every level. What has no value at the present price keeps the value it had.
    #[inline]
    fn count(&mut self, leaf: u32, side: u8, lots: i64, added: Option<&Added>, orders: i32) {
        match added {
            Some(added) => self.scopes.add(leaf, side, added, orders),
            None => {
                let mark = self.scopes.leaf(leaf).mark;
                self.scopes
                    .change(leaf, mark, orders, |cell| cell.open(side, lots, orders));
            }
        }
    }

    /// Refuses everything this batch accepted and restores the orders it touched, newest first.
    pub(super) fn take_back(&mut self, decisions: &mut [GateDecision]) {
        self.shut = true;
        while let Some(Undo { id, before, mark }) = self.undo.pop() {
            let now = match before {
                Some(before) => self.open.insert(id, before),
                None => self.open.remove(id),
            };
            if let Some(now) = now {
                let lots = before.map_or(0, |before| before.reserved()) - now.reserved();
                let orders = if before.is_some() { 0 } else { -1 };
                self.draw(&now, lots);
                self.scopes.change(now.leaf, mark, orders, |cell| {
                    cell.open(now.side, lots, orders);
                });
            }
        }
        for decision in decisions {
            if decision.code == code::ACCEPTED {
                self.disown(decision);
            }
        }
    }
}

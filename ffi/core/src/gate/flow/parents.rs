//! Parent orders: opened all or none as a basket before any child is let in, and never exceeded by their children, which
//! are counted where orders leave and not where they were thought of.
use crate::gate::hash::WordState;
use crate::gate::orders::{OpenOrder, CHILD};
use crate::gate::ports::Journal;
use crate::gate::scopes::clamped;
use crate::gate::table::Reject;
use crate::gate::{Gate, NOT_RECORDED};
use crate::layout::{code, record_type, side, GateDecision, ParentLimits, ParentOrder, NO_NODE};
use crate::record::{bytes_of, bytes_of_slice};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// Schema version of BasketDecided records.
pub const BASKET_VERSION: u16 = 1;

#[derive(Clone, Copy)]
struct Parent {
    order: ParentOrder,
    /// Lots of its children, open and filled.
    taken: i64,
}

/// There is no such parent, or it is not of that strategy, instrument and side.
pub struct UnknownParent;

/// Every parent ever opened, and how large they may be.
#[derive(Default)]
pub struct Parents {
    limits: BTreeMap<u32, ParentLimits>,
    open: HashMap<u64, Parent, WordState>,
    /// Parent of every open child.
    of_child: HashMap<u64, u64, WordState>,
}

impl Parents {
    /// Whether no parent was ever opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Sets how large parents and baskets of a node may be.
    pub fn limit(&mut self, limits: &ParentLimits) {
        self.limits.insert(limits.node, *limits);
    }

    /// Lots left for children of a strategy in an instrument, on a side.
    ///
    /// # Errors
    /// When there is no such parent.
    pub fn left(
        &self,
        parent: u64,
        strategy: u32,
        instrument: u16,
        order_side: u8,
    ) -> Result<i64, UnknownParent> {
        let parent = self.open.get(&parent).ok_or(UnknownParent)?;
        let named = (strategy, instrument, order_side);
        let is = (
            parent.order.strategy,
            parent.order.instrument,
            parent.order.side,
        );
        if named != is {
            return Err(UnknownParent);
        }
        Ok(parent.order.quantity.saturating_sub(parent.taken))
    }

    /// The parent of an open order, 0 for none.
    #[must_use]
    pub fn of_child(&self, child: u64) -> u64 {
        self.of_child.get(&child).copied().unwrap_or(0)
    }

    /// Notes a child that was let in.
    pub fn bear(&mut self, parent: u64, child: u64) {
        self.of_child.insert(child, parent);
    }

    /// Takes lots for a child, or gives them back when negative.
    pub fn take(&mut self, child: u64, lots: i64) {
        let parent = self.of_child.get(&child);
        if let Some(parent) = parent.and_then(|parent| self.open.get_mut(parent)) {
            parent.taken = parent.taken.saturating_add(lots);
        }
    }

    /// Forgets a child that has ended.
    pub fn bury(&mut self, child: u64) {
        self.of_child.remove(&child);
    }

    /// Feeds every parent, and every limit, to `digest` in canonical order.
    pub fn digest(&self, digest: &mut Sha256) {
        self.limits
            .values()
            .for_each(|limits| digest.update(bytes_of(limits)));
        let mut parents: Vec<_> = self.open.values().collect();
        parents.sort_unstable_by_key(|parent| parent.order.parent);
        for parent in parents {
            digest.update(bytes_of(&parent.order));
            digest.update(parent.taken.to_le_bytes());
        }
        let mut children: Vec<_> = self.of_child.iter().collect();
        children.sort_unstable();
        for (child, parent) in children {
            digest.update(child.to_le_bytes());
            digest.update(parent.to_le_bytes());
        }
    }
}

impl Gate {
    /// Opens parents as one basket, all or none, and records the decision with what it is about. Time in nanoseconds.
    ///
    /// Every parent must be by a strategy that may trade in its instrument, in whole lots, with an id that was never used
    /// and a reference price that is young enough; it may be worth what every node above it allows for one, and all of
    /// them together what it allows for a basket. Nodes without limits allow any. In the verdict `order_id` is the parent
    /// that was refused, 0 when the basket was.
    pub fn open_parents(
        &mut self,
        journal: &mut impl Journal,
        parents: &[ParentOrder],
        time: i64,
    ) -> GateDecision {
        let mut decision = GateDecision {
            audit_index: NOT_RECORDED,
            code: code::AUDIT_FAILED,
            scope: NO_NODE,
            ..GateDecision::default()
        };
        if self.shut {
            return decision;
        }
        match self.judge_parents(parents, time) {
            Ok(()) => decision.code = code::ACCEPTED,
            Err((parent, reject)) => {
                decision.order_id = parent;
                decision.code = reject.code;
                decision.measured = reject.measured;
                decision.limit = reject.limit;
                decision.scope = reject.scope;
            }
        }
        decision.audit_index = journal.next_index();
        let parts = [bytes_of(&decision), bytes_of_slice(parents)];
        let recorded = journal
            .append(record_type::BASKET_DECIDED, BASKET_VERSION, time, 0, &parts)
            .and_then(|_| journal.commit());
        if recorded.is_err() {
            self.shut = true;
            return GateDecision {
                audit_index: NOT_RECORDED,
                code: code::AUDIT_FAILED,
                scope: NO_NODE,
                ..GateDecision::default()
            };
        }
        if decision.code == code::ACCEPTED {
            for order in parents {
                let parent = Parent {
                    order: *order,
                    taken: 0,
                };
                self.flow.parents.open.insert(order.parent, parent);
            }
            if !parents.is_empty() {
                self.facts.has_parents();
            }
        }
        decision
    }

    /// Why a basket may not be opened: the parent, and the reason.
    fn judge_parents(&self, parents: &[ParentOrder], now: i64) -> Result<(), (u64, Reject)> {
        let mut sums: BTreeMap<u32, i128> = BTreeMap::new();
        for (at, order) in parents.iter().enumerate() {
            let refuse = |reject| Err((order.parent, reject));
            let repeated = parents[..at].iter().any(|one| one.parent == order.parent);
            if order.parent == 0 || repeated || self.flow.parents.open.contains_key(&order.parent) {
                let id = order.parent as i64;
                return refuse(Reject::new(code::DUPLICATE_ID, id, 0));
            }
            let worth = self
                .parent_value(order, now)
                .map_err(|reject| (order.parent, reject))?;
            let path = self.scopes.strategy(order.strategy).map(|known| known.path);
            for node in path.into_iter().flatten() {
                let limits = self.flow.parents.limits.get(&node);
                if let Some(limits) = limits.filter(|of| worth > i128::from(of.max_parent)) {
                    let most = limits.max_parent;
                    return refuse(Reject::at(node, code::BASKET_LIMIT, clamped(worth), most));
                }
                *sums.entry(node).or_default() += worth;
            }
        }
        for (node, sum) in sums {
            let limits = self.flow.parents.limits.get(&node);
            if let Some(limits) = limits.filter(|of| sum > i128::from(of.max_basket)) {
                let most = limits.max_basket;
                return Err((0, Reject::at(node, code::BASKET_LIMIT, clamped(sum), most)));
            }
        }
        Ok(())
    }

    /// Money units of a parent at the reference price, rounded up.
    fn parent_value(&self, order: &ParentOrder, now: i64) -> Result<i128, Reject> {
        let (strategy, instrument) = (order.strategy, order.instrument);
        let known = self.scopes.strategy(strategy).is_some()
            && self.limits.terms(strategy, instrument).is_some();
        if !known {
            let id = i64::from(strategy);
            return Err(Reject::new(code::UNKNOWN_STRATEGY, id, 0));
        }
        let Some(listing) = self.listing(instrument) else {
            let id = i64::from(instrument);
            return Err(Reject::new(code::UNKNOWN_INSTRUMENT, id, 0));
        };
        let step = i64::from(listing.rules.lot_step);
        if order.quantity <= 0 || order.quantity % step != 0 || !side::is_known(order.side) {
            return Err(Reject::new(code::OFF_LOT, order.quantity, step));
        }
        let most = i64::from(listing.rules.reference_max_age_ms) * 1_000_000;
        let age = listing.reference.age(now);
        match listing.reference.doubled() {
            Some(doubled) if age <= most => {
                let units = i128::from(doubled) * i128::from(listing.rules.units_per_tick_lot);
                let value = units.saturating_mul(i128::from(order.quantity));
                Ok(value / 2 + value % 2)
            }
            Some(_) => Err(Reject::new(code::NO_REFERENCE, age, most)),
            None => Err(Reject::new(code::NO_REFERENCE, -1, most)),
        }
    }

    /// What an order draws on beside limits: the locate it lives on, and the parent it belongs to. Lots are given back when
    /// negative; of what has filled nothing comes back.
    #[inline]
    pub(in crate::gate) fn draw(&mut self, id: u64, order: &OpenOrder, lots: i64) {
        if order.marks == 0 {
            return;
        }
        self.take_located(order, lots);
        if order.marks & CHILD != 0 {
            self.flow.parents.take(id, lots);
        }
    }
}

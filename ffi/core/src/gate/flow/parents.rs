//! Parent orders: opened all or none as a basket before any child is let in, and never exceeded by their children, which
//! are counted where orders leave and not where they were thought of.
use crate::gate::hash::WordState;
use crate::gate::orders::{OpenOrder, CHILD};
use crate::gate::ports::Journal;
use crate::gate::scopes::clamped;
use crate::gate::table::Reject;
use crate::gate::{Gate, NOT_RECORDED};
use crate::image::image;
use crate::layout::{code, record_type, side, GateDecision, ParentLimits, ParentOrder, NO_NODE};
use crate::record::{bytes_of, bytes_of_slice};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// Schema version of BasketDecided records.
pub const BASKET_VERSION: u16 = 2;
/// The version before, when the market that a basket was measured against was not on record.
pub const UNJUDGEABLE_BASKET_VERSION: u16 = 1;

/// `OpenOrder.parent` of an order that is no child.
pub const NO_PARENT: u32 = u32::MAX;

/// A parent that was opened.
#[derive(Clone, Copy)]
pub struct Parent {
    pub order: ParentOrder,
    /// Lots of its children, open and filled.
    taken: i64,
}

impl Parent {
    /// Lots left for children.
    #[inline]
    #[must_use]
    pub const fn left(&self) -> i64 {
        self.order.quantity.saturating_sub(self.taken)
    }

    /// Whether it is of that strategy, in that instrument and on that side.
    #[inline]
    #[must_use]
    pub const fn is_of(&self, strategy: u32, instrument: u16, order_side: u8) -> bool {
        self.order.strategy == strategy
            && self.order.instrument == instrument
            && self.order.side == order_side
    }
}

/// Every parent ever opened, and how large they may be. A child carries the place of its parent.
#[derive(Default)]
pub struct Parents {
    limits: BTreeMap<u32, ParentLimits>,
    opened: Vec<Parent>,
    places: HashMap<u64, u32, WordState>,
}

image!(Parent { order, taken });
image!(Parents {
    limits,
    opened,
    places
});

impl Parents {
    /// Whether no parent was ever opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty()
    }

    /// Sets how large parents and baskets of a node may be.
    pub fn limit(&mut self, limits: &ParentLimits) {
        self.limits.insert(limits.node, *limits);
    }

    /// Where a parent stands.
    #[inline]
    #[must_use]
    pub fn find(&self, parent: u64) -> Option<u32> {
        self.places.get(&parent).copied()
    }

    /// The parent at a place; none at that of no parent.
    #[inline]
    #[must_use]
    pub fn at(&self, place: u32) -> Option<&Parent> {
        self.opened.get(place as usize)
    }

    fn open(&mut self, order: &ParentOrder) {
        let place = self.opened.len() as u32;
        self.opened.push(Parent {
            order: *order,
            taken: 0,
        });
        self.places.insert(order.parent, place);
    }

    /// Takes lots for a child of the parent at a place, or gives them back when negative.
    #[inline]
    pub fn take(&mut self, place: u32, lots: i64) {
        if let Some(parent) = self.opened.get_mut(place as usize) {
            parent.taken = parent.taken.saturating_add(lots);
        }
    }

    /// Feeds every parent, every limit and the open children (id and place of the parent) to `digest` in canonical order.
    pub fn digest(&self, digest: &mut Sha256, mut children: Vec<(u64, u32)>) {
        self.limits
            .values()
            .for_each(|limits| digest.update(bytes_of(limits)));
        let mut parents: Vec<_> = self.opened.iter().collect();
        parents.sort_unstable_by_key(|parent| parent.order.parent);
        for parent in parents {
            digest.update(bytes_of(&parent.order));
            digest.update(parent.taken.to_le_bytes());
        }
        children.sort_unstable();
        for (child, place) in children {
            if let Some(parent) = self.at(place) {
                digest.update(child.to_le_bytes());
                digest.update(parent.order.parent.to_le_bytes());
            }
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
        let unrecorded = GateDecision {
            audit_index: NOT_RECORDED,
            code: code::AUDIT_FAILED,
            scope: NO_NODE,
            ..GateDecision::default()
        };
        if self.shut {
            return unrecorded;
        }
        for parent in parents {
            if self.is_untold(parent.instrument) {
                self.record_market(journal, parent.instrument, time);
            }
        }
        let mut decision = self.judge_basket(parents, time);
        decision.audit_index = journal.next_index();
        let parts = [bytes_of(&decision), bytes_of_slice(parents)];
        let recorded = journal
            .append(record_type::BASKET_DECIDED, BASKET_VERSION, time, 0, &parts)
            .and_then(|_| journal.commit());
        if recorded.is_err() {
            self.shut = true;
            return unrecorded;
        }
        if decision.code == code::ACCEPTED {
            self.open_all(parents);
        }
        decision
    }

    /// The verdict on a basket, before it is recorded.
    pub(in crate::gate) fn judge_basket(&self, parents: &[ParentOrder], time: i64) -> GateDecision {
        let verdict = GateDecision {
            audit_index: NOT_RECORDED,
            scope: NO_NODE,
            ..GateDecision::default()
        };
        match self.judge_parents(parents, time) {
            Ok(()) => GateDecision {
                code: code::ACCEPTED,
                ..verdict
            },
            Err((parent, reject)) => GateDecision {
                order_id: parent,
                code: reject.code,
                measured: reject.measured,
                limit: reject.limit,
                scope: reject.scope,
                ..verdict
            },
        }
    }

    /// Opens parents that were let in.
    pub(in crate::gate) fn open_all(&mut self, parents: &[ParentOrder]) {
        for order in parents {
            self.flow.parents.open(order);
        }
        if !parents.is_empty() {
            self.facts.has_parents();
        }
    }

    /// Why a basket may not be opened: the parent, and the reason.
    fn judge_parents(&self, parents: &[ParentOrder], now: i64) -> Result<(), (u64, Reject)> {
        let mut sums: BTreeMap<u32, i128> = BTreeMap::new();
        for (at, order) in parents.iter().enumerate() {
            let refuse = |reject| Err((order.parent, reject));
            let repeated = parents[..at].iter().any(|one| one.parent == order.parent);
            if order.parent == 0 || repeated || self.flow.parents.find(order.parent).is_some() {
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
    pub(in crate::gate) fn draw(&mut self, order: &OpenOrder, lots: i64) {
        if order.marks == 0 {
            return;
        }
        self.take_located(order, lots);
        if order.marks & CHILD != 0 {
            self.flow.parents.take(order.parent, lots);
        }
    }
}

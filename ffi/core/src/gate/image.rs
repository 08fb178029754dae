//! The gate as it stands in a snapshot: everything it would have to rebuild after a restart, and the market as it was last
//! told, which is older by then and counts as such.
use super::limits::Limits;
use super::listing::Listing;
use super::scopes::Scopes;
use super::{Facts, Flow, Gate, IdSet, OpenOrders, Recent, Tally, VENUES};
use crate::image::{Image, Source};

impl Gate {
    /// Appends the gate to `out`, unless it is shut: what such a gate holds is not all on record.
    pub fn put(&self, out: &mut Vec<u8>) -> bool {
        if self.shut {
            return false;
        }
        self.limits.put(out);
        self.scopes.put(out);
        self.listings.put(out);
        self.facts.put(out);
        self.flow.put(out);
        self.open.put(out);
        self.ids.put(out);
        self.recent.put(out);
        self.venues.put(out);
        self.tally.put(out);
        self.sequence.put(out);
        true
    }

    /// Reads a gate back, with room for so many pairs of node and instrument, or more if it has met more; `None` when the
    /// bytes can be no gate.
    pub fn take(from: &mut Source<'_>, pairs: usize) -> Option<Self> {
        let gate = Self {
            limits: Limits::take(from)?,
            scopes: Scopes::take(from, pairs)?,
            listings: Vec::<Option<Listing>>::take(from)?,
            facts: Facts::take(from)?,
            flow: Flow::take(from)?,
            open: OpenOrders::take(from)?,
            ids: IdSet::take(from)?,
            recent: Recent::take(from)?,
            venues: Vec::take(from)?,
            tally: Tally::take(from)?,
            sequence: u64::take(from)?,
            shut: false,
            undo: Vec::new(),
            #[cfg(test)]
            without: None,
        };
        let leaves = gate.scopes.leaves().len();
        let counted = gate
            .open
            .iter()
            .all(|(_, order)| (order.leaf as usize) < leaves);
        (counted && gate.venues.len() == VENUES).then_some(gate)
    }

    /// How many pairs of node and instrument it was made for.
    #[must_use]
    pub fn room(&self) -> usize {
        self.scopes.fill().1
    }

    /// Whether it has decided and loaded nothing yet.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.sequence == 0
            && self.tally.totals.executions == 0
            && self.scopes.cells().is_empty()
            && self.listings.is_empty()
    }
}

//! What the gate holds, for people and for whoever has to see that it is true.
use super::scopes::OWN;
use super::Gate;
use crate::layout::{Exposure, ScopeUsage};

impl Gate {
    /// What is filled and open for a strategy in an instrument; nothing where it was never met.
    #[must_use]
    pub fn exposure(&self, strategy: u32, instrument: u16) -> Exposure {
        let leaf = self.scopes.find(strategy, instrument);
        leaf.map_or_else(Exposure::default, |leaf| {
            let own = self.scopes.leaf(leaf).cells[OWN];
            self.scopes.cell(own).exposure()
        })
    }

    /// What is filled and open for everybody below a node, in an instrument; `None` when there is no such node.
    #[must_use]
    pub fn scope_exposure(&self, node: u32, instrument: u16) -> Option<Exposure> {
        self.scopes.nodes().get(node as usize)?;
        let cell = self.scopes.cell_of(node, instrument);
        Some(cell.map_or_else(Exposure::default, |at| self.scopes.cell(at).exposure()))
    }

    /// What a node uses over all instruments, beside its limits; `None` when there is no such node.
    #[must_use]
    pub fn scope_usage(&self, node: u32) -> Option<ScopeUsage> {
        let node = self.scopes.nodes().get(node as usize)?;
        Some(node.usage())
    }

    /// The node of a strategy, if it has a place in the tree.
    #[must_use]
    pub fn node_of(&self, strategy: u32) -> Option<u32> {
        self.scopes.strategy(strategy).map(|known| known.node())
    }
}

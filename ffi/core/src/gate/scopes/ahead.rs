//! Asks the memory for what the next commands of a batch will need, while the present one is decided.
//!
//! In a tree that does not fit a cache an order waits for a dozen lines at unrelated places, each found through another:
//! key → leaf → cells. Each step of [`Scopes::look_ahead`] is taken for a command so many places ahead that the step
//! before has arrived.
use super::index::key;
use super::Scopes;
use crate::ask_for::ask_for;
use crate::layout::OrderCommand;

/// How many commands ahead the place of the key and the strategy are asked for, then the leaf, then cells and nodes.
const KEY: usize = 9;
const LEAF: usize = 6;
const LEVELS: usize = 3;

/// So many cells are at hand anyway: with the nodes above them they take a few hundred kilobytes.
const NEAR: usize = 2_048;

impl Scopes {
    /// Looks ahead from the command at `at` of a batch.
    #[inline]
    pub fn look_ahead(&self, commands: &[OrderCommand], at: usize) {
        if !self.is_spread() {
            return;
        }
        if let Some(command) = commands.get(at + KEY) {
            ask_for(
                self.leaf_index
                    .begins(key(command.owner, command.instrument)),
            );
            if let Some(strategy) = self.strategies.get(command.owner as usize) {
                ask_for(strategy);
            }
        }
        if let Some(command) = commands.get(at + LEAF) {
            let place = *self
                .leaf_index
                .begins(key(command.owner, command.instrument));
            if let Some(leaf) = self.leaves.get(place.wrapping_sub(1) as usize) {
                ask_for(leaf);
            }
        }
        if let Some(command) = commands.get(at + LEVELS) {
            if let Some(leaf) = self.find(command.owner, command.instrument) {
                self.ask_for_nodes(command.owner);
                self.ask_for_cells(leaf);
            }
        }
    }

    /// Whether the tree is too large for the nearest caches, so that asking ahead pays.
    #[inline]
    fn is_spread(&self) -> bool {
        self.cells.len() > NEAR
    }

    /// Asks for the totals an order of this strategy counts in. Needs no leaf, so they come while the leaf is looked for.
    #[inline]
    pub fn ask_for_nodes(&self, strategy: u32) {
        if !self.is_spread() {
            return;
        }
        let Some(strategy) = self.strategies.get(strategy as usize) else {
            return;
        };
        for node in strategy.path {
            if let Some(node) = self.nodes.get(node as usize) {
                // The two lines of it.
                ask_for(&node.money);
                ask_for(&node.max_net);
            }
        }
    }

    /// Asks for what an order at this leaf counts in, in the instrument.
    #[inline]
    pub fn ask_for_cells(&self, leaf: u32) {
        if self.is_spread() {
            for cell in self.leaf(leaf).cells {
                ask_for(self.cell(cell));
            }
        }
    }
}

//! Asks the memory for what the next commands of a batch will need, while the present one is decided.
//!
//! In a tree that does not fit a cache an order waits for a dozen lines at unrelated places, each found through another:
//! key → leaf → cells. Each step of [`Scopes::look_ahead`] is taken for a command so many places ahead that the step
//! before has arrived.
use super::index::key;
use super::Scopes;
use crate::layout::OrderCommand;

/// How many commands ahead the place of the key and the strategy are asked for, then the leaf, then cells and nodes.
const KEY: usize = 9;
const LEAF: usize = 6;
const LEVELS: usize = 3;

/// Asks for the line in which `of` begins.
#[inline(always)]
fn ask_for<T>(of: &T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint; it reads nothing that a program could see, and the place is a live reference.
    unsafe {
        use core::arch::x86_64::{_mm_prefetch, _MM_HINT_T0};
        _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(of).cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = of;
}

impl Scopes {
    /// Looks ahead from the command at `at` of a batch.
    #[inline]
    pub fn look_ahead(&self, commands: &[OrderCommand], at: usize) {
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
                self.ask_for_levels(leaf);
            }
        }
    }

    /// Asks for everything an order at this leaf counts in.
    #[inline]
    pub fn ask_for_levels(&self, leaf: u32) {
        let leaf = self.leaf(leaf);
        let path = self.strategies[leaf.strategy as usize].path;
        for (cell, node) in leaf.cells.into_iter().zip(path).rev() {
            ask_for(self.cell(cell));
            ask_for(self.node(node));
        }
    }
}

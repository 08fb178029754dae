//! The tree of scopes, firm → customer → account → strategy → instrument, and what is filled and open at each.
//!
//! ```text
//! owner ────────▶ strategy: path ──▶ nodes   firm   customer   account   strategy     totals over all instruments
//!   │                                          │       │          │         │
//! (owner, instrument) ─hash─▶ leaf: cells ──▶ cells in the instrument, one per node   lots bought, sold, open
//! ```
//!
//! Everything lies in flat arrays and is found by number. The ancestors of a strategy are resolved when it gets its place,
//! the cells of a strategy in an instrument when it is first met there; an order carries the number of its leaf. So an
//! order looks up one key, and each level costs two loads at known places.
//!
//! Cells are sparse: a node has one only in instruments that something below it may trade, has traded, or is limited in.
//! How many there may be is declared when the gate is made.
mod ahead;
mod cell;
mod factors;
mod image;
mod index;
mod leaf;
mod money;
mod node;
mod strategy;
mod worst;

#[cfg(test)]
mod tests;

pub use cell::Cell;
pub use factors::{next_weight, Ends, FACTOR_LAST};
pub use leaf::{Leaf, Terms};
pub use money::Money;
pub use node::{order_limit, set, told, Node};
pub use strategy::Strategy;
pub use worst::{clamped, Worst};

use crate::large_pages::ask_for_large_pages;
use crate::layout::{
    scope_kind, side, Factor, FactorLimit, GateScope, DEFAULT_ACCOUNT_NODE, DEFAULT_CUSTOMER_NODE,
    FIRM_NODE, NO_NODE,
};
use cell::by_side;
use factors::Factors;
use index::{key, Index};
use std::mem;

/// Levels that have nodes: firm, customer, account, strategy.
pub const LEVELS: usize = 4;
/// Place of the customer among them.
pub const CUSTOMER: usize = LEVELS - 3;
/// Place of the account among them.
pub const ACCOUNT: usize = LEVELS - 2;
/// Place of the strategy among them.
pub const OWN: usize = LEVELS - 1;
/// Nodes there is room for at first.
const FIRST_NODES: usize = 64;
/// No limit on money.
pub const NO_MONEY_LIMIT: i64 = i64::MAX;
/// No limit on open orders.
pub const NO_ORDER_LIMIT: u32 = u32::MAX;

/// No cell.
const NO_CELL: u32 = u32::MAX;

/// What an order that is let in adds.
#[derive(Clone, Copy)]
pub struct Added {
    /// Open lots on its side, at every level.
    pub lots: i64,
    /// Money units of a lot at its leaf from now on.
    pub mark: i64,
    /// Values, at every level.
    pub moved: Money,
}

/// A node above a leaf, and what it holds in the leaf's instrument.
#[derive(Clone, Copy)]
pub struct Level<'a> {
    /// The node's id.
    pub id: u32,
    /// Over all instruments.
    pub node: &'a Node,
    /// In the instrument.
    pub cell: &'a Cell,
    /// Where its position may go there with the order under decision.
    pub after: Worst,
}

/// The tree and its counts.
pub struct Scopes {
    nodes: Vec<Node>,
    /// By strategy id.
    strategies: Vec<Strategy>,
    cells: Vec<Cell>,
    cell_index: Index,
    /// By cell: the one its node had before it, or `NO_CELL`.
    earlier_cells: Vec<u32>,
    /// By node: its last cell, or `NO_CELL`.
    last_cells: Vec<u32>,
    leaves: Vec<Leaf>,
    leaf_index: Index,
    factors: Factors,
    most_cells: usize,
}

impl Scopes {
    /// The firm, one customer and one account, and room for so many cells.
    #[must_use]
    pub fn with_room(cells: usize) -> Self {
        let mut scopes = Self {
            nodes: Vec::new(),
            strategies: Vec::new(),
            cells: Vec::with_capacity(cells),
            cell_index: Index::with_room(cells),
            earlier_cells: Vec::with_capacity(cells),
            last_cells: Vec::new(),
            leaves: Vec::with_capacity(cells),
            leaf_index: Index::with_room(cells),
            factors: Factors::default(),
            most_cells: cells,
        };
        ask_for_large_pages(&scopes.cells);
        ask_for_large_pages(&scopes.leaves);
        for (parent, kind) in [
            (FIRM_NODE, scope_kind::FIRM),
            (FIRM_NODE, scope_kind::CUSTOMER),
            (DEFAULT_CUSTOMER_NODE, scope_kind::ACCOUNT),
        ] {
            let node = scopes.nodes.len() as u32;
            scopes.place(GateScope {
                node,
                parent,
                kind,
                ..GateScope::default()
            });
        }
        debug_assert_eq!(scopes.nodes.len() as u32, DEFAULT_ACCOUNT_NODE + 1);
        scopes
    }

    /// Every node, by id.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node that there is.
    #[inline]
    #[must_use]
    pub fn node(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    /// The node to change, if there is one.
    pub fn node_mut(&mut self, node: u32) -> Option<&mut Node> {
        self.nodes.get_mut(node as usize)
    }

    /// The node where the next one of that kind would stand, or `None` when it may not stand below `parent`.
    #[must_use]
    pub fn fitting(&self, scope: &GateScope) -> Option<GateScope> {
        let parent = self.nodes.get(scope.parent as usize)?.scope.kind;
        let is_strategy = scope.kind == scope_kind::STRATEGY;
        let fits = scope_kind::is_known(scope.kind)
            && scope.kind == parent + 1
            && is_strategy == (scope.strategy != 0)
            && (!is_strategy || self.strategy(scope.strategy).is_none())
            && self.nodes.len() < NO_NODE as usize;
        fits.then(|| GateScope {
            node: self.nodes.len() as u32,
            parent: scope.parent,
            kind: scope.kind,
            strategy: scope.strategy,
            ..GateScope::default()
        })
    }

    /// Puts a fitting node in its place.
    pub fn place(&mut self, scope: GateScope) {
        if self.nodes.len() == self.nodes.capacity() {
            self.nodes.reserve(self.nodes.len().max(FIRST_NODES));
            ask_for_large_pages(&self.nodes);
        }
        self.nodes.push(Node::at(scope));
        self.last_cells.push(NO_CELL);
        if scope.kind != scope_kind::STRATEGY {
            return;
        }
        let id = scope.strategy as usize;
        if id >= self.strategies.capacity() {
            self.strategies.reserve(id + 1);
            ask_for_large_pages(&self.strategies);
        }
        if id >= self.strategies.len() {
            self.strategies.resize(id + 1, Strategy::UNKNOWN);
        }
        let mut at = scope.node;
        for place in self.strategies[id].path.iter_mut().rev() {
            *place = at;
            at = self.nodes[at as usize].scope.parent;
        }
    }

    /// A strategy that has a place.
    #[inline]
    #[must_use]
    pub fn strategy(&self, id: u32) -> Option<&Strategy> {
        let strategy = self.strategies.get(id as usize)?;
        (strategy.node() != NO_NODE).then_some(strategy)
    }

    /// The same, to change.
    #[inline]
    pub fn strategy_mut(&mut self, id: u32) -> Option<&mut Strategy> {
        let strategy = self.strategies.get_mut(id as usize)?;
        (strategy.node() != NO_NODE).then_some(strategy)
    }

    /// Every strategy id up to the largest that has a place.
    #[must_use]
    pub fn strategies(&self) -> &[Strategy] {
        &self.strategies
    }

    /// Where a strategy in an instrument is kept.
    #[inline]
    #[must_use]
    pub fn find(&self, strategy: u32, instrument: u16) -> Option<u32> {
        self.leaf_index.find(key(strategy, instrument), |slot| {
            let leaf = &self.leaves[slot as usize];
            leaf.strategy == strategy && leaf.instrument == instrument
        })
    }

    /// The leaf at a place.
    #[inline]
    #[must_use]
    pub fn leaf(&self, at: u32) -> &Leaf {
        &self.leaves[at as usize]
    }

    /// The levels at which a leaf counts, from the strategy up to the firm, with `added` lots more open on `side`.
    #[inline]
    #[must_use]
    pub fn levels(&self, leaf: &Leaf, side: u8, added: i64) -> [Level<'_>; LEVELS] {
        let path = &self.strategies[leaf.strategy as usize].path;
        let lots = by_side(side, added);
        let level = |depth: usize| {
            let cell = self.cell(leaf.cells[depth]);
            Level {
                id: path[depth],
                node: self.node(path[depth]),
                cell,
                after: cell.worst_with(lots),
            }
        };
        [level(OWN), level(2), level(1), level(0)]
    }

    /// Every leaf, in the order in which they were met.
    pub fn leaves_mut(&mut self) -> &mut [Leaf] {
        &mut self.leaves
    }

    /// The same, to read.
    #[must_use]
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The cell at a place.
    #[inline]
    #[must_use]
    pub fn cell(&self, at: u32) -> &Cell {
        &self.cells[at as usize]
    }

    /// Every cell, in the order in which they were made.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell of a node in an instrument, if there is one.
    #[must_use]
    pub fn cell_of(&self, node: u32, instrument: u16) -> Option<u32> {
        self.cell_index.find(key(node, instrument), |slot| {
            let cell = &self.cells[slot as usize];
            cell.node == node && cell.instrument == instrument
        })
    }

    /// The cell at a place, to change.
    pub fn cell_mut(&mut self, at: u32) -> &mut Cell {
        &mut self.cells[at as usize]
    }

    /// Cells there are, and cells there may be.
    #[must_use]
    pub fn fill(&self) -> (usize, usize) {
        (self.cells.len(), self.most_cells)
    }

    /// Whether a strategy in a further instrument fits.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.cells.len() + LEVELS <= self.most_cells
    }

    /// The cell of a node in an instrument, made if need be.
    pub fn make_cell(&mut self, node: u32, instrument: u16) -> u32 {
        if let Some(at) = self.cell_of(node, instrument) {
            return at;
        }
        if !self.cell_index.has_room() {
            let keys = self
                .cells
                .iter()
                .map(|cell| key(cell.node, cell.instrument));
            self.cell_index.grow(keys);
        }
        let at = self.cells.len() as u32;
        self.cells.push(Cell::of(node, instrument));
        let last = &mut self.last_cells[node as usize];
        self.earlier_cells.push(mem::replace(last, at));
        self.cell_index.insert(key(node, instrument), at);
        at
    }

    /// Meets a strategy that has a place in an instrument where it was never met. It may not trade there yet.
    pub fn make_leaf(&mut self, strategy: u32, instrument: u16) -> u32 {
        if !self.leaf_index.has_room() {
            let keys = self
                .leaves
                .iter()
                .map(|leaf| key(leaf.strategy, leaf.instrument));
            self.leaf_index.grow(keys);
        }
        let path = self.strategies[strategy as usize].path;
        let cells = path.map(|node| self.make_cell(node, instrument));
        let at = self.leaves.len() as u32;
        self.leaves.push(Leaf {
            terms: Terms::NOTHING,
            mark: 0,
            cells,
            strategy,
            instrument,
            may_trade: false,
        });
        self.leaf_index.insert(key(strategy, instrument), at);
        at
    }

    /// How much there is, to come back to with [`Scopes::forget`].
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.cells.len(), self.leaves.len())
    }

    /// Forgets the leaves and cells made since, in which nothing was counted.
    pub fn forget(&mut self, (cells, leaves): (usize, usize)) {
        while self.leaves.len() > leaves {
            let leaf = self.leaves[self.leaves.len() - 1];
            let slot = self.leaves.len() as u32 - 1;
            self.leaf_index
                .forget_last(key(leaf.strategy, leaf.instrument), slot);
            self.leaves.pop();
        }
        while self.cells.len() > cells {
            let cell = self.cells[self.cells.len() - 1];
            let slot = self.cells.len() as u32 - 1;
            self.cell_index
                .forget_last(key(cell.node, cell.instrument), slot);
            self.cells.pop();
            let earlier = self.earlier_cells.pop();
            self.last_cells[cell.node as usize] = earlier.expect("one for every cell");
        }
    }

    /// Weights and limited sums over instruments.
    #[must_use]
    pub const fn factors(&self) -> &Factors {
        &self.factors
    }

    /// Sets what a lot of an instrument adds to a sum.
    pub fn weigh(&mut self, factor: &Factor) {
        let mut factors = mem::take(&mut self.factors);
        factors.weigh(factor, |node| self.held(node, factor.instrument));
        self.factors = factors;
    }

    /// Sets how far a sum may go at a node.
    pub fn limit_factor(&mut self, limit: &FactorLimit) {
        let mut factors = mem::take(&mut self.factors);
        factors.limit(limit, self.held_at(limit.node));
        self.factors = factors;
        self.note_told(limit.node, told::SUMS);
    }

    fn held(&self, node: u32, instrument: u16) -> Option<Worst> {
        let at = self.cell_of(node, instrument)?;
        Some(self.cell(at).worst(side::BUY, 0))
    }

    /// What a node holds in every instrument in which it has been met, the last one first.
    fn held_at(&self, node: u32) -> impl Iterator<Item = (u16, Worst)> + '_ {
        let cell = |at: u32| (at != NO_CELL).then_some(at);
        let last = self.last_cells.get(node as usize).copied();
        std::iter::successors(last.and_then(cell), move |at| {
            cell(self.earlier_cells[*at as usize])
        })
        .map(|at| {
            let cell = self.cell(at);
            (cell.instrument, cell.worst(side::BUY, 0))
        })
    }

    /// Counts an order, or what an amend adds to one, as it was worked out when it was decided on.
    #[inline]
    pub fn add(&mut self, at: u32, side: u8, added: &Added, orders: i32) {
        self.leaves[at as usize].mark = added.mark;
        let lots = by_side(side, added.lots);
        self.change_levels(at, added.moved, orders, |cell| cell.open_with(lots, orders));
    }

    /// Changes what is counted for a leaf, and values it at `mark`: at every level, and in the totals of every node.
    #[inline]
    pub fn change(&mut self, at: u32, mark: i64, orders: i32, change: impl Fn(&mut Cell)) {
        let leaf = &mut self.leaves[at as usize];
        let mut own = self.cells[leaf.cells[OWN] as usize];
        let before = Money::of(&own, leaf.mark);
        leaf.mark = mark;
        change(&mut own);
        let moved = Money::of(&own, mark).minus(before);
        self.change_levels(at, moved, orders, change);
    }

    /// Changes the cell of every level of a leaf, and with it the sums over instruments that its node limits.
    #[inline]
    fn change_levels(&mut self, at: u32, moved: Money, orders: i32, change: impl Fn(&mut Cell)) {
        let leaf = &self.leaves[at as usize];
        let path = self.strategies[leaf.strategy as usize].path;
        for (cell, node) in leaf.cells.into_iter().zip(path) {
            let (cell, node) = (
                &mut self.cells[cell as usize],
                &mut self.nodes[node as usize],
            );
            node.count(moved, orders);
            if node.told & told::SUMS == 0 {
                change(cell);
                continue;
            }
            let before = cell.worst_with((0, 0));
            change(cell);
            let after = cell.worst_with((0, 0));
            self.factors
                .shift(cell.node, cell.instrument, &before, &after);
        }
    }

    /// Notes that a fact of that kind was told of a node.
    pub fn note_told(&mut self, node: u32, what: u8) {
        if let Some(node) = self.node_mut(node) {
            node.told |= what;
        }
    }
}

//! The tree as it stands in a snapshot: its arrays; the tables by which they are found are made anew.
use super::{Cell, Factors, Leaf, Node, Scopes, Strategy, LEVELS, NO_CELL};
use crate::image::{Image, Source};
use crate::layout::NO_NODE;

impl Scopes {
    /// Appends the tree.
    pub fn put(&self, out: &mut Vec<u8>) {
        self.nodes.put(out);
        self.strategies.put(out);
        self.cells.put(out);
        self.leaves.put(out);
        self.factors.put(out);
    }

    /// Reads a tree back, with room for so many cells.
    pub fn take(from: &mut Source<'_>, room: usize) -> Option<Self> {
        let mut scopes = Self::with_room(room);
        scopes.nodes = Vec::<Node>::take(from)?;
        scopes.strategies = Vec::<Strategy>::take(from)?;
        scopes.is_sound().then_some(())?;
        scopes.last_cells = vec![NO_CELL; scopes.nodes.len()];
        for cell in Vec::<Cell>::take(from)? {
            scopes.nodes.get(cell.node as usize)?;
            // A cell there twice would be made once.
            let at = scopes.make_cell(cell.node, cell.instrument);
            (at as usize + 1 == scopes.cells.len()).then_some(())?;
            *scopes.cell_mut(at) = cell;
        }
        for leaf in Vec::<Leaf>::take(from)? {
            scopes.restore_leaf(leaf)?;
        }
        scopes.factors = Factors::take(from)?;
        Some(scopes)
    }

    fn restore_leaf(&mut self, leaf: Leaf) -> Option<()> {
        let path = self.strategy(leaf.strategy)?.path;
        let fits = path.iter().zip(leaf.cells).all(|(node, cell)| {
            let cell = self.cells.get(cell as usize);
            cell.is_some_and(|cell| cell.node == *node && cell.instrument == leaf.instrument)
        });
        let known = self.find(leaf.strategy, leaf.instrument).is_some();
        (fits && !known).then_some(())?;
        let at = self.make_leaf(leaf.strategy, leaf.instrument);
        self.leaves[at as usize] = leaf;
        Some(())
    }

    /// Whether every node that is named is there.
    fn is_sound(&self) -> bool {
        let is_node = |node: u32| (node as usize) < self.nodes.len();
        let placed = |strategy: &&Strategy| strategy.node() != NO_NODE;
        self.nodes.len() >= LEVELS - 1
            && self.nodes.iter().all(|node| is_node(node.scope.parent))
            && self
                .strategies
                .iter()
                .filter(placed)
                .all(|strategy| strategy.path.iter().all(|node| is_node(*node)))
    }
}

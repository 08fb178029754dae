//! One hash over everything the gate would have to rebuild after a restart.
//!
//! Market prices are left out: they are an input that no record restores, and every decision names the one it used.
use super::orders::CHILD;
use super::scopes::{Cell, Leaf, Money};
use super::Gate;
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

impl Gate {
    /// SHA-256 of the tree, its limits and exposure, open orders, used ids, recent orders, message budgets, venue sequences and
    /// counters, in canonical order: two gates that decided the same things from the same limits agree.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        self.digest_limits(&mut digest);
        self.digest_exposure(&mut digest);
        self.digest_orders(&mut digest);
        self.ids.digest(&mut digest);
        self.recent.digest(&mut digest);
        for strategy in self.scopes.strategies() {
            let (level, counted_at) = strategy.bucket.parts();
            words(&mut digest, &[level, counted_at, strategy.clock]);
        }
        for sequence in &self.venues {
            digest.update(sequence.to_le_bytes());
        }
        digest.update(bytes_of(&self.counters()));
        for count in self.rejected() {
            digest.update(bytes_of(&count));
        }
        digest.finalize().into()
    }

    /// The tree, and every limit and rule in it.
    fn digest_limits(&self, digest: &mut Sha256) {
        for node in self.scopes.nodes() {
            digest.update(bytes_of(&node.scope));
        }
        self.all_listings()
            .for_each(|listing| digest.update(bytes_of(&listing.rules)));
        self.facts.digest(digest);
        let children = self.open.iter();
        let children = children.filter(|(_, order)| order.marks & CHILD != 0);
        let children = children.map(|(id, order)| (id, order.parent)).collect();
        self.flow.digest(digest, children);
        self.scopes.factors().digest(digest);
        self.limits
            .of_strategies()
            .for_each(|limits| digest.update(bytes_of(limits)));
        self.limits
            .of_scopes()
            .for_each(|limits| digest.update(bytes_of(limits)));
    }

    /// What is counted at every node in every instrument, by node and instrument, the values of lots and the totals.
    fn digest_exposure(&self, digest: &mut Sha256) {
        let used = |cell: &&Cell| !cell.is_untouched();
        let mut cells: Vec<_> = self.scopes.cells().iter().filter(used).collect();
        cells.sort_unstable_by_key(|cell| (cell.node, cell.instrument));
        for cell in cells {
            let place = i64::from(cell.node) << 16 | i64::from(cell.instrument);
            words(digest, &[place]);
            digest.update(bytes_of(&cell.exposure()));
        }
        let marked = |leaf: &&Leaf| leaf.mark != 0;
        let mut leaves: Vec<_> = self.scopes.leaves().iter().filter(marked).collect();
        leaves.sort_unstable_by_key(|leaf| (leaf.strategy, leaf.instrument));
        for leaf in leaves {
            let place = i64::from(leaf.strategy) << 16 | i64::from(leaf.instrument);
            words(digest, &[place, leaf.mark]);
        }
        for node in self.scopes.nodes() {
            let Money { gross, long, short } = node.money;
            for sum in [gross, long, short] {
                digest.update(sum.to_le_bytes());
            }
            digest.update(node.open_orders.to_le_bytes());
        }
    }

    fn digest_orders(&self, digest: &mut Sha256) {
        let mut orders: Vec<_> = self.open.iter().collect();
        orders.sort_unstable_by_key(|(id, _)| *id);
        digest.update((orders.len() as u64).to_le_bytes());
        for (id, order) in orders {
            digest.update(id.to_le_bytes());
            words(digest, &order.words());
        }
    }
}

fn words(digest: &mut Sha256, words: &[i64]) {
    for word in words {
        digest.update(word.to_le_bytes());
    }
}

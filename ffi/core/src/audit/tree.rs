//! The Merkle tree over the records: RFC 6962, section 2.1.
//!
//! Of a tree that only grows, its right edge is enough to go on: for every one bit of the size, the hash of a perfect
//! subtree of that many leaves. The tree of 11 leaves is one of 8, one of 2 and one of 1; [`Tree`] keeps those three
//! hashes. A group of leaves is added level by level, so that its nodes are hashed side by side.
use crate::audit::format::Hash;
use crate::audit::sha::{hash_all, node, NODE};
use sha2::{Digest, Sha256};

/// Levels a tree can have: its size is a `u64`.
pub const LEVELS: usize = 64;

/// The right edge of a tree.
#[derive(Clone, Debug)]
pub struct Tree {
    size: u64,
    /// At place *k* the perfect subtree of 2^*k* leaves, where bit *k* of the size is set.
    peaks: [Hash; LEVELS],
    row: Vec<Hash>,
    above: Vec<Hash>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            size: 0,
            peaks: [[0; 32]; LEVELS],
            row: Vec::new(),
            above: Vec::new(),
        }
    }
}

impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        self.size == other.size && self.peaks().eq(other.peaks())
    }
}

impl Tree {
    /// The tree of `size` leaves with these peaks, largest first; `None` when their number does not belong to the size.
    #[must_use]
    pub fn from_peaks(size: u64, peaks: impl IntoIterator<Item = Hash>) -> Option<Self> {
        let mut tree = Self {
            size,
            ..Self::default()
        };
        let mut given = peaks.into_iter();
        for level in tree.levels().rev() {
            tree.peaks[level] = given.next()?;
        }
        given.next().is_none().then_some(tree)
    }

    /// Leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The perfect subtrees side by side, largest first.
    pub fn peaks(&self) -> impl Iterator<Item = &Hash> {
        self.levels().rev().map(|level| &self.peaks[level])
    }

    /// The perfect subtree of 2^`level` leaves from `begin` on, if it is one of the peaks.
    #[must_use]
    pub fn peak(&self, level: u32, begin: u64) -> Option<Hash> {
        let is_peak = self.size >> level & 1 == 1 && (self.size >> level ^ 1) << level == begin;
        is_peak.then(|| self.peaks[level as usize])
    }

    /// The tree of the leaves that fill whole subtrees of 2^`level`.
    #[must_use]
    pub fn of_whole(&self, level: usize) -> Self {
        Self {
            size: self.size >> level << level,
            ..self.clone()
        }
    }

    fn levels(&self) -> impl DoubleEndedIterator<Item = usize> {
        let size = self.size;
        (0..LEVELS).filter(move |level| size >> level & 1 == 1)
    }

    /// Adds leaves, by their hashes.
    pub fn extend(&mut self, leaves: &[Hash]) {
        self.extend_seen(leaves, |_, _| {});
    }

    /// As [`Tree::extend`]; `seen` is shown every level with the perfect subtrees of that level that came to be, from left
    /// to right.
    pub fn extend_seen(&mut self, leaves: &[Hash], mut seen: impl FnMut(usize, &[Hash])) {
        let before = self.size;
        self.size += leaves.len() as u64;
        let (mut row, mut above) = (
            std::mem::take(&mut self.row),
            std::mem::take(&mut self.above),
        );
        above.clear();
        above.extend_from_slice(leaves);
        for level in 0..LEVELS {
            if above.is_empty() {
                break;
            }
            seen(level, &above);
            row.clear();
            if before >> level & 1 == 1 {
                row.push(self.peaks[level]);
            }
            row.append(&mut above);
            if row.len() % 2 == 1 {
                self.peaks[level] = row[row.len() - 1];
            }
            above.resize(row.len() / 2, [0; 32]);
            let pairs = row.as_flattened();
            hash_all(NODE, |pair| &pairs[pair * 64..pair * 64 + 64], &mut above);
        }
        (self.row, self.above) = (row, above);
    }

    /// The hash of the whole tree; of no leaves, SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut levels = self.levels();
        let Some(smallest) = levels.next() else {
            return Sha256::digest([]).into();
        };
        levels.fold(self.peaks[smallest], |right, level| {
            node(&self.peaks[level], &right)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sha::{hash_one, LEAF};
    use proptest::prelude::*;

    /// MTH of RFC 6962, section 2.1, as it is written there.
    pub fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let k = leaves.len().next_power_of_two() / 2;
                node(&by_definition(&leaves[..k]), &by_definition(&leaves[k..]))
            }
        }
    }

    fn leaf(number: u64) -> Hash {
        hash_one(LEAF, &number.to_le_bytes())
    }

    proptest! {
        #[test]
        fn a_tree_grown_in_any_steps_has_the_root_of_the_definition(
            steps in prop::collection::vec(0usize..70, 0..12),
        ) {
            let mut tree = Tree::default();
            let mut leaves = Vec::new();
            for step in steps {
                let from = leaves.len() as u64;
                let new: Vec<Hash> = (from..from + step as u64).map(leaf).collect();
                tree.extend(&new);
                leaves.extend(new);
                prop_assert_eq!(tree.size(), leaves.len() as u64);
                prop_assert_eq!(tree.root(), by_definition(&leaves));
                let again = Tree::from_peaks(tree.size(), tree.peaks().copied()).expect("fits");
                prop_assert_eq!(again.root(), tree.root());
                prop_assert!(again == tree);
                let whole = leaves.len() >> 3 << 3;
                prop_assert_eq!(tree.of_whole(3).root(), by_definition(&leaves[..whole]));
            }
        }
    }

    #[test]
    fn peaks_that_do_not_belong_to_the_size_are_refused() {
        for (size, peaks) in [(0, 1), (1, 0), (3, 1), (3, 3), (4, 2)] {
            assert!(Tree::from_peaks(size, vec![[1; 32]; peaks]).is_none());
        }
    }
}

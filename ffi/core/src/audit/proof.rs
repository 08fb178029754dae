//! Proofs about a tree, and checking them: RFC 6962, sections 2.1.1 and 2.1.2; the checks are those of RFC 9162, sections
//! 2.1.3.2 and 2.1.4.2.
//!
//! An **inclusion** proof shows that a record is in the log whose root somebody holds; a **consistency** proof shows that
//! the log of an earlier root is the beginning of a later one.
use crate::audit::format::Hash;
use crate::audit::sha::node;
use std::io;

/// Where the hashes of subtrees come from.
pub trait Subtrees {
    /// The hash of the perfect subtree over the leaves from `index` 2^`level` on, 2^`level` of them.
    ///
    /// # Errors
    /// Whatever reading can meet with.
    fn perfect(&mut self, level: u32, index: u64) -> io::Result<Hash>;

    /// The hash of the tree over the leaves from `begin` up to, not including, `end`, at least one; `begin` is a multiple
    /// of the largest power of two below their number, as every subtree of a proof is.
    ///
    /// # Errors
    /// As for [`Subtrees::perfect`].
    fn over(&mut self, begin: u64, end: u64) -> io::Result<Hash> {
        let count = end - begin;
        if count.is_power_of_two() {
            let level = count.trailing_zeros();
            return self.perfect(level, begin >> level);
        }
        let middle = begin + split(count);
        let left = self.over(begin, middle)?;
        let right = self.over(middle, end)?;
        Ok(node(&left, &right))
    }
}

/// The largest power of two below `count`, which is at least 2.
const fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The path from leaf `index` to the root of the tree of `size` leaves, lowest first. `index` is below `size`.
///
/// # Errors
/// As for [`Subtrees::perfect`].
pub fn inclusion(tree: &mut impl Subtrees, index: u64, size: u64) -> io::Result<Vec<Hash>> {
    let mut path = Vec::new();
    let (mut begin, mut end) = (0, size);
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            path.push(tree.over(middle, end)?);
            end = middle;
        } else {
            path.push(tree.over(begin, middle)?);
            begin = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// What shows that the tree of `earlier` leaves is the beginning of the tree of `later`. Neither is 0, and `earlier` is at
/// most `later`; of equal sizes the proof is empty.
///
/// # Errors
/// As for [`Subtrees::perfect`].
pub fn consistency(tree: &mut impl Subtrees, earlier: u64, later: u64) -> io::Result<Vec<Hash>> {
    let mut path = Vec::new();
    let (mut begin, mut end) = (0, later);
    while earlier != end {
        let middle = begin + split(end - begin);
        if earlier <= middle {
            path.push(tree.over(middle, end)?);
            end = middle;
        } else {
            path.push(tree.over(begin, middle)?);
            begin = middle;
        }
    }
    // The tree of `earlier` leaves itself, which who checks already has, is not in its own proof.
    if begin > 0 {
        path.push(tree.over(begin, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether `path` leads from `leaf` at place `index` to `root` in a tree of `size` leaves.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            hash = node(beside, &hash);
            let rise = if place & 1 == 0 {
                place.trailing_zeros()
            } else {
                0
            };
            (place, last) = (shift(place, rise), shift(last, rise));
        } else {
            hash = node(&hash, beside);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Whether `path` shows that the tree of `earlier` leaves with root `first` is the beginning of the tree of `later` leaves
/// with root `second`. Of an empty tree that is so by nature and needs no path.
#[must_use]
pub fn verify_consistency(
    earlier: u64,
    later: u64,
    first: &Hash,
    second: &Hash,
    path: &[Hash],
) -> bool {
    if earlier > later {
        return false;
    }
    if earlier == later {
        return path.is_empty() && first == second;
    }
    if earlier == 0 {
        return path.is_empty();
    }
    // A perfect tree is its own first step.
    let (begin, path) = match path {
        [begin, rest @ ..] if !earlier.is_power_of_two() => (begin, rest),
        [] => return false,
        _ => (first, path),
    };
    let rise = (earlier - 1).trailing_ones();
    let (mut place, mut last) = (shift(earlier - 1, rise), shift(later - 1, rise));
    let (mut old, mut new) = (*begin, *begin);
    for beside in path {
        if last == 0 {
            return false;
        }
        if place & 1 == 1 || place == last {
            old = node(beside, &old);
            new = node(beside, &new);
            let rise = if place & 1 == 0 {
                place.trailing_zeros()
            } else {
                0
            };
            (place, last) = (shift(place, rise), shift(last, rise));
        } else {
            new = node(&new, beside);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    last == 0 && old == *first && new == *second
}

/// `value` shifted right, also by all of its bits.
const fn shift(value: u64, by: u32) -> u64 {
    if by < u64::BITS {
        value >> by
    } else {
        0
    }
}

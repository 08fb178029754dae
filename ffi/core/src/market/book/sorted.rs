//! Levels as one sorted array, the best last: dense, and moved by every level that comes or goes in front of it.
use super::levels::Levels;

/// Keys and totals, ascending. For the few levels that lie far from the market, and to compare with.
#[derive(Debug, Default)]
pub struct SortedLevels(Vec<(i64, i64)>);

impl SortedLevels {
    /// Index of a key, or where it would stand. Searches from the best one: most changes are near it.
    #[inline]
    fn place(&self, key: i64) -> Result<usize, usize> {
        let (mut low, mut high, mut step) = (self.0.len(), self.0.len(), 1);
        while low > 0 && self.0[low - 1].0 >= key {
            high = low;
            low = low.saturating_sub(step);
            step *= 2;
        }
        let place = self.0[low..high].binary_search_by_key(&key, |level| level.0);
        place.map(|at| at + low).map_err(|at| at + low)
    }

    /// Takes out the levels of keys from `from` to below `end`, and hands them over.
    pub(super) fn take_range(&mut self, from: i64, end: i64, visit: impl FnMut((i64, i64))) {
        let first = self.0.partition_point(|level| level.0 < from);
        let last = self.0.partition_point(|level| level.0 < end);
        self.0.drain(first..last.max(first)).for_each(visit);
    }

    /// Puts levels in, ascending by key, between whose keys none of these stands.
    pub(super) fn put_range(&mut self, levels: impl Iterator<Item = (i64, i64)>) {
        // Appended and turned into place, because splicing would allocate.
        let before = self.0.len();
        self.0.extend(levels);
        if let Some((first, _)) = self.0.get(before).copied() {
            let at = self.0[..before].partition_point(|level| level.0 < first);
            self.0[at..].rotate_left(before - at);
        }
    }

    /// Levels, ascending.
    pub(super) fn as_slice(&self) -> &[(i64, i64)] {
        &self.0
    }
}

impl Levels for SortedLevels {
    #[inline]
    fn set(&mut self, key: i64, quantity: i64) -> i64 {
        match self.place(key) {
            Ok(at) if quantity == 0 => self.0.remove(at).1,
            Ok(at) => core::mem::replace(&mut self.0[at].1, quantity),
            Err(at) => {
                if quantity != 0 {
                    self.0.insert(at, (key, quantity));
                }
                0
            }
        }
    }

    fn get(&self, key: i64) -> i64 {
        self.place(key).map_or(0, |at| self.0[at].1)
    }

    #[inline]
    fn best(&self) -> Option<i64> {
        self.0.last().map(|level| level.0)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn for_each(&self, visit: &mut dyn FnMut(i64, i64) -> bool) {
        for (key, quantity) in self.0.iter().rev() {
            if !visit(*key, *quantity) {
                break;
            }
        }
    }
}

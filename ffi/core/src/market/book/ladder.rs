//! Levels as a window of keys indexed directly, and a sorted array of those outside.
//!
//! Made like the ladder of the matching book, for totals in place of queues: what a feed sends is the new total, so the
//! bitmap is exact (a level is empty or not with the write that changes it), and a level is 8 bytes instead of 16.
//!
//! An empty ladder has no window. The first level opens a small one; when enough changes have fallen outside, it grows,
//! and later moves to where the market is. Each growth and move is earned by changes in proportion to its size.
use super::levels::Levels;
use super::sorted::SortedLevels;

/// Keys of the first window.
const SMALLEST: usize = 256;
/// Keys of the largest window: 128 KiB of totals.
const LARGEST: usize = 16_384;
/// How much a window grows at a time.
const GROWTH: usize = 4;
/// Words of bits whose summary is one word, at most.
const SUMMARY: usize = LARGEST / 4_096;
/// Stands for the best key of an empty side: no price has it.
const NOTHING: i64 = i64::MIN;

/// See the head of this file.
#[derive(Debug)]
pub struct Ladder {
    /// The highest key with a total, or `NOTHING`.
    best: i64,
    base: i64,
    totals: Box<[i64]>,
    /// A bit per key: whether it has a total.
    words: Box<[u64]>,
    /// A bit per word: whether it has any.
    summary: [u64; SUMMARY],
    near: usize,
    far: SortedLevels,
    far_changes: usize,
}

impl Default for Ladder {
    fn default() -> Self {
        Self {
            best: NOTHING,
            base: 0,
            totals: Box::default(),
            words: Box::default(),
            summary: [0; SUMMARY],
            near: 0,
            far: SortedLevels::default(),
            far_changes: 0,
        }
    }
}

impl Levels for Ladder {
    #[inline]
    fn set(&mut self, key: i64, quantity: i64) -> i64 {
        let index = self.index(key);
        if index >= self.totals.len() {
            return self.set_far(key, quantity);
        }
        let before = core::mem::replace(&mut self.totals[index], quantity);
        if (before == 0) != (quantity == 0) {
            self.turn(index);
        }
        if quantity != 0 {
            self.best = self.best.max(key);
        } else if key == self.best {
            self.best = self.highest();
        }
        before
    }

    fn get(&self, key: i64) -> i64 {
        match self.totals.get(self.index(key)) {
            Some(total) => *total,
            None => self.far.get(key),
        }
    }

    #[inline]
    fn best(&self) -> Option<i64> {
        (self.best != NOTHING).then_some(self.best)
    }

    fn len(&self) -> usize {
        self.near + self.far.len()
    }

    fn clear(&mut self) {
        if self.near > 0 {
            self.totals.fill(0);
            self.words.fill(0);
            self.summary = [0; SUMMARY];
        }
        self.near = 0;
        self.far.clear();
        self.best = NOTHING;
    }

    fn for_each(&self, visit: &mut dyn FnMut(i64, i64) -> bool) {
        let far = self.far.as_slice();
        let above = far.partition_point(|level| level.0 < self.base);
        let far_in = |levels: &[(i64, i64)], visit: &mut dyn FnMut(i64, i64) -> bool| {
            let mut levels = levels.iter().rev();
            levels.all(|(key, quantity)| visit(*key, *quantity))
        };
        if !far_in(&far[above..], visit) {
            return;
        }
        for (w, word) in self.words.iter().enumerate().rev() {
            let mut word = *word;
            while word != 0 {
                let bit = top_bit(word);
                let index = w * 64 + bit;
                if !visit(self.base + index as i64, self.totals[index]) {
                    return;
                }
                word ^= 1 << bit;
            }
        }
        far_in(&far[..above], visit);
    }
}

impl Ladder {
    /// Index in the window; at or beyond its length for a key outside. Wrapping is meant: what is too far lands outside.
    #[inline(always)]
    fn index(&self, key: i64) -> usize {
        key.wrapping_sub(self.base) as usize
    }

    /// The total at `index` came or went.
    #[inline(always)]
    fn turn(&mut self, index: usize) {
        let word = &mut self.words[index / 64];
        let before = *word;
        *word ^= 1 << (index % 64);
        let after = *word;
        if (before == 0) != (after == 0) {
            self.summary[index / 4_096 % SUMMARY] ^= 1 << (index / 64 % 64);
        }
        if after > before {
            self.near += 1;
        } else {
            self.near -= 1;
        }
    }

    /// The highest key with a total, or `NOTHING`.
    #[inline]
    fn highest(&self) -> i64 {
        let far = self.far.best().unwrap_or(NOTHING);
        for (s, summary) in self.summary.iter().enumerate().rev() {
            if *summary != 0 {
                let w = s * 64 + top_bit(*summary);
                let index = w * 64 + top_bit(self.words[w]);
                return far.max(self.base + index as i64);
            }
        }
        far
    }

    #[cold]
    #[inline(never)]
    fn set_far(&mut self, key: i64, quantity: i64) -> i64 {
        if quantity != 0 {
            self.prepare(key);
            if self.index(key) < self.totals.len() {
                return self.set(key, quantity);
            }
        }
        let before = self.far.set(key, quantity);
        if quantity != 0 {
            self.best = self.best.max(key);
        } else if key == self.best {
            self.best = self.highest();
        }
        before
    }

    /// A total is about to be set outside the window: opens, grows or moves it when that is due.
    fn prepare(&mut self, key: i64) {
        if self.totals.is_empty() {
            self.resize(SMALLEST);
        }
        if self.best == NOTHING {
            return self.move_window(key);
        }
        self.far_changes += 1;
        if self.far_changes < self.totals.len() / 4 {
            return;
        }
        self.far_changes = 0;
        let best = self.best.max(key);
        let larger = self.totals.len() * GROWTH;
        if larger <= LARGEST {
            self.give_up_window();
            self.resize(larger);
            self.move_window(best);
        } else if best.abs_diff(self.base + Self::place_of_best(self.totals.len()))
            > self.totals.len() as u64 / 8
        {
            // A window that is nearly there already would only be shuffled.
            self.give_up_window();
            self.move_window(best);
        }
    }

    fn resize(&mut self, window: usize) {
        self.totals = vec![0; window].into_boxed_slice();
        self.words = vec![0; window / 64].into_boxed_slice();
    }

    /// Where in the window the best level should stand: most levels lie behind it, some improve on it.
    fn place_of_best(window: usize) -> i64 {
        window as i64 / 4 * 3
    }

    /// Moves every level of the window to the array.
    fn give_up_window(&mut self) {
        let base = self.base;
        let levels = self.totals.iter_mut().enumerate();
        let levels = levels.map(|(index, total)| (base + index as i64, core::mem::take(total)));
        self.far.put_range(levels.filter(|level| level.1 != 0));
        self.words.fill(0);
        self.summary = [0; SUMMARY];
        self.near = 0;
    }

    /// Lays the empty window round `best`.
    fn move_window(&mut self, best: i64) {
        let window = self.totals.len();
        self.base = best
            .saturating_sub(Self::place_of_best(window))
            .clamp(NOTHING + 1, i64::MAX - window as i64);
        let (from, end) = (self.base, self.base + window as i64);
        let mut far = core::mem::take(&mut self.far);
        far.take_range(from, end, |(key, total)| {
            let index = self.index(key);
            self.totals[index] = total;
            self.turn(index);
        });
        self.far = far;
    }
}

#[inline(always)]
fn top_bit(word: u64) -> usize {
    63 - word.leading_zeros() as usize
}

//! The price levels of one side: a window of prices indexed directly, and a sorted map for prices outside it.
//!
//! ```text
//!            summary   1 bit per word ─────────┐
//!            words     1 bit per price ──┐     │      "may there be anything at this price / in these 64 prices"
//!            levels    [.......■..■......■■....■...]  base .. base + window
//!   far ◀── below base                               at or above base + window ──▶ far
//! ```
//!
//! A ladder speaks of *keys*, not prices: a key is the price of a buy, and the complement of the price of a sell, so that
//! more is better on both sides, the best level is the highest, "the next level" is always below, and nothing on the way
//! of an order depends on its side, which no predictor can guess.
//!
//! An empty ladder has no window. The first order opens a small one; when enough orders have come to rest outside, it
//! grows, and later moves to where the market is. Each growth and move is earned by orders in proportion to its size, so
//! no sequence of prices makes it expensive on average, and memory follows the number of orders, not their distance.
use super::slab::{Slab, NONE};
use core::hint::select_unpredictable as pick;
use std::collections::BTreeMap;

/// Stands for the best key of an empty side: below every key.
pub(super) const NOTHING: i64 = i64::MIN;

/// Prices of the first window.
const SMALLEST: usize = 256;

/// Prices of the largest window: 256 KiB of levels.
const LARGEST: usize = 16_384;

/// How much a window grows at a time.
const GROWTH: usize = 4;

/// Words of bits whose summary is one word, and prices below them.
const SUMMARY: usize = LARGEST / 4_096;

/// The key of a price; its own inverse.
#[inline(always)]
pub(super) fn key_of(side: u8, price: i64) -> i64 {
    price ^ -i64::from(side)
}

/// The queue of all orders at one price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    /// Sum of the lots shown.
    pub shown: i64,
    /// First and last order; `NONE` without orders.
    pub head: u32,
    pub tail: u32,
}

impl Level {
    /// Puts the order in `slot` behind the queue.
    #[inline(always)]
    pub(super) fn append(&mut self, slot: u32, shown: i64, orders: &mut Slab) {
        let last = self.tail;
        self.head = pick(last == NONE, slot, self.head);
        self.tail = slot;
        self.shown += shown;
        // Of an empty queue the last is slot 0, which swallows the write.
        orders[last].next = slot;
        let order = &mut orders[slot];
        order.previous = last;
        order.next = NONE;
    }

    /// Takes the first order, which has no lots shown any more, out of the queue and frees its slot. Returns the next.
    #[inline(always)]
    pub(super) fn remove_head(&mut self, slot: u32, orders: &mut Slab) -> u32 {
        let next = orders[slot].next;
        orders[next].previous = NONE;
        orders.free(slot);
        self.head = next;
        self.tail = pick(next == NONE, NONE, self.tail);
        next
    }

    /// Sends the first order, which shows `shown` new lots, to the end of the queue. Returns the first one then.
    #[cold]
    pub(super) fn send_back(&mut self, slot: u32, shown: i64, orders: &mut Slab) -> u32 {
        self.head = orders[slot].next;
        orders[self.head].previous = NONE;
        if self.head == NONE {
            self.tail = NONE;
        }
        self.append(slot, shown, orders);
        self.head
    }

    /// Takes an order of `shown` lots that stands between `previous` and `next` out of the queue.
    #[inline(always)]
    fn remove(&mut self, previous: u32, next: u32, shown: i64, orders: &mut Slab) {
        // At either end of the queue the neighbour is slot 0, which swallows the write.
        orders[previous].next = next;
        orders[next].previous = previous;
        self.head = pick(previous == NONE, next, self.head);
        self.tail = pick(next == NONE, previous, self.tail);
        self.shown -= shown;
    }
}

#[derive(Debug, Default)]
pub(super) struct Ladder {
    /// The highest key with orders, or `NOTHING`.
    best: i64,
    base: i64,
    levels: Box<[Level]>,
    words: Box<[u64]>,
    summary: [u64; SUMMARY],
    far: BTreeMap<i64, Level>,
    far_rests: usize,
}

impl Ladder {
    /// A ladder whose window grows with its orders.
    pub(super) fn new() -> Self {
        Self {
            best: NOTHING,
            ..Self::default()
        }
    }

    /// A ladder that has the window that `orders` orders may earn at most.
    pub(super) fn with_capacity(orders: usize) -> Self {
        let mut ladder = Self::new();
        ladder.resize((orders * 4).next_power_of_two().clamp(SMALLEST, LARGEST));
        ladder
    }

    fn resize(&mut self, window: usize) {
        self.levels = vec![Level::default(); window].into_boxed_slice();
        self.words = vec![0; window / 64].into_boxed_slice();
    }

    #[inline(always)]
    pub(super) fn best(&self) -> i64 {
        self.best
    }

    /// Index in the window; at or beyond its length for a key outside. Wrapping is meant: the difference of two keys of
    /// one side fits, that from `NOTHING` need not, and lands outside.
    #[inline(always)]
    fn index(&self, key: i64) -> usize {
        key.wrapping_sub(self.base) as usize
    }

    /// The level of a key that has orders; an empty one for any other key.
    #[inline(always)]
    pub(super) fn get(&self, key: i64) -> Level {
        match self.levels.get(self.index(key)) {
            Some(level) => *level,
            None => self.get_far(key),
        }
    }

    #[cold]
    #[inline(never)]
    fn get_far(&self, key: i64) -> Level {
        self.far.get(&key).copied().unwrap_or_default()
    }

    /// The level of a key that has orders. Whoever leaves it without any calls [`vacate`](Self::vacate).
    #[inline(always)]
    pub(super) fn get_mut(&mut self, key: i64) -> &mut Level {
        let index = self.index(key);
        if index < self.levels.len() {
            &mut self.levels[index]
        } else {
            self.far.get_mut(&key).expect("the level has orders")
        }
    }

    /// Puts the order in `slot` behind the queue of `key`. Returns whether this is now the best level.
    #[inline(always)]
    pub(super) fn append(&mut self, key: i64, slot: u32, shown: i64, orders: &mut Slab) -> bool {
        if self.index(key) >= self.levels.len() {
            self.prepare_far(key);
        }
        let index = self.index(key);
        if index < self.levels.len() {
            self.levels[index].append(slot, shown, orders);
            self.mark(index);
        } else {
            self.far.entry(key).or_default().append(slot, shown, orders);
        }
        let is_best = key >= self.best;
        self.best = self.best.max(key);
        is_best
    }

    /// Takes an order of `shown` lots that stands between `previous` and `next` out of the queue of `key`. Returns
    /// whether this was the best level.
    #[inline(always)]
    pub(super) fn remove(
        &mut self,
        key: i64,
        (previous, next): (u32, u32),
        shown: i64,
        orders: &mut Slab,
    ) -> bool {
        let was_best = key == self.best;
        let index = self.index(key);
        if index < self.levels.len() {
            let level = &mut self.levels[index];
            level.remove(previous, next, shown, orders);
            if was_best && level.head == NONE {
                self.best = self.next_best(key);
            }
        } else {
            self.remove_far(key, (previous, next), shown, orders);
        }
        was_best
    }

    #[cold]
    #[inline(never)]
    fn remove_far(
        &mut self,
        key: i64,
        (previous, next): (u32, u32),
        shown: i64,
        orders: &mut Slab,
    ) {
        let level = self.far.get_mut(&key).expect("the level has orders");
        level.remove(previous, next, shown, orders);
        if level.head == NONE {
            self.vacate(key);
        }
    }

    /// Notes that the level of `key` has lost its last order.
    #[inline]
    pub(super) fn vacate(&mut self, key: i64) {
        if self.index(key) >= self.levels.len() {
            self.far.remove(&key);
        }
        if key == self.best {
            self.best = self.next_best(key);
        }
    }

    #[inline(always)]
    fn mark(&mut self, index: usize) {
        let word = self.words[index / 64];
        // Marks stay, so this is rare enough to jump over.
        if word == 0 {
            self.summary[index / 4096 % SUMMARY] |= 1 << (index / 64 % 64);
        }
        self.words[index / 64] = word | 1 << (index % 64);
    }

    /// Takes back the mark of a level found empty.
    #[inline(always)]
    fn unmark(&mut self, index: usize) {
        let word = self.words[index / 64] & !(1 << (index % 64));
        self.words[index / 64] = word;
        if word == 0 {
            self.summary[index / 4096 % SUMMARY] &= !(1 << (index / 64 % 64));
        }
    }

    /// The best key when that has lost its last order. Takes back the marks it passes in vain.
    #[inline]
    fn next_best(&mut self, key: i64) -> i64 {
        let mut index = self.index(key);
        if index < self.levels.len() {
            self.unmark(index);
            while let Some(marked) = self.marked_below(index) {
                if self.levels[marked].head != NONE {
                    return self.base + marked as i64;
                }
                self.unmark(marked);
                index = marked;
            }
        }
        self.below_far(key)
    }

    /// The next marked index below `index`, which lies in the window.
    #[inline(always)]
    fn marked_below(&self, index: usize) -> Option<usize> {
        let word = self.words[index / 64] & ((1 << (index % 64)) - 1);
        if word != 0 {
            return Some(index / 64 * 64 + top_bit(word));
        }
        let mut s = index / 4096 % SUMMARY;
        let mut word = self.summary[s] & ((1 << (index / 64 % 64)) - 1);
        while word == 0 {
            if s == 0 {
                return None;
            }
            s -= 1;
            word = self.summary[s];
        }
        let w = s * 64 + top_bit(word);
        Some(w * 64 + top_bit(self.words[w]))
    }

    /// The next key with orders below `key`, or `NOTHING`.
    #[inline]
    pub(super) fn below(&self, key: i64) -> i64 {
        let mut index = self.index(key);
        if index < self.levels.len() {
            while let Some(marked) = self.marked_below(index) {
                if self.levels[marked].head != NONE {
                    return self.base + marked as i64;
                }
                index = marked;
            }
        }
        self.below_far(key)
    }

    /// Below a key, when the window has nothing below it or the key lies outside.
    #[cold]
    #[inline(never)]
    fn below_far(&self, key: i64) -> i64 {
        let far = self.far.range(..key).next_back();
        let far = far.map_or(NOTHING, |(key, _)| *key);
        if key > self.base && self.index(key) >= self.levels.len() {
            far.max(self.highest_near())
        } else {
            far
        }
    }

    /// The highest key with orders in the window, or `NOTHING`.
    fn highest_near(&self) -> i64 {
        let last = self.levels.iter().rposition(|level| level.head != NONE);
        last.map_or(NOTHING, |index| self.base + index as i64)
    }

    /// Levels.
    pub(super) fn len(&self) -> usize {
        let near = self.levels.iter().filter(|level| level.head != NONE);
        near.count() + self.far.len()
    }

    /// Makes every level empty.
    pub(super) fn clear(&mut self) {
        for (w, word) in self.words.iter_mut().enumerate() {
            if core::mem::take(word) != 0 {
                self.levels[w * 64..(w + 1) * 64].fill(Level::default());
            }
        }
        self.summary = [0; SUMMARY];
        self.far.clear();
        self.best = NOTHING;
    }

    /// Bytes held, but for what the sorted map holds.
    pub(super) fn bytes(&self) -> usize {
        self.levels.len() * size_of::<Level>() + self.words.len() * size_of::<u64>()
    }

    /// An order is about to rest at `key`, outside the window: opens, grows or moves the window when that is due.
    #[cold]
    #[inline(never)]
    fn prepare_far(&mut self, key: i64) {
        if self.levels.is_empty() {
            self.resize(SMALLEST);
        }
        if self.best == NOTHING {
            self.unmark_all();
            return self.move_window(key);
        }
        self.far_rests += 1;
        if self.far_rests < self.levels.len() / 4 {
            return;
        }
        self.far_rests = 0;
        let best = self.best.max(key);
        let larger = self.levels.len() * GROWTH;
        if larger <= LARGEST {
            self.give_up_window();
            self.resize(larger);
            self.move_window(best);
        } else if best.abs_diff(self.base + Self::place_of_best(self.levels.len()))
            > self.levels.len() as u64 / 8
        {
            // A window that is nearly there already would only be shuffled.
            self.give_up_window();
            self.move_window(best);
        }
    }

    /// Where in the window the best level should stand: most orders rest behind it, some improve on it.
    fn place_of_best(window: usize) -> i64 {
        window as i64 / 4 * 3
    }

    /// Moves every level of the window to the sorted map.
    fn give_up_window(&mut self) {
        for (index, level) in self.levels.iter_mut().enumerate() {
            if level.head != NONE {
                let level = core::mem::take(level);
                self.far.insert(self.base + index as i64, level);
            }
        }
        self.unmark_all();
    }

    fn unmark_all(&mut self) {
        self.words.fill(0);
        self.summary = [0; SUMMARY];
    }

    /// Lays the empty window round `best`.
    fn move_window(&mut self, best: i64) {
        let window = self.levels.len();
        self.base = best
            .saturating_sub(Self::place_of_best(window))
            .clamp(NOTHING + 1, i64::MAX - window as i64);
        let end = self.base + window as i64;
        while let Some((&key, &level)) = self.far.range(self.base..end).next() {
            self.far.remove(&key);
            let index = self.index(key);
            self.levels[index] = level;
            self.mark(index);
        }
    }
}

#[inline(always)]
fn top_bit(word: u64) -> usize {
    63 - word.leading_zeros() as usize
}

#[cfg(test)]
mod tests;

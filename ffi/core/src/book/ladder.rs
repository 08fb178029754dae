//! Price levels: a window of consecutive prices indexed directly, and a sorted map for prices outside it.
//!
//! ```text
//!            summary   1 bit per word ─────────┐
//!            words     1 bit per price ──┐     │      "is there anything at this price / in these 64 prices"
//!            levels    [.......■..■......■■....■...]  base .. base + WINDOW
//!   far ◀── below base                               at or above base + WINDOW ──▶ far
//! ```
//!
//! The ladder does not know sides: in a book that is never crossed every price up to the best bid is a bid and every
//! price from the best ask is an ask, so "the next bid" is the next occupied price below. Finding it costs two or three
//! bit scans in the window and a tree look-up outside. When enough orders have come to rest outside, the window moves
//! to where the market is; how often that may happen is bounded, so no sequence of prices makes it expensive on average.
use super::slab::NONE;
use super::{NO_ASK, NO_BID};
use crate::layout::DepthLevel;
use std::collections::BTreeMap;

const WORDS: usize = 128;
const SUMMARY: usize = WORDS / 64;

/// Consecutive prices that are indexed directly.
pub(crate) const WINDOW: usize = WORDS * 64;

/// Orders that come to rest outside the window before it may move. Moving costs at most about WINDOW tree operations.
const FAR_RESTS_BEFORE_MOVE: u32 = 1024;

const HEAD: usize = 0;
const TAIL: usize = 1;
const SPARE: usize = 2;

/// The queue of all orders at one price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Level {
    /// Sum of the open quantities.
    pub quantity: i128,
    /// Slots of the first and the last order, `NONE` without orders, and a place that swallows writes: whether a
    /// removed order stood at an end of its queue is as good as chance, and a store to a computed place costs less
    /// than a mispredicted jump. (A conditional expression was measured: it becomes a jump.)
    ends: [u32; 3],
    pub orders: u32,
}

impl Level {
    #[inline(always)]
    pub(crate) fn head(&self) -> u32 {
        self.ends[HEAD]
    }

    /// Makes `slot` the last order; returns the one that was.
    #[inline(always)]
    pub(crate) fn append(&mut self, slot: u32, quantity: i64) -> u32 {
        let last = self.ends[TAIL];
        self.ends[if last == NONE { HEAD } else { SPARE }] = slot;
        self.ends[TAIL] = slot;
        self.orders += 1;
        self.quantity += i128::from(quantity);
        last
    }

    /// Counts out an order of `quantity` that stood between `previous` and `next`.
    #[inline(always)]
    pub(crate) fn close_gap(&mut self, previous: u32, next: u32, quantity: i64) {
        self.ends[if previous == NONE { HEAD } else { SPARE }] = next;
        self.ends[if next == NONE { TAIL } else { SPARE }] = previous;
        self.orders -= 1;
        self.quantity -= i128::from(quantity);
    }
}

#[derive(Debug)]
pub(crate) struct Ladder {
    base: i64,
    levels: Box<[Level; WINDOW]>,
    words: [u64; WORDS],
    summary: [u64; SUMMARY],
    far: BTreeMap<i64, Level>,
    far_rests: u32,
}

impl Ladder {
    pub(crate) fn new() -> Self {
        let levels = vec![Level::default(); WINDOW].into_boxed_slice();
        Self {
            base: 1,
            levels: levels.try_into().expect("it was made with that length"),
            words: [0; WORDS],
            summary: [0; SUMMARY],
            far: BTreeMap::new(),
            far_rests: 0,
        }
    }

    /// Index in the window; WINDOW or more for a price outside. Prices and base are positive: no overflow.
    #[inline(always)]
    fn index(&self, price: i64) -> usize {
        price.wrapping_sub(self.base) as usize
    }

    /// The level at a price, if it has orders or lies in the window.
    #[inline]
    fn get(&self, price: i64) -> Option<&Level> {
        let index = self.index(price);
        if index < WINDOW {
            Some(&self.levels[index])
        } else {
            self.get_far(price)
        }
    }

    /// Slot of the first order at a price, or `NONE`.
    #[inline]
    pub(crate) fn head(&self, price: i64) -> u32 {
        self.get(price).map_or(NONE, Level::head)
    }

    /// Sum of the open quantities at a price.
    #[inline]
    pub(crate) fn quantity(&self, price: i64) -> i128 {
        self.get(price).map_or(0, |level| level.quantity)
    }

    /// The level at a price as records show it.
    #[inline]
    pub(crate) fn view(&self, price: i64) -> DepthLevel {
        let (quantity, orders) = self
            .get(price)
            .map_or((0, 0), |level| (level.quantity, level.orders));
        DepthLevel {
            price,
            quantity: i64::try_from(quantity).unwrap_or(i64::MAX),
            orders,
            reserved: 0,
            reserved2: 0,
        }
    }

    /// Changes the level at a price in place, and vacates it when it is left without orders. In place, because a level
    /// that is copied out, changed and copied back costs a stalled store-to-load forward on every change.
    #[inline(always)]
    pub(crate) fn update<R>(&mut self, price: i64, change: impl FnOnce(&mut Level) -> R) -> R {
        let index = self.index(price);
        if index < WINDOW {
            let level = &mut self.levels[index];
            let result = change(level);
            let occupied = level.orders != 0;
            self.mark(index, occupied);
            result
        } else {
            self.update_far(price, change)
        }
    }

    #[inline(always)]
    fn mark(&mut self, index: usize, occupied: bool) {
        let (w, s) = (index / 64, index / 4096);
        let word = self.words[w] & !(1 << (index % 64)) | u64::from(occupied) << (index % 64);
        self.words[w] = word;
        self.summary[s] = self.summary[s] & !(1 << (w % 64)) | u64::from(word != 0) << (w % 64);
    }

    #[cold]
    fn get_far(&self, price: i64) -> Option<&Level> {
        self.far.get(&price)
    }

    #[cold]
    #[inline(never)]
    fn update_far<R>(&mut self, price: i64, change: impl FnOnce(&mut Level) -> R) -> R {
        let level = self.far.entry(price).or_default();
        let result = change(level);
        if level.orders == 0 {
            self.far.remove(&price);
        }
        result
    }

    /// The next occupied price below, or `NO_BID`.
    #[inline]
    pub(crate) fn below(&self, price: i64) -> i64 {
        let index = self.index(price);
        if index < WINDOW {
            let word = self.words[index / 64] & ((1 << (index % 64)) - 1);
            if word != 0 {
                return self.base + (index / 64 * 64 + top_bit(word)) as i64;
            }
            let mut s = index / 4096;
            let mut word = self.summary[s] & ((1 << (index / 64 % 64)) - 1);
            while word == 0 && s > 0 {
                s -= 1;
                word = self.summary[s];
            }
            if word != 0 {
                let w = s * 64 + top_bit(word);
                return self.base + (w * 64 + top_bit(self.words[w])) as i64;
            }
        }
        self.below_far(price)
    }

    /// The next occupied price above, or `NO_ASK`.
    #[inline]
    pub(crate) fn above(&self, price: i64) -> i64 {
        let index = self.index(price);
        if index < WINDOW {
            let word = self.words[index / 64] & (!1 << (index % 64));
            if word != 0 {
                return self.base + (index / 64 * 64 + low_bit(word)) as i64;
            }
            let mut s = index / 4096;
            let mut word = self.summary[s] & (!1 << (index / 64 % 64));
            while word == 0 && s + 1 < SUMMARY {
                s += 1;
                word = self.summary[s];
            }
            if word != 0 {
                let w = s * 64 + low_bit(word);
                return self.base + (w * 64 + low_bit(self.words[w])) as i64;
            }
        }
        self.above_far(price)
    }

    /// Below a price, when the window has nothing below it or the price lies outside.
    #[cold]
    fn below_far(&self, price: i64) -> i64 {
        let far = self
            .far
            .range(..price)
            .next_back()
            .map_or(NO_BID, |(price, _)| *price);
        let end = self.base + WINDOW as i64;
        if price >= end && far < end {
            let last = (0..WORDS).rev().find(|w| self.words[*w] != 0);
            if let Some(w) = last {
                return self.base + (w * 64 + top_bit(self.words[w])) as i64;
            }
        }
        far
    }

    /// Above a price, when the window has nothing above it or the price lies outside.
    #[cold]
    fn above_far(&self, price: i64) -> i64 {
        let after = (price + 1).max(1);
        let far = self
            .far
            .range(after..)
            .next()
            .map_or(NO_ASK, |(price, _)| *price);
        if price < self.base && far >= self.base {
            let first = (0..WORDS).find(|w| self.words[*w] != 0);
            if let Some(w) = first {
                return self.base + (w * 64 + low_bit(self.words[w])) as i64;
            }
        }
        far
    }

    /// Price levels.
    pub(crate) fn len(&self) -> usize {
        let near: u32 = self.words.iter().map(|word| word.count_ones()).sum();
        near as usize + self.far.len()
    }

    /// To be called before an order comes to rest at `price`, with the best prices as they will then be: moves the
    /// window when it pays.
    #[inline]
    pub(crate) fn prepare(&mut self, price: i64, bid: i64, ask: i64) {
        if self.index(price) >= WINDOW {
            self.prepare_far(price, bid, ask);
        }
    }

    #[cold]
    fn prepare_far(&mut self, price: i64, bid: i64, ask: i64) {
        if self.summary == [0; SUMMARY] {
            return self.move_window(price);
        }
        self.far_rests += 1;
        if self.far_rests < FAR_RESTS_BEFORE_MOVE {
            return;
        }
        self.far_rests = 0;
        let both_fit = bid != NO_BID && ask != NO_ASK && ask - bid < WINDOW as i64;
        let centre = if both_fit {
            bid + (ask - bid) / 2
        } else if price >= ask || bid == NO_BID {
            ask
        } else {
            bid
        };
        // A window that is nearly there already would only be shuffled.
        if centre.abs_diff(self.base + WINDOW as i64 / 2) > WINDOW as u64 / 4 {
            self.move_window(centre);
        }
    }

    fn move_window(&mut self, centre: i64) {
        for w in 0..WORDS {
            while self.words[w] != 0 {
                let index = w * 64 + low_bit(self.words[w]);
                let level = core::mem::take(&mut self.levels[index]);
                self.mark(index, false);
                self.far.insert(self.base + index as i64, level);
            }
        }
        let half = WINDOW as i64 / 2;
        self.base = centre
            .saturating_sub(half)
            .clamp(1, i64::MAX - WINDOW as i64);
        let end = self.base + WINDOW as i64;
        while let Some((&price, &level)) = self.far.range(self.base..end).next() {
            self.far.remove(&price);
            self.update(price, |place| *place = level);
        }
    }
}

#[inline(always)]
fn top_bit(word: u64) -> usize {
    63 - word.leading_zeros() as usize
}

#[inline(always)]
fn low_bit(word: u64) -> usize {
    word.trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::super::MAX_PRICE;
    use super::*;
    use std::collections::BTreeSet;

    const ONE: Level = Level {
        quantity: 1,
        ends: [1, 1, 0],
        orders: 1,
    };

    fn agrees_with_a_sorted_set(price_of: impl Fn(u64) -> i64) {
        let mut ladder = Ladder::new();
        let mut truth = BTreeSet::new();
        let mut state = 11u64;
        for step in 0..60_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let price = price_of(state >> 20);
            if truth.remove(&price) {
                assert_eq!(ladder.get(price), Some(&ONE));
                ladder.update(price, |level| *level = Level::default());
            } else {
                ladder.prepare(price, NO_BID, price);
                ladder.update(price, |level| *level = ONE);
                truth.insert(price);
            }
            let probe = price_of(state >> 30);
            let below = truth.range(..probe).next_back().copied().unwrap_or(NO_BID);
            let above = truth.range(probe + 1..).next().copied().unwrap_or(NO_ASK);
            assert_eq!(ladder.below(probe), below, "step {step}, below {probe}");
            assert_eq!(ladder.above(probe), above, "step {step}, above {probe}");
            assert_eq!(ladder.len(), truth.len());
        }
    }

    #[test]
    fn finds_neighbours_inside_the_window() {
        agrees_with_a_sorted_set(|x| 100_000 + (x % 300) as i64);
    }

    #[test]
    fn finds_neighbours_in_a_sparse_window_and_around_it() {
        agrees_with_a_sorted_set(|x| 100_000 + (x % 40) as i64 * 1_021);
    }

    #[test]
    fn finds_neighbours_over_the_whole_range_of_prices() {
        agrees_with_a_sorted_set(|x| match x % 5 {
            0 => 1 + (x % 7) as i64,
            1 => MAX_PRICE - (x % 7) as i64,
            2 => 1 << (x % 60),
            3 => 5_000 + (x % 9_000) as i64,
            _ => 1 + (x % (1 << 40)) as i64 % 31 * 1_000_000_007,
        });
    }

    #[test]
    fn follows_the_market_after_enough_far_orders() {
        let mut ladder = Ladder::new();
        ladder.prepare(1_000_000, NO_BID, 1_000_000);
        ladder.update(1_000_000, |level| *level = ONE);
        for step in 0..FAR_RESTS_BEFORE_MOVE {
            assert!(ladder.index(2_000_000) >= WINDOW, "moved after {step}");
            ladder.prepare(2_000_000, NO_BID, 2_000_000);
            ladder.update(2_000_000, |level| *level = ONE);
        }
        assert_eq!(ladder.index(2_000_000), WINDOW / 2);
        assert_eq!(ladder.below(2_000_000), 1_000_000);
        assert_eq!(ladder.len(), 2);
    }
}

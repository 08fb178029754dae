//! The ladder against a sorted map of queues.
use super::super::slab::{Order, Rest};
use super::*;
use crate::layout::side;
use std::collections::{BTreeMap, VecDeque};

/// A ladder beside the plainest thing that says the same.
struct Twins {
    ladder: Ladder,
    truth: BTreeMap<i64, VecDeque<u32>>,
    orders: Slab,
}

impl Twins {
    fn new(ladder: Ladder) -> Self {
        Self {
            ladder,
            truth: BTreeMap::new(),
            orders: Slab::with_capacity(4),
        }
    }

    fn best(&self) -> i64 {
        self.truth.last_key_value().map_or(NOTHING, |(key, _)| *key)
    }

    fn add(&mut self, key: i64) {
        let slot = self.orders.insert(Order::default(), Rest::default());
        let shown = i64::from(slot);
        let is_best = self.ladder.append(key, slot, shown, &mut self.orders);
        self.truth.entry(key).or_default().push_back(slot);
        assert_eq!(is_best, key == self.best());
    }

    fn take(&mut self, key: i64, place: usize) {
        let was_best = key == self.best();
        let queue = self.truth.get_mut(&key).expect("it has orders");
        let slot = queue.remove(place % queue.len()).expect("it is not empty");
        if queue.is_empty() {
            self.truth.remove(&key);
        }
        let order = self.orders[slot];
        let ends = (order.previous, order.next);
        let shown = i64::from(slot);
        let removed = self.ladder.remove(key, ends, shown, &mut self.orders);
        assert_eq!(removed, was_best);
        self.orders.free(slot);
    }

    fn check(&self, key: i64) {
        let level = self.ladder.get(key);
        let queue = self.truth.get(&key).cloned().unwrap_or_default();
        assert_eq!(
            level.shown,
            queue.iter().map(|slot| i64::from(*slot)).sum::<i64>()
        );
        let (mut slot, mut seen) = (level.head, Vec::new());
        while slot != NONE {
            seen.push(slot);
            slot = self.orders[slot].next;
        }
        assert_eq!(VecDeque::from(seen), queue);
        assert_eq!(level.tail, queue.back().copied().unwrap_or(NONE));
    }
}

fn agrees_with_a_sorted_map(ladder: Ladder, price_of: impl Fn(u64) -> i64) -> Ladder {
    let mut twins = Twins::new(ladder);
    let mut state = 11u64;
    for step in 0..40_000u64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let side = (step / 20_000) as u8;
        let key = key_of(side, price_of(state >> 20));
        if step == 20_000 {
            twins.ladder.clear();
            twins.truth.clear();
            twins.orders.clear();
        }
        // Fuller and emptier by turns, so that the side runs dry now and then.
        let full = if step / 500 % 2 == 0 { 2 } else { 5 };
        match twins.truth.contains_key(&key) && (state >> 60) % 8 < full {
            true => twins.take(key, (state >> 50) as usize % 64),
            false if full == 2 || (state >> 57).is_multiple_of(4) => twins.add(key),
            false => {
                if twins.best() != NOTHING {
                    twins.take(twins.best(), 0);
                }
            }
        }
        twins.check(key);
        let probe = key_of(side, price_of(state >> 30));
        let below = twins.truth.range(..probe).next_back();
        let below = below.map_or(NOTHING, |(key, _)| *key);
        assert_eq!(twins.ladder.below(probe), below, "step {step}, {probe}");
        assert_eq!(twins.ladder.best(), twins.best(), "step {step}");
        if step % 64 == 0 {
            assert_eq!(twins.ladder.len(), twins.truth.len());
        }
    }
    twins.ladder
}

#[test]
fn keeps_queues_and_finds_neighbours_inside_the_window() {
    let ladder =
        agrees_with_a_sorted_map(Ladder::with_capacity(512), |x| 100_000 + (x % 300) as i64);
    assert_eq!(ladder.levels.len(), 2_048);
}

#[test]
fn finds_neighbours_in_a_sparse_window_and_around_it() {
    let ladder = agrees_with_a_sorted_map(Ladder::new(), |x| 100_000 + (x % 40) as i64 * 1_021);
    assert_eq!(ladder.levels.len(), LARGEST);
}

#[test]
fn finds_neighbours_over_the_whole_range_of_prices() {
    agrees_with_a_sorted_map(Ladder::new(), |x| match x % 5 {
        0 => 1 + (x % 7) as i64,
        1 => i64::MAX - 1 - (x % 7) as i64,
        2 => 1 << (x % 60),
        3 => 5_000 + (x % 9_000) as i64,
        _ => 1 + (x % (1 << 40)) as i64 % 31 * 1_000_000_007,
    });
}

#[test]
fn an_idle_ladder_holds_nothing_and_a_window_is_earned_by_orders() {
    let mut twins = Twins::new(Ladder::new());
    assert_eq!(twins.ladder.bytes(), 0);
    twins.add(1_000_000);
    assert_eq!(twins.ladder.levels.len(), SMALLEST);
    for step in 1..SMALLEST / 4 {
        twins.add(2_000_000);
        assert_eq!(twins.ladder.levels.len(), SMALLEST, "grown after {step}");
    }
    twins.add(2_000_000);
    assert_eq!(twins.ladder.levels.len(), SMALLEST * GROWTH);
    twins.check(1_000_000);
    twins.check(2_000_000);
    assert_eq!(twins.ladder.len(), 2);
}

#[test]
fn the_largest_window_follows_the_market() {
    let mut twins = Twins::new(Ladder::with_capacity(LARGEST));
    twins.add(1_000_000);
    for step in 0..LARGEST / 4 {
        assert!(
            twins.ladder.index(2_000_000) >= LARGEST,
            "moved after {step}"
        );
        twins.add(2_000_000);
    }
    let place = twins.ladder.index(2_000_000) as i64;
    assert_eq!(place, Ladder::place_of_best(LARGEST));
    assert_eq!(twins.ladder.below(2_000_000), 1_000_000);
    assert_eq!(twins.ladder.levels.len(), LARGEST);
}

#[test]
fn of_two_keys_the_better_price_is_the_higher_on_either_side() {
    assert!(key_of(side::BUY, 101) > key_of(side::BUY, 100));
    assert!(key_of(side::SELL, 100) > key_of(side::SELL, 101));
    for price in [1, 77, i64::MAX - 1] {
        for side in [side::BUY, side::SELL] {
            assert!(key_of(side, price) > NOTHING);
            assert_eq!(key_of(side, key_of(side, price)), price);
        }
    }
}

//! Sums over a sliding window, in nine slots of an eighth of it.
//!
//! What was added within the last window is always counted, and what is older than nine eighths of it never: the sum errs
//! towards too much by what entered in an eighth of the window.
use crate::image::image;
use sha2::{Digest, Sha256};

const PARTS: i64 = 8;
const SLOTS: usize = PARTS as usize + 1;

/// What is summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    pub count: u32,
    pub lots: i64,
    /// Money units.
    pub value: i64,
}

image!(Amounts { count, lots, value });

impl Amounts {
    /// Stops at the largest number there is; nothing that is added is negative.
    #[inline]
    fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            lots: self.lots.checked_add(other.lots).unwrap_or(i64::MAX),
            value: self.value.checked_add(other.value).unwrap_or(i64::MAX),
        }
    }
}

/// The sums of one window.
///
/// What all slots hold is carried along, so that while the latest slot lasts a question is one comparison and an addition
/// goes to one place.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Of all slots as they stand: what adding slot by slot and stopping at the largest number gives, for nothing that is
    /// added is negative.
    total: Amounts,
    /// When the latest slot is over, nanoseconds; the smallest number while there is none.
    ends: i64,
    /// Nanoseconds of a slot.
    slot: i64,
    /// Number of the latest slot: what it adds to comes no earlier.
    latest: i64,
    place_of_latest: usize,
    slots: [Amounts; SLOTS],
}

image!(Ring {
    total,
    ends,
    slot,
    latest,
    place_of_latest,
    slots
});

impl Ring {
    /// An empty window of so many milliseconds.
    #[must_use]
    pub fn of_millis(window: u32) -> Self {
        Self {
            total: Amounts::default(),
            ends: i64::MIN,
            slot: (i64::from(window) * 1_000_000 / PARTS).max(1),
            latest: i64::MIN,
            place_of_latest: 0,
            slots: [Amounts::default(); SLOTS],
        }
    }

    const fn place(number: i64) -> usize {
        number.rem_euclid(SLOTS as i64) as usize
    }

    /// What was added in the window that ends at `now`, nanoseconds. Time that runs backwards forgets nothing.
    #[inline]
    #[must_use]
    pub fn sum(&self, now: i64) -> Amounts {
        if now < self.ends {
            return self.total;
        }
        self.sum_later(now)
    }

    /// The same when the latest slot is over.
    #[inline(never)]
    fn sum_later(&self, now: i64) -> Amounts {
        let gone = self.gone(now.div_euclid(self.slot));
        (0..SLOTS as i64 - gone)
            .map(|back| self.slots[Self::place(self.latest.wrapping_sub(back))])
            .fold(Amounts::default(), Amounts::plus)
    }

    /// How many slots nothing counts of when slot `number` has come.
    const fn gone(&self, number: i64) -> i64 {
        let passed = number.saturating_sub(self.latest);
        if passed < SLOTS as i64 {
            passed
        } else {
            SLOTS as i64
        }
    }

    /// Adds at `now`, nanoseconds; nothing of it negative.
    #[inline]
    pub fn add(&mut self, now: i64, amounts: Amounts) {
        if now >= self.ends {
            self.turn(now);
        }
        let slot = &mut self.slots[self.place_of_latest];
        *slot = slot.plus(amounts);
        self.total = self.total.plus(amounts);
    }

    /// Begins the slot of `now`.
    #[inline(never)]
    fn turn(&mut self, now: i64) {
        let number = now.div_euclid(self.slot);
        for ahead in 0..self.gone(number) {
            self.slots[Self::place(number.wrapping_sub(ahead))] = Amounts::default();
        }
        let slots = self.slots.into_iter();
        self.total = slots.fold(Amounts::default(), Amounts::plus);
        self.latest = number;
        self.place_of_latest = Self::place(number);
        self.ends = number.saturating_add(1).saturating_mul(self.slot);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.total = Amounts::default();
        self.ends = i64::MIN;
        self.latest = i64::MIN;
        self.slots = [Amounts::default(); SLOTS];
    }

    /// Feeds the window to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        digest.update(self.slot.to_le_bytes());
        digest.update(self.latest.to_le_bytes());
        for Amounts { count, lots, value } in self.slots {
            digest.update(count.to_le_bytes());
            digest.update(lots.to_le_bytes());
            digest.update(value.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Amounts, Ring, SLOTS};
    use proptest::prelude::*;

    const MS: i64 = 1_000_000;
    const ONE: Amounts = Amounts {
        count: 1,
        lots: 2,
        value: 3,
    };

    #[test]
    fn what_was_added_within_a_window_is_counted_and_after_nine_eighths_it_is_not() {
        for start in [0, 17 * MS + 5, -3 * MS, 1_700_000_000_000 * MS] {
            let mut ring = Ring::of_millis(800);
            ring.add(start, ONE);
            assert_eq!(ring.sum(start), ONE);
            assert_eq!(ring.sum(start + 800 * MS), ONE, "at {start}");
            assert_eq!(ring.sum(start + 900 * MS), Amounts::default());
            ring.add(start + 800 * MS, ONE);
            assert_eq!(ring.sum(start + 800 * MS).count, 2);
            assert_eq!(ring.sum(start + 900 * MS).count, 1);
            assert_eq!(ring.sum(i64::MAX).count, 0);
        }
    }

    #[test]
    fn time_that_runs_backwards_forgets_nothing() {
        let mut ring = Ring::of_millis(8);
        ring.add(100 * MS, ONE);
        ring.add(10 * MS, ONE);
        assert_eq!(ring.sum(10 * MS).count, 2);
        assert_eq!(ring.sum(100 * MS).count, 2);
    }

    #[test]
    fn every_sum_is_between_the_exact_window_and_nine_eighths_of_it() {
        let mut ring = Ring::of_millis(80);
        let mut seed = 1u64;
        let mut times = Vec::new();
        let mut now = 0;
        for _ in 0..2_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            now += (seed >> 40) as i64 % (20 * MS);
            ring.add(now, ONE);
            times.push(now);
            let within = |length: i64| times.iter().filter(|at| now - **at <= length).count();
            let sum = ring.sum(now).count as usize;
            assert!(sum >= within(80 * MS) && sum <= within(90 * MS));
        }
    }

    /// The sums by adding up every slot at every question.
    fn added_up(ring: &Ring, now: i64) -> Amounts {
        if ring.latest == i64::MIN {
            return Amounts::default();
        }
        let number = now.div_euclid(ring.slot).max(ring.latest);
        let gone = number.saturating_sub(ring.latest).min(SLOTS as i64);
        (0..SLOTS as i64 - gone)
            .map(|back| ring.slots[Ring::place(ring.latest - back)])
            .fold(Amounts::default(), Amounts::plus)
    }

    fn amounts() -> impl Strategy<Value = Amounts> {
        let large = prop_oneof![3 => 0..1_000i64, 1 => i64::MAX - 1_000..=i64::MAX];
        let count = prop_oneof![3 => 1..5u32, 1 => u32::MAX - 2..=u32::MAX];
        (count, large.clone(), large).prop_map(|(count, lots, value)| Amounts {
            count,
            lots,
            value,
        })
    }

    proptest! {
        #[test]
        fn what_is_carried_along_is_what_adding_up_every_slot_gives(
            start in prop_oneof![Just(0), Just(1_700_000_000_000 * MS), Just(-5 * MS), Just(i64::MAX - 40 * MS)],
            steps in proptest::collection::vec((-2 * MS..12 * MS, -9 * MS..30 * MS, amounts(), 0..30u8), 1..80),
        ) {
            let mut ring = Ring::of_millis(8);
            let mut now: i64 = start;
            for (passed, ahead, amounts, dice) in steps {
                now = now.saturating_add(passed);
                ring.add(now, amounts);
                for asked in [now, now.saturating_add(ahead), i64::MAX, i64::MIN] {
                    prop_assert_eq!(ring.sum(asked), added_up(&ring, asked));
                }
                if dice == 0 {
                    ring.clear();
                    prop_assert_eq!(ring.sum(now), Amounts::default());
                }
            }
        }
    }
}

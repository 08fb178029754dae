//! Sums over a sliding window, in nine slots of an eighth of it.
//!
//! What was added within the last window is always counted, and what is older than nine eighths of it never: the sum errs
//! towards too much by what entered in an eighth of the window.
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

impl Amounts {
    const fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            lots: self.lots.saturating_add(other.lots),
            value: self.value.saturating_add(other.value),
        }
    }
}

/// The sums of one window.
#[derive(Clone, Debug)]
pub struct Ring {
    /// Nanoseconds of a slot.
    slot: i64,
    /// Number of the latest slot: what it adds to comes no earlier.
    latest: i64,
    slots: [Amounts; SLOTS],
}

impl Ring {
    /// An empty window of so many milliseconds.
    #[must_use]
    pub fn of_millis(window: u32) -> Self {
        Self {
            slot: (i64::from(window) * 1_000_000 / PARTS).max(1),
            latest: i64::MIN,
            slots: [Amounts::default(); SLOTS],
        }
    }

    const fn place(number: i64) -> usize {
        number.rem_euclid(SLOTS as i64) as usize
    }

    /// What was added in the window that ends at `now`, nanoseconds. Time that runs backwards forgets nothing.
    #[must_use]
    pub fn sum(&self, now: i64) -> Amounts {
        if self.latest == i64::MIN {
            return Amounts::default();
        }
        let number = now.div_euclid(self.slot).max(self.latest);
        let gone = number.saturating_sub(self.latest).min(SLOTS as i64);
        (0..SLOTS as i64 - gone)
            .map(|back| self.slots[Self::place(self.latest - back)])
            .fold(Amounts::default(), Amounts::plus)
    }

    /// Adds at `now`, nanoseconds.
    pub fn add(&mut self, now: i64, amounts: Amounts) {
        let number = now.div_euclid(self.slot);
        if self.latest == i64::MIN {
            self.latest = number;
        }
        if number > self.latest {
            let gone = number.saturating_sub(self.latest).min(SLOTS as i64);
            for ahead in 0..gone {
                self.slots[Self::place(number - ahead)] = Amounts::default();
            }
            self.latest = number;
        }
        let slot = &mut self.slots[Self::place(self.latest)];
        *slot = slot.plus(amounts);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
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
    use super::{Amounts, Ring};

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
}

//! Exact sums of 64-bit numbers, in registers: no order of adding and no overflow can change the result.
use super::column::MOST_LANES;
use super::lanes::Lanes;

/// Terms a lane can take without overflow: each adds less than 2^32 to the lower half's sum, which is below 2^63.
pub const MOST_TERMS: usize = 1 << 31;

/// A sum per lane, kept as the sum of the lower halves (unsigned) and of the upper halves (signed).
#[derive(Clone, Copy)]
pub struct LaneSums<L: Lanes> {
    cpu: L,
    low: L::I,
    high: L::I,
}

impl<L: Lanes> LaneSums<L> {
    #[inline(always)]
    pub fn zero(cpu: L) -> Self {
        let zero = cpu.splat(0);
        let (low, high) = (zero, zero);
        Self { cpu, low, high }
    }

    /// Takes in one register of terms; at most `MOST_TERMS` times.
    #[inline(always)]
    pub fn add(&mut self, terms: L::I) {
        let cpu = self.cpu;
        let lower = cpu.splat(i64::from(u32::MAX));
        self.low = cpu.add(self.low, cpu.and(terms, lower));
        self.high = cpu.add(self.high, cpu.high_half(terms));
    }

    /// Everything taken in.
    #[inline(always)]
    pub fn total(self) -> i128 {
        let lows = self.cpu.to_array(self.low);
        let highs = self.cpu.to_array(self.high);
        let whole = |halves: [i64; MOST_LANES]| halves.into_iter().map(i128::from).sum::<i128>();
        whole(lows) + (whole(highs) << 32)
    }
}

/// The number, or the nearest one that fits in 64 bits.
#[must_use]
pub fn saturate(number: i128) -> i64 {
    number.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

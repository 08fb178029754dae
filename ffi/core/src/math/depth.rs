//! Depth of one side of a book: how much there is near a price, in front of each level, and for a given size.
//!
//! Prices are ticks, quantities lots, both `i64`. A side is given level by level, best first where the order matters. The
//! columns of a call are equally long.
use super::column::{Column, ColumnMut};
use super::lanes::Lanes;
use super::sum::{saturate, LaneSums};

/// Sum of the quantities at prices from `low` to `high`, both included, in any order. Exact: `i128` holds every sum of
/// 2^32 numbers of 64 bits. Negative quantities count as they are.
#[must_use]
pub fn between<const STRIDE: usize>(
    prices: Column<i64, STRIDE>,
    quantities: Column<i64, STRIDE>,
    low: i64,
    high: i64,
) -> i128 {
    let mut sum = 0;
    for at in 0..prices.len() {
        if (low..=high).contains(&prices.get(at)) {
            sum += i128::from(quantities.get(at));
        }
    }
    sum
}

/// [`between`] in registers. The last values are followed by zeros, which add nothing wherever their price lies.
#[inline(always)]
pub fn between_lanes<L: Lanes, const STRIDE: usize>(
    cpu: L,
    prices: Column<i64, STRIDE>,
    quantities: Column<i64, STRIDE>,
    low: i64,
    high: i64,
) -> i128 {
    let range = (cpu.splat(low), cpu.splat(high));
    let mut sum = LaneSums::zero(cpu);
    let whole = prices.len() - prices.len() % L::LANES;
    for at in (0..whole).step_by(L::LANES) {
        let quantity = quantities.lanes(cpu, at);
        sum.add(if_between(cpu, range, prices.lanes(cpu, at), quantity));
    }
    if whole < prices.len() {
        let quantity = quantities.rest(cpu, whole);
        sum.add(if_between(cpu, range, prices.rest(cpu, whole), quantity));
    }
    sum.total()
}

/// The quantities, and 0 where the price is outside.
#[inline(always)]
fn if_between<L: Lanes>(cpu: L, (low, high): (L::I, L::I), price: L::I, quantity: L::I) -> L::I {
    let outside = cpu.either(cpu.gt(low, price), cpu.gt(price, high));
    cpu.clear(outside, quantity)
}

/// Writes to each place the sum of the quantities up to and with it: exact, or the nearest `i64`. The sum itself goes on
/// exactly, so a later negative quantity can bring it back into range. `out` may be the quantities' own memory.
pub fn cumulative(quantities: Column<i64>, out: &mut ColumnMut<i64>) {
    cumulative_from(0, quantities, out, 0..quantities.len());
}

/// The places `range`, after a sum of `sum`; returns the sum with them.
fn cumulative_from(
    mut sum: i128,
    quantities: Column<i64>,
    out: &mut ColumnMut<i64>,
    range: core::ops::Range<usize>,
) -> i128 {
    for at in range {
        sum += i128::from(quantities.get(at));
        out.set(at, saturate(sum));
    }
    sum
}

/// Registers that are looked over before they are added without a look at overflow.
const BLOCK: usize = 4;
/// At most 32 quantities of less than 2^56 after a sum of less than 2^62 stay below 2^63.
const SMALL: i64 = (1 << 56) - 1;
const CALM: i128 = 1 << 62;

/// [`cumulative`] in registers, by blocks; a block that might overflow is left to the scalar one.
#[inline(always)]
pub fn cumulative_lanes<L: Lanes>(cpu: L, quantities: Column<i64>, out: &mut ColumnMut<i64>) {
    let block = BLOCK * L::LANES;
    let large = cpu.splat(!SMALL);
    let mut sum: i128 = 0;
    let whole = quantities.len() - quantities.len() % block;
    for at in (0..whole).step_by(block) {
        let mut values = [cpu.splat(0); BLOCK];
        let mut bits = cpu.splat(0);
        for (i, value) in values.iter_mut().enumerate() {
            *value = quantities.lanes(cpu, at + i * L::LANES);
            bits = cpu.or(bits, cpu.magnitude(*value));
        }
        if sum.abs() >= CALM || !cpu.is_zero(cpu.and(bits, large)) {
            sum = cumulative_from(sum, quantities, out, at..at + block);
            continue;
        }
        let mut carry = cpu.splat(sum as i64);
        for (i, value) in values.into_iter().enumerate() {
            let sums = cpu.add(cpu.prefix(value), carry);
            out.set_lanes(cpu, at + i * L::LANES, sums);
            carry = cpu.splat_last(sums);
        }
        sum = i128::from(cpu.first(carry));
    }
    cumulative_from(sum, quantities, out, whole..quantities.len());
}

/// What it would take to trade a size at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Lots found, at most those asked for.
    pub filled: i64,
    /// Sum of price times lots over them, exact.
    pub notional: i128,
    /// Price of the last level that gave any; 0 when none did.
    pub worst: i64,
    /// Levels from the first to that one, both included; 0 when none did.
    pub levels: usize,
}

impl Sweep {
    /// Volume-weighted average price, `notional / filled`, in ticks; NaN when nothing was found. Off by less than 2 units
    /// in the last place: both numbers are rounded once to an `f64`, and their quotient once.
    #[must_use]
    pub fn average(&self) -> f64 {
        if self.filled == 0 {
            return f64::NAN;
        }
        self.notional as f64 / self.filled as f64
    }
}

/// Takes `lots` from the levels in their order, as far as they go. Levels without a positive quantity give nothing; for
/// `lots` of 0 or less nothing is taken.
#[must_use]
pub fn sweep<const STRIDE: usize>(
    prices: Column<i64, STRIDE>,
    quantities: Column<i64, STRIDE>,
    lots: i64,
) -> Sweep {
    let mut sweep = Sweep::default();
    sweep_on(&mut sweep, prices, quantities, lots, 0..prices.len());
    sweep
}

/// Goes on with the levels `range`.
fn sweep_on<const STRIDE: usize>(
    sweep: &mut Sweep,
    prices: Column<i64, STRIDE>,
    quantities: Column<i64, STRIDE>,
    lots: i64,
    range: core::ops::Range<usize>,
) {
    for at in range {
        if sweep.filled >= lots {
            return;
        }
        let taken = quantities.get(at).min(lots - sweep.filled);
        if taken > 0 {
            let price = prices.get(at);
            sweep.filled += taken;
            sweep.notional += i128::from(price) * i128::from(taken);
            sweep.worst = price;
            sweep.levels = at + 1;
        }
    }
}

/// Prices and quantities below 2^31 in size can be multiplied in registers, and 32 of them added up.
const FITS_HALF: i64 = (1 << 31) - 1;

/// [`sweep`] in registers: a block is taken whole while more is wanted than it has; the block in which the size is reached,
/// and one with numbers too large, are left to the scalar one.
#[inline(always)]
pub fn sweep_lanes<L: Lanes, const STRIDE: usize>(
    cpu: L,
    prices: Column<i64, STRIDE>,
    quantities: Column<i64, STRIDE>,
    lots: i64,
) -> Sweep {
    let block = BLOCK * L::LANES;
    let large = cpu.splat(!FITS_HALF);
    let mut sweep = Sweep::default();
    let mut notional = LaneSums::zero(cpu);
    // Where the last block taken whole ends, if it gave any: its last level that gave is not known yet.
    let mut owed = 0;
    let whole = prices.len() - prices.len() % block;
    for at in (0..whole).step_by(block) {
        if sweep.filled >= lots {
            break;
        }
        let (mut bits, mut found) = (cpu.splat(0), cpu.splat(0));
        let mut values = [cpu.splat(0); BLOCK];
        for (i, value) in values.iter_mut().enumerate() {
            let price = prices.lanes(cpu, at + i * L::LANES);
            let quantity = cpu.max_zero(quantities.lanes(cpu, at + i * L::LANES));
            bits = cpu.or(bits, cpu.or(cpu.magnitude(price), quantity));
            found = cpu.add(found, quantity);
            *value = cpu.mul_low(price, quantity);
        }
        if cpu.is_zero(cpu.and(bits, large)) {
            let found: i64 = cpu.to_array(found).into_iter().sum();
            if found < lots - sweep.filled {
                sweep.filled += found;
                for value in values {
                    notional.add(value);
                }
                if found > 0 {
                    owed = at + block;
                }
                continue;
            }
        }
        sweep_on(&mut sweep, prices, quantities, lots, at..at + block);
    }
    sweep_on(&mut sweep, prices, quantities, lots, whole..prices.len());
    sweep.notional += notional.total();
    if sweep.levels < owed {
        let last = (0..owed).rfind(|at| quantities.get(*at) > 0);
        sweep.levels = last.map_or(0, |at| at + 1);
        sweep.worst = last.map_or(0, |at| prices.get(at));
    }
    sweep
}

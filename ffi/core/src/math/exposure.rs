//! Worst-case exposure of many strategies and instruments together.
//!
//! An entry has a position (signed) and what is open to buy and to sell (not negative as a rule), all in one unit that can
//! be added up: lots of one instrument, or money. The columns of a call are equally long.
use super::column::Column;
use super::lanes::Lanes;
use super::sum::LaneSums;

/// Sums over entries. Exact: each term has at most 66 bits, and `i128` holds 2^32 of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Longest that everything open could make us: `max(0, position + open_buy)`, entry by entry.
    pub long: i128,
    /// Shortest, as a positive number: `max(0, open_sell - position)`.
    pub short: i128,
    /// What the gate compares with a limit, `max(|position + open_buy|, |position - open_sell|)`.
    pub gross: i128,
    /// Position.
    pub net: i128,
}

/// Worst cases summed over the entries. Each entry is taken at its own worst, so the sums are no less than what any
/// sequence of fills could bring about.
#[must_use]
pub fn totals<const STRIDE: usize>(
    positions: Column<i64, STRIDE>,
    open_buys: Column<i64, STRIDE>,
    open_sells: Column<i64, STRIDE>,
) -> Totals {
    let mut totals = Totals::default();
    add_entries(
        &mut totals,
        positions,
        open_buys,
        open_sells,
        0..positions.len(),
    );
    totals
}

fn add_entries<const STRIDE: usize>(
    totals: &mut Totals,
    positions: Column<i64, STRIDE>,
    open_buys: Column<i64, STRIDE>,
    open_sells: Column<i64, STRIDE>,
    range: core::ops::Range<usize>,
) {
    for at in range {
        let position = i128::from(positions.get(at));
        let long = position + i128::from(open_buys.get(at));
        let short = i128::from(open_sells.get(at)) - position;
        totals.long += long.max(0);
        totals.short += short.max(0);
        totals.gross += long.abs().max(short.abs());
        totals.net += position;
    }
}

/// The sum of two numbers of this size can be negated and compared without overflow.
const SMALL: i64 = (1 << 61) - 1;

/// [`totals`] in registers; a register with numbers too large is left to the scalar one. The last entries are followed by
/// zeros, which add nothing.
#[inline(always)]
pub fn totals_lanes<L: Lanes, const STRIDE: usize>(
    cpu: L,
    positions: Column<i64, STRIDE>,
    open_buys: Column<i64, STRIDE>,
    open_sells: Column<i64, STRIDE>,
) -> Totals {
    let mut sums = LaneTotals::zero(cpu);
    let mut large = Totals::default();
    let length = positions.len();
    let whole = length - length % L::LANES;
    for at in (0..whole).step_by(L::LANES) {
        let position = positions.lanes(cpu, at);
        let (open_buy, open_sell) = (open_buys.lanes(cpu, at), open_sells.lanes(cpu, at));
        if !sums.add(position, open_buy, open_sell) {
            let range = at..at + L::LANES;
            add_entries(&mut large, positions, open_buys, open_sells, range);
        }
    }
    if whole < length {
        let position = positions.rest(cpu, whole);
        let (open_buy, open_sell) = (open_buys.rest(cpu, whole), open_sells.rest(cpu, whole));
        if !sums.add(position, open_buy, open_sell) {
            let range = whole..length;
            add_entries(&mut large, positions, open_buys, open_sells, range);
        }
    }
    Totals {
        long: large.long + sums.long.total(),
        short: large.short + sums.short.total(),
        gross: large.gross + sums.gross.total(),
        net: large.net + sums.net.total(),
    }
}

/// [`Totals`] in registers.
struct LaneTotals<L: Lanes> {
    cpu: L,
    long: LaneSums<L>,
    short: LaneSums<L>,
    gross: LaneSums<L>,
    net: LaneSums<L>,
}

impl<L: Lanes> LaneTotals<L> {
    #[inline(always)]
    fn zero(cpu: L) -> Self {
        let zero = LaneSums::zero(cpu);
        Self {
            cpu,
            long: zero,
            short: zero,
            gross: zero,
            net: zero,
        }
    }

    /// Takes in one register of entries, unless numbers are too large for it; says whether it did.
    #[inline(always)]
    fn add(&mut self, position: L::I, open_buy: L::I, open_sell: L::I) -> bool {
        let cpu = self.cpu;
        let opens = cpu.or(cpu.magnitude(open_buy), cpu.magnitude(open_sell));
        let bits = cpu.or(cpu.magnitude(position), opens);
        if !cpu.is_zero(cpu.and(bits, cpu.splat(!SMALL))) {
            return false;
        }
        let long = cpu.add(position, open_buy);
        let short = cpu.sub(open_sell, position);
        let (if_long, if_short) = (cpu.abs(long), cpu.abs(short));
        // The larger of two is the one, and what the other has more.
        let more = cpu.max_zero(cpu.sub(if_long, if_short));
        self.long.add(cpu.max_zero(long));
        self.short.add(cpu.max_zero(short));
        self.gross.add(cpu.add(if_short, more));
        self.net.add(position);
        true
    }
}

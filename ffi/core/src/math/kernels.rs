//! The table of kernels: one per instruction set, chosen once.
//!
//! A kernel in registers is generic over the instruction set. What makes it fast is that each table's entry is a function
//! *compiled for* that set, into which the generic one melts. Asking the processor happens in [`Kernels::at`] alone, which
//! is why everything below a table is safe to call.
use super::books;
use super::bytes::Bytes;
use super::column::{Column, ColumnMut, IN_DEPTH_LEVELS, IN_EXPOSURES, PACKED};
use super::crc32c;
use super::depth::{self, Sweep};
use super::exposure::{self, Totals};
use super::level::Level;
use super::sum::MOST_TERMS;
use std::sync::OnceLock;

type Ints<'a, const STRIDE: usize> = Column<'a, i64, STRIDE>;
type Floats<'a> = Column<'a, f64>;
type Between<const S: usize> = unsafe fn(Ints<S>, Ints<S>, i64, i64) -> i128;
type SweepOf<const S: usize> = unsafe fn(Ints<S>, Ints<S>, i64) -> Sweep;
type Checksum = unsafe fn(u32, Bytes) -> u32;
type TotalsOf<const S: usize> = unsafe fn(Ints<S>, Ints<S>, Ints<S>) -> Totals;

/// The kernels of one instruction set.
pub struct Kernels {
    level: Level,
    between: Between<PACKED>,
    between_levels: Between<IN_DEPTH_LEVELS>,
    cumulative: unsafe fn(Ints<PACKED>, &mut ColumnMut<i64>),
    sweep: SweepOf<PACKED>,
    sweep_levels: SweepOf<IN_DEPTH_LEVELS>,
    microprice: unsafe fn(Floats, Floats, Floats, Floats, &mut ColumnMut<f64>),
    imbalance: unsafe fn(Floats, Floats, &mut ColumnMut<f64>),
    totals: TotalsOf<PACKED>,
    totals_records: TotalsOf<IN_EXPOSURES>,
    crc32c: Checksum,
}

/// The tables this processor can use, by [`Level::ALL`].
static TABLES: OnceLock<[Option<Kernels>; Level::ALL.len()]> = OnceLock::new();

/// The best of them.
static BEST: OnceLock<&'static Kernels> = OnceLock::new();

impl Kernels {
    /// The best table for this processor, which the first call finds out.
    #[must_use]
    pub fn best() -> &'static Self {
        BEST.get_or_init(|| {
            Self::at(Level::best()).unwrap_or_else(|| unreachable!("scalar is everywhere"))
        })
    }

    /// The table of that level, if this processor has it.
    #[must_use]
    pub fn at(level: Level) -> Option<&'static Self> {
        let tables =
            TABLES.get_or_init(|| Level::ALL.map(|level| level.is_here().then(|| Self::of(level))));
        tables[level as usize - 1].as_ref()
    }

    fn of(level: Level) -> Self {
        match level {
            #[cfg(target_arch = "x86_64")]
            Level::Sse42 => sse42::table(crc32c::x86::update_sse42),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2::table(crc32c::x86::update_sse42),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 if is_x86_feature_detected!("vpclmulqdq") => {
                avx512::table(crc32c::x86::update_folding)
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512::table(crc32c::x86::update_sse42),
            #[cfg(target_arch = "aarch64")]
            Level::Neon if std::arch::is_aarch64_feature_detected!("crc") => {
                neon::table(crc32c::arm::update_crc)
            }
            #[cfg(target_arch = "aarch64")]
            Level::Neon => neon::table(crc32c::update),
            _ => Self {
                level: Level::Scalar,
                between: depth::between,
                between_levels: depth::between,
                cumulative: depth::cumulative,
                sweep: depth::sweep,
                sweep_levels: depth::sweep,
                microprice: books::microprice,
                imbalance: books::imbalance,
                totals: exposure::totals,
                totals_records: exposure::totals,
                crc32c: crc32c::update,
            },
        }
    }

    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }
}

/// What the tables' functions ask for besides the processor, checked here so that a kernel need not: columns equally long
/// and not longer than its sums can take.
fn check(length: usize, others: &[usize]) {
    assert!(
        others.iter().all(|other| *other == length),
        "the columns differ in length"
    );
    assert!(length <= MOST_VALUES, "a column is longer than 2^32 - 1");
}

/// Of columns.
const MOST_VALUES: usize = u32::MAX as usize;
// Two lanes at least.
const _: () = assert!(MOST_VALUES.div_ceil(2) <= MOST_TERMS);

/// The kernels; each panics when its columns are not equally long.
impl Kernels {
    /// See [`depth::between`].
    #[must_use]
    pub fn between(
        &self,
        prices: Ints<PACKED>,
        quantities: Ints<PACKED>,
        low: i64,
        high: i64,
    ) -> i128 {
        check(prices.len(), &[quantities.len()]);
        // SAFETY: the processor has the instructions, or `at` had not handed out this table. So below.
        unsafe { (self.between)(prices, quantities, low, high) }
    }

    /// See [`depth::between`]; over records, see [`Column::of_levels`].
    #[must_use]
    pub fn between_levels(
        &self,
        (prices, quantities): (Ints<IN_DEPTH_LEVELS>, Ints<IN_DEPTH_LEVELS>),
        low: i64,
        high: i64,
    ) -> i128 {
        check(prices.len(), &[quantities.len()]);
        // SAFETY: as in `between`.
        unsafe { (self.between_levels)(prices, quantities, low, high) }
    }

    /// See [`depth::cumulative`].
    pub fn cumulative(&self, quantities: Ints<PACKED>, out: &mut ColumnMut<i64>) {
        check(quantities.len(), &[out.len()]);
        // SAFETY: as in `between`.
        unsafe { (self.cumulative)(quantities, out) }
    }

    /// See [`depth::sweep`].
    #[must_use]
    pub fn sweep(&self, prices: Ints<PACKED>, quantities: Ints<PACKED>, lots: i64) -> Sweep {
        check(prices.len(), &[quantities.len()]);
        // SAFETY: as in `between`.
        unsafe { (self.sweep)(prices, quantities, lots) }
    }

    /// See [`depth::sweep`]; over records, see [`Column::of_levels`].
    #[must_use]
    pub fn sweep_levels(
        &self,
        (prices, quantities): (Ints<IN_DEPTH_LEVELS>, Ints<IN_DEPTH_LEVELS>),
        lots: i64,
    ) -> Sweep {
        check(prices.len(), &[quantities.len()]);
        // SAFETY: as in `between`.
        unsafe { (self.sweep_levels)(prices, quantities, lots) }
    }

    /// See [`books::microprice`].
    pub fn microprice(
        &self,
        bids: Floats,
        bid_quantities: Floats,
        asks: Floats,
        ask_quantities: Floats,
        out: &mut ColumnMut<f64>,
    ) {
        let others = [
            bid_quantities.len(),
            asks.len(),
            ask_quantities.len(),
            out.len(),
        ];
        check(bids.len(), &others);
        // SAFETY: as in `between`.
        unsafe { (self.microprice)(bids, bid_quantities, asks, ask_quantities, out) }
    }

    /// See [`books::imbalance`].
    pub fn imbalance(
        &self,
        bid_quantities: Floats,
        ask_quantities: Floats,
        out: &mut ColumnMut<f64>,
    ) {
        check(bid_quantities.len(), &[ask_quantities.len(), out.len()]);
        // SAFETY: as in `between`.
        unsafe { (self.imbalance)(bid_quantities, ask_quantities, out) }
    }

    /// See [`exposure::totals`].
    #[must_use]
    pub fn totals(
        &self,
        positions: Ints<PACKED>,
        open_buys: Ints<PACKED>,
        open_sells: Ints<PACKED>,
    ) -> Totals {
        check(positions.len(), &[open_buys.len(), open_sells.len()]);
        // SAFETY: as in `between`.
        unsafe { (self.totals)(positions, open_buys, open_sells) }
    }

    /// See [`exposure::totals`]; over records, see [`Column::of_exposures`].
    #[must_use]
    pub fn totals_records(
        &self,
        [positions, open_buys, open_sells]: [Ints<IN_EXPOSURES>; 3],
    ) -> Totals {
        check(positions.len(), &[open_buys.len(), open_sells.len()]);
        // SAFETY: as in `between`.
        unsafe { (self.totals_records)(positions, open_buys, open_sells) }
    }

    /// See [`crc32c::update`].
    #[must_use]
    pub fn crc32c(&self, previous: u32, bytes: Bytes) -> u32 {
        // SAFETY: as in `between`.
        unsafe { (self.crc32c)(previous, bytes) }
    }
}

/// A module of functions compiled with `$features`, into each of which a generic kernel melts, and their table.
macro_rules! compiled_for {
    ($module:ident, $lanes:ident, $features:literal) => {
        mod $module {
            use super::super::lanes::$lanes;
            use super::*;

            pub fn table(crc32c: Checksum) -> Kernels {
                Kernels {
                    level: Level::$lanes,
                    between,
                    between_levels: between,
                    cumulative,
                    sweep,
                    sweep_levels: sweep,
                    microprice,
                    imbalance,
                    totals,
                    totals_records: totals,
                    crc32c,
                }
            }

            /// # Safety
            /// The processor has the instructions of the module. So for all functions here.
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn cpu() -> $lanes {
                // SAFETY: as promised by the caller.
                unsafe { $lanes::here() }
            }

            #[target_feature(enable = $features)]
            unsafe fn between<const S: usize>(
                prices: Ints<S>,
                quantities: Ints<S>,
                low: i64,
                high: i64,
            ) -> i128 {
                // SAFETY: as promised by the caller.
                depth::between_lanes(unsafe { cpu() }, prices, quantities, low, high)
            }

            #[target_feature(enable = $features)]
            unsafe fn cumulative(quantities: Ints<PACKED>, out: &mut ColumnMut<i64>) {
                // SAFETY: as promised by the caller.
                depth::cumulative_lanes(unsafe { cpu() }, quantities, out);
            }

            #[target_feature(enable = $features)]
            unsafe fn sweep<const S: usize>(
                prices: Ints<S>,
                quantities: Ints<S>,
                lots: i64,
            ) -> Sweep {
                // SAFETY: as promised by the caller.
                depth::sweep_lanes(unsafe { cpu() }, prices, quantities, lots)
            }

            #[target_feature(enable = $features)]
            unsafe fn microprice(
                bids: Floats,
                bid_quantities: Floats,
                asks: Floats,
                ask_quantities: Floats,
                out: &mut ColumnMut<f64>,
            ) {
                // SAFETY: as promised by the caller.
                let cpu = unsafe { cpu() };
                books::microprice_lanes(cpu, bids, bid_quantities, asks, ask_quantities, out);
            }

            #[target_feature(enable = $features)]
            unsafe fn imbalance(
                bid_quantities: Floats,
                ask_quantities: Floats,
                out: &mut ColumnMut<f64>,
            ) {
                // SAFETY: as promised by the caller.
                books::imbalance_lanes(unsafe { cpu() }, bid_quantities, ask_quantities, out);
            }

            #[target_feature(enable = $features)]
            unsafe fn totals<const S: usize>(
                positions: Ints<S>,
                open_buys: Ints<S>,
                open_sells: Ints<S>,
            ) -> Totals {
                // SAFETY: as promised by the caller.
                exposure::totals_lanes(unsafe { cpu() }, positions, open_buys, open_sells)
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
compiled_for!(sse42, Sse42, "sse4.2");
#[cfg(target_arch = "x86_64")]
compiled_for!(avx2, Avx2, "avx2");
#[cfg(target_arch = "x86_64")]
compiled_for!(avx512, Avx512, "avx512f,avx512dq,avx512vl");
#[cfg(target_arch = "aarch64")]
compiled_for!(neon, Neon, "neon");

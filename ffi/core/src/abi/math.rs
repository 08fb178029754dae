//! Exports of the vector kernels. They need no handle: each call is given its arrays and where to write.
//!
//! `level` is a number of [`Level`], or 0 for the best this processor has. Arrays are worked on in place, of any alignment,
//! shared or not. Of elementwise functions, `out` may be an input's own memory; overlapping one in another way gives values
//! of no meaning. Sums are exact; where they cross as `f64` they are rounded once, and so exact up to 2^53.
use super::buffer::put;
use super::number::whole;
use super::status::{guarded, Failure, Outcome};
use crate::layout::{code, DepthLevel, Exposure};
use crate::math::{
    saturate, Bytes, Column, ColumnMut, Kernels, Level, Number, Sweep, Totals, IN_DEPTH_LEVELS,
    IN_EXPOSURES,
};
use core::mem::{offset_of, size_of};

/// `level` for the best there is.
const BEST: u32 = 0;

fn kernels(level: u32) -> Result<&'static Kernels, Failure> {
    if level == BEST {
        return Ok(Kernels::best());
    }
    Level::from_number(level)
        .and_then(Kernels::at)
        .ok_or_else(|| Failure::argument(format!("this processor has no level {level}")))
}

fn present(memory: *const u8, count: u32) -> Result<(), Failure> {
    if memory.is_null() && count > 0 {
        return Err(Failure::argument("a buffer is missing"));
    }
    Ok(())
}

/// # Safety
/// `count` numbers can be read at `from` during the call.
unsafe fn column<'a, T: Number>(from: *const u8, count: u32) -> Result<Column<'a, T>, Failure> {
    present(from, count)?;
    // SAFETY: as promised by the caller.
    Ok(unsafe { Column::new(from, count as usize) })
}

/// # Safety
/// `count` numbers can be written at `to` during the call.
unsafe fn column_mut<'a, T: Number>(to: *mut u8, count: u32) -> Result<ColumnMut<'a, T>, Failure> {
    present(to, count)?;
    // SAFETY: as promised by the caller.
    Ok(unsafe { ColumnMut::new(to, count as usize) })
}

/// The fields at `offsets` of `count` records.
///
/// # Safety
/// `count * STRIDE` bytes can be read at `from` during the call.
unsafe fn fields<'a, const STRIDE: usize, const FIELDS: usize>(
    from: *const u8,
    count: u32,
    offsets: [usize; FIELDS],
) -> Result<[Column<'a, i64, STRIDE>; FIELDS], Failure> {
    present(from, count)?;
    assert!(offsets
        .iter()
        .all(|offset| offset + size_of::<i64>() <= STRIDE));
    // SAFETY: as promised by the caller, and each field is inside its record.
    Ok(offsets.map(|offset| unsafe { Column::new(from.wrapping_add(offset), count as usize) }))
}

/// Prices and quantities of `DepthLevel` records.
///
/// # Safety
/// `count` records can be read at `from` during the call.
unsafe fn sides<'a>(
    from: *const u8,
    count: u32,
) -> Result<[Column<'a, i64, IN_DEPTH_LEVELS>; 2], Failure> {
    let offsets = [
        offset_of!(DepthLevel, price),
        offset_of!(DepthLevel, quantity),
    ];
    // SAFETY: as promised by the caller.
    unsafe { fields(from, count, offsets) }
}

/// Prices from and to, both included.
fn range(reference: f64, distance: f64) -> Result<(i64, i64), Failure> {
    let reference = whole(reference, "the price")?;
    let distance = whole(distance, "the distance")?;
    if distance < 0 {
        return Err(Failure::argument(format!(
            "the distance {distance} is negative"
        )));
    }
    Ok((reference - distance, reference + distance))
}

/// # Safety
/// `length` bytes can be written at `out`.
unsafe fn put_f64<const N: usize>(out: *mut u8, length: u32, numbers: [f64; N]) -> Outcome {
    // SAFETY: as promised by the caller; the numbers' own bytes.
    unsafe { put(out, length, numbers.map(f64::to_ne_bytes).as_flattened()) }?;
    Ok(0)
}

/// # Safety
/// `length` bytes can be written at `out`.
unsafe fn put_sweep(out: *mut u8, length: u32, sweep: Sweep) -> Outcome {
    let figures = [
        sweep.filled as f64,
        sweep.average(),
        sweep.worst as f64,
        sweep.levels as f64,
    ];
    // SAFETY: as promised by the caller.
    unsafe { put_f64(out, length, figures) }
}

/// The level that 0 stands for on this processor.
#[no_mangle]
pub extern "C" fn cwts_math_level() -> i32 {
    guarded(|| Ok(Kernels::best().level() as i64)) as i32
}

/// 1 if this processor has the level, else 0.
#[no_mangle]
pub extern "C" fn cwts_math_has_level(level: u32) -> i32 {
    guarded(|| Ok(i64::from(kernels(level).is_ok()))) as i32
}

/// Writes the sum (`f64`) of the quantities whose price is at most `distance` ticks from `reference`. Prices and
/// quantities are `i64`.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_depth_within(
    level: u32,
    reference: f64,
    distance: f64,
    prices: *const u8,
    quantities: *const u8,
    count: u32,
    out: *mut u8,
    out_length: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        let (low, high) = range(reference, distance)?;
        // SAFETY: as promised by the caller. So below.
        let (prices, quantities) = unsafe { (column(prices, count)?, column(quantities, count)?) };
        let sum = kernels.between(prices, quantities, low, high);
        // SAFETY: as promised by the caller.
        unsafe { put_f64(out, out_length, [sum as f64]) }
    }) as i32
}

/// `cwts_math_depth_within` over `count` `DepthLevel` records.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_depth_within_levels(
    level: u32,
    reference: f64,
    distance: f64,
    levels: *const u8,
    count: u32,
    out: *mut u8,
    out_length: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        let (low, high) = range(reference, distance)?;
        // SAFETY: as promised by the caller.
        let [prices, quantities] = unsafe { sides(levels, count) }?;
        let sum = kernels.between_levels((prices, quantities), low, high);
        // SAFETY: as promised by the caller.
        unsafe { put_f64(out, out_length, [sum as f64]) }
    }) as i32
}

/// Writes to each place of `out` the sum of the quantities up to and with it, or the nearest `i64`. Both are `i64`.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_cumulative(
    level: u32,
    quantities: *const u8,
    out: *mut u8,
    count: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        // SAFETY: as promised by the caller.
        let (quantities, mut out) =
            unsafe { (column(quantities, count)?, column_mut(out, count)?) };
        kernels.cumulative(quantities, &mut out);
        Ok(0)
    }) as i32
}

/// Takes `lots` from the levels in their order, as far as they go, and writes four `f64`: lots found; their average price,
/// NaN for none; price of the last level that gave any; levels to that one. Prices and quantities are `i64`.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_sweep(
    level: u32,
    lots: f64,
    prices: *const u8,
    quantities: *const u8,
    count: u32,
    out: *mut u8,
    out_length: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        let lots = whole(lots, "the size")?;
        // SAFETY: as promised by the caller.
        let (prices, quantities) = unsafe { (column(prices, count)?, column(quantities, count)?) };
        let sweep = kernels.sweep(prices, quantities, lots);
        // SAFETY: as promised by the caller.
        unsafe { put_sweep(out, out_length, sweep) }
    }) as i32
}

/// `cwts_math_sweep` over `count` `DepthLevel` records.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_sweep_levels(
    level: u32,
    lots: f64,
    levels: *const u8,
    count: u32,
    out: *mut u8,
    out_length: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        let lots = whole(lots, "the size")?;
        // SAFETY: as promised by the caller.
        let [prices, quantities] = unsafe { sides(levels, count) }?;
        let sweep = kernels.sweep_levels((prices, quantities), lots);
        // SAFETY: as promised by the caller.
        unsafe { put_sweep(out, out_length, sweep) }
    }) as i32
}

/// Writes the microprice of each of `count` books, NaN for one with an empty side. All columns are `f64`.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_microprice(
    level: u32,
    bids: *const u8,
    bid_quantities: *const u8,
    asks: *const u8,
    ask_quantities: *const u8,
    out: *mut u8,
    count: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        // SAFETY: as promised by the caller.
        let (bids, bid_quantities, asks, ask_quantities, mut out) = unsafe {
            (
                column(bids, count)?,
                column(bid_quantities, count)?,
                column(asks, count)?,
                column(ask_quantities, count)?,
                column_mut(out, count)?,
            )
        };
        kernels.microprice(bids, bid_quantities, asks, ask_quantities, &mut out);
        Ok(0)
    }) as i32
}

/// Writes the imbalance of each of `count` books, NaN for one with an empty side. All columns are `f64`.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_imbalance(
    level: u32,
    bid_quantities: *const u8,
    ask_quantities: *const u8,
    out: *mut u8,
    count: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        // SAFETY: as promised by the caller.
        let (bid_quantities, ask_quantities, mut out) = unsafe {
            (
                column(bid_quantities, count)?,
                column(ask_quantities, count)?,
                column_mut(out, count)?,
            )
        };
        kernels.imbalance(bid_quantities, ask_quantities, &mut out);
        Ok(0)
    }) as i32
}

/// Scopes of `width` entries each among `count`, and whether `length` bytes hold their totals.
fn scopes(width: u32, count: u32, length: u32) -> Result<usize, Failure> {
    if width == 0 || !count.is_multiple_of(width) {
        let sentence = format!("{count} entries are not whole scopes of {width}");
        return Err(Failure::argument(sentence));
    }
    let scopes = (count / width) as usize;
    if (length as usize) / size_of::<[i64; 4]>() < scopes {
        return Err(code::BUFFER_TOO_SMALL.into());
    }
    Ok(scopes)
}

/// Writes the totals of each scope: `totals` is given where it begins and ends.
///
/// # Safety
/// Four numbers per scope can be written at `out`.
unsafe fn put_totals(
    out: *mut u8,
    scopes: usize,
    width: usize,
    totals: impl Fn(usize, usize) -> Totals,
) -> Outcome {
    let length = scopes as u32 * 4;
    // SAFETY: as promised by the caller.
    let mut out = unsafe { column_mut(out, length) }?;
    for scope in 0..scopes {
        let totals = totals(scope * width, (scope + 1) * width);
        let numbers = [totals.long, totals.short, totals.gross, totals.net];
        for (at, number) in numbers.into_iter().enumerate() {
            out.set(scope * 4 + at, saturate(number));
        }
    }
    Ok(scopes as i64)
}

/// Sums worst-case exposure over scopes of `width` entries, one after the other, and writes four `i64` for each, exact or
/// the nearest: `Σ max(0, position + open_buy)`, `Σ max(0, open_sell - position)`, `Σ max(|position + open_buy|,
/// |position - open_sell|)`, `Σ position`. Returns the number of scopes. All columns are `i64`.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_exposure(
    level: u32,
    width: u32,
    positions: *const u8,
    open_buys: *const u8,
    open_sells: *const u8,
    count: u32,
    out: *mut u8,
    out_length: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        let scopes = scopes(width, count, out_length)?;
        // SAFETY: as promised by the caller.
        let (positions, open_buys, open_sells) = unsafe {
            (
                column::<i64>(positions, count)?,
                column::<i64>(open_buys, count)?,
                column::<i64>(open_sells, count)?,
            )
        };
        let totals = |from, to| {
            let part = |column: Column<'static, i64>| column.part(from, to);
            kernels.totals(part(positions), part(open_buys), part(open_sells))
        };
        // SAFETY: as promised by the caller, and the length was looked at.
        unsafe { put_totals(out, scopes, width as usize, totals) }
    }) as i32
}

/// `cwts_math_exposure` over `count` `Exposure` records.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_exposure_records(
    level: u32,
    width: u32,
    exposures: *const u8,
    count: u32,
    out: *mut u8,
    out_length: u32,
) -> i32 {
    guarded(|| {
        let kernels = kernels(level)?;
        let scopes = scopes(width, count, out_length)?;
        let offsets = [
            offset_of!(Exposure, position),
            offset_of!(Exposure, open_buy),
            offset_of!(Exposure, open_sell),
        ];
        // SAFETY: as promised by the caller.
        let columns = unsafe { fields::<IN_EXPOSURES, 3>(exposures, count, offsets) }?;
        let totals = |from, to| kernels.totals_records(columns.map(|column| column.part(from, to)));
        // SAFETY: as promised by the caller, and the length was looked at.
        unsafe { put_totals(out, scopes, width as usize, totals) }
    }) as i32
}

/// CRC-32C of what `previous` is the checksum of (0 for nothing), followed by `length` bytes. Never negative but for a code.
#[no_mangle]
pub unsafe extern "C" fn cwts_math_crc32c(
    level: u32,
    previous: u32,
    bytes: *const u8,
    length: u32,
) -> f64 {
    guarded(|| {
        let kernels = kernels(level)?;
        present(bytes, length)?;
        // SAFETY: as promised by the caller.
        let bytes = unsafe { Bytes::new(bytes, length as usize) };
        Ok(i64::from(kernels.crc32c(previous, bytes)))
    }) as f64
}

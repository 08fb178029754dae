//! Arrays as the kernels see them: somebody's memory, read and written in place.
//!
//! A column is not a slice, because the memory may be the caller's on the other side of the border: of any alignment, and
//! shared with threads that write to it. Where a kernel reads and writes depends on lengths alone, never on a value it read,
//! so such a race can only make a result wrong, as it would in the caller's own language.
use super::lanes::Lanes;
use crate::layout::{DepthLevel, Exposure};
use crate::record::Record;
use core::marker::PhantomData;
use core::mem::size_of;

/// Distance in bytes between the values of an ordinary array.
pub const PACKED: usize = size_of::<i64>();
/// Distance in bytes between the values of one field of `DepthLevel` records.
pub const IN_DEPTH_LEVELS: usize = size_of::<DepthLevel>();
/// Distance in bytes between the values of one field of `Exposure` records.
pub const IN_EXPOSURES: usize = size_of::<Exposure>();

/// What a column holds: numbers of 64 bits of which any bits are one.
pub trait Number: Copy {}
impl Number for i64 {}
impl Number for f64 {}

/// `length` numbers, `STRIDE` bytes from one to the next.
#[derive(Clone, Copy)]
pub struct Column<'a, T: Number, const STRIDE: usize = PACKED> {
    start: *const u8,
    length: usize,
    lives: PhantomData<&'a T>,
}

impl<'a, T: Number> From<&'a [T]> for Column<'a, T> {
    fn from(values: &'a [T]) -> Self {
        // SAFETY: the slice is borrowed for as long as the column lives.
        unsafe { Self::new(values.as_ptr().cast(), values.len()) }
    }
}

impl<'a> Column<'a, i64, IN_DEPTH_LEVELS> {
    /// Prices and quantities of the records.
    #[must_use]
    pub fn of_levels(levels: &'a [DepthLevel]) -> (Self, Self) {
        (
            Self::field(levels, core::mem::offset_of!(DepthLevel, price)),
            Self::field(levels, core::mem::offset_of!(DepthLevel, quantity)),
        )
    }
}

impl<'a> Column<'a, i64, IN_EXPOSURES> {
    /// Positions, open to buy and open to sell of the records.
    #[must_use]
    pub fn of_exposures(exposures: &'a [Exposure]) -> [Self; 3] {
        [
            core::mem::offset_of!(Exposure, position),
            core::mem::offset_of!(Exposure, open_buy),
            core::mem::offset_of!(Exposure, open_sell),
        ]
        .map(|offset| Self::field(exposures, offset))
    }
}

impl<'a, const STRIDE: usize> Column<'a, i64, STRIDE> {
    /// The field at `offset` of the records.
    fn field<R: Record>(records: &'a [R], offset: usize) -> Self {
        assert!(size_of::<R>() == STRIDE && offset + size_of::<i64>() <= STRIDE);
        // An array of none need not lie anywhere, hence `wrapping_add`.
        let start = records.as_ptr().cast::<u8>().wrapping_add(offset);
        // SAFETY: the records are borrowed for as long as the column lives, and each has eight bytes at `offset`.
        unsafe { Self::new(start, records.len()) }
    }
}

impl<'a, T: Number, const STRIDE: usize> Column<'a, T, STRIDE> {
    /// A column over memory that is not ours. With `length` 0 nothing is read.
    ///
    /// # Safety
    /// While the column lives, eight bytes can be read at `start + i * STRIDE` for every `i` below `length`.
    #[must_use]
    pub unsafe fn new(start: *const u8, length: usize) -> Self {
        Self {
            start,
            length,
            lives: PhantomData,
        }
    }

    #[must_use]
    pub fn len(self) -> usize {
        self.length
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.length == 0
    }

    #[inline(always)]
    fn at(self, index: usize) -> *const u8 {
        // SAFETY: callers have checked that `index` is in the column, whose memory is one piece.
        unsafe { self.start.add(index * STRIDE) }
    }

    /// The value at `index`.
    #[inline(always)]
    #[must_use]
    pub fn get(self, index: usize) -> T {
        assert!(index < self.length);
        // SAFETY: inside the column; `new` was promised eight readable bytes there, and any bytes are a `Number`.
        unsafe { self.at(index).cast::<T>().read_unaligned() }
    }

    /// The values from `from` (included) to `to` (not included).
    #[must_use]
    pub fn part(self, from: usize, to: usize) -> Self {
        assert!(from <= to && to <= self.length);
        // SAFETY: a part of memory that `new` was promised; `wrapping_add` because an empty part may lie past the end.
        unsafe { Self::new(self.start.wrapping_add(from * STRIDE), to - from) }
    }
}

impl<const STRIDE: usize> Column<'_, i64, STRIDE> {
    /// One register of values from `index` on.
    #[inline(always)]
    pub fn lanes<L: Lanes>(self, cpu: L, index: usize) -> L::I {
        assert!(index + L::LANES <= self.length);
        if STRIDE == PACKED {
            // SAFETY: `LANES` values in a row are inside the column.
            return unsafe { cpu.load(self.at(index)) };
        }
        // SAFETY: likewise, `STRIDE` bytes apart.
        unsafe { cpu.load_apart::<STRIDE>(self.at(index)) }
    }

    /// The last `len - index` values, fewer than a register holds, and zeros.
    #[inline(always)]
    pub fn rest<L: Lanes>(self, cpu: L, index: usize) -> L::I {
        let mut values = [0; MOST_LANES];
        for (value, at) in values.iter_mut().zip(index..self.length) {
            *value = self.get(at);
        }
        // SAFETY: a register's worth of our own memory.
        unsafe { cpu.load(values.as_ptr().cast()) }
    }
}

impl Column<'_, f64> {
    /// One register of values from `index` on.
    #[inline(always)]
    pub fn lanes<L: Lanes>(self, cpu: L, index: usize) -> L::F {
        assert!(index + L::LANES <= self.length);
        // SAFETY: `LANES` values in a row are inside the column.
        unsafe { cpu.load_f(self.at(index)) }
    }

    /// The last `len - index` values, fewer than a register holds, and zeros.
    #[inline(always)]
    pub fn rest<L: Lanes>(self, cpu: L, index: usize) -> L::F {
        let mut values = [0.0; MOST_LANES];
        for (value, at) in values.iter_mut().zip(index..self.length) {
            *value = self.get(at);
        }
        // SAFETY: a register's worth of our own memory.
        unsafe { cpu.load_f(values.as_ptr().cast()) }
    }
}

/// Lanes of the widest register.
pub const MOST_LANES: usize = 8;

/// `length` numbers to be written, one after the other.
pub struct ColumnMut<'a, T: Number> {
    start: *mut u8,
    length: usize,
    lives: PhantomData<&'a mut T>,
}

impl<'a, T: Number> From<&'a mut [T]> for ColumnMut<'a, T> {
    fn from(values: &'a mut [T]) -> Self {
        // SAFETY: the slice is borrowed for as long as the column lives.
        unsafe { Self::new(values.as_mut_ptr().cast(), values.len()) }
    }
}

impl<T: Number> ColumnMut<'_, T> {
    /// A column over memory that is not ours. It may be the memory of an input, from the same start on; overlapping one
    /// in another way gives values of no meaning.
    ///
    /// # Safety
    /// While the column lives, `8 * length` bytes can be written at `start`.
    #[must_use]
    pub unsafe fn new(start: *mut u8, length: usize) -> Self {
        Self {
            start,
            length,
            lives: PhantomData,
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Writes the value at `index`.
    #[inline(always)]
    pub fn set(&mut self, index: usize, value: T) {
        assert!(index < self.length);
        // SAFETY: inside the column; `new` was promised eight writable bytes there.
        unsafe {
            self.start
                .add(index * PACKED)
                .cast::<T>()
                .write_unaligned(value);
        }
    }
}

impl ColumnMut<'_, i64> {
    /// Writes one register from `index` on.
    #[inline(always)]
    pub fn set_lanes<L: Lanes>(&mut self, cpu: L, index: usize, values: L::I) {
        assert!(index + L::LANES <= self.length);
        // SAFETY: `LANES` values in a row are inside the column.
        unsafe { cpu.store(self.start.add(index * PACKED), values) };
    }
}

impl ColumnMut<'_, f64> {
    /// Writes one register from `index` on.
    #[inline(always)]
    pub fn set_lanes<L: Lanes>(&mut self, cpu: L, index: usize, values: L::F) {
        assert!(index + L::LANES <= self.length);
        // SAFETY: `LANES` values in a row are inside the column.
        unsafe { cpu.store_f(self.start.add(index * PACKED), values) };
    }

    /// Writes the first lanes to the last places, `len - index` of them, fewer than a register holds.
    #[inline(always)]
    pub fn set_rest<L: Lanes>(&mut self, cpu: L, index: usize, values: L::F) {
        let mut all = [0.0; MOST_LANES];
        // SAFETY: a register's worth of our own memory.
        unsafe { cpu.store_f(all.as_mut_ptr().cast(), values) };
        for (value, at) in all.into_iter().zip(index..self.length) {
            self.set(at, value);
        }
    }
}

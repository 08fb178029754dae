//! Registers of several 64-bit numbers: one trait, implemented per instruction set, so that each kernel is written once.
//!
//! A value of an implementing type is a proof that the processor has the instructions: only `here` makes one, and whoever
//! calls it has asked the processor. So the operations are safe, and the kernels above them are ordinary code. Everything
//! is `inline(always)`: it must melt into a function compiled for the instruction set (see [`super::kernels`]).

/// The operations of a register as a table: what each is, in the processor's own.
macro_rules! operations {
    ($($name:ident($($argument:ident: $type:ty),+) -> $result:ty = $body:expr;)*) => {
        $(
            #[inline(always)]
            #[allow(unused_unsafe)] // Which intrinsics are unsafe to call depends on the version of the compiler.
            fn $name(self, $($argument: $type),+) -> $result {
                // SAFETY: `self` is the proof that the processor has these instructions, and none touches memory.
                unsafe { $body }
            }
        )*
    };
}

/// Loads and stores likewise.
macro_rules! transfers {
    ($($name:ident$(<const $stride:ident>)?($($argument:ident: $type:ty),+) $(-> $result:ty)? = $body:expr;)*) => {
        $(
            #[inline(always)]
            unsafe fn $name$(<const $stride: usize>)?(self, $($argument: $type),+) $(-> $result)? {
                // SAFETY: `self` is the proof that the processor has these instructions; the memory is as the caller
                // promised.
                unsafe { $body }
            }
        )*
    };
}

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod sse42;

#[cfg(target_arch = "aarch64")]
pub use neon::Neon;
#[cfg(target_arch = "x86_64")]
pub use {avx2::Avx2, avx512::Avx512, sse42::Sse42};

use super::column::MOST_LANES;

/// Operations on registers of `LANES` numbers. Integer arithmetic wraps; floating-point operations are those of IEEE 754,
/// never fused. Pointers may be unaligned.
pub trait Lanes: Copy {
    /// Numbers in a register, at most `MOST_LANES`.
    const LANES: usize;
    /// Register of `i64`.
    type I: Copy;
    /// Register of `f64`.
    type F: Copy;
    /// Yes or no per lane.
    type M: Copy;

    /// # Safety
    /// `LANES` values can be read at `from`.
    unsafe fn load(self, from: *const u8) -> Self::I;
    /// # Safety
    /// `LANES` values can be read at `from`, `STRIDE` bytes apart.
    unsafe fn load_apart<const STRIDE: usize>(self, from: *const u8) -> Self::I;
    /// # Safety
    /// `LANES` values can be written at `to`.
    unsafe fn store(self, to: *mut u8, values: Self::I);
    /// # Safety
    /// `LANES` values can be read at `from`.
    unsafe fn load_f(self, from: *const u8) -> Self::F;
    /// # Safety
    /// `LANES` values can be written at `to`.
    unsafe fn store_f(self, to: *mut u8, values: Self::F);

    fn splat(self, value: i64) -> Self::I;
    fn add(self, a: Self::I, b: Self::I) -> Self::I;
    fn sub(self, a: Self::I, b: Self::I) -> Self::I;
    fn and(self, a: Self::I, b: Self::I) -> Self::I;
    fn or(self, a: Self::I, b: Self::I) -> Self::I;
    fn xor(self, a: Self::I, b: Self::I) -> Self::I;
    /// Each lane divided by 2^32, rounded down.
    fn high_half(self, a: Self::I) -> Self::I;
    /// −1 where negative, else 0.
    fn sign(self, a: Self::I) -> Self::I;
    /// Product of the lanes' low halves, as signed numbers of 32 bits.
    fn mul_low(self, a: Self::I, b: Self::I) -> Self::I;
    /// In each lane the sum of all lanes up to and with it.
    fn prefix(self, a: Self::I) -> Self::I;
    /// The last lane in every lane.
    fn splat_last(self, a: Self::I) -> Self::I;
    /// The first lane.
    fn first(self, a: Self::I) -> i64;
    /// Whether all bits of all lanes are zero.
    fn is_zero(self, a: Self::I) -> bool;
    fn gt(self, a: Self::I, b: Self::I) -> Self::M;
    /// `a` where `mask` says no, else 0.
    fn clear(self, mask: Self::M, a: Self::I) -> Self::I;

    fn splat_f(self, value: f64) -> Self::F;
    fn add_f(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub_f(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul_f(self, a: Self::F, b: Self::F) -> Self::F;
    fn div_f(self, a: Self::F, b: Self::F) -> Self::F;
    fn abs_f(self, a: Self::F) -> Self::F;
    /// Whether `a < b`; no where either is NaN.
    fn lt_f(self, a: Self::F, b: Self::F) -> Self::M;
    /// `a` where `mask` says yes, else `b`.
    fn select_f(self, mask: Self::M, a: Self::F, b: Self::F) -> Self::F;

    fn either(self, a: Self::M, b: Self::M) -> Self::M;
    fn both(self, a: Self::M, b: Self::M) -> Self::M;

    /// A number with the same leading zeros as the larger of `a` and `-1 - a`: at most `2^n - 1` exactly when
    /// `-2^n ≤ a < 2^n`.
    #[inline(always)]
    fn magnitude(self, a: Self::I) -> Self::I {
        self.xor(a, self.sign(a))
    }

    /// The lanes' absolute values; `i64::MIN` stays as it is.
    #[inline(always)]
    fn abs(self, a: Self::I) -> Self::I {
        let sign = self.sign(a);
        self.sub(self.xor(a, sign), sign)
    }

    /// The lanes, and 0 for those that are negative.
    #[inline(always)]
    fn max_zero(self, a: Self::I) -> Self::I {
        self.and(a, self.xor(self.sign(a), self.splat(-1)))
    }

    /// The lanes, in front of zeros.
    #[inline(always)]
    fn to_array(self, a: Self::I) -> [i64; MOST_LANES] {
        let mut values = [0; MOST_LANES];
        // SAFETY: a register's worth of our own memory.
        unsafe { self.store(values.as_mut_ptr().cast(), a) };
        values
    }
}

/// The value `index` steps of `STRIDE` bytes after `from`.
///
/// # Safety
/// Eight bytes can be read there.
#[inline(always)]
unsafe fn value_at<const STRIDE: usize>(from: *const u8, index: usize) -> i64 {
    // SAFETY: as promised by the caller.
    unsafe { from.add(index * STRIDE).cast::<i64>().read_unaligned() }
}

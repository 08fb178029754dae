//! Two lanes on 64-bit ARM.
use super::{value_at, Lanes};
use core::arch::aarch64::*;

/// Proof that the processor has NEON.
#[derive(Clone, Copy)]
pub struct Neon(());

impl Neon {
    /// # Safety
    /// The processor has NEON.
    #[inline(always)]
    pub unsafe fn here() -> Self {
        Self(())
    }
}

impl Lanes for Neon {
    const LANES: usize = 2;
    type I = int64x2_t;
    type F = float64x2_t;
    type M = uint64x2_t;

    transfers! {
        load(from: *const u8) -> int64x2_t = vreinterpretq_s64_u8(vld1q_u8(from));
        load_apart<const STRIDE>(from: *const u8) -> int64x2_t =
            vcombine_s64(
                vcreate_s64(value_at::<STRIDE>(from, 0) as u64),
                vcreate_s64(value_at::<STRIDE>(from, 1) as u64)
            );
        store(to: *mut u8, values: int64x2_t) = vst1q_u8(to, vreinterpretq_u8_s64(values));
        load_f(from: *const u8) -> float64x2_t = vreinterpretq_f64_u8(vld1q_u8(from));
        store_f(to: *mut u8, values: float64x2_t) = vst1q_u8(to, vreinterpretq_u8_f64(values));
    }

    operations! {
        splat(value: i64) -> int64x2_t = vdupq_n_s64(value);
        add(a: int64x2_t, b: int64x2_t) -> int64x2_t = vaddq_s64(a, b);
        sub(a: int64x2_t, b: int64x2_t) -> int64x2_t = vsubq_s64(a, b);
        and(a: int64x2_t, b: int64x2_t) -> int64x2_t = vandq_s64(a, b);
        or(a: int64x2_t, b: int64x2_t) -> int64x2_t = vorrq_s64(a, b);
        xor(a: int64x2_t, b: int64x2_t) -> int64x2_t = veorq_s64(a, b);
        high_half(a: int64x2_t) -> int64x2_t = vshrq_n_s64::<32>(a);
        sign(a: int64x2_t) -> int64x2_t = vshrq_n_s64::<63>(a);
        mul_low(a: int64x2_t, b: int64x2_t) -> int64x2_t = vmull_s32(vmovn_s64(a), vmovn_s64(b));
        prefix(a: int64x2_t) -> int64x2_t = vaddq_s64(a, vextq_s64::<1>(vdupq_n_s64(0), a));
        splat_last(a: int64x2_t) -> int64x2_t = vdupq_laneq_s64::<1>(a);
        first(a: int64x2_t) -> i64 = vgetq_lane_s64::<0>(a);
        is_zero(a: int64x2_t) -> bool = (vgetq_lane_s64::<0>(a) | vgetq_lane_s64::<1>(a)) == 0;
        gt(a: int64x2_t, b: int64x2_t) -> uint64x2_t = vcgtq_s64(a, b);
        clear(mask: uint64x2_t, a: int64x2_t) -> int64x2_t = vbicq_s64(a, vreinterpretq_s64_u64(mask));

        splat_f(value: f64) -> float64x2_t = vdupq_n_f64(value);
        add_f(a: float64x2_t, b: float64x2_t) -> float64x2_t = vaddq_f64(a, b);
        sub_f(a: float64x2_t, b: float64x2_t) -> float64x2_t = vsubq_f64(a, b);
        mul_f(a: float64x2_t, b: float64x2_t) -> float64x2_t = vmulq_f64(a, b);
        div_f(a: float64x2_t, b: float64x2_t) -> float64x2_t = vdivq_f64(a, b);
        abs_f(a: float64x2_t) -> float64x2_t = vabsq_f64(a);
        lt_f(a: float64x2_t, b: float64x2_t) -> uint64x2_t = vcltq_f64(a, b);
        select_f(mask: uint64x2_t, a: float64x2_t, b: float64x2_t) -> float64x2_t = vbslq_f64(mask, a, b);

        either(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t = vorrq_u64(a, b);
        both(a: uint64x2_t, b: uint64x2_t) -> uint64x2_t = vandq_u64(a, b);
    }
}

//! Two lanes with SSE4.2.
use super::{value_at, Lanes};
use core::arch::x86_64::*;

/// Proof that the processor has SSE4.2.
#[derive(Clone, Copy)]
pub struct Sse42(());

impl Sse42 {
    /// # Safety
    /// The processor has SSE4.2.
    #[inline(always)]
    pub unsafe fn here() -> Self {
        Self(())
    }
}

impl Lanes for Sse42 {
    const LANES: usize = 2;
    type I = __m128i;
    type F = __m128d;
    type M = __m128i;

    transfers! {
        load(from: *const u8) -> __m128i = _mm_loadu_si128(from.cast());
        load_apart<const STRIDE>(from: *const u8) -> __m128i =
            _mm_set_epi64x(value_at::<STRIDE>(from, 1), value_at::<STRIDE>(from, 0));
        store(to: *mut u8, values: __m128i) = _mm_storeu_si128(to.cast(), values);
        load_f(from: *const u8) -> __m128d = _mm_loadu_pd(from.cast());
        store_f(to: *mut u8, values: __m128d) = _mm_storeu_pd(to.cast(), values);
    }

    operations! {
        splat(value: i64) -> __m128i = _mm_set1_epi64x(value);
        add(a: __m128i, b: __m128i) -> __m128i = _mm_add_epi64(a, b);
        sub(a: __m128i, b: __m128i) -> __m128i = _mm_sub_epi64(a, b);
        and(a: __m128i, b: __m128i) -> __m128i = _mm_and_si128(a, b);
        or(a: __m128i, b: __m128i) -> __m128i = _mm_or_si128(a, b);
        xor(a: __m128i, b: __m128i) -> __m128i = _mm_xor_si128(a, b);
        // There is no arithmetic shift of 64 bits: the upper words come from one of 32.
        high_half(a: __m128i) -> __m128i =
            _mm_blend_epi16(_mm_srli_epi64(a, 32), _mm_srai_epi32(a, 31), 0b1100_1100);
        sign(a: __m128i) -> __m128i = _mm_cmpgt_epi64(_mm_setzero_si128(), a);
        mul_low(a: __m128i, b: __m128i) -> __m128i = _mm_mul_epi32(a, b);
        prefix(a: __m128i) -> __m128i = _mm_add_epi64(a, _mm_slli_si128(a, 8));
        splat_last(a: __m128i) -> __m128i = _mm_unpackhi_epi64(a, a);
        first(a: __m128i) -> i64 = _mm_cvtsi128_si64(a);
        is_zero(a: __m128i) -> bool = _mm_testz_si128(a, a) == 1;
        gt(a: __m128i, b: __m128i) -> __m128i = _mm_cmpgt_epi64(a, b);
        clear(mask: __m128i, a: __m128i) -> __m128i = _mm_andnot_si128(mask, a);

        splat_f(value: f64) -> __m128d = _mm_set1_pd(value);
        add_f(a: __m128d, b: __m128d) -> __m128d = _mm_add_pd(a, b);
        sub_f(a: __m128d, b: __m128d) -> __m128d = _mm_sub_pd(a, b);
        mul_f(a: __m128d, b: __m128d) -> __m128d = _mm_mul_pd(a, b);
        div_f(a: __m128d, b: __m128d) -> __m128d = _mm_div_pd(a, b);
        abs_f(a: __m128d) -> __m128d = _mm_andnot_pd(_mm_set1_pd(-0.0), a);
        lt_f(a: __m128d, b: __m128d) -> __m128i = _mm_castpd_si128(_mm_cmplt_pd(a, b));
        select_f(mask: __m128i, a: __m128d, b: __m128d) -> __m128d = _mm_blendv_pd(b, a, _mm_castsi128_pd(mask));

        either(a: __m128i, b: __m128i) -> __m128i = _mm_or_si128(a, b);
        both(a: __m128i, b: __m128i) -> __m128i = _mm_and_si128(a, b);
    }
}

//! Eight lanes with AVX-512.
use super::{value_at, Lanes};
use core::arch::x86_64::*;

/// Proof that the processor has AVX-512 F, DQ and VL.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    /// # Safety
    /// The processor has AVX-512 F, DQ and VL.
    #[inline(always)]
    pub unsafe fn here() -> Self {
        Self(())
    }
}

impl Lanes for Avx512 {
    const LANES: usize = 8;
    type I = __m512i;
    type F = __m512d;
    type M = __mmask8;

    transfers! {
        load(from: *const u8) -> __m512i = _mm512_loadu_si512(from.cast());
        // Inserted one by one: a gather was no faster, and is slow where processors had to be mended.
        load_apart<const STRIDE>(from: *const u8) -> __m512i = _mm512_set_epi64(
            value_at::<STRIDE>(from, 7),
            value_at::<STRIDE>(from, 6),
            value_at::<STRIDE>(from, 5),
            value_at::<STRIDE>(from, 4),
            value_at::<STRIDE>(from, 3),
            value_at::<STRIDE>(from, 2),
            value_at::<STRIDE>(from, 1),
            value_at::<STRIDE>(from, 0)
        );
        store(to: *mut u8, values: __m512i) = _mm512_storeu_si512(to.cast(), values);
        load_f(from: *const u8) -> __m512d = _mm512_loadu_pd(from.cast());
        store_f(to: *mut u8, values: __m512d) = _mm512_storeu_pd(to.cast(), values);
    }

    operations! {
        splat(value: i64) -> __m512i = _mm512_set1_epi64(value);
        add(a: __m512i, b: __m512i) -> __m512i = _mm512_add_epi64(a, b);
        sub(a: __m512i, b: __m512i) -> __m512i = _mm512_sub_epi64(a, b);
        and(a: __m512i, b: __m512i) -> __m512i = _mm512_and_si512(a, b);
        or(a: __m512i, b: __m512i) -> __m512i = _mm512_or_si512(a, b);
        xor(a: __m512i, b: __m512i) -> __m512i = _mm512_xor_si512(a, b);
        high_half(a: __m512i) -> __m512i = _mm512_srai_epi64::<32>(a);
        sign(a: __m512i) -> __m512i = _mm512_srai_epi64::<63>(a);
        mul_low(a: __m512i, b: __m512i) -> __m512i = _mm512_mul_epi32(a, b);
        // Each lane takes in the one 1, then 2, then 4 before it; zeros come in from the front.
        prefix(a: __m512i) -> __m512i = {
            let zero = _mm512_setzero_si512();
            let two = _mm512_add_epi64(a, _mm512_alignr_epi64::<7>(a, zero));
            let four = _mm512_add_epi64(two, _mm512_alignr_epi64::<6>(two, zero));
            _mm512_add_epi64(four, _mm512_alignr_epi64::<4>(four, zero))
        };
        splat_last(a: __m512i) -> __m512i = _mm512_permutexvar_epi64(_mm512_set1_epi64(7), a);
        first(a: __m512i) -> i64 = _mm_cvtsi128_si64(_mm512_castsi512_si128(a));
        is_zero(a: __m512i) -> bool = _mm512_test_epi64_mask(a, a) == 0;
        gt(a: __m512i, b: __m512i) -> __mmask8 = _mm512_cmpgt_epi64_mask(a, b);
        clear(mask: __mmask8, a: __m512i) -> __m512i = _mm512_maskz_mov_epi64(!mask, a);

        splat_f(value: f64) -> __m512d = _mm512_set1_pd(value);
        add_f(a: __m512d, b: __m512d) -> __m512d = _mm512_add_pd(a, b);
        sub_f(a: __m512d, b: __m512d) -> __m512d = _mm512_sub_pd(a, b);
        mul_f(a: __m512d, b: __m512d) -> __m512d = _mm512_mul_pd(a, b);
        div_f(a: __m512d, b: __m512d) -> __m512d = _mm512_div_pd(a, b);
        abs_f(a: __m512d) -> __m512d = _mm512_abs_pd(a);
        lt_f(a: __m512d, b: __m512d) -> __mmask8 = _mm512_cmp_pd_mask::<_CMP_LT_OQ>(a, b);
        select_f(mask: __mmask8, a: __m512d, b: __m512d) -> __m512d = _mm512_mask_blend_pd(mask, b, a);

        either(a: __mmask8, b: __mmask8) -> __mmask8 = a | b;
        both(a: __mmask8, b: __mmask8) -> __mmask8 = a & b;
    }
}

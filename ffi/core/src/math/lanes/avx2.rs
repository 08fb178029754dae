//! Four lanes with AVX2.
use super::{value_at, Lanes};
use core::arch::x86_64::*;

/// Proof that the processor has AVX2.
#[derive(Clone, Copy)]
pub struct Avx2(());

impl Avx2 {
    /// # Safety
    /// The processor has AVX2.
    #[inline(always)]
    pub unsafe fn here() -> Self {
        Self(())
    }
}

impl Lanes for Avx2 {
    const LANES: usize = 4;
    type I = __m256i;
    type F = __m256d;
    type M = __m256i;

    transfers! {
        load(from: *const u8) -> __m256i = _mm256_loadu_si256(from.cast());
        load_apart<const STRIDE>(from: *const u8) -> __m256i = _mm256_set_epi64x(
            value_at::<STRIDE>(from, 3),
            value_at::<STRIDE>(from, 2),
            value_at::<STRIDE>(from, 1),
            value_at::<STRIDE>(from, 0)
        );
        store(to: *mut u8, values: __m256i) = _mm256_storeu_si256(to.cast(), values);
        load_f(from: *const u8) -> __m256d = _mm256_loadu_pd(from.cast());
        store_f(to: *mut u8, values: __m256d) = _mm256_storeu_pd(to.cast(), values);
    }

    operations! {
        splat(value: i64) -> __m256i = _mm256_set1_epi64x(value);
        add(a: __m256i, b: __m256i) -> __m256i = _mm256_add_epi64(a, b);
        sub(a: __m256i, b: __m256i) -> __m256i = _mm256_sub_epi64(a, b);
        and(a: __m256i, b: __m256i) -> __m256i = _mm256_and_si256(a, b);
        or(a: __m256i, b: __m256i) -> __m256i = _mm256_or_si256(a, b);
        xor(a: __m256i, b: __m256i) -> __m256i = _mm256_xor_si256(a, b);
        // There is no arithmetic shift of 64 bits: the upper words come from one of 32.
        high_half(a: __m256i) -> __m256i =
            _mm256_blend_epi32(_mm256_srli_epi64(a, 32), _mm256_srai_epi32(a, 31), 0b1010_1010);
        sign(a: __m256i) -> __m256i = _mm256_cmpgt_epi64(_mm256_setzero_si256(), a);
        mul_low(a: __m256i, b: __m256i) -> __m256i = _mm256_mul_epi32(a, b);
        // Sums of pairs, then the sum of the lower pair onto the upper one.
        prefix(a: __m256i) -> __m256i = {
            let pairs = _mm256_add_epi64(a, _mm256_slli_si256(a, 8));
            let lower = _mm256_permute4x64_epi64(pairs, 0b01_01_00_00);
            _mm256_add_epi64(pairs, _mm256_blend_epi32(_mm256_setzero_si256(), lower, 0b1111_0000))
        };
        splat_last(a: __m256i) -> __m256i = _mm256_permute4x64_epi64(a, 0b11_11_11_11);
        first(a: __m256i) -> i64 = _mm_cvtsi128_si64(_mm256_castsi256_si128(a));
        is_zero(a: __m256i) -> bool = _mm256_testz_si256(a, a) == 1;
        gt(a: __m256i, b: __m256i) -> __m256i = _mm256_cmpgt_epi64(a, b);
        clear(mask: __m256i, a: __m256i) -> __m256i = _mm256_andnot_si256(mask, a);

        splat_f(value: f64) -> __m256d = _mm256_set1_pd(value);
        add_f(a: __m256d, b: __m256d) -> __m256d = _mm256_add_pd(a, b);
        sub_f(a: __m256d, b: __m256d) -> __m256d = _mm256_sub_pd(a, b);
        mul_f(a: __m256d, b: __m256d) -> __m256d = _mm256_mul_pd(a, b);
        div_f(a: __m256d, b: __m256d) -> __m256d = _mm256_div_pd(a, b);
        abs_f(a: __m256d) -> __m256d = _mm256_andnot_pd(_mm256_set1_pd(-0.0), a);
        lt_f(a: __m256d, b: __m256d) -> __m256i = _mm256_castpd_si256(_mm256_cmp_pd::<_CMP_LT_OQ>(a, b));
        select_f(mask: __m256i, a: __m256d, b: __m256d) -> __m256d =
            _mm256_blendv_pd(b, a, _mm256_castsi256_pd(mask));

        either(a: __m256i, b: __m256i) -> __m256i = _mm256_or_si256(a, b);
        both(a: __m256i, b: __m256i) -> __m256i = _mm256_and_si256(a, b);
    }
}

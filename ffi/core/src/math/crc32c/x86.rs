//! CRC-32C with the instructions of x86-64.
//!
//! `crc32` takes eight bytes at a time but its answer takes three cycles, so long inputs are cut into three streams; their
//! registers are brought together by a carry-less multiplication, because putting `n` zero bits after a message multiplies
//! its register by `x^n`. With AVX-512, carry-less multiplication does it all: 256 bytes are folded onto the next 256. Both
//! as in V. Gopal et al., "Fast CRC computation for iSCSI polynomial using CRC32 instruction" and "… for generic polynomials
//! using PCLMULQDQ instruction", Intel 2011 and 2009; the constants are computed here.
use super::super::bytes::Bytes;
use super::x_to;
use core::arch::x86_64::*;

/// Bytes of one of three streams: long enough to be worth a join, then short enough to be found in most of what is left.
const LONG: usize = 1024;
const SHORT: usize = 128;

/// [`super::update`] with the `crc32` instruction.
///
/// # Safety
/// The processor has SSE4.2 and PCLMULQDQ.
#[target_feature(enable = "sse4.2,pclmulqdq")]
pub unsafe fn update_sse42(previous: u32, bytes: Bytes) -> u32 {
    let (register, at) = streams::<LONG>(!previous, bytes, 0);
    let (register, at) = streams::<SHORT>(register, bytes, at);
    !serial(register, bytes, at)
}

/// Takes in three times `LENGTH` bytes from `at` on, as often as there are as many; returns the register and the place.
#[inline]
#[target_feature(enable = "sse4.2,pclmulqdq")]
fn streams<const LENGTH: usize>(mut register: u32, bytes: Bytes, mut at: usize) -> (u32, usize) {
    while bytes.len() - at >= 3 * LENGTH {
        let mut first = u64::from(register);
        let (mut second, mut third) = (0, 0);
        for place in (at..at + LENGTH).step_by(8) {
            first = _mm_crc32_u64(first, bytes.word(place));
            second = _mm_crc32_u64(second, bytes.word(place + LENGTH));
            third = _mm_crc32_u64(third, bytes.word(place + 2 * LENGTH));
        }
        let first = shifted(first, const { shift(2 * LENGTH) });
        let second = shifted(second, const { shift(LENGTH) });
        register = first ^ second ^ third as u32;
        at += 3 * LENGTH;
    }
    (register, at)
}

/// What [`shifted`] multiplies with to put `bytes` zero bytes after a message: `x^(8 · bytes)`, less the `x^33` that the
/// multiplication of reflected numbers (1) and the `crc32` instruction (32) bring along.
const fn shift(bytes: usize) -> u32 {
    x_to(8 * bytes as u32 - 33)
}

/// `register · by · x^33` modulo the polynomial.
#[inline]
#[target_feature(enable = "sse4.2,pclmulqdq")]
fn shifted(register: u64, by: u32) -> u32 {
    let register = _mm_cvtsi64_si128(register as i64);
    let product = _mm_clmulepi64_si128(register, _mm_cvtsi64_si128(i64::from(by)), 0);
    _mm_crc32_u64(0, _mm_cvtsi128_si64(product) as u64) as u32
}

/// Takes in the rest from `at` on, eight bytes at a time, then single ones.
#[inline]
#[target_feature(enable = "sse4.2")]
fn serial(register: u32, bytes: Bytes, at: usize) -> u32 {
    let mut register = u64::from(register);
    let whole = bytes.len() - (bytes.len() - at) % 8;
    for place in (at..whole).step_by(8) {
        register = _mm_crc32_u64(register, bytes.word(place));
    }
    let mut register = register as u32;
    for place in whole..bytes.len() {
        register = _mm_crc32_u8(register, bytes.get(place));
    }
    register
}

/// Bytes folded at once, in four registers.
const FOLD: usize = 256;
/// Below this the start and end of folding cost more than it saves.
const WORTH_FOLDING: usize = 2 * FOLD;

/// [`super::update`] by folding.
///
/// # Safety
/// The processor has AVX-512 F, VPCLMULQDQ, SSE4.2 and PCLMULQDQ.
#[target_feature(enable = "avx512f,vpclmulqdq,sse4.2,pclmulqdq")]
pub unsafe fn update_folding(previous: u32, bytes: Bytes) -> u32 {
    if bytes.len() < WORTH_FOLDING {
        // SAFETY: the processor has what this needs as well.
        return unsafe { update_sse42(previous, bytes) };
    }
    let load = |at: usize| {
        // SAFETY: 64 bytes inside.
        unsafe { _mm512_loadu_si512(bytes.at(at, 64).cast()) }
    };
    let mut lanes = [load(0), load(64), load(128), load(192)];
    // The register goes in front of the message: onto its first four bytes.
    let register = _mm512_zextsi128_si512(_mm_cvtsi32_si128(!previous as i32));
    lanes[0] = _mm512_xor_si512(lanes[0], register);
    let mut at = FOLD;
    while bytes.len() - at >= FOLD {
        for (i, lane) in lanes.iter_mut().enumerate() {
            *lane = fold::<{ 8 * FOLD as u32 }>(*lane, load(at + 64 * i));
        }
        at += FOLD;
    }
    let [mut all, rest @ ..] = lanes;
    for lane in rest {
        all = fold::<512>(all, lane);
    }
    while bytes.len() - at >= 64 {
        all = fold::<512>(all, load(at));
        at += 64;
    }
    let mut last = _mm512_extracti32x4_epi32::<0>(all);
    last = fold_small(last, _mm512_extracti32x4_epi32::<1>(all));
    last = fold_small(last, _mm512_extracti32x4_epi32::<2>(all));
    last = fold_small(last, _mm512_extracti32x4_epi32::<3>(all));
    // These 16 bytes have the same register as all bytes so far.
    let low = _mm_crc32_u64(0, _mm_cvtsi128_si64(last) as u64);
    let register = _mm_crc32_u64(low, _mm_extract_epi64::<1>(last) as u64) as u32;
    !serial(register, bytes, at)
}

/// The two multipliers that bring 128 bits over a distance of `BITS`: `x^(BITS + 64)` for the lower (earlier) half and
/// `x^BITS` for the upper, each less the `x` that the multiplication of reflected numbers brings along. In 64 bits.
const fn multipliers(bits: u32) -> (i64, i64) {
    (
        ((x_to(bits + 63) as u64) << 32) as i64,
        ((x_to(bits - 1) as u64) << 32) as i64,
    )
}

/// `next`, and onto it `lane`, which stands `BITS` before it.
#[inline]
#[target_feature(enable = "avx512f,vpclmulqdq")]
fn fold<const BITS: u32>(lane: __m512i, next: __m512i) -> __m512i {
    let (low, high) = const { multipliers(BITS) };
    let by = _mm512_set_epi64(high, low, high, low, high, low, high, low);
    let low = _mm512_clmulepi64_epi128(lane, by, 0x00);
    let high = _mm512_clmulepi64_epi128(lane, by, 0x11);
    // 0x96 is the truth table of a ^ b ^ c.
    _mm512_ternarylogic_epi64::<0x96>(low, high, next)
}

/// [`fold`] of 16 bytes onto the next 16.
#[inline]
#[target_feature(enable = "sse2,pclmulqdq")]
fn fold_small(lane: __m128i, next: __m128i) -> __m128i {
    let (low, high) = const { multipliers(128) };
    let by = _mm_set_epi64x(high, low);
    let low = _mm_clmulepi64_si128(lane, by, 0x00);
    let high = _mm_clmulepi64_si128(lane, by, 0x11);
    _mm_xor_si128(_mm_xor_si128(low, high), next)
}

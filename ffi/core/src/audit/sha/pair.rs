//! Two messages at a time with the SHA instructions of x86-64.
//!
//! The state of a message is kept the way the instructions want it, words A B E F in one register and C D G H in another,
//! from its first block to its last; its words are read where they lie. A lane that ends its message takes the next one; the other is not disturbed.
//! Algorithm: FIPS 180-4, section 6.2; use of the instructions after Intel's "SHA Extensions" (2013).
use crate::audit::format::Hash;
use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_blend_epi16, _mm_cvtsi32_si128, _mm_loadu_si128,
    _mm_or_si128, _mm_set_epi64x, _mm_set_epi8, _mm_setzero_si128, _mm_sha256msg1_epu32,
    _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi32, _mm_shuffle_epi8,
    _mm_slli_si128, _mm_storeu_si128,
};

const BLOCK: usize = 64;
/// Bytes of padding at least: a bit, and the length.
const PADDING: usize = 9;

/// FIPS 180-4, section 4.2.2.
const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// Whether this processor has what [`hash_all`] needs.
#[inline]
pub fn is_available() -> bool {
    is_x86_feature_detected!("sha")
        && is_x86_feature_detected!("ssse3")
        && is_x86_feature_detected!("sse4.1")
}

/// As [`super::hash_all`]. The processor must have the instructions, see [`is_available`].
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
pub fn hash_all<'a>(prefix: u8, message: impl Fn(usize) -> &'a [u8], out: &mut [Hash]) {
    let mut next = 0;
    let mut take = |out: &mut [Hash]| {
        while next < out.len() {
            let place = next;
            next += 1;
            let bytes = message(place);
            if bytes.len() >= SHORTEST {
                return Some(Lane::new(prefix, bytes, place));
            }
            out[place] = super::hash_one(prefix, bytes);
        }
        None
    };
    let Some(mut a) = take(out) else { return };
    let mut state = initial();
    if let Some(mut b) = take(out) {
        let mut beside = initial();
        loop {
            [state, beside] = compress_two([state, beside], [a.block(), b.block()]);
            a.at += 1;
            b.at += 1;
            if a.is_done() {
                out[a.place] = finish(state);
                let Some(lane) = take(out) else {
                    // The other one is finished below, alone.
                    (a, state) = (b, beside);
                    break;
                };
                (a, state) = (lane, initial());
            }
            if b.is_done() {
                out[b.place] = finish(beside);
                let Some(lane) = take(out) else { break };
                (b, beside) = (lane, initial());
            }
        }
    }
    while !a.is_done() {
        state = compress(state, a.block());
        a.at += 1;
    }
    out[a.place] = finish(state);
}

/// Words A B E F and C D G H.
type State = (__m128i, __m128i);

/// Sixteen words as they lie in memory.
type Quads = [__m128i; 4];

/// A message on its way. It is at least `SHORTEST` bytes long.
struct Lane<'a> {
    prefix: u8,
    message: &'a [u8],
    /// Where its hash goes.
    place: usize,
    /// Next block.
    at: usize,
    /// Blocks in all.
    blocks: usize,
}

/// With the prefix, one block: then the first block and the last ones are not the same.
const SHORTEST: usize = BLOCK - 1;

impl<'a> Lane<'a> {
    #[inline]
    const fn new(prefix: u8, message: &'a [u8], place: usize) -> Self {
        Self {
            prefix,
            message,
            place,
            at: 0,
            blocks: (1 + message.len() + PADDING).div_ceil(BLOCK),
        }
    }

    #[inline]
    const fn is_done(&self) -> bool {
        self.at == self.blocks
    }

    /// The next block.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn block(&self) -> Quads {
        let length = 1 + self.message.len();
        if self.at == 0 {
            // The prefix and one byte less of the message.
            let [first, others @ ..] = [0, 15, 31, 47].map(|from| load(self.message, from));
            let prefix = _mm_cvtsi32_si128(i32::from(self.prefix));
            let first = _mm_or_si128(_mm_slli_si128(first, 1), prefix);
            return [first, others[0], others[1], others[2]];
        }
        let begin = self.at * BLOCK;
        if begin + BLOCK <= length {
            return [0, 16, 32, 48].map(|from| load(self.message, begin - 1 + from));
        }
        let mut quads = [0, 16, 32, 48].map(|from| self.end(begin + from));
        if self.at + 1 == self.blocks {
            let bits = (length as u64 * 8).swap_bytes() as i64;
            quads[3] = _mm_or_si128(quads[3], _mm_set_epi64x(bits, 0));
        }
        quads
    }

    /// The 16 bytes from `at` on, counted with the prefix, of the message and what follows it: one bit, then zeros.
    #[inline]
    #[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
    fn end(&self, at: usize) -> __m128i {
        let length = 1 + self.message.len();
        if at + 16 <= length {
            return load(self.message, at - 1);
        }
        if at > length {
            return _mm_setzero_si128();
        }
        // The last bytes of the message, moved to the front.
        let last = load(self.message, self.message.len() - 16);
        let from = 16 - (length - at);
        _mm_or_si128(_mm_shuffle_epi8(last, load(&MOVE, from)), load(&MARK, from))
    }
}

/// Of 16 bytes, those from a place on, then zeros: the shuffle that begins at that place of this table.
const MOVE: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 128, 128, 128, 128, 128, 128, 128, 128,
    128, 128, 128, 128, 128, 128, 128, 128,
];
/// The bit that follows them.
const MARK: [u8; 32] = [
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
];

/// The 16 bytes of `bytes` from `from` on.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn load(bytes: &[u8], from: usize) -> __m128i {
    let quad = &bytes[from..from + 16];
    // SAFETY: the slice has 16 bytes.
    unsafe { _mm_loadu_si128(quad.as_ptr().cast()) }
}

/// FIPS 180-4, section 5.3.3, in the order of the instructions.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn initial() -> State {
    (
        _mm_set_epi64x(0x6a09_e667_bb67_ae85, 0x510e_527f_9b05_688c),
        _mm_set_epi64x(0x3c6e_f372_a54f_f53a, 0x1f83_d9ab_5be0_cd19),
    )
}

/// The words A to H, big-endian.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn finish((abef, cdgh): State) -> Hash {
    let feba = _mm_shuffle_epi32(abef, 0x1B);
    let dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    let dcba = _mm_blend_epi16(feba, dchg, 0xF0);
    let hgfe = _mm_alignr_epi8(dchg, feba, 8);
    let mut hash = [0; 32];
    let [low, high] = [swap_bytes(dcba), swap_bytes(hgfe)];
    // SAFETY: both stores lie within the 32 bytes of `hash`.
    unsafe {
        _mm_storeu_si128(hash.as_mut_ptr().cast(), low);
        _mm_storeu_si128(hash.as_mut_ptr().add(16).cast(), high);
    }
    hash
}

#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn swap_bytes(words: __m128i) -> __m128i {
    let order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    _mm_shuffle_epi8(words, order)
}

/// Rounds 4 `$quad` to 4 `$quad` + 3 of the states `$s`, each with the sixteen words `$w`, and the words that will be needed
/// sixteen rounds later. Names instead of arrays, and written out sixteen times, so that all of it stays in registers.
macro_rules! four_rounds {
    ($quad:literal, $($s:ident: $now:ident $next:ident $third:ident $last:ident),+) => {
        // SAFETY: the four constants lie within the 64.
        let k = unsafe { _mm_loadu_si128(K.as_ptr().add($quad * 4).cast()) };
        $(
            let sum = _mm_add_epi32($now, k);
            let half = _mm_sha256rnds2_epu32($s.1, $s.0, sum);
            $s = (_mm_sha256rnds2_epu32($s.0, half, _mm_shuffle_epi32(sum, 0x0E)), half);
            if $quad < 12 {
                // σ0 of the word after, the word 9 further on, σ1 of the two before: FIPS 180-4, section 6.2.2.
                let partial = _mm_add_epi32(
                    _mm_sha256msg1_epu32($now, $next),
                    _mm_alignr_epi8($last, $third, 4),
                );
                $now = _mm_sha256msg2_epu32(partial, $last);
            }
        )+
    };
}

/// Takes one block into a state.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
// The last rounds want no further words, and what is never executed there is called an unused assignment.
#[allow(unused_assignments)]
fn compress(state: State, block: Quads) -> State {
    let mut sa = state;
    let [mut a0, mut a1, mut a2, mut a3] = block.map(|words| swap_bytes(words));
    four_rounds!(0, sa: a0 a1 a2 a3);
    four_rounds!(1, sa: a1 a2 a3 a0);
    four_rounds!(2, sa: a2 a3 a0 a1);
    four_rounds!(3, sa: a3 a0 a1 a2);
    four_rounds!(4, sa: a0 a1 a2 a3);
    four_rounds!(5, sa: a1 a2 a3 a0);
    four_rounds!(6, sa: a2 a3 a0 a1);
    four_rounds!(7, sa: a3 a0 a1 a2);
    four_rounds!(8, sa: a0 a1 a2 a3);
    four_rounds!(9, sa: a1 a2 a3 a0);
    four_rounds!(10, sa: a2 a3 a0 a1);
    four_rounds!(11, sa: a3 a0 a1 a2);
    four_rounds!(12, sa: a0 a1 a2 a3);
    four_rounds!(13, sa: a1 a2 a3 a0);
    four_rounds!(14, sa: a2 a3 a0 a1);
    four_rounds!(15, sa: a3 a0 a1 a2);
    add(state, sa)
}

/// Takes one block into each of two states.
#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
// The last rounds want no further words, and what is never executed there is called an unused assignment.
#[allow(unused_assignments)]
fn compress_two(states: [State; 2], blocks: [Quads; 2]) -> [State; 2] {
    let [mut sa, mut sb] = states;
    let [mut a0, mut a1, mut a2, mut a3] = blocks[0].map(|words| swap_bytes(words));
    let [mut b0, mut b1, mut b2, mut b3] = blocks[1].map(|words| swap_bytes(words));
    four_rounds!(0, sa: a0 a1 a2 a3, sb: b0 b1 b2 b3);
    four_rounds!(1, sa: a1 a2 a3 a0, sb: b1 b2 b3 b0);
    four_rounds!(2, sa: a2 a3 a0 a1, sb: b2 b3 b0 b1);
    four_rounds!(3, sa: a3 a0 a1 a2, sb: b3 b0 b1 b2);
    four_rounds!(4, sa: a0 a1 a2 a3, sb: b0 b1 b2 b3);
    four_rounds!(5, sa: a1 a2 a3 a0, sb: b1 b2 b3 b0);
    four_rounds!(6, sa: a2 a3 a0 a1, sb: b2 b3 b0 b1);
    four_rounds!(7, sa: a3 a0 a1 a2, sb: b3 b0 b1 b2);
    four_rounds!(8, sa: a0 a1 a2 a3, sb: b0 b1 b2 b3);
    four_rounds!(9, sa: a1 a2 a3 a0, sb: b1 b2 b3 b0);
    four_rounds!(10, sa: a2 a3 a0 a1, sb: b2 b3 b0 b1);
    four_rounds!(11, sa: a3 a0 a1 a2, sb: b3 b0 b1 b2);
    four_rounds!(12, sa: a0 a1 a2 a3, sb: b0 b1 b2 b3);
    four_rounds!(13, sa: a1 a2 a3 a0, sb: b1 b2 b3 b0);
    four_rounds!(14, sa: a2 a3 a0 a1, sb: b2 b3 b0 b1);
    four_rounds!(15, sa: a3 a0 a1 a2, sb: b3 b0 b1 b2);
    [add(states[0], sa), add(states[1], sb)]
}

#[inline]
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn add(one: State, other: State) -> State {
    (_mm_add_epi32(one.0, other.0), _mm_add_epi32(one.1, other.1))
}

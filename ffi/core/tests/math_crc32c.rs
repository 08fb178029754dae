//! CRC-32C: every level gives what the definition gives, bit by bit, and the values that others have published.
mod math_support;

use cwts_core::math::Kernels;
use math_support::{levels, Random};
use proptest::prelude::*;

/// The definition: one bit at a time.
fn plain(previous: u32, bytes: &[u8]) -> u32 {
    let mut register = !previous;
    for byte in bytes {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let out = register & 1;
            register >>= 1;
            if out == 1 {
                register ^= 0x82F6_3B78;
            }
        }
    }
    !register
}

fn crc(kernels: &Kernels, bytes: &[u8]) -> u32 {
    kernels.crc32c(0, bytes.into())
}

#[test]
fn published_values_come_out() {
    let ascending: Vec<u8> = (0..32).collect();
    let descending: Vec<u8> = (0..32).rev().collect();
    for kernels in levels() {
        // The check value of the catalogue of parametrised CRC algorithms, then RFC 3720, appendix B.4.
        assert_eq!(crc(kernels, b"123456789"), 0xE306_9283);
        assert_eq!(crc(kernels, &[0; 32]), 0x8A91_36AA);
        assert_eq!(crc(kernels, &[0xFF; 32]), 0x62A8_AB43);
        assert_eq!(crc(kernels, &ascending), 0x46DD_794E);
        assert_eq!(crc(kernels, &descending), 0x113F_DB5C);
        assert_eq!(crc(kernels, b""), 0);
    }
}

#[test]
fn every_level_agrees_at_every_length_and_alignment() {
    let mut random = Random::new(4);
    let most = if cfg!(miri) { 40 } else { 1_100 };
    let memory: Vec<u8> = (0..most + 8).map(|_| random.bits() as u8).collect();
    for length in 0..=most {
        let shift = length % 8;
        let bytes = &memory[shift..shift + length];
        let previous = random.bits() as u32;
        let expected = plain(previous, bytes);
        for kernels in levels() {
            let found = kernels.crc32c(previous, bytes.into());
            assert_eq!(found, expected, "{:?}, {length} bytes", kernels.level());
        }
    }
}

#[test]
#[cfg_attr(
    miri,
    ignore = "the scalar path is short of nothing above; long inputs take minutes"
)]
fn every_level_agrees_around_every_change_of_method() {
    let mut random = Random::new(5);
    let memory: Vec<u8> = (0..20_000).map(|_| random.bits() as u8).collect();
    // Streams of 3 × 1024 and 3 × 128 bytes, folds of 256 and 64, words of 8.
    for steps in [3_072, 6_144, 9_216, 384, 512, 768, 1_024, 4_096, 16_384] {
        for near in [
            0, 1, 7, 8, 9, 63, 64, 65, 255, 256, 257, 383, 384, 385, 767, 769,
        ] {
            for length in [steps + near, steps - near.min(steps)] {
                let expected = plain(0, &memory[1..=length]);
                for kernels in levels() {
                    let found = crc(kernels, &memory[1..=length]);
                    assert_eq!(found, expected, "{:?}, {length} bytes", kernels.level());
                }
            }
        }
    }
}

#[test]
fn every_single_bit_flip_is_seen() {
    let message = [0x5A; 96];
    for kernels in levels() {
        let intact = crc(kernels, &message);
        for bit in 0..message.len() * 8 {
            let mut damaged = message;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(crc(kernels, &damaged), intact);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 256 }))]

    #[test]
    fn a_message_may_be_taken_in_pieces(
        bytes in prop::collection::vec(any::<u8>(), 0..if cfg!(miri) { 64 } else { 6_000 }),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(bytes.len() + 1);
        let expected = plain(0, &bytes);
        for kernels in levels() {
            let first = crc(kernels, &bytes[..cut]);
            prop_assert_eq!(kernels.crc32c(first, (&bytes[cut..]).into()), expected);
        }
    }
}

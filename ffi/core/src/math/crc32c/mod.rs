//! CRC-32C (Castagnoli): the checksum of RFC 3720 (iSCSI), ext4 and many feeds and journals.
//!
//! Polynomial 0x1EDC6F41, bits reflected, register inverted before and after; of the bytes "123456789" it is 0xE3069283.
//! It finds damage, not tampering. A value is the checksum of all bytes so far, and 0 of none, so that a long message can
//! be taken in pieces: `update(update(0, a), b)` is the checksum of `a` and `b` together.
//!
//! The polynomials here are reflected: of a number of `n` bits, bit `i` is the coefficient of `x^(n - 1 - i)`.
#[cfg(target_arch = "aarch64")]
pub mod arm;
#[cfg(target_arch = "x86_64")]
pub mod x86;

use super::bytes::Bytes;

/// The polynomial without its `x^32`, reflected.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// Checksum of what `previous` is the checksum of, followed by `bytes`. Eight bytes at a time, by table ("slicing by
/// eight": M. Kounavis and F. Berry, "A systematic approach to building high performance software-based CRC generators",
/// 2005).
#[must_use]
pub fn update(previous: u32, bytes: Bytes) -> u32 {
    let mut register = !previous;
    let whole = bytes.len() - bytes.len() % 8;
    for at in (0..whole).step_by(8) {
        let word = bytes.word(at) ^ u64::from(register);
        register = 0;
        for (i, table) in TABLES.iter().rev().enumerate() {
            register ^= table[(word >> (8 * i)) as usize & 0xff];
        }
    }
    for at in whole..bytes.len() {
        register = step(register, bytes.get(at));
    }
    !register
}

fn step(register: u32, byte: u8) -> u32 {
    (register >> 8) ^ TABLES[0][(register as usize ^ usize::from(byte)) & 0xff]
}

/// `TABLES[n][b]`: the register after byte `b` and `n` zero bytes.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut register = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            register = times_x(register);
            bit += 1;
        }
        tables[0][byte] = register;
        byte += 1;
    }
    let mut zeros = 1;
    while zeros < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before: u32 = tables[zeros - 1][byte];
            tables[zeros][byte] = (before >> 8) ^ tables[0][before as usize & 0xff];
            byte += 1;
        }
        zeros += 1;
    }
    tables
}

/// `register · x` modulo the polynomial.
const fn times_x(register: u32) -> u32 {
    (register >> 1) ^ if register & 1 == 1 { POLYNOMIAL } else { 0 }
}

/// `x^power` modulo the polynomial.
#[cfg(target_arch = "x86_64")]
const fn x_to(power: u32) -> u32 {
    let mut register = 1 << 31;
    let mut done = 0;
    while done < power {
        register = times_x(register);
        done += 1;
    }
    register
}

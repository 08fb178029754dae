//! CRC-32C with the instructions of 64-bit ARM.
use super::super::bytes::Bytes;
use core::arch::aarch64::{__crc32cb, __crc32cd};

/// [`super::update`] with the `crc32c` instructions.
///
/// # Safety
/// The processor has the CRC extension.
#[target_feature(enable = "crc")]
pub unsafe fn update_crc(previous: u32, bytes: Bytes) -> u32 {
    let mut register = !previous;
    let whole = bytes.len() - bytes.len() % 8;
    for at in (0..whole).step_by(8) {
        register = __crc32cd(register, bytes.word(at));
    }
    for at in whole..bytes.len() {
        register = __crc32cb(register, bytes.get(at));
    }
    !register
}

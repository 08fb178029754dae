//! The C interface of the core: the only functions other languages call.
//!
//! # Rules every export keeps
//!
//! * Objects are opaque `u64` handles; a closed, poisoned, foreign or invented handle gives `BAD_HANDLE`, never undefined
//!   behaviour. Handles stay below 2^53 so that a language without 64-bit integers can carry them.
//! * Memory is the caller's, passed as (pointer, length); lengths are bytes unless the name says `count`. Records need
//!   not be aligned, and the memory may be shared: it is copied once, never looked at twice, never kept.
//! * A result is a scalar. `i32` and `i64`: 0, a count or a handle, or a negated [`crate::layout::code`]. `f64` stands
//!   where a whole number may need more than 32 bits and a 64-bit integer would cost the caller an allocation. −1, which
//!   no code uses, means "there is none".
//! * Times are `f64` whole microseconds, or nanoseconds inside records.
//! * No callbacks, no pointers handed out, no structs by value.
//! * Nothing unwinds out: a panic poisons the handle and gives `PANICKED`.
//! * Any thread may call; each handle serves one call at a time.
//!
//! # Safety
//!
//! Every function that takes a pointer requires that so many bytes can be read (or, for `out`, written) there during
//! the call. That is all a caller has to promise.
#![allow(clippy::missing_safety_doc)]

mod audit;
mod books;
mod buffer;
mod builder;
mod control;
mod engine;
mod feed;
mod gate;
mod golden;
mod handles;
mod math;
mod number;
mod pipeline;
mod process;
mod recovery;
mod status;

#[cfg(test)]
mod pipeline_tests;
#[cfg(test)]
mod tests;

use crate::layout::{ABI_VERSION, LAYOUT_HASH};
use handles::kind_of;
use status::{failure_of, last_call, last_error, Failure};

/// Status for "there is none", which no code uses.
pub const NONE: i64 = -1;

/// Version of this interface. Compare it before calling anything else.
#[no_mangle]
pub extern "C" fn cwts_abi_version() -> u32 {
    ABI_VERSION
}

/// Hash of the record layout. Compare it before calling anything else.
#[no_mangle]
pub extern "C" fn cwts_layout_hash() -> u64 {
    LAYOUT_HASH
}

/// Writes the sentence of this thread's last failure, cut to `length` bytes, and returns how many it wrote; 0 when the
/// code says it all.
#[no_mangle]
pub unsafe extern "C" fn cwts_last_error(out: *mut u8, length: u32) -> i32 {
    // SAFETY: as promised by the caller.
    last_error(|sentence| unsafe { put_text(out, length, sentence) })
}

/// Writes the name of the export that failed last on this thread, cut to `length` bytes, and returns how many bytes it
/// wrote; 0 when it cannot be told.
#[no_mangle]
pub unsafe extern "C" fn cwts_last_call(out: *mut u8, length: u32) -> i32 {
    // SAFETY: as promised by the caller.
    last_call(|name| unsafe { put_text(out, length, name) })
}

/// Writes as much of a text as fits.
///
/// # Safety
/// `length` bytes at `out` can be written.
unsafe fn put_text(out: *mut u8, length: u32, text: &str) -> i32 {
    let bytes = text.as_bytes();
    let mut end = bytes.len().min(length as usize);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    // SAFETY: at most `length` bytes, which the caller promised.
    match unsafe { buffer::put(out, length, &bytes[..end]) } {
        Ok(()) => end as i32,
        Err(failure) => -(failure.code as i32),
    }
}

/// What a call costs that does nothing.
#[no_mangle]
pub extern "C" fn cwts_noop(value: u32) -> u32 {
    value
}

/// Unwinds inside a call on `handle`, which poisons it: for the test that a panic goes no further.
#[no_mangle]
pub extern "C" fn cwts_test_panic(handle: u64) -> i32 {
    fn boom<T>(_: &mut T) -> Result<i64, Failure> {
        // Unwinds as `panic!` does, without the hook that prints where: nothing is wrong.
        std::panic::resume_unwind(Box::new("asked to panic"))
    }
    let status = match kind_of(handle) {
        handles::AUDIT => audit::AUDITS.call(handle, boom),
        handles::READER => audit::READERS.call(handle, boom),
        handles::CONTROL => control::CONTROLS.call(handle, boom),
        handles::GATE => gate::GATES.call(handle, boom),
        handles::ENGINE => engine::ENGINES.call(handle, boom),
        handles::FEED => feed::FEEDS.call(handle, boom),
        handles::BUILDER => builder::BUILDERS.call(handle, boom),
        _ => failure_of::<()>(crate::layout::code::BAD_HANDLE.into()),
    };
    status as i32
}

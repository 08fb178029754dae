//! The caller's memory. It is copied in and out and never referred to: it may be unaligned, and shared with others who
//! write to it at the same time.
use super::status::Failure;
use crate::layout::code;
use crate::record::{bytes_of_slice, Record};
use core::mem::size_of;
use core::ptr::copy_nonoverlapping;

/// Replaces `into` by `length` bytes of the caller's.
///
/// # Safety
/// `length` bytes can be read at `from`.
pub unsafe fn take(from: *const u8, length: u32, into: &mut Vec<u8>) -> Result<(), Failure> {
    into.clear();
    if length == 0 {
        return Ok(());
    }
    if from.is_null() {
        return Err(Failure::argument("a buffer is missing"));
    }
    let length = length as usize;
    into.reserve(length);
    // SAFETY: the caller promised `length` readable bytes; as many were just reserved, in memory that is only ours.
    unsafe {
        copy_nonoverlapping(from, into.as_mut_ptr(), length);
        into.set_len(length);
    }
    Ok(())
}

/// Replaces `into` by `count` records of the caller's.
///
/// # Safety
/// `count` records can be read at `from`.
pub unsafe fn take_records<T: Record>(
    from: *const u8,
    count: u32,
    into: &mut Vec<T>,
) -> Result<(), Failure> {
    into.clear();
    if count == 0 {
        return Ok(());
    }
    if from.is_null() {
        return Err(Failure::argument("a buffer is missing"));
    }
    let count = count as usize;
    into.reserve(count);
    // SAFETY: as in `take`; any bytes are a `Record`.
    unsafe {
        copy_nonoverlapping(from, into.as_mut_ptr().cast::<u8>(), count * size_of::<T>());
        into.set_len(count);
    }
    Ok(())
}

/// One record of the caller's.
///
/// # Safety
/// `length` bytes can be read at `from`.
pub unsafe fn take_record<T: Record>(from: *const u8, length: u32) -> Result<T, Failure> {
    if from.is_null() || (length as usize) < size_of::<T>() {
        let sentence = format!("a record of {} bytes is missing", size_of::<T>());
        return Err(Failure::argument(sentence));
    }
    // SAFETY: as many bytes as the record has are readable, and any bytes are a `Record`.
    Ok(unsafe { from.cast::<T>().read_unaligned() })
}

/// Text of the caller's; what is no UTF-8 is refused.
///
/// # Safety
/// `length` bytes can be read at `from`.
pub unsafe fn take_text(from: *const u8, length: u32) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    // SAFETY: as promised by the caller.
    unsafe { take(from, length, &mut bytes) }?;
    String::from_utf8(bytes).map_err(|_| Failure::argument("a text is not UTF-8"))
}

/// Writes `bytes` to the caller's `length` bytes.
///
/// # Safety
/// `length` bytes can be written at `out`.
pub unsafe fn put(out: *mut u8, length: u32, bytes: &[u8]) -> Result<(), Failure> {
    if bytes.is_empty() {
        return Ok(());
    }
    if bytes.len() > length as usize {
        return Err(Failure {
            code: code::BUFFER_TOO_SMALL,
            sentence: format!("{} bytes do not fit in a buffer of {length}", bytes.len()),
        });
    }
    if out.is_null() {
        return Err(Failure::argument("a buffer is missing"));
    }
    // SAFETY: the caller promised `length` writable bytes, at least as many as there are; they are not ours.
    unsafe { copy_nonoverlapping(bytes.as_ptr(), out, bytes.len()) };
    Ok(())
}

/// Writes as many of `records` as fit whole, and says how many.
///
/// # Safety
/// `length` bytes can be written at `out`.
pub unsafe fn put_records<T: Record>(
    out: *mut u8,
    length: u32,
    records: &[T],
) -> Result<usize, Failure> {
    let count = records.len().min(length as usize / size_of::<T>());
    // SAFETY: as promised by the caller.
    unsafe { put(out, length, bytes_of_slice(&records[..count])) }?;
    Ok(count)
}

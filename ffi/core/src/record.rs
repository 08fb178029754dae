//! Shared records as bytes and back.
//!
//! The generated layout lists every byte of a record as a field, so a record has no padding and any bytes are one.
use crate::layout::{self, every_record};
use core::mem::size_of;
use core::slice;

/// A record of the shared layout.
///
/// # Safety
/// The type is `repr(C)`, has no padding, and every bit pattern is a value.
pub unsafe trait Record: Copy + Default {}

macro_rules! records {
    ($($name:ident { $($field:ident: $kind:ident,)* })*) => {
        // SAFETY: generated from `ffi/layout/records.ts`, whose generator refuses a record with a byte that is not part
        // of exactly one integer field; `layout.rs` asserts sizes and offsets at compile time.
        $(unsafe impl Record for layout::$name {})*
    };
}

every_record!(records);

/// The bytes of one record.
#[must_use]
pub fn bytes_of<T: Record>(record: &T) -> &[u8] {
    // SAFETY: a `Record` is `size_of::<T>()` initialised bytes, borrowed for as long as the reference lives.
    unsafe { slice::from_raw_parts(core::ptr::from_ref(record).cast(), size_of::<T>()) }
}

/// The bytes of several records, one after the other.
#[must_use]
pub fn bytes_of_slice<T: Record>(records: &[T]) -> &[u8] {
    // SAFETY: as in `bytes_of`; a slice has no gaps between its elements.
    unsafe { slice::from_raw_parts(records.as_ptr().cast(), core::mem::size_of_val(records)) }
}

/// The record at the front of `bytes`, which need not be aligned; `None` when there are too few.
#[must_use]
pub fn read<T: Record>(bytes: &[u8]) -> Option<T> {
    if bytes.len() < size_of::<T>() {
        return None;
    }
    // SAFETY: at least `size_of::<T>()` bytes are readable, and any bytes are a `Record`.
    Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}

#[cfg(test)]
mod tests {
    use crate::layout::OrderCommand;

    #[test]
    fn an_alias_reads_and_writes_its_part_of_a_field_and_leaves_the_rest_alone() {
        let mut command = OrderCommand::default();
        command.set_expires(4_000_000_000);
        command.set_trigger_offset(-7);
        assert_eq!(command.expires(), 4_000_000_000);
        assert_eq!(command.trigger_offset(), -7);
        assert_eq!(
            command.target_id,
            4_000_000_000 + (u64::from(u32::MAX - 6) << 32)
        );
        command.set_expires(1);
        assert_eq!(command.trigger_offset(), -7);
    }
}

//! Records with a different number in every field, for tests that another language reads them at the same offsets.
use super::buffer::put;
use super::status::guarded;
use super::Failure;
use crate::layout::{self, every_record};
use crate::record::bytes_of;

/// A number of the field's kind.
macro_rules! counted {
    (integer, $next:expr) => {
        $next.into()
    };
    (time, $next:expr) => {
        i64::from($next) * 1_000
    };
    (hash, $next:expr) => {
        [$next; 32]
    };
}

/// The fields hold 1, 2, 3 … in the order of the description; `time` fields so many microseconds.
macro_rules! golden_records {
    ($($name:ident { $($field:ident: $kind:ident,)* })*) => {
        fn golden(name: &str) -> Option<Vec<u8>> {
            $(if name == stringify!($name) {
                let mut next = 0u8;
                let mut count = || {
                    next += 1;
                    next
                };
                let record = layout::$name { $($field: counted!($kind, count()),)* };
                return Some(bytes_of(&record).to_vec());
            })*
            None
        }
    };
}

every_record!(golden_records);

/// Writes the record of that name with 1, 2, 3 … in its fields and returns its size. For tests of other languages.
#[no_mangle]
pub unsafe extern "C" fn cwts_test_record(
    name: *const u8,
    name_length: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let name = unsafe { super::buffer::take_text(name, name_length) }?;
        let record = golden(&name).ok_or_else(|| Failure::argument(format!("no record {name}")))?;
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, &record) }?;
        Ok(record.len() as i64)
    }) as i32
}

//! The audit log: an append-only, hash-chained record of everything that mattered, in segment files.
//!
//! * [`AuditLog`] appends. One process holds a directory at a time.
//! * [`verify`] and [`verify_against`] read a directory from its beginning and name the first damage and its place.
//! * [`Reader`] hands out records, also while a node is writing.
//!
//! # What is kept, and when
//!
//! | durability | an append has survived a crash of the process | a loss of power |
//! |---|---|---|
//! | `MEMORY` | once the write buffer was written: when it filled, or on close | by chance |
//! | `BATCH` | after [`AuditLog::commit`] returned | after [`AuditLog::commit`] returned |
//! | `FSYNC` | after [`AuditLog::append`] returned | after [`AuditLog::append`] returned |
//!
//! After the first failed write or sync the log is failed for good: nothing is appended any more, and whoever needs a
//! record to act must not act. A sync that failed once is never tried again, because the kernel may have dropped the
//! pages it could not write.
//!
//! # What the chain proves
//!
//! Every hash covers the hash before it, so changing, dropping, inserting, repeating or moving a record breaks the chain
//! at that record. A bare chain cannot know where it ought to end: records cut cleanly off the end, or a tail rewritten
//! with fresh hashes, look whole. Whoever kept an earlier record count and head finds both out with
//! [`verify_against`].
//!
//! The bytes are described in [`format`].

mod diagnose;
mod error;
mod files;
pub mod format;
mod log;
mod open;
mod reader;
mod verify;
mod window;
mod write;

pub use error::AuditError;
pub use log::{AuditLog, BUFFER_BYTES, RETAINED_BYTES, WRITE_BYTES};
pub use open::{Repair, MIN_SEGMENT_BYTES};
pub use reader::Reader;
pub use verify::{damage, verify, verify_against};

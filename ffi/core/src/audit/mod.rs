//! The audit log: an append-only record of everything that mattered, in segment files, sealed group by group.
//!
//! * [`AuditLog`] appends. One process holds a directory at a time.
//! * [`verify`] and [`verify_against`] read a directory from its beginning and name the first damage and its place.
//! * [`Reader`] hands out records, also while a node is writing.
//!
//! # What is kept, and when
//!
//! | durability | an append has survived a crash of the process | a loss of power |
//! |---|---|---|
//! | `MEMORY` | once the window was written: behind the path after it filled, or on close | by chance |
//! | `BATCH` | after [`AuditLog::commit`] returned | after [`AuditLog::commit`] returned |
//! | `FSYNC` | after [`AuditLog::append`] returned | after [`AuditLog::append`] returned |
//!
//! After the first failed write or sync the log is failed for good: nothing is appended any more, and whoever needs a
//! record to act must not act. A sync that failed once is never tried again, because the kernel may have dropped the
//! pages it could not write.
//!
//! # What the log proves
//!
//! Records are leaves of a Merkle tree (RFC 6962) whose root stands for all of them, and groups of records are closed by
//! seals that cover their leaves and form a chain. The tree is folded behind the path, see `background.rs`. So changing, dropping, inserting, repeating or moving a record or a seal is
//! found at its place; a record replaced together with its own hash is found in its group. A bare log cannot know where it
//! ought to end: groups cut cleanly off the end, or a tail rewritten with fresh hashes, look whole. Whoever kept an earlier
//! record count and root finds both out with [`verify_against`].
//!
//! [`LogTree`] proves that a record is in the log of a root, and that one log is the beginning of another, to somebody who
//! has nothing but the root: [`proof`].
//!
//! The bytes are described in [`format`], and for people in `docs/audit.md`.

mod background;
mod bulk;
mod diagnose;
mod error;
mod files;
mod fold;
pub mod format;
mod gather;
mod group;
mod log;
mod mend;
mod open;
mod place;
pub mod proof;
mod prove;
mod reader;
pub mod sha;
mod sink;
mod tail;
mod tile_check;
mod tile_read;
pub mod tiles;
pub mod tree;
mod verify;
mod window;
mod write;

pub use error::AuditError;
pub use gather::WRITE_BYTES;
pub use log::AuditLog;
pub use mend::mend_tiles;
pub use open::{Repair, MIN_SEGMENT_BYTES};
pub use place::Place;
pub use prove::{LogTree, Proof};
pub use reader::Reader;
pub use sink::RETAINED_BYTES;
pub use verify::{damage, verify, verify_against, verify_bytes, Roots};

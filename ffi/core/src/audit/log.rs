//! Appending to the log: one copy into the write buffer per record. Hashing waits until some are gathered, see
//! `write.rs`, so that records are hashed side by side.
use crate::audit::error::AuditError;
use crate::audit::format::{
    record_bytes, Hash, SegmentHeader, HASH_BYTES, HEADER_BYTES, MAX_PAYLOAD, RECORD_MAGIC,
    SEGMENT_HEADER_BYTES,
};
use crate::audit::group::Head;
use crate::audit::open::Repair;
use crate::audit::tree::Tree;
use crate::audit::verify::{self, Roots};
use crate::layout::{durability, AuditHead, AuditHeader, AuditVerdict};
use crate::record::bytes_of;
use std::fmt;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

/// Room for a full window and the largest record behind it.
pub const BUFFER_BYTES: usize = 1 << 20;

/// Bytes gathered before they are sealed and written even without a commit. Some hundred records share the cost of a seal,
/// and the window still fits a nearby cache.
pub const WRITE_BYTES: usize = 64 << 10;

/// Records gathered before they are hashed: enough to keep two lanes busy on every level of the tree but the last, and few
/// enough that the record that happens to be the last of them waits a microsecond or two and not for the whole window.
pub(super) const HASHED_TOGETHER: usize = 16;

/// Bytes a log without a directory keeps, counted from its beginning. Beyond them it keeps tree and chain alone: every
/// record is still hashed, the root stays right, the bytes are gone.
pub const RETAINED_BYTES: usize = 64 << 20;

/// An open audit log. See the [module](crate::audit) for what it promises.
pub struct AuditLog {
    pub(super) target: Target,
    pub(super) state: State,
    pub(super) durability: u32,
    pub(super) segment_bytes: u64,
    /// What is not yet written: groups with their seals, and then the records of the group that is being gathered.
    pub(super) buffer: Box<[u8]>,
    /// End of the last record or seal in `buffer`.
    pub(super) filled: usize,
    /// Where records that have no hashes yet lie in `buffer`.
    pub(super) open: Vec<Range<usize>>,
    /// Where their leaves are computed.
    pub(super) leaves: Vec<Hash>,
    /// Records of the group that is being gathered and have their hashes.
    pub(super) hashed: usize,
    /// The tree with those records, and the chain up to the last seal.
    pub(super) head: Head,
    pub(super) records: u64,
    /// Index of the first record of the current segment.
    pub(super) segment_first: u64,
    pub(super) durable: u64,
    /// Of the segments before the current one.
    pub(super) earlier_bytes: u64,
    /// Of the current segment, with what is still in `buffer` and without the seal to come.
    pub(super) current_bytes: u64,
    repair: Option<Repair>,
}

pub(super) enum Target {
    Memory { kept: Vec<u8>, complete: bool },
    Files(Files),
}

/// The open segment of a log in a directory.
pub(super) struct Files {
    pub dir: PathBuf,
    pub path: PathBuf,
    pub file: File,
    pub number: u64,
    /// Held as long as the log is open.
    pub lock: Option<File>,
}

/// Where an existing log ended.
pub(super) struct End {
    pub head: Head,
    /// Index of the first record of the last segment.
    pub segment_first: u64,
    pub earlier_bytes: u64,
    pub current_bytes: u64,
}

impl End {
    pub fn empty() -> Self {
        Self {
            head: Head::genesis(),
            segment_first: 0,
            earlier_bytes: 0,
            current_bytes: SEGMENT_HEADER_BYTES as u64,
        }
    }

    /// The header of the segment that such a log begins with.
    pub fn header(&self, created_ns: i64) -> SegmentHeader {
        SegmentHeader::new(0, created_ns, Tree::default(), self.head.chain)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Failed { os_error: i32 },
    Closed,
}

impl AuditLog {
    /// A log that lives in this process alone. It keeps its first [`RETAINED_BYTES`] bytes, see [`AuditLog::retained`].
    #[must_use]
    pub fn memory() -> Self {
        let mut kept = Vec::with_capacity(RETAINED_BYTES);
        let end = End::empty();
        kept.extend_from_slice(&end.header(0).encode());
        Self::at(
            end,
            Target::Memory {
                kept,
                complete: true,
            },
            durability::MEMORY,
            u64::MAX,
            None,
        )
    }

    /// Opens the log in `dir`, or begins one there, making the directory if need be. `durability` is one of
    /// [`crate::layout::durability`]; a segment holds at most `segment_bytes` bytes unless a single record needs more.
    ///
    /// What a crash left half written at the very end is cut off and put aside, see [`AuditLog::repair`].
    ///
    /// # Errors
    /// `Locked` when another process holds the directory, `Corrupt` when the end of the log is damaged in a way that no
    /// crash leaves behind, `Io`, `BadArgument`.
    pub fn open(dir: &Path, durability: u32, segment_bytes: u64) -> Result<Self, AuditError> {
        Self::open_at(dir, durability, segment_bytes, 0)
    }

    pub(super) fn on_files(
        end: End,
        files: Files,
        durability: u32,
        segment_bytes: u64,
        repair: Option<Repair>,
    ) -> Self {
        Self::at(end, Target::Files(files), durability, segment_bytes, repair)
    }

    fn at(
        end: End,
        target: Target,
        durability: u32,
        segment_bytes: u64,
        repair: Option<Repair>,
    ) -> Self {
        let records = end.head.tree.size();
        Self {
            target,
            state: State::Open,
            durability,
            segment_bytes,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            filled: 0,
            open: Vec::new(),
            leaves: Vec::new(),
            hashed: 0,
            head: end.head,
            records,
            segment_first: end.segment_first,
            durable: records,
            earlier_bytes: end.earlier_bytes,
            current_bytes: end.current_bytes,
            repair,
        }
    }

    /// Appends one record whose payload is the concatenation of `parts`, and returns its index. `time_ns` is the node's
    /// clock in nanoseconds, `cause` the id of what caused the record.
    ///
    /// # Errors
    /// `TooLarge` and `Closed` change nothing. After `Io` the log is failed and the record does not count as kept;
    /// every later call gives `Failed`.
    #[inline]
    pub fn append(
        &mut self,
        record_type: u16,
        version: u16,
        producer: u32,
        time_ns: i64,
        cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, AuditError> {
        self.check_open()?;
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length > MAX_PAYLOAD {
            return Err(AuditError::TooLarge {
                length,
                limit: MAX_PAYLOAD,
            });
        }
        let size = record_bytes(length);
        self.make_room(size, time_ns)?;

        let index = self.records;
        let header = AuditHeader {
            magic: RECORD_MAGIC,
            length: length as u32,
            record_type,
            version,
            producer,
            index,
            time: time_ns,
            cause,
            reserved: 0,
        };
        let start = self.filled;
        let record = &mut self.buffer[start..start + size];
        record[..HEADER_BYTES].copy_from_slice(bytes_of(&header));
        let mut at = HEADER_BYTES;
        for part in parts {
            record[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        record[at..size - HASH_BYTES].fill(0);
        self.open.push(start..start + size);
        if self.open.len() == HASHED_TOGETHER {
            self.hash();
        }
        self.filled += size;
        self.current_bytes += size as u64;
        self.records += 1;

        match self.durability {
            durability::MEMORY => self.durable = self.records,
            durability::FSYNC => self.commit()?,
            _ => {}
        }
        Ok(index)
    }

    /// Makes every record appended so far as durable as the log was opened to be: they are sealed as a group, with one
    /// write and one sync, when there is anything new. For `MEMORY` it does nothing at all; a group ends when the window is
    /// full.
    ///
    /// # Errors
    /// As for [`AuditLog::append`]; on an error none of the records since the last commit counts as kept.
    pub fn commit(&mut self) -> Result<(), AuditError> {
        self.check_open()?;
        if self.durable == self.records {
            return Ok(());
        }
        self.write_out()?;
        self.sync()
    }

    /// Index the next record will get.
    #[inline]
    #[must_use]
    pub const fn next_index(&self) -> u64 {
        self.records
    }

    /// Where the log stands. Seals what was gathered, because the root is that of all records.
    pub fn head(&mut self) -> AuditHead {
        self.seal();
        AuditHead {
            records: self.records,
            durable: self.durable,
            bytes: self.earlier_bytes + self.current_bytes,
            segments: match &self.target {
                Target::Memory { .. } => 1,
                Target::Files(files) => files.number + 1,
            },
            head: self.head.tree.root(),
        }
    }

    /// Head of the chain of groups. Seals what was gathered, as [`AuditLog::head`] does.
    pub fn chain(&mut self) -> Hash {
        self.seal();
        self.head.chain
    }

    /// Whether a write failed, after which nothing is recorded any more.
    #[inline]
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(self.state, State::Failed { .. })
    }

    /// What was cut off when the log was opened.
    #[must_use]
    pub const fn repair(&self) -> Option<&Repair> {
        self.repair.as_ref()
    }

    /// Writes what is left, with a sync unless the durability is `MEMORY`, and gives the directory free.
    ///
    /// # Errors
    /// As for [`AuditLog::commit`]; the directory is free all the same.
    pub fn close(&mut self) -> Result<AuditHead, AuditError> {
        let result = self.finish();
        if self.state == State::Open {
            self.state = State::Closed;
        }
        if let Target::Files(files) = &mut self.target {
            files.lock = None;
        }
        result.map(|()| self.head())
    }

    /// The bytes of a log without a directory, as one segment, and whether they are all of it; `None` for a log on disk.
    #[must_use]
    pub fn retained(&mut self) -> Option<(&[u8], bool)> {
        if self.state == State::Open && matches!(self.target, Target::Memory { .. }) {
            self.seal();
            self.keep_or_drop();
        }
        match &self.target {
            Target::Memory { kept, complete } => Some((kept, *complete)),
            Target::Files(_) => None,
        }
    }

    /// Verifies a log without a directory from its bytes, as [`verify`](crate::audit::verify) does for one on disk.
    /// `None` for a log on disk, and for one that has outgrown [`RETAINED_BYTES`].
    #[must_use]
    pub fn verify_retained(
        &mut self,
        progress: Option<&AtomicU64>,
    ) -> Option<(AuditVerdict, Roots)> {
        let head = self.head();
        match self.retained()? {
            (bytes, true) => Some(verify::verify_segment(
                bytes,
                head.records,
                &head.head,
                progress,
            )),
            (_, false) => None,
        }
    }

    const fn check_open(&self) -> Result<(), AuditError> {
        match self.state {
            State::Open => Ok(()),
            State::Failed { os_error } => Err(AuditError::Failed { os_error }),
            State::Closed => Err(AuditError::Closed),
        }
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog")
            .field("records", &self.records)
            .field("durable", &self.durable)
            .field("state", &self.state)
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

impl Drop for AuditLog {
    fn drop(&mut self) {
        // Nobody is left to tell; whoever must know calls `close`.
        let _ = self.finish();
    }
}

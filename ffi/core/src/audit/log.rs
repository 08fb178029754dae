//! Appending to the log: one copy into a window per record. Hashing waits until some are gathered, see `write.rs`, so
//! that records are hashed side by side; the tree is no business of an append at all, see `background.rs`.
use crate::audit::background::{Background, Shared};
use crate::audit::error::AuditError;
use crate::audit::fold::Folding;
use crate::audit::format::{
    record_bytes, Hash, SegmentHeader, HASH_BYTES, HEADER_BYTES, MAX_PAYLOAD, RECORD_MAGIC,
    SEGMENT_HEADER_BYTES,
};
use crate::audit::gather::Gathered;
use crate::audit::group::Head;
use crate::audit::open::Repair;
use crate::audit::sink::{Files, Sink, Target};
use crate::audit::tiles::TileFiles;
use crate::audit::tree::Tree;
use crate::audit::verify::{self, Roots};
use crate::layout::{durability, AuditHead, AuditHeader, AuditVerdict};
use crate::record::bytes_of;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Records gathered before they are hashed when the log hashes on the path of an append: enough to keep two lanes busy, and
/// few enough that the record that happens to be the last of them waits a microsecond or two and not for the whole window.
pub(super) const HASHED_TOGETHER: usize = 16;

/// An open audit log. See the [module](crate::audit) for what it promises.
pub struct AuditLog {
    pub(super) shared: Arc<Shared>,
    pub(super) state: State,
    pub(super) durability: u32,
    pub(super) segment_bytes: u64,
    /// What no one has written and no one else has in hand.
    pub(super) gathered: Gathered,
    /// Windows that came back.
    pub(super) spare: Vec<Gathered>,
    /// Leaves of sealed groups that are not in the tree yet.
    pub(super) unfolded: Vec<Hash>,
    /// Room for such leaves, that came back.
    pub(super) spare_leaves: Vec<Vec<Hash>>,
    /// Begins with the first hand-over.
    pub(super) background: Option<Background>,
    pub(super) records: u64,
    /// Index of the first record of the current segment.
    pub(super) segment_first: u64,
    pub(super) durable: u64,
    /// Of the segments before the current one.
    pub(super) earlier_bytes: u64,
    /// Of the current segment, with what is gathered and without the seal to come.
    pub(super) current_bytes: u64,
    pub(super) segments: u64,
    repair: Option<Repair>,
}

/// Where an existing log ended.
pub(super) struct End {
    pub head: Head,
    pub folding: Folding,
    /// Of a log in a directory, unless they could not be made to fit.
    pub tiles: Option<TileFiles>,
    /// Index of the first record of the last segment.
    pub segment_first: u64,
    pub earlier_bytes: u64,
    pub current_bytes: u64,
}

impl End {
    pub fn empty() -> Self {
        Self {
            head: Head::genesis(),
            folding: Folding::default(),
            tiles: None,
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
    /// A log that lives in this process alone. It keeps its first [`RETAINED_BYTES`](crate::audit::RETAINED_BYTES) bytes, see [`AuditLog::retained`].
    #[must_use]
    pub fn memory() -> Self {
        let end = End::empty();
        let kept = end.header(0).encode();
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
        let records = end.head.size;
        let segments = match &target {
            Target::Memory { .. } => 1,
            Target::Files(files) => files.number + 1,
        };
        let sink = Sink {
            head: end.head,
            target,
            broken: false,
        };
        Self {
            shared: Arc::new(Shared {
                sink: Mutex::new(sink),
                tree: Mutex::new(end.folding),
                tiles: Mutex::new(end.tiles),
                broken: AtomicBool::new(false),
            }),
            state: State::Open,
            durability,
            segment_bytes,
            gathered: Gathered::new(),
            spare: Vec::new(),
            unfolded: Vec::new(),
            spare_leaves: Vec::new(),
            background: None,
            records,
            segment_first: end.segment_first,
            durable: records,
            earlier_bytes: end.earlier_bytes,
            current_bytes: end.current_bytes,
            segments,
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
        let gathered = &mut self.gathered;
        let start = gathered.filled;
        let record = &mut gathered.buffer[start..start + size];
        record[..HEADER_BYTES].copy_from_slice(bytes_of(&header));
        let mut at = HEADER_BYTES;
        for part in parts {
            record[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        record[at..size - HASH_BYTES].fill(0);
        gathered.open.push(start..start + size);
        gathered.filled += size;
        if self.durability != durability::MEMORY
            && gathered.open.len().is_multiple_of(HASHED_TOGETHER)
        {
            gathered.hash();
        }
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

    /// Where the log stands. Seals what was gathered and folds it into the tree, because the root is that of all records.
    pub fn head(&mut self) -> AuditHead {
        self.seal();
        self.fold();
        AuditHead {
            records: self.records,
            durable: self.durable,
            bytes: self.earlier_bytes + self.current_bytes,
            segments: self.segments,
            head: self.shared.tree().tree.root(),
        }
    }

    /// Head of the chain of groups. Seals what was gathered, as [`AuditLog::head`] does.
    pub fn chain(&mut self) -> Hash {
        self.seal();
        // Nothing may be gathered and yet something be under way. A failure is in the state.
        let _ = self.wait();
        self.shared.sink().head.chain
    }

    /// Whether a write failed, after which nothing is recorded any more.
    #[inline]
    #[must_use]
    pub fn failed(&self) -> bool {
        matches!(self.state, State::Failed { .. }) || self.shared.broken.load(Ordering::Relaxed)
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
        // Joins the thread.
        self.background = None;
        if let Target::Files(files) = &mut self.shared.sink().target {
            files.lock = None;
        }
        let head = result.map(|()| self.head());
        if head.is_ok() {
            self.shared.write_tiles();
        }
        head
    }

    /// The bytes of a log without a directory, as one segment, and whether they are all of it; `None` for a log on disk.
    #[must_use]
    pub fn retained(&mut self) -> Option<(Vec<u8>, bool)> {
        self.with_retained(|bytes, complete| (bytes.to_vec(), complete))
    }

    fn with_retained<T>(&mut self, look: impl FnOnce(&[u8], bool) -> T) -> Option<T> {
        if !self.is_in_memory() {
            return None;
        }
        if self.state == State::Open {
            // Into memory nothing fails.
            let _ = self.write_out();
        }
        match &self.shared.sink().target {
            Target::Memory { kept, complete } => Some(look(kept, *complete)),
            Target::Files(_) => None,
        }
    }

    fn is_in_memory(&self) -> bool {
        matches!(self.shared.sink().target, Target::Memory { .. })
    }

    /// Verifies a log without a directory from its bytes, as [`verify`](crate::audit::verify) does for one on disk.
    /// `None` for a log on disk, and for one that has outgrown [`RETAINED_BYTES`](crate::audit::RETAINED_BYTES).
    #[must_use]
    pub fn verify_retained(
        &mut self,
        progress: Option<&AtomicU64>,
    ) -> Option<(AuditVerdict, Roots)> {
        let head = self.head();
        self.with_retained(|bytes, complete| {
            complete.then(|| verify::verify_segment(bytes, head.records, &head.head, progress))
        })?
    }

    #[inline]
    pub(super) fn check_open(&mut self) -> Result<(), AuditError> {
        if self.shared.broken.load(Ordering::Relaxed) {
            self.wait()?;
        }
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

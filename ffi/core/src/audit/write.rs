//! From the write buffer to the segment: sealing groups, making room, beginning segments, syncing, and failing for good.
use crate::audit::error::AuditError;
use crate::audit::files;
use crate::audit::format::{hash_at, SegmentHeader, HASH_BYTES, SEAL_BYTES};
use crate::audit::log::{AuditLog, State, Target, RETAINED_BYTES, WRITE_BYTES};
use crate::audit::sha::{hash_all, LEAF};
use crate::layout::durability;
use std::io::{self, Write};
use std::path::Path;

impl AuditLog {
    /// Makes room for a record of `size` bytes, and for the seal behind it, in the segment and in the buffer.
    #[inline]
    pub(super) fn make_room(&mut self, size: usize, time_ns: i64) -> Result<(), AuditError> {
        let with_seal = (size + SEAL_BYTES) as u64;
        if self.current_bytes.saturating_add(with_seal) > self.segment_bytes
            && self.records > self.segment_first
        {
            self.rotate(time_ns)?;
        }
        if self.filled >= WRITE_BYTES || self.filled + size + SEAL_BYTES > self.buffer.len() {
            self.write_out()?;
        }
        Ok(())
    }

    /// Gives the records that have none their hashes, and adds them to the tree.
    pub(super) fn hash(&mut self) {
        self.leaves.resize(self.open.len(), [0; HASH_BYTES]);
        let (buffer, open) = (&self.buffer, &self.open);
        let covered = |i: usize| &buffer[open[i].start..open[i].end - HASH_BYTES];
        hash_all(LEAF, covered, &mut self.leaves);
        for (record, leaf) in self.open.iter().zip(&self.leaves) {
            self.buffer[record.end - HASH_BYTES..record.end].copy_from_slice(leaf);
        }
        self.head.tree.extend(&self.leaves);
        self.hashed += self.open.len();
        self.open.clear();
    }

    /// Closes the group that was gathered, if there is one.
    pub(super) fn seal(&mut self) {
        self.hash();
        if self.hashed == 0 {
            return;
        }
        let seal = self.head.seal(self.hashed).encode(&self.head.chain);
        self.head.chain = hash_at(&seal, SEAL_BYTES - HASH_BYTES);
        self.buffer[self.filled..self.filled + SEAL_BYTES].copy_from_slice(&seal);
        self.filled += SEAL_BYTES;
        self.current_bytes += SEAL_BYTES as u64;
        self.hashed = 0;
    }

    /// Ends the current segment and begins the next. Outside `MEMORY` the old one is synced first, so a log never
    /// continues behind records that a loss of power can take away.
    #[cold]
    pub(super) fn rotate(&mut self, created_ns: i64) -> Result<(), AuditError> {
        self.write_out()?;
        if self.durability != durability::MEMORY {
            self.sync()?;
        }
        let Target::Files(files) = &mut self.target else {
            return Ok(());
        };
        let (tree, chain) = (self.head.tree.clone(), self.head.chain);
        let header = SegmentHeader::new(files.number + 1, created_ns, tree, chain);
        match files::create_segment(&files.dir, &header) {
            Ok((file, path)) => {
                files.file = file;
                files.path = path;
                files.number = header.number;
                self.earlier_bytes += self.current_bytes;
                self.current_bytes = header.size() as u64;
                self.segment_first = self.records;
                Ok(())
            }
            Err(error) => Err(self.fail("begin a new segment after", error)),
        }
    }

    /// Seals what was gathered and hands the buffer to the file.
    pub(super) fn write_out(&mut self) -> Result<(), AuditError> {
        self.seal();
        match &mut self.target {
            Target::Memory { .. } => self.keep_or_drop(),
            Target::Files(files) => {
                if let Err(error) = files.file.write_all(&self.buffer[..self.filled]) {
                    return Err(self.fail("append to", error));
                }
                self.filled = 0;
            }
        }
        Ok(())
    }

    pub(super) fn keep_or_drop(&mut self) {
        if let Target::Memory { kept, complete } = &mut self.target {
            let new = &self.buffer[..self.filled];
            *complete = *complete && kept.len() + new.len() <= RETAINED_BYTES;
            if *complete {
                kept.extend_from_slice(new);
            }
            self.filled = 0;
        }
    }

    pub(super) fn sync(&mut self) -> Result<(), AuditError> {
        if let Target::Files(files) = &self.target {
            if let Err(error) = files.file.sync_data() {
                return Err(self.fail("sync", error));
            }
        }
        self.durable = self.records;
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<(), AuditError> {
        match self.state {
            State::Closed => return Ok(()),
            State::Failed { os_error } => return Err(AuditError::Failed { os_error }),
            State::Open => {}
        }
        self.write_out()?;
        if self.durability == durability::MEMORY {
            return Ok(());
        }
        self.sync()
    }

    #[cold]
    fn fail(&mut self, doing: &'static str, source: io::Error) -> AuditError {
        self.state = State::Failed {
            os_error: source.raw_os_error().unwrap_or(0),
        };
        let path = match &self.target {
            Target::Memory { .. } => Path::new(""),
            Target::Files(files) => &files.path,
        };
        AuditError::io(doing, path, source)
    }
}

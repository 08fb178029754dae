//! From the write buffer to the segment: making room, beginning segments, syncing, and failing for good.
use crate::audit::error::AuditError;
use crate::audit::files;
use crate::audit::format::{hash_at, SegmentHeader, HASH_BYTES, SEGMENT_HEADER_BYTES};
use crate::audit::log::{AuditLog, State, Target, RETAINED_BYTES, WRITE_BYTES};
use crate::layout::durability;
use std::io::{self, Write};
use std::path::Path;

impl AuditLog {
    /// Makes room for a record of `size` bytes in the segment and in the buffer.
    #[inline]
    pub(super) fn make_room(&mut self, size: usize, time_ns: i64) -> Result<(), AuditError> {
        if self.current_bytes.saturating_add(size as u64) > self.segment_bytes
            && self.current_bytes > SEGMENT_HEADER_BYTES as u64
        {
            self.rotate(time_ns)?;
        }
        if self.filled >= WRITE_BYTES || self.filled + size > self.buffer.len() {
            self.write_out()?;
        }
        Ok(())
    }

    /// Ends the current segment and begins the next. Outside `MEMORY` the old one is synced first, so a log never
    /// continues behind records that a loss of power can take away.
    #[cold]
    pub(super) fn rotate(&mut self, created_ns: i64) -> Result<(), AuditError> {
        self.write_out()?;
        if self.durability != durability::MEMORY {
            self.sync()?;
        }
        let head = hash_at(&self.buffer, self.filled - HASH_BYTES);
        let Target::Files(files) = &mut self.target else {
            return Ok(());
        };
        let header = SegmentHeader::new(files.number + 1, self.records, created_ns, head);
        match files::create_segment(&files.dir, &header) {
            Ok((file, path)) => {
                files.file = file;
                files.path = path;
                files.number = header.number;
                self.earlier_bytes += self.current_bytes;
                self.current_bytes = SEGMENT_HEADER_BYTES as u64;
                Ok(())
            }
            Err(error) => Err(self.fail("begin a new segment after", error)),
        }
    }

    /// Hands the buffer to the file and leaves in it only the chain head.
    pub(super) fn write_out(&mut self) -> Result<(), AuditError> {
        match &mut self.target {
            Target::Memory { .. } => self.keep_or_drop(),
            Target::Files(files) => {
                if let Err(error) = files.file.write_all(&self.buffer[HASH_BYTES..self.filled]) {
                    return Err(self.fail("append to", error));
                }
                self.empty_buffer();
            }
        }
        Ok(())
    }

    pub(super) fn keep_or_drop(&mut self) {
        if let Target::Memory { kept, complete } = &mut self.target {
            let new = &self.buffer[HASH_BYTES..self.filled];
            *complete = *complete && kept.len() + new.len() <= RETAINED_BYTES;
            if *complete {
                kept.extend_from_slice(new);
            }
            self.empty_buffer();
        }
    }

    fn empty_buffer(&mut self) {
        self.buffer
            .copy_within(self.filled - HASH_BYTES..self.filled, 0);
        self.filled = HASH_BYTES;
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

//! Reading records back, also while a node appends.
use crate::audit::error::AuditError;
use crate::audit::files;
use crate::audit::format::{segment_path, Hash, SegmentHeader, SEGMENT_HEADER_BYTES};
use crate::audit::verify::damage;
use crate::audit::window::{Step, Window};
use crate::layout::{AuditHeader, AuditVerdict};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Hands out the records of a directory in order, each checked against the chain.
///
/// The chain is checked from the beginning of the segment that holds the first record asked for; what lies before is
/// [`verify`](crate::audit::verify)'s business.
pub struct Reader {
    dir: PathBuf,
    window: Window<File>,
    segment: SegmentHeader,
    /// Index of the record at the cursor.
    index: u64,
    head: Hash,
    from: u64,
}

impl Reader {
    /// Begins at record `from`, which need not exist yet.
    ///
    /// # Errors
    /// `Io` when there is no log in `dir` or it cannot be read, `Corrupt` when a segment has no readable header.
    pub fn open(dir: &Path, from: u64) -> Result<Self, AuditError> {
        let read = |source| AuditError::io("read the audit log in", dir, source);
        let numbers = files::segments(dir).map_err(read)?;
        let mut found = None;
        for number in numbers.iter().rev() {
            let (segment, window) = open_segment(dir, *number)?;
            found = Some((segment, window));
            if segment.first_index <= from {
                break;
            }
        }
        let Some((segment, window)) = found else {
            return Err(read(std::io::Error::new(
                std::io::ErrorKind::NotFound,
                "it has no segment",
            )));
        };
        Ok(Self {
            dir: dir.to_path_buf(),
            window,
            segment,
            index: segment.first_index,
            head: segment.previous,
            from,
        })
    }

    /// Puts the next record into `header` and `payload` and says `true`; says `false` when there is none yet. It may be
    /// asked again later.
    ///
    /// # Errors
    /// `Corrupt` when the next record does not fit the chain, `Io`.
    pub fn next(
        &mut self,
        header: &mut AuditHeader,
        payload: &mut Vec<u8>,
    ) -> Result<bool, AuditError> {
        loop {
            match self.step()? {
                Step::Good(found, size) => {
                    let wanted = found.index >= self.from;
                    if wanted {
                        *header = found;
                        payload.clear();
                        payload.extend_from_slice(self.window.payload(found.length as usize));
                    }
                    self.head = self.window.hash_of(size);
                    self.window.advance(size);
                    self.index += 1;
                    if wanted {
                        return Ok(true);
                    }
                }
                Step::Bad => return Err(self.corrupt(damage::CHANGED)),
                Step::End | Step::Short => {
                    if !segment_path(&self.dir, self.segment.number + 1).exists() {
                        return Ok(false);
                    }
                    // The next segment is made after the last write to this one, so what is here now is all of it.
                    match self.step()? {
                        Step::End => self.next_segment()?,
                        Step::Good(..) => {}
                        Step::Short | Step::Bad => return Err(self.corrupt(damage::CHANGED)),
                    }
                }
            }
        }
    }

    /// Hash of the record layout that the payloads at the cursor follow.
    #[must_use]
    pub const fn layout_hash(&self) -> u64 {
        self.segment.layout_hash
    }

    fn step(&mut self) -> Result<Step, AuditError> {
        self.window
            .step(self.index, &self.head)
            .map_err(|source| self.io(source))
    }

    fn next_segment(&mut self) -> Result<(), AuditError> {
        let (segment, window) = open_segment(&self.dir, self.segment.number + 1)?;
        if segment.first_index != self.index || segment.previous != self.head {
            return Err(self.corrupt(damage::MISSING));
        }
        self.segment = segment;
        self.window = window;
        Ok(())
    }

    fn io(&self, source: std::io::Error) -> AuditError {
        AuditError::io(
            "read",
            &segment_path(&self.dir, self.segment.number),
            source,
        )
    }

    fn corrupt(&self, damage: u32) -> AuditError {
        let verdict = AuditVerdict {
            damage,
            records: self.index,
            bad_index: self.index,
            bad_segment: self.segment.number,
            bad_offset: self.window.offset(),
            ..Default::default()
        };
        AuditError::corrupt(&self.dir, verdict)
    }
}

/// Opens a segment with the cursor on its first record.
fn open_segment(dir: &Path, number: u64) -> Result<(SegmentHeader, Window<File>), AuditError> {
    let path = segment_path(dir, number);
    let read = |source| AuditError::io("read", &path, source);
    let mut window = Window::new(File::open(&path).map_err(read)?);
    let header = SegmentHeader::decode(window.see(SEGMENT_HEADER_BYTES).map_err(read)?);
    let Some(header) = header.filter(|header| header.number == number) else {
        let verdict = AuditVerdict {
            damage: damage::UNREADABLE_HEADER,
            bad_segment: number,
            ..Default::default()
        };
        return Err(AuditError::corrupt(dir, verdict));
    };
    window.advance(SEGMENT_HEADER_BYTES);
    Ok((header, window))
}

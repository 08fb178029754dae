//! Reading records back, also while a node appends.
use crate::audit::error::AuditError;
use crate::audit::files;
use crate::audit::format::{
    read_header, segment_path, Hash, HeaderFault, SegmentHeader, HEADER_BYTES,
};
use crate::audit::group::{Found, Groups, Head};
use crate::audit::place::{open_place, Place};
use crate::audit::verify::damage;
use crate::audit::window::Window;
use crate::layout::{AuditHeader, AuditVerdict};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Hands out the records of a directory in order, group by group: a record without a seal behind it was not acknowledged
/// and is not handed out.
///
/// The chain is checked from the beginning of the segment that holds the first record asked for; what lies before, and the
/// tree, are [`verify`](crate::audit::verify)'s business.
pub struct Reader {
    dir: PathBuf,
    window: Window<File>,
    segment: SegmentHeader,
    groups: Groups,
    head: Head,
    /// Of the group at the cursor, with its seal; 0 when none was found yet.
    bytes: usize,
    /// Records of that group that were passed.
    passed: usize,
    /// Where in the group the reading last stopped.
    stop: usize,
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
            let begins = segment.first_index();
            found = Some((segment, window));
            if begins <= from {
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
            head: segment.head(),
            segment,
            groups: Groups::default(),
            bytes: 0,
            passed: 0,
            stop: 0,
            from,
        })
    }

    /// Begins behind what `place` says, without reading anything before; `None` when the log has something else there.
    ///
    /// # Errors
    /// As for [`Reader::open`].
    pub fn resume(dir: &Path, place: &Place) -> Result<Option<Self>, AuditError> {
        let (segment, _) = open_segment(dir, place.segment)?;
        Ok(open_place(dir, place)?.map(|window| Self {
            dir: dir.to_path_buf(),
            window,
            head: Head {
                size: place.records,
                chain: place.chain,
            },
            segment,
            groups: Groups::default(),
            bytes: 0,
            passed: 0,
            stop: 0,
            from: place.records,
        }))
    }

    /// Shows every record of the next group to `visit`, where it lies; says `false` when there is no further group. Not to
    /// be mixed with [`Reader::next`].
    ///
    /// # Errors
    /// As for [`Reader::next`], and those of `visit`, which end the reading.
    pub fn visit_group<E: From<AuditError>>(
        &mut self,
        mut visit: impl FnMut(&AuditHeader, &[u8]) -> Result<(), E>,
    ) -> Result<bool, E> {
        self.window.advance(self.bytes);
        if !self.next_group()? {
            return Ok(false);
        }
        for record in &self.groups.records {
            let bytes = &self.window.seen()[record.clone()];
            if let Some(header) = read_header(bytes).filter(|found| found.index >= self.from) {
                visit(&header, &bytes[HEADER_BYTES..][..header.length as usize])?;
            }
        }
        Ok(true)
    }

    /// Records behind the last group read, and chain head there.
    #[must_use]
    pub const fn read_to(&self) -> (u64, Hash) {
        (self.head.size, self.head.chain)
    }

    /// Whether something lies behind the last group that no seal closes.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        !self.window.seen().is_empty()
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
            while let Some(record) = self.groups.records.get(self.passed) {
                let bytes = &self.window.seen()[record.clone()];
                self.passed += 1;
                let Some(found) = read_header(bytes).filter(|found| found.index >= self.from)
                else {
                    continue;
                };
                *header = found;
                payload.clear();
                payload.extend_from_slice(&bytes[HEADER_BYTES..][..found.length as usize]);
                return Ok(true);
            }
            self.window.advance(self.bytes);
            if !self.next_group()? {
                return Ok(false);
            }
        }
    }

    /// Finds the next group; `false` when it is not there yet.
    fn next_group(&mut self) -> Result<bool, AuditError> {
        self.bytes = 0;
        loop {
            match self.look()? {
                Some(true) => return Ok(true),
                Some(false) => return Err(self.corrupt(damage::CHANGED)),
                None if !segment_path(&self.dir, self.segment.number + 1).exists() => {
                    return Ok(false);
                }
                // The next segment is made after the last write to this one, so what is here now is all of it.
                None => match self.look()? {
                    Some(true) => return Ok(true),
                    Some(false) => return Err(self.corrupt(damage::CHANGED)),
                    None if self.window.seen().is_empty() => self.next_segment()?,
                    None => return Err(self.corrupt(damage::CHANGED)),
                },
            }
        }
    }

    /// Whether a group lies at the cursor; `None` when the bytes end before it is whole.
    fn look(&mut self) -> Result<Option<bool>, AuditError> {
        let found = self.groups.next(&mut self.window, &mut self.head);
        let found = found.map_err(|source| {
            let path = segment_path(&self.dir, self.segment.number);
            AuditError::io("read", &path, source)
        })?;
        // The records in front of a place that stopped the reading are whole, but nothing seals them.
        (self.passed, self.stop) = (self.groups.records.len(), 0);
        Ok(match found {
            Found::Group(size) => {
                (self.bytes, self.passed) = (size, 0);
                Some(true)
            }
            Found::Stop(stop) => {
                self.stop = stop.at;
                (!stop.short).then_some(false)
            }
            Found::End => None,
        })
    }

    /// Hash of the record layout that the payloads at the cursor follow.
    #[must_use]
    pub const fn layout_hash(&self) -> u64 {
        self.segment.layout_hash
    }

    fn next_segment(&mut self) -> Result<(), AuditError> {
        let (segment, window) = open_segment(&self.dir, self.segment.number + 1)?;
        if segment.head() != self.head {
            return Err(self.corrupt(damage::MISSING));
        }
        self.segment = segment;
        self.window = window;
        Ok(())
    }

    fn corrupt(&self, damage: u32) -> AuditError {
        let index = self.head.size + self.groups.records.len() as u64;
        let verdict = AuditVerdict {
            damage,
            records: index,
            bad_index: index,
            bad_segment: self.segment.number,
            bad_offset: self.window.offset() + self.stop as u64,
            ..Default::default()
        };
        AuditError::corrupt(&self.dir, verdict)
    }
}

/// Opens a segment with the cursor on its first record.
pub(super) fn open_segment(
    dir: &Path,
    number: u64,
) -> Result<(SegmentHeader, Window<File>), AuditError> {
    let path = segment_path(dir, number);
    let read = |source| AuditError::io("read", &path, source);
    let mut window = Window::new(File::open(&path).map_err(read)?);
    let fault = match window.header().map_err(read)? {
        Ok(header) if header.number == number => return Ok((header, window)),
        Err(HeaderFault::OtherFormat) => damage::OTHER_FORMAT,
        _ => damage::UNREADABLE_HEADER,
    };
    let verdict = AuditVerdict {
        damage: fault,
        bad_segment: number,
        ..Default::default()
    };
    Err(AuditError::corrupt(dir, verdict))
}

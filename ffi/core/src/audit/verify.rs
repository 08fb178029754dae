//! Reading a whole log and naming the first damage and its place.
use crate::audit::diagnose::{diagnose, Rest};
use crate::audit::files;
use crate::audit::format::{
    genesis, segment_path, Hash, SegmentHeader, HASH_BYTES, SEGMENT_HEADER_BYTES,
};
use crate::audit::window::{Step, Window};
use crate::layout::AuditVerdict;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Kinds of damage in [`AuditVerdict`].
pub mod damage {
    /// The log is whole.
    pub const NONE: u32 = 0;
    /// The last record is unfinished, as a crash leaves it; opening the log repairs it.
    pub const TORN_TAIL: u32 = 1;
    /// A record differs from what was appended.
    pub const CHANGED: u32 = 2;
    /// Records that were appended are not there.
    pub const MISSING: u32 = 3;
    /// A record stands where it was not appended; it may be there twice.
    pub const REORDERED: u32 = 4;
    /// The head of a record or of a segment cannot be read.
    pub const UNREADABLE_HEADER: u32 = 5;
    /// A segment file is not there.
    pub const SEGMENT_MISSING: u32 = 6;

    /// The kind in words.
    #[must_use]
    pub const fn name(damage: u32) -> &'static str {
        match damage {
            NONE => "no damage",
            TORN_TAIL => "an unfinished last record",
            CHANGED => "a changed record",
            MISSING => "missing records",
            REORDERED => "records out of order",
            UNREADABLE_HEADER => "an unreadable header",
            SEGMENT_MISSING => "a missing segment",
            _ => "damage of an unknown kind",
        }
    }
}

/// Verifies the log in `dir` from its beginning to the first damage. Returns the verdict and the chain head after the
/// last good record. `progress` is given the bytes verified so far.
///
/// A directory without segments, or none at all, is a missing segment 0; a segment that cannot be read is an unreadable
/// header. While a node holds the log, an unfinished last record is that node's write and no damage.
///
/// A log that ends cleanly but too early looks whole: see [`verify_against`].
#[must_use]
pub fn verify(dir: &Path, progress: Option<&AtomicU64>) -> (AuditVerdict, Hash) {
    run(&Directory(dir), None, progress)
}

/// As [`verify`], against a record count and head noted down earlier. The log may have grown since. Fewer records are
/// damage `MISSING` at the log's end; another head at that count is damage `CHANGED` at the last record before it, since
/// a rewritten chain does not show where it departs from the one that was noted.
#[must_use]
pub fn verify_against(
    dir: &Path,
    expected_records: u64,
    expected_head: &Hash,
) -> (AuditVerdict, Hash) {
    run(
        &Directory(dir),
        Some((expected_records, expected_head)),
        None,
    )
}

/// Verifies a log that is one segment in memory.
pub(super) fn verify_segment(
    bytes: &[u8],
    expected_records: u64,
    expected_head: &Hash,
    progress: Option<&AtomicU64>,
) -> (AuditVerdict, Hash) {
    run(
        &OneSegment(bytes),
        Some((expected_records, expected_head)),
        progress,
    )
}

/// Where segments come from.
pub(super) trait Segments {
    type Source: Read;
    fn numbers(&self) -> io::Result<Vec<u64>>;
    fn open(&self, number: u64) -> io::Result<Self::Source>;
    /// Whether someone is appending right now.
    fn is_growing(&self) -> bool;
}

pub(super) struct Directory<'a>(pub &'a Path);

impl Segments for Directory<'_> {
    type Source = File;

    fn numbers(&self) -> io::Result<Vec<u64>> {
        files::segments(self.0)
    }

    fn open(&self, number: u64) -> io::Result<File> {
        File::open(segment_path(self.0, number))
    }

    fn is_growing(&self) -> bool {
        files::is_held(self.0)
    }
}

struct OneSegment<'a>(&'a [u8]);

impl<'a> Segments for OneSegment<'a> {
    type Source = &'a [u8];

    fn numbers(&self) -> io::Result<Vec<u64>> {
        Ok(vec![0])
    }

    fn open(&self, _: u64) -> io::Result<&'a [u8]> {
        Ok(self.0)
    }

    fn is_growing(&self) -> bool {
        false
    }
}

struct Verifier<'a, S> {
    log: &'a S,
    expected: Option<(u64, &'a Hash)>,
    progress: Option<&'a AtomicU64>,
    verdict: AuditVerdict,
    head: Hash,
}

/// Records between two reports of progress.
const REPORT_EVERY: u64 = 4096;

fn run<S: Segments>(
    log: &S,
    expected: Option<(u64, &Hash)>,
    progress: Option<&AtomicU64>,
) -> (AuditVerdict, Hash) {
    let mut verifier = Verifier {
        log,
        expected,
        progress,
        verdict: AuditVerdict::default(),
        head: genesis(),
    };
    verifier.all();
    verifier.report();
    (verifier.verdict, verifier.head)
}

impl<S: Segments> Verifier<'_, S> {
    fn all(&mut self) {
        let numbers = match self.log.numbers() {
            Ok(numbers) if numbers.is_empty() => return self.bad(damage::SEGMENT_MISSING, 0, 0),
            Ok(numbers) => numbers,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.bad(damage::SEGMENT_MISSING, 0, 0);
            }
            Err(_) => return self.bad(damage::UNREADABLE_HEADER, 0, 0),
        };
        if let Some((0, head)) = self.expected {
            if *head != self.head {
                return self.bad(
                    damage::CHANGED,
                    0,
                    (SEGMENT_HEADER_BYTES - HASH_BYTES) as u64,
                );
            }
        }
        let last = numbers.len() - 1;
        let mut end = 0;
        for (position, number) in numbers.into_iter().enumerate() {
            if number != position as u64 {
                return self.bad(damage::SEGMENT_MISSING, position as u64, 0);
            }
            match self.segment(number, end, position == last) {
                Ok(offset) => end = offset,
                Err(_) => self.bad(damage::UNREADABLE_HEADER, number, 0),
            }
            if self.verdict.damage != damage::NONE {
                return;
            }
        }
        if self
            .expected
            .is_some_and(|(records, _)| self.verdict.records < records)
        {
            self.bad(damage::MISSING, last as u64, end);
        }
    }

    /// Verifies one segment and returns where it ends. `end_before` is where the segment before it ended.
    fn segment(&mut self, number: u64, end_before: u64, last: bool) -> io::Result<u64> {
        let mut window = Window::new(self.log.open(number)?);
        let Some(header) = SegmentHeader::decode(window.see(SEGMENT_HEADER_BYTES)?) else {
            self.bad(damage::UNREADABLE_HEADER, number, 0);
            return Ok(0);
        };
        if header.number != number || header.first_index < self.verdict.records {
            self.bad(damage::REORDERED, number, 0);
        } else if header.first_index > self.verdict.records {
            // The records between lay at the end of the segment before.
            self.bad(damage::MISSING, number.saturating_sub(1), end_before);
        } else if header.previous != self.head {
            self.bad(
                damage::CHANGED,
                number,
                (SEGMENT_HEADER_BYTES - HASH_BYTES) as u64,
            );
        } else {
            window.advance(SEGMENT_HEADER_BYTES);
            self.verdict.segments += 1;
            self.verdict.bytes += SEGMENT_HEADER_BYTES as u64;
            self.records(number, &mut window, last)?;
        }
        Ok(window.offset())
    }

    fn records(
        &mut self,
        number: u64,
        window: &mut Window<S::Source>,
        last: bool,
    ) -> io::Result<()> {
        loop {
            let index = self.verdict.records;
            match window.step(index, &self.head)? {
                Step::Good(_, size) => {
                    let hash = window.hash_of(size);
                    if self
                        .expected
                        .is_some_and(|(records, head)| records == index + 1 && *head != hash)
                    {
                        self.bad(damage::CHANGED, number, window.offset());
                        return Ok(());
                    }
                    self.head = hash;
                    window.advance(size);
                    self.verdict.records += 1;
                    self.verdict.bytes += size as u64;
                    if self.verdict.records.is_multiple_of(REPORT_EVERY) {
                        self.report();
                    }
                }
                Step::End => return Ok(()),
                Step::Short if last && self.log.is_growing() => return Ok(()),
                Step::Short | Step::Bad => {
                    let place = Rest {
                        segment: number,
                        offset: window.offset(),
                        index,
                        head: &self.head,
                        last,
                    };
                    let damage = diagnose(self.log, &place)?;
                    self.bad(damage, number, window.offset());
                    return Ok(());
                }
            }
        }
    }

    const fn bad(&mut self, damage: u32, segment: u64, offset: u64) {
        self.verdict.damage = damage;
        self.verdict.bad_index = self.verdict.records;
        self.verdict.bad_segment = segment;
        self.verdict.bad_offset = offset;
    }

    fn report(&self) {
        if let Some(progress) = self.progress {
            progress.store(self.verdict.bytes, Ordering::Relaxed);
        }
    }
}

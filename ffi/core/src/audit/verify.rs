//! Reading a whole log and naming the first damage and its place.
//!
//! A segment says in its header what it follows, so segments are read side by side, each from its own header on, and then
//! held against one another in order. The verdict is that of reading from beginning to end.
use crate::audit::diagnose::{diagnose, Finding, Place};
use crate::audit::files;
use crate::audit::format::{segment_path, Hash, HeaderFault, SegmentHeader, PEAKS_AT};
use crate::audit::group::{Found, Groups, Head};
use crate::audit::tile_check::{TileCheck, TileCount};
use crate::audit::tree::Tree;
use crate::audit::window::Window;
use crate::layout::AuditVerdict;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::thread;

/// Kinds of damage in [`AuditVerdict`].
pub mod damage {
    /// The log is whole.
    pub const NONE: u32 = 0;
    /// The last group has no seal, as a crash leaves it; opening the log cuts it off.
    pub const TORN_TAIL: u32 = 1;
    /// A record or a seal differs from what was written.
    pub const CHANGED: u32 = 2;
    /// Records that were appended are not there.
    pub const MISSING: u32 = 3;
    /// A record stands where it was not appended; it may be there twice.
    pub const REORDERED: u32 = 4;
    /// The head of a record or of a segment cannot be read.
    pub const UNREADABLE_HEADER: u32 = 5;
    /// A segment file is not there.
    pub const SEGMENT_MISSING: u32 = 6;
    /// The log was written in another version of the format.
    pub const OTHER_FORMAT: u32 = 7;
    /// The log is whole, and a tile beside it says something else; the place is the first record under the hash that is
    /// wrong, and for segment and offset the level and the number of the tile.
    pub const WRONG_TILE: u32 = 8;

    /// The kind in words.
    #[must_use]
    pub const fn name(damage: u32) -> &'static str {
        match damage {
            NONE => "no damage",
            TORN_TAIL => "an unfinished last group",
            CHANGED => "a changed record",
            MISSING => "missing records",
            REORDERED => "records out of order",
            UNREADABLE_HEADER => "an unreadable header",
            SEGMENT_MISSING => "a missing segment",
            OTHER_FORMAT => "a log of another format version",
            WRONG_TILE => "a tile that is not of this log",
            _ => "damage of an unknown kind",
        }
    }
}

/// Where the good part of a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Root of the tree over the good records.
    pub root: Hash,
    /// Chain head behind the last good group.
    pub chain: Hash,
    /// Tiles that say what the log says.
    pub tiles: u64,
    /// Tiles that are not there; none are missed while a node writes the log.
    pub missing_tiles: u64,
}

/// Verifies the log in `dir` up to the first damage. Returns the verdict, and root and chain head of what is good.
/// `progress` is given the bytes verified so far.
///
/// A directory without segments, or none at all, is a missing segment 0; a segment that cannot be read is an unreadable
/// header. Damage of a seal lies behind its records. Where records were replaced by others with hashes of their own, it
/// lies at the beginning of their group, because nothing tells which they are. While a node holds the log, a last group
/// without a seal is that node's write and no damage; it is not counted either.
///
/// A log that ends cleanly but too early looks whole: see [`verify_against`].
#[must_use]
pub fn verify(dir: &Path, progress: Option<&AtomicU64>) -> (AuditVerdict, Roots) {
    run(&Directory(dir), None, progress)
}

/// As [`verify`], against a record count and root noted down earlier. The log may have grown since. Fewer records are
/// damage `MISSING` at the log's end; another root at that count is damage `CHANGED` at the last record before it, since
/// a rewritten log does not show where it departs from the one that was noted.
#[must_use]
pub fn verify_against(
    dir: &Path,
    expected_records: u64,
    expected_root: &Hash,
) -> (AuditVerdict, Roots) {
    run(
        &Directory(dir),
        Some((expected_records, expected_root)),
        None,
    )
}

/// As [`verify`], for a log whose segments are in memory, in order. On this thread alone.
#[must_use]
pub fn verify_bytes(segments: &[&[u8]]) -> (AuditVerdict, Roots) {
    run(&InMemory(segments), None, None)
}

/// Verifies a log that is one segment in memory.
pub(super) fn verify_segment(
    bytes: &[u8],
    expected_records: u64,
    expected_root: &Hash,
    progress: Option<&AtomicU64>,
) -> (AuditVerdict, Roots) {
    run(
        &InMemory(&[bytes]),
        Some((expected_records, expected_root)),
        progress,
    )
}

/// Where segments come from.
pub(super) trait Segments: Sync {
    type Source: Read;
    fn numbers(&self) -> io::Result<Vec<u64>>;
    fn open(&self, number: u64) -> io::Result<Self::Source>;
    /// Whether someone is appending right now.
    fn is_growing(&self) -> bool;
    /// Whether reading takes long enough for threads and a large buffer.
    fn is_slow(&self) -> bool;
    /// Where tiles are, if the log has them.
    fn tiles(&self) -> Option<&Path>;
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

    fn is_slow(&self) -> bool {
        true
    }

    fn tiles(&self) -> Option<&Path> {
        Some(self.0)
    }
}

struct InMemory<'a>(&'a [&'a [u8]]);

impl<'a> Segments for InMemory<'a> {
    type Source = &'a [u8];

    fn numbers(&self) -> io::Result<Vec<u64>> {
        Ok((0..self.0.len() as u64).collect())
    }

    fn open(&self, number: u64) -> io::Result<&'a [u8]> {
        let segment = self.0.get(number as usize).copied();
        segment.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn is_growing(&self) -> bool {
        false
    }

    fn is_slow(&self) -> bool {
        false
    }

    fn tiles(&self) -> Option<&Path> {
        None
    }
}

/// Bytes between two reports of progress.
const REPORT_EVERY: u64 = 1 << 20;

type Expected<'a> = Option<(u64, &'a Hash)>;

fn run<S: Segments>(
    log: &S,
    expected: Expected<'_>,
    progress: Option<&AtomicU64>,
) -> (AuditVerdict, Roots) {
    let mut join = Join {
        verdict: AuditVerdict::default(),
        head: Head::genesis(),
        tree: Tree::default(),
        tiles: TileCount::default(),
        end: 0,
    };
    join.all(log, expected, progress);
    join.tiles(log.is_growing());
    let Join {
        verdict,
        head,
        tree,
        tiles,
        ..
    } = join;
    if let Some(progress) = progress {
        progress.store(verdict.bytes, Ordering::Relaxed);
    }
    let roots = Roots {
        root: tree.root(),
        chain: head.chain,
        tiles: tiles.good,
        missing_tiles: tiles.missing,
    };
    (verdict, roots)
}

/// What one segment has in it.
struct Part {
    header: SegmentHeader,
    /// What is good at its end: the chain up to the last good seal, the tree up to the last good record.
    head: Head,
    tree: Tree,
    /// Of the groups that are good, with the header.
    bytes: u64,
    /// What is wrong behind that.
    finding: Option<Finding>,
    /// The root at the count that was asked for, and where the segment stood when it was reached.
    watched: Option<(Hash, Finding)>,
    tiles: TileCount,
}

/// The segments held against one another, in order.
struct Join {
    verdict: AuditVerdict,
    head: Head,
    tree: Tree,
    tiles: TileCount,
    /// Where the segment before ended.
    end: u64,
}

impl Join {
    fn all<S: Segments>(&mut self, log: &S, expected: Expected<'_>, progress: Option<&AtomicU64>) {
        let numbers = match log.numbers() {
            Ok(numbers) if numbers.is_empty() => return self.bad(damage::SEGMENT_MISSING, 0, 0),
            Ok(numbers) => numbers,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return self.bad(damage::SEGMENT_MISSING, 0, 0);
            }
            Err(_) => return self.bad(damage::UNREADABLE_HEADER, 0, 0),
        };
        if expected.is_some_and(|(records, root)| records == 0 && *root != self.tree.root()) {
            return self.bad(damage::CHANGED, 0, PEAKS_AT as u64);
        }
        let present = (0..)
            .zip(&numbers)
            .take_while(|(want, have)| want == *have)
            .count();
        let parts = read_all(log, present, present == numbers.len(), expected, progress);
        for (number, part) in (0..).zip(parts) {
            match part {
                Ok(part) => self.segment(number, part, expected),
                Err(Unread::Header(HeaderFault::OtherFormat)) => {
                    self.bad(damage::OTHER_FORMAT, number, 0);
                }
                Err(_) => self.bad(damage::UNREADABLE_HEADER, number, 0),
            }
            if self.verdict.damage != damage::NONE {
                return;
            }
        }
        if present < numbers.len() {
            return self.bad(damage::SEGMENT_MISSING, present as u64, 0);
        }
        if expected.is_some_and(|(records, _)| self.verdict.records < records) {
            self.bad(damage::MISSING, present as u64 - 1, self.end);
        }
    }

    fn segment(&mut self, number: u64, part: Part, expected: Expected<'_>) {
        let Part { header, .. } = &part;
        if header.number != number || header.first_index() < self.verdict.records {
            return self.bad(damage::REORDERED, number, 0);
        }
        if header.first_index() > self.verdict.records {
            // The records between lay at the end of the segment before.
            return self.bad(damage::MISSING, number.saturating_sub(1), self.end);
        }
        if header.head() != self.head || header.tree != self.tree {
            return self.bad(damage::CHANGED, number, PEAKS_AT as u64);
        }
        self.verdict.segments += 1;
        self.verdict.bytes += part.bytes;
        self.end = part.bytes;
        self.head = part.head;
        self.tree = part.tree;
        self.tiles.good += part.tiles.good;
        self.tiles.missing += part.tiles.missing;
        self.tiles.wrong = self.tiles.wrong.or(part.tiles.wrong);
        self.verdict.records = self.tree.size();
        let forged = part
            .watched
            .filter(|(root, _)| expected.is_some_and(|(_, noted)| root != noted));
        let forged = forged.map(|(_, finding)| finding);
        let first = [part.finding, forged].into_iter().flatten();
        if let Some(finding) = first.min_by_key(|finding| finding.index) {
            self.verdict.records = finding.index;
            self.bad(finding.damage, number, finding.offset);
        }
    }

    /// A log that is whole may have a tile that is not. What `grows` has not cut its last tiles yet.
    const fn tiles(&mut self, grows: bool) {
        if grows {
            self.tiles.missing = 0;
        }
        if let (damage::NONE, Some(wrong)) = (self.verdict.damage, self.tiles.wrong) {
            self.bad(damage::WRONG_TILE, wrong.level, wrong.number);
            self.verdict.bad_index = wrong.index;
        }
    }

    const fn bad(&mut self, damage: u32, segment: u64, offset: u64) {
        self.verdict.damage = damage;
        self.verdict.bad_index = self.verdict.records;
        self.verdict.bad_segment = segment;
        self.verdict.bad_offset = offset;
    }
}

/// Why there is nothing to say about a segment.
enum Unread {
    Header(HeaderFault),
    Io,
    /// An earlier one is damaged.
    Moot,
}

/// Reads the first `count` segments on as many threads as the machine has processors. Behind a damaged segment nothing
/// is read that has not begun yet.
fn read_all<S: Segments>(
    log: &S,
    count: usize,
    complete: bool,
    expected: Expected<'_>,
    progress: Option<&AtomicU64>,
) -> Vec<Result<Part, Unread>> {
    let parts: Vec<OnceLock<Result<Part, Unread>>> = (0..count).map(|_| OnceLock::new()).collect();
    let (next, first_bad) = (AtomicUsize::new(0), AtomicUsize::new(count));
    let work = || loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count || number > first_bad.load(Ordering::Relaxed) {
            return;
        }
        let last = complete && number + 1 == count;
        let part = read_segment(log, number as u64, last, expected, progress);
        if !matches!(&part, Ok(part) if part.finding.is_none()) {
            first_bad.fetch_min(number, Ordering::Relaxed);
        }
        // Each number is drawn once, so the place is empty.
        let _ = parts[number].set(part);
    };
    let processors = || thread::available_parallelism().map_or(1, usize::from);
    let threads = if log.is_slow() {
        processors().min(count)
    } else {
        1
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    parts
        .into_iter()
        .map(|part| part.into_inner().unwrap_or(Err(Unread::Moot)))
        .collect()
}

fn read_segment<S: Segments>(
    log: &S,
    number: u64,
    last: bool,
    expected: Expected<'_>,
    progress: Option<&AtomicU64>,
) -> Result<Part, Unread> {
    let io = |_| Unread::Io;
    let source = log.open(number).map_err(io)?;
    let mut window = if log.is_slow() {
        Window::new(source)
    } else {
        Window::small(source)
    };
    let header = window.header().map_err(io)?.map_err(Unread::Header)?;
    let (mut head, mut tree) = (header.head(), header.tree.clone());
    let mut check = TileCheck::behind(log.tiles(), head.size);
    let mut groups = Groups::default();
    let (mut finding, mut watched, mut reported) = (None, None, 0);
    loop {
        let (begin, first) = (window.offset(), head.size);
        let found = groups.next(&mut window, &mut head).map_err(io)?;
        let ahead = expected.and_then(|(records, _)| records.checked_sub(first));
        if let Some(ahead) = ahead.filter(|ahead| (1..=groups.leaves.len() as u64).contains(ahead))
        {
            let (before, last) = (&groups.leaves[..ahead as usize], ahead as usize - 1);
            let mut noted = tree.clone();
            noted.extend(before);
            let finding = Finding {
                damage: damage::CHANGED,
                index: first + last as u64,
                offset: begin + groups.records[last].start as u64,
            };
            watched = Some((noted.root(), finding));
        }
        match found {
            Found::Group(size) => {
                tree.extend_seen(&groups.leaves, |level, hashes| check.take(level, hashes));
                window.advance(size);
            }
            Found::End => break,
            Found::Stop(stop) if stop.short && last && log.is_growing() => break,
            Found::Stop(stop) => {
                let place = Place {
                    segment: number,
                    offset: begin,
                    head: &head,
                    stop: &stop,
                    last,
                };
                let bad = diagnose(log, &place).map_err(io)?;
                tree.extend(&groups.leaves[..(bad.index - first) as usize]);
                finding = Some(bad);
                break;
            }
        }
        if window.offset() - reported >= REPORT_EVERY {
            if let Some(progress) = progress {
                progress.fetch_add(window.offset() - reported, Ordering::Relaxed);
            }
            reported = window.offset();
        }
    }
    let tiles = check.end(last, &tree);
    Ok(Part {
        header,
        head,
        tree,
        bytes: window.offset(),
        finding,
        watched,
        tiles,
    })
}

//! What the tests of the audit log share: scratch directories, a small log, and its records taken apart.
#![allow(dead_code)] // Every test file uses another part.

use cwts_core::audit::format::{
    record_bytes, segment_path, SegmentHeader, SEAL_BYTES, SEAL_MAGIC, SEGMENT_HEADER_BYTES,
};
use cwts_core::audit::AuditLog;
use cwts_core::layout::{durability, record_type};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// A directory of its own that goes away with the value.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("cwts-audit-{}-{count}", std::process::id()));
        // A left-over of an earlier process of that number would be opened as a log.
        let _ = fs::remove_dir_all(&dir);
        Self(dir)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Payload of record `index`: lengths 0 to 150 that are and are not multiples of 8.
pub fn payload(index: u64) -> Vec<u8> {
    let length = (index * 37 % 151) as usize;
    (0..length)
        .map(|at| (index as usize * 31 + at * 7) as u8)
        .collect()
}

/// Appends record number `log.next_index()` of the test sequence.
pub fn append(log: &mut AuditLog) -> u64 {
    let index = log.next_index();
    let bytes = payload(index);
    let (front, back) = bytes.split_at(bytes.len() / 3);
    let time = 1_000 + index as i64;
    log.append(record_type::NOTE, 1, 7, time, index * 2, &[front, back])
        .expect("appends")
}

/// Records after which [`append_grouped`] seals; a new segment seals too.
pub const GROUP: u64 = 3;

/// As [`append`], and seals every third record's group. Needs no commit, so it works for every durability.
pub fn append_grouped(log: &mut AuditLog) -> u64 {
    let index = append(log);
    if (index + 1).is_multiple_of(GROUP) {
        log.head();
    }
    index
}

/// A log of `records` records in groups of at most three, in segments of at most `segment_bytes`.
pub fn small_log(dir: &Path, records: u64, segment_bytes: u64) -> cwts_core::layout::AuditHead {
    let mut log = AuditLog::open(dir, durability::MEMORY, segment_bytes).expect("opens");
    for _ in 0..records {
        append_grouped(&mut log);
    }
    log.close().expect("closes")
}

/// A record or a seal in a segment file.
#[derive(Clone, Debug)]
pub struct Frame {
    pub range: Range<usize>,
    pub is_seal: bool,
    /// Records of the log before it.
    pub index: u64,
}

/// One segment file and what lies in it.
#[derive(Clone)]
pub struct Segment {
    pub number: u64,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    /// Bytes of its header.
    pub header: usize,
    pub first_index: u64,
    pub frames: Vec<Frame>,
    /// Of the frames, the records.
    pub records: Vec<Range<usize>>,
}

impl Segment {
    /// The frame that holds byte `at`; `None` in the segment's header.
    pub fn frame_at(&self, at: usize) -> Option<&Frame> {
        self.frames.iter().find(|frame| frame.range.contains(&at))
    }

    /// The first frame of the group that holds byte `at`.
    pub fn group_at(&self, at: usize) -> &Frame {
        let open = self
            .frames
            .iter()
            .take_while(|frame| frame.range.start <= at);
        let mut group = &self.frames[0];
        let mut sealed = true;
        for frame in open {
            if sealed {
                group = frame;
            }
            sealed = frame.is_seal;
        }
        group
    }

    pub fn put(&self, bytes: &[u8]) {
        fs::write(&self.path, bytes).expect("writes");
    }

    pub fn restore(&self) {
        self.put(&self.bytes);
    }
}

/// All segments, taken apart by magics and length fields alone.
pub fn segments(dir: &Path) -> Vec<Segment> {
    let mut found: Vec<Segment> = Vec::new();
    for number in 0.. {
        let path = segment_path(dir, number);
        let Ok(bytes) = fs::read(&path) else { break };
        let first_index = found
            .last()
            .map_or(0, |last| last.first_index + last.records.len() as u64);
        let header = SegmentHeader::extent(&bytes[..SEGMENT_HEADER_BYTES]).expect("has a header");
        let (mut frames, mut records) = (Vec::new(), Vec::new());
        let mut at = header;
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        while at + 8 <= bytes.len() {
            let is_seal = word(at) == SEAL_MAGIC;
            let index = first_index + records.len() as u64;
            let end = if is_seal {
                at + SEAL_BYTES
            } else {
                at + record_bytes(word(at + 4) as usize)
            };
            if !is_seal {
                records.push(at..end);
            }
            frames.push(Frame {
                range: at..end,
                is_seal,
                index,
            });
            at = end;
        }
        found.push(Segment {
            number,
            path,
            bytes,
            header,
            first_index,
            frames,
            records,
        });
    }
    found
}

/// Runs the ignored test `name` of this test binary in its own process, with `dir` in its environment.
pub fn child(name: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("has a path"));
    command
        .args([
            "--exact",
            name,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("CWTS_TEST_DIR", dir);
    command
}

/// The directory given by [`child`]; `None` when the test was not started by it.
pub fn child_dir() -> Option<PathBuf> {
    std::env::var_os("CWTS_TEST_DIR").map(PathBuf::from)
}

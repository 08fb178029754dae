//! What the tests of the audit log share: scratch directories, a small log, and its records taken apart.
#![allow(dead_code)] // Every test file uses another part.

use cwts_core::audit::format::{record_bytes, segment_path, HEADER_BYTES, SEGMENT_HEADER_BYTES};
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

/// A log of `records` records in segments of at most `segment_bytes`.
pub fn small_log(dir: &Path, records: u64, segment_bytes: u64) -> cwts_core::layout::AuditHead {
    let mut log = AuditLog::open(dir, durability::MEMORY, segment_bytes).expect("opens");
    for _ in 0..records {
        append(&mut log);
    }
    log.close().expect("closes")
}

/// One segment file and where its records lie.
#[derive(Clone)]
pub struct Segment {
    pub number: u64,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
    pub first_index: u64,
    pub records: Vec<Range<usize>>,
}

impl Segment {
    /// Index of the record that holds byte `at`; `None` in the segment's header.
    pub fn record_at(&self, at: usize) -> Option<usize> {
        self.records.iter().position(|range| range.contains(&at))
    }

    pub fn put(&self, bytes: &[u8]) {
        fs::write(&self.path, bytes).expect("writes");
    }

    pub fn restore(&self) {
        self.put(&self.bytes);
    }
}

/// All segments, taken apart by the length fields alone.
pub fn segments(dir: &Path) -> Vec<Segment> {
    let mut found: Vec<Segment> = Vec::new();
    for number in 0.. {
        let path = segment_path(dir, number);
        let Ok(bytes) = fs::read(&path) else { break };
        let first_index = found
            .last()
            .map_or(0, |last| last.first_index + last.records.len() as u64);
        let mut records = Vec::new();
        let mut at = SEGMENT_HEADER_BYTES;
        while at + HEADER_BYTES <= bytes.len() {
            let length =
                u32::from_le_bytes([bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]]);
            let end = at + record_bytes(length as usize);
            records.push(at..end);
            at = end;
        }
        found.push(Segment {
            number,
            path,
            bytes,
            first_index,
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

//! The audit log beside a plain SHA-256 chain: appending, verifying, proving.
//!
//! A record is 256 bytes on disk: 48 of header, 176 of payload, 32 of hash. `cwts` hashes it as a leaf of a tree and closes
//! groups with seals; `sha256-chain` hashes it behind the hash before it and does nothing else, which is the least a
//! tamper-evident log can do, and what format 1 of this log did.
use crate::figures::Line;
use cwts_core::audit::proof::{
    consistency, inclusion, verify_consistency, verify_inclusion, Subtrees,
};
use cwts_core::audit::sha::{hash_one, node, LEAF};
use cwts_core::audit::{verify, AuditLog, LogTree};
use cwts_core::layout::{durability, record_type};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

const PAYLOAD: usize = 176;
const RECORD: usize = 256;
/// Records between two commits.
const BATCH: u64 = 1024;
const SEGMENT_BYTES: u64 = 64 << 20;

/// What is written one by one into a log.
trait Log {
    fn append(&mut self, number: u64, payload: &[u8]);
    fn commit(&mut self);
}

impl Log for AuditLog {
    fn append(&mut self, number: u64, payload: &[u8]) {
        Self::append(
            self,
            record_type::NOTE,
            1,
            0,
            number as i64,
            number,
            &[payload],
        )
        .expect("appends");
    }

    fn commit(&mut self) {
        Self::commit(self).expect("commits");
    }
}

/// hash = SHA-256(hash before || record), one record after the other.
struct Chain {
    head: [u8; 32],
    buffer: Vec<u8>,
    file: Option<File>,
}

impl Log for Chain {
    fn append(&mut self, number: u64, payload: &[u8]) {
        let start = self.buffer.len();
        let mut header = [0; 48];
        header[16..24].copy_from_slice(&number.to_le_bytes());
        self.buffer.extend_from_slice(&header);
        self.buffer.extend_from_slice(payload);
        self.head = Sha256::new()
            .chain_update(self.head)
            .chain_update(&self.buffer[start..])
            .finalize()
            .into();
        self.buffer.extend_from_slice(&self.head);
        if self.file.is_none() && self.buffer.len() > 32 << 10 {
            self.buffer.clear();
        }
    }

    fn commit(&mut self) {
        if let Some(file) = &mut self.file {
            file.write_all(&self.buffer).expect("writes");
            file.sync_data().expect("syncs");
            self.buffer.clear();
        }
    }
}

/// Records per second, with a commit after every `batch`.
fn rate(log: &mut impl Log, records: u64, batch: u64) -> f64 {
    let mut payload = [0x5A; PAYLOAD];
    let start = Instant::now();
    for number in 0..records {
        payload[..8].copy_from_slice(&number.to_le_bytes());
        log.append(number, &payload);
        if (number + 1).is_multiple_of(batch) {
            log.commit();
        }
    }
    log.commit();
    records as f64 / start.elapsed().as_secs_f64()
}

fn print(case: &str, engine: &str, unit: &str, records: u64, values: Vec<f64>) {
    Line::default()
        .text("case", case)
        .text("engine", engine)
        .text("unit", unit)
        .count("records", records)
        .figures("values", &values)
        .print();
}

/// Runs the engines in turn, so that what the machine does meanwhile happens to all of them.
pub fn measure(records: u64, runs: usize, dir: &Path) {
    append_in_memory(records, runs);
    append_to_disk(records, runs, dir);
    verify_and_prove(records, runs, dir);
    prove_computed(runs);
    fs::remove_dir_all(dir).expect("removes what it made");
}

fn append_in_memory(records: u64, runs: usize) {
    let (mut log, mut chain) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        let mut memory = AuditLog::memory();
        log.push(rate(&mut memory, records, u64::MAX));
        assert_eq!(memory.head().records, records);
        let mut plain = Chain {
            head: [0; 32],
            buffer: Vec::new(),
            file: None,
        };
        chain.push(rate(&mut plain, records, u64::MAX));
    }
    print("append-memory", "cwts", "records/s", records, log);
    print("append-memory", "sha256-chain", "records/s", records, chain);
}

fn append_to_disk(records: u64, runs: usize, dir: &Path) {
    for (case, setting, batch, share) in [
        ("append-batch", durability::BATCH, BATCH, 4),
        ("append-fsync", durability::FSYNC, 1, 1000),
    ] {
        let records = (records / share).max(100);
        let (mut log, mut chain) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let mut files = fresh(dir, setting);
            log.push(rate(&mut files, records, batch));
            assert_eq!(files.close().expect("closes").durable, records);
            let mut plain = Chain {
                head: [0; 32],
                buffer: Vec::new(),
                file: Some(File::create(dir.join("chain")).expect("creates")),
            };
            chain.push(rate(&mut plain, records, batch));
        }
        print(case, "cwts", "records/s", records, log);
        print(case, "sha256-chain", "records/s", records, chain);
    }
}

fn fresh(dir: &Path, setting: u32) -> AuditLog {
    if dir.exists() {
        fs::remove_dir_all(dir).expect("removes what it made");
    }
    AuditLog::open(dir, setting, SEGMENT_BYTES).expect("opens")
}

fn verify_and_prove(records: u64, runs: usize, dir: &Path) {
    let mut log = fresh(dir, durability::MEMORY);
    rate(&mut log, records, u64::MAX);
    let head = log.close().expect("closes");
    let (mut verified, mut chained) = (Vec::new(), Vec::new());
    let (mut first, mut again) = (Vec::new(), Vec::new());
    let (mut beginning, mut untiled) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let start = Instant::now();
        let (verdict, roots) = verify(dir, None);
        verified.push(records as f64 / start.elapsed().as_secs_f64());
        assert!(verdict.damage == 0 && roots.root == head.head);

        let start = Instant::now();
        let mut before = [0; 32];
        let bytes = fs::read(dir.join("audit-0000000000.log")).expect("reads");
        for record in bytes.chunks_exact(RECORD) {
            let hash = Sha256::new()
                .chain_update(before)
                .chain_update(&record[..224]);
            before = hash.finalize().into();
        }
        std::hint::black_box(before);
        let count = bytes.len() / RECORD;
        chained.push(count as f64 / start.elapsed().as_secs_f64());

        let start = Instant::now();
        let mut tree = LogTree::open(dir).expect("opens");
        let index = records * (run as u64 + 1) / (runs as u64 + 2);
        let proof = tree.prove(index, records).expect("proves");
        first.push(start.elapsed().as_secs_f64() * 1e6);
        assert_eq!(proof.root, head.head);
        let start = Instant::now();
        tree.prove(index - 1, records).expect("proves");
        again.push(start.elapsed().as_secs_f64() * 1e6);

        let start = Instant::now();
        let mut tree = LogTree::open(dir).expect("opens");
        let proof = tree.prove_beginning(index, records).expect("proves");
        beginning.push(start.elapsed().as_secs_f64() * 1e6);
        assert_eq!(proof.root, head.head);
    }
    // As a log without tiles proves it: from segment headers, and from the leaves of a segment.
    fs::rename(dir.join("tile"), dir.join("no-tile")).expect("moves");
    for run in 0..runs {
        let start = Instant::now();
        let mut tree = LogTree::open(dir).expect("opens");
        let index = records * (run as u64 + 1) / (runs as u64 + 2);
        let proof = tree.prove(index, records).expect("proves");
        untiled.push(start.elapsed().as_secs_f64() * 1e6);
        assert_eq!(proof.root, head.head);
    }
    print("verify", "cwts", "records/s", records, verified);
    print("verify", "sha256-chain", "records/s", records, chained);
    print("proof", "cwts-opened", "µs", records, first);
    print("proof", "cwts-next", "µs", records, again);
    print("proof", "cwts-without-tiles", "µs", records, untiled);
    print("beginning", "cwts-opened", "µs", records, beginning);
}

/// A tree too large to be built here: every leaf is the same, so the hash of any perfect subtree is known.
struct Computed(Vec<[u8; 32]>);

impl Subtrees for Computed {
    fn perfect(&mut self, level: u32, _: u64) -> std::io::Result<[u8; 32]> {
        Ok(self.0[level as usize])
    }
}

const COMPUTED: u64 = 1_000_000_000;

/// Making and checking proofs in a tree of a thousand million leaves, without reading anything.
fn prove_computed(runs: usize) {
    let mut levels = vec![hash_one(LEAF, b"grain")];
    for level in 0..40 {
        levels.push(node(&levels[level], &levels[level]));
    }
    let mut tree = Computed(levels);
    let leaf = tree.0[0];
    let root = tree.over(0, COMPUTED).expect("is computed");
    let (mut within, mut beginning) = (Vec::new(), Vec::new());
    for run in 0..runs as u64 {
        let index = COMPUTED * (run + 1) / (runs as u64 + 2);
        let start = Instant::now();
        let path = inclusion(&mut tree, index, COMPUTED).expect("is computed");
        assert!(verify_inclusion(&leaf, index, COMPUTED, &path, &root));
        within.push(start.elapsed().as_secs_f64() * 1e6);
        let first = tree.over(0, index).expect("is computed");
        let start = Instant::now();
        let path = consistency(&mut tree, index, COMPUTED).expect("is computed");
        assert!(verify_consistency(index, COMPUTED, &first, &root, &path));
        beginning.push(start.elapsed().as_secs_f64() * 1e6);
    }
    print("proof-computed", "cwts", "µs", COMPUTED, within);
    print("beginning-computed", "cwts", "µs", COMPUTED, beginning);
}

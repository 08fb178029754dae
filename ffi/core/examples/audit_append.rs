//! One run of appends and nothing else, to be counted by the processor:
//!
//! `perf stat -e instructions:u,cycles:u target/release/examples/audit_append DIR [memory|batch] [records] [batch]`
//!
//! Records of 256 bytes on disk go into a new log below `DIR`, or into memory alone when `DIR` is `-`. Prints records per
//! second to the last append or commit, and to the end of closing.
use cwts_core::audit::AuditLog;
use cwts_core::layout::{durability, record_type};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const PAYLOAD: usize = 176;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize, otherwise: &str| -> String {
        words
            .get(at)
            .map_or_else(|| otherwise.to_owned(), Clone::clone)
    };
    let (dir, setting) = (word(0, "-"), word(1, "memory"));
    let (records, batch): (u64, u64) = (word(2, "2000000").parse()?, word(3, "1024").parse()?);
    let setting = if setting == "batch" {
        durability::BATCH
    } else {
        durability::MEMORY
    };
    let mut log = if dir == "-" {
        AuditLog::memory()
    } else {
        AuditLog::open(Path::new(&dir), setting, 64 << 20)?
    };
    let payload = [0x5A; PAYLOAD];
    let start = Instant::now();
    for number in 0..records {
        log.append(record_type::NOTE, 1, 0, number as i64, number, &[&payload])?;
        if (number + 1) % batch == 0 {
            log.commit()?;
        }
    }
    log.commit()?;
    let appended = start.elapsed().as_secs_f64();
    let head = log.close()?;
    let closed = start.elapsed().as_secs_f64();
    println!(
        "{:.0} records/s appended, {:.0} records/s closed, {} bytes",
        records as f64 / appended,
        records as f64 / closed,
        head.bytes
    );
    Ok(())
}

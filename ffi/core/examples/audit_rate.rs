//! How fast the audit log takes and verifies records on this machine.
//!
//! `cargo run --release --example audit_rate [records]`, a million by default. Prints the median of five runs and their
//! extremes. The decision records of the gate are those with 128 bytes of payload, 208 bytes on disk.
use cwts_core::audit::format::record_bytes;
use cwts_core::audit::{verify, AuditLog};
use cwts_core::layout::{durability, record_type};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

const RUNS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let records: u64 = std::env::args()
        .nth(1)
        .map_or(Ok(1_000_000), |count| count.parse())?;
    let dir = std::env::temp_dir().join(format!("cwts-audit-rate-{}", std::process::id()));
    println!(
        "{:<44} {:>12} {:>12} {:>12}",
        "records/s", "median", "min", "max"
    );
    // 176 bytes of payload are a record of 256.
    for payload in [96, 128, 176, 256] {
        let bytes = record_bytes(payload);
        let rates = repeat(|| Ok(append(AuditLog::memory(), payload, records, u64::MAX)?.0))?;
        print_row(
            &format!("append, memory, {payload} B payload ({bytes} B)"),
            rates,
        );
    }
    for (name, setting, batch, count) in [
        (
            "append, memory, to files",
            durability::MEMORY,
            u64::MAX,
            records,
        ),
        (
            "append, batch, commit every 64",
            durability::BATCH,
            64,
            records / 20,
        ),
        (
            "append, batch, commit every 1024",
            durability::BATCH,
            1024,
            records / 4,
        ),
        ("append, fsync", durability::FSYNC, u64::MAX, records / 500),
    ] {
        let rates = repeat(|| {
            in_files(
                &dir,
                |log| append(log, 128, count, batch).map(|done| done.0),
                setting,
            )
        })?;
        print_row(&format!("{name}, 128 B"), rates);
    }
    let rates = repeat(|| {
        let fill = |log| append(log, 128, records, u64::MAX).map(|done| done.1);
        let expected = in_files(&dir, fill, durability::MEMORY)?;
        let start = Instant::now();
        let (verdict, roots) = verify(&dir, None);
        let seconds = start.elapsed().as_secs_f64();
        assert!(verdict.damage == 0 && verdict.records == records && roots.root == expected);
        Ok(records as f64 / seconds)
    })?;
    print_row("verify, 128 B", rates);
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

/// Appends `records` records with a commit after every `batch`, closes, and returns records per second and the root.
/// A log that is made durable by commits is timed to its last commit; one that is not, to its last append.
fn append(
    mut log: AuditLog,
    payload: usize,
    records: u64,
    batch: u64,
) -> Result<(f64, [u8; 32]), Box<dyn Error>> {
    let mut bytes = vec![0x5A; payload];
    let start = Instant::now();
    for index in 0..records {
        bytes[..8].copy_from_slice(&index.to_le_bytes());
        let (front, back) = bytes.split_at(payload / 2);
        log.append(
            record_type::DECISION,
            1,
            0,
            index as i64,
            index,
            &[front, back],
        )?;
        if (index + 1) % batch == 0 {
            log.commit()?;
        }
    }
    log.commit()?;
    let seconds = start.elapsed().as_secs_f64();
    Ok((records as f64 / seconds, log.close()?.head))
}

fn in_files<T>(
    dir: &Path,
    work: impl FnOnce(AuditLog) -> Result<T, Box<dyn Error>>,
    setting: u32,
) -> Result<T, Box<dyn Error>> {
    if dir.exists() {
        std::fs::remove_dir_all(dir)?;
    }
    work(AuditLog::open(dir, setting, 64 << 20)?)
}

fn repeat(
    mut run: impl FnMut() -> Result<f64, Box<dyn Error>>,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut rates = (0..RUNS).map(|_| run()).collect::<Result<Vec<_>, _>>()?;
    rates.sort_by(f64::total_cmp);
    Ok(rates)
}

fn print_row(name: &str, rates: Vec<f64>) {
    println!(
        "{name:<44} {:>12.0} {:>12.0} {:>12.0}",
        rates[RUNS / 2],
        rates[0],
        rates[RUNS - 1]
    );
}

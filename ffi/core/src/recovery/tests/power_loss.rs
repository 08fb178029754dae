//! Power that fails while the log is being written, simulated: what no sync had covered is there or is not, sector by sector,
//! in any order, and the file ends wherever it likes between the last sync and the last write.
//!
//! A log only ever appends, begins a segment only after the one before is synced, and gives a segment its name only after its
//! header is on disk. So what a disk may show after a loss of power follows from two places: where the log ended when the last
//! sync returned, and where it ended when the power failed. `CWTS_POWER_SEEDS` sets how many are tried.
use super::{fresh, recovered, step, Directory, Mark, World};
use crate::audit::{verify, AuditLog};
use crate::layout::{code, durability};
use crate::recovery::{recover, Snapshots};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::fs;

/// What a disk writes whole or not at all, bytes.
const SECTOR: usize = 512;
const SEGMENT: u64 = 12_288;
const STEPS: usize = 160;

/// A small generator: SplitMix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = crate::book::fold(self.0, 0);
        z % below.max(1)
    }
}

/// A day that was recorded, and where the log stood after each step.
struct Day {
    world: World,
    marks: Vec<Mark>,
}

impl Day {
    fn of(durability: u32) -> Self {
        let mut world = World::kept(durability, SEGMENT);
        let mut snapshots = Snapshots::beside(&world.dir.0, 99);
        let mut runner = TestRunner::deterministic();
        let mut marks = vec![world.mark()];
        for at in 0..STEPS {
            let tree = step().new_tree(&mut runner).expect("a step");
            world.take(tree.current());
            marks.push(world.mark());
            if at % 20 == 7 {
                let World {
                    log,
                    gate,
                    engine,
                    now,
                    ..
                } = &mut world;
                snapshots
                    .take(&mut log.0, gate, Some(engine), *now)
                    .unwrap();
                snapshots.wait().unwrap();
            }
        }
        Self { world, marks }
    }

    /// The directory after a loss of power between two marks: what the first says was synced, the second written.
    fn after_loss(&self, before: usize, draw: &mut Draw) -> Directory {
        let (synced, written) = (&self.marks[before].place, &self.marks[before + 1].place);
        let begun = written.segment - synced.segment;
        // With a new segment under way, the one before was synced first; or the power failed before that.
        let place = if begun > 0 && draw.next(2) == 0 {
            let mut last = *synced;
            last.offset = fs::metadata(self.path(last.segment)).unwrap().len();
            last
        } else {
            *written
        };
        let disk = self.world.cut_at(&place);
        let path = disk.0.join(self.name(place.segment));
        let mut bytes = fs::read(&path).unwrap();
        let safe = if place.segment == synced.segment {
            synced.offset as usize
        } else {
            // A header is on disk before its segment has a name.
            crate::audit::format::SegmentHeader::extent(&bytes).unwrap()
        };
        let end = safe + draw.next((bytes.len() - safe) as u64 + 1) as usize;
        if draw.next(2) == 0 {
            bytes.truncate(end);
        }
        // A quarter of the losses keep the order of writes.
        if draw.next(4) == 0 {
            bytes.truncate(end);
        } else {
            for begins in (safe / SECTOR * SECTOR..bytes.len()).step_by(SECTOR) {
                let ends = (begins + SECTOR).min(bytes.len());
                if draw.next(3) == 0 {
                    bytes[begins.max(safe)..ends].fill(0);
                }
            }
        }
        fs::write(path, bytes).unwrap();
        disk
    }

    fn name(&self, segment: u64) -> String {
        format!("audit-{segment:010}.log")
    }

    fn path(&self, segment: u64) -> std::path::PathBuf {
        self.world.dir.0.join(self.name(segment))
    }
}

fn seeds() -> u64 {
    let asked = std::env::var("CWTS_POWER_SEEDS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(150)
}

/// What became of the losses: recovered at once, and left to a person.
fn lose_power(durability: u32) -> (u64, u64) {
    let day = Day::of(durability);
    let (mut whole, mut left) = (0, 0);
    for seed in 0..seeds() {
        let mut draw = Draw(seed);
        let before = draw.next(day.marks.len() as u64 - 1) as usize;
        let disk = day.after_loss(before, &mut draw);
        let acknowledged = &day.marks[before];
        match AuditLog::open(&disk.0, durability, SEGMENT) {
            Ok(log) => {
                let records = log.next_index();
                drop(log);
                assert!(records >= acknowledged.place.records, "seed {seed}");
                let (verdict, _) = verify(&disk.0, None);
                assert_eq!(
                    (verdict.damage, verdict.records),
                    (0, records),
                    "seed {seed}"
                );
                let mark = day.marks.iter().find(|mark| mark.place.records == records);
                for snapshots in [false, true] {
                    let (gate, engine, found) = recovered(&disk.0, snapshots);
                    assert_eq!(found.counts.records, records, "seed {seed}");
                    if let Some(mark) = mark {
                        assert_eq!(gate.state_hash(), mark.gate, "seed {seed}");
                        assert_eq!(engine.state_hash(), mark.books, "seed {seed}");
                    }
                }
                whole += 1;
            }
            Err(error) => {
                // Later sectors of an unfinished group are there and earlier ones are not: nobody cuts that off unasked.
                assert_eq!(error.code(), code::CORRUPT, "seed {seed}: {error}");
                let (verdict, _) = verify(&disk.0, None);
                let good = verdict.records;
                assert!(good >= acknowledged.place.records, "seed {seed}");
                // Where the end is short as well, what is before it can be read; it is never taken for all of the log.
                let (mut gate, mut engine) = fresh();
                if let Ok(found) = recover(&disk.0, false, &mut gate, Some(&mut engine)) {
                    assert_eq!(
                        (found.counts.torn, found.counts.records),
                        (1, good),
                        "seed {seed}"
                    );
                }
                left += 1;
            }
        }
    }
    (whole, left)
}

#[test]
fn a_loss_of_power_takes_nothing_that_was_acknowledged_with_a_sync_per_batch() {
    let (whole, left) = lose_power(durability::BATCH);
    println!("batch: {whole} recovered, {left} left to a person");
    assert!(whole > left && whole + left == seeds());
}

#[test]
fn a_loss_of_power_takes_nothing_that_was_acknowledged_with_a_sync_per_record() {
    let (whole, left) = lose_power(durability::FSYNC);
    println!("fsync: {whole} recovered, {left} left to a person");
    assert!(whole > left && whole + left == seeds());
}

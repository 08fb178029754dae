//! Every way to damage a small log, and the place and kind that verification names.
mod audit_support;

use audit_support::{append, child, child_dir, payload, segments, small_log, Scratch, Segment};
use cwts_core::audit::format::{
    link_to, segment_path, Hash, SegmentHeader, HASH_BYTES, HEADER_BYTES,
};
use cwts_core::audit::{damage, verify, verify_against, AuditError, AuditLog};
use cwts_core::layout::{code, durability, AuditVerdict};
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

const SEGMENT_BYTES: u64 = 900;
const RECORDS: u64 = 12;

/// Where the damage lies: record, segment, byte.
type Place = (u64, u64, u64);

fn place(verdict: &AuditVerdict) -> Place {
    assert_eq!(
        verdict.records, verdict.bad_index,
        "everything before the damage is good"
    );
    (verdict.bad_index, verdict.bad_segment, verdict.bad_offset)
}

fn log() -> (Scratch, Vec<Segment>) {
    let dir = Scratch::new();
    let head = small_log(dir.path(), RECORDS, SEGMENT_BYTES);
    let all = segments(dir.path());
    assert!(all.len() == 3 && all.iter().all(|segment| segment.records.len() >= 2));
    assert_eq!(head.records, RECORDS);
    (dir, all)
}

fn start_of(segment: &Segment, record: usize) -> Place {
    (
        segment.first_index + record as u64,
        segment.number,
        segment.records[record].start as u64,
    )
}

fn found(dir: &Path) -> (u32, Place) {
    let (verdict, _) = verify(dir, None);
    assert_ne!(verdict.damage, damage::NONE, "the damage was not noticed");
    (verdict.damage, place(&verdict))
}

/// The file again with its records in another order.
fn rearranged(segment: &Segment, order: &[Range<usize>]) -> Vec<u8> {
    let mut bytes = segment.bytes[..128].to_vec();
    for range in order {
        bytes.extend_from_slice(&segment.bytes[range.clone()]);
    }
    bytes
}

#[test]
fn every_flipped_bit_is_found_in_its_record_and_never_cut_off_as_unfinished() {
    let (dir, all) = log();
    for segment in &all {
        // In place, since writing the whole file anew for every bit takes much longer.
        let file = File::options()
            .write(true)
            .open(&segment.path)
            .expect("opens");
        let put = |at: usize, byte: u8| file.write_all_at(&[byte], at as u64).expect("writes");
        for bit in 0..segment.bytes.len() * 8 {
            let byte = segment.bytes[bit / 8];
            put(bit / 8, byte ^ (1 << (bit % 8)));
            let (kind, at) = found(dir.path());
            match segment.record_at(bit / 8) {
                None => assert_eq!(
                    (kind, at),
                    (
                        damage::UNREADABLE_HEADER,
                        (segment.first_index, segment.number, 0)
                    )
                ),
                Some(record) => {
                    assert_eq!(at, start_of(segment, record), "bit {bit}");
                    let in_header = bit / 8 - segment.records[record].start < HEADER_BYTES;
                    let allowed =
                        kind == damage::CHANGED || (in_header && kind == damage::UNREADABLE_HEADER);
                    assert!(allowed, "bit {bit} is called {}", damage::name(kind));
                }
            }
            if segment.number == 2 && bit % 7 == 0 {
                let before = fs::read(&segment.path).expect("reads");
                let error = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES)
                    .expect_err("is damaged");
                assert_eq!(error.code(), code::CORRUPT, "bit {bit}");
                assert_eq!(
                    fs::read(&segment.path).expect("reads"),
                    before,
                    "opening changed the evidence"
                );
            }
            put(bit / 8, byte);
        }
        segment.restore();
    }
    assert_eq!(verify(dir.path(), None).0.damage, damage::NONE);
}

#[test]
fn every_dropped_record_is_found_where_it_was() {
    let (dir, all) = log();
    for segment in &all {
        for record in 0..segment.records.len() {
            let mut order = segment.records.clone();
            order.remove(record);
            segment.put(&rearranged(segment, &order));
            let at = start_of(segment, record);
            if at.0 == RECORDS - 1 {
                continue; // The last record of all: see the test about clean cuts.
            }
            assert_eq!(found(dir.path()), (damage::MISSING, at));
        }
        segment.restore();
    }
}

#[test]
fn every_pair_of_swapped_records_is_found_at_the_first_of_them() {
    let (dir, all) = log();
    for segment in &all {
        for first in 0..segment.records.len() {
            for second in first + 1..segment.records.len() {
                let mut order = segment.records.clone();
                order.swap(first, second);
                segment.put(&rearranged(segment, &order));
                assert_eq!(
                    found(dir.path()),
                    (damage::REORDERED, start_of(segment, first))
                );
            }
        }
        segment.restore();
    }
}

#[test]
fn every_record_that_stands_twice_is_found_at_its_second_place() {
    let (dir, all) = log();
    for segment in &all {
        for record in 0..segment.records.len() {
            for to in record + 1..=segment.records.len() {
                let mut order = segment.records.clone();
                order.insert(to, order[record].clone());
                segment.put(&rearranged(segment, &order));
                let offset = segment.records[to - 1].end as u64;
                let at = (segment.first_index + to as u64, segment.number, offset);
                assert_eq!(found(dir.path()), (damage::REORDERED, at));
            }
        }
        segment.restore();
    }
}

#[test]
fn records_moved_to_another_segment_are_found() {
    let (dir, all) = log();
    let moved = all[0].records[1].clone();
    let mut order = all[0].records.clone();
    order.remove(1);
    all[0].put(&rearranged(&all[0], &order));
    let mut bytes = all[1].bytes.clone();
    bytes.extend_from_slice(&all[0].bytes[moved]);
    all[1].put(&bytes);
    assert_eq!(found(dir.path()), (damage::REORDERED, start_of(&all[0], 1)));
}

#[test]
fn every_cut_through_the_end_is_an_unfinished_record_and_is_repaired() {
    let (dir, all) = log();
    let segment = &all[2];
    for length in 128..segment.bytes.len() {
        segment.put(&segment.bytes[..length]);
        let Some(record) = segment
            .record_at(length)
            .filter(|record| segment.records[*record].start < length)
        else {
            continue; // A clean cut.
        };
        let at = start_of(segment, record);
        assert_eq!(
            found(dir.path()),
            (damage::TORN_TAIL, at),
            "cut at {length}"
        );

        let mut log =
            AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect("is repaired");
        let repair = log.repair().expect("something was cut off").clone();
        assert_eq!((log.next_index(), repair.segment, repair.offset), at);
        assert_eq!(repair.bytes, (length as u64) - at.2);
        assert_eq!(
            fs::read(&repair.kept).expect("was kept"),
            segment.bytes[at.2 as usize..length]
        );
        while log.next_index() < RECORDS {
            append(&mut log);
        }
        log.close().expect("closes");
        assert_eq!(
            fs::read(&segment.path).expect("reads"),
            segment.bytes,
            "the same records give the same bytes"
        );
        fs::remove_file(&repair.kept).expect("removes");
    }
}

#[test]
fn an_end_that_was_never_written_is_unfinished_from_its_first_zero_record_on() {
    let (dir, all) = log();
    let segment = &all[2];
    for from in 128..segment.bytes.len() {
        let mut bytes = segment.bytes.clone();
        bytes[from..].fill(0);
        segment.put(&bytes);
        let record = segment.record_at(from).expect("is in a record");
        // Disks stop at multiples of 8 bytes; less than that is no unfinished write.
        let sliver = segment.records[record].end - from < 8;
        let expected = if sliver {
            damage::CHANGED
        } else {
            damage::TORN_TAIL
        };
        assert_eq!(
            found(dir.path()),
            (expected, start_of(segment, record)),
            "zero from {from}"
        );
    }
}

#[test]
fn a_cut_in_a_segment_that_another_follows_is_missing_records() {
    let (dir, all) = log();
    for segment in &all[..2] {
        for length in 0..segment.bytes.len() {
            segment.put(&segment.bytes[..length]);
            let expected = match segment
                .records
                .iter()
                .rposition(|range| range.end <= length)
            {
                _ if length < 128 => (
                    damage::UNREADABLE_HEADER,
                    (segment.first_index, segment.number, 0),
                ),
                None => (damage::MISSING, start_of(segment, 0)),
                Some(whole) => (damage::MISSING, start_of(segment, whole + 1)),
            };
            assert_eq!(
                found(dir.path()),
                expected,
                "segment {} cut at {length}",
                segment.number
            );
        }
        segment.restore();
    }
}

#[test]
fn bytes_that_nobody_appended_are_found_where_they_are() {
    let (dir, all) = log();
    for segment in &all {
        for (record, range) in segment.records.iter().enumerate() {
            for junk in [&[0xAB_u8; 8][..], &[0xAB; 200], &[1]] {
                let mut bytes = segment.bytes.clone();
                bytes.splice(range.start..range.start, junk.iter().copied());
                segment.put(&bytes);
                assert_eq!(
                    found(dir.path()),
                    (damage::UNREADABLE_HEADER, start_of(segment, record))
                );
            }
        }
        segment.restore();
    }
}

#[test]
fn a_missing_segment_is_named() {
    let (dir, all) = log();
    for segment in &all[..2] {
        fs::remove_file(&segment.path).expect("removes");
        let at = (segment.first_index, segment.number, 0);
        assert_eq!(found(dir.path()), (damage::SEGMENT_MISSING, at));
        let error =
            AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect_err("is damaged");
        assert_eq!(error.code(), code::CORRUPT);
        segment.restore();
    }
    let nowhere = Scratch::new();
    assert_eq!(found(nowhere.path()), (damage::SEGMENT_MISSING, (0, 0, 0)));
    fs::create_dir(nowhere.path()).expect("is made");
    assert_eq!(found(nowhere.path()), (damage::SEGMENT_MISSING, (0, 0, 0)));
}

#[test]
fn segments_under_each_others_names_are_out_of_order() {
    let (dir, all) = log();
    all[1].put(&all[2].bytes);
    all[2].put(&all[1].bytes);
    assert_eq!(
        found(dir.path()),
        (damage::REORDERED, (all[1].first_index, 1, 0))
    );
}

#[test]
fn a_segment_of_another_log_is_found_even_with_sound_checksums() {
    let (dir, all) = log();
    let forged = SegmentHeader {
        previous: [1; 32],
        ..SegmentHeader::decode(&all[1].bytes).expect("is whole")
    };
    let mut bytes = all[1].bytes.clone();
    bytes[..128].copy_from_slice(&forged.encode());
    all[1].put(&bytes);
    assert_eq!(
        found(dir.path()),
        (damage::CHANGED, (all[1].first_index, 1, 96))
    );

    all[1].restore();
    let forged = SegmentHeader {
        previous: [1; 32],
        ..SegmentHeader::decode(&all[2].bytes).expect("is whole")
    };
    let mut bytes = all[2].bytes.clone();
    bytes[..128].copy_from_slice(&forged.encode());
    bytes.truncate(128);
    bytes.extend_from_slice(&chained(&bare_records(&all[2]), forged.previous));
    all[2].put(&bytes);
    assert_eq!(
        found(dir.path()),
        (damage::CHANGED, (all[2].first_index, 2, 96))
    );
    let error = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES)
        .expect_err("is sound in itself only");
    assert_eq!(error.code(), code::CORRUPT);
}

#[test]
fn a_record_that_bears_another_number_is_found_even_with_sound_hashes() {
    let (dir, all) = log();
    let segment = &all[2];
    let start: Hash = segment.bytes[96..128].try_into().expect("32 bytes");
    for record in 0..segment.records.len() {
        for (number, kind) in [(RECORDS + 5, damage::MISSING), (1, damage::REORDERED)] {
            let mut records = bare_records(segment);
            records[record][16..24].copy_from_slice(&number.to_le_bytes());
            let mut bytes = segment.bytes[..128].to_vec();
            bytes.extend_from_slice(&chained(&records, start));
            segment.put(&bytes);
            // Nothing but the number is wrong, so nothing tells it from a number that was changed.
            let (named, at) = found(dir.path());
            assert!(
                named == kind || named == damage::CHANGED,
                "{}",
                damage::name(named)
            );
            assert_eq!(at, start_of(segment, record));
        }
    }
}

/// The header and padded payload of every record of a segment.
fn bare_records(segment: &Segment) -> Vec<Vec<u8>> {
    let bare = |range: &Range<usize>| segment.bytes[range.start..range.end - HASH_BYTES].to_vec();
    segment.records.iter().map(bare).collect()
}

/// Recomputes every hash of the records given as (header and padded payload), from `head` on.
fn chained(records: &[Vec<u8>], mut head: Hash) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        head = link_to(&head, record);
        bytes.extend_from_slice(record);
        bytes.extend_from_slice(&head);
    }
    bytes
}

#[test]
fn a_clean_cut_or_a_rewritten_tail_looks_whole_unless_count_and_head_were_noted() {
    let (dir, all) = log();
    let segment = &all[2];
    let (whole, head) = verify(dir.path(), None);
    let agrees = verify_against(dir.path(), RECORDS, &head);
    assert_eq!(agrees, (whole, head));

    // Cut at every record boundary.
    for (record, range) in segment.records.iter().enumerate() {
        segment.put(&segment.bytes[..range.start]);
        let (bare, _) = verify(dir.path(), None);
        assert_eq!(
            (bare.damage, bare.records),
            (damage::NONE, segment.first_index + record as u64)
        );
        let (noted, _) = verify_against(dir.path(), RECORDS, &head);
        assert_eq!(
            (noted.damage, place(&noted)),
            (damage::MISSING, start_of(segment, record))
        );
    }
    segment.restore();

    // The whole last segment gone.
    fs::remove_file(&segment.path).expect("removes");
    assert_eq!(verify(dir.path(), None).0.damage, damage::NONE);
    let (noted, _) = verify_against(dir.path(), RECORDS, &head);
    let at = (segment.first_index, 1, all[1].bytes.len() as u64);
    assert_eq!((noted.damage, place(&noted)), (damage::MISSING, at));

    // One payload byte changed, and every hash from there on computed afresh.
    for record in 0..segment.records.len() {
        let mut records = bare_records(segment);
        records[record][32] ^= 1;
        let mut bytes = segment.bytes[..128].to_vec();
        let start: Hash = bytes[96..128].try_into().expect("32 bytes");
        bytes.extend_from_slice(&chained(&records, start));
        segment.put(&bytes);
        assert_eq!(verify(dir.path(), None).0.damage, damage::NONE);
        let (noted, _) = verify_against(dir.path(), RECORDS, &head);
        let last = segment.records.len() - 1;
        assert_eq!(
            (noted.damage, place(&noted)),
            (damage::CHANGED, start_of(segment, last))
        );
    }
    segment.restore();

    // A log that has grown since is still the log that was noted.
    let mut log = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect("opens");
    append(&mut log);
    log.close().expect("closes");
    let (grown, _) = verify_against(dir.path(), RECORDS, &head);
    assert_eq!((grown.damage, grown.records), (damage::NONE, RECORDS + 1));
    assert_eq!(
        verify_against(dir.path(), 0, &head).0.damage,
        damage::CHANGED
    );
}

#[test]
fn an_unfinished_record_that_quotes_a_later_one_is_left_for_a_person() {
    let dir = Scratch::new();
    small_log(dir.path(), 3, 1 << 20);
    let mut quoted = segments(dir.path())[0].bytes[128..208].to_vec();
    quoted[16] = 9; // As if it were record 9.
    let mut log = AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect("opens");
    log.append(11, 1, 0, 0, 0, &[&quoted, &payload(5)])
        .expect("appends");
    log.close().expect("closes");
    let segment = &segments(dir.path())[0];
    segment.put(&segment.bytes[..segment.bytes.len() - 40]);
    let error = AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect_err("is not sure");
    assert_eq!(error.code(), code::CORRUPT);
}

#[test]
fn what_is_wrong_is_said_in_one_sentence_with_its_place() {
    let (dir, all) = log();
    let mut bytes = all[2].bytes.clone();
    bytes[all[2].records[1].start + 50] ^= 1;
    all[2].put(&bytes);
    let error =
        AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect_err("is damaged");
    assert!(matches!(error, AuditError::Corrupt { .. }));
    let at = start_of(&all[2], 1);
    let sentence = error.to_string();
    assert!(
        sentence.contains(&format!(
            "a changed record at record {} (segment 2, byte {})",
            at.0, at.2
        )),
        "{sentence}"
    );
    assert!(sentence.contains(&dir.path().display().to_string()));
}

#[test]
fn while_a_node_writes_its_unfinished_record_is_no_damage() {
    let (dir, all) = log();
    let log = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect("opens");
    let segment = &all[2];
    let last = segment.records.len() - 1;
    segment.put(&segment.bytes[..segment.bytes.len() - 3]);
    let (verdict, _) = verify(dir.path(), None);
    assert_eq!(
        (verdict.damage, verdict.records),
        (damage::NONE, RECORDS - 1)
    );
    drop(log);
    assert_eq!(
        found(dir.path()),
        (damage::TORN_TAIL, start_of(segment, last))
    );
}

#[test]
fn progress_ends_at_the_bytes_of_the_log() {
    let dir = Scratch::new();
    let head = small_log(dir.path(), 10_000, 1 << 18);
    let progress = std::sync::atomic::AtomicU64::new(0);
    let (verdict, _) = verify(dir.path(), Some(&progress));
    assert_eq!(
        (verdict.bytes, verdict.segments),
        (head.bytes, head.segments)
    );
    assert_eq!(progress.into_inner(), head.bytes);
}

#[test]
#[ignore = "held by another process: run by the test below"]
fn hold_the_log_until_told() {
    let Some(dir) = child_dir() else { return };
    let _log = AuditLog::open(&dir, durability::BATCH, 4096).expect("opens");
    println!("held");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("reads");
}

#[test]
fn a_log_held_by_another_process_is_locked_until_that_process_is_gone() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let dir = Scratch::new();
    let mut holder = child("hold_the_log_until_told", dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let output = BufReader::new(holder.stdout.take().expect("is piped"));
    assert!(output
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("held")));
    let error = AuditLog::open(dir.path(), durability::BATCH, 4096).expect_err("is held");
    assert!(matches!(error, AuditError::Locked { pid: Some(pid), .. } if pid == holder.id()));
    holder.kill().expect("is killed");
    holder.wait().expect("is gone");
    AuditLog::open(dir.path(), durability::BATCH, 4096).expect("the lock went with its holder");
    assert!(segment_path(dir.path(), 0).exists());
}

//! Every way to damage a small log, and the place and kind that verification names.
mod audit_support;

use audit_support::{
    append, append_grouped, child, child_dir, payload, segments, small_log, Frame, Scratch, Segment,
};
use cwts_core::audit::format::{
    digest, segment_path, Hash, Seal, SegmentHeader, HASH_BYTES, HEADER_BYTES, SEAL_BYTES,
};
use cwts_core::audit::sha::{hash_one, LEAF};
use cwts_core::audit::tree::Tree;
use cwts_core::audit::{damage, verify, verify_against, AuditError, AuditLog};
use cwts_core::layout::{code, durability, AuditVerdict};
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

const SEGMENT_BYTES: u64 = 1_400;
const RECORDS: u64 = 16;

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
    let groups = |segment: &Segment| segment.frames.iter().filter(|one| one.is_seal).count();
    assert!(all.len() == 3 && all.iter().all(|segment| groups(segment) >= 2));
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

fn place_of(segment: &Segment, frame: &Frame) -> Place {
    (frame.index, segment.number, frame.range.start as u64)
}

fn found(dir: &Path) -> (u32, Place) {
    let (verdict, _) = verify(dir, None);
    assert_ne!(verdict.damage, damage::NONE, "the damage was not noticed");
    (verdict.damage, place(&verdict))
}

/// The file again with its records and seals in another order.
fn rearranged(segment: &Segment, order: &[Frame]) -> Vec<u8> {
    let mut bytes = segment.bytes[..segment.header].to_vec();
    for frame in order {
        bytes.extend_from_slice(&segment.bytes[frame.range.clone()]);
    }
    bytes
}

#[test]
fn every_flipped_bit_is_found_in_its_frame_and_never_cut_off_as_unfinished() {
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
            match segment.frame_at(bit / 8) {
                None => assert_eq!(
                    (kind, at),
                    (
                        damage::UNREADABLE_HEADER,
                        (segment.first_index, segment.number, 0)
                    )
                ),
                Some(frame) => {
                    assert_eq!(at, place_of(segment, frame), "bit {bit}");
                    let in_header = bit / 8 - frame.range.start < HEADER_BYTES;
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
fn every_dropped_record_and_seal_is_found_where_it_was() {
    let (dir, all) = log();
    for segment in &all {
        for (dropped, frame) in segment.frames.iter().enumerate() {
            let mut order = segment.frames.clone();
            order.remove(dropped);
            segment.put(&rearranged(segment, &order));
            let is_last_of_all = segment.number == 2 && dropped + 1 == segment.frames.len();
            let expected = if is_last_of_all {
                // A last group without a seal is what a crash leaves, and was never acknowledged.
                let group = segment.group_at(segment.frames[dropped - 1].range.start);
                (damage::TORN_TAIL, place_of(segment, group))
            } else {
                (damage::MISSING, place_of(segment, frame))
            };
            assert_eq!(found(dir.path()), expected, "{frame:?}");
        }
        segment.restore();
    }
}

#[test]
fn every_pair_of_swapped_records_and_seals_is_found_at_the_first_of_them() {
    let (dir, all) = log();
    for segment in &all {
        for first in 0..segment.frames.len() {
            for second in first + 1..segment.frames.len() {
                let mut order = segment.frames.clone();
                order.swap(first, second);
                segment.put(&rearranged(segment, &order));
                assert_eq!(
                    found(dir.path()),
                    (damage::REORDERED, place_of(segment, &segment.frames[first])),
                    "segment {}, {first} and {second}",
                    segment.number
                );
            }
        }
        segment.restore();
    }
}

#[test]
fn every_record_and_seal_that_stands_twice_is_found_at_its_second_place() {
    let (dir, all) = log();
    for segment in &all {
        for (twice, frame) in segment.frames.iter().enumerate() {
            for to in twice + 1..=segment.frames.len() {
                let mut order = segment.frames.clone();
                order.insert(to, frame.clone());
                segment.put(&rearranged(segment, &order));
                let before = &segment.frames[to - 1];
                let index = before.index + u64::from(!before.is_seal);
                let at = (index, segment.number, before.range.end as u64);
                assert_eq!(
                    found(dir.path()),
                    (damage::REORDERED, at),
                    "segment {}, {twice} at {to}",
                    segment.number
                );
            }
        }
        segment.restore();
    }
}

#[test]
fn records_moved_to_another_segment_are_found() {
    let (dir, all) = log();
    let moved = all[0].records[1].clone();
    let mut order = all[0].frames.clone();
    order.remove(1);
    all[0].put(&rearranged(&all[0], &order));
    let mut bytes = all[1].bytes.clone();
    bytes.extend_from_slice(&all[0].bytes[moved]);
    all[1].put(&bytes);
    assert_eq!(found(dir.path()), (damage::REORDERED, start_of(&all[0], 1)));
}

#[test]
fn every_cut_through_the_end_is_an_unfinished_group_and_is_repaired() {
    let (dir, all) = log();
    let segment = &all[2];
    let clean: Vec<usize> = segment
        .frames
        .iter()
        .filter(|frame| frame.is_seal)
        .map(|seal| seal.range.end)
        .chain([segment.header])
        .collect();
    for length in segment.header..segment.bytes.len() {
        segment.put(&segment.bytes[..length]);
        if clean.contains(&length) {
            continue;
        }
        let at = place_of(segment, segment.group_at(length - 1));
        assert_eq!(
            found(dir.path()),
            (damage::TORN_TAIL, at),
            "cut at {length}"
        );

        let mut log =
            AuditLog::open(dir.path(), durability::MEMORY, SEGMENT_BYTES).expect("is repaired");
        let repair = log.repair().expect("something was cut off").clone();
        assert_eq!((log.next_index(), repair.segment, repair.offset), at);
        assert_eq!(repair.bytes, (length as u64) - at.2);
        assert_eq!(
            fs::read(&repair.kept).expect("was kept"),
            segment.bytes[at.2 as usize..length]
        );
        while log.next_index() < RECORDS {
            append_grouped(&mut log);
        }
        log.close().expect("closes");
        assert_eq!(
            fs::read(&segment.path).expect("reads"),
            segment.bytes,
            "the same records in the same groups give the same bytes"
        );
        fs::remove_file(&repair.kept).expect("removes");
    }
}

#[test]
fn an_end_that_was_never_written_is_unfinished_from_its_group_on() {
    let (dir, all) = log();
    let segment = &all[2];
    for from in segment.header..segment.bytes.len() {
        let mut bytes = segment.bytes.clone();
        bytes[from..].fill(0);
        segment.put(&bytes);
        // Disks stop at multiples of 8 bytes; less than that is no unfinished write.
        let expected = if bytes.len() - from < 8 {
            let seal = segment.frames.last().expect("has frames");
            (damage::CHANGED, place_of(segment, seal))
        } else {
            let group = segment.group_at(from);
            (damage::TORN_TAIL, place_of(segment, group))
        };
        assert_eq!(found(dir.path()), expected, "zero from {from}");
    }
}

#[test]
fn a_cut_in_a_segment_that_another_follows_is_missing_records() {
    let (dir, all) = log();
    for segment in &all[..2] {
        for length in 0..segment.bytes.len() {
            segment.put(&segment.bytes[..length]);
            let expected = if length < segment.header {
                let at = (segment.first_index, segment.number, 0);
                (damage::UNREADABLE_HEADER, at)
            } else {
                let gone = segment.frame_at(length).expect("is in a frame");
                (damage::MISSING, place_of(segment, gone))
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
fn bytes_that_nobody_wrote_are_found_where_they_are() {
    let (dir, all) = log();
    for segment in &all {
        for frame in &segment.frames {
            for junk in [&[0xAB_u8; 8][..], &[0xAB; 200], &[1]] {
                let mut bytes = segment.bytes.clone();
                let at = frame.range.start;
                bytes.splice(at..at, junk.iter().copied());
                segment.put(&bytes);
                assert_eq!(
                    found(dir.path()),
                    (damage::UNREADABLE_HEADER, place_of(segment, frame))
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

/// The segment once more with its records as `change` leaves them, every hash and seal computed afresh from `header` on.
/// Whoever can write the files and knows the format can do that.
fn forged(segment: &Segment, header: SegmentHeader, change: impl Fn(usize, &mut [u8])) -> Vec<u8> {
    let mut bytes = header.encode();
    let (mut size, mut chain) = (header.first_index(), header.chain);
    let mut group = Vec::new();
    let mut number = 0;
    for frame in &segment.frames {
        if frame.is_seal {
            size += group.len() as u64;
            let seal = Seal {
                records: group.len() as u32,
                size,
                leaves: digest(&group),
            }
            .encode(&chain);
            chain = hash(&seal[SEAL_BYTES - HASH_BYTES..]);
            bytes.extend_from_slice(&seal);
            group.clear();
            continue;
        }
        let Range { start, end } = frame.range;
        let mut record = segment.bytes[start..end - HASH_BYTES].to_vec();
        change(number, &mut record);
        number += 1;
        let leaf = hash_one(LEAF, &record);
        bytes.extend_from_slice(&record);
        bytes.extend_from_slice(&leaf);
        group.push(leaf);
    }
    bytes
}

fn hash(bytes: &[u8]) -> Hash {
    bytes.try_into().expect("32 bytes")
}

fn header_of(segment: &Segment) -> SegmentHeader {
    SegmentHeader::decode(&segment.bytes).expect("is whole")
}

#[test]
fn forging_the_segment_as_it_is_changes_nothing() {
    let (_dir, all) = log();
    for segment in &all {
        let same = forged(segment, header_of(segment), |_, _| {});
        assert_eq!(same, segment.bytes);
    }
}

#[test]
fn a_segment_of_another_log_is_found_even_with_sound_hashes() {
    let (dir, all) = log();
    for segment in &all[1..] {
        let honest = header_of(segment);
        let peaks = honest.tree.peaks().count();
        let other_tree = Tree::from_peaks(honest.first_index(), vec![[1; 32]; peaks]);
        let other_chain = SegmentHeader {
            chain: [1; 32],
            ..honest.clone()
        };
        let other_records = SegmentHeader {
            tree: other_tree.expect("as many peaks"),
            ..honest
        };
        for (header, opens) in [(other_chain, false), (other_records, true)] {
            segment.put(&forged(segment, header, |_, _| {}));
            let at = (segment.first_index, segment.number, 96);
            assert_eq!(found(dir.path()), (damage::CHANGED, at));
            if segment.number == 2 {
                // Opening holds the chain against the segment before; the tree would take reading the log.
                let log = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES);
                assert_eq!(log.is_ok(), opens);
                if let Err(error) = log {
                    assert_eq!(error.code(), code::CORRUPT);
                }
            }
        }
        segment.restore();
    }
}

#[test]
fn a_record_that_bears_another_number_is_found_even_with_sound_hashes() {
    let (dir, all) = log();
    let segment = &all[2];
    for record in 0..segment.records.len() {
        for (number, kind) in [(RECORDS + 5, damage::MISSING), (1, damage::REORDERED)] {
            let bytes = forged(segment, header_of(segment), |at, bytes| {
                if at == record {
                    bytes[16..24].copy_from_slice(&number.to_le_bytes());
                }
            });
            segment.put(&bytes);
            assert_eq!(found(dir.path()), (kind, start_of(segment, record)));
        }
    }
}

#[test]
fn a_record_replaced_with_a_hash_of_its_own_is_found_in_its_group() {
    let (dir, all) = log();
    for segment in &all {
        for record in &segment.records {
            let mut bytes = segment.bytes.clone();
            bytes[record.start + 32] ^= 1;
            let covered = record.start..record.end - HASH_BYTES;
            let leaf = hash_one(LEAF, &bytes[covered]);
            bytes[record.end - HASH_BYTES..record.end].copy_from_slice(&leaf);
            segment.put(&bytes);
            let group = segment.group_at(record.start);
            assert_eq!(
                found(dir.path()),
                (damage::CHANGED, place_of(segment, group))
            );
        }
        segment.restore();
    }
}

#[test]
fn a_clean_cut_or_a_rewritten_tail_looks_whole_unless_count_and_root_were_noted() {
    let (dir, all) = log();
    let segment = &all[2];
    let (whole, roots) = verify(dir.path(), None);
    let noted = |records: u64| verify_against(dir.path(), records, &roots.root);
    assert_eq!(noted(RECORDS), (whole, roots));

    // Cut at every seal.
    for seal in segment.frames.iter().filter(|frame| frame.is_seal) {
        segment.put(&segment.bytes[..seal.range.end]);
        if seal.index == RECORDS {
            continue;
        }
        let (bare, _) = verify(dir.path(), None);
        assert_eq!((bare.damage, bare.records), (damage::NONE, seal.index));
        let (short, _) = noted(RECORDS);
        assert_eq!(
            (short.damage, place(&short)),
            (damage::MISSING, (seal.index, 2, seal.range.end as u64))
        );
    }
    segment.restore();

    // The whole last segment gone.
    fs::remove_file(&segment.path).expect("removes");
    assert_eq!(verify(dir.path(), None).0.damage, damage::NONE);
    let (short, _) = noted(RECORDS);
    let at = (segment.first_index, 1, all[1].bytes.len() as u64);
    assert_eq!((short.damage, place(&short)), (damage::MISSING, at));

    // One payload byte changed, and every hash from there on computed afresh.
    for record in 0..segment.records.len() {
        let bytes = forged(segment, header_of(segment), |at, bytes| {
            bytes[32] ^= u8::from(at == record);
        });
        segment.put(&bytes);
        assert_eq!(verify(dir.path(), None).0.damage, damage::NONE);
        let (other, _) = noted(RECORDS);
        let last = segment.records.len() - 1;
        assert_eq!(
            (other.damage, place(&other)),
            (damage::CHANGED, start_of(segment, last))
        );
    }
    segment.restore();

    // A log that has grown since is still the log that was noted, and so is each of its beginnings.
    let mut log = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect("opens");
    append(&mut log);
    log.close().expect("closes");
    let (grown, _) = noted(RECORDS);
    assert_eq!((grown.damage, grown.records), (damage::NONE, RECORDS + 1));
    assert_eq!(noted(0).0.damage, damage::CHANGED);
    let mut memory = AuditLog::memory();
    for records in 1..=RECORDS {
        append(&mut memory);
        let root = memory.head().head;
        let (agrees, _) = verify_against(dir.path(), records, &root);
        assert_eq!(agrees.damage, damage::NONE, "at {records}");
        if records < RECORDS {
            let (differs, _) = verify_against(dir.path(), records + 1, &root);
            assert_eq!(
                (differs.damage, differs.bad_index),
                (damage::CHANGED, records)
            );
        }
    }
}

#[test]
fn a_log_of_an_earlier_format_is_named_as_one_and_left_alone() {
    for version in 1..=2 {
        let dir = Scratch::new();
        small_log(dir.path(), 3, 1 << 20);
        let segment = &segments(dir.path())[0];
        let mut bytes = segment.bytes.clone();
        (bytes[7], bytes[8]) = (b'0' + version, version);
        segment.put(&bytes);
        assert_eq!(found(dir.path()), (damage::OTHER_FORMAT, (0, 0, 0)));
        let error = AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect_err("is older");
        assert_eq!(error.code(), code::CORRUPT);
        let sentence = error.to_string();
        assert!(sentence.contains("another format version"), "{sentence}");
        assert_eq!(fs::read(&segment.path).expect("reads"), bytes);
    }
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
    segment.put(&segment.bytes[..segment.bytes.len() - SEAL_BYTES - 40]);
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
fn while_a_node_writes_its_unfinished_group_is_no_damage() {
    let (dir, all) = log();
    let log = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect("opens");
    let segment = &all[2];
    let group = segment.group_at(segment.bytes.len() - 1).clone();
    for length in group.range.start + 1..segment.bytes.len() {
        segment.put(&segment.bytes[..length]);
        let (verdict, _) = verify(dir.path(), None);
        assert_eq!(
            (verdict.damage, verdict.records),
            (damage::NONE, group.index)
        );
    }
    drop(log);
    assert_eq!(
        found(dir.path()),
        (damage::TORN_TAIL, place_of(segment, &group))
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

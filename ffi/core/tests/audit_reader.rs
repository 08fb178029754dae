//! Reading records back.
mod audit_support;

use audit_support::{append, payload, segments, small_log, Scratch};
use cwts_core::audit::{damage, AuditError, AuditLog, Reader};
use cwts_core::layout::{code, durability, AuditHeader, LAYOUT_HASH};
use std::sync::atomic::{AtomicBool, Ordering};

/// Reads what there is, checking contents and order; returns the index after the last.
fn read_all(reader: &mut Reader, mut index: u64) -> Result<u64, AuditError> {
    let (mut header, mut bytes) = (AuditHeader::default(), vec![1, 2, 3]);
    while reader.next(&mut header, &mut bytes)? {
        assert_eq!(
            (header.index, header.time, header.cause),
            (index, 1_000 + index as i64, index * 2)
        );
        assert_eq!(bytes, payload(index));
        index += 1;
    }
    Ok(index)
}

#[test]
fn every_record_comes_back_from_any_beginning() {
    let dir = Scratch::new();
    small_log(dir.path(), 60, 900);
    for from in 0..=60 {
        let mut reader = Reader::open(dir.path(), from).expect("opens");
        assert_eq!(read_all(&mut reader, from).expect("reads"), 60);
        assert_eq!(reader.layout_hash(), LAYOUT_HASH);
    }
}

#[test]
fn a_record_that_does_not_exist_yet_is_waited_for() {
    let dir = Scratch::new();
    let mut log = AuditLog::open(dir.path(), durability::BATCH, 900).expect("opens");
    let mut reader = Reader::open(dir.path(), 30).expect("opens");
    for _ in 0..50 {
        assert_eq!(
            read_all(&mut reader, log.head().durable.max(30)).expect("reads"),
            log.head().durable.max(30)
        );
        append(&mut log);
        let before = log.head().durable.max(30);
        log.commit().expect("commits");
        assert_eq!(
            read_all(&mut reader, before).expect("reads"),
            log.next_index().max(30)
        );
    }
}

#[test]
fn a_record_is_not_handed_out_before_its_group_is_sealed() {
    let dir = Scratch::new();
    small_log(dir.path(), 6, 1 << 20);
    let segment = segments(dir.path()).remove(0);
    // Records 3 to 5 are the second group.
    let group = segment.records[3].start..segment.bytes.len();
    segment.put(&segment.bytes[..group.start]);
    let mut reader = Reader::open(dir.path(), 0).expect("opens");
    assert_eq!(read_all(&mut reader, 0).expect("reads"), 3);
    for end in group {
        segment.put(&segment.bytes[..end]);
        assert_eq!(read_all(&mut reader, 3).expect("waits"), 3);
    }
    segment.restore();
    assert_eq!(read_all(&mut reader, 3).expect("reads"), 6);
}

#[test]
fn a_reader_follows_a_writer_across_segments() {
    let dir = Scratch::new();
    let mut log = AuditLog::open(dir.path(), durability::MEMORY, 100_000).expect("opens");
    let finished = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..200_000 {
                append(&mut log);
            }
            log.close().expect("closes");
            finished.store(true, Ordering::Release);
        });
        let mut reader = Reader::open(dir.path(), 0).expect("opens");
        let mut index = 0;
        loop {
            let last_round = finished.load(Ordering::Acquire);
            index = read_all(&mut reader, index).expect("reads");
            if last_round {
                break;
            }
            std::thread::yield_now();
        }
        assert_eq!(index, 200_000);
    });
}

#[test]
fn a_record_that_is_not_as_it_was_written_is_refused_at_its_place() {
    let dir = Scratch::new();
    small_log(dir.path(), 20, 900);
    let all = segments(dir.path());
    let mut bytes = all[1].bytes.clone();
    bytes[all[1].records[1].start + 60] ^= 4;
    all[1].put(&bytes);
    let (bad, at) = (all[1].first_index + 1, all[1].records[1].start as u64);
    let mut reader = Reader::open(dir.path(), 0).expect("opens");
    let (mut header, mut payload) = (AuditHeader::default(), Vec::new());
    // What is sealed before its group is handed out.
    for _ in 0..all[1].first_index {
        assert!(reader.next(&mut header, &mut payload).expect("reads"));
    }
    for _ in 0..2 {
        let error = reader
            .next(&mut header, &mut payload)
            .expect_err("is damaged");
        assert!(
            matches!(&error, AuditError::Corrupt { verdict, .. } if (verdict.bad_index, verdict.bad_offset) == (bad, at)),
            "{error}"
        );
        assert_eq!(error.code(), code::CORRUPT);
    }
}

#[test]
fn a_hole_between_segments_is_not_read_over() {
    let dir = Scratch::new();
    small_log(dir.path(), 20, 900);
    let all = segments(dir.path());
    let cut = all[0].records.last().expect("has records").start;
    all[0].put(&all[0].bytes[..cut]);
    let mut reader = Reader::open(dir.path(), 0).expect("opens");
    let error = read_all(&mut reader, 0).expect_err("records are missing");
    assert_eq!(error.code(), code::CORRUPT);
    assert!(
        matches!(error, AuditError::Corrupt { verdict, .. } if verdict.damage == damage::MISSING)
    );
}

#[test]
fn a_directory_without_a_log_is_said_to_be_one() {
    let dir = Scratch::new();
    for _ in 0..2 {
        let error = Reader::open(dir.path(), 0).err().expect("has no log");
        assert_eq!(error.code(), code::IO);
        assert!(
            error
                .to_string()
                .contains(&dir.path().display().to_string()),
            "{error}"
        );
        std::fs::create_dir(dir.path()).ok();
    }
}

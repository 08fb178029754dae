//! Appending, rotating, closing and opening again.
mod audit_support;

use audit_support::{append, payload, segments, small_log, Scratch};
use cwts_core::audit::format::{segment_path, SegmentHeader};
use cwts_core::audit::tree::Tree;
use cwts_core::audit::{verify, AuditError, AuditLog, RETAINED_BYTES, WRITE_BYTES};
use cwts_core::layout::{code, durability, record_type, AuditHeader};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_bytes_on_disk_are_those_of_the_format_page() {
    let dir = Scratch::new();
    let mut log = AuditLog::open_at(dir.path(), durability::FSYNC, 1 << 20, 99).expect("opens");
    log.append(record_type::NOTE, 2, 3, -4, 5, &[b"ab", b"c"])
        .expect("appends");
    log.append(record_type::EXECUTION, 1, 0, 7, 0, &[&[9; 64]])
        .expect("appends");

    let sha = |parts: &[&[u8]]| -> [u8; 32] { Sha256::digest(parts.concat()).into() };
    let genesis =
        sha(&[b"CWTS audit log 3: sha256(0x02 || previous || magic, records, size, sha256(0x03 || leaves))"]);
    let mut first = Vec::new();
    first.extend_from_slice(b"CWAR");
    first.extend_from_slice(&3u32.to_le_bytes());
    first.extend_from_slice(&11u16.to_le_bytes());
    first.extend_from_slice(&2u16.to_le_bytes());
    first.extend_from_slice(&3u32.to_le_bytes());
    first.extend_from_slice(&0u64.to_le_bytes());
    first.extend_from_slice(&(-4i64).to_le_bytes());
    first.extend_from_slice(&5u64.to_le_bytes());
    first.extend_from_slice(&[0; 8]);
    first.extend_from_slice(b"abc\0\0\0\0\0");
    let first_leaf = sha(&[&[0], &first]);
    let mut first_seal = Vec::new();
    first_seal.extend_from_slice(b"CWSE");
    first_seal.extend_from_slice(&1u32.to_le_bytes());
    first_seal.extend_from_slice(&1u64.to_le_bytes());
    first_seal.extend_from_slice(&[0; 16]);
    first_seal.extend_from_slice(&sha(&[&[3], &first_leaf]));
    let first_chain = sha(&[&[2], &genesis, &first_seal]);

    let bytes = fs::read(segment_path(dir.path(), 0)).expect("reads");
    assert_eq!(bytes[96..128], genesis);
    assert_eq!(bytes[128..184], first[..]);
    assert_eq!(bytes[184..216], first_leaf);
    assert_eq!(bytes[216..280], first_seal[..]);
    assert_eq!(bytes[280..312], first_chain);
    let second_leaf = sha(&[&[0], &bytes[312..424]]);
    assert_eq!(bytes[424..456], second_leaf);
    let root = sha(&[&[1], &first_leaf, &second_leaf]);
    assert_eq!(bytes[456..472], *b"CWSE\x01\0\0\0\x02\0\0\0\0\0\0\0");
    assert_eq!(bytes[488..520], sha(&[&[3], &second_leaf]));
    let chain = sha(&[&[2], &first_chain, &bytes[456..520]]);
    assert_eq!(bytes[520..], chain);
    assert_eq!((log.head().head, log.chain()), (root, chain));
    let header = SegmentHeader::decode(&bytes).expect("is whole");
    assert_eq!(
        (header.number, header.first_index(), header.created_ns),
        (0, 0, 99)
    );
}

#[test]
fn the_root_depends_on_the_records_alone() {
    let roots: Vec<[u8; 32]> = [(0, 256), (0, 4096), (0, 1 << 30), (1, 700), (2, 700)]
        .into_iter()
        .map(|(durability, segment_bytes)| {
            let dir = Scratch::new();
            let mut log = AuditLog::open(dir.path(), durability, segment_bytes).expect("opens");
            for _ in 0..100 {
                append(&mut log);
            }
            let head = log.close().expect("closes");
            let (verdict, roots) = verify(dir.path(), None);
            assert_eq!((verdict.damage, verdict.records), (0, 100));
            assert_eq!(
                (verdict.bytes, verdict.segments),
                (head.bytes, head.segments)
            );
            assert_eq!((roots.root, roots.chain), (head.head, log.chain()));
            roots.root
        })
        .collect();
    let mut memory = AuditLog::memory();
    for _ in 0..100 {
        append(&mut memory);
    }
    assert!(roots.iter().all(|root| *root == memory.head().head));
}

#[test]
fn an_append_does_not_return_before_its_durability_is_reached() {
    let length = |dir: &Scratch| {
        fs::metadata(segment_path(dir.path(), 0))
            .expect("is there")
            .len()
    };

    let dir = Scratch::new();
    let mut fsync = AuditLog::open(dir.path(), durability::FSYNC, 1 << 20).expect("opens");
    append(&mut fsync);
    assert_eq!((length(&dir), fsync.head().durable), (128 + 80 + 96, 1));

    let dir = Scratch::new();
    let mut batch = AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect("opens");
    append(&mut batch);
    assert_eq!(
        (length(&dir), batch.head().durable, batch.head().records),
        (128, 0, 1)
    );
    batch.commit().expect("commits");
    assert_eq!((length(&dir), batch.head().durable), (128 + 80 + 96, 1));

    let dir = Scratch::new();
    let mut memory = AuditLog::open(dir.path(), durability::MEMORY, 1 << 30).expect("opens");
    append(&mut memory);
    memory.commit().expect("commits");
    assert_eq!((length(&dir), memory.head().durable), (128, 1));
    while append(&mut memory) < 2 * WRITE_BYTES as u64 / 100 {}
    // In the background, so it is waited for; nothing else is called that would write it.
    let begun = std::time::Instant::now();
    while length(&dir) <= WRITE_BYTES as u64 {
        assert!(begun.elapsed().as_secs() < 20, "a full window is written");
        std::thread::yield_now();
    }
}

#[test]
fn a_log_continues_where_it_ended() {
    let dir = Scratch::new();
    let once = small_log(Scratch::new().path(), 60, 1000);
    // Three records are a group of the small log, and the end of a session ends a group too.
    for session in 1..=20 {
        let mut log = AuditLog::open(dir.path(), durability::BATCH, 1000).expect("opens");
        assert_eq!(log.next_index(), (session - 1) * 3);
        assert!(log.repair().is_none());
        for _ in 0..3 {
            append(&mut log);
        }
        log.close().expect("closes");
    }
    let mut log = AuditLog::open(dir.path(), durability::BATCH, 1000).expect("opens");
    let head = log.close().expect("closes");
    assert_eq!((head.records, head.head), (once.records, once.head));
    assert_eq!((head.bytes, head.segments), (once.bytes, once.segments));
    let on_disk: usize = segments(dir.path())
        .iter()
        .map(|segment| segment.bytes.len())
        .sum();
    assert_eq!(head.bytes, on_disk as u64);
}

#[test]
fn segments_stay_within_their_size_and_bear_the_time_of_their_first_record() {
    let dir = Scratch::new();
    small_log(dir.path(), 40, 600);
    let all = segments(dir.path());
    assert!(all.len() > 5);
    for segment in &all {
        let header = SegmentHeader::decode(&segment.bytes).expect("is whole");
        assert!(segment.bytes.len() <= 600 && !segment.records.is_empty());
        assert_eq!(
            (header.number, header.first_index()),
            (segment.number, segment.first_index)
        );
        let expected = if segment.number == 0 {
            0
        } else {
            1_000 + segment.first_index as i64
        };
        assert_eq!(header.created_ns, expected);
    }
}

#[test]
fn a_record_larger_than_a_segment_gets_a_segment_of_its_own() {
    let dir = Scratch::new();
    let mut log = AuditLog::open(dir.path(), durability::MEMORY, 256).expect("opens");
    for _ in 0..3 {
        log.append(record_type::NOTE, 1, 0, 0, 0, &[&[1; 5000]])
            .expect("appends");
    }
    assert_eq!(log.close().expect("closes").segments, 3);
    assert_eq!(verify(dir.path(), None).0.records, 3);
}

#[test]
fn a_payload_that_is_too_large_is_refused_and_harms_nothing() {
    let mut log = AuditLog::memory();
    let largest = vec![5; 256 * 1024];
    let error = log
        .append(1, 1, 0, 0, 0, &[&largest, &[1]])
        .expect_err("is too large");
    assert_eq!(error.code(), code::BAD_ARGUMENT);
    assert!(!log.failed());
    assert_eq!(log.append(1, 1, 0, 0, 0, &[&largest]).expect("fits"), 0);
}

#[test]
fn a_second_node_is_refused_and_told_who_holds_the_log() {
    let dir = Scratch::new();
    let mut first = AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect("opens");
    let error = AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect_err("is held");
    assert_eq!(error.code(), code::LOCKED);
    assert!(
        matches!(error, AuditError::Locked { pid: Some(pid), .. } if pid == std::process::id())
    );
    assert!(
        error
            .to_string()
            .contains(&format!("process {} holds", std::process::id())),
        "{error}"
    );
    first.close().expect("closes");
    AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect("is free");
}

#[test]
fn arguments_without_meaning_are_refused() {
    let dir = Scratch::new();
    for (durability, segment_bytes) in [(3, 1 << 20), (0, 255)] {
        let error =
            AuditLog::open(dir.path(), durability, segment_bytes).expect_err("means nothing");
        assert_eq!(error.code(), code::BAD_ARGUMENT);
    }
    assert!(!dir.path().exists(), "nothing was made");
}

#[test]
fn a_directory_that_cannot_be_made_is_an_io_error_with_its_name() {
    let error = AuditLog::open("/proc/no/such/place".as_ref(), 0, 1 << 20).expect_err("cannot be");
    assert_eq!(error.code(), code::IO);
    assert!(error.to_string().contains("/proc/no/such/place"), "{error}");
}

#[test]
fn nobody_but_the_owner_can_read_the_log() {
    let dir = Scratch::new();
    small_log(dir.path(), 1, 4096);
    let mode = |path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(dir.path().to_path_buf()), 0o700);
    assert_eq!(mode(segment_path(dir.path(), 0)), 0o600);
    assert_eq!(mode(dir.path().join("LOCK")), 0o600);
}

#[test]
fn a_closed_log_takes_nothing_and_a_dropped_one_has_written_everything() {
    let dir = Scratch::new();
    let mut log = AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect("opens");
    append(&mut log);
    log.close().expect("closes");
    let error = log.append(1, 1, 0, 0, 0, &[]).expect_err("is closed");
    assert_eq!(error.code(), code::BAD_HANDLE);
    assert!(log.commit().is_err());
    log.close().expect("closing twice is harmless");
    drop(log);
    let mut log = AuditLog::open(dir.path(), durability::BATCH, 1 << 20).expect("opens");
    append(&mut log);
    drop(log);
    assert_eq!(verify(dir.path(), None).0.records, 2);
}

#[test]
fn what_a_crash_leaves_of_a_new_segment_is_removed() {
    let dir = Scratch::new();
    let head = small_log(dir.path(), 10, 700);
    let unnamed = dir
        .path()
        .join(format!("audit-{:010}.log.new", head.segments));
    fs::write(&unnamed, [1; 40]).expect("writes");
    let mut log = AuditLog::open(dir.path(), durability::BATCH, 700).expect("opens");
    while log.head().segments == head.segments {
        assert!(append(&mut log) < 100, "no second segment is ever made");
    }
    assert!(!unnamed.exists());
}

#[test]
fn payloads_of_another_layout_are_not_mixed_into_one_segment() {
    let dir = Scratch::new();
    small_log(dir.path(), 5, 1 << 20);
    let segment = &segments(dir.path())[0];
    let older = SegmentHeader {
        layout_hash: 1,
        ..SegmentHeader::decode(&segment.bytes).expect("is whole")
    };
    let mut bytes = segment.bytes.clone();
    bytes[..128].copy_from_slice(&older.encode());
    segment.put(&bytes);
    let mut log = AuditLog::open_at(dir.path(), durability::BATCH, 1 << 20, 5).expect("opens");
    append(&mut log);
    log.close().expect("closes");
    let all = segments(dir.path());
    assert_eq!(
        all.iter()
            .map(|segment| segment.records.len())
            .collect::<Vec<_>>(),
        [5, 1]
    );
    assert_eq!(verify(dir.path(), None).0.records, 6);
}

#[test]
fn a_log_in_memory_is_a_segment_that_verifies() {
    let mut log = AuditLog::memory();
    for _ in 0..50 {
        append(&mut log);
    }
    let (verdict, roots) = log.verify_retained(None).expect("is all there");
    assert_eq!(
        (verdict.damage, verdict.records, roots.root),
        (0, 50, log.head().head)
    );

    let dir = Scratch::new();
    fs::create_dir(dir.path()).expect("is made");
    let (bytes, complete) = log.retained().expect("is in memory");
    assert!(complete);
    fs::write(segment_path(dir.path(), 0), bytes).expect("writes");
    let (verdict, roots) = verify(dir.path(), None);
    assert_eq!(
        (verdict.damage, verdict.records, verdict.bytes),
        (0, 50, log.head().bytes)
    );
    assert_eq!((roots.root, roots.chain), (log.head().head, log.chain()));
}

#[test]
fn beyond_its_cap_a_log_in_memory_keeps_tree_and_chain_alone() {
    let mut log = AuditLog::memory();
    let big = vec![3; 200_000];
    let mut tree = Tree::default();
    while log.head().bytes < (RETAINED_BYTES + (4 << 20)) as u64 {
        let header = AuditHeader {
            magic: 0x5241_5743,
            length: big.len() as u32,
            record_type: 11,
            index: log.next_index(),
            ..Default::default()
        };
        let bytes = cwts_core::record::bytes_of(&header);
        let leaf = Sha256::digest([&[0], bytes, &big].concat());
        tree.extend(&[leaf.into()]);
        log.append(11, 0, 0, 0, 0, &[&big]).expect("appends");
    }
    assert_eq!(log.head().head, tree.root(), "the tree goes on");
    let (bytes, complete) = log.retained().expect("is in memory");
    assert!(!complete && bytes.len() <= RETAINED_BYTES && bytes.len() > RETAINED_BYTES - (2 << 20));
    assert!(
        log.verify_retained(None).is_none(),
        "what is not there is not called good"
    );
}

#[test]
fn there_is_nothing_retained_of_a_log_on_disk() {
    let dir = Scratch::new();
    let mut log = AuditLog::open(dir.path(), durability::MEMORY, 1 << 20).expect("opens");
    append(&mut log);
    assert!(log.retained().is_none() && log.verify_retained(None).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_sequence_of_appends_commits_and_reopenings_verifies_and_has_one_root(
        steps in prop::collection::vec((0u8..12, 0usize..2000, any::<u64>()), 1..60),
        durability in 0u32..3,
        segment_bytes in 256u64..6000,
    ) {
        let dir = Scratch::new();
        let mut log = AuditLog::open(dir.path(), durability, segment_bytes).expect("opens");
        let mut memory = AuditLog::memory();
        for (step, length, cause) in steps {
            let bytes: Vec<u8> = payload(cause % 100).into_iter().cycle().take(length).collect();
            match step {
                0 => {
                    log.close().expect("closes");
                    log = AuditLog::open(dir.path(), durability, segment_bytes).expect("opens");
                }
                1 => log.commit().expect("commits"),
                _ => {
                    let index = log.append(11, 1, 2, 3, cause, &[&bytes]).expect("appends");
                    prop_assert_eq!(memory.append(11, 1, 2, 3, cause, &[&bytes]).expect("appends"), index);
                }
            }
        }
        let head = log.close().expect("closes");
        let (verdict, roots) = verify(dir.path(), None);
        prop_assert_eq!((verdict.damage, verdict.records, verdict.bytes), (0, head.records, head.bytes));
        prop_assert_eq!(roots.root, memory.head().head);
        prop_assert_eq!(roots.chain, log.chain());
    }
}

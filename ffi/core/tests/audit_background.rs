//! What the thread of the log does while records go on coming, and what it must not change.
mod audit_support;

use audit_support::{append, child, child_dir, Scratch};
use cwts_core::audit::format::segment_path;
use cwts_core::audit::{damage, verify, AuditError, AuditLog, WRITE_BYTES};
use cwts_core::layout::durability;
use std::fs;

/// Several windows' worth, and more leaves than are folded together.
const RECORDS: u64 = 9_000;

#[test]
fn windows_sealed_in_the_background_verify_and_have_the_root_of_those_sealed_at_once() {
    let roots = [
        (durability::MEMORY, 1 << 30, u64::MAX),
        (durability::MEMORY, 1 << 30, 1_777),
        (durability::MEMORY, 300_000, 2_500),
        (durability::BATCH, 1 << 30, 64),
        (durability::BATCH, 300_000, u64::MAX),
    ]
    .map(|(durability, segment_bytes, every)| {
        let dir = Scratch::new();
        let mut log = AuditLog::open(dir.path(), durability, segment_bytes).expect("opens");
        for n in 1..=RECORDS {
            append(&mut log);
            if n % every == 0 {
                log.commit().expect("commits");
                // A chain head or a root now and then, so that groups end in the middle of a window.
                if n % (2 * every) == 0 {
                    assert_eq!(log.head().records, n);
                } else {
                    let _ = log.chain();
                }
            }
        }
        let head = log.close().expect("closes");
        let (verdict, roots) = verify(dir.path(), None);
        assert_eq!((verdict.damage, verdict.records), (damage::NONE, RECORDS));
        assert_eq!(
            (verdict.bytes, verdict.segments),
            (head.bytes, head.segments)
        );
        assert_eq!((roots.root, roots.chain), (head.head, log.chain()));
        roots.root
    });
    let mut memory = AuditLog::memory();
    for _ in 0..RECORDS {
        append(&mut memory);
    }
    let (verdict, kept) = memory.verify_retained(None).expect("is all there");
    assert_eq!((verdict.damage, verdict.records), (damage::NONE, RECORDS));
    assert!(roots.iter().all(|root| *root == kept.root));
}

#[test]
fn a_log_dropped_with_windows_under_way_has_written_them() {
    let dir = Scratch::new();
    let mut log = AuditLog::open(dir.path(), durability::MEMORY, 1 << 30).expect("opens");
    for _ in 0..RECORDS {
        append(&mut log);
    }
    drop(log);
    let (verdict, _) = verify(dir.path(), None);
    assert_eq!((verdict.damage, verdict.records), (damage::NONE, RECORDS));
}

#[test]
#[ignore = "lowers the limits of its own process: run by the test below"]
fn fill_windows_up_to_the_file_size_limit() {
    let Some(dir) = child_dir() else { return };
    let room = 5 * WRITE_BYTES as u64;
    let limit = libc::rlimit {
        rlim_cur: room,
        rlim_max: room,
    };
    // SAFETY: both calls change only settings of this process, which exists for this test; `limit` is valid.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
    let mut log = AuditLog::open(&dir, durability::MEMORY, 1 << 30).expect("opens");
    let error = (0..100_000u64).find_map(|n| log.append(11, 1, 7, 0, n, &[&[1; 100]]).err());
    let error = error.expect("a failure in the background ends the appends");
    assert!(
        matches!(&error, AuditError::Io { source, .. } if source.raw_os_error() == Some(libc::EFBIG)),
        "{error}"
    );
    assert!(log.failed());
    let again = log.append(11, 1, 0, 0, 0, &[]).expect_err("stays shut");
    assert!(matches!(again, AuditError::Failed { .. }));
    assert!(matches!(log.close(), Err(AuditError::Failed { .. })));
    let length = fs::metadata(segment_path(&dir, 0)).expect("is there").len();
    fs::write(dir.join("held"), length.to_string()).expect("writes");
}

#[test]
fn a_write_that_fails_in_the_background_shuts_the_log_with_the_next_append() {
    let dir = Scratch::new();
    let output = child("fill_windows_up_to_the_file_size_limit", dir.path())
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(dir.path().join("held").exists(), "the child ran nothing");
    let (verdict, _) = verify(dir.path(), None);
    assert_eq!(verdict.damage, damage::TORN_TAIL, "{verdict:?}");
    let log = AuditLog::open(dir.path(), durability::MEMORY, 1 << 30).expect("is repaired");
    assert_eq!(log.next_index(), verdict.records);
}

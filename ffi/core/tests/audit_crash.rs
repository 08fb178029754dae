//! Writes that fail and processes that are killed: real ones.
mod audit_support;

use audit_support::{append, child, child_dir, payload, Scratch};
use cwts_core::audit::{damage, verify, AuditError, AuditLog, Reader};
use cwts_core::layout::{code, durability, AuditHeader};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Appends until the log refuses; returns how many records counted as kept.
fn append_until_refused(
    dir: &Path,
    durability: u32,
    batch: u64,
    segment_bytes: u64,
) -> (u64, AuditError) {
    let mut log = AuditLog::open(dir, durability, segment_bytes).expect("opens");
    let mut kept = log.next_index();
    let error = loop {
        let step = (|| {
            for _ in 0..batch {
                let index = log.next_index();
                log.append(11, 1, 7, 0, index, &[&payload(index)])?;
            }
            log.commit()
        })();
        match step {
            Ok(()) => kept = log.next_index(),
            Err(error) => break error,
        }
        assert!(kept < 10_000_000, "nothing ever failed");
    };
    assert!(log.failed());
    assert!(matches!(
        log.append(11, 1, 0, 0, 0, &[]),
        Err(AuditError::Failed { .. })
    ));
    assert!(matches!(log.commit(), Err(AuditError::Failed { .. })));
    assert!(matches!(log.close(), Err(AuditError::Failed { .. })));
    assert_eq!(
        log.append(11, 1, 0, 0, 0, &[])
            .expect_err("stays shut")
            .code(),
        code::IO
    );
    (kept, error)
}

/// Everything that counted as kept is there, and the log can be used again.
fn all_kept(dir: &Path, kept: u64) {
    let (before, _) = verify(dir, None);
    assert!(
        matches!(before.damage, damage::NONE | damage::TORN_TAIL),
        "{before:?}"
    );
    assert!(
        before.records >= kept,
        "{kept} were kept and {} are there",
        before.records
    );
    let mut reader = Reader::open(dir, 0).expect("opens");
    let (mut header, mut bytes) = (AuditHeader::default(), Vec::new());
    let mut count = 0;
    while reader.next(&mut header, &mut bytes).expect("reads") {
        assert_eq!((header.index, &bytes), (count, &payload(count)));
        count += 1;
    }
    assert_eq!(count, before.records);
    let mut log = AuditLog::open(dir, durability::BATCH, 1 << 20).expect("opens again");
    assert_eq!(log.next_index(), before.records);
    append(&mut log);
    log.close().expect("closes");
    assert_eq!(verify(dir, None).0.damage, damage::NONE);
}

#[test]
#[ignore = "lowers the limits of its own process: run by the test below"]
fn fill_up_to_the_file_size_limit() {
    let Some(dir) = child_dir() else { return };
    let setting = std::env::var("CWTS_TEST_DURABILITY")
        .expect("is set")
        .parse()
        .expect("is a number");
    let limit = libc::rlimit {
        rlim_cur: 100_003,
        rlim_max: 100_003,
    };
    // SAFETY: both calls change only settings of this process, which exists for this test; `limit` is valid.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
    let (kept, error) = append_until_refused(&dir, setting, 10, 1 << 30);
    assert_eq!(error.code(), code::IO);
    assert!(
        matches!(&error, AuditError::Io { source, .. } if source.raw_os_error() == Some(libc::EFBIG)),
        "{error}"
    );
    // Not on standard output: the harness writes there, and it is a file of its own.
    fs::write(dir.with_extension("kept"), kept.to_string()).expect("writes");
}

#[test]
fn a_write_that_fails_shuts_the_log_for_good_and_loses_nothing_that_was_kept() {
    for setting in [durability::BATCH, durability::FSYNC] {
        let dir = Scratch::new();
        let status = child("fill_up_to_the_file_size_limit", dir.path())
            .env("CWTS_TEST_DURABILITY", setting.to_string())
            .stdout(Stdio::null())
            .status()
            .expect("runs");
        assert!(status.success());
        let note = dir.path().with_extension("kept");
        let kept: u64 = fs::read_to_string(&note)
            .expect("was noted")
            .parse()
            .expect("is a number");
        fs::remove_file(&note).expect("removes");
        assert!(kept > 300, "only {kept} records fit in 100 kB");
        assert_eq!(
            verify(dir.path(), None).0.damage,
            damage::TORN_TAIL,
            "the limit cuts through a record"
        );
        all_kept(dir.path(), kept);
    }
}

/// From now on this thread's fdatasync fails with EIO, as on a dying disk.
fn fail_every_sync() {
    let nr = std::mem::offset_of!(libc::seccomp_data, nr) as u32;
    let step = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let mut filter = [
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, nr),
        step(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            1,
            libc::SYS_fdatasync as u32,
        ),
        step(
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::EIO as u32,
        ),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: both calls change only what this thread may do, in a process that exists for this test; `program` and the
    // filter it points to are valid until the calls return, and the kernel keeps a copy.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(
            libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER,
                &raw const program
            ),
            0
        );
    }
}

#[test]
#[ignore = "forbids its own thread to sync: run by the test below"]
fn append_where_nothing_can_be_synced() {
    let Some(dir) = child_dir() else { return };
    fail_every_sync();
    let open = |name, setting| AuditLog::open(&dir.join(name), setting, 2_000).expect("opens");
    let dying = |error: &AuditError| matches!(error, AuditError::Io { source, .. } if source.raw_os_error() == Some(libc::EIO));

    let mut memory = open("memory", durability::MEMORY);
    while append(&mut memory) < 100 {}
    memory.close().expect("promises nothing about syncs");

    let mut batch = open("batch", durability::BATCH);
    append(&mut batch);
    batch.append(11, 1, 0, 0, 0, &[]).expect("is only gathered");
    assert!(dying(&batch.commit().expect_err("is not kept")));
    assert_eq!(batch.head().durable, 0);
    assert!(
        batch.failed() && batch.append(11, 1, 0, 0, 0, &[]).is_err() && batch.commit().is_err()
    );

    let mut rotated = open("rotated", durability::BATCH);
    let error = (0..100).find_map(|_| rotated.append(11, 1, 0, 0, 0, &[&[1; 100]]).err());
    assert!(dying(
        &error.expect("a segment is not left behind unsynced")
    ));
    assert!(rotated.failed() && rotated.head().segments == 1);

    let mut closed = open("closed", durability::BATCH);
    append(&mut closed);
    assert!(dying(&closed.close().expect_err("is not kept")));

    let mut fsync = open("fsync", durability::FSYNC);
    assert!(dying(
        &fsync.append(11, 1, 0, 0, 0, &[]).expect_err("is not kept")
    ));
    assert!(fsync.failed() && fsync.head().durable == 0);
    // Read by the other side, so that a child that ran nothing does not pass.
    fs::write(dir.join("held"), "held").expect("writes");
}

#[test]
fn a_sync_that_fails_shuts_the_log_for_good() {
    let dir = Scratch::new();
    let output = child("append_where_nothing_can_be_synced", dir.path())
        .output()
        .expect("runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(dir.path().join("held").exists());
}

#[test]
#[ignore = "mounts a small file system, which needs root: cargo test -- --ignored full_disk"]
fn a_full_disk_shuts_the_log_for_good_and_loses_nothing_that_was_kept() {
    if child_dir().is_some() {
        return;
    }
    let at = Scratch::new();
    fs::create_dir(at.path()).expect("is made");
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "none"])
        .arg(at.path())
        .status();
    assert!(mount.expect("runs").success(), "cannot mount; run as root");
    // Small segments, so that making a segment can be what fails.
    let outcome = std::panic::catch_unwind(|| {
        for (name, segment_bytes) in [("one", 1 << 30), ("many", 3000)] {
            let dir = at.path().join(name);
            let (kept, error) = append_until_refused(&dir, durability::BATCH, 10, segment_bytes);
            assert!(
                matches!(&error, AuditError::Io { source, .. } if source.raw_os_error() == Some(libc::ENOSPC)),
                "{error}"
            );
            assert!(kept > 300);
            let copy = Scratch::new();
            fs::create_dir(copy.path()).expect("is made");
            for entry in fs::read_dir(&dir).expect("lists") {
                let entry = entry.expect("lists");
                fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copies");
            }
            all_kept(copy.path(), kept);
            fs::remove_dir_all(&dir).expect("removes");
        }
    });
    assert!(Command::new("umount")
        .arg(at.path())
        .status()
        .expect("runs")
        .success());
    outcome.expect("holds on a full disk");
}

#[test]
#[ignore = "runs until it is killed: run by the test below"]
fn append_and_tell_until_killed() {
    let Some(dir) = child_dir() else { return };
    let mut log = AuditLog::open(&dir, durability::BATCH, 20_000).expect("opens");
    let mut output = std::io::stdout();
    loop {
        for _ in 0..7 {
            append(&mut log);
        }
        log.commit().expect("commits");
        writeln!(output, "kept {}", log.next_index()).expect("writes");
        output.flush().expect("writes");
    }
}

#[test]
fn a_process_killed_at_any_moment_loses_nothing_it_said_was_kept() {
    let dir = Scratch::new();
    let mut kept = 0;
    for round in 0..40 {
        let mut process = child("append_and_tell_until_killed", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut lines = BufReader::new(process.stdout.take().expect("is piped")).lines();
        let mut said = Vec::new();
        // Another number of commits each time; the kill lands wherever the writer then is.
        while said.len() < 1 + round % 13 {
            let line = lines.next().expect("goes on").expect("reads");
            said.extend(
                line.strip_prefix("kept ")
                    .map(|count| count.parse::<u64>().expect("is a number")),
            );
        }
        process.kill().expect("is killed");
        said.extend(lines.map_while(Result::ok).filter_map(|line| {
            line.strip_prefix("kept ")
                .and_then(|count| count.parse::<u64>().ok())
        }));
        process.wait().expect("is gone");
        kept = said.into_iter().max().unwrap_or(kept).max(kept);
        let (verdict, _) = verify(dir.path(), None);
        assert!(
            matches!(verdict.damage, damage::NONE | damage::TORN_TAIL),
            "{verdict:?}"
        );
        assert!(
            verdict.records >= kept,
            "{kept} were kept and {} are there",
            verdict.records
        );
    }
    assert!(kept > 500);
    all_kept(dir.path(), kept);
}

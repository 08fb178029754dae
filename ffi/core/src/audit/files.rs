//! The directory of a log: its lock, its segments, and making a new segment.
use crate::audit::error::AuditError;
use crate::audit::format::{segment_number, segment_path, SegmentHeader};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

const LOCK: &str = "LOCK";
/// A reader takes the lock for an instant to ask whether a writer lives, so one refusal proves nothing.
const LOCK_ATTEMPTS: u32 = 4;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Makes `dir` and what leads to it, readable by its owner alone.
pub fn create_dir(dir: &Path) -> Result<(), AuditError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| AuditError::io("create the audit directory", dir, source))
}

/// Takes the directory for this process. The lock lasts as long as the file is open and never outlives the process.
pub fn lock(dir: &Path) -> Result<File, AuditError> {
    let path = dir.join(LOCK);
    let fail = |source| AuditError::io("lock the audit directory with", &path, source);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(fail)?;
    let mut attempts = 1;
    while !flock(&file, libc::LOCK_EX).map_err(fail)? {
        if attempts == LOCK_ATTEMPTS {
            let mut holder = String::new();
            // Without a readable number the refusal is the same, only less helpful.
            let _ = file.read_to_string(&mut holder);
            return Err(AuditError::Locked {
                dir: dir.to_path_buf(),
                pid: holder.trim().parse().ok(),
            });
        }
        attempts += 1;
        std::thread::sleep(LOCK_PAUSE);
    }
    file.set_len(0).map_err(fail)?;
    writeln!(file, "{}", std::process::id()).map_err(fail)?;
    Ok(file)
}

/// Whether some process holds the directory for writing.
pub fn is_held(dir: &Path) -> bool {
    File::open(dir.join(LOCK)).is_ok_and(|file| matches!(flock(&file, libc::LOCK_SH), Ok(false)))
}

/// Whether the lock was got, without waiting.
fn flock(file: &File, kind: libc::c_int) -> io::Result<bool> {
    loop {
        // SAFETY: the descriptor belongs to `file`, which outlives the call; flock touches no memory of ours.
        if unsafe { libc::flock(file.as_raw_fd(), kind | libc::LOCK_NB) } == 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::WouldBlock => return Ok(false),
            io::ErrorKind::Interrupted => {}
            _ => return Err(error),
        }
    }
}

/// Numbers of the segments in `dir`, rising.
pub fn segments(dir: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir)? {
        if let Some(number) = entry?.file_name().to_str().and_then(segment_number) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Removes what a crash between making and naming a segment leaves behind; nothing was ever recorded in it.
pub fn remove_unnamed(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if name
            .to_str()
            .and_then(|name| name.strip_suffix(".new"))
            .and_then(segment_number)
            .is_some()
        {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Makes a segment and opens it for appending. The file gets its name only after its header is on disk, so a segment
/// with a damaged header is never the work of a crash.
pub fn create_segment(dir: &Path, header: &SegmentHeader) -> io::Result<(File, PathBuf)> {
    let path = segment_path(dir, header.number);
    let unnamed = path.with_extension("log.new");
    let mut file = OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(&unnamed)?;
    file.write_all(&header.encode())?;
    file.sync_all()?;
    fs::rename(&unnamed, &path)?;
    sync_dir(dir)?;
    Ok((file, path))
}

/// Makes names in `dir` durable.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

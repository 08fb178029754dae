//! Readers of the audit log: whatever is done to its bytes, a verifier says what, or nothing when nothing was done; a
//! reader gives whole records from the front and then an error or the end.
use crate::noise::Noise;
use cwts_core::audit::verify_bytes;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

extern "C" {
    fn cwts_audit_open(directory: *const u8, length: u32, durability: u32, segment: f64) -> i64;
    fn cwts_audit_append(
        handle: u64,
        record_type: u32,
        version: u32,
        producer: u32,
        time: f64,
        cause: f64,
        payload: *const u8,
        payload_length: u32,
    ) -> f64;
    fn cwts_audit_close(handle: u64) -> i32;
    fn cwts_audit_verify(directory: *const u8, length: u32, out: *mut u8, out_length: u32) -> i32;
    fn cwts_reader_open(directory: *const u8, length: u32, from: f64) -> i64;
    fn cwts_reader_next(
        handle: u64,
        header: *mut u8,
        header_length: u32,
        payload: *mut u8,
        payload_length: u32,
    ) -> i32;
    fn cwts_reader_close(handle: u64) -> i32;
}

const RECORDS: u64 = 24;
/// Small, so that a log has several segments.
const SEGMENT: f64 = 1_024.0;
/// Longer than this a segment is not made.
const MOST_BYTES: usize = 64 * 1_024;

/// A sound log: the names and bytes of its segments, and a folder in memory to lay damaged ones in.
struct Log {
    files: Vec<(PathBuf, Vec<u8>)>,
    /// All of those bytes, in order.
    whole: Vec<u8>,
    folder: PathBuf,
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() {
            memory.to_owned()
        } else {
            std::env::temp_dir()
        };
        let folder = base.join(format!("cwts-fuzz-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let name = text(&folder);
        // SAFETY: the text and the payload are as long as they are said to be.
        unsafe {
            let handle = cwts_audit_open(name.as_ptr(), name.len() as u32, 0, SEGMENT);
            let handle = u64::try_from(handle).expect("a log");
            for n in 0..RECORDS {
                let payload = vec![n as u8; (n * 7 % 61) as usize];
                let (at, length) = (payload.as_ptr(), payload.len() as u32);
                assert_eq!(
                    cwts_audit_append(handle, 11, 1, 0, n as f64, 0.0, at, length),
                    n as f64
                );
            }
            assert_eq!(cwts_audit_close(handle), 0);
        }
        let mut files: Vec<_> = fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|name| name == "log"))
            .map(|path| (path.clone(), fs::read(&path).expect("a segment")))
            .collect();
        files.sort();
        assert!(files.len() > 2);
        let whole = files.iter().flat_map(|file| file.1.clone()).collect();
        Log {
            files,
            whole,
            folder,
        }
    })
}

/// Changes one segment's bytes.
fn damage(bytes: &mut Vec<u8>, noise: &mut Noise<'_>) {
    let at = usize::from(noise.u16()) % (bytes.len() + 1);
    match noise.below(6) {
        0 => bytes.truncate(at),
        1 if at < bytes.len() => bytes[at] ^= noise.byte(),
        2 => {
            let more = noise.take(8).to_vec();
            bytes.splice(at..at, more);
        }
        3 if at < bytes.len() => drop(bytes.remove(at)),
        4 => {
            let end = (at + 8).min(bytes.len());
            let word = noise.u64().to_le_bytes();
            bytes[at..end].copy_from_slice(&word[..end - at]);
        }
        // Doubled again and again, a log would fill the memory and say nothing new.
        5 if bytes.len() < MOST_BYTES => {
            let tail = bytes[at..].to_vec();
            bytes.extend(tail);
        }
        _ => {}
    }
}

/// Damage found, and good records before it.
fn verdict_of(folder: &str) -> (u32, u64) {
    // The verdict, the root, the chain head, and two numbers of tiles.
    let mut out = [0; 144];
    // SAFETY: the buffers are as long as they are said to be.
    let status = unsafe {
        let (at, length) = (folder.as_ptr(), folder.len() as u32);
        cwts_audit_verify(at, length, out.as_mut_ptr(), out.len() as u32)
    };
    assert_eq!(status, 0, "a verifier always has a verdict");
    let damage = u32::from_le_bytes(out[..4].try_into().expect("four bytes"));
    (
        damage,
        u64::from_le_bytes(out[8..16].try_into().expect("eight bytes")),
    )
}

/// Records that a reader gives before it ends or fails.
fn readable(folder: &str, from: u8) -> u64 {
    let mut count = 0;
    let (mut header, mut payload) = ([0; 64], vec![0; 4_096]);
    // SAFETY: the buffers are as long as they are said to be.
    unsafe {
        let handle = cwts_reader_open(folder.as_ptr(), folder.len() as u32, f64::from(from));
        let Ok(handle) = u64::try_from(handle) else {
            return 0;
        };
        while cwts_reader_next(
            handle,
            header.as_mut_ptr(),
            header.len() as u32,
            payload.as_mut_ptr(),
            payload.len() as u32,
        ) > 0
        {
            count += 1;
            assert!(count <= 4 * RECORDS, "a reader ends");
        }
        cwts_reader_close(handle);
    }
    count
}

/// Lays the files in the folder, where the reader looks for them.
fn lay(log: &Log, files: &[Option<Vec<u8>>]) {
    for ((path, _), bytes) in log.files.iter().zip(files) {
        match bytes {
            Some(bytes) => fs::write(path, bytes).expect("room"),
            None => drop(fs::remove_file(path)),
        }
    }
}

pub fn run(bytes: &[u8]) {
    let log = log();
    let mut noise = Noise(bytes);
    // Files cost more than all the rest, so one input in sixteen has them.
    let (from, on_disk) = (noise.below(32), noise.below(16) == 0);
    let mut files: Vec<Option<Vec<u8>>> =
        log.files.iter().map(|file| Some(file.1.clone())).collect();
    while !noise.is_empty() {
        let at = usize::from(noise.byte()) % files.len();
        match noise.below(12) {
            0 => files[at] = None,
            1 => {
                let other = usize::from(noise.byte()) % files.len();
                files.swap(at, other);
            }
            _ => {
                if let Some(bytes) = &mut files[at] {
                    damage(bytes, &mut noise);
                }
            }
        }
    }
    // In memory a segment cannot be absent in the middle: the log ends there.
    let present: Vec<&[u8]> = files.iter().map_while(Option::as_deref).collect();
    let (verdict, _) = verify_bytes(&present);
    let (damage, records) = (verdict.damage, verdict.records);
    let sound = log
        .files
        .iter()
        .zip(&files)
        .all(|((_, ours), theirs)| theirs.as_ref() == Some(ours));
    assert!(!sound || (damage, records) == (0, RECORDS));
    // Only a log that was cut off behind a group may pass for a sound one: its own bytes cannot tell.
    if damage == 0 && !sound {
        let kept = present.concat();
        assert!(
            log.whole.starts_with(&kept) && records < RECORDS,
            "a change was not seen"
        );
    }
    if !on_disk {
        return;
    }
    lay(log, &files);
    let folder = text(&log.folder);
    let (there, good) = verdict_of(folder);
    if present.len() == files.len() {
        assert_eq!((there, good), (damage, records), "on disk and in memory");
    }
    assert!(readable(folder, from) <= RECORDS + 1);
}

//! The file of the control page: made, taken over from an older build, mapped.
//!
//! The last character of the magic is the format. Format 2 has format 1 as its beginning, word for word, so a page of
//! format 1 becomes one of format 2 by growing in place: whoever has the old one mapped still stops what they stopped.
use crate::control::error::ControlError;
use crate::control::words::Words;
use crate::layout::{
    ControlHeader, ABI_VERSION, CONTROL_FIRST_SIZE, CONTROL_PAGE_SIZE, LAYOUT_HASH,
};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::mem::offset_of;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

const FILE: &str = "control.page";
/// `CWTSCTL2`, little-endian.
pub const MAGIC: u64 = u64::from_le_bytes(*b"CWTSCTL2");
const FIRST_MAGIC: u64 = u64::from_le_bytes(*b"CWTSCTL1");
const FAMILY: &[u8] = b"CWTSCTL";

/// Maps the page of a directory, grown to this build's format when it is of the one before.
pub fn map(dir: &Path) -> Result<Words, ControlError> {
    let path = dir.join(FILE);
    let fail = |source| ControlError::io("open", &path, source);
    let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ControlError::Absent { path })
        }
        other => other.map_err(fail)?,
    };
    let bytes = file.metadata().map_err(fail)?.len();
    let mut magic = [0; 8];
    let damaged = |path| Err(ControlError::Damaged { path, bytes });
    if bytes < 8 {
        return damaged(path);
    }
    file.read_exact(&mut magic).map_err(fail)?;
    let whole = bytes == u64::from(CONTROL_PAGE_SIZE);
    match u64::from_le_bytes(magic) {
        MAGIC if whole => Words::of_file(&file).map_err(fail),
        // One that grew and was not yet marked when the machine went down is of this size already.
        FIRST_MAGIC if whole || bytes == u64::from(CONTROL_FIRST_SIZE) => {
            file.set_len(u64::from(CONTROL_PAGE_SIZE)).map_err(fail)?;
            let words = Words::of_file(&file).map_err(fail)?;
            words
                .word(offset_of!(ControlHeader, magic))
                .store(MAGIC, Ordering::SeqCst);
            Ok(words)
        }
        MAGIC | FIRST_MAGIC => damaged(path),
        _ if magic.starts_with(FAMILY) => Err(ControlError::OtherFormat {
            path,
            format: char::from(magic[7]),
        }),
        _ => damaged(path),
    }
}

/// Makes a page under a name of its own and links it in place, so that nobody ever maps half a page and, of two
/// processes that make one at the same time, one wins and both use it.
pub fn create(dir: &Path, path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    static MADE: AtomicU64 = AtomicU64::new(0);
    let unique = MADE.fetch_add(1, Ordering::Relaxed);
    let unnamed = path.with_extension(format!("page.{}.{unique}.new", std::process::id()));
    let mut bytes = vec![0; CONTROL_PAGE_SIZE as usize];
    bytes[..8].copy_from_slice(&MAGIC.to_le_bytes());
    bytes[offset_of!(ControlHeader, version)..][..4].copy_from_slice(&ABI_VERSION.to_le_bytes());
    bytes[offset_of!(ControlHeader, layout_hash)..][..8]
        .copy_from_slice(&LAYOUT_HASH.to_le_bytes());
    let made = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unnamed)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        match fs::hard_link(&unnamed, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }?;
        File::open(dir)?.sync_all()
    })();
    // A leftover harms nobody; what counts is whether the page is there.
    let _ = fs::remove_file(&unnamed);
    made
}

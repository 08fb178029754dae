//! Where sealed groups go: the open segment of a directory, or memory.
use crate::audit::gather::Gathered;
use crate::audit::group::Head;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// Bytes a log without a directory keeps, counted from its beginning. Beyond them it keeps tree and chain alone: every
/// record is still hashed, the root stays right, the bytes are gone.
pub const RETAINED_BYTES: usize = 64 << 20;

pub enum Target {
    Memory { kept: Vec<u8>, complete: bool },
    Files(Files),
}

/// The open segment of a log in a directory.
pub struct Files {
    pub dir: PathBuf,
    pub path: PathBuf,
    pub file: File,
    pub number: u64,
    /// Held as long as the log is open.
    pub lock: Option<File>,
}

/// The target, and the chain up to the last seal, written or not.
pub struct Sink {
    pub head: Head,
    pub target: Target,
    /// Set by the first failure: behind a hole nothing may be written.
    pub broken: bool,
}

impl Sink {
    /// Closes the group that was gathered, if there is one, and hands the whole buffer to the target.
    ///
    /// # Errors
    /// The system's, once; after that every call fails.
    pub fn take(&mut self, gathered: &mut Gathered) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        if !gathered.open.is_empty() {
            gathered.seal(&mut self.head);
        }
        let new = &gathered.buffer[..gathered.filled];
        match &mut self.target {
            Target::Memory { kept, complete } => {
                *complete = *complete && kept.len() + new.len() <= RETAINED_BYTES;
                if *complete {
                    kept.extend_from_slice(new);
                }
            }
            Target::Files(files) => {
                if let Err(error) = files.file.write_all(new) {
                    self.broken = true;
                    return Err(error);
                }
            }
        }
        gathered.filled = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::os::unix::fs::FileExt;

    #[test]
    fn behind_a_write_that_failed_nothing_is_written_even_when_it_could_be() {
        let full = OpenOptions::new().write(true).open("/dev/full");
        let mut sink = Sink {
            head: Head::genesis(),
            target: Target::Files(Files {
                dir: PathBuf::new(),
                path: PathBuf::new(),
                file: full.expect("is there"),
                number: 0,
                lock: None,
            }),
            broken: false,
        };
        let mut gathered = Gathered::new();
        gathered.filled = 8;
        assert!(sink.take(&mut gathered).is_err());
        let path = std::env::temp_dir().join(format!("cwts-sink-{}", std::process::id()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let Target::Files(files) = &mut sink.target else {
            unreachable!()
        };
        files.file = options.open(&path).expect("is made");
        assert!(sink.take(&mut gathered).is_err());
        let Target::Files(files) = &sink.target else {
            unreachable!()
        };
        let mut written = [0; 8];
        assert_eq!(files.file.read_at(&mut written, 0).expect("reads"), 0);
        std::fs::remove_file(path).expect("removes");
    }
}

//! What can go wrong with an audit log, in one sentence with the fix in it.
use crate::audit::verify::damage;
use crate::layout::{code, AuditVerdict};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why an audit log could not be opened, appended to or read.
#[derive(Debug)]
pub enum AuditError {
    /// Reading or writing failed.
    Io {
        /// What was being done, as in "cannot … the audit log".
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// An earlier write failed; the log takes nothing more.
    Failed {
        /// The system's number for the first failure, 0 when it had none.
        os_error: i32,
    },
    /// Another process holds the directory.
    Locked {
        /// The directory.
        dir: PathBuf,
        /// The holder, when it left its number.
        pid: Option<u32>,
    },
    /// The log is damaged in a way that no crash leaves behind.
    Corrupt {
        /// The directory.
        dir: PathBuf,
        /// Kind and place.
        verdict: Box<AuditVerdict>,
    },
    /// The payload is larger than a record may be.
    TooLarge {
        /// Bytes offered.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// An argument has no meaning.
    BadArgument(&'static str),
    /// The log was closed.
    Closed,
}

impl AuditError {
    /// The stable [`crate::layout::code`].
    #[must_use]
    pub const fn code(&self) -> u32 {
        match self {
            Self::Io { .. } | Self::Failed { .. } => code::IO,
            Self::Locked { .. } => code::LOCKED,
            Self::Corrupt { .. } => code::CORRUPT,
            Self::TooLarge { .. } | Self::BadArgument(_) => code::BAD_ARGUMENT,
            Self::Closed => code::BAD_HANDLE,
        }
    }

    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            doing,
            path: path.to_path_buf(),
            source,
        }
    }

    pub(super) fn corrupt(dir: &Path, verdict: AuditVerdict) -> Self {
        Self::Corrupt {
            dir: dir.to_path_buf(),
            verdict: Box::new(verdict),
        }
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => write!(
                f,
                "cannot {doing} {}: {source}; check that the disk has room and that the directory is writable",
                path.display()
            ),
            Self::Failed { os_error } => write!(
                f,
                "the audit log stopped at an earlier failure ({}); fix the disk and start the node again",
                io::Error::from_raw_os_error(*os_error)
            ),
            Self::Locked { dir, pid: Some(pid) } => write!(
                f,
                "process {pid} holds the audit log in {}; stop that node or choose another data directory",
                dir.display()
            ),
            Self::Locked { dir, pid: None } => write!(
                f,
                "another process holds the audit log in {}; stop that node or choose another data directory",
                dir.display()
            ),
            Self::Corrupt { dir, verdict } if verdict.damage == damage::OTHER_FORMAT => write!(
                f,
                "the audit log in {} was written in another format version, which this node does not read; keep it with the version of CWTS that wrote it, and start with another data directory",
                dir.display()
            ),
            Self::Corrupt { dir, verdict } => write!(
                f,
                "the audit log in {} is damaged: {} at record {} (segment {}, byte {}); keep the directory as evidence and start with another one",
                dir.display(),
                damage::name(verdict.damage),
                verdict.bad_index,
                verdict.bad_segment,
                verdict.bad_offset
            ),
            Self::TooLarge { length, limit } => write!(
                f,
                "a payload of {length} bytes does not fit in an audit record; split it into parts of at most {limit} bytes"
            ),
            Self::BadArgument(what) => f.write_str(what),
            Self::Closed => f.write_str("the audit log is closed; open it again before appending"),
        }
    }
}

impl std::error::Error for AuditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

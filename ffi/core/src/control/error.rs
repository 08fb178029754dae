//! What can go wrong with the control page, in one sentence with the fix in it.
use crate::layout::{code, CONTROL_PAGE_SIZE};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a control page could not be opened.
#[derive(Debug)]
pub enum ControlError {
    /// Reading, writing or mapping failed.
    Io {
        /// What was being done, as in "cannot … the control page".
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// There is no page where one must be.
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// The file is no control page.
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        bytes: u64,
    },
    /// The page has a format that this build does not know.
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its format: the last character of the magic.
        format: char,
    },
}

impl ControlError {
    /// The stable [`crate::layout::code`].
    #[must_use]
    pub const fn code(&self) -> u32 {
        match self {
            Self::Io { .. } | Self::Absent { .. } => code::IO,
            Self::Damaged { .. } | Self::OtherFormat { .. } => code::CORRUPT,
        }
    }

    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            doing,
            path: path.to_path_buf(),
            source,
        }
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, path, source } => write!(
                f,
                "cannot {doing} the control page {}: {source}; check that the directory exists and belongs to you",
                path.display()
            ),
            Self::Absent { path } => write!(
                f,
                "there is no control page at {}; name the data directory of a node that was started before",
                path.display()
            ),
            Self::Damaged { path, bytes } => write!(
                f,
                "{} ({bytes} bytes) is not a control page of {CONTROL_PAGE_SIZE} bytes; move it away, start the node and set the kill states again",
                path.display()
            ),
            Self::OtherFormat { path, format } => write!(
                f,
                "{} is a control page of format {format}, and this build reads formats 1 and 2; use the build that made it, or note its kill states with that build, move the file away and set them again before anything trades",
                path.display()
            ),
        }
    }
}

impl std::error::Error for ControlError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

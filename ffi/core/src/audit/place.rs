//! A place between two groups of a log, to come back to without reading what is before it.
use crate::audit::error::AuditError;
use crate::audit::format::{hash_at, segment_path, Hash, Seal, HASH_BYTES, SEAL_BYTES};
use crate::audit::group::Head;
use crate::audit::log::AuditLog;
use crate::audit::reader::open_segment;
use crate::audit::sink::Target;
use crate::audit::window::Window;
use crate::layout::durability;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Where a group ends and the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Segment, and byte offset in it.
    pub segment: u64,
    pub offset: u64,
    /// Records before it.
    pub records: u64,
    /// Chain head before it.
    pub chain: Hash,
}

impl AuditLog {
    /// Seals what was gathered and hands it to the file, as durable as the log makes it, and says where that ends; `None`
    /// for a log without a directory.
    ///
    /// # Errors
    /// As for [`AuditLog::commit`].
    pub fn place(&mut self) -> Result<Option<Place>, AuditError> {
        self.check_open()?;
        if self.durability == durability::MEMORY {
            self.write_out()?;
        } else {
            self.commit()?;
        }
        let sink = self.shared.sink();
        Ok(match &sink.target {
            Target::Memory { .. } => None,
            Target::Files(files) => Some(Place {
                segment: files.number,
                offset: self.current_bytes,
                records: sink.head.size,
                chain: sink.head.chain,
            }),
        })
    }
}

/// Opens a segment with the cursor on `place`, if the log has what `place` says right before it.
///
/// # Errors
/// As for opening a segment.
pub(super) fn open_place(dir: &Path, place: &Place) -> Result<Option<Window<File>>, AuditError> {
    let path = segment_path(dir, place.segment);
    let (header, _) = open_segment(dir, place.segment)?;
    let behind = |source| AuditError::io("read", &path, source);
    let head = Head {
        size: place.records,
        chain: place.chain,
    };
    let mut file = File::open(&path).map_err(behind)?;
    let stands = if place.offset == header.size() as u64 {
        header.head() == head
    } else {
        ends_at(&mut file, place.offset, &head).map_err(behind)?
    };
    if !stands {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(place.offset)).map_err(behind)?;
    Ok(Some(Window::at(file, place.offset)))
}

/// Whether the seal that ends at `offset` is the one behind which `head` holds.
fn ends_at(file: &mut File, offset: u64, head: &Head) -> io::Result<bool> {
    let Some(begins) = offset.checked_sub(SEAL_BYTES as u64) else {
        return Ok(false);
    };
    if file.metadata()?.len() < offset {
        return Ok(false);
    }
    file.seek(SeekFrom::Start(begins))?;
    let mut bytes = [0; SEAL_BYTES];
    file.read_exact(&mut bytes)?;
    let size = Seal::read(&bytes).map(|seal| seal.size);
    Ok(size == Some(head.size) && hash_at(&bytes, SEAL_BYTES - HASH_BYTES) == head.chain)
}

//! Opening a log where it ended, and repairing by rule what a crash leaves at the end.
use crate::audit::diagnose::{diagnose, Place};
use crate::audit::error::AuditError;
use crate::audit::files::{self, create_segment};
use crate::audit::format::{
    hash_at, segment_path, HeaderFault, Seal, SegmentHeader, HASH_BYTES, SEAL_BYTES,
    SEGMENT_HEADER_BYTES,
};
use crate::audit::group::{Found, Groups, Head};
use crate::audit::log::{AuditLog, End};
use crate::audit::mend;
use crate::audit::sink::Files;
use crate::audit::verify::{damage, Directory};
use crate::audit::window::Window;
use crate::layout::{durability, AuditVerdict, LAYOUT_HASH};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Smallest segment size that can be asked for, in bytes.
pub const MIN_SEGMENT_BYTES: u64 = 256;

/// The unfinished group that was cut off the end of a log. None of its records was ever acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Segment it was in.
    pub segment: u64,
    /// Where in the segment it began, behind the last seal; the segment now ends here.
    pub offset: u64,
    /// How many bytes were cut off.
    pub bytes: u64,
    /// Where those bytes are kept.
    pub kept: PathBuf,
}

impl AuditLog {
    /// As [`AuditLog::open`]; a segment begun now bears `created_ns` as its time of creation.
    ///
    /// # Errors
    /// As for [`AuditLog::open`].
    pub fn open_at(
        dir: &Path,
        durability: u32,
        segment_bytes: u64,
        created_ns: i64,
    ) -> Result<Self, AuditError> {
        if !durability::is_known(durability) {
            return Err(AuditError::BadArgument(
                "the durability must be 0 (memory), 1 (batch) or 2 (fsync)",
            ));
        }
        if segment_bytes < MIN_SEGMENT_BYTES {
            return Err(AuditError::BadArgument(
                "an audit segment must be allowed at least 256 bytes",
            ));
        }
        files::create_dir(dir)?;
        let lock = files::lock(dir)?;
        let read = |source| AuditError::io("read the audit log in", dir, source);
        files::remove_unnamed(dir).map_err(read)?;
        let numbers = files::segments(dir).map_err(read)?;
        let Some(&last) = numbers.last() else {
            let mut end = End::empty();
            let tiling = mend::begun(dir).settled();
            (end.folding, end.tiles) = (tiling.folding, tiling.files);
            let (file, path) = create_segment(dir, &end.header(created_ns))
                .map_err(|source| AuditError::io("begin the audit log in", dir, source))?;
            let files = Files {
                dir: dir.to_path_buf(),
                path,
                file,
                number: 0,
                lock: Some(lock),
            };
            return Ok(Self::on_files(end, files, durability, segment_bytes, None));
        };
        if let Some(absent) = (0..last)
            .zip(&numbers)
            .find_map(|(want, have)| (want != *have).then_some(want))
        {
            let verdict = AuditVerdict {
                damage: damage::SEGMENT_MISSING,
                bad_segment: absent,
                ..Default::default()
            };
            return Err(AuditError::corrupt(dir, verdict));
        }
        let (header, mut end, repair) = check_last(dir, last)?;
        for number in 0..last {
            end.earlier_bytes += fs::metadata(segment_path(dir, number)).map_err(read)?.len();
        }
        let path = segment_path(dir, last);
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|source| AuditError::io("append to", &path, source))?;
        let files = Files {
            dir: dir.to_path_buf(),
            path,
            file,
            number: last,
            lock: Some(lock),
        };
        let mut log = Self::on_files(end, files, durability, segment_bytes, repair);
        if header.layout_hash != LAYOUT_HASH {
            // Payloads of one segment follow one layout.
            log.rotate(created_ns)?;
        }
        Ok(log)
    }
}

/// Walks the last segment to its end, cutting off an unfinished last group.
fn check_last(dir: &Path, number: u64) -> Result<(SegmentHeader, End, Option<Repair>), AuditError> {
    let path = segment_path(dir, number);
    let read = |source| AuditError::io("read", &path, source);
    let corrupt = |damage: u32, index: u64, offset: u64| {
        let verdict = AuditVerdict {
            damage,
            records: index,
            bad_index: index,
            bad_segment: number,
            bad_offset: offset,
            ..Default::default()
        };
        Err(AuditError::corrupt(dir, verdict))
    };
    let mut window = Window::new(File::open(&path).map_err(read)?);
    let header = match window.header().map_err(read)? {
        Ok(header) => header,
        Err(HeaderFault::OtherFormat) => return corrupt(damage::OTHER_FORMAT, 0, 0),
        Err(HeaderFault::Unreadable) => return corrupt(damage::UNREADABLE_HEADER, 0, 0),
    };
    if header.number != number {
        return corrupt(damage::REORDERED, header.first_index(), 0);
    }
    let follows = if number == 0 {
        Head::genesis() == header.head()
    } else {
        ends_with(&segment_path(dir, number - 1), &header.head()).map_err(read)?
    };
    if !follows {
        return corrupt(damage::MISSING, header.first_index(), 0);
    }
    let (mut head, mut tiling) = (header.head(), mend::resumed(dir, &header));
    let mut groups = Groups::default();
    let repair = loop {
        match groups.next(&mut window, &mut head).map_err(read)? {
            Found::Group(size) => {
                tiling.extend(&groups.leaves);
                window.advance(size);
            }
            Found::End => break None,
            Found::Stop(stop) => {
                let place = Place {
                    segment: number,
                    offset: window.offset(),
                    head: &head,
                    stop: &stop,
                    last: true,
                };
                let found = diagnose(&Directory(dir), &place).map_err(read)?;
                if found.damage != damage::TORN_TAIL {
                    return corrupt(found.damage, found.index, found.offset);
                }
                let cut = |source| AuditError::io("cut the unfinished group off", &path, source);
                break Some(cut_off(dir, number, found.offset).map_err(cut)?);
            }
        }
    };
    let tiling = tiling.settled();
    let end = End {
        head,
        folding: tiling.folding,
        tiles: tiling.files,
        segment_first: header.first_index(),
        earlier_bytes: 0,
        current_bytes: window.offset(),
    };
    Ok((header, end, repair))
}

/// Whether the segment at `path` ends where `head` says the next one begins: in that chain head, and in a seal of that size
/// when it holds any group.
fn ends_with(path: &Path, head: &Head) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length < SEGMENT_HEADER_BYTES as u64 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-(SEAL_BYTES as i64)))?;
    let mut bytes = [0; SEAL_BYTES];
    file.read_exact(&mut bytes)?;
    let chain = hash_at(&bytes, SEAL_BYTES - HASH_BYTES) == head.chain;
    let size = Seal::read(&bytes).is_none_or(|seal| seal.size == head.size);
    Ok(chain && size)
}

/// Puts the bytes from `offset` on aside, then ends the segment there.
fn cut_off(dir: &Path, number: u64, offset: u64) -> io::Result<Repair> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(segment_path(dir, number))?;
    let bytes = file.metadata()?.len() - offset;
    let kept = dir.join(format!("torn-{number:010}-{offset}.bin"));
    let mut copy = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&kept)?;
    file.seek(SeekFrom::Start(offset))?;
    io::copy(&mut file, &mut copy)?;
    copy.flush()?;
    copy.sync_all()?;
    file.set_len(offset)?;
    file.sync_all()?;
    files::sync_dir(dir)?;
    Ok(Repair {
        segment: number,
        offset,
        bytes,
        kept,
    })
}

//! Opening a log where it ended, and repairing by rule what a crash leaves at the end.
use crate::audit::diagnose::{diagnose, Rest};
use crate::audit::error::AuditError;
use crate::audit::files::{self, create_segment};
use crate::audit::format::{
    genesis, hash_at, segment_path, Hash, SegmentHeader, HASH_BYTES, SEGMENT_HEADER_BYTES,
};
use crate::audit::log::{AuditLog, End, Files};
use crate::audit::verify::{damage, Directory};
use crate::audit::window::{Step, Window};
use crate::layout::{durability, AuditVerdict, LAYOUT_HASH};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Smallest segment size that can be asked for, in bytes.
pub const MIN_SEGMENT_BYTES: u64 = 256;

/// The unfinished record that was cut off the end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Segment it was in.
    pub segment: u64,
    /// Where in the segment it began; the segment now ends here.
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
            let header = SegmentHeader::new(0, 0, created_ns, genesis());
            let (file, path) = create_segment(dir, &header)
                .map_err(|source| AuditError::io("begin the audit log in", dir, source))?;
            let files = Files {
                dir: dir.to_path_buf(),
                path,
                file,
                number: 0,
                lock: Some(lock),
            };
            let end = End {
                records: 0,
                head: genesis(),
                earlier_bytes: 0,
                current_bytes: SEGMENT_HEADER_BYTES as u64,
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

/// Walks the last segment to its end, cutting off an unfinished last record.
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
    let Some(header) = SegmentHeader::decode(window.see(SEGMENT_HEADER_BYTES).map_err(read)?)
    else {
        return corrupt(damage::UNREADABLE_HEADER, 0, 0);
    };
    let before = if number == 0 {
        genesis()
    } else {
        last_hash(&segment_path(dir, number - 1)).map_err(read)?
    };
    if header.number != number {
        return corrupt(damage::REORDERED, header.first_index, 0);
    }
    if header.previous != before || (number == 0 && header.first_index != 0) {
        return corrupt(damage::MISSING, header.first_index, 0);
    }
    window.advance(SEGMENT_HEADER_BYTES);
    let (mut records, mut head) = (header.first_index, header.previous);
    let repair = loop {
        match window.step(records, &head).map_err(read)? {
            Step::Good(_, size) => {
                head = window.hash_of(size);
                window.advance(size);
                records += 1;
            }
            Step::End => break None,
            Step::Short | Step::Bad => {
                let place = Rest {
                    segment: number,
                    offset: window.offset(),
                    index: records,
                    head: &head,
                    last: true,
                };
                match diagnose(&Directory(dir), &place).map_err(read)? {
                    damage::TORN_TAIL => {
                        let cut =
                            |source| AuditError::io("cut the unfinished record off", &path, source);
                        break Some(cut_off(dir, number, window.offset()).map_err(cut)?);
                    }
                    other => return corrupt(other, records, window.offset()),
                }
            }
        }
    };
    let end = End {
        records,
        head,
        earlier_bytes: 0,
        current_bytes: window.offset(),
    };
    Ok((header, end, repair))
}

/// The last 32 bytes of a segment: its chain head.
fn last_hash(path: &Path) -> io::Result<Hash> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    if length < SEGMENT_HEADER_BYTES as u64 {
        // Shorter than a header: no hash can match what the next segment says.
        return Ok([0; HASH_BYTES]);
    }
    file.seek(SeekFrom::End(-(HASH_BYTES as i64)))?;
    let mut bytes = [0; HASH_BYTES];
    file.read_exact(&mut bytes)?;
    Ok(hash_at(&bytes, 0))
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

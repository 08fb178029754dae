//! Exports of the audit log and its reader.
use super::buffer::{put, take, take_text};
use super::handles::{Object, Table, AUDIT, READER};
use super::number::{count, nanos};
use super::status::{guarded, Failure, Outcome};
use crate::audit::{mend_tiles, verify, verify_against, AuditLog, LogTree, Proof, Reader, Roots};
use crate::gate::Journal;
use crate::layout::{code, AuditHeader, AuditVerdict};
use crate::record::{bytes_of, Record};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// `producer` of the records the gate appends.
pub const GATE_PRODUCER: u32 = 1;

/// An audit log behind a handle.
pub struct Audit {
    pub(super) log: AuditLog,
    payload: Vec<u8>,
    /// Set while the gate appends: still set after that, it was a panic that ended the append.
    appending: bool,
}

impl Object for Audit {
    fn is_sound(&self) -> bool {
        !self.appending
    }
}

impl Journal for Audit {
    fn next_index(&self) -> u64 {
        self.log.next_index()
    }

    #[inline]
    fn append(
        &mut self,
        record_type: u16,
        version: u16,
        time: i64,
        cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32> {
        self.appending = true;
        let index = self
            .log
            .append(record_type, version, GATE_PRODUCER, time, cause, parts);
        self.appending = false;
        index.map_err(|error| error.code())
    }

    #[inline]
    fn append_all<T: Record>(
        &mut self,
        record_type: u16,
        version: u16,
        payloads: &[T],
        about: impl Fn(&T) -> (i64, u64),
    ) -> Result<(), usize> {
        self.appending = true;
        let appended = self
            .log
            .append_all(record_type, version, GATE_PRODUCER, payloads, about);
        self.appending = false;
        appended.map_err(|(kept, _)| kept)
    }

    fn commit(&mut self) -> Result<(), u32> {
        self.appending = true;
        let done = self.log.commit();
        self.appending = false;
        done.map_err(|error| error.code())
    }
}

pub static AUDITS: Table<Audit> = Table::new(AUDIT);
pub static READERS: Table<ReaderInUse> = Table::new(READER);
/// Bytes the verification under way has covered.
static VERIFIED: AtomicU64 = AtomicU64::new(0);

fn insert(log: AuditLog) -> Outcome {
    AUDITS.insert(Audit {
        log,
        payload: Vec::new(),
        appending: false,
    })
}

/// Opens or creates the log in a directory. `durability` and codes as in the layout.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_open(
    directory: *const u8,
    directory_length: u32,
    durability: u32,
    segment_bytes: f64,
) -> i64 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        let segment_bytes = count(segment_bytes, "segment size")?;
        insert(AuditLog::open(
            Path::new(&directory),
            durability,
            segment_bytes,
        )?)
    })
}

/// Makes a log that lives in memory.
#[no_mangle]
pub extern "C" fn cwts_audit_memory() -> i64 {
    guarded(|| insert(AuditLog::memory()))
}

/// Appends one record and returns its index.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_append(
    handle: u64,
    record_type: u32,
    version: u32,
    producer: u32,
    time: f64,
    cause: f64,
    payload: *const u8,
    payload_length: u32,
) -> f64 {
    let status = AUDITS.call(handle, |audit| {
        let small = |value: u32, what: &str| {
            u16::try_from(value)
                .map_err(|_| Failure::argument(format!("{what} {value} is not below 65536")))
        };
        let record_type = small(record_type, "record type")?;
        let version = small(version, "version")?;
        let (time, cause) = (nanos(time)?, count(cause, "cause")?);
        // SAFETY: as promised by the caller.
        unsafe { take(payload, payload_length, &mut audit.payload) }?;
        let parts = [audit.payload.as_slice()];
        let index = audit
            .log
            .append(record_type, version, producer, time, cause, &parts)?;
        Ok(index as i64)
    });
    status as f64
}

/// Makes everything appended as durable as the log was opened to make it.
#[no_mangle]
pub extern "C" fn cwts_audit_commit(handle: u64) -> i32 {
    AUDITS.call(handle, |audit| Ok(audit.log.commit().map(|()| 0)?)) as i32
}

/// Writes an `AuditHead` and the chain head (96 bytes). Records that no commit has closed are sealed, not synced.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_head(handle: u64, out: *mut u8, length: u32) -> i32 {
    AUDITS.call(handle, |audit| {
        let head = audit.log.head();
        let bytes = [bytes_of(&head), audit.log.chain().as_slice()].concat();
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, &bytes) }.map(|()| 0)
    }) as i32
}

/// Records appended since the log began; seals nothing.
#[no_mangle]
pub extern "C" fn cwts_audit_records(handle: u64) -> f64 {
    AUDITS.call(handle, |audit| Ok(audit.log.next_index() as i64)) as f64
}

/// 1 when a write or sync failed, after which nothing is recorded any more; else 0.
#[no_mangle]
pub extern "C" fn cwts_audit_failed(handle: u64) -> i32 {
    AUDITS.call(handle, |audit| Ok(i64::from(audit.log.failed()))) as i32
}

/// Byte offset in its segment from which on an unfinished last group was cut off when the log was opened; −1 when
/// nothing was.
#[no_mangle]
pub extern "C" fn cwts_audit_repaired(handle: u64) -> f64 {
    AUDITS.call(handle, |audit| {
        let repair = audit.log.repair();
        Ok(repair.map_or(super::NONE, |repair| repair.offset as i64))
    }) as f64
}

/// Verifies a log in memory and writes what `cwts_audit_verify` does; returns 1, or 0 when the log is on disk or
/// has outgrown what it keeps.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_verify_memory(handle: u64, out: *mut u8, length: u32) -> i32 {
    AUDITS.call(handle, |audit| match audit.log.verify_retained(None) {
        // SAFETY: as promised by the caller.
        Some((verdict, roots)) => unsafe { put_verdict(out, length, &verdict, &roots) }.map(|()| 1),
        None => Ok(0),
    }) as i32
}

/// Writes what is left and gives the directory free. The handle is gone whatever the answer. A failure that an earlier
/// call has reported is not reported again.
#[no_mangle]
pub extern "C" fn cwts_audit_close(handle: u64) -> i32 {
    AUDITS.close(handle, |mut audit| {
        let known = audit.log.failed();
        match audit.log.close() {
            Err(error) if !known => Err(error.into()),
            _ => Ok(0),
        }
    }) as i32
}

unsafe fn put_verdict(
    out: *mut u8,
    length: u32,
    verdict: &AuditVerdict,
    roots: &Roots,
) -> Result<(), Failure> {
    let bytes = [
        bytes_of(verdict),
        roots.root.as_slice(),
        roots.chain.as_slice(),
        &roots.tiles.to_le_bytes(),
        &roots.missing_tiles.to_le_bytes(),
    ]
    .concat();
    // SAFETY: as promised by the caller.
    unsafe { put(out, length, &bytes) }
}

/// Verifies the log in a directory and its tiles, and writes an `AuditVerdict`, root, chain head, and the numbers of tiles
/// that are good and that are missing (144 bytes). Takes no handle and no lock, so another thread may call it.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_verify(
    directory: *const u8,
    directory_length: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        VERIFIED.store(0, Ordering::Relaxed);
        let (verdict, roots) = verify(Path::new(&directory), Some(&VERIFIED));
        // SAFETY: as promised by the caller.
        unsafe { put_verdict(out, length, &verdict, &roots) }.map(|()| 0)
    }) as i32
}

/// As `cwts_audit_verify`, against a record count and a 32-byte root taken earlier.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_verify_against(
    directory: *const u8,
    directory_length: u32,
    records: f64,
    root: *const u8,
    root_length: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    guarded(|| {
        let mut expected = Vec::new();
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        // SAFETY: as promised by the caller.
        unsafe { take(root, root_length, &mut expected) }?;
        let expected = expected
            .try_into()
            .map_err(|_| Failure::argument("a root is 32 bytes"))?;
        let records = count(records, "record count")?;
        let (verdict, roots) = verify_against(Path::new(&directory), records, &expected);
        // SAFETY: as promised by the caller.
        unsafe { put_verdict(out, length, &verdict, &roots) }.map(|()| 0)
    }) as i32
}

/// Proves that record `index` is in the log of its first `size` records, or of all of them when `size` is 0. Writes that
/// size as 8 bytes, its root, the record's leaf and the path, 32 bytes each, lowest first, and returns the length of the
/// path. 2120 bytes are always enough.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_prove(
    directory: *const u8,
    directory_length: u32,
    index: f64,
    size: f64,
    out: *mut u8,
    length: u32,
) -> i32 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        let (index, size) = (count(index, "record index")?, count(size, "size")?);
        let mut log = LogTree::open(Path::new(&directory))?;
        let size = if size == 0 { log.size() } else { size };
        let proof = log.prove(index, size)?;
        // SAFETY: as promised by the caller.
        unsafe { put_proof(out, length, &proof) }
    }) as i32
}

/// Proves that the log of the first `earlier` records is the beginning of that of the first `later`, or of all records
/// when `later` is 0. Writes and returns what `cwts_audit_prove` does, with the root of the earlier log for the leaf.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_prove_beginning(
    directory: *const u8,
    directory_length: u32,
    earlier: f64,
    later: f64,
    out: *mut u8,
    length: u32,
) -> i32 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        let (earlier, later) = (count(earlier, "size")?, count(later, "size")?);
        let mut log = LogTree::open(Path::new(&directory))?;
        let later = if later == 0 { log.size() } else { later };
        let proof = log.prove_beginning(earlier, later)?;
        // SAFETY: as promised by the caller.
        unsafe { put_proof(out, length, &proof) }
    }) as i32
}

unsafe fn put_proof(out: *mut u8, length: u32, proof: &Proof) -> Outcome {
    let mut bytes = proof.size.to_le_bytes().to_vec();
    bytes.extend_from_slice(&proof.root);
    bytes.extend_from_slice(&proof.from);
    bytes.extend_from_slice(proof.path.as_flattened());
    // SAFETY: as promised by the caller.
    unsafe { put(out, length, &bytes) }?;
    Ok(proof.path.len() as i64)
}

/// Writes the tiles of the log in a directory that are absent or wrong, and returns how many those were. Reads the whole
/// log. Nobody may be writing it.
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_mend_tiles(directory: *const u8, directory_length: u32) -> f64 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        Ok(mend_tiles(Path::new(&directory))? as i64)
    }) as f64
}

/// Bytes that the last verification begun has covered so far.
#[no_mangle]
pub extern "C" fn cwts_audit_verify_progress() -> f64 {
    VERIFIED.load(Ordering::Relaxed) as f64
}

/// A reader and the record it has read but not handed over yet.
pub struct ReaderInUse {
    reader: Reader,
    header: AuditHeader,
    payload: Vec<u8>,
    waiting: bool,
}

impl Object for ReaderInUse {}

/// Begins to read the log in a directory at record `from`.
#[no_mangle]
pub unsafe extern "C" fn cwts_reader_open(
    directory: *const u8,
    directory_length: u32,
    from: f64,
) -> i64 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        let reader = Reader::open(Path::new(&directory), count(from, "record index")?)?;
        READERS.insert(ReaderInUse {
            reader,
            header: AuditHeader::default(),
            payload: Vec::new(),
            waiting: false,
        })
    })
}

/// Writes the next record and returns 1, or 0 when there is none yet. When the payload does not fit, writes the header
/// alone, which says how long it is, and keeps the record for the next call.
#[no_mangle]
pub unsafe extern "C" fn cwts_reader_next(
    handle: u64,
    header: *mut u8,
    header_length: u32,
    payload: *mut u8,
    payload_length: u32,
) -> i32 {
    READERS.call(handle, |this| {
        if !this.waiting && !this.reader.next(&mut this.header, &mut this.payload)? {
            return Ok(0);
        }
        this.waiting = true;
        // SAFETY: as promised by the caller.
        unsafe { put(header, header_length, bytes_of(&this.header)) }?;
        if this.payload.len() > payload_length as usize {
            return Err(code::BUFFER_TOO_SMALL.into());
        }
        // SAFETY: as promised by the caller.
        unsafe { put(payload, payload_length, &this.payload) }?;
        this.waiting = false;
        Ok(1)
    }) as i32
}

/// Closes a reader.
#[no_mangle]
pub extern "C" fn cwts_reader_close(handle: u64) -> i32 {
    READERS.close(handle, |_| Ok(0)) as i32
}

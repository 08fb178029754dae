//! Exports of recovery: a gate and an engine from their log, and snapshots of both.
use super::audit::AUDITS;
use super::buffer::{put, take_text};
use super::engine::{EngineInUse, ENGINES};
use super::gate::GATES;
use super::handles::{InUse, Object, Table, SNAPSHOTS};
use super::number::{count, nanos};
use super::status::{guarded, Failure};
use super::{put_text, NONE};
use crate::gate::{MOST_ROOM, USUAL_ROOM};
use crate::layout::{code, Recovered};
use crate::record::bytes_of;
use crate::recovery::{judge, recover, RecoveryError, Snapshots, Written};
use std::path::Path;

/// `engine` when there is none.
const NO_ENGINE: u64 = 0;
/// A `Recovered`, state hash of the gate, chain head, state hash of the books.
const ANSWER: usize = size_of::<Recovered>() + 32 + 32 + 8;

/// Snapshots behind a handle.
pub struct SnapshotsInUse(Snapshots);

impl Object for SnapshotsInUse {}

pub static ALL_SNAPSHOTS: Table<SnapshotsInUse> = Table::new(SNAPSHOTS);

impl From<RecoveryError> for Failure {
    fn from(error: RecoveryError) -> Self {
        Self {
            code: error.code(),
            sentence: error.to_string(),
        }
    }
}

fn engine_of(handle: u64) -> Result<Option<InUse<EngineInUse>>, Failure> {
    (handle != NO_ENGINE)
        .then(|| ENGINES.lock(handle))
        .transpose()
}

/// Brings a fresh gate, and a fresh engine (0: none), to where the log in a directory ends. With `snapshots` 1 the latest
/// snapshot that can be used stands for the beginning, with 0 the whole log is read. Writes a `Recovered`, the state hash of
/// the gate, the chain head and the state hash of the books (136 bytes), then why newer snapshots were passed over, one
/// line each, cut to what fits, and returns how many bytes those are. A log that a crash has left is opened first.
#[no_mangle]
pub unsafe extern "C" fn cwts_gate_recover(
    gate: u64,
    engine: u64,
    directory: *const u8,
    directory_length: u32,
    snapshots: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    GATES.call(gate, |this| {
        let Some(room) = (length as usize).checked_sub(ANSWER) else {
            return Err(code::BUFFER_TOO_SMALL.into());
        };
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        let mut engine = engine_of(engine)?;
        let books = engine.as_mut().map(|engine| &mut engine.engine);
        let found = recover(Path::new(&directory), snapshots != 0, &mut this.gate, books)?;
        let hash = engine.map_or(0, |engine| engine.engine.state_hash());
        let bytes = [
            bytes_of(&found.counts),
            this.gate.state_hash().as_slice(),
            found.chain.as_slice(),
            &hash.to_be_bytes(),
        ]
        .concat();
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, &bytes) }?;
        // SAFETY: `ANSWER` bytes into a buffer that is at least as long.
        let behind = unsafe { out.add(ANSWER) };
        // SAFETY: what is left of the caller's buffer.
        let text = unsafe { put_text(behind, room as u32, &found.refused.join("\n")) };
        Ok(i64::from(text))
    }) as i32
}

/// Makes every decision again of the log in a directory before record `to`, in a gate of `pairs` pairs (0: the usual), and
/// writes a `Judgement`; where it says so, the first verdict that is another now follows, as recorded and as made again
/// (two `GateDecision`s).
#[no_mangle]
pub unsafe extern "C" fn cwts_audit_judge(
    directory: *const u8,
    directory_length: u32,
    to: f64,
    pairs: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        let room = if pairs == 0 {
            USUAL_ROOM
        } else {
            pairs as usize
        };
        let to = count(to, "to")?;
        let found = judge(Path::new(&directory), to, room.min(MOST_ROOM))?;
        let mut bytes = bytes_of(&found.counts).to_vec();
        if let Some(first) = &found.first {
            bytes.extend_from_slice(bytes_of(&first.recorded));
            bytes.extend_from_slice(bytes_of(&first.again));
        }
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, &bytes) }?;
        Ok(0)
    }) as i32
}

/// Snapshots beside the log in a directory, of which the latest `keep` stay, at least one.
#[no_mangle]
pub unsafe extern "C" fn cwts_snapshots_open(
    directory: *const u8,
    directory_length: u32,
    keep: u32,
) -> i64 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        let snapshots = Snapshots::beside(Path::new(&directory), keep as usize);
        ALL_SNAPSHOTS.insert(SnapshotsInUse(snapshots))
    })
}

/// Takes a snapshot of a gate and of an engine (0: none), writes it behind the caller's back and returns for how many records
/// of the gate's log it stands; −1 when it cannot be now: the one before is still being written, reports wait in the
/// engine, the gate is shut or its log has no directory. A failure to write the one before is told here.
#[no_mangle]
pub extern "C" fn cwts_snapshots_take(handle: u64, gate: u64, engine: u64, time: f64) -> f64 {
    ALL_SNAPSHOTS.call(handle, |this| {
        let time = nanos(time)?;
        let gate = GATES.lock(gate)?;
        let engine = engine_of(engine)?;
        if engine.as_ref().is_some_and(|engine| engine.waiting() > 0) {
            return Ok(NONE);
        }
        let books = engine.as_ref().map(|engine| &engine.engine);
        let mut audit = AUDITS.lock(gate.audit)?;
        match this.0.take(&mut audit.log, &gate.gate, books, time)? {
            Written::Begun(records) => Ok(records as i64),
            Written::Busy | Written::Impossible => Ok(NONE),
        }
    }) as f64
}

/// Waits for the snapshot that is being written, and returns for how many records the latest stands, 0 before the first.
#[no_mangle]
pub extern "C" fn cwts_snapshots_wait(handle: u64) -> f64 {
    ALL_SNAPSHOTS.call(handle, |this| Ok(this.0.wait()? as i64)) as f64
}

/// Waits for the snapshot that is being written, and closes.
#[no_mangle]
pub extern "C" fn cwts_snapshots_close(handle: u64) -> i32 {
    ALL_SNAPSHOTS.close(handle, |mut this| Ok(this.0.wait().map(|_| 0)?)) as i32
}

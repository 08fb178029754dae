//! What kind of damage lies where the reading of a log stopped, and where it begins.
//!
//! Runs only once damage is found, so it reads whatever it needs. It answers the question with the most at stake first:
//! whether the end of the log is merely unfinished. "Unfinished" makes `open` cut bytes off, so it is claimed only when
//! nothing but a write that stopped explains what is there.
use crate::audit::format::{
    hash_at, read_header, record_bytes, Seal, HASH_BYTES, HEADER_BYTES, RECORD_MAGIC, SEAL_BYTES,
    SEAL_MAGIC,
};
use crate::audit::group::{Head, Stop};
use crate::audit::sha::{hash_one, LEAF};
use crate::audit::verify::{damage, Segments};
use crate::layout::AuditHeader;
use crate::record::bytes_of;
use std::io::{self, Read};
use std::mem::offset_of;

/// Where the reading stopped.
pub struct Place<'a> {
    pub segment: u64,
    /// Where the group begins, from the beginning of the segment.
    pub offset: u64,
    /// What was known before the group.
    pub head: &'a Head,
    pub stop: &'a Stop,
    /// Whether no segment follows.
    pub last: bool,
}

/// What is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// One of [`damage`], never `NONE`.
    pub damage: u32,
    /// Records before the bad place.
    pub index: u64,
    /// From the beginning of the segment.
    pub offset: u64,
}

/// An honest hash does not end in so many zero bytes; one that was not written to its end does, since frames begin and
/// disks stop at multiples of 8.
const UNWRITTEN: usize = 8;

/// What is wrong at `place`.
pub fn diagnose(log: &impl Segments, place: &Place<'_>) -> io::Result<Finding> {
    let bytes = read_from(log, place.segment, place.offset)?;
    // While a node writes, the bytes may have become fewer or others since.
    let rest = bytes.get(place.stop.at..).unwrap_or_default();
    if place.last && place.is_unfinished(rest) {
        return Ok(place.finding(damage::TORN_TAIL, 0));
    }
    let here = |damage| Ok(place.finding(damage, place.stop.records.len()));
    if let Some(seal) = Seal::read(rest) {
        return diagnose_seal(log, place, rest, seal);
    }
    let header = read_header(rest);
    let index = place.index();
    if let Some(header) = header.filter(|header| header.index != index) {
        return if is_record(rest, &AuditHeader { index, ..header }) {
            // In its place and whole but for its number.
            here(damage::CHANGED)
        } else if header.index < index || record_stands_later(log, place, rest)? {
            here(damage::REORDERED)
        } else {
            here(damage::MISSING)
        };
    }
    let cut_short = match header {
        Some(header) => rest.len() < record_bytes(header.length as usize),
        None => rest.len() < HEADER_BYTES || (begins_seal(rest) && rest.len() < SEAL_BYTES),
    };
    here(
        if cut_short && !place.last && !has_later_frame(rest, index) {
            // The end of a segment that another one follows was cut off.
            damage::MISSING
        } else if header.is_some() {
            damage::CHANGED
        } else {
            damage::UNREADABLE_HEADER
        },
    )
}

/// What is wrong where `seal` stands at the front of `rest`.
fn diagnose_seal(
    log: &impl Segments,
    place: &Place<'_>,
    rest: &[u8],
    seal: Seal,
) -> io::Result<Finding> {
    let (records, first, index) = (place.stop.records.len(), place.first(), place.index());
    let here = |damage| Ok(place.finding(damage, records));
    let in_place = Seal {
        records: records as u32,
        size: index,
        ..seal
    };
    let chain = hash_at(rest, SEAL_BYTES - HASH_BYTES);
    let own =
        |seal: &Seal| hash_at(&seal.encode(&place.head.chain), SEAL_BYTES - HASH_BYTES) == chain;
    if seal == in_place {
        // The seal is what was written: then the records are not, though each fits its own leaf.
        return Ok(place.finding(damage::CHANGED, if own(&seal) { 0 } else { records }));
    }
    if records > 0 && own(&in_place) {
        // In its place and whole but for its numbers.
        return here(damage::CHANGED);
    }
    if seal.size <= first {
        return here(damage::REORDERED);
    }
    if seal.size < index {
        // It belongs between two records that were passed.
        return Ok(place.finding(damage::REORDERED, (seal.size - first) as usize));
    }
    if seal.size > index {
        return here(if record_stands_later(log, place, rest)? {
            damage::REORDERED
        } else {
            damage::MISSING
        });
    }
    match records.checked_sub(seal.records as usize) {
        // It closes a group that began later than this one, so this one has lost its seal.
        Some(passed) if passed > 0 => {
            let size = first + passed as u64;
            let later = seals(rest).any(|(at, seal)| at > 0 && seal.size == size);
            let damage = if later {
                damage::REORDERED
            } else {
                damage::MISSING
            };
            Ok(place.finding(damage, passed))
        }
        _ => here(damage::CHANGED),
    }
}

impl Place<'_> {
    /// Index of the first record of the group.
    const fn first(&self) -> u64 {
        self.head.size
    }

    /// Index of the record that would come next.
    const fn index(&self) -> u64 {
        self.head.size + self.stop.records.len() as u64
    }

    /// Damage behind so many records of the group.
    fn finding(&self, damage: u32, records: usize) -> Finding {
        let begin = self.stop.records.get(records);
        let at = begin.map_or(self.stop.at, |record| record.start);
        Finding {
            damage,
            index: self.first() + records as u64,
            offset: self.offset + at as u64,
        }
    }

    /// Whether `rest`, the end of the log, is a record or a seal that was being written when writing stopped, or nothing.
    /// Bytes that were never written are absent or zero.
    fn is_unfinished(&self, rest: &[u8]) -> bool {
        let zeros = rest.iter().rev().take_while(|byte| **byte == 0).count();
        let written = rest.len() - zeros;
        let ends_within = |size: usize| written < size && (rest.len() < size || zeros >= UNWRITTEN);
        let record = if written < HEADER_BYTES {
            begins_header(&rest[..written], self.index())
        } else {
            read_header(rest).is_some_and(|header| {
                header.index == self.index() && ends_within(record_bytes(header.length as usize))
            })
        };
        let records = self.stop.records.len();
        let seal = || {
            let seal = self.head.seal(&self.stop.leaves);
            let whole = seal.encode(&self.head.chain);
            ends_within(SEAL_BYTES) && whole.starts_with(&rest[..written])
        };
        (record || (records > 0 && seal())) && !has_later_frame(rest, self.index())
    }
}

/// Whether `written`, fewer bytes than a header, can be the beginning of the header of record `index`.
fn begins_header(written: &[u8], index: u64) -> bool {
    let agrees = |at: usize, field: &[u8]| {
        let end = written.len().min(at + field.len());
        // Of a field that is partly written only the written part counts.
        at >= end || field.starts_with(&written[at..end])
    };
    agrees(offset_of!(AuditHeader, magic), &RECORD_MAGIC.to_le_bytes())
        && agrees(offset_of!(AuditHeader, index), &index.to_le_bytes())
}

fn begins_seal(bytes: &[u8]) -> bool {
    bytes.starts_with(&SEAL_MAGIC.to_le_bytes())
}

/// Whether a later record, or any seal, stands anywhere behind the first byte: then what is before it was finished.
fn has_later_frame(rest: &[u8], index: u64) -> bool {
    headers(rest).any(|(at, header)| at > 0 && header.index > index)
        || seals(rest).any(|(at, _)| at > 0)
}

/// Whether the record that should come next stands further on.
fn record_stands_later(log: &impl Segments, place: &Place<'_>, rest: &[u8]) -> io::Result<bool> {
    let within = |bytes: &[u8]| {
        headers(bytes)
            .any(|(at, header)| header.index == place.index() && is_record(&bytes[at..], &header))
    };
    if within(rest) {
        return Ok(true);
    }
    let later = log.numbers()?;
    for number in later.into_iter().filter(|one| *one > place.segment) {
        if within(&read_from(log, number, 0)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether `bytes` begin with a whole record that has `header` for its header.
fn is_record(bytes: &[u8], header: &AuditHeader) -> bool {
    let size = record_bytes(header.length as usize);
    if bytes.len() < size {
        return false;
    }
    let end = size - HASH_BYTES;
    let mut covered = bytes[..end].to_vec();
    covered[..HEADER_BYTES].copy_from_slice(bytes_of(header));
    hash_one(LEAF, &covered) == hash_at(bytes, end)
}

/// Everything in `bytes` that can be a record header, at any offset.
fn headers(bytes: &[u8]) -> impl Iterator<Item = (usize, AuditHeader)> + '_ {
    places(bytes, RECORD_MAGIC).filter_map(|at| Some((at, read_header(&bytes[at..])?)))
}

/// Everything in `bytes` that can be a seal, at any offset.
fn seals(bytes: &[u8]) -> impl Iterator<Item = (usize, Seal)> + '_ {
    places(bytes, SEAL_MAGIC).filter_map(|at| Some((at, Seal::read(&bytes[at..])?)))
}

fn places(bytes: &[u8], magic: u32) -> impl Iterator<Item = usize> + '_ {
    let magic = magic.to_le_bytes();
    let windows = bytes.windows(magic.len()).enumerate();
    windows.filter_map(move |(at, window)| (*window == magic).then_some(at))
}

fn read_from(log: &impl Segments, number: u64, offset: u64) -> io::Result<Vec<u8>> {
    let mut source = log.open(number)?;
    let skipped = io::copy(&mut source.by_ref().take(offset), &mut io::sink())?;
    let mut bytes = Vec::new();
    if skipped == offset {
        source.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

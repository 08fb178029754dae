//! What kind of damage lies at the first record that does not fit the chain.
//!
//! Runs only once damage is found, so it reads whatever it needs. It answers the question with the most at stake first:
//! whether the end of the log is merely unfinished. "Unfinished" makes `open` cut bytes off, so it is claimed only when
//! nothing but a write that stopped explains what is there.
use crate::audit::format::{
    hash_at, link_to, read_header, record_bytes, Hash, HASH_BYTES, HEADER_BYTES, RECORD_MAGIC,
    SEGMENT_HEADER_BYTES,
};
use crate::audit::verify::{damage, Segments};
use crate::layout::AuditHeader;
use crate::record::bytes_of;
use std::io::{self, Read};
use std::mem::offset_of;

/// The place of the first bad record.
pub struct Rest<'a> {
    pub segment: u64,
    pub offset: u64,
    /// Index the record there should have.
    pub index: u64,
    /// Hash of the record before it.
    pub head: &'a Hash,
    /// Whether no segment follows.
    pub last: bool,
}

/// An honest hash does not end in so many zero bytes; one that was not written to its end does, since records begin and
/// disks stop at multiples of 8.
const UNWRITTEN: usize = 8;

/// The kind of damage at `place`: one of [`damage`], never `NONE`.
pub fn diagnose(log: &impl Segments, place: &Rest<'_>) -> io::Result<u32> {
    let rest = read_from(log, place.segment, place.offset)?;
    if place.last && is_unfinished(&rest, place) {
        return Ok(damage::TORN_TAIL);
    }
    let header = read_header(&rest);
    if let Some(header) = header.filter(|header| header.index != place.index) {
        return if is_record(
            &rest,
            &AuditHeader {
                index: place.index,
                ..header
            },
            place.head,
        ) {
            // In its place and whole but for its number.
            Ok(damage::CHANGED)
        } else if header.index < place.index || stands_later(log, place, &rest)? {
            Ok(damage::REORDERED)
        } else {
            Ok(damage::MISSING)
        };
    }
    let cut_short = match header {
        Some(header) => rest.len() < record_bytes(header.length as usize),
        None => rest.len() < HEADER_BYTES,
    };
    if cut_short
        && !place.last
        && !has_later_header(&rest, place.index)
        && !fits_other_length(&rest, place.head)
    {
        // The end of a segment that another one follows was cut off.
        return Ok(damage::MISSING);
    }
    Ok(if header.is_some() {
        damage::CHANGED
    } else {
        damage::UNREADABLE_HEADER
    })
}

/// Whether `rest`, the end of the log, is a record that was being written when writing stopped. Bytes that were never
/// written are absent or zero.
fn is_unfinished(rest: &[u8], place: &Rest<'_>) -> bool {
    let zeros = rest.iter().rev().take_while(|byte| **byte == 0).count();
    let written = rest.len() - zeros;
    let unfinished = if written < HEADER_BYTES {
        begins_header(&rest[..written], place.index)
    } else {
        read_header(rest).is_some_and(|header| {
            let size = record_bytes(header.length as usize);
            header.index == place.index && (rest.len() < size || written + UNWRITTEN <= size)
        })
    };
    unfinished && !has_later_header(rest, place.index) && !fits_other_length(rest, place.head)
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

/// Whether a header of a later record stands anywhere behind the first byte: then the record before it was finished.
fn has_later_header(rest: &[u8], index: u64) -> bool {
    headers(rest).any(|(at, header)| at > 0 && header.index > index)
}

/// Whether `rest` is one whole record whose length field alone is wrong.
fn fits_other_length(rest: &[u8], head: &Hash) -> bool {
    let Some(mut header) = crate::record::read::<AuditHeader>(rest) else {
        return false;
    };
    let Some(padded) = rest.len().checked_sub(HEADER_BYTES + HASH_BYTES) else {
        return false;
    };
    (padded.saturating_sub(7)..=padded).any(|length| {
        header.length = length as u32;
        record_bytes(length) == rest.len() && is_record(rest, &header, head)
    })
}

/// Whether record `place.index`, linked to `place.head`, stands further on.
fn stands_later(log: &impl Segments, place: &Rest<'_>, rest: &[u8]) -> io::Result<bool> {
    let within = |bytes: &[u8]| {
        headers(bytes).any(|(at, header)| {
            header.index == place.index && is_record(&bytes[at..], &header, place.head)
        })
    };
    if within(rest) {
        return Ok(true);
    }
    for number in log
        .numbers()?
        .into_iter()
        .filter(|number| *number > place.segment)
    {
        if within(&read_from(log, number, SEGMENT_HEADER_BYTES as u64)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether `bytes` begin with a whole record that, with `header` for its header, follows `head`.
fn is_record(bytes: &[u8], header: &AuditHeader, head: &Hash) -> bool {
    let size = record_bytes(header.length as usize);
    if bytes.len() < size {
        return false;
    }
    let end = size - HASH_BYTES;
    let mut covered = bytes[..end].to_vec();
    covered[..HEADER_BYTES].copy_from_slice(bytes_of(header));
    link_to(head, &covered) == hash_at(bytes, end)
}

/// Everything in `bytes` that can be a record header, at any offset.
fn headers(bytes: &[u8]) -> impl Iterator<Item = (usize, AuditHeader)> + '_ {
    let magic = RECORD_MAGIC.to_le_bytes();
    bytes
        .windows(magic.len())
        .enumerate()
        .filter(move |(_, window)| **window == magic)
        .filter_map(|(at, _)| read_header(&bytes[at..]).map(|header| (at, header)))
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

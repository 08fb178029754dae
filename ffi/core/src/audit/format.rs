//! The bytes of an audit log, enough to write a second reader from this page.
//!
//! A log is a directory of segments `audit-0000000000.log`, `audit-0000000001.log`, … All integers are little-endian.
//!
//! A **segment** is a 128-byte header followed by records:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | magic `CWTSAUD1` |
//! | 8 | 4 | format version, 1 |
//! | 12 | 4 | size of this header, 128 |
//! | 16 | 8 | hash of the record layout the payloads follow |
//! | 24 | 8 | segment number, from 0 |
//! | 32 | 8 | index of the first record |
//! | 40 | 8 | time of creation, nanoseconds by the node's clock, 0 when not known |
//! | 48 | 16 | zero |
//! | 64 | 32 | SHA-256 of bytes 0 to 63 and 96 to 127 |
//! | 96 | 32 | chain head before the first record |
//!
//! A **record** is a 48-byte [`AuditHeader`], the payload padded with zeros to a multiple of 8, and a hash:
//!
//! ```text
//! hash = SHA-256(hash before || header || padded payload)
//! ```
//!
//! The hash before lies directly in front of the record: at the end of the record before it or, for the first of a
//! segment, at the end of the segment header. So a hash always covers one unbroken run of bytes of one file. The hash
//! before the very first record is SHA-256 of [`GENESIS`]. The head (root) of a log is the hash of its last record.
use crate::layout::{AuditHeader, LAYOUT_HASH};
use crate::record;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// What the chain begins with; names the format, so that no other chain shares its hashes.
pub const GENESIS: &[u8] = b"CWTS audit log 1: sha256(previous || header48 || payload padded to 8)";

/// `CWAR`, little-endian.
pub const RECORD_MAGIC: u32 = 0x5241_5743;
/// Largest payload of one record, in bytes.
pub const MAX_PAYLOAD: usize = 256 * 1024;
/// Bytes of a record's header.
pub const HEADER_BYTES: usize = size_of::<AuditHeader>();
/// Bytes of a record's hash.
pub const HASH_BYTES: usize = size_of::<Hash>();
/// Bytes of a segment's header.
pub const SEGMENT_HEADER_BYTES: usize = 128;

const SEGMENT_MAGIC: &[u8; 8] = b"CWTSAUD1";
const FORMAT_VERSION: u32 = 1;
const CHECKSUM_AT: usize = 64;
const PREVIOUS_AT: usize = 96;

/// Bytes on disk of a record with a payload of `length` bytes.
#[must_use]
pub const fn record_bytes(length: usize) -> usize {
    HEADER_BYTES + length.next_multiple_of(8) + HASH_BYTES
}

/// The chain head of an empty log.
#[must_use]
pub fn genesis() -> Hash {
    Sha256::digest(GENESIS).into()
}

/// The hash of a record, from the bytes that run from the hash before it to the end of its padded payload.
#[inline]
#[must_use]
pub fn link(covered: &[u8]) -> Hash {
    Sha256::digest(covered).into()
}

/// The hash of a record that does not lie behind the hash it follows.
#[must_use]
pub fn link_to(previous: &Hash, header_and_payload: &[u8]) -> Hash {
    Sha256::new()
        .chain_update(previous)
        .chain_update(header_and_payload)
        .finalize()
        .into()
}

/// The record header at the front of `bytes`, if it can be one.
#[inline]
#[must_use]
pub fn read_header(bytes: &[u8]) -> Option<AuditHeader> {
    let header: AuditHeader = record::read(bytes)?;
    let plausible = header.magic == RECORD_MAGIC
        && header.length as usize <= MAX_PAYLOAD
        && header.reserved == 0;
    plausible.then_some(header)
}

/// The 32 bytes at `at`; the caller knows that they are there.
#[inline]
#[must_use]
pub fn hash_at(bytes: &[u8], at: usize) -> Hash {
    let mut hash = [0; HASH_BYTES];
    hash.copy_from_slice(&bytes[at..at + HASH_BYTES]);
    hash
}

/// The head of a segment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Hash of the record layout the payloads follow.
    pub layout_hash: u64,
    /// Segment number, from 0.
    pub number: u64,
    /// Index of the first record.
    pub first_index: u64,
    /// Nanoseconds by the node's clock, 0 when not known.
    pub created_ns: i64,
    /// Chain head before the first record.
    pub previous: Hash,
}

impl SegmentHeader {
    /// The header of a segment made by this library.
    #[must_use]
    pub const fn new(number: u64, first_index: u64, created_ns: i64, previous: Hash) -> Self {
        Self {
            layout_hash: LAYOUT_HASH,
            number,
            first_index,
            created_ns,
            previous,
        }
    }

    /// As on disk.
    #[must_use]
    pub fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[0..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(SEGMENT_HEADER_BYTES as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&self.layout_hash.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.number.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.first_index.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.created_ns.to_le_bytes());
        bytes[PREVIOUS_AT..].copy_from_slice(&self.previous);
        let checksum = checksum(&bytes);
        bytes[CHECKSUM_AT..PREVIOUS_AT].copy_from_slice(&checksum);
        bytes
    }

    /// `None` when `bytes` are too few or not an undamaged segment header of this format.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SEGMENT_HEADER_BYTES] =
            bytes.get(..SEGMENT_HEADER_BYTES)?.try_into().ok()?;
        if hash_at(bytes, CHECKSUM_AT) != checksum(bytes) {
            return None;
        }
        let word = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).ok();
        let header = Self {
            layout_hash: word(16)?,
            number: word(24)?,
            first_index: word(32)?,
            created_ns: i64::from_le_bytes(word(40)?.to_le_bytes()),
            previous: hash_at(bytes, PREVIOUS_AT),
        };
        // Also refuses another magic, version or size, and reserved bytes that are not zero.
        (header.encode() == *bytes).then_some(header)
    }
}

fn checksum(bytes: &[u8; SEGMENT_HEADER_BYTES]) -> Hash {
    Sha256::new()
        .chain_update(&bytes[..CHECKSUM_AT])
        .chain_update(&bytes[PREVIOUS_AT..])
        .finalize()
        .into()
}

/// Where segment `number` of the log in `dir` lies.
#[must_use]
pub fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("audit-{number:010}.log"))
}

/// The number in a segment's file name; `None` for any other file.
#[must_use]
pub fn segment_number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("audit-")?.strip_suffix(".log")?;
    let number = digits.parse().ok()?;
    (format!("{number:010}") == digits).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> SegmentHeader {
        SegmentHeader::new(3, 17, 42, [9; 32])
    }

    #[test]
    fn a_segment_header_reads_back_as_written() {
        assert_eq!(SegmentHeader::decode(&header().encode()), Some(header()));
    }

    #[test]
    fn every_flipped_bit_of_a_segment_header_is_noticed() {
        for bit in 0..SEGMENT_HEADER_BYTES * 8 {
            let mut bytes = header().encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SegmentHeader::decode(&bytes), None, "bit {bit}");
        }
    }

    #[test]
    fn a_sealed_header_of_another_format_version_is_refused() {
        let mut bytes = header().encode();
        bytes[8] = 2;
        let seal = checksum(&bytes);
        bytes[CHECKSUM_AT..PREVIOUS_AT].copy_from_slice(&seal);
        assert_eq!(SegmentHeader::decode(&bytes), None);
    }

    #[test]
    fn a_segment_is_found_by_its_exact_name_only() {
        let path = segment_path(Path::new("d"), 7);
        assert_eq!(path, Path::new("d/audit-0000000007.log"));
        assert_eq!(segment_number("audit-0000000007.log"), Some(7));
        for other in [
            "audit-7.log",
            "audit-0000000007.log.new",
            "audit-00000000070.log",
            "LOCK",
        ] {
            assert_eq!(segment_number(other), None, "{other}");
        }
    }

    #[test]
    fn sizes_are_as_described() {
        assert_eq!(
            (
                HEADER_BYTES,
                record_bytes(0),
                record_bytes(1),
                record_bytes(128)
            ),
            (48, 80, 88, 208)
        );
    }
}

//! The bytes of an audit log, format 3, enough to write a second reader from this page.
//!
//! A log is a directory of segments `audit-0000000000.log`, `audit-0000000001.log`, … All integers are little-endian.
//!
//! A **segment** is a header followed by groups:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | magic `CWTSAUD3` |
//! | 8 | 4 | format version, 3 |
//! | 12 | 4 | size of this header, 128 + 32 *p* |
//! | 16 | 8 | hash of the record layout the payloads follow |
//! | 24 | 8 | segment number, from 0 |
//! | 32 | 8 | index of the first record |
//! | 40 | 8 | time of creation, nanoseconds by the node's clock, 0 when not known |
//! | 48 | 16 | zero |
//! | 64 | 32 | SHA-256 of bytes 0 to 63 and 96 to the end |
//! | 96 | 32 *p* | the tree before the first record: one perfect subtree for each of the *p* one bits of that index, largest first |
//! | 96 + 32 *p* | 32 | chain head before the first group |
//!
//! A **group** is at least one record and then its seal. What has no seal was never acknowledged.
//!
//! A **record** is a 48-byte [`AuditHeader`], the payload padded with zeros to a multiple of 8, and the hash that is its
//! leaf in the tree of RFC 6962, section 2.1:
//!
//! ```text
//! leaf = SHA-256(0x00 || header || padded payload)
//! ```
//!
//! A **seal** is 96 bytes:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 4 | magic `CWSE` |
//! | 4 | 4 | records in the group |
//! | 8 | 8 | records in the log up to here: the size of the tree |
//! | 16 | 16 | zero |
//! | 32 | 32 | SHA-256(`0x03` \|\| the leaves of the group, in order) |
//! | 64 | 32 | chain head: SHA-256(`0x02` \|\| chain head before \|\| bytes 0 to 63) |
//!
//! The chain head before the first group is SHA-256 of [`GENESIS`]. The last 32 bytes of a segment that is not still being
//! written are the chain head at its end. The root of a log depends on its records alone; the chain also on how they were
//! grouped. Roots stand nowhere but in segment headers, as the tree before their first record: a seal is made without the
//! tree, which is folded when nobody waits.
use crate::audit::group::Head;
use crate::audit::sha::hash_one;
use crate::audit::tree::Tree;
use crate::layout::{AuditHeader, LAYOUT_HASH};
use crate::record;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// What the chain begins with; names the format, so that no other chain shares its hashes.
pub const GENESIS: &[u8] =
    b"CWTS audit log 3: sha256(0x02 || previous || magic, records, size, sha256(0x03 || leaves))";

/// `CWAR`, little-endian.
pub const RECORD_MAGIC: u32 = 0x5241_5743;
/// `CWSE`, little-endian.
pub const SEAL_MAGIC: u32 = 0x4553_5743;
/// Largest payload of one record, in bytes.
pub const MAX_PAYLOAD: usize = 256 * 1024;
/// Bytes of a record's header.
pub const HEADER_BYTES: usize = size_of::<AuditHeader>();
/// Bytes of a record's hash.
pub const HASH_BYTES: usize = size_of::<Hash>();
/// Bytes of a seal.
pub const SEAL_BYTES: usize = 96;
/// Bytes of the header of a segment that begins with the first record; others have peaks of the tree in addition.
pub const SEGMENT_HEADER_BYTES: usize = 128;

const SEGMENT_MAGIC: &[u8; 8] = b"CWTSAUD3";
/// What the magic of every format begins with.
const ANY_MAGIC: &[u8; 7] = b"CWTSAUD";
const FORMAT_VERSION: u32 = 3;
const CHECKSUM_AT: usize = 64;
/// Where a segment header says what came before.
pub const PEAKS_AT: usize = 96;
/// In front of what a chain head covers, so that it can be no leaf and no node.
const LINK: u8 = 2;
/// In front of the leaves that a seal covers.
const GROUP: u8 = 3;

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

/// What a seal says of the leaves of its group.
#[must_use]
pub fn digest(leaves: &[Hash]) -> Hash {
    hash_one(GROUP, leaves.as_flattened())
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

fn word_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

/// What closes a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Records in the group.
    pub records: u32,
    /// Records in the log up to here.
    pub size: u64,
    /// [`digest`] of their leaves.
    pub leaves: Hash,
}

impl Seal {
    /// As on disk, behind a chain whose head is `previous`; the last 32 bytes are the new head.
    #[must_use]
    pub fn encode(&self, previous: &Hash) -> [u8; SEAL_BYTES] {
        let mut bytes = [0; SEAL_BYTES];
        bytes[0..4].copy_from_slice(&SEAL_MAGIC.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.records.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.size.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.leaves);
        let mut covered = [0; 96];
        covered[..32].copy_from_slice(previous);
        covered[32..].copy_from_slice(&bytes[..64]);
        bytes[64..].copy_from_slice(&hash_one(LINK, &covered));
        bytes
    }

    /// The seal at the front of `bytes`, if it can be one; its chain head is not looked at.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..SEAL_BYTES)?;
        let plausible = bytes[..4] == SEAL_MAGIC.to_le_bytes() && bytes[16..32] == [0; 16];
        plausible.then(|| Self {
            records: (word_at(bytes, 0) >> 32) as u32,
            size: word_at(bytes, 8),
            leaves: hash_at(bytes, 32),
        })
    }

    /// Whether `bytes` begin with this seal behind a chain whose head is `previous`.
    #[must_use]
    pub fn stands_at(&self, bytes: &[u8], previous: &Hash) -> bool {
        bytes.starts_with(&self.encode(previous))
    }
}

/// The head of a segment file.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentHeader {
    /// Hash of the record layout the payloads follow.
    pub layout_hash: u64,
    /// Segment number, from 0.
    pub number: u64,
    /// Nanoseconds by the node's clock, 0 when not known.
    pub created_ns: i64,
    /// The tree before the first record; its size is that record's index.
    pub tree: Tree,
    /// Chain head before the first group.
    pub chain: Hash,
}

/// Why bytes are no segment header of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// They are damaged, or fewer than a header.
    Unreadable,
    /// They begin as a log of another format version does.
    OtherFormat,
}

impl SegmentHeader {
    /// The header of a segment made by this library.
    #[must_use]
    pub const fn new(number: u64, created_ns: i64, tree: Tree, chain: Hash) -> Self {
        Self {
            layout_hash: LAYOUT_HASH,
            number,
            created_ns,
            tree,
            chain,
        }
    }

    /// Index of the first record.
    #[must_use]
    pub const fn first_index(&self) -> u64 {
        self.tree.size()
    }

    /// What is known before the first group.
    pub(super) const fn head(&self) -> Head {
        Head {
            size: self.first_index(),
            chain: self.chain,
        }
    }

    /// Bytes of this header.
    #[must_use]
    pub const fn size(&self) -> usize {
        header_bytes(self.first_index())
    }

    /// As on disk.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; PEAKS_AT];
        bytes[0..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(self.size() as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&self.layout_hash.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.number.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.first_index().to_le_bytes());
        bytes[40..48].copy_from_slice(&self.created_ns.to_le_bytes());
        for peak in self.tree.peaks() {
            bytes.extend_from_slice(peak);
        }
        bytes.extend_from_slice(&self.chain);
        let checksum = checksum(&bytes);
        bytes[CHECKSUM_AT..PEAKS_AT].copy_from_slice(&checksum);
        bytes
    }

    /// Bytes of the segment header that `bytes`, the first 128 of a segment, begin.
    ///
    /// # Errors
    /// What they are instead.
    pub fn extent(bytes: &[u8]) -> Result<usize, HeaderFault> {
        let fixed = bytes
            .get(..SEGMENT_HEADER_BYTES)
            .ok_or(HeaderFault::Unreadable)?;
        if fixed[..8] == *SEGMENT_MAGIC {
            return Ok(header_bytes(word_at(fixed, 32)));
        }
        let other = fixed.starts_with(ANY_MAGIC) && fixed[7].is_ascii_digit();
        // One flipped bit makes another digit of the magic; the version behind it tells the two apart.
        let version = u32::from(fixed[7].wrapping_sub(b'0')).to_le_bytes();
        Err(if other && fixed[8..12] == version {
            HeaderFault::OtherFormat
        } else {
            HeaderFault::Unreadable
        })
    }

    /// The header at the front of a segment.
    ///
    /// # Errors
    /// What the bytes are instead.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderFault> {
        let size = Self::extent(bytes)?;
        let bytes = bytes.get(..size).ok_or(HeaderFault::Unreadable)?;
        let hashes = |from: usize, to: usize| (from..to).step_by(32).map(|at| hash_at(bytes, at));
        let tree = Tree::from_peaks(word_at(bytes, 32), hashes(PEAKS_AT, size - HASH_BYTES))
            .ok_or(HeaderFault::Unreadable)?;
        let header = Self {
            layout_hash: word_at(bytes, 16),
            number: word_at(bytes, 24),
            created_ns: word_at(bytes, 40) as i64,
            tree,
            chain: hash_at(bytes, size - HASH_BYTES),
        };
        // Also refuses another version or size, another checksum, and reserved bytes that are not zero.
        if header.encode() == *bytes {
            Ok(header)
        } else {
            Err(HeaderFault::Unreadable)
        }
    }
}

const fn header_bytes(first_index: u64) -> usize {
    SEGMENT_HEADER_BYTES + first_index.count_ones() as usize * HASH_BYTES
}

fn checksum(bytes: &[u8]) -> Hash {
    Sha256::new()
        .chain_update(&bytes[..CHECKSUM_AT])
        .chain_update(&bytes[PEAKS_AT..])
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
        let tree = Tree::from_peaks(17, [[5; 32], [6; 32]]).expect("17 is 16 and 1");
        SegmentHeader::new(3, 42, tree, [9; 32])
    }

    #[test]
    fn a_segment_header_reads_back_as_written() {
        assert_eq!(SegmentHeader::decode(&header().encode()), Ok(header()));
    }

    #[test]
    fn every_flipped_bit_of_a_segment_header_is_noticed() {
        let whole = header().encode();
        assert_eq!(whole.len(), 128 + 2 * 32);
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let found = SegmentHeader::decode(&bytes);
            assert_eq!(found, Err(HeaderFault::Unreadable), "bit {bit}");
        }
        for length in 0..whole.len() {
            assert!(SegmentHeader::decode(&whole[..length]).is_err());
        }
    }

    #[test]
    fn a_header_of_another_format_version_is_told_from_a_damaged_one() {
        let mut bytes = header().encode();
        bytes[8] = 4;
        let checksum = checksum(&bytes);
        bytes[CHECKSUM_AT..PEAKS_AT].copy_from_slice(&checksum);
        let found = SegmentHeader::decode(&bytes);
        assert_eq!(found, Err(HeaderFault::Unreadable));
        for version in [1, 2, 4] {
            bytes[7] = b'0' + version;
            bytes[8] = version;
            let found = SegmentHeader::decode(&bytes);
            assert_eq!(found, Err(HeaderFault::OtherFormat));
        }
    }

    #[test]
    fn a_seal_reads_back_and_every_flipped_bit_of_it_is_noticed() {
        let seal = Seal {
            records: 3,
            size: 20,
            leaves: [7; 32],
        };
        let bytes = seal.encode(&[1; 32]);
        assert_eq!(Seal::read(&bytes), Some(seal));
        assert!(seal.stands_at(&bytes, &[1; 32]) && !seal.stands_at(&bytes, &[2; 32]));
        for bit in 0..SEAL_BYTES * 8 {
            let mut bytes = bytes;
            bytes[bit / 8] ^= 1 << (bit % 8);
            let stands = Seal::read(&bytes).is_some_and(|seal| seal.stands_at(&bytes, &[1; 32]));
            assert!(!stands, "bit {bit}");
        }
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

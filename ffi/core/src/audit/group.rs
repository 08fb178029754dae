//! Reading a log group by group: what is sealed is good, and what is not stops the reading.
use crate::audit::format::{
    digest, genesis, hash_at, read_header, record_bytes, Hash, Seal, HASH_BYTES, HEADER_BYTES,
    SEAL_BYTES, SEAL_MAGIC,
};
use crate::audit::sha::{hash_all, LEAF};
use crate::audit::window::Window;
use std::io::{self, Read};
use std::ops::Range;

/// What a log is known to be up to a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Records.
    pub size: u64,
    pub chain: Hash,
}

impl Head {
    /// Of an empty log.
    pub fn genesis() -> Self {
        Self {
            size: 0,
            chain: genesis(),
        }
    }

    /// The seal of the group that has these leaves and comes next.
    pub fn seal(&self, leaves: &[Hash]) -> Seal {
        Seal {
            records: leaves.len() as u32,
            size: self.size + leaves.len() as u64,
            leaves: digest(leaves),
        }
    }
}

/// Looks for groups. Keeps its memory from one to the next.
#[derive(Default)]
pub struct Groups {
    /// Where the records of the group lie, counted from the cursor, each with its hash.
    pub records: Vec<Range<usize>>,
    /// Their leaves.
    pub leaves: Vec<Hash>,
}

/// What lies at the cursor.
pub enum Found {
    /// A group of so many bytes, with its seal; the head is now the one behind it.
    Group(usize),
    /// Nothing.
    End,
    /// Something else; the head has not moved.
    Stop(Box<Stop>),
}

/// Where the reading of a group stopped.
pub struct Stop {
    /// Records of the group before that place, each as its leaf says.
    pub records: Vec<Range<usize>>,
    /// Their leaves.
    pub leaves: Vec<Hash>,
    /// Where it is, counted from the beginning of the group.
    pub at: usize,
    /// Whether the bytes ended before a whole record or seal was there.
    pub short: bool,
}

/// What ended the walk from record to record.
enum End {
    Seal,
    Short,
    Other,
}

impl Groups {
    /// Looks for the group that follows `head`.
    pub fn next<R: Read>(&mut self, window: &mut Window<R>, head: &mut Head) -> io::Result<Found> {
        let (end, mut at) = self.walk(window, head.size)?;
        if at == 0 && window.seen().is_empty() {
            return Ok(Found::End);
        }
        let bytes = window.seen();
        self.leaves.resize(self.records.len(), [0; HASH_BYTES]);
        let records = &self.records;
        let covered = |i: usize| &bytes[records[i].start..records[i].end - HASH_BYTES];
        hash_all(LEAF, covered, &mut self.leaves);
        let bad = records
            .iter()
            .zip(&self.leaves)
            .position(|(record, leaf)| bytes[record.end - HASH_BYTES..record.end] != leaf[..]);
        if let Some(bad) = bad {
            at = self.records[bad].start;
            self.records.truncate(bad);
            self.leaves.truncate(bad);
        }
        if bad.is_none() && matches!(end, End::Seal) && !self.records.is_empty() {
            let seal = head.seal(&self.leaves).encode(&head.chain);
            if bytes[at..].starts_with(&seal) {
                head.size += self.leaves.len() as u64;
                head.chain = hash_at(&seal, SEAL_BYTES - HASH_BYTES);
                return Ok(Found::Group(at + SEAL_BYTES));
            }
        }
        Ok(Found::Stop(Box::new(Stop {
            records: self.records.clone(),
            leaves: self.leaves.clone(),
            at,
            short: bad.is_none() && matches!(end, End::Short),
        })))
    }

    /// Walks over records by their lengths, up to what is no record with the next index. Whether they are good is not
    /// asked yet.
    fn walk<R: Read>(&mut self, window: &mut Window<R>, first: u64) -> io::Result<(End, usize)> {
        self.records.clear();
        self.leaves.clear();
        let mut at = 0;
        loop {
            let bytes = &window.see(at + HEADER_BYTES)?[at..];
            if bytes.len() >= 4 && bytes[..4] == SEAL_MAGIC.to_le_bytes() {
                let whole = window.see(at + SEAL_BYTES)?.len() == at + SEAL_BYTES;
                return Ok((if whole { End::Seal } else { End::Short }, at));
            }
            if bytes.len() < HEADER_BYTES {
                return Ok((End::Short, at));
            }
            let Some(header) = read_header(bytes) else {
                return Ok((End::Other, at));
            };
            if header.index != first + self.records.len() as u64 {
                return Ok((End::Other, at));
            }
            let end = at + record_bytes(header.length as usize);
            if window.see(end)?.len() < end {
                return Ok((End::Short, at));
            }
            self.records.push(at..end);
            at = end;
        }
    }
}

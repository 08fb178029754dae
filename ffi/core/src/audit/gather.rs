//! Records on their way into the log: gathered in a buffer, then given their leaves, then closed as a group by a seal.
//!
//! Nothing here writes and nothing here knows the tree. What is gathered can be handed to another thread as it is, see
//! `background.rs`.
use crate::audit::format::{hash_at, Hash, HASH_BYTES, SEAL_BYTES};
use crate::audit::group::Head;
use crate::audit::sha::{hash_all, LEAF};
use std::ops::Range;

/// Bytes gathered before they are sealed and written even without a commit. Some hundred records share the cost of a seal,
/// and the window still fits a nearby cache.
pub const WRITE_BYTES: usize = 64 << 10;

/// Room behind a full window, enough for all but the largest records; those make room for themselves.
const BEHIND: usize = 8 << 10;

/// What is not yet written: groups with their seals, and then the records of the group that is being gathered.
pub struct Gathered {
    pub buffer: Vec<u8>,
    /// End of the last record or seal in `buffer`.
    pub filled: usize,
    /// Where the records of the group that is being gathered lie in `buffer`.
    pub open: Vec<Range<usize>>,
    /// Leaves of the first of them; the others have none yet.
    pub leaves: Vec<Hash>,
}

impl Gathered {
    pub fn new() -> Self {
        Self {
            buffer: vec![0; WRITE_BYTES + BEHIND],
            filled: 0,
            open: Vec::new(),
            leaves: Vec::new(),
        }
    }

    /// Makes room for `size` bytes and a seal at the front of an empty window.
    pub fn grow(&mut self, size: usize) {
        if self.buffer.len() < size + SEAL_BYTES {
            self.buffer.resize(size + SEAL_BYTES, 0);
        }
    }

    /// Gives the records that have none their leaves.
    pub fn hash(&mut self) {
        let done = self.leaves.len();
        self.leaves.resize(self.open.len(), [0; HASH_BYTES]);
        let (buffer, open) = (&self.buffer, &self.open[done..]);
        let covered = |i: usize| &buffer[open[i].start..open[i].end - HASH_BYTES];
        hash_all(LEAF, covered, &mut self.leaves[done..]);
        for (record, leaf) in self.open[done..].iter().zip(&self.leaves[done..]) {
            self.buffer[record.end - HASH_BYTES..record.end].copy_from_slice(leaf);
        }
    }

    /// Closes the group behind `head` and moves `head` behind it. The group's leaves stay until [`Gathered::begin`].
    /// There is at least one record in it, and room for the seal.
    pub fn seal(&mut self, head: &mut Head) {
        self.hash();
        let seal = head.seal(&self.leaves).encode(&head.chain);
        head.size += self.leaves.len() as u64;
        head.chain = hash_at(&seal, SEAL_BYTES - HASH_BYTES);
        self.buffer[self.filled..self.filled + SEAL_BYTES].copy_from_slice(&seal);
        self.filled += SEAL_BYTES;
        self.open.clear();
    }

    /// Begins the next group.
    pub fn begin(&mut self) {
        self.open.clear();
        self.leaves.clear();
    }
}

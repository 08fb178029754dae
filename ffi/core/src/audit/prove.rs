//! Proofs about a log on disk.
//!
//! Hashes come from tiles, from the last records where those are in no tile yet, and otherwise from the log itself: every
//! segment header holds the right edge of the tree before it, and what is smaller is computed from the leaves of the
//! segments it lies in, which are verified as they are read. Nothing is written.
use crate::audit::error::AuditError;
use crate::audit::files;
use crate::audit::format::{segment_path, Hash, SegmentHeader};
use crate::audit::group::{Found, Groups};
use crate::audit::proof::{consistency, inclusion, verify_consistency, verify_inclusion, Subtrees};
use crate::audit::reader::open_segment;
use crate::audit::sha::node;
use crate::audit::tail::{self, damaged, Tail};
use crate::audit::tile_read::TileReader;
use crate::audit::tiles::root;
use crate::audit::tree::Tree;
use std::io;
use std::path::{Path, PathBuf};

/// Records that are read from the end of the log, because no tile has them, before reading whole segments is no worse.
const LATE: u64 = 1 << 16;

/// The tree of a log in a directory, as it stood when it was opened.
pub struct LogTree {
    dir: PathBuf,
    /// Number of the last segment, and the tree before it.
    last: u64,
    known: Tree,
    size: u64,
    tiles: TileReader,
    /// Leaves that tiles have.
    tiled: u64,
    /// Leaf from which on `tail` has all.
    tail_first: u64,
    tail: Vec<Hash>,
    /// Of all segments; empty until somebody needs them.
    headers: Vec<SegmentHeader>,
    /// Segments whose leaves were needed, with them.
    read: Vec<(usize, Vec<Hash>)>,
}

/// A path through the tree, and what it joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Records in the log that the proof is about.
    pub size: u64,
    /// Root of the tree of that size.
    pub root: Hash,
    /// The record's leaf, or the root of the earlier log.
    pub from: Hash,
    /// Lowest first.
    pub path: Vec<Hash>,
}

impl LogTree {
    /// Opens the log in `dir`. A last group without a seal does not count.
    ///
    /// # Errors
    /// `Io` when there is no log or it cannot be read, `Corrupt` when the header of the last segment is damaged.
    pub fn open(dir: &Path) -> Result<Self, AuditError> {
        let read = |source| AuditError::io("read the audit log in", dir, source);
        let Some(&last) = files::segments(dir).map_err(read)?.last() else {
            return Err(read(io::Error::new(
                io::ErrorKind::NotFound,
                "it has no segment",
            )));
        };
        let end = match Tail::read(dir, last, u64::MAX, true) {
            Ok(end) => end,
            Err(source) => {
                open_segment(dir, last)?;
                return Err(read(source));
            }
        };
        let mut log = Self {
            dir: dir.to_path_buf(),
            last,
            known: end.header.tree.clone(),
            size: end.head.size,
            tiles: TileReader::new(dir, end.header.tree.clone()),
            tiled: 0,
            tail_first: end.first,
            tail: end.leaves,
            headers: Vec::new(),
            read: Vec::new(),
        };
        log.tiled = log.tiles.covered(log.size);
        if log.size - log.tiled <= LATE {
            log.read_tail(end.header).map_err(read)?;
        }
        Ok(log)
    }

    /// Makes the tail begin where tiles end. Where the log is damaged it stays as it is.
    fn read_tail(&mut self, header: SegmentHeader) -> io::Result<()> {
        let end = (self.tail_first, self.tail.clone(), header);
        match tail::lengthened(&self.dir, end, self.last, self.tiled) {
            Ok(leaves) => {
                (self.tail_first, self.tail) = (self.tiled, leaves);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Records in sealed groups.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Proves that record `index` is in the log of the first `size` records, whose root comes with the proof.
    ///
    /// # Errors
    /// `BadArgument` when there is no such record, `Io` when a segment cannot be read or is damaged.
    pub fn prove(&mut self, index: u64, size: u64) -> Result<Proof, AuditError> {
        if index >= size || size > self.size {
            return Err(AuditError::BadArgument(
                "there is no such record in a log of that size; ask for an index below the size, and a size the log has reached",
            ));
        }
        self.made(|log| {
            let proof = Proof {
                size,
                root: log.over(0, size)?,
                from: log.perfect(0, index)?,
                path: inclusion(log, index, size)?,
            };
            let Proof {
                root, from, path, ..
            } = &proof;
            Ok((verify_inclusion(from, index, size, path, root), proof))
        })
    }

    /// Proves that the log of the first `earlier` records is the beginning of that of the first `later`.
    ///
    /// # Errors
    /// As for [`LogTree::prove`].
    pub fn prove_beginning(&mut self, earlier: u64, later: u64) -> Result<Proof, AuditError> {
        if earlier == 0 || earlier > later || later > self.size {
            return Err(AuditError::BadArgument(
                "a log begins with a shorter one of at least one record; ask for sizes the log has reached, the earlier one first",
            ));
        }
        self.made(|log| {
            let proof = Proof {
                size: later,
                root: log.over(0, later)?,
                from: log.over(0, earlier)?,
                path: consistency(log, earlier, later)?,
            };
            let Proof {
                root, from, path, ..
            } = &proof;
            Ok((verify_consistency(earlier, later, from, root, path), proof))
        })
    }

    /// What `make` makes, if it holds; once more without tiles if it does not.
    fn made(
        &mut self,
        make: impl Fn(&mut Self) -> io::Result<(bool, Proof)>,
    ) -> Result<Proof, AuditError> {
        let mut proof = make(self);
        if self.tiled > 0 && matches!(proof, Ok((false, _))) {
            self.tiled = 0;
            proof = make(self);
        }
        match proof {
            Ok((true, proof)) => Ok(proof),
            Ok((false, _)) => Err(damaged()),
            Err(source) => Err(source),
        }
        .map_err(|source| AuditError::io("read the audit log in", &self.dir, source))
    }

    /// The headers of all segments.
    fn headers(&mut self) -> io::Result<&[SegmentHeader]> {
        for number in self.headers.len() as u64..=self.last {
            let (header, _) = open_segment(&self.dir, number).map_err(|_| damaged())?;
            self.headers.push(header);
        }
        Ok(&self.headers)
    }

    /// The leaves of a segment.
    fn leaves(&mut self, segment: usize) -> io::Result<&[Hash]> {
        let place = match self.read.iter().position(|(one, _)| *one == segment) {
            Some(place) => place,
            None => {
                let last = segment as u64 == self.last;
                let leaves = read_leaves(&self.dir, segment as u64, last)?;
                self.read.push((segment, leaves));
                self.read.len() - 1
            }
        };
        Ok(&self.read[place].1)
    }

    /// As [`Subtrees::perfect`], from the log: a header, or the leaves of a segment.
    fn without_tiles(&mut self, level: u32, index: u64) -> io::Result<Hash> {
        let (begin, end) = (index << level, (index + 1) << level);
        let headers = self.headers()?;
        // It is a peak of every tree that is larger, but not by as much as it.
        let larger = headers.partition_point(|header| header.first_index() < end);
        let known = headers.get(larger).map(|header| &header.tree);
        if let Some(hash) = known.and_then(|tree| tree.peak(level, begin)) {
            return Ok(hash);
        }
        let behind = headers.partition_point(|header| header.first_index() <= begin);
        let segment = behind.checked_sub(1).ok_or_else(damaged)?;
        let first = headers[segment].first_index();
        let next = headers.get(behind).map(SegmentHeader::first_index);
        if level > 0 && next.is_some_and(|next| next < end) {
            return self.joined(level, index);
        }
        let leaves = self.leaves(segment)?;
        let range = (begin - first) as usize..(end - first) as usize;
        leaves.get(range).map(root).ok_or_else(damaged)
    }

    /// As [`Subtrees::perfect`], from the two subtrees below.
    fn joined(&mut self, level: u32, index: u64) -> io::Result<Hash> {
        let left = self.perfect(level - 1, index * 2)?;
        let right = self.perfect(level - 1, index * 2 + 1)?;
        Ok(node(&left, &right))
    }
}

impl Subtrees for LogTree {
    fn perfect(&mut self, level: u32, index: u64) -> io::Result<Hash> {
        let (begin, end) = (index << level, (index + 1) << level);
        if let Some(hash) = self.known.peak(level, begin) {
            return Ok(hash);
        }
        if begin >= self.tail_first {
            let range = (begin - self.tail_first) as usize..(end - self.tail_first) as usize;
            return self.tail.get(range).map(root).ok_or_else(damaged);
        }
        if end <= self.tiled {
            if let Some(hash) = self.tiles.perfect(level, index) {
                return Ok(hash);
            }
        }
        let straddles = |edge: u64| begin < edge && edge < end;
        if straddles(self.tiled) || straddles(self.tail_first) {
            return self.joined(level, index);
        }
        self.without_tiles(level, index)
    }
}

/// The leaves of segment `number`, whose groups are verified on the way.
pub(super) fn read_leaves(dir: &Path, number: u64, last: bool) -> io::Result<Vec<Hash>> {
    let (header, mut window) = open_segment(dir, number).map_err(|_| damaged())?;
    let (mut head, mut tree) = (header.head(), header.tree.clone());
    let mut groups = Groups::default();
    let mut leaves = Vec::new();
    loop {
        match groups.next(&mut window, &mut head)? {
            Found::Group(size) => {
                leaves.extend_from_slice(&groups.leaves);
                window.advance(size);
            }
            Found::Stop(stop) if !last || !stop.short => return Err(damaged()),
            Found::End | Found::Stop(_) => break,
        }
    }
    // What the next segment says came before it must be what is here.
    if !last && segment_path(dir, number + 1).exists() {
        let (next, _) = open_segment(dir, number + 1).map_err(|_| damaged())?;
        tree.extend(&leaves);
        if next.head() != head || next.tree != tree {
            return Err(damaged());
        }
    }
    Ok(leaves)
}

//! Proofs about a log on disk.
//!
//! Every segment header holds the right edge of the tree before it, so most of the large subtrees of a proof stand in some
//! header; what is smaller is computed from the leaves of the few segments it lies in. Those are verified as they are
//! read. Nothing else is read, and nothing is written.
use crate::audit::error::AuditError;
use crate::audit::files;
use crate::audit::format::{segment_path, Hash, SegmentHeader};
use crate::audit::group::{Found, Groups};
use crate::audit::proof::{consistency, inclusion, Subtrees};
use crate::audit::reader::open_segment;
use crate::audit::tree::Tree;
use std::io;
use std::path::{Path, PathBuf};

/// The tree of a log in a directory, as it stood when it was opened.
pub struct LogTree {
    dir: PathBuf,
    headers: Vec<SegmentHeader>,
    /// The whole tree.
    tree: Tree,
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
    /// `Io` when there is no log or it cannot be read, `Corrupt` when headers or the last segment are damaged.
    pub fn open(dir: &Path) -> Result<Self, AuditError> {
        let read = |source| AuditError::io("read the audit log in", dir, source);
        let mut headers = Vec::new();
        for number in files::segments(dir).map_err(read)? {
            headers.push(open_segment(dir, number)?.0);
        }
        if headers.is_empty() {
            return Err(read(io::Error::new(
                io::ErrorKind::NotFound,
                "it has no segment",
            )));
        }
        let mut log = Self {
            dir: dir.to_path_buf(),
            headers,
            tree: Tree::default(),
            read: Vec::new(),
        };
        let last = log.headers.len() - 1;
        let mut tree = log.headers[last].tree.clone();
        tree.extend(log.leaves(last).map_err(read)?);
        log.tree = tree;
        Ok(log)
    }

    /// Records in sealed groups.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Proves that record `index` is in the log of the first `size` records, whose root comes with the proof.
    ///
    /// # Errors
    /// `BadArgument` when there is no such record, `Io` when a segment cannot be read or is damaged.
    pub fn prove(&mut self, index: u64, size: u64) -> Result<Proof, AuditError> {
        if index >= size || size > self.size() {
            return Err(AuditError::BadArgument(
                "there is no such record in a log of that size; ask for an index below the size, and a size the log has reached",
            ));
        }
        let proof = (|| {
            Ok(Proof {
                size,
                root: self.over(0, size)?,
                from: self.perfect(0, index)?,
                path: inclusion(self, index, size)?,
            })
        })();
        proof.map_err(|source| AuditError::io("read the audit log in", &self.dir, source))
    }

    /// Proves that the log of the first `earlier` records is the beginning of that of the first `later`.
    ///
    /// # Errors
    /// As for [`LogTree::prove`].
    pub fn prove_beginning(&mut self, earlier: u64, later: u64) -> Result<Proof, AuditError> {
        if earlier == 0 || earlier > later || later > self.size() {
            return Err(AuditError::BadArgument(
                "a log begins with a shorter one of at least one record; ask for sizes the log has reached, the earlier one first",
            ));
        }
        let proof = (|| {
            Ok(Proof {
                size: later,
                root: self.over(0, later)?,
                from: self.over(0, earlier)?,
                path: consistency(self, earlier, later)?,
            })
        })();
        proof.map_err(|source| AuditError::io("read the audit log in", &self.dir, source))
    }

    /// The leaves of a segment.
    fn leaves(&mut self, segment: usize) -> io::Result<&[Hash]> {
        let place = match self.read.iter().position(|(one, _)| *one == segment) {
            Some(place) => place,
            None => {
                let leaves =
                    read_leaves(&self.dir, segment as u64, segment + 1 == self.headers.len())?;
                self.read.push((segment, leaves));
                self.read.len() - 1
            }
        };
        Ok(&self.read[place].1)
    }

    /// The perfect subtree of 2^`level` leaves from `begin` on, when it stands in a header or is a peak of the whole tree.
    fn known(&self, level: u32, begin: u64) -> Option<Hash> {
        let end = begin + (1 << level);
        // It is a peak of every tree that is larger, but not by as much as it.
        let at = self
            .headers
            .partition_point(|header| header.first_index() < end);
        let trees = self.headers[at..].iter().map(|header| &header.tree).take(1);
        trees
            .chain([&self.tree])
            .find_map(|tree| tree.peak(level, begin))
    }
}

impl Subtrees for LogTree {
    fn perfect(&mut self, level: u32, index: u64) -> io::Result<Hash> {
        let (begin, end) = (index << level, (index + 1) << level);
        if let Some(hash) = self.known(level, begin) {
            return Ok(hash);
        }
        let segment = self
            .headers
            .partition_point(|header| header.first_index() <= begin)
            - 1;
        let first = self.headers[segment].first_index();
        let next = self
            .headers
            .get(segment + 1)
            .map(SegmentHeader::first_index);
        if level > 0 && next.is_some_and(|next| next < end) {
            let left = self.perfect(level - 1, index * 2)?;
            let right = self.perfect(level - 1, index * 2 + 1)?;
            return Ok(super::sha::node(&left, &right));
        }
        let leaves = self.leaves(segment)?;
        let range = (begin - first) as usize..(end - first) as usize;
        let leaves = leaves.get(range).ok_or_else(damaged)?;
        let mut tree = Tree::default();
        tree.extend(leaves);
        Ok(tree.root())
    }
}

fn damaged() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "it is damaged; verify it to see where",
    )
}

/// The leaves of segment `number`, whose groups are verified on the way.
fn read_leaves(dir: &Path, number: u64, last: bool) -> io::Result<Vec<Hash>> {
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

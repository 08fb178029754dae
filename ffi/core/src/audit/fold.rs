//! What sealed leaves become: the tree, and the tiles that are cut from it.
use crate::audit::format::Hash;
use crate::audit::tiles::{Piece, TileFiles, TileHead, Tiler};
use crate::audit::tree::Tree;
use std::io;

/// Tiles that wait to be written before anybody is asked to write them.
const WAITING: usize = 8;

/// The tree, and what of it waits to be written as tiles. Folding writes nothing.
#[derive(Default)]
pub struct Folding {
    pub tree: Tree,
    /// `None` for a log that has no tiles.
    pub tiler: Option<Tiler>,
}

impl Folding {
    /// Brings the tree behind `leaves`.
    pub fn extend(&mut self, leaves: &[Hash]) {
        match &mut self.tiler {
            Some(tiler) => self
                .tree
                .extend_seen(leaves, |level, hashes| tiler.take(level, hashes)),
            None => self.tree.extend(leaves),
        }
    }

    /// Takes what waits to be written, and what tiles stand for then.
    pub fn waiting(&mut self) -> (Vec<Piece>, TileHead) {
        let tiler = self.tiler.as_mut();
        let pieces = tiler.map_or_else(Vec::new, |tiler| std::mem::take(&mut tiler.queue));
        (pieces, TileHead::of(&self.tree))
    }

    /// Whether enough waits to be worth a hand-over.
    pub fn is_waiting(&self) -> bool {
        let tiler = self.tiler.as_ref();
        tiler.is_some_and(|tiler| tiler.queue.len() >= WAITING)
    }
}

/// A tree, and the tiles on disk that belong to it, while a log is read.
pub struct Tiling {
    pub folding: Folding,
    pub files: Option<TileFiles>,
}

impl Tiling {
    /// Brings tree and tiles behind `leaves`.
    pub fn extend(&mut self, leaves: &[Hash]) {
        self.folding.extend(leaves);
        if self.folding.is_waiting() {
            self.write();
        }
    }

    fn write(&mut self) {
        if let Some(files) = &mut self.files {
            let (pieces, head) = self.folding.waiting();
            files.write(&pieces, &head);
        }
    }

    /// Writes what waits and removes what does not belong. Returns how many tiles were not as they ought to be.
    ///
    /// # Errors
    /// The system's.
    pub fn settle(&mut self) -> io::Result<u64> {
        self.write();
        let Some(files) = &mut self.files else {
            return Ok(0);
        };
        files.settle(&self.folding.tree)?;
        Ok(files.written)
    }

    /// As [`Tiling::settle`]; without tiles from now on where that is impossible.
    pub fn settled(mut self) -> Self {
        if self.settle().is_err() {
            (self.files, self.folding.tiler) = (None, None);
        }
        self
    }
}

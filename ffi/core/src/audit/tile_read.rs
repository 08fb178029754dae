//! Hashes of subtrees from tiles, none of which is believed by itself.
//!
//! A complete tile must come to what the tile above it says. Those that are not complete are bound by the head of the tiles,
//! which is the root over all of them; and, as far as the last segment had not begun, by the tree in that segment's header.
//! What fails is treated as absent, and whoever wanted it computes it from the log: a wrong tile costs time.
use crate::audit::format::{Hash, HASH_BYTES};
use crate::audit::tiles::{fits, read_tile, root, TileHead, HEIGHT, TILE_LEVELS, WIDTH};
use crate::audit::tree::Tree;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The tiles of a log.
pub struct TileReader {
    dir: PathBuf,
    /// The tree before the last segment.
    known: Tree,
    /// Those that were read; `None` for one that is absent or wrong.
    read: HashMap<(usize, u64), Option<Vec<Hash>>>,
}

impl TileReader {
    pub fn new(dir: &Path, known: Tree) -> Self {
        Self {
            dir: dir.to_path_buf(),
            known,
            read: HashMap::new(),
        }
    }

    /// How many of the first `size` leaves have tiles: those the head speaks of, if it is right, or those before the last
    /// segment.
    pub fn covered(&mut self, size: u64) -> u64 {
        let head = TileHead::read(&self.dir).filter(|head| head.size <= size);
        if let Some(head) = head.filter(|head| self.root(head.size) == Some(head.root)) {
            return head.size;
        }
        self.known.of_whole(HEIGHT).size()
    }

    /// The root over the first `size` leaves.
    fn root(&mut self, size: u64) -> Option<Hash> {
        let (mut begin, mut peaks) = (0, Vec::new());
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            peaks.extend(self.perfect(level, begin >> level));
            begin += 1 << level;
        }
        Tree::from_peaks(size, peaks).map(|tree| tree.root())
    }

    /// The perfect subtree over the leaves from `index` 2^`level` on, if tiles say so.
    pub fn perfect(&mut self, level: u32, index: u64) -> Option<Hash> {
        let (tile_level, bit) = (level as usize / HEIGHT, level as usize % HEIGHT);
        let first = index << bit;
        let from = first as usize % WIDTH;
        self.tile(tile_level, first >> HEIGHT)?
            .get(from..from + (1 << bit))
            .map(root)
    }

    fn tile(&mut self, level: usize, number: u64) -> Option<&[Hash]> {
        if !self.read.contains_key(&(level, number)) {
            let tile = self.load(level, number);
            self.read.insert((level, number), tile);
        }
        self.read[&(level, number)].as_deref()
    }

    /// What cannot be read is as good as absent.
    fn load(&mut self, level: usize, number: u64) -> Option<Vec<Hash>> {
        let mut hashes = read_tile(&self.dir, level, number).ok().flatten()?;
        // A loss of power leaves zeros where nothing was written.
        let written = hashes.iter().position(|hash| *hash == [0; HASH_BYTES]);
        hashes.truncate(written.unwrap_or(hashes.len()));
        if hashes.len() == WIDTH && level + 1 < TILE_LEVELS {
            let above = self.perfect(((level + 1) * HEIGHT) as u32, number)?;
            return (above == root(&hashes)).then_some(hashes);
        }
        let known = (self.known.size() >> (level * HEIGHT)).saturating_sub(number << HEIGHT);
        let good = level > 0
            && hashes
                .get(..known as usize)
                .is_some_and(|known| fits(known, level, &self.known));
        good.then_some(hashes)
    }
}

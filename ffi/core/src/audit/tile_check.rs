//! Tiles held against the log while it is verified.
use crate::audit::format::Hash;
use crate::audit::tiles::{read_tile, TileHead, HEIGHT, TILE_LEVELS, WIDTH};
use crate::audit::tree::Tree;
use std::path::Path;

/// A tile that says something else than the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongTile {
    pub level: u64,
    pub number: u64,
    /// First record under the hash that is wrong.
    pub index: u64,
}

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
pub struct TileCount {
    /// Tiles that say what the log says, their head among them.
    pub good: u64,
    /// Tiles that are not there or shorter than they could be; also a head that is not right.
    pub missing: u64,
    /// The first that is wrong.
    pub wrong: Option<WrongTile>,
}

/// Compares the tiles of a log with its tree as it grows, from the middle of the log if need be.
pub struct TileCheck<'a> {
    /// `None` for a log that has no tiles.
    dir: Option<&'a Path>,
    counts: [u64; TILE_LEVELS],
    /// The tile that was read last, per level.
    read: [Option<(u64, Vec<Hash>)>; TILE_LEVELS],
    found: TileCount,
}

impl<'a> TileCheck<'a> {
    /// Behind `size` records.
    pub fn behind(dir: Option<&'a Path>, size: u64) -> Self {
        let mut counts = [0; TILE_LEVELS];
        for (level, count) in counts.iter_mut().enumerate() {
            *count = size >> (level * HEIGHT);
        }
        Self {
            dir,
            counts,
            read: [const { None }; TILE_LEVELS],
            found: TileCount::default(),
        }
    }

    /// Takes new nodes of a level of the tree.
    pub fn take(&mut self, tree_level: usize, hashes: &[Hash]) {
        let Some(dir) = self.dir.filter(|_| tree_level.is_multiple_of(HEIGHT)) else {
            return;
        };
        let level = tree_level / HEIGHT;
        let mut rest = hashes;
        while !rest.is_empty() {
            let count = self.counts[level];
            let (number, from) = (count >> HEIGHT, count as usize % WIDTH);
            let (now, later) = rest.split_at(rest.len().min(WIDTH - from));
            let tile = self.tile(dir, level, number);
            let there = tile.get(from..).unwrap_or_default();
            let differs = now.iter().zip(there).position(|(log, tile)| log != tile);
            let whole = tile.len() == WIDTH;
            if let Some(at) = differs {
                self.found.wrong.get_or_insert(WrongTile {
                    level: level as u64,
                    number,
                    index: (count + at as u64) << (level * HEIGHT),
                });
            } else if from + now.len() == WIDTH {
                self.count(whole);
            }
            self.counts[level] += now.len() as u64;
            rest = later;
        }
    }

    fn count(&mut self, whole: bool) {
        self.found.good += u64::from(whole);
        self.found.missing += u64::from(!whole);
    }

    fn tile(&mut self, dir: &Path, level: usize, number: u64) -> &[Hash] {
        let read = &mut self.read[level];
        if !matches!(read, Some((one, _)) if *one == number) {
            // What cannot be read is as good as absent.
            let tile = read_tile(dir, level, number).ok().flatten();
            *read = Some((number, tile.unwrap_or_default()));
        }
        read.as_ref().map_or(&[], |(_, tile)| tile)
    }

    /// What was found, at the end of the log if `last`: there the tiles above the leaves hold what there is, and their head
    /// is that of `tree`.
    pub fn end(mut self, last: bool, tree: &Tree) -> TileCount {
        if let Some(dir) = self.dir.filter(|_| last) {
            let head = TileHead::of(tree);
            if head.size > 0 {
                self.count(TileHead::read(dir) == Some(head));
            }
            for level in 1..TILE_LEVELS {
                let count = self.counts[level];
                let (number, wanted) = (count >> HEIGHT, count as usize % WIDTH);
                if wanted > 0 {
                    let whole = self.tile(dir, level, number).len() >= wanted;
                    self.count(whole);
                }
            }
        }
        self.found
    }
}

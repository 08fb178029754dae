//! Making the tiles of a log fit the log.
//!
//! Opening a log to append reads its last segment, and compares what tiles hold of it on the way. Of what lies before, it
//! looks at the right edge alone: the last tile of every level must come to the tree in the segment's header. If it does,
//! the tiles grow on from there. If it does not, as in a log that is older than tiles or has lost them, all are made anew,
//! which reads the whole log. Where even that fails the log goes on without tiles: they are a copy, and proofs are then
//! computed.
use crate::audit::error::AuditError;
use crate::audit::files;
use crate::audit::fold::{Folding, Tiling};
use crate::audit::format::{Hash, SegmentHeader};
use crate::audit::prove::read_leaves;
use crate::audit::tail::{damaged, lengthened};
use crate::audit::tiles::{fits, read_tile, TileFiles, Tiler, HEIGHT, TILE_LEVELS, WIDTH};
use crate::audit::tree::Tree;
use std::io;
use std::path::Path;

/// Compares every tile of the log in `dir` with the log, writes those that are absent or wrong, and returns how many that
/// were.
///
/// # Errors
/// `Locked` while a node writes the log, `Io` when it cannot be read, is damaged or cannot be written.
pub fn mend_tiles(dir: &Path) -> Result<u64, AuditError> {
    let _lock = files::lock(dir)?;
    let count = || {
        let segments = files::segments(dir)?.len() as u64;
        made_anew(dir, segments, true)?.settle()
    };
    count().map_err(|source| AuditError::io("make the tiles of the audit log in", dir, source))
}

/// Of a log that begins.
pub fn begun(dir: &Path) -> Tiling {
    at(dir, Tree::default(), Vec::new())
}

/// Before the segment with this header, the last of the log in `dir`.
pub fn resumed(dir: &Path, header: &SegmentHeader) -> Tiling {
    let tiling = match grown(dir, header) {
        Ok(None) => made_anew(dir, header.number, false).and_then(|tiling| {
            let same = tiling.folding.tree == header.tree;
            same.then_some(tiling).ok_or_else(damaged)
        }),
        Ok(Some(tiling)) => Ok(tiling),
        Err(error) => Err(error),
    };
    tiling.unwrap_or_else(|_| Tiling {
        folding: Folding {
            tree: header.tree.clone(),
            tiler: None,
        },
        files: None,
    })
}

fn at(dir: &Path, tree: Tree, leaves: Vec<Hash>) -> Tiling {
    let tiler = Some(Tiler::behind(tree.size(), leaves));
    Tiling {
        folding: Folding { tree, tiler },
        files: Some(TileFiles::mending(dir)),
    }
}

/// From the tiles there are; `None` when they do not lead up to `header`.
fn grown(dir: &Path, header: &SegmentHeader) -> io::Result<Option<Tiling>> {
    let (size, tree) = (header.first_index(), &header.tree);
    let complete = size >> HEIGHT;
    let end = (size, Vec::new(), header.clone());
    let leaves = lengthened(dir, end, header.number, complete << HEIGHT)?;
    let mut good = fits(&leaves, 0, tree);
    for level in 1..TILE_LEVELS {
        let count = size >> (level * HEIGHT);
        let tile = read_tile(dir, level, count >> HEIGHT)?.unwrap_or_default();
        let edge = tile.get(..count as usize % WIDTH);
        good = good && edge.is_some_and(|edge| fits(edge, level, tree));
    }
    if let Some(last) = complete.checked_sub(1) {
        let tile = read_tile(dir, 0, last)?;
        good = good && tile.is_some_and(|tile| tile.len() == WIDTH);
    }
    Ok(good.then(|| at(dir, tree.clone(), leaves)))
}

/// From the first `count` segments; `all` says that there are no more.
fn made_anew(dir: &Path, count: u64, all: bool) -> io::Result<Tiling> {
    let mut tiling = begun(dir);
    for number in 0..count {
        tiling.extend(&read_leaves(dir, number, all && number + 1 == count)?);
    }
    Ok(tiling)
}

//! Tiles: the nodes of the tree on disk, so that a proof reads a few blocks and not the log.
//!
//! Tiles are those of C2SP tlog-tiles with a height of 8: a tile of level 0 holds 256 leaves, one of level 1 holds 256 nodes
//! of the tree's level 8, each over one tile of leaves, and so on. The tiles of a level lie one behind the other in one file,
//! `tile/0`, `tile/1`, … below the directory of the log: hash *i* of a level at byte 32 *i*. One file per tile, as a server
//! would have it, made appending several times slower, because a directory entry waits for the journal of the file system.
//!
//! Tiles are a copy of what the log says: whoever reads one checks it against another or against the log, and one that is
//! missing is computed. A tile of leaves is written when it is complete, those above grow by what the tiles below them come
//! to. `tile/head` says of how many leaves there are tiles (8 bytes, little-endian) and what root they have (32 bytes): it
//! binds the tiles that are not complete.
use crate::audit::format::{Hash, HASH_BYTES};
use crate::audit::tree::{Tree, LEVELS};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Levels of the tree from one level of tiles to the next.
pub const HEIGHT: usize = 8;
/// Hashes in a complete tile.
pub const WIDTH: usize = 1 << HEIGHT;
/// Levels of tiles.
pub const TILE_LEVELS: usize = LEVELS / HEIGHT;
const TILE_BYTES: usize = WIDTH * HASH_BYTES;

/// Where the tiles of a level of the log in `dir` lie.
#[must_use]
pub fn tiles_path(dir: &Path, level: usize) -> PathBuf {
    dir.join("tile").join(level.to_string())
}

/// The whole hashes of a tile; `None` when there is not one.
///
/// # Errors
/// The system's.
pub fn read_tile(dir: &Path, level: usize, number: u64) -> io::Result<Option<Vec<Hash>>> {
    let file = match File::open(tiles_path(dir, level)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (mut bytes, mut filled) = ([0; TILE_BYTES], 0);
    while filled < TILE_BYTES {
        let at = number * TILE_BYTES as u64 + filled as u64;
        match file.read_at(&mut bytes[filled..], at) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let (hashes, _) = bytes[..filled].as_chunks();
    Ok((!hashes.is_empty()).then(|| hashes.to_vec()))
}

/// What all tiles together stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileHead {
    /// Leaves, a multiple of [`WIDTH`].
    pub size: u64,
    pub root: Hash,
}

impl TileHead {
    /// What the tiles of a log with this tree stand for.
    pub fn of(tree: &Tree) -> Self {
        let whole = tree.of_whole(HEIGHT);
        Self {
            size: whole.size(),
            root: whole.root(),
        }
    }

    /// `None` when there is none that can be read.
    pub fn read(dir: &Path) -> Option<Self> {
        let bytes = fs::read(head_path(dir)).ok()?;
        let (size, root) = bytes.split_first_chunk()?;
        Some(Self {
            size: u64::from_le_bytes(*size),
            root: root.try_into().ok()?,
        })
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.size.to_le_bytes()[..], &self.root].concat()
    }
}

/// Where the log in `dir` has its [`TileHead`].
#[must_use]
pub fn head_path(dir: &Path) -> PathBuf {
    dir.join("tile").join("head")
}

/// Whether the first `count` hashes of the last tile of `level` are those of `tree`: together they make the peaks that the
/// tree has in these levels. `count` is what the tree has in that tile.
pub fn fits(hashes: &[Hash], level: usize, tree: &Tree) -> bool {
    let lowest = level * HEIGHT;
    let begin = (tree.size() >> lowest) & !(WIDTH as u64 - 1);
    let mut at = 0;
    (0..HEIGHT)
        .rev()
        .filter(|bit| hashes.len() >> bit & 1 == 1)
        .all(|bit| {
            let below = &hashes[at..at + (1 << bit)];
            let peak = tree.peak((lowest + bit) as u32, (begin + at as u64) << lowest);
            at += below.len();
            peak == Some(root(below))
        })
}

/// The node over `hashes`, a power of two of them.
pub fn root(hashes: &[Hash]) -> Hash {
    if let [hash] = hashes {
        return *hash;
    }
    let mut tree = Tree::default();
    tree.extend(hashes);
    tree.root()
}

/// Hashes that belong into a tile, from place `from` on.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    level: usize,
    number: u64,
    from: usize,
    hashes: Vec<Hash>,
}

/// Cuts what a growing tree comes to into tiles. Writes nothing itself.
#[derive(Default)]
pub struct Tiler {
    /// Hashes there are, per level of tiles.
    counts: [u64; TILE_LEVELS],
    /// Leaves of the tile that is not complete.
    leaves: Vec<Hash>,
    /// To be written, in this order.
    pub queue: Vec<Piece>,
}

impl Tiler {
    /// Behind `size` leaves, of which the last, those in no complete tile, are `leaves`.
    pub fn behind(size: u64, leaves: Vec<Hash>) -> Self {
        let mut counts = [0; TILE_LEVELS];
        for (level, count) in counts.iter_mut().enumerate() {
            *count = size >> (level * HEIGHT);
        }
        Self {
            counts,
            leaves,
            queue: Vec::new(),
        }
    }

    /// Takes new nodes of a level of the tree, as [`Tree::extend_seen`] shows them.
    pub fn take(&mut self, tree_level: usize, hashes: &[Hash]) {
        if !tree_level.is_multiple_of(HEIGHT) {
            return;
        }
        let level = tree_level / HEIGHT;
        let mut rest = hashes;
        while !rest.is_empty() {
            let count = self.counts[level];
            let (number, from) = (count >> HEIGHT, count as usize % WIDTH);
            let (now, later) = rest.split_at(rest.len().min(WIDTH - from));
            self.counts[level] += now.len() as u64;
            rest = later;
            let piece = |from, hashes| Piece {
                level,
                number,
                from,
                hashes,
            };
            if level > 0 {
                self.queue.push(piece(from, now.to_vec()));
                continue;
            }
            self.leaves.extend_from_slice(now);
            if self.leaves.len() == WIDTH {
                let room = Vec::with_capacity(WIDTH);
                let leaves = std::mem::replace(&mut self.leaves, room);
                self.queue.push(piece(0, leaves));
            }
        }
    }
}

/// The tiles of one log, as files. They are a copy, so a write that fails ends the writing of tiles and nothing else.
pub struct TileFiles {
    dir: PathBuf,
    /// Per level, once something was written.
    levels: [Option<File>; TILE_LEVELS],
    head: Option<File>,
    /// Whether what is there is looked at and left alone when it is right.
    mending: bool,
    /// The first failure.
    failure: Option<io::Error>,
    /// Tiles that were written while mending; a tile is written in pieces.
    pub written: u64,
    /// The tile of each level that was written last while mending.
    last: [Option<u64>; TILE_LEVELS],
}

impl TileFiles {
    /// Of the log in `dir`, to be mended first.
    pub fn mending(dir: &Path) -> Self {
        Self {
            dir: dir.to_path_buf(),
            levels: [const { None }; TILE_LEVELS],
            head: None,
            mending: true,
            failure: None,
            written: 0,
            last: [None; TILE_LEVELS],
        }
    }

    /// Writes `pieces`, after which tiles stand for `head`.
    pub fn write(&mut self, pieces: &[Piece], head: &TileHead) {
        if self.failure.is_some() || pieces.is_empty() {
            return;
        }
        let mut all = || {
            pieces
                .iter()
                .try_for_each(|piece| self.write_piece(piece))?;
            if self.mending {
                return Ok(());
            }
            self.head()?.write_all_at(&head.bytes(), 0)
        };
        self.failure = all().err();
    }

    fn write_piece(&mut self, piece: &Piece) -> io::Result<()> {
        let Piece {
            level,
            number,
            from,
            hashes,
        } = piece;
        if self.mending {
            let there = read_tile(&self.dir, *level, *number)?.unwrap_or_default();
            if there.get(*from..from + hashes.len()) == Some(hashes.as_slice()) {
                return Ok(());
            }
            if self.last[*level] != Some(*number) {
                self.last[*level] = Some(*number);
                self.written += 1;
            }
        }
        let at = (number << HEIGHT) + *from as u64;
        self.level(*level)?
            .write_all_at(hashes.as_flattened(), at * HASH_BYTES as u64)
    }

    fn level(&mut self, level: usize) -> io::Result<&File> {
        kept(&mut self.levels[level], &tiles_path(&self.dir, level))
    }

    fn head(&mut self) -> io::Result<&File> {
        kept(&mut self.head, &head_path(&self.dir))
    }

    /// Ends the mending of a log with this tree: what lies behind it is removed, because a log that lost its end goes
    /// on with other records.
    ///
    /// # Errors
    /// The system's, also of a write before this.
    pub fn settle(&mut self, tree: &Tree) -> io::Result<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let head = TileHead::of(tree);
        for level in 0..TILE_LEVELS {
            let hashes = head.size >> (level * HEIGHT);
            cut(&tiles_path(&self.dir, level), hashes * HASH_BYTES as u64)?;
        }
        if head.size == 0 {
            cut(&head_path(&self.dir), 0)?;
        } else if TileHead::read(&self.dir) != Some(head) {
            let file = self.head()?;
            file.write_all_at(&head.bytes(), 0)?;
            // It has one length, unless something happened to it.
            file.set_len(head.bytes().len() as u64)?;
            self.written += 1;
        }
        self.mending = false;
        Ok(())
    }
}

/// The file at `path`, opened once for writing: it and what leads to it are made if need be, readable by their owner alone.
fn kept<'a>(file: &'a mut Option<File>, path: &Path) -> io::Result<&'a File> {
    let opened = match file.take() {
        Some(opened) => opened,
        None => {
            if let Some(parent) = path.parent() {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(parent)?;
            }
            OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)?
        }
    };
    Ok(file.insert(opened))
}

/// Makes a file no longer than `length`.
fn cut(path: &Path, length: u64) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) if file.metadata()?.len() > length => file.set_len(length),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sha::{hash_one, LEAF};

    #[test]
    fn tiles_do_not_depend_on_the_steps_in_which_a_tree_grew() {
        let leaves: Vec<Hash> = (0..70_000_u64)
            .map(|one| hash_one(LEAF, &one.to_le_bytes()))
            .collect();
        let tiles = |step: usize| {
            let (mut tree, mut tiler) = (Tree::default(), Tiler::default());
            for some in leaves.chunks(step) {
                tree.extend_seen(some, |level, hashes| tiler.take(level, hashes));
            }
            let mut all = std::collections::BTreeMap::<_, Vec<Hash>>::new();
            for piece in tiler.queue {
                let tile = all.entry((piece.level, piece.number)).or_default();
                assert_eq!(tile.len(), piece.from);
                tile.extend(piece.hashes);
            }
            all
        };
        let whole = tiles(leaves.len());
        assert_eq!(whole, tiles(1));
        assert_eq!(whole, tiles(777));
        assert_eq!(whole.len(), 70_000 / 256 + 2 + 1);
        assert_eq!(whole[&(1, 0)].len(), 256);
        assert_eq!(whole[&(2, 0)], [root(&whole[&(1, 0)])]);
        assert_eq!(whole[&(1, 1)][16], root(&whole[&(0, 272)]));
    }
}

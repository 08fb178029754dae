//! A snapshot: gate and books as they stood behind a record of a log, in one file beside it.
//!
//! `snapshot-<records, 20 digits>.bin`, all integers little-endian:
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | magic `CWTSSNP1` |
//! | 8 | 4 | version of the images, [`IMAGES`] |
//! | 12 | 4 | 1 with books, else 0 |
//! | 16 | 8 | hash of the record layout |
//! | 24 | 8 | segment of the log |
//! | 32 | 8 | byte offset in it, behind a seal |
//! | 40 | 8 | records before it |
//! | 48 | 32 | chain head there |
//! | 80 | 8 | time when it was taken, nanoseconds by the node's clock |
//! | 88 | 8 | bytes of the image of the gate, *g* |
//! | 96 | 8 | bytes of the image of the books, *b* |
//! | 104 | 32 | state hash of the gate |
//! | 136 | 8 | state hash of the books, 0 without |
//! | 144 | *g* + *b* | the images |
//! | 144 + *g* + *b* | 32 | SHA-256 of everything before |
//!
//! It belongs to a log whose chain has that head at that place, and to no other. It is not signed: whoever can write beside
//! a log can put one there that says what they like, which reading the whole log finds out.
use super::replay::Engine;
use crate::audit::Place;
use crate::gate::Gate;
use crate::image::{Image, Source};
use crate::layout::LAYOUT_HASH;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Raised when the image of anything changes that the hash of the layout does not cover.
pub const IMAGES: u32 = 1;

const MAGIC: &[u8; 8] = b"CWTSSNP1";
const HEAD: usize = 144;
const HASH: usize = 32;

/// State behind a record of a log.
pub struct Snapshot {
    pub place: Place,
    pub time: i64,
    pub gate: Gate,
    pub engine: Option<Engine>,
}

/// State as bytes, quickly made: everything else about a snapshot can be done elsewhere.
pub struct Images {
    pub place: Place,
    pub time: i64,
    pub gate: Vec<u8>,
    pub books: Option<Vec<u8>>,
}

/// Where the snapshot behind so many records lies.
#[must_use]
pub fn path(dir: &Path, records: u64) -> PathBuf {
    dir.join(format!("snapshot-{records:020}.bin"))
}

/// Records behind which there are snapshots, rising.
///
/// # Errors
/// When the directory cannot be read.
pub fn list(dir: &Path) -> Result<Vec<u64>, crate::audit::AuditError> {
    let read = |source| crate::audit::AuditError::io("read the audit log in", dir, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        let digits = name.to_str().and_then(|name| {
            let name = name.strip_prefix("snapshot-")?;
            name.strip_suffix(".bin")
        });
        if let Some(records) = digits.and_then(|digits| digits.parse().ok()) {
            found.push(records);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Reads one back, for a gate with so many pairs of room. Errors: why not, for people.
pub fn load(dir: &Path, records: u64, room: usize, with_books: bool) -> Result<Snapshot, String> {
    let bytes = fs::read(path(dir, records)).map_err(|error| error.to_string())?;
    let snapshot = decode(&bytes, room, with_books)?;
    if snapshot.place.records != records {
        return Err("it is of another place than its name says".into());
    }
    Ok(snapshot)
}

/// Reads one back from its bytes. Nothing of it is believed before its checksum is right.
pub fn decode(bytes: &[u8], room: usize, with_books: bool) -> Result<Snapshot, String> {
    let (covered, checksum) = bytes
        .len()
        .checked_sub(HASH)
        .and_then(|at| bytes.split_at_checked(at))
        .ok_or("it is too short")?;
    if covered.len() < HEAD || covered[..8] != *MAGIC {
        return Err("it is no snapshot".into());
    }
    let other = "it is of another version of CWTS";
    let mut head = Source(&covered[8..HEAD]);
    let mut word = || u64::take(&mut head).unwrap_or_default();
    let kinds = word();
    let layout = word();
    if kinds as u32 != IMAGES || layout != LAYOUT_HASH {
        return Err(other.into());
    }
    if Sha256::digest(covered)[..] != *checksum {
        return Err("its checksum is wrong".into());
    }
    let (segment, offset, records) = (word(), word(), word());
    let chain = covered[48..80].try_into().map_err(|_| other)?;
    let mut head = Source(&covered[80..HEAD]);
    let time = i64::take(&mut head).ok_or(other)?;
    let gate_bytes = usize::take(&mut head).ok_or(other)?;
    let book_bytes = usize::take(&mut head).ok_or(other)?;
    let gate_hash = <[u8; 32]>::take(&mut head).ok_or(other)?;
    let book_hash = u64::take(&mut head).ok_or(other)?;
    let mut images = Source(&covered[HEAD..]);
    let gate = images.next(gate_bytes).ok_or("its gate is missing")?;
    let books = images.next(book_bytes).ok_or("its books are missing")?;
    let gate = gate_of(gate, room).ok_or("its gate cannot be read")?;
    if gate.state_hash() != gate_hash {
        return Err("its gate is not the one it was taken of".into());
    }
    let has_books = kinds >> 32 != 0;
    if with_books && !has_books {
        return Err("it has no books".into());
    }
    let engine = if with_books {
        let engine = engine_of(books).ok_or("its books cannot be read")?;
        if engine.state_hash() != book_hash {
            return Err("its books are not those it was taken of".into());
        }
        Some(engine)
    } else {
        None
    };
    let place = Place {
        segment,
        offset,
        records,
        chain,
    };
    Ok(Snapshot {
        place,
        time,
        gate,
        engine,
    })
}

fn gate_of(bytes: &[u8], room: usize) -> Option<Gate> {
    let mut source = Source(bytes);
    let gate = Gate::take(&mut source, room)?;
    source.0.is_empty().then_some(gate)
}

fn engine_of(bytes: &[u8]) -> Option<Engine> {
    let mut source = Source(bytes);
    let engine = Engine::take(&mut source)?;
    source.0.is_empty().then_some(engine)
}

impl Images {
    /// Takes the images of gate and books behind `place`; `None` of a gate that is shut, whose state is not all on record.
    #[must_use]
    pub fn of(place: Place, time: i64, gate: &Gate, engine: Option<&Engine>) -> Option<Self> {
        let mut bytes = Vec::new();
        gate.put(&mut bytes).then(|| Self {
            place,
            time,
            gate: bytes,
            books: engine.map(|engine| {
                let mut bytes = Vec::new();
                engine.put(&mut bytes);
                bytes
            }),
        })
    }

    /// The whole file. Reads the images back for their state hashes: what cannot be read is not written.
    pub fn encode(&self, room: usize) -> io::Result<Vec<u8>> {
        let unreadable =
            |what| io::Error::other(format!("the image of the {what} does not read back"));
        let gate = gate_of(&self.gate, room).ok_or_else(|| unreadable("gate"))?;
        let books = match &self.books {
            Some(books) => Some(engine_of(books).ok_or_else(|| unreadable("books"))?),
            None => None,
        };
        let images = self.books.as_deref().unwrap_or_default();
        let mut out = Vec::with_capacity(HEAD + self.gate.len() + images.len() + HASH);
        out.extend_from_slice(MAGIC);
        IMAGES.put(&mut out);
        u32::from(self.books.is_some()).put(&mut out);
        LAYOUT_HASH.put(&mut out);
        self.place.segment.put(&mut out);
        self.place.offset.put(&mut out);
        self.place.records.put(&mut out);
        self.place.chain.put(&mut out);
        self.time.put(&mut out);
        self.gate.len().put(&mut out);
        images.len().put(&mut out);
        gate.state_hash().put(&mut out);
        books.map_or(0, |books| books.state_hash()).put(&mut out);
        debug_assert_eq!(out.len(), HEAD);
        out.extend_from_slice(&self.gate);
        out.extend_from_slice(images);
        let checksum = Sha256::digest(&out);
        out.extend_from_slice(&checksum);
        Ok(out)
    }
}

/// Puts a snapshot in its place, whole or not at all, and removes all but the latest `keep`.
///
/// # Errors
/// The system's; nothing that was there is lost.
pub fn write(dir: &Path, records: u64, bytes: &[u8], keep: usize) -> io::Result<()> {
    let path = path(dir, records);
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, &path)?;
    File::open(dir)?.sync_all()?;
    let all = list(dir).map_err(io::Error::other)?;
    let old = all.len().saturating_sub(keep.max(1));
    for records in &all[..old] {
        fs::remove_file(self::path(dir, *records))?;
    }
    Ok(())
}

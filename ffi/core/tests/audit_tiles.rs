//! Tiles: they hold the tree, a proof needs little else, and whatever happens to them no proof goes wrong.
mod audit_support;

use audit_support::Scratch;
use cwts_core::audit::format::{segment_path, Hash};
use cwts_core::audit::proof::{verify_consistency, verify_inclusion};
use cwts_core::audit::tiles::{head_path, read_tile, tiles_path, WIDTH};
use cwts_core::audit::tree::Tree;
use cwts_core::audit::{damage, mend_tiles, verify, AuditLog, LogTree};
use cwts_core::layout::{code, durability, record_type};
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// More than 256 tiles of leaves, and a rest.
const RECORDS: u64 = 66_000;
const SEGMENT_BYTES: u64 = 1 << 20;

fn grow(log: &mut AuditLog, to: u64) {
    for index in log.next_index()..to {
        let payload = index.to_le_bytes();
        log.append(record_type::NOTE, 1, 0, index as i64, 0, &[&payload])
            .expect("appends");
        if index % 700 == 0 {
            log.commit().expect("commits");
        }
    }
}

fn log_of(dir: &Path, setting: u32, records: u64) -> Hash {
    let mut log = AuditLog::open(dir, setting, SEGMENT_BYTES).expect("opens");
    grow(&mut log, records);
    log.close().expect("closes").head
}

/// Every file of tiles, by its name.
fn all_tiles(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir.join("tile")).into_iter().flatten();
    entries
        .map(|entry| entry.expect("is an entry"))
        .map(|entry| {
            let bytes = fs::read(entry.path()).expect("reads");
            (entry.file_name().to_string_lossy().into_owned(), bytes)
        })
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect()
}

/// The roots by which proofs are judged: of a log that has no tiles.
fn roots(sizes: &[u64]) -> BTreeMap<u64, Hash> {
    let mut log = AuditLog::memory();
    let mut found = BTreeMap::new();
    for size in sizes {
        grow(&mut log, *size);
        found.insert(*size, log.head().head);
    }
    found
}

const SIZES: [u64; 6] = [1, 256, 30_000, 65_536, 65_999, RECORDS];

/// Proves records and beginnings all over the log and checks them.
fn proofs_hold(dir: &Path, roots: &BTreeMap<u64, Hash>) {
    let mut log = LogTree::open(dir).expect("opens");
    assert_eq!(log.size(), RECORDS);
    for (size, root) in roots {
        for index in [0, 255, 256, 29_999, 65_535, 65_536, 65_900, RECORDS - 1] {
            if index >= *size {
                continue;
            }
            let proof = log.prove(index, *size).expect("proves");
            assert_eq!(proof.root, *root, "record {index} of {size}");
            assert!(verify_inclusion(
                &proof.from,
                index,
                *size,
                &proof.path,
                root
            ));
        }
        for (earlier, first) in roots.range(..=size) {
            let proof = log.prove_beginning(*earlier, *size).expect("proves");
            assert_eq!((proof.from, proof.root), (*first, *root));
            assert!(verify_consistency(
                *earlier,
                *size,
                first,
                root,
                &proof.path
            ));
        }
    }
}

#[test]
fn tiles_hold_the_nodes_of_the_tree_whatever_the_durability() {
    let mut leaves = Vec::new();
    let mut all = Vec::new();
    for setting in [durability::MEMORY, durability::BATCH] {
        let dir = Scratch::new();
        let root = log_of(dir.path(), setting, RECORDS);
        leaves.clear();
        for number in 0..RECORDS / 256 {
            let tile = read_tile(dir.path(), 0, number).expect("reads");
            leaves.extend(tile.expect("is there"));
        }
        assert_eq!(leaves.len() as u64, RECORDS / 256 * 256);
        assert!(read_tile(dir.path(), 0, RECORDS / 256)
            .expect("reads")
            .is_none());
        let level = |level: usize, number: u64| {
            let tile = read_tile(dir.path(), level, number).expect("reads");
            tile.expect("is there")
        };
        for (number, hashes) in leaves.chunks(WIDTH).enumerate() {
            let mut tree = Tree::default();
            tree.extend(hashes);
            assert_eq!(level(1, number as u64 / 256)[number % 256], tree.root());
        }
        let mut tree = Tree::default();
        tree.extend(&leaves[..1 << 16]);
        assert_eq!(level(2, 0), [tree.root()]);
        let (verdict, found) = verify(dir.path(), None);
        assert_eq!((verdict.damage, found.root), (damage::NONE, root));
        assert_eq!((found.tiles, found.missing_tiles), (257 + 2 + 1 + 1, 0));
        all.push(all_tiles(dir.path()));
    }
    assert_eq!(all[0], all[1]);
}

#[test]
fn a_proof_reads_tiles_and_the_end_of_the_log_and_nothing_else() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::MEMORY, RECORDS);
    let roots = roots(&SIZES);
    proofs_hold(dir.path(), &roots);
    // What is not there cannot have been read.
    for number in 1.. {
        if !segment_path(dir.path(), number + 1).exists() {
            assert!(number > 3, "the log has more segments than it needs");
            break;
        }
        fs::remove_file(segment_path(dir.path(), number)).expect("removes");
    }
    proofs_hold(dir.path(), &roots);
}

#[test]
fn a_log_that_is_opened_again_goes_on_with_its_tiles() {
    let (once, again) = (Scratch::new(), Scratch::new());
    log_of(once.path(), durability::MEMORY, RECORDS);
    for size in [0, 1, 255, 257, 20_000, 20_000, 65_536, 65_900, RECORDS] {
        log_of(again.path(), durability::BATCH, size);
        let (verdict, found) = verify(again.path(), None);
        assert_eq!((verdict.damage, found.missing_tiles), (damage::NONE, 0));
    }
    assert_eq!(all_tiles(once.path()), all_tiles(again.path()));
}

/// What may happen to the bytes of a file of tiles, in the place of one of them.
type Harm = (&'static str, fn(&mut Vec<u8>, Range<usize>));

const HARMS: [Harm; 5] = [
    ("cut off", |bytes, tile| bytes.truncate(tile.start)),
    ("torn", |bytes, tile| {
        bytes.truncate(tile.start + tile.len() / 2 + 7);
    }),
    ("never written", |bytes, tile| bytes[tile].fill(0)),
    ("changed", |bytes, tile| {
        bytes[tile.start + tile.len() / 2] ^= 1
    }),
    ("replaced", |bytes, tile| bytes[tile].fill(0x5A)),
];

/// Stands for the head of all tiles.
const HEAD: usize = 9;

#[test]
fn whatever_happens_to_a_tile_proofs_hold_verification_names_it_and_mending_restores_it() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::MEMORY, RECORDS);
    let (roots, whole) = (roots(&SIZES), all_tiles(dir.path()));
    // Of the first segment, of one between, of the last, and above.
    for (level, number) in [
        (0, 0),
        (0, 117),
        (0, 256),
        (1, 0),
        (1, 1),
        (2, 0),
        (HEAD, 0),
    ] {
        for (name, harm) in HARMS {
            let path = if level == HEAD {
                head_path(dir.path())
            } else {
                tiles_path(dir.path(), level)
            };
            let mut bytes = fs::read(&path).expect("reads");
            let end = bytes.len().min((number + 1) * WIDTH * 32);
            harm(&mut bytes, number * WIDTH * 32..end);
            fs::write(&path, bytes).expect("writes");
            proofs_hold(dir.path(), &roots);
            let (verdict, found) = verify(dir.path(), None);
            let about = format!("tile {level}/{number} {name}: {verdict:?} {found:?}");
            let gone = level == HEAD || matches!(name, "cut off" | "torn");
            let mended = mend_tiles(dir.path()).expect("mends");
            if gone {
                assert_eq!(verdict.damage, damage::NONE, "{about}");
                // With it go those behind it.
                assert!(found.missing_tiles >= 1, "{about}");
                assert_eq!(mended, found.missing_tiles, "{about}");
            } else {
                assert_eq!(verdict.damage, damage::WRONG_TILE, "{about}");
                let place = (verdict.bad_segment, verdict.bad_offset);
                assert_eq!(place, (level as u64, number as u64), "{about}");
                let first = verdict.bad_index >> (8 * (level + 1));
                assert_eq!(
                    (first, verdict.records),
                    (number as u64, RECORDS),
                    "{about}"
                );
                assert_eq!(mended, 1, "{about}");
            }
            assert_eq!(all_tiles(dir.path()), whole, "{about}");
        }
    }
    assert_eq!(mend_tiles(dir.path()).expect("mends"), 0);
}

#[test]
fn of_several_wrong_hashes_the_first_is_named_with_the_record_it_is_over() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::MEMORY, 5_000);
    let whole = all_tiles(dir.path());
    for (level, wrong, first) in [
        (0, [5 * 256 + 3, 5 * 256 + 200, 9 * 256 + 1], 5 * 256 + 3),
        (1, [7, 8, 11], 7 * 256),
    ] {
        let path = tiles_path(dir.path(), level);
        let mut bytes = fs::read(&path).expect("reads");
        for hash in wrong {
            bytes[hash * 32 + 31] ^= 1;
        }
        fs::write(&path, bytes).expect("writes");
        let (verdict, _) = verify(dir.path(), None);
        assert_eq!(verdict.damage, damage::WRONG_TILE);
        assert_eq!(
            (verdict.bad_offset, verdict.bad_index),
            ((wrong[0] / 256) as u64, first)
        );
        assert_eq!(mend_tiles(dir.path()).expect("mends"), 2 - level as u64);
        assert_eq!(all_tiles(dir.path()), whole);
    }
}

#[test]
fn tiles_are_for_their_owner_alone() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::BATCH, 1_000);
    let tile = dir.path().join("tile");
    let entries = fs::read_dir(&tile).expect("reads");
    let paths = entries.map(|entry| entry.expect("is an entry").path());
    for path in paths.chain([tile.clone()]) {
        let mode = fs::metadata(&path).expect("is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

fn cut(path: &Path, length: usize) {
    let bytes = fs::read(path).expect("reads");
    fs::write(path, &bytes[..length]).expect("writes");
}

#[test]
fn a_log_that_has_lost_its_tiles_makes_them_anew_when_it_is_opened() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::MEMORY, RECORDS);
    let whole = all_tiles(dir.path());
    for harm in ["all", "edge", "last segment"] {
        match harm {
            "all" => fs::remove_dir_all(dir.path().join("tile")).expect("removes"),
            "edge" => cut(&tiles_path(dir.path(), 1), 256 * 32),
            _ => cut(&tiles_path(dir.path(), 0), 256 * 8192),
        }
        log_of(dir.path(), durability::BATCH, RECORDS);
        assert_eq!(all_tiles(dir.path()), whole, "{harm}");
    }
}

#[test]
fn tiles_of_records_that_were_lost_do_not_outlive_them() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::MEMORY, 30_000);
    // A loss of power took the end of the log and left the tiles.
    let path = segment_path(dir.path(), 2);
    let bytes = fs::read(&path).expect("reads");
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("writes");
    let mut log = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect("opens");
    let kept = log.next_index();
    assert!((20_000..30_000).contains(&kept), "{kept} records are left");
    let length = |level| fs::metadata(tiles_path(dir.path(), level)).map_or(0, |file| file.len());
    let tiles = kept / WIDTH as u64;
    assert_eq!((length(0), length(1)), (tiles * 8_192, tiles * 32));
    for index in kept..32_000 {
        let payload = (index + 7).to_le_bytes();
        log.append(record_type::NOTE, 1, 0, 0, 0, &[&payload])
            .expect("appends");
    }
    let mut early = LogTree::open(dir.path()).expect("opens");
    let size = early.size();
    let proof = early.prove(kept - 1, size).expect("proves");
    log.close().expect("closes");
    let (verdict, found) = verify(dir.path(), None);
    assert_eq!((verdict.damage, found.missing_tiles), (damage::NONE, 0));
    let mut late = LogTree::open(dir.path()).expect("opens");
    assert_eq!(late.prove(kept - 1, size).expect("proves"), proof);
}

#[test]
fn a_log_that_lost_all_but_its_beginning_has_no_tiles_and_no_head() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::MEMORY, 1_000);
    fs::write(segment_path(dir.path(), 0), {
        let other = Scratch::new();
        log_of(other.path(), durability::MEMORY, 100);
        fs::read(segment_path(other.path(), 0)).expect("reads")
    })
    .expect("writes");
    log_of(dir.path(), durability::BATCH, 100);
    assert_eq!(all_tiles(dir.path()), BTreeMap::new());
}

#[test]
fn a_head_with_something_behind_it_is_written_again_at_its_length() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::MEMORY, 1_000);
    let head = fs::read(head_path(dir.path())).expect("reads");
    fs::write(head_path(dir.path()), [&head[..], b"more"].concat()).expect("writes");
    log_of(dir.path(), durability::BATCH, 1_000);
    assert_eq!(fs::read(head_path(dir.path())).expect("reads"), head);
}

#[test]
fn mending_says_when_a_tile_cannot_be_written() {
    let dir = Scratch::new();
    log_of(dir.path(), durability::MEMORY, 1_000);
    fs::remove_dir_all(dir.path().join("tile")).expect("removes");
    fs::create_dir_all(tiles_path(dir.path(), 1)).expect("makes");
    let error = mend_tiles(dir.path()).expect_err("fails");
    assert_eq!(error.code(), code::IO);
}

#[test]
fn a_tile_that_cannot_be_written_ends_the_writing_of_tiles_and_nothing_else() {
    let dir = Scratch::new();
    let mut log = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect("opens");
    // No file can be made where a directory is: the first node above the leaves fails.
    fs::create_dir_all(tiles_path(dir.path(), 1)).expect("makes");
    grow(&mut log, 3_000);
    log.head();
    log.commit().expect("commits");
    let stopped = fs::metadata(tiles_path(dir.path(), 0)).map_or(0, |file| file.len());
    grow(&mut log, RECORDS);
    let head = log.close().expect("closes").head;
    let length = fs::metadata(tiles_path(dir.path(), 0)).map_or(0, |file| file.len());
    assert_eq!(length, stopped, "tiles went on behind one that is missing");
    assert!(!head_path(dir.path()).exists());
    assert_eq!(head, roots(&[RECORDS])[&RECORDS]);
    proofs_hold(dir.path(), &roots(&[30_000, RECORDS]));
}

#[test]
fn a_log_that_is_being_written_proves_what_it_has_written() {
    let dir = Scratch::new();
    let mut log = AuditLog::open(dir.path(), durability::BATCH, SEGMENT_BYTES).expect("opens");
    let mut sizes = Vec::new();
    for size in [300, 2_000, 9_000, 20_000, 20_001] {
        grow(&mut log, size);
        log.commit().expect("commits");
        let mut tree = LogTree::open(dir.path()).expect("opens");
        assert_eq!(tree.size(), size);
        sizes.push(size);
        let root = roots(&sizes)[&size];
        for index in [0, size / 2, size - 1] {
            let proof = tree.prove(index, size).expect("proves");
            assert_eq!(proof.root, root);
        }
        assert_eq!(verify(dir.path(), None).1.missing_tiles, 0);
    }
    let refused = mend_tiles(dir.path()).err().map(|error| error.code());
    assert_eq!(refused, Some(code::LOCKED));
}

#[test]
fn a_payload_that_looks_like_the_end_of_a_log_is_not_taken_for_it() {
    let (dir, other) = (Scratch::new(), Scratch::new());
    log_of(other.path(), durability::MEMORY, 40);
    let fake = fs::read(segment_path(other.path(), 0)).expect("reads");
    let mut log = AuditLog::open(dir.path(), durability::BATCH, 64 << 20).expect("opens");
    for _ in 0..90 {
        log.append(record_type::NOTE, 1, 0, 0, 0, &[&fake[128..]])
            .expect("appends");
        log.commit().expect("commits");
    }
    let root = log.close().expect("closes").head;
    let mut tree = LogTree::open(dir.path()).expect("opens");
    let proof = tree.prove(89, 90).expect("proves");
    assert_eq!((tree.size(), proof.root), (90, root));
}

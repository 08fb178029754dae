//! The tree of RFC 6962 and proofs about it: published vectors, the definition, and proofs that must fail.
mod audit_support;

use audit_support::{append, small_log, Scratch};
use cwts_core::audit::format::{segment_path, Hash};
use cwts_core::audit::proof::{
    consistency, inclusion, verify_consistency, verify_inclusion, Subtrees,
};
use cwts_core::audit::sha::{hash_one, node, LEAF};
use cwts_core::audit::tree::Tree;
use cwts_core::audit::{AuditLog, LogTree};
use cwts_core::layout::code;
use std::io;

/// Leaves and roots by size: `testonly/constants.go` of transparency-dev/merkle.
const INPUTS: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
/// From size 1 to size 8: `testdata/consistency/1/happy-path.json` of the same.
const CONSISTENCY_1_8: [&str; 3] = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
];

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("is hexadecimal"))
        .collect()
}

fn hash(text: &str) -> Hash {
    unhex(text).try_into().expect("32 bytes")
}

struct Leaves(Vec<Hash>);

impl Leaves {
    fn published() -> Self {
        Self(INPUTS.map(|input| hash_one(LEAF, &unhex(input))).to_vec())
    }

    fn numbered(count: u64) -> Self {
        Self(
            (0..count)
                .map(|one| hash_one(LEAF, &one.to_be_bytes()))
                .collect(),
        )
    }

    fn root(&self, size: u64) -> Hash {
        let mut tree = Tree::default();
        tree.extend(&self.0[..size as usize]);
        tree.root()
    }
}

impl Subtrees for Leaves {
    fn perfect(&mut self, level: u32, index: u64) -> io::Result<Hash> {
        if level == 0 {
            return Ok(self.0[index as usize]);
        }
        let left = self.perfect(level - 1, index * 2)?;
        let right = self.perfect(level - 1, index * 2 + 1)?;
        Ok(node(&left, &right))
    }
}

#[test]
fn the_published_roots_come_out() {
    let leaves = Leaves::published();
    for (size, root) in (0..).zip(ROOTS) {
        assert_eq!(leaves.root(size), hash(root), "of {size} leaves");
    }
}

#[test]
fn the_published_consistency_proof_comes_out() {
    let mut leaves = Leaves::published();
    let proof = consistency(&mut leaves, 1, 8).expect("has all leaves");
    assert_eq!(proof, CONSISTENCY_1_8.map(hash));
    assert!(verify_consistency(
        1,
        8,
        &hash(ROOTS[1]),
        &hash(ROOTS[8]),
        &proof
    ));
}

/// A proof that is not the right one: an element gone, one too many, one changed, two swapped.
fn spoiled(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..proof.len() {
        let mut changed = proof.to_vec();
        changed[at][at % 32] ^= 0x10;
        all.push(changed);
        let mut shorter = proof.to_vec();
        shorter.remove(at);
        all.push(shorter);
        if at > 0 && proof[at] != proof[at - 1] {
            let mut swapped = proof.to_vec();
            swapped.swap(at, at - 1);
            all.push(swapped);
        }
    }
    for at in 0..=proof.len() {
        let mut longer = proof.to_vec();
        longer.insert(at, [7; 32]);
        all.push(longer);
    }
    all
}

#[test]
fn every_inclusion_proof_up_to_70_leaves_leads_to_its_root_and_to_no_other() {
    let mut leaves = Leaves::numbered(70);
    for size in 1..=70 {
        let root = leaves.root(size);
        for index in 0..size {
            let path = inclusion(&mut leaves, index, size).expect("has all leaves");
            let leaf = leaves.0[index as usize];
            assert!(verify_inclusion(&leaf, index, size, &path, &root));
            for path in spoiled(&path) {
                assert!(!verify_inclusion(&leaf, index, size, &path, &root));
            }
            let mut other = leaf;
            other[0] ^= 1;
            assert!(!verify_inclusion(&other, index, size, &path, &root));
            assert!(!verify_inclusion(&leaf, index, size, &path, &other));
            assert!(!verify_inclusion(&leaf, size, size, &path, &root));
            for elsewhere in (0..size).filter(|one| *one != index) {
                assert!(!verify_inclusion(&leaf, elsewhere, size, &path, &root));
            }
        }
    }
}

#[test]
fn every_consistency_proof_up_to_40_leaves_joins_its_roots_and_no_others() {
    let mut leaves = Leaves::numbered(40);
    for later in 1..=40 {
        let second = leaves.root(later);
        for earlier in 1..=later {
            let first = leaves.root(earlier);
            let path = consistency(&mut leaves, earlier, later).expect("has all leaves");
            assert!(verify_consistency(earlier, later, &first, &second, &path));
            for path in spoiled(&path) {
                assert!(!verify_consistency(earlier, later, &first, &second, &path));
            }
            let mut other = first;
            other[31] ^= 0x80;
            assert!(!verify_consistency(earlier, later, &other, &second, &path));
            assert!(!verify_consistency(earlier, later, &first, &other, &path));
            assert!(
                later == earlier || !verify_consistency(later, earlier, &second, &first, &path)
            );
            for elsewhere in (1..later).filter(|one| *one != earlier && later != earlier) {
                assert!(!verify_consistency(
                    elsewhere, later, &first, &second, &path
                ));
            }
        }
        // Nothing is a beginning of everything.
        assert!(verify_consistency(0, later, &leaves.root(0), &second, &[]));
        assert!(!verify_consistency(
            0,
            later,
            &leaves.root(0),
            &second,
            &[second]
        ));
    }
}

/// A tree too large to exist: every perfect subtree of a level has the same hash, so any place of it can be computed.
struct Vast(Vec<Hash>);

impl Vast {
    fn new() -> Self {
        let mut levels = vec![hash_one(LEAF, b"grain")];
        for level in 0..63 {
            levels.push(node(&levels[level], &levels[level]));
        }
        Self(levels)
    }
}

impl Subtrees for Vast {
    fn perfect(&mut self, level: u32, _: u64) -> io::Result<Hash> {
        Ok(self.0[level as usize])
    }
}

#[test]
fn proofs_hold_in_trees_of_any_size() {
    let mut vast = Vast::new();
    let leaf = vast.0[0];
    for size in [1_000_000_007, 1 << 40, (1 << 62) + 12_345, (1 << 63) - 1] {
        let root = vast.over(0, size).expect("is computed");
        for index in [0, 1, size / 3, size - 2, size - 1] {
            let path = inclusion(&mut vast, index, size).expect("is computed");
            assert!(path.len() <= 63);
            assert!(verify_inclusion(&leaf, index, size, &path, &root));
            assert!(!verify_inclusion(&leaf, index, size + 1, &path, &root) || index + 1 < size);
        }
        for earlier in [1, size / 2, size - 1] {
            let first = vast.over(0, earlier).expect("is computed");
            let path = consistency(&mut vast, earlier, size).expect("is computed");
            assert!(verify_consistency(earlier, size, &first, &root, &path));
        }
    }
}

#[test]
fn a_log_on_disk_proves_every_record_and_every_beginning_whatever_its_segments() {
    const RECORDS: u64 = 45;
    let mut memory = AuditLog::memory();
    let roots: Vec<Hash> = (0..=RECORDS)
        .map(|size| {
            let root = memory.head().head;
            if size < RECORDS {
                append(&mut memory);
            }
            root
        })
        .collect();
    for segment_bytes in [256, 700, 1_500, 1 << 20] {
        let dir = Scratch::new();
        small_log(dir.path(), RECORDS, segment_bytes);
        let mut log = LogTree::open(dir.path()).expect("opens");
        assert_eq!(log.size(), RECORDS);
        for size in 1..=RECORDS {
            let root = roots[size as usize];
            for index in 0..size {
                let proof = log.prove(index, size).expect("proves");
                assert_eq!((proof.size, proof.root), (size, root));
                assert!(verify_inclusion(
                    &proof.from,
                    index,
                    size,
                    &proof.path,
                    &root
                ));
            }
            for earlier in 1..=size {
                let proof = log.prove_beginning(earlier, size).expect("proves");
                let first = roots[earlier as usize];
                assert_eq!((proof.root, proof.from), (root, first));
                assert!(verify_consistency(
                    earlier,
                    size,
                    &first,
                    &root,
                    &proof.path
                ));
            }
        }
    }
}

#[test]
fn what_is_not_in_the_log_is_not_proven() {
    let dir = Scratch::new();
    small_log(dir.path(), 20, 900);
    let mut log = LogTree::open(dir.path()).expect("opens");
    for (index, size) in [(20, 20), (3, 21), (5, 5), (0, 0)] {
        let error = log.prove(index, size).expect_err("is not there");
        assert_eq!(error.code(), code::BAD_ARGUMENT);
    }
    for (earlier, later) in [(0, 5), (6, 5), (5, 21)] {
        let error = log.prove_beginning(earlier, later).expect_err("is none");
        assert_eq!(error.code(), code::BAD_ARGUMENT);
    }
    let nowhere = Scratch::new();
    assert_eq!(
        LogTree::open(nowhere.path())
            .err()
            .map(|error| error.code()),
        Some(code::IO)
    );
}

#[test]
fn a_damaged_segment_proves_nothing() {
    let dir = Scratch::new();
    small_log(dir.path(), 20, 900);
    let path = segment_path(dir.path(), 1);
    let mut bytes = std::fs::read(&path).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).expect("writes");
    let mut log = LogTree::open(dir.path()).expect("opens");
    let in_it = cwts_core::audit::format::SegmentHeader::decode(&bytes)
        .expect("has a header")
        .first_index();
    let error = log.prove(in_it, 20).expect_err("is damaged");
    assert_eq!(error.code(), code::IO);
    assert!(error.to_string().contains("damaged"), "{error}");
}

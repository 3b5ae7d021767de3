//! The known vectors of RFC 6962's reference implementation (certificate-transparency's
//! `merkle_tree_test`), a second construction straight from the definition, and all small proofs.

mod evidence;
mod notary;
mod oracle;
mod rotation;
mod witness;

use std::ops::Range;

use super::*;
use crate::{
    base::{Seq, TimestampMs, digest::Sha256Digest},
    wal::Record,
};

/// Leaf data of the reference implementation's test.
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

/// Roots over the first 1, 2, ... 8 of them.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn leaves(count: u64) -> Vec<Sha256Digest> {
    (0..count).map(|number| hash_leaf(&number.to_le_bytes())).collect()
}

/// The root as RFC 6962 defines it, recursively.
fn defined_root(leaves: &[Sha256Digest]) -> Sha256Digest {
    match leaves {
        [] => Sha256Digest::of(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            hash_node(&defined_root(left), &defined_root(right))
        }
    }
}

#[test]
fn the_root_of_nothing_is_the_hash_of_nothing() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Tree::default().root().to_string(), empty);
}

#[test]
fn roots_are_those_of_the_reference_implementation() {
    let mut tree = Tree::default();
    for (count, (input, root)) in (1..).zip(INPUTS.iter().zip(ROOTS)) {
        tree.push(hash_leaf(&unhex(input)));
        assert_eq!(tree.root().to_string(), root, "of {count} leaves");
        assert_eq!(tree.leaves(), count);
    }
}

#[test]
fn the_grown_tree_is_the_defined_one() {
    let leaves = leaves(300);
    let mut tree = Tree::default();
    for count in 0..300 {
        assert_eq!(tree.root(), defined_root(&leaves[..count]), "of {count} leaves");
        tree.push(leaves[count]);
    }
}

/// A number of a leaf, as an index.
pub(super) fn at(index: u64) -> usize {
    usize::try_from(index).unwrap()
}

/// A tree whose subtrees are all at hand.
pub(super) struct Shelf {
    heights: Vec<Vec<Sha256Digest>>,
}

impl Shelf {
    pub(super) fn of(leaves: Vec<Sha256Digest>) -> Self {
        let mut heights = vec![leaves];
        while heights[heights.len() - 1].len() > 1 {
            let (pairs, _) = heights[heights.len() - 1].as_chunks();
            heights.push(pairs.iter().map(|[left, right]| hash_node(left, right)).collect());
        }
        Self { heights }
    }

    pub(super) fn root(&self, range: &Range<u64>) -> Sha256Digest {
        let parts = parts::perfect(range).into_iter();
        let roots = parts.map(|(height, at)| self.heights[height as usize][self::at(at)]);
        tree::join(&roots.collect::<Vec<_>>())
    }

    pub(super) fn inclusion(&self, index: u64, leaves: u64) -> Inclusion {
        let path =
            Inclusion::parts(index, leaves).unwrap().iter().map(|it| self.root(it)).collect();
        Inclusion { index, leaves, path }
    }

    pub(super) fn growth(&self, old: u64, new: u64) -> Consistency {
        let path = Consistency::parts(old, new).unwrap().iter().map(|it| self.root(it)).collect();
        Consistency { old, new, path }
    }
}

#[test]
fn known_proofs_are_made() {
    // Beside the way up from leaf 5 of 7: leaf 4, the lone leaf 6, the subtree of leaves 0 to 3.
    let (leaves, shelf) = (leaves(7), Shelf::of(leaves(7)));
    let left = defined_root(&leaves[..4]);
    assert_eq!(shelf.inclusion(5, 7).path, [leaves[4], leaves[6], left]);
    assert_eq!(Inclusion::parts(7, 7), None);
    // The examples of RFC 6962, section 2.1.3: PROOF(3, D[7]), PROOF(4, D[7]), PROOF(6, D[7]).
    let (pair, rest) = (defined_root(&leaves[..2]), defined_root(&leaves[4..]));
    let (a, b) = (defined_root(&leaves[2..4]), defined_root(&leaves[4..6]));
    assert_eq!(shelf.growth(3, 7).path, [leaves[2], leaves[3], pair, rest]);
    assert_eq!(shelf.growth(4, 7).path, [rest]);
    assert_eq!(shelf.growth(6, 7).path, [b, leaves[6], left]);
    assert_eq!(hash_node(&pair, &a), left);
    assert_eq!((Consistency::parts(7, 7), Consistency::parts(8, 7)), (Some(vec![]), None));
}

#[test]
fn a_changed_proof_does_not_hold() {
    let (leaves, shelf) = (leaves(37), Shelf::of(leaves(37)));
    for count in [1, 2, 3, 7, 8, 20, 37] {
        let root = shelf.root(&(0..count));
        for index in 0..count {
            let proof = shelf.inclusion(index, count);
            let leaf = leaves[at(index)];
            assert!(proof.holds(&leaf, &root));
            for path in bent(&proof.path) {
                assert!(!Inclusion { path, ..proof }.holds(&leaf, &root));
            }
            let elsewhere = Inclusion { index: proof.index + 1, ..proof.clone() };
            assert!(!elsewhere.holds(&leaf, &root));
            assert!(!proof.holds(&hash_leaf(b"another"), &root));
            assert!(!proof.holds(&leaf, &hash_leaf(b"another")));
        }
        for old in 1..count {
            let proof = shelf.growth(old, count);
            let old_root = shelf.root(&(0..old));
            assert!(proof.holds(&old_root, &root));
            for path in bent(&proof.path) {
                assert!(!Consistency { path, ..proof }.holds(&old_root, &root));
            }
            assert!(!proof.holds(&hash_leaf(b"another"), &root));
            assert!(!proof.holds(&old_root, &hash_leaf(b"another")));
            assert!(!Consistency { old: count, new: old, ..proof.clone() }.holds(&old_root, &root));
        }
    }
}

/// A path with any byte of it changed, one hash shorter, one longer.
fn bent(path: &[Sha256Digest]) -> Vec<Vec<Sha256Digest>> {
    let mut all = vec![[path, &[hash_leaf(b"more")]].concat()];
    for (at, byte) in (0..path.len()).flat_map(|at| (0..32).map(move |byte| (at, byte))) {
        let mut path = path.to_vec();
        path[at].0[byte] ^= 1;
        all.push(path);
    }
    all.extend(path.split_last().map(|(_, shorter)| shorter.to_vec()));
    all
}

#[test]
fn every_field_of_a_record_is_in_its_leaf() {
    let record = Record {
        seq: Seq(2),
        recorded_at: TimestampMs(1_700_000_000_000),
        event_type: 59,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload: b"moved".to_vec(),
        destroyed: None,
        place: None,
    };
    let spelled = [
        &b"runlog-leaf-v1"[..],
        &unhex("0200000000000000"),
        &unhex("0068e5cf8b010000"),
        &unhex("3b000101"),
        &Sha256Digest::of(b"moved").0,
    ]
    .concat();
    let data = leaf_data(&record);
    assert_eq!(data.to_vec(), spelled);
    let (seq, recorded_at, payload) = (Seq(2), record.recorded_at, Sha256Digest::of(b"moved"));
    let said = LeafData { seq, recorded_at, event_type: 59, event_version: 1, codec: 1, payload };
    assert_eq!(LeafData::parse(&data), Some(said));
    let others = [
        Record { seq: Seq(3), ..record.clone() },
        Record { recorded_at: TimestampMs(0), ..record.clone() },
        Record { event_type: 60, ..record.clone() },
        Record { event_version: 2, ..record.clone() },
        Record { codec: 2, ..record.clone() },
        Record { payload: b"stayed".to_vec(), ..record },
    ];
    for other in others {
        assert_ne!(leaf_data(&other).to_vec(), spelled);
    }
}

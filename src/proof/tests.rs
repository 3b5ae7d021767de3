//! The known vectors of RFC 6962's reference implementation (certificate-transparency's
//! `merkle_tree_test`), a second construction straight from the definition, and all small proofs.

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

#[test]
fn a_known_proof_is_made() {
    // Beside the way up from leaf 5 of 7: leaf 4, the lone leaf 6, the subtree of leaves 0 to 3.
    let leaves = leaves(7);
    let proof = prove_inclusion(&leaves, 5).unwrap();
    let left = defined_root(&leaves[..4]);
    assert_eq!(proof.path, [leaves[4], leaves[6], left]);
}

#[test]
fn every_leaf_of_every_small_tree_is_proved() {
    let leaves = leaves(130);
    for count in 1..=130 {
        let root = defined_root(&leaves[..count]);
        for index in 0..count {
            let proof = prove_inclusion(&leaves[..count], index).unwrap();
            assert!(proof.holds(&leaves[index], &root), "leaf {index} of {count}");
        }
        assert_eq!(prove_inclusion(&leaves[..count], count), None);
    }
}

#[test]
fn a_changed_proof_does_not_hold() {
    let leaves = leaves(37);
    for count in [1, 2, 3, 7, 8, 20, 37] {
        let root = defined_root(&leaves[..count]);
        for index in 0..count {
            let proof = prove_inclusion(&leaves[..count], index).unwrap();
            let leaf = leaves[index];
            for (at, byte) in
                (0..proof.path.len()).flat_map(|at| (0..32).map(move |byte| (at, byte)))
            {
                let mut bent = proof.clone();
                bent.path[at].0[byte] ^= 1;
                assert!(!bent.holds(&leaf, &root));
            }
            let mut shorter = proof.clone();
            if shorter.path.pop().is_some() {
                assert!(!shorter.holds(&leaf, &root));
            }
            let mut longer = proof.clone();
            longer.path.push(leaf);
            assert!(!longer.holds(&leaf, &root));
            let elsewhere = Inclusion { index: proof.index + 1, ..proof.clone() };
            assert!(!elsewhere.holds(&leaf, &root));
            assert!(!proof.holds(&hash_leaf(b"another"), &root));
            assert!(!proof.holds(&leaf, &hash_leaf(b"another")));
        }
    }
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
    assert_eq!(leaf_data(&record).to_vec(), spelled);
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

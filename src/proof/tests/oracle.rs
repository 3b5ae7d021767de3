//! The same from the hands of others: `tlog_tiles` and `signed_note`, which Cloudflare ported from Go's
//! checksum database and rest on another Ed25519.

use std::cell::{Cell, RefCell};

use signed_note::{Note as TheirNote, StandardVerifier, VerifierList};
use tlog_tiles::{
    Checkpoint as TheirCheckpoint, Error, Hash, HashReader, Tile, TileHashReader, TileReader,
    check_record, check_tree, prove_record, prove_tree, record_hash, stored_hashes, tree_hash,
};

use super::{Shelf, at, notary::Signing};
use crate::{
    base::{Seq, digest::Sha256Digest},
    proof::{Notary, hash_leaf, leaf_data},
};

/// All sizes up to here.
const LEAVES_MAX: u64 = 300;

/// Their hashes, in their order.
#[derive(Default)]
struct Stored(RefCell<Vec<Hash>>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let hashes = self.0.borrow();
        Ok(indexes.iter().map(|index| hashes[at(*index)]).collect())
    }
}

fn theirs(path: &[Sha256Digest]) -> Vec<Hash> {
    path.iter().map(|hash| Hash(hash.0)).collect()
}

/// Every inclusion and every consistency proof up to 300 leaves is the one that they make, and they
/// and we accept it.
#[test]
fn all_small_proofs_are_those_of_another_implementation() {
    let stored = Stored::default();
    for number in 0..LEAVES_MAX {
        let new = stored_hashes(number, &number.to_le_bytes(), &stored).unwrap();
        stored.0.borrow_mut().extend(new);
    }
    let leaves: Vec<_> = (0..LEAVES_MAX).map(|it| hash_leaf(&it.to_le_bytes())).collect();
    let shelf = Shelf::of(leaves.clone());
    let roots: Vec<_> = (0..=LEAVES_MAX).map(|size| shelf.root(&(0..size))).collect();
    let mut proofs = 0;
    for size in 1..=LEAVES_MAX {
        let root = roots[at(size)];
        assert_eq!(Hash(root.0), tree_hash(size, &stored).unwrap());
        for index in 0..size {
            let (proof, leaf) = (shelf.inclusion(index, size), leaves[at(index)]);
            let path = theirs(&proof.path);
            assert_eq!(path, prove_record(size, index, &stored).unwrap(), "{index} of {size}");
            assert!(proof.holds(&leaf, &root), "{index} of {size}");
            check_record(&path, size, Hash(root.0), index, record_hash(&index.to_le_bytes()))
                .unwrap();
            let (old, old_root) = (index + 1, roots[at(index) + 1]);
            let growth = shelf.growth(old, size);
            let path = theirs(&growth.path);
            assert_eq!(path, prove_tree(size, old, &stored).unwrap(), "{old} to {size}");
            assert!(growth.holds(&old_root, &root), "{old} to {size}");
            check_tree(&path, size, Hash(root.0), old, Hash(old_root.0)).unwrap();
            proofs += 2;
        }
    }
    assert_eq!(proofs, LEAVES_MAX * (LEAVES_MAX + 1));
}

/// Our tiles, as their client asks for them.
struct Tiles<'a> {
    notary: &'a Notary,
    /// The number of the byte of the answers that comes over the wire changed.
    damaged: Option<usize>,
    /// The most bytes that were read at once.
    read: Cell<usize>,
}

impl<'a> Tiles<'a> {
    fn of(notary: &'a Notary) -> Self {
        Self { notary, damaged: None, read: Cell::new(0) }
    }
}

impl TileReader for Tiles<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = tiles.iter().map(|tile| {
            let (level, width) = (tile.level().into(), tile.width().into());
            self.notary.tile(level, tile.level_index(), width).unwrap()
        });
        let mut read: Vec<Vec<u8>> = read.collect();
        self.read.set(self.read.get().max(read.iter().map(Vec::len).sum()));
        let byte = self.damaged.and_then(|at| read.iter_mut().flatten().nth(at));
        if let Some(byte) = byte {
            *byte ^= 1;
        }
        Ok(read)
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// Their reader takes our checkpoint, proves every event from our tiles, and finds every changed byte.
#[test]
fn others_read_our_checkpoint_and_tiles() {
    let signing = Signing::with(70_000);
    let notary = &signing.notary;
    let (_, note) = &*notary.attest(Seq(70_000)).unwrap();
    let verifier = StandardVerifier::new(&notary.key().to_string()).unwrap();
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let note = TheirNote::from_bytes(note.to_string().as_bytes()).unwrap();
    assert_eq!(note.verify(&known).unwrap().0.len(), 1);
    let checkpoint = TheirCheckpoint::from_bytes(note.text()).unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), (notary.key().name(), 70_000));

    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    let tiles = Tiles::of(notary);
    let reader = TileHashReader::new(size, root, &tiles);
    for index in [0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999] {
        let data = leaf_data(&signing.log().read(Seq(index + 1)).unwrap());
        let proof = prove_record(size, index, &reader).unwrap();
        check_record(&proof, size, root, index, record_hash(&data)).unwrap();
        assert_eq!(proof, theirs(&notary.prove(Seq(index + 1)).unwrap().path));
        let entries = notary.entries(index / 256, 256.min(size - index / 256 * 256)).unwrap();
        let start = at(index % 256) * 68;
        assert_eq!(entries[start..start + 68], [&[0, 66][..], &data].concat());
    }
    let tiles = Tiles::of(notary);
    let right = prove_record(size, 300, &TileHashReader::new(size, root, &tiles)).unwrap();
    let wanted = tiles.read.get();
    let leaf = record_hash(&leaf_data(&signing.log().read(Seq(301)).unwrap()));
    for at in (0..wanted).step_by(if cfg!(debug_assertions) { 997 } else { 7 }) {
        let tiles = Tiles { damaged: Some(at), ..Tiles::of(notary) };
        let proof = prove_record(size, 300, &TileHashReader::new(size, root, &tiles));
        // Their reader does not hold every tile to its parent; then the proof does not hold.
        let taken =
            proof.is_ok_and(|it| it != right && check_record(&it, size, root, 300, leaf).is_ok());
        assert!(!taken, "byte {at} of {wanted} was changed");
    }
}

/// Their verifier finds every changed byte of a checkpoint.
#[test]
fn others_refuse_a_changed_checkpoint() {
    let signing = Signing::with(5);
    let key = signing.notary.key();
    let bytes = signing.notary.last().1.to_string().into_bytes();
    for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut bent = bytes.clone();
        bent[at] ^= 1 << bit;
        let verifier = StandardVerifier::new(&key.to_string()).unwrap();
        let known = VerifierList::new(vec![Box::new(verifier)]);
        let theirs = TheirNote::from_bytes(&bent).is_ok_and(|note| note.verify(&known).is_ok());
        let note = crate::proof::Note::parse(&bent);
        let ours =
            note.is_ok_and(|note| matches!(note.signed_by(key), crate::proof::Signed::Well(_)));
        assert_eq!((ours, theirs), (false, false), "bit {bit} of byte {at}");
    }
}

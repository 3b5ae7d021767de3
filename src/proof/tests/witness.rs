//! A witness that watches over a log: it cosigns growth, and nothing else.

use std::sync::Arc;

use super::{
    super::*,
    notary::{Signing, append},
};
use crate::base::{Clock, Seq, TimestampMs, disk::memory::MemoryDisk};

struct Noon;

impl Clock for Noon {
    fn now(&self) -> TimestampMs {
        TimestampMs(1_700_000_000_000)
    }
}

fn open(disk: &MemoryDisk, signing: &Signing) -> Witness {
    let logs = vec![signing.notary.key().clone()];
    Witness::open(Arc::new(disk.clone()), "/witness".as_ref(), logs).unwrap()
}

/// What is asked when the witness is taken to have seen `old` events.
fn ask(signing: &Signing, old: u64) -> String {
    let (checkpoint, note) = &*signing.notary.last();
    request(&signing.notary.prove_growth(old, checkpoint.size).unwrap(), note)
}

fn told(witness: &Witness, request: &str) -> Result<String, Unwitnessed> {
    witness.add_checkpoint(request.as_bytes(), &Noon)
}

#[test]
fn growth_is_cosigned_and_remembered() {
    let mut signing = Signing::with(5);
    let mut disk = MemoryDisk::default();
    let mut witness = open(&disk, &signing);
    let mut seen = 0;
    for more in [0, 3, 300] {
        append(&mut signing.wal, more, b"");
        let signed = signing.notary.attest(signing.log().head()).unwrap();
        let line = told(&witness, &ask(&signing, seen)).unwrap();
        let signatures = vec![Signature::parse(line.trim()).unwrap()];
        let note = Note { text: signed.1.text.clone(), signatures };
        assert_eq!(note.signed_by(witness.key()), Signed::Well(Some(1_700_000_000)));
        assert_eq!(witness.key().algorithm(), Algorithm::Cosignature);
        // The same again is the same again; a size that it has not seen is not.
        seen = signed.0.size;
        told(&witness, &ask(&signing, seen)).unwrap();
        let conflict = told(&witness, &ask(&signing, seen - 1)).unwrap_err();
        assert!(matches!(conflict, Unwitnessed::Conflict(size) if size == seen), "{conflict}");
        let key = witness.key().clone();
        disk = disk.after_power_cut(0, 0.0);
        witness = open(&disk, &signing);
        assert_eq!(*witness.key(), key);
    }
}

#[test]
fn forks_and_strangers_are_refused() {
    let mut signing = Signing::with(5);
    let disk = MemoryDisk::default();
    let witness = open(&disk, &signing);
    let other = Signing::with(5);
    let unknown = told(&witness, &ask(&other, 0)).unwrap_err();
    assert!(matches!(unknown, Unwitnessed::Unknown(_)), "{unknown}");
    // In the log's name, by another key.
    let key = SigningKey::from_seed(signing.notary.key().name(), Algorithm::Signature, [3; 32]);
    let forged = |size, root| {
        let origin = signing.notary.key().name().to_owned();
        Note::signed(Checkpoint { origin, size, root }.text(), &[&key])
    };
    let growth = Consistency { old: 0, new: 9, path: vec![] };
    let unsigned = told(&witness, &request(&growth, &forged(9, hash_leaf(b"x")))).unwrap_err();
    assert!(matches!(unsigned, Unwitnessed::Unsigned), "{unsigned}");

    told(&witness, &ask(&signing, 0)).unwrap();
    let old = signing.notary.last();
    append(&mut signing.wal, 4, b"");
    signing.notary.attest(Seq(9)).unwrap();
    let good = ask(&signing, 5);
    let less = told(&witness, &request(&Consistency { old: 6, new: 5, path: vec![] }, &old.1));
    assert!(matches!(less, Err(Unwitnessed::Malformed(_))));
    let mut growth = signing.notary.prove_growth(5, 9).unwrap();
    growth.path[0].0[7] ^= 1;
    let inconsistent = told(&witness, &request(&growth, &signing.notary.last().1)).unwrap_err();
    assert!(matches!(inconsistent, Unwitnessed::Inconsistent), "{inconsistent}");

    // A fork, well signed: the same log from its first start on, with other events.
    let (lines, note) = good.split_once("\n\n").unwrap();
    let forked = request(&Consistency { old: 5, new: 9, path: vec![] }, &signing.notary.last().1);
    assert!(matches!(told(&witness, &forked), Err(Unwitnessed::Inconsistent)));
    for at in 0..good.len() {
        let mut bent = good.clone().into_bytes();
        bent[at] ^= 1;
        assert!(witness.add_checkpoint(&bent, &Noon).is_err(), "byte {at}");
    }
    assert!(lines.starts_with("old 5\n") && note.starts_with("runlog/"));
    told(&witness, &good).unwrap();
    // An old log with what was new is a fork, too.
    let back = told(&witness, &request(&Consistency { old: 9, new: 5, path: vec![] }, &old.1));
    assert!(matches!(back, Err(Unwitnessed::Malformed(_))));
}

#[test]
fn a_memory_that_is_damaged_is_not_taken_for_none() {
    let signing = Signing::with(5);
    let disk = MemoryDisk::default();
    told(&open(&disk, &signing), &ask(&signing, 0)).unwrap();
    let file = disk.files().into_keys().find(|path| !path.ends_with("key")).unwrap();
    let damaged = disk.edited(&file, |bytes| bytes.truncate(3));
    let refused = told(&open(&damaged, &signing), &ask(&signing, 0));
    assert!(matches!(refused, Err(Unwitnessed::Malformed(_))));
}

//! Keys that change, and every way in which that can be cut short.

use std::sync::Arc;

use super::{
    super::*,
    notary::{Signing, append, wal},
};
use crate::{
    base::{
        Seq,
        disk::{
            Disk,
            faulty::{Fault, FaultyDisk},
            memory::MemoryDisk,
        },
    },
    wal::{LocalWal, Wal as _},
};

/// Puts a rotation into the log as the event would.
fn record(wal: &mut LocalWal, rotation: &Rotation) -> Seq {
    append(wal, 1, rotation.to.to_string().as_bytes());
    wal.reader().head()
}

fn open(disk: &Arc<dyn Disk>, wal: &LocalWal) -> Result<Notary, ProofError> {
    let (keys, cache) = (Signing::KEYS.as_ref(), Signing::CACHE.as_ref());
    Notary::open(Arc::clone(disk), keys, cache, wal.reader())
}

#[test]
fn the_old_key_vouches_for_the_new_one() {
    let Signing { disk, mut wal, notary } = Signing::with(5);
    let old = notary.key().clone();
    let recorded = |rotation: &Rotation| Ok::<_, ProofError>(record(&mut wal, rotation));
    let (new, evidence) = notary.rotate(recorded).unwrap();
    assert!(new != old && new.name() == old.name());
    for key in [&old, &new] {
        assert_eq!(evidence.clone().check(key, &[]).unwrap().leaf.seq, Seq(6));
    }
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let notary = open(&disk, &wal).unwrap();
    assert_eq!(notary.key(), &new);
    append(&mut wal, 1, b"");
    notary.attest(Seq(7)).unwrap();
    let evidence = notary.prove(Seq(6)).unwrap();
    evidence.clone().check(&new, &[]).unwrap();
    evidence.check(&old, &[]).unwrap_err();
}

#[test]
fn a_statement_is_signed_by_both() {
    let Signing { mut wal, notary, .. } = Signing::with(5);
    let recorded = |rotation: &Rotation| {
        let Rotation { from, to, statement } = rotation;
        let text = format!("runlog key rotation v1\n{}\n{from}\n{to}\n", from.name());
        assert_eq!(statement.text, text);
        for key in [from, to] {
            assert!(matches!(statement.signed_by(key), Signed::Well(_)));
        }
        Ok::<_, ProofError>(record(&mut wal, rotation))
    };
    notary.rotate(recorded).unwrap();
}

/// Whatever call fails and wherever the power goes, the next start signs with the old key or with the new
/// one: with the new one if that was said to anybody, and never before the log tells of it.
#[test]
fn a_rotation_that_is_cut_short_is_brought_to_an_end() {
    let start = Signing::with(5);
    let old = start.notary.key().clone();
    drop(start.notary);
    let before = start.disk.after_power_cut(0, 1.0);
    let rotate = |faulty: &FaultyDisk, disk: &MemoryDisk| {
        let shared: Arc<dyn Disk> = Arc::new(faulty.clone());
        let mut wal = wal(disk);
        let notary = open(&shared, &wal)?;
        notary.rotate(|rotation| Ok(record(&mut wal, rotation))).map(|(key, _)| key)
    };
    let clean = before.after_power_cut(0, 1.0);
    let counted = FaultyDisk::over_memory(&clean);
    rotate(&counted, &clean).unwrap();
    let calls = counted.calls().len();
    for fault in Fault::failures().chain([Fault::PowerOff]) {
        for call in 1..=calls {
            let disk = before.after_power_cut(0, 1.0);
            let faulty = FaultyDisk::over_memory(&disk);
            faulty.plan(call, fault);
            let said: Result<VerifierKey, ProofError> = rotate(&faulty, &disk);
            for (seed, keep) in [(1, 0.0), (2, 0.5), (3, 1.0)] {
                let found = disk.after_power_cut(seed, keep);
                let what = format!("{fault:?} at call {call}, {keep}");
                let log = wal(&found);
                let told = log.reader().head() == Seq(6);
                let shared: Arc<dyn Disk> = Arc::new(found.clone());
                let notary = open(&shared, &log).unwrap_or_else(|error| panic!("{what}: {error}"));
                let is_old = *notary.key() == old;
                assert!(told || is_old, "{what}: a key of which the log does not tell");
                if let Ok(new) = &said {
                    assert_eq!(notary.key(), new, "{what}");
                }
                let key = notary.key().clone();
                drop(notary);
                assert_eq!(*open(&shared, &log).unwrap().key(), key, "{what}: it stays");
                assert!(!found.files().keys().any(|path| path.ends_with("key.next")), "{what}");
            }
        }
    }
}

#[test]
fn a_log_goes_on_under_another_name() {
    let mut signing = Signing::with(5);
    let old = signing.notary.key().clone();
    append(&mut signing.wal, 1, b"");
    let short = {
        let early = Signing::with(5);
        drop(early.notary);
        early.disk.after_power_cut(0, 1.0)
    };
    drop(signing);
    let log = wal(&short);
    let anew = Anew::prepare(&short, Signing::KEYS.as_ref(), &*log.reader()).unwrap();
    let key = anew.key().clone();
    anew.begin(&short).unwrap();
    let disk: Arc<dyn Disk> = Arc::new(short.clone());
    let notary = open(&disk, &log).unwrap();
    assert!(*notary.key() == key && key != old && key.name().starts_with("runlog/"));
    assert_eq!(key.name().split('/').count(), 3);
    assert!(short.files().keys().any(|path| path.to_string_lossy().contains(".given-up-")));
}

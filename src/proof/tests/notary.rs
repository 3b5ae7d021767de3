//! Who signs for a log, over a disk in memory: what is signed goes on from what was signed, whatever
//! happens to log, hashes and checkpoint meanwhile.

use std::sync::Arc;

use super::super::*;
use crate::{
    base::{
        Seq, TimestampMs,
        disk::{
            Disk, Open,
            faulty::{Failure, Fault, FaultyDisk},
            memory::MemoryDisk,
        },
    },
    wal::{LocalWal, NewRecord, Options, Wal, WalReader},
};

/// A log with its notary.
pub(super) struct Signing {
    pub(super) disk: MemoryDisk,
    pub(super) wal: LocalWal,
    pub(super) notary: Notary,
}

impl Signing {
    pub(super) const KEYS: &str = "/keys";
    pub(super) const CACHE: &str = "/data/tlog";
    const LOG: &str = "/data/log";

    /// Of so many events.
    pub(super) fn with(events: u64) -> Self {
        let disk = MemoryDisk::default();
        let mut wal = wal(&disk);
        append(&mut wal, events, b"");
        let notary = notary(&disk, &wal).unwrap();
        Self { disk, wal, notary }
    }

    /// What another start finds on a disk.
    fn again(disk: &MemoryDisk) -> Result<Self, ProofError> {
        let wal = wal(disk);
        let notary = notary(disk, &wal)?;
        Ok(Self { disk: disk.clone(), wal, notary })
    }

    pub(super) fn log(&self) -> Arc<dyn WalReader> {
        self.wal.reader()
    }

    /// Ends; the disk as it is.
    fn ended(self) -> MemoryDisk {
        self.disk.after_power_cut(0, 1.0)
    }
}

pub(super) fn wal(disk: &MemoryDisk) -> LocalWal {
    let options = Options { segment_bytes: 1 << 16, ..Options::default() };
    LocalWal::open(Arc::new(disk.clone()), Signing::LOG.as_ref(), options).unwrap().0
}

fn notary(disk: &MemoryDisk, wal: &LocalWal) -> Result<Notary, ProofError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    Notary::open(disk, Signing::KEYS.as_ref(), Signing::CACHE.as_ref(), wal.reader())
}

pub(super) fn append(wal: &mut LocalWal, events: u64, what: &[u8]) {
    let first = wal.next().0;
    let payloads: Vec<_> =
        (first..first + events).map(|seq| [&seq.to_le_bytes(), what].concat()).collect();
    let record = |payload| NewRecord {
        recorded_at: TimestampMs(1),
        event_type: 7,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload,
    };
    for group in payloads.chunks(1000) {
        let group: Vec<_> = group.iter().map(|payload| record(payload.as_slice())).collect();
        wal.append(wal.next(), &group).unwrap();
    }
}

/// A disk with the data directory of one and the keys of another.
fn joined(data: &MemoryDisk, keys: &MemoryDisk) -> MemoryDisk {
    let data = data.files().into_iter().filter(|(path, _)| path.starts_with("/data"));
    let keys = keys.files().into_iter().filter(|(path, _)| path.starts_with(Signing::KEYS));
    MemoryDisk::with_files(data.chain(keys))
}

/// Every event of it is proved, under its last checkpoint.
fn proves_all(signing: &Signing) {
    let head = signing.log().head();
    signing.notary.attest(head).unwrap();
    for seq in 1..=head.0 {
        let evidence = signing.notary.prove(Seq(seq)).unwrap();
        evidence.check(signing.notary.key(), &[]).unwrap();
    }
}

#[test]
fn what_is_signed_grows_and_survives_restarts() {
    let mut signing = Signing::with(0);
    assert_eq!(signing.notary.last().0.size, 0);
    let key = signing.notary.key().clone();
    assert!(signing.notary.has_new_key());
    let mut checkpoints = vec![signing.notary.last()];
    for events in [1, 2, 300, 7, 1000] {
        append(&mut signing.wal, events, b"");
        checkpoints.push(signing.notary.attest(signing.log().head()).unwrap());
        signing = Signing::again(&signing.ended()).unwrap();
        assert_eq!((signing.notary.key(), signing.notary.has_new_key()), (&key, false));
        assert_eq!(signing.notary.last(), *checkpoints.last().unwrap());
    }
    for (old, new) in
        checkpoints.iter().flat_map(|old| checkpoints.iter().map(move |new| (&old.0, &new.0)))
    {
        let proof = signing.notary.prove_growth(old.size, new.size);
        assert_eq!(old.size <= new.size, proof.is_ok_and(|it| it.holds(&old.root, &new.root)));
    }
    proves_all(&signing);
}

#[test]
fn the_clerk_signs_at_the_end() {
    let mut signing = Signing::with(3);
    append(&mut signing.wal, 4, b"");
    let notary = Arc::new(signing.notary);
    drop(Clerk::start(Arc::clone(&notary)));
    assert_eq!(notary.last().0.size, 7);
}

#[test]
fn a_sealed_segment_is_noticed() {
    let mut signing = Signing::with(3);
    assert!(!signing.notary.follow().unwrap());
    append(&mut signing.wal, 3, b"");
    assert!(!signing.notary.follow().unwrap());
    append(&mut signing.wal, 1000, &[7; 100]);
    assert!(signing.notary.follow().unwrap());
    assert!(!signing.notary.follow().unwrap());
}

#[test]
fn an_old_log_with_a_new_checkpoint_is_refused() {
    let mut signing = Signing::with(300);
    let old = signing.disk.after_power_cut(0, 1.0);
    append(&mut signing.wal, 1, b"");
    signing.notary.attest(Seq(301)).unwrap();
    let new = signing.ended();
    let disk = joined(&old, &new);
    let before = disk.files();
    let refused = Signing::again(&disk).err().unwrap();
    assert!(matches!(refused, ProofError::Behind { head: Seq(300), size: 301, .. }), "{refused}");
    let told = witnessed(&disk, Signing::KEYS.as_ref(), &*wal(&disk).reader()).unwrap_err();
    assert!(matches!(told, ProofError::Behind { .. }));
    let keys = |disk: &MemoryDisk| {
        let files = disk.files().into_iter();
        files.filter(|(path, _)| path.starts_with(Signing::KEYS)).collect::<Vec<_>>()
    };
    let kept: Vec<_> = before.into_iter().filter(|(it, _)| it.starts_with(Signing::KEYS)).collect();
    assert_eq!(keys(&disk), kept, "nothing is signed over");
    Signing::again(&new).unwrap();
}

/// A log that was put back and went on differently is refused, with the hashes that were there, with
/// those of the first, and without any.
#[test]
fn a_fork_is_refused() {
    let mut signing = Signing::with(300);
    let mut other = Signing::again(&signing.disk.after_power_cut(0, 1.0)).unwrap();
    append(&mut signing.wal, 20, b"as it was");
    signing.notary.attest(Seq(320)).unwrap();
    append(&mut other.wal, 40, b"differently");
    let (first, second) = (signing.ended(), other.ended());
    let forked = joined(&second, &first);
    let tlog = |disk: &MemoryDisk| {
        let files = disk.files().into_iter();
        files.filter(|(path, _)| path.starts_with(Signing::CACHE)).collect::<Vec<_>>()
    };
    let bare: Vec<_> =
        forked.files().into_iter().filter(|(it, _)| !it.starts_with(Signing::CACHE)).collect();
    for hashes in [tlog(&second), tlog(&first), Vec::new()] {
        let disk = MemoryDisk::with_files(bare.iter().cloned().chain(hashes));
        let refused = Signing::again(&disk).err().unwrap();
        assert!(matches!(refused, ProofError::Forked { size: 320, .. }), "{refused}");
    }
    Signing::again(&first).unwrap();
}

/// Whatever byte of the hashes on disk changes, what is proved is right.
#[test]
fn damaged_hashes_are_made_again() {
    let disk = Signing::with(600).ended();
    for (path, bytes) in disk.files() {
        if !path.to_string_lossy().contains("/level-") {
            continue;
        }
        for at in (0..bytes.len()).step_by(if cfg!(debug_assertions) { 3001 } else { 97 }) {
            let edited = disk.edited(&path, |bytes| bytes[at] ^= 1);
            let mut signing = Signing::again(&edited).unwrap();
            append(&mut signing.wal, 3, b"");
            proves_all(&signing);
        }
        let edited = disk.edited(&path, |bytes| bytes.truncate(40));
        proves_all(&Signing::again(&edited).unwrap());
    }
}

/// The same while it runs, also for what is signed next.
#[test]
fn hashes_that_are_damaged_meanwhile_are_made_again() {
    let mut signing = Signing::with(600);
    for (path, bytes) in signing.disk.files() {
        if path.to_string_lossy().contains("/level-") {
            let file = signing.disk.open(&path, Open::Write).unwrap();
            file.write_at(0, &vec![7; bytes.len()]).unwrap();
        }
    }
    append(&mut signing.wal, 5, b"");
    let before = signing.notary.last();
    let after = signing.notary.attest(Seq(605)).unwrap();
    let growth = signing.notary.prove_growth(600, 605).unwrap();
    assert!(growth.holds(&before.0.root, &after.0.root));
    proves_all(&signing);
}

#[test]
fn a_changed_checkpoint_or_key_is_refused() {
    let disk = Signing::with(5).ended();
    let is_used = |byte: &u8| *byte != 0;
    for (path, bytes) in disk.files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !["checkpoint", "key"].contains(&&*name) {
            continue;
        }
        for at in 0..bytes.iter().filter(|byte| is_used(byte)).count() {
            let edited = disk.edited(&path, |bytes| bytes[at] ^= 4);
            let refused = Signing::again(&edited).err().unwrap_or_else(|| panic!("{name} {at}"));
            let fits = matches!(
                (&*name, &refused),
                ("key", ProofError::Key { .. } | ProofError::Checkpoint { .. })
                    | ("checkpoint", ProofError::Checkpoint { .. })
            );
            assert!(fits, "byte {at} of {name}: {refused}");
        }
    }
}

/// A power cut may have left the last checkpoint in part, which nobody has then; the one before counts.
#[test]
fn of_two_checkpoints_the_other_is_left() {
    let mut signing = Signing::with(5);
    append(&mut signing.wal, 2, b"");
    signing.notary.attest(Seq(7)).unwrap();
    let disk = signing.ended();
    let file = disk.files().into_keys().find(|path| path.ends_with("checkpoint")).unwrap();
    for at in (0..2 * 4096).step_by(if cfg!(debug_assertions) { 61 } else { 3 }) {
        let edited = disk.edited(&file, |bytes| bytes[at] ^= 4);
        let log = wal(&edited).reader();
        let (last, _) = last_signed(&edited, Signing::KEYS.as_ref(), &*log).unwrap().unwrap();
        assert!([5, 7].contains(&last.size));
        let again = Signing::again(&edited).unwrap();
        assert_eq!(again.notary.last().0.size, 7);
        proves_all(&again);
    }
}

/// Where there is no space, hashes wait in memory, and what was given its space is signed all the same.
#[test]
fn a_full_disk_does_not_keep_a_log_from_being_signed() {
    let disk = MemoryDisk::default();
    let faulty = FaultyDisk::over_memory(&disk);
    let shared: Arc<dyn Disk> = Arc::new(faulty.clone());
    let mut wal = wal(&disk);
    append(&mut wal, 300, b"");
    let (keys, cache) = (Signing::KEYS.as_ref(), Signing::CACHE.as_ref());
    let notary = Notary::open(shared, keys, cache, wal.reader()).unwrap();
    append(&mut wal, 700, b"");
    faulty.plan(1, Fault::Once(Failure::Full));
    notary.attest(Seq(1000)).unwrap();
    for seq in [1, 299, 300, 301, 700, 1000] {
        notary.prove(Seq(seq)).unwrap().check(notary.key(), &[]).unwrap();
    }
    assert!(faulty.failed().iter().any(|call| call.path.ends_with("level-0")));
    assert!(disk.files().iter().all(|(path, it)| !path.ends_with("level-0") || it.len() < 32_000));
    append(&mut wal, 1, b"");
    notary.attest(Seq(1001)).unwrap();
    drop(notary);
    let signing = Signing { notary: self::notary(&disk, &wal).unwrap(), disk, wal };
    proves_all(&signing);
}

#[test]
fn a_key_that_is_gone_is_missed() {
    let disk = Signing::with(5).ended();
    let without = |gone: &str| {
        let files = disk.files().into_iter().filter(|(path, _)| !path.ends_with(gone));
        Signing::again(&MemoryDisk::with_files(files)).err().unwrap()
    };
    assert!(matches!(without("key"), ProofError::KeyGone { .. }));
    let files = disk.files().into_iter().filter(|(path, _)| !path.starts_with(Signing::KEYS));
    let refused = Signing::again(&MemoryDisk::with_files(files)).err().unwrap();
    assert!(matches!(refused, ProofError::KeyGone { .. }));
}

#[test]
fn one_signs_at_a_time() {
    let signing = Signing::with(5);
    let refused = notary(&signing.disk, &signing.wal).err().unwrap();
    assert!(matches!(refused, ProofError::Disk(crate::base::disk::DiskError::Locked { .. })));
}

/// Whatever call fails, and wherever the power goes: a checkpoint that anybody got is kept, and the next
/// start goes on from it.
#[test]
fn what_was_given_out_is_never_forgotten() {
    let calls = {
        let clean = FaultyDisk::over(MemoryDisk::default());
        given_out(&clean);
        clean.calls().len()
    };
    for fault in Fault::failures().chain([Fault::PowerOff]) {
        for call in 1..=calls {
            let disk = MemoryDisk::default();
            let faulty = FaultyDisk::over_memory(&disk);
            faulty.plan(call, fault);
            let given = given_out(&faulty);
            for (seed, keep) in [(1, 0.0), (2, 0.5), (3, 1.0)] {
                let found = disk.after_power_cut(seed, keep);
                let log = wal(&found);
                let kept = last_signed(&found, Signing::KEYS.as_ref(), &*log.reader()).unwrap();
                let size = kept.map_or(0, |(checkpoint, _)| checkpoint.size);
                assert!(size >= given, "{fault:?} at call {call}: {size} of {given}");
                // A key that was never given out may be drawn anew.
                let signing = notary(&found, &log);
                signing.unwrap_or_else(|error| panic!("{fault:?} at call {call}: {error}"));
            }
        }
    }
}

/// Signs a few times over a disk that may fail; the size of the last checkpoint that was given out.
fn given_out(disk: &FaultyDisk) -> u64 {
    let options = Options { segment_bytes: 1 << 16, ..Options::default() };
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let Ok((mut wal, _)) = LocalWal::open(Arc::clone(&disk), Signing::LOG.as_ref(), options) else {
        return 0;
    };
    let Ok(notary) =
        Notary::open(disk, Signing::KEYS.as_ref(), Signing::CACHE.as_ref(), wal.reader())
    else {
        return 0;
    };
    let mut given = 0;
    for _ in 0..4 {
        let record = NewRecord {
            recorded_at: TimestampMs(1),
            event_type: 7,
            event_version: 1,
            codec: 1,
            batch_more: false,
            payload: b"x",
        };
        let Ok(seq) = wal.append(wal.next(), &[record]) else { return given };
        if let Ok(signed) = notary.attest(seq) {
            given = signed.0.size;
        }
    }
    given
}

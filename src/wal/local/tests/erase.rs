//! Payloads that are destroyed: what is left of them, of the others, and on the disk.

use std::{ops::RangeInclusive, path::Path, sync::Arc};

use super::{DIR, append, append_payloads, open, options, payload};
use crate::{
    base::{
        Seq,
        digest::Sha256Digest,
        disk::{Disk, memory::MemoryDisk},
    },
    wal::{Destroyed, Erasure, LocalReader, Wal as _, WalError, WalReader as _, local::verify},
};

/// Two in sealed segments, and one in the last.
const TARGETS: [u64; 3] = [5, 90, 119];
/// The records that destroy them; each ends with the substitute.
const BY: RangeInclusive<u64> = 121..=123;

fn substitute(target: u64) -> Vec<u8> {
    format!("instead of {target}").into_bytes()
}

/// 120 records in several segments, and three that say what is to be destroyed.
pub(super) fn log() -> MemoryDisk {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, options()).unwrap();
    for _ in 0..60 {
        append(&mut wal, 2).unwrap();
    }
    for target in TARGETS {
        append_payloads(&mut wal, &[[b"by ".to_vec(), substitute(target)].concat()]).unwrap();
    }
    Box::new(wal).close().unwrap();
    assert!(segments(&disk) > 2);
    disk
}

fn segments(disk: &MemoryDisk) -> usize {
    disk.files().keys().filter(|path| path.extension().is_some_and(|it| it == "runlog")).count()
}

fn erasures() -> Vec<Erasure> {
    let all = TARGETS.into_iter().zip(BY);
    all.map(|(seq, by)| {
        let substitute_len = substitute(seq).len().try_into().unwrap();
        Erasure { seq: Seq(seq), by: Seq(by), substitute_len }
    })
    .collect()
}

pub(super) fn erase(disk: &(impl Disk + Clone + 'static)) -> Result<(), WalError> {
    open(disk, options())?.0.erase(&erasures())
}

/// The log is as it was but for those of the targets that are destroyed: all of them if that was `done`. The
/// same again completes it.
pub(super) fn check(disk: &MemoryDisk, done: bool, what: &str) {
    let (wal, _) = open(disk, options()).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    look(&wal.local_reader(), |destroyed| destroyed || !done, what);
    wal.erase(&erasures()).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let (wal, report) = open(disk, options()).unwrap();
    assert!(report.clean, "{what}");
    look(&wal.local_reader(), |destroyed| destroyed, what);
}

fn look(reader: &LocalReader, fine: impl Fn(bool) -> bool, what: &str) {
    let mut count = 0;
    for record in reader.read_from(Seq(1)).take(120) {
        let record = record.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let seq = record.seq.0;
        count += 1;
        let Some(index) = TARGETS.iter().position(|target| *target == seq) else {
            assert_eq!((record.payload, record.destroyed), (payload(seq), None), "{what}: {seq}");
            continue;
        };
        assert!(fine(record.destroyed.is_some()), "{what}: {seq}");
        let by = Seq(BY.clone().nth(index).unwrap());
        let left = Destroyed { sha256: Sha256Digest::of(&payload(seq)), by };
        let expected = match record.destroyed {
            None => payload(seq),
            Some(found) => {
                assert_eq!(found, left, "{what}: {seq}");
                substitute(seq)
            }
        };
        assert_eq!(record.payload, expected, "{what}: {seq}");
        assert_eq!(reader.read(record.seq).unwrap().payload, expected, "{what}: {seq}");
    }
    assert_eq!(count, 120, "{what}");
}

#[test]
fn what_is_destroyed_is_nowhere() {
    let disk = log();
    erase(&disk).unwrap();
    check(&disk, true, "done");
    for (path, bytes) in disk.files() {
        for target in TARGETS {
            let gone = payload(target);
            let found = bytes.windows(gone.len()).any(|window| window == gone);
            assert!(!found, "{target} in {}", path.display());
        }
    }
    let mut seen = Vec::new();
    let report = verify(&disk, Path::new(DIR), &mut |record| {
        seen.extend(record.destroyed.map(|_| (record.seq.0, record.payload.clone())));
    })
    .unwrap();
    assert_eq!(seen, TARGETS.map(|target| (target, substitute(target))));
    assert_eq!((report.damage.len(), report.destroyed, report.rewritten.len()), (0, 3, 2));
}

#[test]
fn the_log_goes_on_and_is_sealed_as_it_is_now() {
    let disk = log();
    erase(&disk).unwrap();
    let (mut wal, _) = open(&disk, options()).unwrap();
    for _ in 0..60 {
        append(&mut wal, 2).unwrap();
    }
    Box::new(wal).close().unwrap();
    let report = verify(&disk, Path::new(DIR), &mut |_| {}).unwrap();
    // The segment that was the last then was sealed after its payload was destroyed.
    assert_eq!((report.damage.len(), report.destroyed, report.rewritten.len()), (0, 3, 2));
    assert_eq!(report.records, 243);
}

#[test]
fn any_changed_byte_is_seen() {
    let disk = log();
    erase(&disk).unwrap();
    let files = disk.files();
    let reader = LocalReader::open_read_only(Arc::new(disk), Path::new(DIR)).unwrap();
    for target in TARGETS {
        let place = reader.read(Seq(target)).unwrap().place.unwrap();
        let path = files.keys().nth(usize::try_from(place.segment).unwrap()).unwrap();
        let from = usize::try_from(place.offset).unwrap();
        for at in from..from + 32 + payload(target).len() {
            let mut changed = files.clone();
            changed.get_mut(path).unwrap()[at] ^= 1;
            let disk = MemoryDisk::with_files(changed);
            let report = verify(&disk, Path::new(DIR), &mut |_| {}).unwrap();
            assert!(report.damage_count > 0, "byte {at} of {target}");
        }
    }
}

#[test]
fn a_payload_may_be_given_another_substitute() {
    let disk = log();
    erase(&disk).unwrap();
    let (mut wal, _) = open(&disk, options()).unwrap();
    let by = append_payloads(&mut wal, &[b"other".to_vec()]).unwrap();
    wal.erase(&[Erasure { seq: Seq(5), by, substitute_len: 3 }]).unwrap();
    let (wal, _) = open(&disk, options()).unwrap();
    let record = wal.reader().read(Seq(5)).unwrap();
    let sha256 = Sha256Digest::of(&payload(5));
    assert_eq!(
        (record.payload, record.destroyed),
        (b"her".to_vec(), Some(Destroyed { sha256, by }))
    );
}

#[test]
fn what_cannot_be_destroyed_changes_nothing() {
    let disk = log();
    let before = disk.files();
    let (wal, _) = open(&disk, options()).unwrap();
    let short = (1..=120).find(|seq| payload(*seq).len() < 48).unwrap();
    let erasure = Erasure { seq: Seq(short), by: Seq(121), substitute_len: 1 };
    let refused = wal.erase(&[erasures().remove(0), erasure]).unwrap_err();
    assert!(matches!(refused, WalError::Unerasable { seq } if seq == Seq(short)), "{refused}");
    let after = disk.files();
    let logs = |files: std::collections::BTreeMap<_, _>| {
        let all =
            files.into_iter().filter(|(path, _): &(std::path::PathBuf, _)| !path.ends_with("LOCK"));
        all.collect::<Vec<(_, Vec<u8>)>>()
    };
    assert_eq!(logs(before), logs(after));
}

#[test]
fn a_mark_that_leads_nowhere_is_damage() {
    let disk = log();
    let (wal, _) = open(&disk, options()).unwrap();
    // Longer than the payload of the record that it names.
    wal.erase(&[Erasure { seq: Seq(5), by: Seq(121), substitute_len: 1000 }]).unwrap();
    let (wal, _) = open(&disk, options()).unwrap();
    let refused = wal.reader().read(Seq(5)).unwrap_err();
    assert!(refused.is_damage(), "{refused}");
}

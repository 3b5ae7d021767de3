//! The check of a whole log as an account: whatever is done to a log of five segments, every record
//! is either handed over as it was written or told to be lost, none is both, and no more is lost than
//! the batches that the damage is in.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{DIR, append, closed_log, open, options, payload};
use crate::{
    base::{Seq, disk::memory::MemoryDisk},
    wal::{
        WalError,
        local::verify::{Finding, Found, Tail, VerifyReport, walk},
    },
};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Sizes of the groups, each of one batch.
const GROUPS: [u64; 20] = [1, 5, 2, 3, 1, 14, 5, 8, 2, 1, 1, 9, 20, 3, 30, 1, 2, 12, 4, 1];
const HEAD: u64 = 125;

/// What a walk has accounted for.
struct Account {
    records: Vec<u64>,
    lost: Vec<u64>,
    findings: Vec<Finding>,
    report: VerifyReport,
}

impl Account {
    /// Walks, and checks that the account is complete.
    fn of(files: &Files, what: &str) -> Self {
        let account = Self::taken(files, what);
        let mut all = [&account.records[..], &account.lost[..]].concat();
        all.sort_unstable();
        assert_eq!(all, (1..=HEAD).collect::<Vec<_>>(), "{what}: {:?}", account.findings);
        let counted = |finding: &Finding| finding.lost.is_none_or(|lost| lost.last.is_some());
        if account.findings.iter().all(counted) {
            assert_eq!(account.report.lost, account.lost.len() as u64, "{what}");
        }
        account
    }

    /// Walks, and checks that what is handed over is what was written.
    fn taken(files: &Files, what: &str) -> Self {
        let disk = MemoryDisk::with_files(files.clone());
        let (mut records, mut lost, mut findings) = (Vec::new(), Vec::new(), Vec::new());
        let report = walk(&disk, Path::new(DIR), &mut |found| match found {
            Found::Record(record) => {
                assert_eq!(record.payload, payload(record.seq.0), "{what}: {}", record.seq);
                records.push(record.seq.0);
            }
            Found::Damage(finding) => {
                if let Some(range) = finding.lost {
                    lost.extend(range.first.0..=range.last.map_or(HEAD, |last| last.0));
                }
                findings.push(finding);
            }
        })
        .unwrap();
        assert!(records.is_sorted(), "{what}");
        assert_eq!(report.damage_count, findings.len() as u64, "{what}");
        Self { records, lost, findings, report }
    }
}

fn log() -> (Files, Vec<PathBuf>) {
    let files = closed_log(&GROUPS).files();
    let segments: Vec<_> =
        files.keys().filter(|path| path.extension().is_some_and(|it| it == "runlog")).collect();
    let segments: Vec<_> = segments.into_iter().cloned().collect();
    assert_eq!(segments.len(), 5);
    (files, segments)
}

/// First record and length of the batch of a record.
fn batch_of(seq: u64) -> (u64, u64) {
    let mut first = 1;
    for count in GROUPS {
        if seq < first + count {
            return (first, count);
        }
        first += count;
    }
    unreachable!("no such record")
}

#[test]
fn a_sound_log_is_all_there() {
    let (files, segments) = log();
    let account = Account::of(&files, "sound");
    assert!(account.findings.is_empty() && account.lost.is_empty());
    let report = account.report;
    assert_eq!((report.head, report.records, report.segments), (Seq(HEAD), HEAD, 5));
    // The mark at the end is a group without records.
    assert_eq!(report.groups, GROUPS.len() as u64 + 1);
    // A group may end in zeros.
    let used = |path| files[path].iter().rposition(|&byte| byte != 0).unwrap() as u64;
    let zeros = report.bytes - segments.iter().map(used).sum::<u64>();
    assert!(zeros <= 16 * 5, "{zeros}");
}

#[test]
fn a_flipped_bit_costs_no_more_than_its_batch() {
    let (mut files, segments) = log();
    let mut unharmed = 0;
    for path in &segments {
        let end = files[path].iter().rposition(|&byte| byte != 0).unwrap();
        for offset in 0..=end {
            let bit = 1 << (offset % 8);
            files.get_mut(path).unwrap()[offset] ^= bit;
            let what = format!("{} bit {bit:#x} of byte {offset}", path.display());
            let account = Account::of(&files, &what);
            if let Some(first) = account.lost.first() {
                let (batch, count) = batch_of(*first);
                let expected: Vec<u64> = (batch..batch + count).collect();
                assert_eq!(account.lost, expected, "{what}");
                assert!(account.findings[0].durable, "{what}");
            } else {
                unharmed += 1;
            }
            if offset < 128 {
                assert!(account.lost.is_empty(), "{what}: a header holds no record");
                assert!(!account.findings.is_empty(), "{what}");
            }
            files.get_mut(path).unwrap()[offset] ^= bit;
        }
    }
    // Headers of segments, and leaders and marks, which hold no record.
    assert!(unharmed > segments.len() * 128 + GROUPS.len() * 40, "{unharmed}");
}

#[test]
fn zeroed_sectors_cost_the_batches_in_them() {
    let (files, segments) = log();
    for path in &segments[..4] {
        let end = files[path].iter().rposition(|&byte| byte != 0).unwrap();
        for sector in (0..end).step_by(512) {
            let mut files = files.clone();
            files.get_mut(path).unwrap()[sector..sector + 512].fill(0);
            let account = Account::of(&files, &format!("{} at {sector}", path.display()));
            assert!(account.lost.len() < 40, "{} at {sector}", path.display());
            assert!(account.findings.iter().all(|finding| finding.durable));
        }
    }
}

#[test]
fn a_missing_or_foreign_segment_costs_itself() {
    let (files, segments) = log();
    let other = closed_log(&[7; 12]).files();
    for (index, path) in segments.iter().enumerate().take(4) {
        let mut missing = files.clone();
        missing.remove(path);
        let gone = Account::of(&missing, "missing");
        assert!(matches!(gone.findings[0].what, WalError::Missing { .. }), "{:?}", gone.findings);
        assert_eq!(gone.findings.len(), 1);
        assert!(!gone.lost.is_empty());

        // The same number, of another log: another id and salt, right checksums.
        let mut foreign = files.clone();
        let mut bytes = other.values().nth(index % 2 + 1).unwrap().clone();
        bytes[16] ^= 1;
        let crc = crate::base::digest::crc32_ieee(&bytes[..124]).to_le_bytes();
        bytes[124..128].copy_from_slice(&crc);
        foreign.insert(path.clone(), bytes);
        let alien = Account::of(&foreign, "foreign");
        assert_eq!(alien.lost, gone.lost);
        let foreigners =
            alien.findings.iter().filter(|it| matches!(it.what, WalError::Foreign { .. }));
        assert_eq!(foreigners.count(), 1, "{:?}", alien.findings);
    }
}

#[test]
fn a_segment_that_was_cut_short_costs_what_was_behind() {
    let (files, segments) = log();
    for path in &segments[..4] {
        for len in (0..4096).step_by(96) {
            let mut files = files.clone();
            files.get_mut(path).unwrap().truncate(len);
            let account = Account::of(&files, &format!("{} cut to {len}", path.display()));
            assert!(!account.findings.is_empty());
        }
    }
}

#[test]
fn a_segment_that_was_changed_with_right_checksums_proves_nothing() {
    let (files, segments) = log();
    let mut changed = files.clone();
    let bytes = changed.get_mut(&segments[1]).unwrap();
    // The payload's checksum and the header's after it, as somebody would who knows the format.
    let salt = u32::from_le_bytes(bytes[48..52].try_into().unwrap());
    let at = 128 + 48;
    let len = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    bytes[at + 32] ^= 1;
    let crc = crate::base::digest::crc32_ieee(&bytes[at + 32..at + 32 + len]).to_le_bytes();
    bytes[at + 28..at + 32].copy_from_slice(&crc);
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(&bytes[at..at + 4]);
    hasher.update(&bytes[at + 8..at + 32]);
    bytes[at + 4..at + 8].copy_from_slice(&hasher.finalize().to_le_bytes());
    let account = Account::of(&changed, "changed on purpose");
    let mut missing = files;
    missing.remove(&segments[1]);
    assert_eq!(account.lost, Account::of(&missing, "missing").lost);
    assert_eq!(account.findings.len(), 1);
}

#[test]
fn every_damaged_place_is_told() {
    let (mut files, segments) = log();
    for path in [&segments[0], &segments[2]] {
        let end = files[path].iter().rposition(|&byte| byte != 0).unwrap();
        files.get_mut(path).unwrap()[end / 2] ^= 1;
        files.get_mut(path).unwrap()[end / 3] ^= 1;
    }
    let account = Account::of(&files, "damaged places");
    assert!(account.findings.len() >= 3, "{:?}", account.findings);
    for Finding { what, bytes, .. } in &account.findings {
        let WalError::Damaged { offset, .. } = what else { panic!("{what:?}") };
        assert!(bytes.contains(offset), "{what:?} is not in {bytes:?}");
    }
}

#[test]
fn a_torn_tail_is_measured() {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, options()).unwrap();
    append(&mut wal, 3).unwrap();
    append(&mut wal, 4).unwrap();
    drop(wal);
    let mut files = disk.files();
    let bytes = files.values_mut().find(|bytes| bytes.len() == 4096).unwrap();
    let end = bytes.iter().rposition(|&byte| byte != 0).unwrap();
    bytes[end - 100..=end].fill(0);
    let end = bytes.iter().rposition(|&byte| byte != 0).unwrap() as u64 + 1;
    let account = Account::taken(&files, "torn");
    assert_eq!(account.records, [1, 2, 3]);
    let Tail::Torn { offset, bytes } = account.report.tail else { panic!("no torn tail") };
    assert!(offset < end && offset + bytes == end, "{offset} and {bytes}, not {end}");
}

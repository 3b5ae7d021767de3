//! Every bit flipped, every byte cut off, every sector zeroed or swapped: whatever is done to a small
//! log, it either gives exactly what was acknowledged, or refuses and names the place.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{DIR, closed_log, open, options, read_all};
use crate::{
    base::{Seq, disk::memory::MemoryDisk},
    wal::{
        WalError,
        local::{Tail, verify},
    },
};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Opens and reads a log with `head` acknowledged records, after damage. Returns whether the damage
/// was noticed. Fewer records than `least` without an error, or a wrong record, fail the test.
fn outcome(files: &Files, least: u64, head: u64, what: &str) -> bool {
    let disk = MemoryDisk::with_files(files.clone());
    // Before opening, which may repair.
    let verified = match verify(&disk, Path::new(DIR), &mut |_| {}) {
        Ok(report) => !report.damage.is_empty() || matches!(report.tail, Tail::Torn { .. }),
        Err(error) => error.is_damage(),
    };
    let mut noticed = verified;
    let opened = open(&disk, options()).and_then(|(wal, report)| {
        noticed |= report.torn.is_some();
        read_all(&wal.local_reader())
    });
    match opened {
        Ok(seq) => assert!((least..=head).contains(&seq.0), "{what}: lost records after {seq}"),
        Err(error) => {
            assert!(error.is_damage(), "{what}: {error:?}");
            assert!(verified, "{what}: the check of the whole log missed {error}");
        }
    }
    noticed
}

fn segments(files: &Files) -> Vec<PathBuf> {
    files.keys().filter(|path| path.extension().is_some_and(|e| e == "runlog")).cloned().collect()
}

/// Two segments, closed: 41 records in groups of 1 to 14.
fn small_log() -> (Files, u64) {
    let groups = [1, 5, 2, 3, 1, 14, 5, 8, 2];
    let files = closed_log(&groups).files();
    assert_eq!(segments(&files).len(), 2);
    (files, groups.iter().sum())
}

#[test]
fn every_bit_flip_is_harmless_or_refused() {
    let (mut files, head) = small_log();
    for path in segments(&files) {
        let data_end = files[&path].iter().rposition(|&byte| byte != 0).unwrap();
        for offset in 0..files[&path].len() {
            for bit in 0..8 {
                files.get_mut(&path).unwrap()[offset] ^= 1 << bit;
                let what = format!("{} bit {bit} of byte {offset}", path.display());
                let noticed = outcome(&files, head, head, &what);
                assert!(noticed || offset > data_end, "{what}: not noticed");
                files.get_mut(&path).unwrap()[offset] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let (files, head) = small_log();
    for path in segments(&files) {
        for len in 0..files[&path].len() {
            let mut files = files.clone();
            files.get_mut(&path).unwrap().truncate(len);
            let what = format!("{} cut to {len}", path.display());
            assert!(outcome(&files, head, head, &what), "{what}: not noticed");
        }
    }
}

#[test]
fn zeroed_and_swapped_sectors_never_yield_wrong_records() {
    let (files, head) = small_log();
    for path in segments(&files) {
        for sector in (0..files[&path].len()).step_by(512) {
            let mut zeroed = files.clone();
            zeroed.get_mut(&path).unwrap()[sector..sector + 512].fill(0);
            // Without a witness, zeros over the whole end are an end.
            outcome(&zeroed, 0, head, &format!("{} zeroed at {sector}", path.display()));
            if sector > 0 {
                let mut swapped = files.clone();
                let bytes = swapped.get_mut(&path).unwrap();
                let (left, right) = bytes.split_at_mut(sector);
                left[sector - 512..].swap_with_slice(&mut right[..512]);
                outcome(&swapped, 0, head, &format!("{} swapped at {sector}", path.display()));
            }
        }
    }
}

#[test]
fn zeros_over_the_end_are_refused_with_a_witness() {
    let (files, head) = small_log();
    let path = segments(&files).pop().unwrap();
    for from in 128..files[&path].len() {
        let mut files = files.clone();
        files.get_mut(&path).unwrap()[from..].fill(0);
        let disk = MemoryDisk::with_files(files);
        let options = crate::wal::Options { witnessed: Seq(head), ..options() };
        match open(&disk, options).and_then(|(wal, _)| read_all(&wal.local_reader())) {
            Ok(seq) => assert_eq!(seq, Seq(head), "zeros from {from}"),
            Err(error) => {
                assert!(matches!(error, WalError::Damaged { .. }), "zeros from {from}: {error:?}");
            }
        }
    }
}

#[test]
fn without_a_mark_only_the_last_group_can_be_taken_for_torn() {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, options()).unwrap();
    for count in [3, 2, 4] {
        super::append(&mut wal, count).unwrap();
    }
    let mut files = disk.files();
    let path = segments(&files).pop().unwrap();
    for offset in 0..files[&path].len() {
        files.get_mut(&path).unwrap()[offset] ^= 0x10;
        outcome(&files, 5, 9, &format!("byte {offset}"));
        files.get_mut(&path).unwrap()[offset] ^= 0x10;
    }
}

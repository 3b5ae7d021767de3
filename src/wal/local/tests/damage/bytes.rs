//! Bits, bytes and sectors.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::*;
use crate::base::cases::cases;

const SECTOR: usize = 512;

fn both() -> [Original; 2] {
    [true, false].map(|closed| Original::new(closed, options()))
}

/// The file and the offset in it of a byte of all segments together.
fn locate(log: &Original, mut byte: usize) -> (PathBuf, usize) {
    let files = log.disk.files();
    for path in log.segments() {
        if byte < files[path].len() {
            return (path.clone(), byte);
        }
        byte -= files[path].len();
    }
    panic!("no such byte");
}

fn flip(log: &Original, byte: usize, bit: usize) {
    let (path, offset) = locate(log, byte);
    let what = format!("{} bit {bit} of byte {offset}", path.display());
    let damaged = log.disk.edited(&path, |bytes| bytes[offset] ^= 1 << bit);
    let piece = log.piece_at(&path, offset as u64);
    match log.check(&damaged, &what) {
        Ok(count) if count == log.head().0 => {
            // Of all that counts, only the mark at the end can go.
            assert!(piece.is_none_or(|(_, seq)| seq > log.head()), "{what}: not noticed");
        }
        // Only the last group of a log that was not closed can be taken for torn.
        Ok(count) => {
            let last = log.records.iter().rev().skip(1).find(|record| !record.batch_more);
            assert_eq!(count, last.unwrap().seq.0, "{what}");
            assert!(piece.is_some_and(|(_, seq)| seq > last.unwrap().seq), "{what}");
        }
        Err(WalError::Damaged { segment, offset, seq, .. }) => {
            assert_eq!((segment, Some((offset, seq))), (path, piece), "{what}");
        }
        Err(error) => panic!("{what}: {error:?}"),
    }
}

fn flips(step: usize) {
    for log in both() {
        let bits = log.bytes() * 8;
        cases(bits / step, |case| {
            let bit = case * step;
            flip(&log, bit / 8, bit % 8);
        });
    }
}

#[test]
fn a_flipped_bit_is_harmless_or_named() {
    flips(211);
}

#[test]
#[ignore = "long: a million bits flipped, every one of two logs"]
fn every_flipped_bit_is_harmless_or_named() {
    flips(1);
}

fn truncations(step: usize) {
    for log in both() {
        cases(log.bytes() / step, |case| {
            let (path, len) = locate(&log, case * step);
            let what = format!("{} cut to {len}", path.display());
            let damaged = log.disk.edited(&path, |bytes| bytes.truncate(len));
            let Err(WalError::Damaged { segment, offset: 0, damage, .. }) =
                log.check(&damaged, &what)
            else {
                panic!("{what}: not noticed")
            };
            let short = matches!(damage, Damage::Short { .. } | Damage::SegmentHeader);
            assert!(segment == path && short, "{what}: {damage}");
        });
    }
}

#[test]
fn a_shortened_file_is_named() {
    truncations(97);
}

#[test]
#[ignore = "long: cut at each of 131,072 bytes"]
fn a_file_cut_at_any_byte_is_named() {
    truncations(1);
}

#[test]
fn zeroed_and_swapped_sectors_never_yield_other_records() {
    for log in both() {
        let sectors = log.bytes() / SECTOR;
        cases(sectors, |sector| {
            let (path, at) = locate(&log, sector * SECTOR);
            let zeroed = log.disk.edited(&path, |bytes| bytes[at..at + SECTOR].fill(0));
            let _ = log.check(&zeroed, &format!("{} zeroed at {at}", path.display()));
            let all = log.disk.edited(&path, |bytes| bytes[at..].fill(0));
            let _ = log.check(&all, &format!("{} zeroed from {at}", path.display()));
            swap(&log, sector, (sector + 1) % sectors);
        });
    }
}

#[test]
#[ignore = "long: 40,000 pairs of sectors"]
fn any_swapped_sectors_never_yield_other_records() {
    for log in both() {
        let sectors = log.bytes() / SECTOR;
        cases(20_000, |case| {
            let mut rng = StdRng::seed_from_u64(case as u64);
            swap(&log, rng.random_range(0..sectors), rng.random_range(0..sectors));
        });
    }
}

fn swap(log: &Original, one: usize, other: usize) {
    let ((one, at), (other, there)) = (locate(log, one * SECTOR), locate(log, other * SECTOR));
    let files = log.disk.files();
    let sector = |path: &PathBuf, at: usize| files[path][at..at + SECTOR].to_vec();
    let (first, second) = (sector(&one, at), sector(&other, there));
    let damaged = log.disk.edited(&one, |bytes| bytes[at..at + SECTOR].copy_from_slice(&second));
    let damaged =
        damaged.edited(&other, |bytes| bytes[there..there + SECTOR].copy_from_slice(&first));
    let _ = log.check(&damaged, &format!("{one:?} at {at} for {other:?} at {there}"));
}

#[test]
fn garbage_behind_the_end_is_cut_or_ignored() {
    for log in both() {
        cases(400, |case| {
            let mut rng = StdRng::seed_from_u64(case as u64);
            let path = log.segments().last().unwrap();
            let end = log.pieces[path].last().unwrap().1 as usize;
            let mut garbage = vec![0; rng.random_range(1..900)];
            rng.fill(garbage.as_mut_slice());
            // In the space that was reserved, or behind it.
            let damaged = log.disk.edited(path, |bytes| {
                let at = if case % 2 == 0 { end } else { bytes.len() };
                bytes.resize(bytes.len().max(at + garbage.len()), 0);
                bytes[at..at + garbage.len()].copy_from_slice(&garbage);
            });
            let outcome = log.check(&damaged, &format!("garbage {case}"));
            assert_eq!(outcome.unwrap(), log.head().0);
        });
    }
}

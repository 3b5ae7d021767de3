//! Records, groups and segments: dropped, doubled, moved, or of another log.

use uuid::Uuid;

use super::*;
use crate::{base::cases::cases, wal::Origin};

fn both() -> [Original; 2] {
    [true, false].map(|closed| Original::new(closed, options()))
}

/// All stretches of a segment that are one record or leader, and all that are one group.
fn stretches(pieces: &Pieces) -> Vec<(usize, usize)> {
    let single = pieces.iter().map(|piece| (piece.0 as usize, piece.1 as usize));
    let starts: Vec<_> =
        pieces.iter().filter(|piece| is_leader(piece)).map(|p| p.0 as usize).collect();
    let end = pieces.last().unwrap().1 as usize;
    let ends = starts.iter().copied().skip(1).chain([end]);
    single.chain(starts.iter().copied().zip(ends)).collect()
}

#[test]
fn dropped_doubled_and_moved_records_and_groups_are_noticed() {
    for log in both() {
        let paths: Vec<_> = log.segments().collect();
        cases(paths.len(), |case| {
            let path = paths[case];
            let all = stretches(&log.pieces[path]);
            for (index, &(from, to)) in all.iter().enumerate() {
                let what = |how: &str| format!("{} {from}..{to} {how}", path.display());
                let dropped = log.disk.edited(path, |bytes| {
                    bytes.drain(from..to);
                    bytes.extend(vec![0; to - from]);
                });
                let _ = log.check(&dropped, &what("dropped"));
                let doubled = log.disk.edited(path, |bytes| {
                    let len = bytes.len();
                    let copy = bytes[from..to].to_vec();
                    bytes.splice(to..to, copy);
                    bytes.truncate(len);
                });
                let _ = log.check(&doubled, &what("doubled"));
                let Some(&(next, end)) = all.get(index + 1).filter(|(next, _)| *next == to) else {
                    continue;
                };
                let swapped = log.disk.edited(path, |bytes| {
                    let moved = [&bytes[next..end], &bytes[from..to]].concat();
                    bytes[from..end].copy_from_slice(&moved);
                });
                let _ = log.check(&swapped, &what("behind the next"));
            }
        });
    }
}

#[test]
fn a_segment_that_is_gone_or_there_twice_is_noticed() {
    for log in both() {
        let paths: Vec<_> = log.segments().cloned().collect();
        for path in &paths {
            let mut files = log.disk.files();
            let bytes = files.remove(path).unwrap();
            let what = format!("without {}", path.display());
            let outcome = log.check(&MemoryDisk::with_files(files.clone()), &what);
            // Without a witness, a last segment that is gone was never there.
            assert!(outcome.is_err() || path == paths.last().unwrap(), "{what}");
            for other in &paths {
                let mut files = log.disk.files();
                files.insert(other.clone(), bytes.clone());
                let what = format!("{} in place of {}", path.display(), other.display());
                let outcome = log.check(&MemoryDisk::with_files(files), &what);
                assert!(outcome.is_err() || path == other, "{what}");
            }
            let header = SegmentHeader::decode(&bytes).unwrap();
            let mut again = log.disk.files();
            let next = SegmentHeader { segno: paths.len() as u64 + 1, ..header };
            again.insert(Path::new(DIR).join(next.file_name()), bytes);
            let what = format!("{} once more behind the last", path.display());
            assert!(log.check(&MemoryDisk::with_files(again), &what).is_err(), "{what}");
        }
    }
}

/// Puts segments of `other` in the place of those of `log`, as they are, or with a header made to fit.
fn splice(log: &Original, other: &Original, what: &str) {
    let theirs = other.disk.files();
    for (path, from) in
        log.segments().flat_map(|path| other.segments().map(move |from| (path, from)))
    {
        let mut files = log.disk.files();
        let bytes = theirs[from].clone();
        if bytes == files[path] {
            continue;
        }
        let ours = SegmentHeader::decode(&files[path]).unwrap();
        let what = format!("{what}: {} in place of {}", from.display(), path.display());
        files.insert(path.clone(), bytes.clone());
        let plain = log.check(&MemoryDisk::with_files(files.clone()), &what);
        let last = Some(path) == log.segments().last();
        assert!(plain.is_err() || last, "{what}");
        let theirs = SegmentHeader::decode(&bytes).unwrap();
        let (log_id, segno, base, prev) = (ours.log_id, ours.segno, ours.base, ours.prev);
        let fitted = SegmentHeader { log_id, segno, base, prev, ..theirs };
        files.get_mut(path).unwrap()[..128].copy_from_slice(&fitted.encode());
        let what = format!("{what}, header made to fit");
        let outcome = log.check(&MemoryDisk::with_files(files), &what);
        assert!(outcome.is_err() || last, "{what}");
    }
}

#[test]
fn a_segment_of_another_log_is_noticed() {
    let drawn = Options { origin: Origin::Drawn, ..options() };
    for log in both() {
        splice(&log, &Original::new(true, drawn), "another log");
        splice(&log, &older(&log), "an older copy");
    }
}

/// A copy of the log from before its last segment was full.
fn older(log: &Original) -> Original {
    let last = log.segments().last().unwrap().clone();
    let pieces = &log.pieces[&last];
    let leaders: Vec<_> = pieces.iter().filter(|piece| is_leader(piece)).collect();
    let end = leaders[leaders.len() / 2].0 as usize;
    let disk = log.disk.edited(&last, |bytes| bytes[end..].fill(0));
    Original { disk, records: log.records.clone(), pieces: log.pieces.clone() }
}

#[test]
fn a_renumbered_segment_is_noticed() {
    let log = Original::new(true, options());
    let paths: Vec<_> = log.segments().cloned().collect();
    for path in &paths[1..] {
        let mut files = log.disk.files();
        let bytes = files.remove(path).unwrap();
        let mut header = SegmentHeader::decode(&bytes).unwrap();
        header.log_id = Uuid::from_u128(1);
        let mut renamed = bytes.clone();
        renamed[..128].copy_from_slice(&header.encode());
        files.insert(path.clone(), renamed);
        let outcome = log.check(&MemoryDisk::with_files(files.clone()), "another log's id");
        assert!(matches!(outcome, Err(WalError::Foreign { .. })), "{outcome:?}");
        let number = SegmentHeader { segno: header.segno + 100, ..header };
        files.remove(path);
        files.insert(Path::new(DIR).join(number.file_name()), bytes);
        let outcome = log.check(&MemoryDisk::with_files(files), "a gap in the numbers");
        assert!(matches!(outcome, Err(WalError::Missing { .. })), "{outcome:?}");
    }
}

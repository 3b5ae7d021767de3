//! Repairs of logs that were damaged in every way.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{AGAIN, DATA, closed, event, path};
use crate::{
    audit::check,
    base::{
        Seq, TimestampMs,
        disk::{
            Disk, DiskOp,
            faulty::{Failure, Fault, FaultyDisk},
            memory::MemoryDisk,
        },
    },
    event::{Envelope, Event, LossReason, codec},
    transfer::{Repair, RepairReport, TransferError, repair},
    views::Views,
    wal::{LocalReader, WalReader as _},
};

type Files = BTreeMap<PathBuf, Vec<u8>>;

const GROUPS: [u64; 16] = [1, 5, 2, 3, 1, 14, 5, 8, 2, 1, 1, 9, 20, 3, 17, 1];
const HEAD: u64 = 93;

fn run(disk: impl Disk + 'static) -> Result<Option<RepairReport>, TransferError> {
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let job = Repair {
        data_dir: path(DATA),
        into: path(AGAIN),
        by: "grace",
        now: TimestampMs(1_800_000_000_000),
        segment_bytes: 4096,
        views: &|_, log_id| Ok(Views::in_memory(log_id)),
    };
    repair(&disk, &job, &mut |_| {})
}

/// The log without artifacts, which a repair leaves where they are.
fn log() -> (Files, Vec<PathBuf>) {
    let mut files = closed(&GROUPS).files();
    files.retain(|path, _| path.starts_with("/data/log"));
    let segments = files.keys().filter(|path| path.extension().is_some_and(|it| it == "runlog"));
    let segments: Vec<PathBuf> = segments.cloned().collect();
    assert!(segments.len() > 2);
    (files, segments)
}

/// Repairs, and checks the new log: sound, every event in its old place or told to be lost, and the
/// damaged one as it was. Returns the report and the lost events with the reason.
fn repaired(files: &Files, what: &str) -> (RepairReport, BTreeMap<u64, LossReason>) {
    let disk = MemoryDisk::with_files(files.clone());
    let report = run(disk.clone()).unwrap_or_else(|e| panic!("{what}: {e}"));
    let report = report.unwrap_or_else(|| panic!("{what}: nothing to repair"));
    for (path, bytes) in files {
        assert!(disk.files().get(path) == Some(bytes), "{what}: {} was changed", path.display());
    }
    let checked = check(&disk, &Path::new(AGAIN).join("log")).unwrap();
    assert!(checked.is_sound(), "{what}: {checked:?}");
    let events = events(&disk);
    let mut lost = BTreeMap::new();
    let (last, kept) = events.split_last().unwrap();
    for envelope in kept {
        let seq = envelope.seq.0;
        let origin = envelope.meta.origin.as_ref().unwrap();
        assert_eq!((origin.seq, origin.log_id[15]), (seq, 1), "{what}");
        match &envelope.event {
            Event::EventLost(it) => {
                assert_eq!(envelope.meta.actor, "grace");
                lost.insert(seq, it.reason);
            }
            kept => assert_eq!(*kept, event(seq), "{what}"),
        }
    }
    let Event::LogRepaired(said) = &last.event else { panic!("{what}: {last:?}") };
    assert_eq!((said.kept + said.lost, said.lost), (kept.len() as u64, lost.len() as u64));
    assert_eq!((report.kept, report.lost, report.head), (said.kept, said.lost, last.seq));
    let ranges = said.ranges.iter().flat_map(|range| range.first..=range.last);
    assert!(ranges.eq(lost.keys().copied()), "{what}: {:?}", said.ranges);
    (report, lost)
}

fn events(disk: &MemoryDisk) -> Vec<Envelope> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let log = LocalReader::open_read_only(disk, &Path::new(AGAIN).join("log")).unwrap();
    log.read_from(Seq(1)).map(|it| codec::decode_record(&it.unwrap()).unwrap()).collect()
}

fn flipped(files: &Files, segment: &Path, offset: usize) -> Files {
    let mut files = files.clone();
    files.get_mut(segment).unwrap()[offset] ^= 1 << (offset % 8);
    files
}

#[test]
fn flipped_bits_cost_what_they_are_in_and_what_rests_on_it() {
    let (files, segments) = log();
    for segment in &segments {
        let end = files[segment].iter().rposition(|&byte| byte != 0).unwrap();
        // The last 48 bytes are the mark: without it the log is sound, and open.
        let end = if segment == segments.last().unwrap() { end - 48 } else { end };
        for offset in (0..end).step_by(41) {
            let what = format!("{} byte {offset}", segment.display());
            let (report, lost) = repaired(&flipped(&files, segment, offset), &what);
            assert_eq!(report.head.0, HEAD + 1, "{what}");
            let damaged = lost.values().filter(|reason| **reason == LossReason::Damaged).count();
            assert!(damaged <= 20, "{what}: {lost:?}");
            assert_eq!(report.orphaned, (lost.len() - damaged) as u64, "{what}");
        }
    }
}

#[test]
fn a_lost_run_takes_along_what_was_logged_to_it_and_nothing_else() {
    let (files, segments) = log();
    // Each event that creates a run is a group of its own or not; find one by its payload.
    let (segment, offset) = segments
        .iter()
        .find_map(|segment| {
            let at = files[segment].windows(10).position(|it| it == b"\x02\0\0\0\0\0\0\0r4")?;
            Some((segment, at))
        })
        .unwrap();
    let (report, lost) = repaired(&flipped(&files, segment, offset), "a run is lost");
    assert_eq!(lost.get(&24), Some(&LossReason::Damaged), "{lost:?}");
    assert_eq!(lost.get(&25), Some(&LossReason::Orphaned), "the parameters of the run");
    assert_eq!(lost.get(&29), Some(&LossReason::Orphaned), "the metrics of the run");
    assert_eq!(lost.get(&26), None, "an artifact stands for itself");
    assert_eq!(lost.get(&30), None, "another run");
    assert!(report.left_behind.contains(&"events.jsonl".to_owned()));
}

#[test]
fn missing_foreign_and_unreadable_segments_cost_themselves() {
    let (files, segments) = log();
    for segment in &segments[..segments.len() - 1] {
        let mut missing = files.clone();
        missing.remove(segment);
        let (without, lost) = repaired(&missing, "missing");
        assert!(lost.values().any(|reason| *reason == LossReason::Damaged));
        assert_eq!(without.head.0, HEAD + 1);
        let mut zeros = files.clone();
        zeros.get_mut(segment).unwrap().fill(0);
        assert_eq!(repaired(&zeros, "zeros").1, lost);
    }
}

#[test]
fn a_sound_log_is_left_alone() {
    let (files, segments) = log();
    let disk = MemoryDisk::with_files(files.clone());
    assert_eq!(run(disk.clone()).unwrap(), None);
    assert_eq!(disk.files(), files);
    assert!(disk.look(path("/again.tmp")).is_err());
    // A torn tail was never acknowledged: the next start sets it aside.
    let end = files[segments.last().unwrap()].iter().rposition(|&byte| byte != 0).unwrap();
    let torn = MemoryDisk::with_files(flipped(&files, segments.last().unwrap(), end - 1));
    assert_eq!(run(torn).unwrap(), None);
}

#[test]
fn what_is_there_is_never_overwritten_and_a_server_never_disturbed() {
    let (files, segments) = log();
    let files = flipped(&files, &segments[1], 700);
    let occupied = MemoryDisk::with_files(
        files.clone().into_iter().chain([(PathBuf::from("/again/photo"), vec![1])]),
    );
    assert!(matches!(run(occupied), Err(TransferError::Occupied(_))));
    let served = MemoryDisk::with_files(files);
    let _server = served.lock(path("/data/log/LOCK")).unwrap();
    let error = run(served.clone()).unwrap_err();
    assert!(error.to_string().contains("locked"), "{error}");
    assert!(served.look(path(AGAIN)).is_err());
}

#[test]
fn an_interrupted_repair_leaves_nothing_that_looks_whole() {
    let (files, segments) = log();
    let files = flipped(&files, &segments[2], 900);
    let counted = FaultyDisk::over_memory(&MemoryDisk::with_files(files.clone()));
    run(counted.clone()).unwrap();
    let calls = counted.calls();
    for (call, op) in (1..).zip(calls.iter().map(|call| call.op)) {
        if op == DiskOp::Read && call % 5 > 0 {
            continue;
        }
        for fault in [Fault::Forever(Failure::Full), Fault::Once(Failure::Io), Fault::PowerOff] {
            let memory = MemoryDisk::with_files(files.clone());
            let disk = FaultyDisk::over_memory(&memory);
            disk.plan(call, fault);
            let done = run(disk);
            let image = match fault {
                Fault::PowerOff => memory.after_power_cut(call as u64, 0.5),
                _ => memory,
            };
            let there = image.look(path(AGAIN)).is_ok();
            if there {
                let checked = check(&image, &Path::new(AGAIN).join("log")).unwrap();
                assert!(checked.is_sound(), "call {call} {fault:?}");
                assert_eq!(checked.log.head.0, HEAD + 1, "call {call} {fault:?}");
            }
            assert!(there || done.is_err(), "call {call} {fault:?}");
        }
    }
}

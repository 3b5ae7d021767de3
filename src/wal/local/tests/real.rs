//! The log on the machine's own file system, and read by others than its writer.

use std::{
    fs,
    path::Path,
    process,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{append, options, read_all};
use crate::{
    base::{
        Seq,
        disk::{DiskError, RealDisk},
    },
    wal::{
        NewRecord, Options, Wal as _, WalError, WalReader as _,
        local::{LocalReader, LocalWal, Tail, verify},
    },
};

fn open(dir: &Path, options: Options) -> LocalWal {
    LocalWal::open(Arc::new(RealDisk), dir, options).unwrap().0
}

#[test]
fn a_log_survives_closing_and_dropping() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("a/b/log");
    let mut head = 0;
    for round in 0..6 {
        let (mut wal, report) = LocalWal::open(Arc::new(RealDisk), &dir, options()).unwrap();
        assert_eq!((report.head, report.created), (Seq(head), round == 0));
        assert_eq!(read_all(&wal.local_reader()).unwrap(), Seq(head));
        for count in [1, 20, 3] {
            append(&mut wal, count).unwrap();
        }
        head += 24;
        if round % 2 == 0 {
            Box::new(wal).close().unwrap();
        }
    }
}

#[test]
fn the_lock_names_this_process() {
    let home = tempfile::tempdir().unwrap();
    let wal = open(home.path(), options());
    let again = LocalWal::open(Arc::new(RealDisk), home.path(), options());
    let Err(WalError::Disk(error)) = again else { panic!("two writers") };
    assert!(matches!(error, DiskError::Locked { .. }));
    assert!(error.to_string().contains(&format!("pid {}", process::id())), "{error}");
    drop(wal);
    open(home.path(), options());
}

#[test]
fn a_new_log_is_ready_at_once() {
    let home = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let wal = open(home.path(), Options::default());
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(wal.next(), Seq(1));
}

#[test]
fn a_reader_without_the_lock_follows_the_writer() {
    let home = tempfile::tempdir().unwrap();
    let absent = LocalReader::open_read_only(Arc::new(RealDisk), home.path());
    assert!(matches!(absent, Err(WalError::Absent { .. })));
    let mut wal = open(home.path(), options());
    let follower = LocalReader::open_read_only(Arc::new(RealDisk), home.path()).unwrap();
    assert_eq!(follower.head(), Seq::ZERO);
    let mut records = follower.read_from(Seq(1));
    for count in [1, 30, 4, 60, 1, 1, 17] {
        append(&mut wal, count).unwrap();
        let head = follower.refresh().unwrap();
        assert_eq!(head.next(), wal.next());
        assert_eq!(records.by_ref().map(|record| record.unwrap().seq).last(), Some(head));
        assert_eq!(follower.read(head).unwrap().seq, head);
    }
    assert_eq!(read_all(&follower).unwrap().next(), wal.next());
    // A restart after a crash puts another file in place of the last segment.
    drop(wal);
    let mut wal = open(home.path(), options());
    append(&mut wal, 2).unwrap();
    assert_eq!(follower.refresh().unwrap().next(), wal.next());
}

#[test]
fn the_check_of_a_log_tells_all_there_is_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut wal = open(home.path(), options());
    for _ in 0..12 {
        append(&mut wal, 10).unwrap();
    }
    let check = || {
        let mut seen = 0;
        let report = verify(&RealDisk, home.path(), &mut |_| seen += 1).unwrap();
        assert_eq!(report.records, seen);
        report
    };
    assert_eq!(check().tail, Tail::Unmarked);
    Box::new(wal).close().unwrap();
    let sound = check();
    assert_eq!((sound.records, sound.head, sound.tail), (120, Seq(120), Tail::Marked));
    assert!(sound.damage.is_empty() && sound.segments >= 3);
    // Damage in two segments: both are told, and what is sound is still counted.
    let mut paths: Vec<_> = fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "runlog"));
    paths.sort();
    for path in &paths[..2] {
        let mut bytes = fs::read(path).unwrap();
        bytes[700] ^= 2;
        fs::write(path, bytes).unwrap();
    }
    let damaged = check();
    assert_eq!(damaged.damage.len(), 2, "{:?}", damaged.damage);
    assert_eq!((damaged.head, damaged.records < 120), (Seq(120), true));
}

#[test]
fn one_record_is_found_quickly_in_large_and_sealed_segments() {
    let home = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 1 << 20, ..options() };
    let mut wal = open(home.path(), options);
    for _ in 0..60 {
        append(&mut wal, 500).unwrap();
    }
    Box::new(wal).close().unwrap();
    let wal = open(home.path(), options);
    for reader in
        [wal.local_reader(), LocalReader::open_read_only(Arc::new(RealDisk), home.path()).unwrap()]
    {
        for seq in (1..=30_000).step_by(613) {
            assert_eq!(reader.read(Seq(seq)).unwrap().payload, super::payload(seq));
        }
        let tail: Vec<_> = reader.read_from(Seq(29_990)).map(|r| r.unwrap().seq.0).collect();
        assert_eq!(tail, (29_990..=30_000).collect::<Vec<_>>());
    }
}

/// Not a test: prints what this machine does. Run with `--release --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn figures() {
    let home = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
    let started = Instant::now();
    let mut wal = open(home.path(), Options::default());
    println!("new log: {:?}", started.elapsed());
    let payload = [5; 120];
    for size in [1, 10, 100, 1000, 4000] {
        let record = NewRecord {
            recorded_at: crate::base::TimestampMs(1),
            event_type: 1,
            event_version: 1,
            codec: 1,
            batch_more: false,
            payload: &payload,
        };
        let group = vec![record; size];
        let rounds = 300;
        let mut times: Vec<_> = (0..rounds)
            .map(|_| {
                let started = Instant::now();
                wal.append(wal.next(), &group).unwrap();
                started.elapsed()
            })
            .collect();
        times.sort();
        let total: Duration = times.iter().sum();
        let rate = (size * rounds) as f64 / total.as_secs_f64();
        let (p50, p99) = (times[rounds / 2], times[rounds * 99 / 100]);
        println!("groups of {size}: p50 {p50:?} p99 {p99:?}, {rate:.0} records/s");
    }
    let started = Instant::now();
    let count = wal.reader().read_from(Seq(1)).count();
    println!("read {count} in {:?}", started.elapsed());
    let reader = wal.reader();
    let started = Instant::now();
    (1..10_000).for_each(|n| drop(reader.read(Seq(n * 7919 % count as u64 + 1)).unwrap()));
    println!("random reads: {:?} each", started.elapsed() / 10_000);
    drop(wal);
    let started = Instant::now();
    let wal = open(home.path(), Options::default());
    println!("open after a crash: {:?}", started.elapsed());
    Box::new(wal).close().unwrap();
    let started = Instant::now();
    drop(open(home.path(), Options::default()));
    println!("open after closing: {:?}", started.elapsed());
    let started = Instant::now();
    verify(&RealDisk, home.path(), &mut |_| {}).unwrap();
    println!("verify: {:?}", started.elapsed());
}

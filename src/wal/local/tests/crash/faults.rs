//! Every call fails, once and for good, in every way: while a log is made, filled, marked, read and
//! closed, while it recovers, while it is checked and followed.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
};

use super::{
    super::{DIR, erase},
    *,
};
use crate::{
    base::cases::cases,
    wal::{
        WalReader as _,
        local::{LocalReader, verify},
    },
};

type Kinds = BTreeSet<(DiskOp, String)>;

fn kinds(calls: &[Call]) -> Kinds {
    calls.iter().map(Call::kind).collect()
}

/// Does `work` on copies of a disk, each of whose calls fails once; returns all kinds of calls that
/// were made. Every one of them has failed.
fn sweep(start: &MemoryDisk, work: impl Fn(&FaultyDisk, &MemoryDisk, &str) + Sync) -> Kinds {
    let clean = FaultyDisk::over(start.after_power_cut(0, 1.0));
    work(&clean, &MemoryDisk::default(), "no fault");
    let calls = clean.calls();
    let failed = Mutex::new(Kinds::new());
    for fault in Fault::failures() {
        cases(calls.len(), |case| {
            let disk = start.after_power_cut(0, 1.0);
            let faulty = FaultyDisk::over_memory(&disk);
            faulty.plan(case + 1, fault);
            work(&faulty, &disk, &format!("{fault:?} at call {}", case + 1));
            failed.lock().unwrap().extend(kinds(&faulty.failed()));
        });
    }
    let failed = failed.into_inner().unwrap();
    assert_eq!(failed.intersection(&kinds(&calls)).count(), kinds(&calls).len());
    failed
}

/// The law, after the power went, and in the same boot: after a failed sync, memory shows what the
/// device lacks.
fn check_all(disk: &MemoryDisk, told: Told, what: &str) {
    for (seed, keep) in (0..).zip([0.0, 0.5, 1.0]) {
        check(&disk.after_power_cut(seed, keep), told, &format!("{what}, power cut {seed}"));
    }
    check(disk, told, &format!("{what}, same boot"));
}

fn fill() -> Kinds {
    sweep(&MemoryDisk::default(), |faulty, disk, what| {
        let told = run(faulty);
        if what != "no fault" {
            check_all(disk, told, what);
        }
    })
}

/// A log of 41 records, of which one group is torn, and an unfinished file.
fn torn() -> (MemoryDisk, Told) {
    let (disk, told) = run_with(calls_of_a_run().len() / 2, Fault::PowerOff);
    let files = disk.files();
    let last = files.keys().rfind(|path| path.extension().is_some_and(|e| e == "runlog")).unwrap();
    let end = files[last].iter().rposition(|&byte| byte != 0).unwrap();
    let mut files = files.clone();
    files.get_mut(last).unwrap()[end + 64] = 7;
    files.insert(Path::new(DIR).join("rewrite.tmp"), vec![1]);
    (MemoryDisk::with_files(files), told)
}

fn recovery() -> Kinds {
    let (start, told) = torn();
    sweep(&start, |faulty, disk, what| {
        recover(faulty);
        if what != "no fault" {
            check_all(disk, told, what);
        }
    })
}

/// A disk that fails is not taken for damage, and what is read is right.
fn reading() -> Kinds {
    let (start, told) = torn();
    sweep(&start, |faulty, _, what| {
        let is_disk = |error: &WalError| matches!(error, WalError::Disk(_));
        match verify(faulty, Path::new(DIR), &mut |_| {}) {
            Ok(report) => assert!(report.damage.is_empty(), "{what}: {:?}", report.damage),
            Err(error) => assert!(is_disk(&error), "{what}: {error:?}"),
        }
        let reader = LocalReader::open_read_only(Arc::new(faulty.clone()), Path::new(DIR));
        let followed = reader.and_then(|reader| {
            reader.refresh()?;
            reader.read(Seq(told.acked))?;
            read_all(&reader)
        });
        match followed {
            Ok(head) => assert!(head.0 >= told.acked, "{what}: {head}"),
            Err(error) => assert!(is_disk(&error), "{what}: {error:?}"),
        }
    })
}

/// What a failed erasure leaves, the next one completes.
fn erasing() -> Kinds {
    let start = erase::log();
    sweep(&start, |faulty, disk, what| {
        let done = erase::erase(faulty).is_ok();
        if what == "no fault" {
            return;
        }
        for (seed, keep) in (0..).zip([0.0, 0.5, 1.0]) {
            erase::check(&disk.after_power_cut(seed, keep), done, &format!("{what}, cut {seed}"));
        }
        erase::check(disk, done, what);
    })
}

#[test]
fn a_failed_erasure_loses_nothing_else() {
    erasing();
}

#[test]
fn any_failing_call_loses_nothing_acknowledged() {
    fill();
}

#[test]
fn any_failing_call_of_recovery_loses_nothing_acknowledged() {
    recovery();
}

#[test]
fn a_failing_disk_is_not_taken_for_damage() {
    reading();
}

const SEG: &str = "seg-runlog";
const TORN: &str = "seg-runlog.torn";

/// A call in a source file, and what it asks of which kinds of files.
type Site = (&'static str, &'static str, &'static [(DiskOp, &'static str)]);

/// The calls in the sources of the log. (Those of a segment go by the name under which it was
/// made.) Whoever adds one adds it here, and sees to
/// it that the sweeps fail it.
const SITES: &[Site] = &[
    ("erase.rs", ".write_at(", &[(DiskOp::Write, SEG)]),
    ("erase.rs", ".sync_data(", &[(DiskOp::Sync, SEG)]),
    (
        "frames.rs",
        ".read_at(",
        &[(DiskOp::Read, SEG), (DiskOp::Read, "spare.tmp"), (DiskOp::Read, "rewrite.tmp")],
    ),
    ("lock.rs", ".lock(&", &[(DiskOp::Lock, "LOCK")]),
    ("lock.rs", ".lock(&", &[(DiskOp::Lock, "LOCK")]),
    ("lock.rs", ".read_at(", &[(DiskOp::Read, "LOCK")]),
    ("lock.rs", ".set_len(", &[(DiskOp::Allocate, "LOCK")]),
    ("lock.rs", ".write_at(", &[(DiskOp::Write, "LOCK")]),
    ("lock.rs", ".sync_data(", &[(DiskOp::Sync, "LOCK")]),
    ("recover.rs", ".remove(&", &[(DiskOp::Remove, "rewrite.tmp")]),
    ("rewrite.rs", "disk.open(", &[(DiskOp::Create, TORN)]),
    ("rewrite.rs", ".sync_data(", &[(DiskOp::Sync, TORN)]),
    ("rewrite.rs", ".sync_dir(", &[(DiskOp::SyncDir, "log")]),
    ("rewrite.rs", "disk.open(", &[(DiskOp::Create, "rewrite.tmp")]),
    ("rewrite.rs", ".allocate(", &[(DiskOp::Allocate, "rewrite.tmp")]),
    ("rewrite.rs", ".write_at(", &[(DiskOp::Write, "rewrite.tmp")]),
    ("rewrite.rs", ".sync_data(", &[(DiskOp::Sync, "rewrite.tmp")]),
    ("rewrite.rs", ".drop_cache(", &[(DiskOp::Read, "rewrite.tmp")]),
    ("rewrite.rs", ".rename(", &[(DiskOp::Rename, "rewrite.tmp")]),
    ("rewrite.rs", ".sync_dir(", &[(DiskOp::SyncDir, "log")]),
    ("rewrite.rs", ".write_at(", &[(DiskOp::Write, TORN), (DiskOp::Write, "rewrite.tmp")]),
    ("rewrite.rs", ".read_at(", &[(DiskOp::Read, "rewrite.tmp")]),
    ("segment.rs", "disk.open(", &[(DiskOp::Open, SEG)]),
    ("segment.rs", ".list(", &[(DiskOp::List, "log")]),
    ("segment.rs", "disk.open(", &[(DiskOp::Open, SEG)]),
    ("segment.rs", ".read_at(", &[(DiskOp::Read, SEG)]),
    ("segment.rs", ".byte_len(", &[(DiskOp::Read, SEG)]),
    ("segment.rs", "disk.open(", &[(DiskOp::Create, "spare.tmp")]),
    ("segment.rs", ".remove(&", &[(DiskOp::Remove, "spare.tmp")]),
    ("segment.rs", "disk.open(", &[(DiskOp::Create, "spare.tmp")]),
    ("segment.rs", ".allocate(", &[(DiskOp::Allocate, "spare.tmp")]),
    ("segment.rs", ".remove(&", &[(DiskOp::Remove, "spare.tmp")]),
    ("segment.rs", ".write_at(", &[(DiskOp::Write, "spare.tmp")]),
    ("segment.rs", ".sync_data(", &[(DiskOp::Sync, "spare.tmp")]),
    ("segment.rs", ".rename(", &[(DiskOp::Rename, "spare.tmp")]),
    ("segment.rs", ".sync_dir(", &[(DiskOp::SyncDir, "log")]),
    ("segment.rs", ".read_at(", &[(DiskOp::Read, SEG), (DiskOp::Read, "rewrite.tmp")]),
    (
        "writer.rs",
        "create_dirs(&",
        &[(DiskOp::Look, "log"), (DiskOp::Create, "log"), (DiskOp::SyncDir, "")],
    ),
    ("writer.rs", ".write_at(", &[(DiskOp::Write, "spare.tmp"), (DiskOp::Write, "rewrite.tmp")]),
    ("writer.rs", ".sync_data(", &[(DiskOp::Sync, "spare.tmp"), (DiskOp::Sync, "rewrite.tmp")]),
    ("writer.rs", ".write_at(", &[(DiskOp::Write, "spare.tmp")]),
    ("writer.rs", ".sync_data(", &[(DiskOp::Sync, "spare.tmp")]),
];

/// Calls of a trait of `base::disk` in a source file, in order.
fn calls_in(source: &str) -> Vec<&str> {
    let methods = [
        "disk.open(",
        ".lock(&",
        "create_dirs(&",
        ".sync_dir(",
        ".rename(",
        ".remove(&",
        ".list(",
        ".byte_len(",
        ".read_at(",
        ".write_at(",
        ".set_len(",
        ".allocate(",
        ".sync_data(",
        ".drop_cache(",
    ];
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let in_line = |line| methods.iter().filter(move |method| str::contains(line, **method));
    code.flat_map(in_line).copied().collect()
}

#[test]
fn every_call_in_the_sources_has_failed() {
    let failed: Kinds = [fill(), recovery(), reading(), erasing()].into_iter().flatten().collect();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wal/local");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let Ok(source) = std::fs::read_to_string(&path) else { continue };
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        found.extend(calls_in(&source).into_iter().map(|call| (name.clone(), call.to_owned())));
    }
    found.sort();
    let mut listed: Vec<_> =
        SITES.iter().map(|(file, call, _)| ((*file).to_owned(), (*call).to_owned())).collect();
    listed.sort();
    assert_eq!(found, listed, "calls in the sources, and those that are listed here");
    for (file, call, asked) in SITES {
        for (op, kind) in *asked {
            let known = (*op, (*kind).to_owned());
            assert!(
                failed.contains(&known),
                "{file}: {call} {op} of {kind} never failed: {failed:?}"
            );
        }
    }
}

//! Backups that are interrupted, repeated, damaged, and of the wrong log.

use std::path::PathBuf;

use super::{
    AGAIN, BACKUP, DATA, Growing, artifacts, backup, check_restored, closed, job, path, restore,
};
use crate::{
    base::{
        Seq,
        disk::{
            Disk, DiskOp, Open,
            faulty::{Failure, Fault, FaultyDisk},
            memory::MemoryDisk,
            remove_tree, replace,
        },
    },
    transfer::TransferError,
};

const GROUPS: [u64; 14] = [1, 5, 2, 3, 1, 14, 5, 8, 2, 1, 1, 9, 20, 3];
const HEAD: u64 = 75;

#[test]
fn what_is_restored_is_what_was_there() {
    let disk = closed(&GROUPS);
    let done = backup(&disk).unwrap();
    assert_eq!((done.head, done.unproven), (Seq(HEAD), 0));
    assert!(done.segments > 2 && done.segments_copied == done.segments, "{done:?}");
    assert_eq!(done.artifacts, Some(artifacts(HEAD).len() as u64));
    assert!(done.missing.is_empty());
    let restored = restore(&disk).unwrap();
    assert_eq!((restored.head, &restored.root), (done.head, &done.root));
    assert_eq!(check_restored(&disk, path(AGAIN)), HEAD);
    // It goes on where it ended.
    let mut log = Growing::open(disk.clone(), path(AGAIN), 1);
    log.append(3);
    log.close();
    assert_eq!(check_restored(&disk, path(AGAIN)), HEAD + 3);
}

#[test]
fn nothing_is_copied_twice() {
    let disk = closed(&GROUPS);
    let first = backup(&disk).unwrap();
    let again = backup(&disk).unwrap();
    assert_eq!((again.segments_copied, again.log_bytes_copied), (0, 0));
    assert_eq!((again.artifacts_copied, again.artifact_bytes_copied), (0, 0));
    assert_eq!((again.head, again.root), (first.head, first.root));
    let mut log = Growing::open(disk.clone(), path(DATA), 1);
    log.append(1);
    log.close();
    let third = backup(&disk).unwrap();
    assert!(third.segments_copied <= 2 && third.log_bytes_copied <= 2 * 4096, "{third:?}");
    assert!(third.artifacts_copied <= 1, "{third:?}");
    assert_eq!(third.head, Seq(HEAD + 1));
    restore(&disk).unwrap();
    assert_eq!(check_restored(&disk, path(AGAIN)), HEAD + 1);
}

#[test]
fn what_nothing_proves_is_left_out_and_told() {
    let disk = MemoryDisk::default();
    let mut log = Growing::open(disk.clone(), path(DATA), 1);
    for (count, head, unproven) in [(4, 0, 4), (3, 4, 3), (2, 7, 2)] {
        log.append(count);
        let done = backup(&disk).unwrap();
        assert_eq!((done.head, done.unproven), (Seq(head), unproven));
    }
    crate::wal::Wal::mark(&mut log.wal).unwrap();
    let done = backup(&disk).unwrap();
    assert_eq!((done.head, done.unproven), (Seq(9), 0));
    restore(&disk).unwrap();
    assert_eq!(check_restored(&disk, path(AGAIN)), 9);
}

/// What is on the disk after a first backup and some more events.
fn behind() -> MemoryDisk {
    let disk = closed(&GROUPS[..9]);
    backup(&disk).unwrap();
    let mut log = Growing::open(disk.clone(), path(DATA), 1);
    GROUPS[9..].iter().for_each(|count| log.append(*count));
    log.close();
    disk
}

#[test]
fn an_interrupted_backup_leaves_the_former_one() {
    let before: u64 = GROUPS[..9].iter().sum();
    let sound = FaultyDisk::over_memory(&behind());
    backup(&sound).unwrap();
    let calls = sound.calls().len();
    let mut seen = [0, 0];
    for call in 1..=calls {
        // Reads come by the thousand, and change nothing.
        let op = sound.calls()[call - 1].op;
        if matches!(op, DiskOp::Read | DiskOp::Open | DiskOp::Look | DiskOp::List) && call % 7 > 0 {
            continue;
        }
        for fault in [Fault::Once(Failure::Io), Fault::Forever(Failure::Full), Fault::PowerOff] {
            let memory = behind();
            let disk = FaultyDisk::over_memory(&memory);
            disk.plan(call, fault);
            let done = backup(&disk);
            let image = if fault == Fault::PowerOff {
                memory.after_power_cut(call as u64, [0.0, 0.5, 1.0][call % 3])
            } else {
                memory.clone()
            };
            let what = format!("call {call} ({op}), {fault:?}");
            restore(&image).unwrap_or_else(|error| panic!("{what}: {error}"));
            let head = check_restored(&image, path(AGAIN));
            assert!(head == before || head == HEAD, "{what}: {head}");
            assert!(done.is_err() || head == HEAD, "{what}: a finished backup is not there");
            seen[usize::from(head == HEAD)] += 1;
            // The next one makes up for it.
            remove_tree(&image, path(AGAIN)).unwrap();
            assert_eq!(backup(&image).unwrap().head, Seq(HEAD), "{what}");
        }
    }
    assert!(seen[0] > 50 && seen[1] > 3, "{seen:?}");
}

#[test]
fn an_interrupted_first_backup_is_none_and_can_be_made_again() {
    let sound = FaultyDisk::over_memory(&closed(&GROUPS[..5]));
    backup(&sound).unwrap();
    let calls: Vec<_> = sound.calls();
    for (call, op) in (1..).zip(calls.iter().map(|call| call.op)) {
        if matches!(op, DiskOp::Read | DiskOp::Look | DiskOp::List) {
            continue;
        }
        let memory = closed(&GROUPS[..5]);
        let disk = FaultyDisk::over_memory(&memory);
        disk.plan(call, Fault::PowerOff);
        let done = backup(&disk);
        let image = memory.after_power_cut(call as u64, [0.0, 0.5, 1.0][call % 3]);
        match restore(&image) {
            Ok(_) => drop(check_restored(&image, path(AGAIN))),
            Err(TransferError::NoBackup(_)) => assert!(done.is_err(), "call {call}"),
            Err(error) => panic!("call {call}: {error}"),
        }
        backup(&image).unwrap_or_else(|error| panic!("call {call} ({op}): {error}"));
    }
}

#[test]
fn an_interrupted_restore_leaves_nothing_that_looks_whole() {
    let sound = closed(&GROUPS);
    backup(&sound).unwrap();
    let counted = FaultyDisk::over_memory(&sound);
    restore(&counted).unwrap();
    let calls = counted.calls();
    for (call, op) in (1..).zip(calls.iter().map(|call| call.op)) {
        if op == DiskOp::Read && call % 5 > 0 {
            continue;
        }
        for fault in [Fault::Forever(Failure::Full), Fault::Once(Failure::Io), Fault::PowerOff] {
            let memory = MemoryDisk::with_files(
                sound.files().into_iter().filter(|(path, _)| !path.starts_with(AGAIN)),
            );
            let disk = FaultyDisk::over_memory(&memory);
            disk.plan(call, fault);
            let done = restore(&disk);
            let image = if fault == Fault::PowerOff {
                memory.after_power_cut(call as u64, 0.5)
            } else {
                memory
            };
            let there = image.look(path(AGAIN)).is_ok();
            if there {
                assert_eq!(check_restored(&image, path(AGAIN)), HEAD, "call {call} {fault:?}");
            }
            assert!(there || done.is_err(), "call {call} {fault:?}");
        }
    }
}

#[test]
fn a_damaged_backup_is_refused_with_the_place() {
    let disk = closed(&GROUPS[..9]);
    backup(&disk).unwrap();
    let files = disk.files();
    let kept: Vec<PathBuf> =
        files.keys().filter(|path| path.starts_with(BACKUP)).cloned().collect();
    assert!(kept.len() > 5);
    for place in kept {
        let bytes = &files[&place];
        let end = bytes.iter().rposition(|&byte| byte != 0).unwrap_or(0);
        let is_segment = place.starts_with("/backup/log");
        let step = if is_segment { 61 } else { 1 };
        // What lies behind the bytes that count does not.
        for offset in (0..=end).step_by(step) {
            let mut damaged = files.clone();
            damaged.get_mut(&place).unwrap()[offset] ^= 1 << (offset % 8);
            let damaged = MemoryDisk::with_files(damaged);
            let error = restore(&damaged).expect_err("damage is noticed");
            let what = format!("{} byte {offset}: {error}", place.display());
            assert!(error.is_damage(), "{what}");
            let TransferError::DamagedBackup { place: told, .. } = &error else { panic!("{what}") };
            assert_eq!(told, &place, "{what}");
            assert!(damaged.look(path(AGAIN)).is_err(), "{what}");
        }
        let mut missing = files.clone();
        missing.remove(&place);
        let missing = restore(&MemoryDisk::with_files(missing));
        assert!(missing.is_err(), "{} is missing", place.display());
    }
}

#[test]
fn a_backup_of_another_or_of_more_is_not_overwritten() {
    let disk = closed(&GROUPS);
    let done = backup(&disk).unwrap();
    let kept = |disk: &MemoryDisk| {
        let files = disk.files().into_iter();
        files.filter(|(path, _)| path.starts_with(BACKUP)).collect::<Vec<_>>()
    };
    let backup_files = kept(&disk);
    // Another log.
    let other = MemoryDisk::with_files(backup_files.clone());
    let mut log = Growing::open(other.clone(), path(DATA), 2);
    log.append(3);
    log.close();
    assert!(matches!(backup(&other), Err(TransferError::OtherLog { .. })));
    assert_eq!(kept(&other), backup_files);
    // The same log, with fewer events; then with others in their place.
    for more in [0, HEAD + 20] {
        let less = MemoryDisk::with_files(backup_files.clone());
        let mut log = Growing::open(less.clone(), path(DATA), 1);
        log.append(5);
        log.actor = "grace".to_owned();
        (0..more).for_each(|_| log.append(1));
        log.close();
        let error = backup(&less).unwrap_err();
        let theirs = matches!(error, TransferError::Ahead { theirs, .. } if theirs == done.head);
        assert!(theirs, "{error}");
        assert_eq!(kept(&less), backup_files);
    }
    // A directory with something else in it.
    let occupied = closed(&[1]);
    crate::base::disk::create_dirs(&occupied, path("/backup/photos")).unwrap();
    assert!(matches!(backup(&occupied), Err(TransferError::Occupied(_))));
}

#[test]
fn a_damaged_log_is_not_backed_up() {
    let disk = behind();
    let mut files = disk.files();
    let segment = files
        .keys()
        .find(|it| it.starts_with("/data/log") && !it.ends_with("LOCK"))
        .unwrap()
        .clone();
    files.get_mut(&segment).unwrap()[300] ^= 1;
    let disk = MemoryDisk::with_files(files);
    let error = backup(&disk).unwrap_err();
    assert!(matches!(error, TransferError::DamagedLog { places: 1, .. }), "{error}");
    restore(&disk).unwrap();
    check_restored(&disk, path(AGAIN));
}

#[test]
fn missing_and_changed_artifacts_are_told() {
    let disk = closed(&GROUPS);
    let named = artifacts(HEAD);
    let mut names = named.keys();
    let (gone, changed) = (names.next().unwrap(), names.next().unwrap());
    let root = path("/data/artifacts");
    disk.remove(&root.join(gone)).unwrap();
    let length = named[changed].len();
    replace(&disk, &root.join(changed), &vec![b'x'; length], Open::New).unwrap();
    let done = backup(&disk).unwrap();
    assert_eq!(done.missing, [gone.clone(), changed.clone()]);
    let restored = restore(&disk).unwrap();
    assert_eq!(restored.missing, done.missing);
    assert_eq!(restored.artifacts, Some(named.len() as u64 - 2));
    // Without the folder there is a word to say, and a way to say it.
    let without = crate::transfer::Backup { artifacts: Some(path("/nowhere")), ..job() };
    let error = crate::transfer::backup(&disk, &without, &mut |_| {}).unwrap_err();
    assert!(matches!(error, TransferError::NoArtifacts(_)), "{error}");
    let left_out = crate::transfer::Backup { artifacts: None, ..job() };
    assert_eq!(crate::transfer::backup(&disk, &left_out, &mut |_| {}).unwrap().artifacts, None);
}

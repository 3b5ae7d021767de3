//! Power cuts and failing calls at every place where the log touches the disk. The law: what was
//! acknowledged is there, whole groups only, and the log goes on.

mod faults;
mod power;

use super::{append, open, options, read_all};
use crate::{
    base::{
        Seq,
        disk::{
            DiskOp, MARGIN_BYTES,
            faulty::{Call, Failure, Fault, FaultyDisk},
            memory::MemoryDisk,
        },
    },
    wal::{Wal as _, WalError},
};

/// Sizes of the groups that the workload appends; they cross several segments, one is larger than a
/// segment.
const GROUPS: [u64; 16] = [1, 3, 2, 8, 1, 1, 12, 5, 70, 1, 6, 2, 9, 4, 1, 3];

/// What a run was told before it ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Told {
    /// The last record that was acknowledged.
    acked: u64,
    /// The last record of the group in flight, which may be there or not.
    in_flight: u64,
}

/// Appends the groups, with a mark here and there; a full disk is asked once more. Ends at the first
/// other error, which must be final if a sync failed.
fn run(disk: &FaultyDisk) -> Told {
    let mut told = Told::default();
    let Ok((mut wal, _)) = open(disk, options()) else { return told };
    for (number, count) in GROUPS.iter().enumerate() {
        told.in_flight = told.acked + count;
        let mut appended = append(&mut wal, *count);
        if matches!(appended, Err(WalError::Full(_))) {
            assert_eq!(wal.next(), Seq(told.acked + 1), "a full disk moved the log");
            appended = append(&mut wal, *count);
        }
        let sync_failed =
            disk.failed().iter().any(|call| matches!(call.op, DiskOp::Sync | DiskOp::SyncDir));
        assert!(appended.is_err() || !sync_failed, "acknowledged after a failed sync");
        if appended.is_err() {
            let again = append(&mut wal, 1);
            let poisoned = matches!(again, Err(WalError::Poisoned { .. }));
            assert!(poisoned || !sync_failed, "{again:?} after a failed sync");
            return told;
        }
        told.acked += count;
        match read_all(&wal.local_reader()) {
            Ok(head) => assert_eq!(head, Seq(told.acked)),
            Err(_) => assert!(!disk.failed().is_empty(), "reading failed for no reason"),
        }
        if number % 5 == 3 && wal.mark().is_err() {
            return told;
        }
    }
    let _ = Box::new(wal).close();
    told
}

/// Opens for writing, which recovers, and goes at once.
fn recover(disk: &FaultyDisk) {
    drop(open(disk, options()));
}

/// Opens what is left; the law.
fn check(disk: &MemoryDisk, told: Told, what: &str) {
    let (mut wal, _) = open(disk, options()).unwrap_or_else(|e| panic!("{what}: {e:?}"));
    let head = read_all(&wal.local_reader()).unwrap_or_else(|e| panic!("{what}: {e:?}"));
    assert!(head.0 == told.acked || head.0 == told.in_flight, "{what}: {told:?}, found {head}");
    append(&mut wal, 2).unwrap_or_else(|e| panic!("{what}: {e:?}"));
    drop(wal);
    // What was acknowledged after recovery must survive the worst power cut, too.
    let disk = disk.after_power_cut(0, 0.0);
    let (wal, _) = open(&disk, options()).unwrap_or_else(|e| panic!("{what}, again: {e:?}"));
    assert_eq!(read_all(&wal.local_reader()).unwrap(), head.plus(2), "{what}");
}

fn calls_of_a_run() -> Vec<Call> {
    let disk = FaultyDisk::over(MemoryDisk::default());
    assert_eq!(run(&disk).acked, GROUPS.iter().sum::<u64>());
    disk.calls()
}

/// What a run leaves on a disk that fails as planned, and what it was told.
fn run_with(call: usize, fault: Fault) -> (MemoryDisk, Told) {
    let disk = MemoryDisk::default();
    let faulty = FaultyDisk::over_memory(&disk);
    faulty.plan(call, fault);
    let told = run(&faulty);
    (disk, told)
}

#[test]
fn a_full_disk_is_survived_without_a_restart() {
    let memory = MemoryDisk::default();
    let disk = FaultyDisk::over(memory.clone());
    let (mut wal, _) = open(&disk, options()).unwrap();
    let mut head = 0;
    for round in 0..100 {
        append(&mut wal, 7).unwrap();
        head += 7;
        disk.plan(1, Fault::Forever(Failure::Full));
        let mut refused = false;
        for _ in 0..3 {
            match append(&mut wal, 7) {
                Ok(_) => head += 7,
                Err(error) => {
                    // A sync that meets a full disk would be final; here the write meets it first.
                    assert!(error.is_retryable(), "round {round}: {error:?}");
                    refused = true;
                }
            }
        }
        assert!(refused);
        disk.heal();
        assert_eq!(read_all(&wal.local_reader()).unwrap(), Seq(head));
    }
    append(&mut wal, 1).unwrap();
    drop(wal);
    // What was put over a failed group's bytes stayed in the segment.
    assert!(memory.files().values().all(|bytes| bytes.len() <= 4096));
    assert_eq!(open(&disk, options()).unwrap().1.head, Seq(head + 1));
}

#[test]
fn a_new_segment_leaves_others_their_margin() {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, options()).unwrap();
    let needed = options().segment_bytes + MARGIN_BYTES;
    disk.set_free_bytes(needed - 1);
    let mut head = 0;
    // The segment that is there is used up, and no more.
    while append(&mut wal, 7).is_ok() {
        head += 7;
        assert!(head < 1000, "a segment was made of what is not for it");
    }
    disk.set_free_bytes(needed);
    append(&mut wal, 7).unwrap();
    drop(wal);
    assert_eq!(open(&disk, options()).unwrap().1.head, Seq(head + 7));
}

#[test]
fn a_segment_that_reads_back_otherwise_is_not_taken() {
    let memory = MemoryDisk::default();
    let (mut wal, _) = open(&memory, options()).unwrap();
    append(&mut wal, 5).unwrap();
    drop(wal);
    let crashed = || FaultyDisk::over(memory.after_power_cut(0, 1.0));
    let disk = crashed();
    open(&disk, options()).unwrap();
    // The last it does before it puts the copy in the place of the segment is to read it back.
    let read_back = disk.calls().iter().position(|call| call.op == DiskOp::Rename).unwrap();
    let disk = crashed();
    disk.plan(read_back, Fault::Misread);
    assert!(matches!(open(&disk, options()).map(drop), Err(WalError::Disk(_))));
    assert_eq!(disk.failed().len(), 1);
    assert_eq!(open(&disk, options()).unwrap().1.head, Seq(5));
}

#[test]
fn a_failed_sync_is_final() {
    let disk = FaultyDisk::over(MemoryDisk::default());
    let (mut wal, _) = open(&disk, options()).unwrap();
    append(&mut wal, 1).unwrap();
    disk.plan(2, Fault::Once(Failure::Io));
    let Err(WalError::Poisoned { cause }) = append(&mut wal, 1) else { panic!("acknowledged") };
    assert!(cause.starts_with("cannot sync /log/") && cause.ends_with("(os error 5)"), "{cause}");
    assert_eq!(disk.failed()[0].op, DiskOp::Sync);
    assert!(matches!(append(&mut wal, 1), Err(WalError::Poisoned { .. })));
    assert!(matches!(wal.mark(), Err(WalError::Poisoned { .. })));
    assert_eq!(read_all(&wal.local_reader()).unwrap(), Seq(1));
    assert!(matches!(Box::new(wal).close(), Err(WalError::Poisoned { .. })));
    assert!(!open(&disk, options()).unwrap().1.clean);
}

//! Segments: the first byte says where the rest stands in a log and what is put right in it, so that
//! the checksums do not hide what is behind them. The rest is a segment without the zeros at its end.
//!
//! Whatever the bytes: opening and reading end, what is believed is the same for all who read it, a
//! refusal changes no file, and a log that was opened can be written, closed and read again.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use runlog::{
    base::{Seq, TimestampMs, disk::RealDisk},
    wal::{
        Damage, Finding, LocalReader, LocalWal, NewRecord, Options, Record, Tail, Wal, WalError,
        WalReader, verify,
    },
};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// What bits of the first byte say.
const SEAL_HEADER: u8 = 1;
const SEAL_RECORDS: u8 = 2;
const CLOSED: u8 = 4;
const WHERE: u8 = 0b11 << 3;

const FIRST: &str = "seg-0000000000000001-0000000000000001.runlog";
const SECOND: &str = "seg-0000000000000002-0000000000000004.runlog";
const GOLDEN_FIRST: &[u8] =
    include_bytes!("../../golden/logs/opaque/seg-0000000000000001-0000000000000001.runlog");
const GOLDEN_SECOND: &[u8] =
    include_bytes!("../../golden/logs/opaque/seg-0000000000000002-0000000000000004.runlog");

const PAGE: usize = 4096;
const HEADER_BYTES: usize = 128;
const BASE: usize = 32;
const SALT: usize = 48;
const PREV_TAIL_CRC: usize = 52;
const PREV_SHA256: usize = 56;
const SEGNO: usize = 88;
const CAPACITY: usize = 96;
const PREV_DATA_BYTES: usize = 104;
const HEADER_CRC: usize = 124;
const RECORD_BYTES: usize = 32;

thread_local! {
    static DIR: RefCell<TempDir> = RefCell::new(memory_dir());
}

/// A directory in memory where there is one: a log is written, synced and read a few times a run.
fn memory_dir() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

pub fn run(data: &[u8]) {
    let [how, segment @ ..] = data else { return };
    DIR.with_borrow(|dir| {
        let log = dir.path().join("log");
        fs::create_dir(&log).unwrap();
        place(&log, *how, segment);
        look(&log);
        fs::remove_dir_all(&log).unwrap();
    });
}

/// Makes a log of which the bytes are the only segment, the last (with the name that it should have,
/// or that it says it has), or one that is sealed.
fn place(log: &Path, how: u8, bytes: &[u8]) {
    let mut segment = bytes.to_vec();
    let capacity = segment.len().max(HEADER_BYTES).next_multiple_of(PAGE);
    segment.resize(capacity, 0);
    let end = if how & SEAL_RECORDS != 0 { seal_records(&mut segment) } else { (0, 0) };
    if how & SEAL_HEADER != 0 {
        put(&mut segment, CAPACITY, &(capacity as u64).to_le_bytes());
        seal_header(&mut segment);
    }
    match how & WHERE {
        0 => fs::write(log.join(FIRST), segment).unwrap(),
        0b01000 => {
            fs::write(log.join(FIRST), GOLDEN_FIRST).unwrap();
            fs::write(log.join(SECOND), segment).unwrap();
        }
        0b10000 => {
            let (segno, base) = (u64_at(&segment, SEGNO), u64_at(&segment, BASE));
            let name = format!("seg-{segno:016x}-{base:016x}.runlog");
            fs::write(log.join(FIRST), GOLDEN_FIRST).unwrap();
            fs::write(log.join(name), segment).unwrap();
        }
        _ => {
            let mut next = GOLDEN_SECOND.to_vec();
            let (end, tail_crc) = end;
            put(&mut next, PREV_TAIL_CRC, &tail_crc.to_le_bytes());
            put(&mut next, PREV_SHA256, &Sha256::digest(&segment[..end]));
            put(&mut next, PREV_DATA_BYTES, &(end as u64).to_le_bytes());
            seal_header(&mut next);
            fs::write(log.join(FIRST), segment).unwrap();
            fs::write(log.join(SECOND), next).unwrap();
        }
    }
    if how & CLOSED != 0 {
        fs::write(log.join("LOCK"), "closed\n").unwrap();
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn seal_header(segment: &mut [u8]) {
    let crc = crc32fast::hash(&segment[..HEADER_CRC]);
    put(segment, HEADER_CRC, &crc.to_le_bytes());
}

/// Puts the checksums of records right, one behind the other as their lengths say; returns where
/// the last one ends and the checksum of its header.
fn seal_records(segment: &mut [u8]) -> (usize, u32) {
    let salt = u32_at(segment, SALT);
    let (mut at, mut tail_crc) = (HEADER_BYTES, 0);
    while at + RECORD_BYTES <= segment.len() {
        let Ok(len) = usize::try_from(u32_at(segment, at)) else { break };
        let end = at + RECORD_BYTES + len;
        if len == 0 || end > segment.len() {
            break;
        }
        let payload_crc = crc32fast::hash(&segment[at + RECORD_BYTES..end]);
        put(segment, at + 28, &payload_crc.to_le_bytes());
        let mut hasher = crc32fast::Hasher::new_with_initial(salt);
        hasher.update(&segment[at..at + 4]);
        hasher.update(&segment[at + 8..at + RECORD_BYTES]);
        tail_crc = hasher.finalize();
        put(segment, at + 4, &tail_crc.to_le_bytes());
        at = end.next_multiple_of(8);
    }
    (at.min(segment.len()), tail_crc)
}

/// Reads the log as a reader, as `verify`, and as its next writer.
fn look(log: &Path) {
    let seen = LocalReader::open_read_only(Arc::new(RealDisk), log).and_then(|it| all(&it));
    let checked = verify(&RealDisk, log, &mut |_| {});
    let before = files(log);
    let (wal, report) = match open(log) {
        Ok(opened) => opened,
        Err(refused) => {
            assert!(files(log) == before, "refused, and changed: {refused}");
            return assert!(
                seen.is_err() || checked.is_err() || !checked.unwrap().damage.is_empty(),
                "only a writer refuses: {refused}"
            );
        }
    };
    let Ok(records) = all(&*wal.reader()) else {
        // A sealed segment of a log that was closed is checked when it is read.
        return assert!(report.clean && seen.is_err());
    };
    assert_eq!(seen.expect("a reader believes what a writer does"), records);
    assert_eq!(report.head.0, records.len() as u64);
    let checked = checked.expect("what opens can be checked");
    assert_eq!(report.torn.is_some(), matches!(checked.tail, Tail::Torn { .. }));
    // Digests of sealed segments are left to `verify`; in a log that was closed, their marks too.
    let digest =
        |it: &Finding| matches!(&it.what, WalError::Damaged { damage: Damage::Chain(_), .. });
    assert!(report.clean || checked.damage.iter().all(digest), "{:?}", checked.damage);
    write_on(wal, log, records, checked.damage.len());
}

/// A log that was opened goes on: one record more, closed, and read again. `damage` that was there
/// stays, and no other comes.
fn write_on(mut wal: LocalWal, log: &Path, mut records: Vec<Record>, damage: usize) {
    let (next, payload) = (wal.next(), b"one more".as_slice());
    let record = NewRecord {
        recorded_at: TimestampMs(0),
        event_type: 1,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload,
    };
    match wal.append(next, &[record]) {
        Ok(seq) => assert_eq!(seq, next),
        // A log may end at the last sequence that there is.
        Err(refused) => return assert!(next.0 > u64::MAX / 2, "{refused}"),
    }
    Box::new(wal).close().unwrap();
    let report = verify(&RealDisk, log, &mut |_| {}).unwrap();
    assert!(report.damage.len() == damage && report.tail == Tail::Marked, "{report:?}");
    let (wal, report) = open(log).unwrap();
    assert!(report.clean && report.head == next);
    let mut again = all(&*wal.reader()).unwrap();
    assert_eq!(again.pop().map(|it| it.payload), Some(payload.to_vec()));
    records.iter_mut().chain(&mut again).for_each(|it| it.place = None);
    assert_eq!(again, records);
}

fn open(log: &Path) -> Result<(LocalWal, runlog::wal::RecoveryReport), WalError> {
    let options = Options { segment_bytes: PAGE as u64, ..Options::default() };
    LocalWal::open(Arc::new(RealDisk), log, options)
}

fn all(reader: &dyn WalReader) -> Result<Vec<Record>, WalError> {
    reader.read_from(Seq(1)).collect()
}

/// All files but the one that says who has the log.
fn files(log: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path());
    let kept = paths.filter(|path| !path.ends_with("LOCK"));
    kept.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

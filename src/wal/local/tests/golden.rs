//! The released format, as bytes. What was written once must be read for ever, and the same records
//! must make the same bytes; a change here is a new format version.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{open, options};
use crate::{
    base::{
        Seq, TimestampMs,
        disk::{RealDisk, memory::MemoryDisk},
    },
    wal::{
        NewRecord, Wal, WalReader as _,
        local::{LocalReader, Tail, verify},
    },
};

fn golden_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/log-v1")
}

fn records() -> Vec<NewRecord<'static>> {
    let first = NewRecord {
        recorded_at: TimestampMs(1_700_000_000_001),
        event_type: 1,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload: b"created",
    };
    vec![
        first,
        NewRecord { event_type: 0x0203, event_version: 4, codec: 15, batch_more: true, ..first },
        NewRecord { recorded_at: TimestampMs(1), payload: b"12345678", ..first },
        NewRecord { recorded_at: TimestampMs(1_700_000_000_777), payload: &[0xff; 4000], ..first },
    ]
}

/// The segment files of the golden log, written by this code.
fn written() -> Vec<(String, Vec<u8>)> {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, options()).unwrap();
    let records = records();
    wal.append(Seq(1), &records[..1]).unwrap();
    wal.append(Seq(2), &records[1..3]).unwrap();
    wal.mark().unwrap();
    wal.append(Seq(4), &records[3..]).unwrap();
    Box::new(wal).close().unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let files = disk.files().into_iter().map(|(path, bytes)| (name(&path), bytes));
    files.filter(|(name, _)| name.ends_with(".runlog")).collect()
}

#[test]
fn the_same_records_make_the_same_bytes() {
    let written = written();
    assert_eq!(written.len(), 2);
    for (name, bytes) in written {
        assert!(fs::read(golden_dir().join(&name)).unwrap() == bytes, "{name} has other bytes");
    }
}

#[test]
fn the_first_format_is_read() {
    let reader = LocalReader::open_read_only(Arc::new(RealDisk), &golden_dir()).unwrap();
    assert_eq!(reader.log_id().to_string(), "01234567-89ab-4cde-8f01-23456789abcd");
    let read: Vec<_> = reader.read_from(Seq(1)).map(Result::unwrap).collect();
    let times = [1_700_000_000_001, 1_700_000_000_001, 1_700_000_000_001, 1_700_000_000_777];
    assert_eq!(read.len(), 4);
    for (index, put) in records().iter().enumerate() {
        let got = &read[index];
        assert_eq!(got.seq.0, index as u64 + 1);
        assert_eq!(got.recorded_at.0, times[index]);
        assert_eq!((got.event_type, got.event_version), (put.event_type, put.event_version));
        assert_eq!((got.codec, got.batch_more), (put.codec, put.batch_more));
        assert_eq!(got.payload, put.payload);
    }
    let report = verify(&RealDisk, &golden_dir(), &mut |_| {}).unwrap();
    assert!(report.damage.is_empty() && report.tail == Tail::Marked);
    assert_eq!((report.segments, report.groups, report.records), (2, 5, 4));
}

/// Writes the golden files, once in the life of a format version.
#[test]
#[ignore = "changes the golden files"]
fn write_golden_files() {
    fs::create_dir_all(golden_dir()).unwrap();
    for (name, bytes) in written() {
        fs::write(golden_dir().join(name), bytes).unwrap();
    }
}

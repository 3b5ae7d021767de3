//! Tests of the log in segment files: one a file for what can happen to it.

mod crash;
mod damage;
mod erase;
mod parts;
mod real;
mod rows;
#[cfg(feature = "shuttle")]
mod schedules;
mod walk;

use std::{path::Path, sync::Arc};

use uuid::Uuid;

use super::{LocalWal, Options, Origin, RecoveryReport};
use crate::{
    base::{
        Seq, TimestampMs,
        disk::{Disk, memory::MemoryDisk},
    },
    wal::{NewRecord, Wal as _, WalError, WalReader},
};

const DIR: &str = "/log";

/// Segments as small as can be, ids and times always the same.
fn options() -> Options {
    let origin = Origin::Fixed {
        log_id: Uuid::from_u128(0x0123_4567_89ab_4cde_8f01_2345_6789_abcd),
        salt: 0x5a17_0000,
        created_at: TimestampMs(1_700_000_000_000),
    };
    Options { segment_bytes: 4096, witnessed: Seq::ZERO, origin }
}

fn open(
    disk: &(impl Disk + Clone + 'static),
    options: Options,
) -> Result<(LocalWal, RecoveryReport), WalError> {
    LocalWal::open(Arc::new(disk.clone()), Path::new(DIR), options)
}

/// The payload of record `seq` in these tests: tells which record it is, in 10 to 130 bytes.
fn payload(seq: u64) -> Vec<u8> {
    let len = 10 + usize::try_from(seq * 37 % 121).unwrap();
    format!("record {seq} ").bytes().cycle().take(len).collect()
}

/// Appends `count` records as one group, which is one batch.
fn append(wal: &mut LocalWal, count: u64) -> Result<Seq, WalError> {
    let first = wal.next();
    let payloads: Vec<_> = (0..count).map(|n| payload(first.0 + n)).collect();
    append_payloads(wal, &payloads)
}

/// Appends records with these payloads as one group.
fn append_payloads(wal: &mut LocalWal, payloads: &[Vec<u8>]) -> Result<Seq, WalError> {
    let (first, count) = (wal.next(), payloads.len());
    let group: Vec<_> = (1..)
        .zip(payloads)
        .map(|(number, payload)| NewRecord {
            recorded_at: TimestampMs(1_700_000_000_000 + i64::try_from(first.0).unwrap()),
            event_type: 9,
            event_version: 1,
            codec: 1,
            batch_more: number < count,
            payload,
        })
        .collect();
    wal.append(first, &group)
}

/// A log of groups of these sizes, closed.
fn closed_log(groups: &[u64]) -> MemoryDisk {
    let disk = MemoryDisk::default();
    let (mut wal, _) = open(&disk, options()).unwrap();
    groups.iter().for_each(|count| {
        append(&mut wal, *count).unwrap();
    });
    Box::new(wal).close().unwrap();
    disk
}

/// Reads all there is; each record must be the one that was written.
fn read_all(reader: &dyn WalReader) -> Result<Seq, WalError> {
    let mut at = Seq::ZERO;
    for record in reader.read_from(Seq(1)) {
        let record = record?;
        assert_eq!(record.seq, at.next());
        assert_eq!(record.payload, payload(record.seq.0), "another record than was written");
        at = record.seq;
    }
    Ok(at)
}

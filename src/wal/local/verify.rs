//! Checking a whole log offline: every byte that counts, every link between segments, every digest.
//! Takes no lock and writes nothing. Steps over damage and goes on wherever a checksum says that a
//! record is what was written, so that one walk tells all that is lost and all that is not.
//!
//! What counts as intact past a damaged place: a record whose header and payload have the right
//! checksums and whose batch is whole, if something after it proves that its group had been durable.
//! A group that nothing proves counts whole or not at all, as when a log is opened.

mod account;
mod batches;
mod slots;
mod substitutes;
mod walk;

use std::{collections::BTreeMap, ops::Range, path::Path};

use uuid::Uuid;

use crate::base::{Seq, digest::Sha256Digest, disk::Disk};

use super::super::{Record, WalError};
use walk::Walk;

/// What is wrong is told place by place up to here, and then only counted.
const FINDINGS_MAX: usize = 100;

/// What a check of a whole log found.
#[derive(Debug)]
pub struct VerifyReport {
    /// The log's id: that of most of its segments.
    pub log_id: Uuid,
    /// Segment files.
    pub segments: usize,
    /// Groups, marks included.
    pub groups: u64,
    /// Sound records.
    pub records: u64,
    /// Bytes of sound segment headers and groups.
    pub bytes: u64,
    /// The last sound record.
    pub head: Seq,
    /// How the log ends.
    pub tail: Tail,
    /// What is wrong, in order, up to 100 places; empty if the log is sound.
    pub damage: Vec<Finding>,
    /// Damaged places in all.
    pub damage_count: u64,
    /// Records that are known to have been there and cannot be read.
    pub lost: u64,
    /// Records whose payload was destroyed, and of which a substitute is read.
    pub destroyed: u64,
    /// Digests of sealed segments that were written anew to destroy payloads, by name, over what counts of each:
    /// the next segment tells that of before.
    pub rewritten: BTreeMap<String, Sha256Digest>,
}

/// How a log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// With a mark: all of it is known to have been durable.
    Marked,
    /// With a group whose durability nothing proves; the writer runs, or died.
    Unmarked,
    /// With an incomplete group; the writer is at work, or died.
    Torn {
        /// Where it begins in the last segment.
        offset: u64,
        /// Bytes of it.
        bytes: u64,
    },
}

/// One damaged place.
#[derive(Debug)]
pub struct Finding {
    /// What is wrong, and where it begins.
    pub what: WalError,
    /// The bytes of the file that are not believed because of it.
    pub bytes: Range<u64>,
    /// The records that are lost with them; `None` if none is.
    pub lost: Option<Lost>,
    /// Whether something after it proves that it had been durable. Records that were durable may
    /// have been acknowledged; of others nobody was told.
    pub durable: bool,
}

/// Records that cannot be read any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// The first.
    pub first: Seq,
    /// The last; `None` if nothing tells how far the log went.
    pub last: Option<Seq>,
}

/// What a walk over a log comes upon, in the order of the log.
#[derive(Debug)]
pub enum Found<'a> {
    /// A sound record.
    Record(&'a Record),
    /// Damage.
    Damage(Finding),
}

/// Checks the log in `dir` and hands each sound record to `each`, in order. Damage is in the report;
/// errors are for what prevents looking: no log, a newer format, a disk that fails.
pub fn verify(
    disk: &dyn Disk,
    dir: &Path,
    each: &mut dyn FnMut(&Record),
) -> Result<VerifyReport, WalError> {
    let mut told = Vec::new();
    let mut report = walk(disk, dir, &mut |found| match found {
        Found::Record(record) => each(record),
        Found::Damage(finding) if told.len() < FINDINGS_MAX => told.push(finding),
        Found::Damage(_) => {}
    })?;
    report.damage = told;
    Ok(report)
}

/// As [`verify`], but hands damage over, too, where it stands between the records; `damage` in the
/// report stays empty.
pub fn walk(
    disk: &dyn Disk,
    dir: &Path,
    visit: &mut dyn FnMut(Found<'_>),
) -> Result<VerifyReport, WalError> {
    let slots = slots::find(disk, dir)?;
    Walk::new(disk, dir, &slots, visit).run(slots)
}

//! Checking a whole log offline: every byte that counts, every link between segments, every digest.
//! Takes no lock and writes nothing. Goes on after damage with the next segment, so that one walk
//! tells all there is.

use std::{path::Path, sync::Arc};

use uuid::Uuid;

use crate::base::{
    Seq,
    disk::{Disk, Open},
};

use super::{
    super::{Damage, Record, WalError},
    format::SegmentHeader,
    frames::Frames,
    groups::{Groups, Position},
    reader::record,
    recover::{End, judge, walk_sealed},
    segment::{self, SegmentFile, begin_sha256, finish_sha256},
    shared::SCAN_WINDOW_BYTES,
};

/// What a check of a whole log found.
#[derive(Debug)]
pub struct VerifyReport {
    /// The log's id.
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
    /// What is wrong, in order; empty if the log is sound.
    pub damage: Vec<WalError>,
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

/// Checks the log in `dir` and hands each sound record to `each`, in order. Damage is in the report;
/// errors are for what prevents looking: no log, a broken chain of segments, a disk that fails.
pub fn verify(
    disk: &dyn Disk,
    dir: &Path,
    each: &mut dyn FnMut(&Record),
) -> Result<VerifyReport, WalError> {
    let names = segment::names(disk, dir)?;
    let chain = segment::chain(disk, dir, &names)?;
    let Some(last) = chain.last() else {
        return Err(WalError::Absent { dir: dir.to_owned() });
    };
    let mut report = VerifyReport {
        log_id: last.header.log_id,
        segments: chain.len(),
        groups: 0,
        records: 0,
        bytes: 0,
        head: Seq::ZERO,
        tail: Tail::Marked,
        damage: Vec::new(),
    };
    for (segment, next) in chain.iter().zip(chain.iter().skip(1)) {
        let checked = verify_sealed(disk, segment, &next.header, each, &mut report);
        note_damage(checked, &mut report)?;
    }
    let checked = verify_last(disk, last, each, &mut report);
    note_damage(checked, &mut report)?;
    Ok(report)
}

fn note_damage(checked: Result<(), WalError>, report: &mut VerifyReport) -> Result<(), WalError> {
    match checked {
        Err(error) if error.is_damage() => {
            report.damage.push(error);
            Ok(())
        }
        checked => checked,
    }
}

fn verify_sealed(
    disk: &dyn Disk,
    segment: &SegmentFile,
    next: &SegmentHeader,
    each: &mut dyn FnMut(&Record),
    report: &mut VerifyReport,
) -> Result<(), WalError> {
    let mut failed = Ok(());
    let at = walk_sealed(disk, segment, next, &mut |groups| {
        if failed.is_ok() {
            failed = count(groups, segment, each, report);
        }
    })?;
    failed?;
    let file = segment.open(disk, Open::Read)?;
    let sha256 = finish_sha256(begin_sha256(&*file, at.offset)?);
    if sha256 != next.prev.sha256 {
        let damage = Damage::Chain("its digest is not the one that the next segment tells");
        return Err(segment.damaged(0, segment.header.base, damage));
    }
    report.bytes += at.offset;
    Ok(())
}

fn verify_last(
    disk: &dyn Disk,
    segment: &SegmentFile,
    each: &mut dyn FnMut(&Record),
    report: &mut VerifyReport,
) -> Result<(), WalError> {
    let file = segment.open(disk, Open::Read)?;
    let header = &segment.header;
    let frames = Frames::new(Arc::clone(&file), header.salt, header.capacity, SCAN_WINDOW_BYTES);
    let mut groups = Groups::new(frames, Position::start(header));
    // A server may be at work on the tail: what looks wrong is looked at once more.
    let mut suspect = None;
    loop {
        let stop = loop {
            match groups.advance() {
                Ok(()) => count(&mut groups, segment, each, report)?,
                Err(stop) => break stop,
            }
        };
        let at = groups.position();
        report.tail = match judge(&mut groups.frames, &at, stop, Seq::ZERO) {
            Ok(End::Torn { until, .. }) => {
                Tail::Torn { offset: at.offset, bytes: until - at.offset }
            }
            Ok(End::Clean) if at.marked => Tail::Marked,
            Ok(End::Clean) => Tail::Unmarked,
            Err(stop) if suspect == Some(at.offset) => {
                report.bytes += at.offset;
                return Err(segment.stopped(stop));
            }
            Err(_) => {
                suspect = Some(at.offset);
                let file = Arc::clone(&file);
                let frames = Frames::new(file, header.salt, header.capacity, SCAN_WINDOW_BYTES);
                groups = Groups::new(frames, at);
                continue;
            }
        };
        report.bytes += at.offset;
        return Ok(());
    }
}

/// Takes in the group that was stepped over.
fn count(
    groups: &mut Groups,
    segment: &SegmentFile,
    each: &mut dyn FnMut(&Record),
    report: &mut VerifyReport,
) -> Result<(), WalError> {
    report.groups += 1;
    for event in groups.events().to_vec() {
        let record = record(&mut groups.frames, &event, segment)?;
        each(&record);
        report.records += 1;
        report.head = record.seq;
    }
    Ok(())
}

//! Opening a log after whatever happened to it. Each case is a row, decided here and tested by name.
//!
//! | row | what is met | decision |
//! |-----|-------------|----------|
//! | @A | no segment, and nothing says that there ever was one | create an empty log |
//! | @B | no segment, but a witness or a torn tail says that there was a log | refuse |
//! | @C | files ending in `.tmp` | remove: none was part of the log yet |
//! | @D | a number missing in the chain of segments, or the first does not begin with record 1 | refuse |
//! | @E | a segment header damaged, or at odds with the file's name or the segment before | refuse |
//! | @F | a segment of a newer format version | refuse, whatever else it says |
//! | @G | a segment of another log | refuse |
//! | @H | a file shorter than it was created | refuse: no crash shortens a file |
//! | @I | a sealed segment that is not whole groups up to where the next one says it ends | refuse |
//! | @J | last segment: whole groups, then zeros to its end | accept |
//! | @K | last segment: a bad group, and a sound group leader past it | refuse: a leader is written only when all before it is durable |
//! | @L | last segment: a bad group, and no leader past it | cut: its sync never returned; keep the bytes aside |
//! | @M | last segment: a record that is sound but cannot stand there | refuse: no crash writes one |
//! | @N | the log ends before a record that a witness knows to have been durable | refuse |
//! | @O | the last writer did not close the log | check sealed segments; write the last one anew |
//! | @P | another process holds the lock | refuse, naming it (see `lock.rs`) |
//!
//! Why @L cuts a group as a whole: its records were to be acknowledged together, and were not. Why a
//! bad group at the very end of an acknowledged log looks like @L until a mark follows it: see
//! `Wal::mark`. Why @O writes the segment anew: after a failed sync in this boot the page cache may
//! show bytes that never reached the device; what will be believed is therefore written again, under
//! a sync that is seen to succeed.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::Sha256;
use uuid::Uuid;

use crate::base::{
    Seq,
    disk::{Disk, DiskFile, Open},
};

use super::{
    super::{Damage, WalError},
    Options,
    format::{PrevSegment, SegmentHeader},
    frames::Frames,
    groups::{Groups, Position, Stop},
    index::SparseIndex,
    rewrite::{keep_aside, rewrite},
    segment::{self, SegmentFile, TMP, begin_sha256},
    shared::SCAN_WINDOW_BYTES,
};

/// What opening a log found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryReport {
    /// The log's id.
    pub log_id: Uuid,
    /// The log was created just now.
    pub created: bool,
    /// The last writer closed the log; if not, sealed segments were checked and the last one was
    /// written anew.
    pub clean: bool,
    /// Segment files, the active one included.
    pub segments: usize,
    /// The last record.
    pub head: Seq,
    /// Unfinished files that were removed.
    pub removed: Vec<String>,
    /// The unacknowledged tail that was cut, if there was one.
    pub torn: Option<TornTail>,
}

/// An unacknowledged group that an interrupted write left incomplete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// Where it was.
    pub segment: PathBuf,
    /// Offset of the group.
    pub offset: u64,
    /// The first record that was not believed.
    pub seq: Seq,
    /// Bytes that were cut, without the zeros after them.
    pub bytes: u64,
    /// What was wrong.
    pub damage: Damage,
    /// Where the bytes are now.
    pub kept: PathBuf,
}

/// A log that may be appended to.
pub(super) struct Recovered {
    pub(super) sealed: Vec<SegmentFile>,
    pub(super) active: SegmentFile,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) at: Position,
    pub(super) sha256: Sha256,
    pub(super) index: SparseIndex,
    pub(super) report: RecoveryReport,
}

/// Checks the log in `dir`, decides by the table above, and does what was decided. Everything that
/// refuses comes before everything that changes a file.
pub(super) fn recover(
    disk: &dyn Disk,
    dir: &Path,
    options: &Options,
    lock_clean: bool,
) -> Result<Recovered, WalError> {
    let names = segment::names(disk, dir)?;
    let mut sealed = segment::chain(disk, dir, &names)?; // @D @E @F @G @H
    let Some(active) = sealed.pop() else { return create(disk, dir, options) };
    let mut file = active.open(disk, Open::Write)?;
    let frames = Frames::new(
        Arc::clone(&file),
        active.header.salt,
        active.header.capacity,
        SCAN_WINDOW_BYTES,
    );
    let mut groups = Groups::new(frames, Position::start(&active.header));
    let mut index = SparseIndex::new(active.header.base);
    let stop = loop {
        match groups.advance() {
            Ok(()) => {
                groups.events().iter().for_each(|event| index.note(event.header.seq, event.offset));
            }
            Err(stop) => break stop,
        }
    };
    let at = groups.position();
    let end = judge(&mut groups.frames, &at, stop, options.witnessed)
        .map_err(|stop| active.stopped(stop))?;
    let clean = lock_clean && at.marked && end == End::Clean;
    if !clean {
        check_sealed(disk, &sealed, &active)?; // @O
    }
    let removed = remove_unfinished(disk, dir)?;
    let torn = match end {
        End::Clean => None,
        End::Torn { until, damage } => {
            let kept = keep_aside(disk, dir, &active, &*file, at.offset..until, at.next)?;
            let (segment, bytes) = (active.path.clone(), until - at.offset);
            Some(TornTail { segment, offset: at.offset, seq: at.next, bytes, damage, kept })
        }
    };
    if !clean {
        file = rewrite(disk, dir, &active, &*file, at.offset)?; // @O
    }
    let sha256 = begin_sha256(&*file, at.offset)?;
    let report = RecoveryReport {
        log_id: active.header.log_id,
        created: false,
        clean,
        segments: sealed.len() + 1,
        head: Seq(at.next.0 - 1),
        removed,
        torn,
    };
    Ok(Recovered { sealed, active, file, at, sha256, index, report })
}

/// How the last segment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Zeros to the end of the file.
    Clean,
    /// A group that an interrupted write left incomplete, up to `until`.
    Torn { until: u64, damage: Damage },
}

/// Decides about the end of the last segment, whose groups count up to `at` and `stop` there. The
/// error is the stop that must not be passed over.
pub(super) fn judge(
    frames: &mut Frames,
    at: &Position,
    stop: Stop,
    witnessed: Seq,
) -> Result<End, Stop> {
    let Stop::Damage { offset, seq, damage } = stop else { return Err(stop) };
    let refuse = |damage| Err(Stop::Damage { offset, seq, damage });
    if !damage.may_be_torn() {
        return refuse(damage); // @M
    }
    let Some(until) = frames.last_nonzero(at.offset)? else {
        let lost = witnessed >= at.next;
        return if lost { refuse(Damage::Lost(witnessed)) } else { Ok(End::Clean) }; // @N @J
    };
    if frames.find_leader(at.offset + 8)?.is_some() {
        return refuse(damage); // @K
    }
    if witnessed >= at.next {
        return refuse(Damage::Lost(witnessed)); // @N
    }
    Ok(End::Torn { until, damage }) // @L
}

/// Checks every record of the sealed segments, and that each ends as the next one says.
fn check_sealed(
    disk: &dyn Disk,
    sealed: &[SegmentFile],
    active: &SegmentFile,
) -> Result<(), WalError> {
    let followers = sealed.iter().skip(1).chain([active]);
    for (segment, next) in sealed.iter().zip(followers) {
        walk_sealed(disk, segment, &next.header, &mut |_| {})?;
    }
    Ok(())
}

/// Walks the groups of a sealed segment; `each` sees the groups after each step.
pub(super) fn walk_sealed(
    disk: &dyn Disk,
    segment: &SegmentFile,
    next: &SegmentHeader,
    each: &mut dyn FnMut(&mut Groups),
) -> Result<Position, WalError> {
    let file = segment.open(disk, Open::Read)?;
    let end = next.prev.data_bytes;
    let frames = Frames::new(file, segment.header.salt, end, SCAN_WINDOW_BYTES);
    let mut groups = Groups::new(frames, Position::start(&segment.header));
    while groups.position().offset < end {
        match groups.advance() {
            Ok(()) => each(&mut groups),
            Err(stop) => return Err(segment.stopped(stop)), // @I
        }
    }
    let at = groups.position();
    let claim = (next.base, next.prev.tail_crc, next.prev.recorded_at);
    if claim == (at.next, at.tail_crc, at.recorded_at) {
        Ok(at)
    } else {
        let damage = Damage::Chain("the next segment tells another end");
        Err(segment.damaged(at.offset, at.next, damage)) // @I
    }
}

/// Creates an empty log, if that is what an empty directory means.
fn create(disk: &dyn Disk, dir: &Path, options: &Options) -> Result<Recovered, WalError> {
    let torn = segment::files(disk, dir)?.into_iter().find(|name| name.contains(".torn-"));
    let witness = (options.witnessed > Seq::ZERO)
        .then(|| format!("record {} is known to have been durable", options.witnessed));
    if let Some(what) = witness.or(torn.map(|name| format!("there is only {name}"))) {
        return Err(WalError::Missing { dir: dir.to_owned(), what }); // @B
    }
    let removed = remove_unfinished(disk, dir)?;
    let header = SegmentHeader {
        log_id: options.origin.log_id(),
        segno: 1,
        base: Seq(1),
        created_at: options.origin.created_at(),
        salt: options.origin.salt(1),
        capacity: segment::capacity_for(options.segment_bytes, 0),
        prev: PrevSegment::NONE,
    };
    let file = segment::prepare(disk, dir, header.capacity)?;
    let active = segment::enlist(disk, dir, &*file, &header)?; // @A
    let at = Position::start(&header);
    let report = RecoveryReport {
        log_id: header.log_id,
        created: true,
        clean: true,
        segments: 1,
        head: Seq::ZERO,
        removed,
        torn: None,
    };
    let sha256 = begin_sha256(&*file, at.offset)?;
    let index = SparseIndex::new(header.base);
    Ok(Recovered { sealed: Vec::new(), active, file, at, sha256, index, report })
}

/// Removes files that were being made. // @C
fn remove_unfinished(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, WalError> {
    let mut names = segment::files(disk, dir)?;
    names.retain(|name| name.ends_with(TMP));
    for name in &names {
        disk.remove(&dir.join(name))?;
    }
    Ok(names)
}

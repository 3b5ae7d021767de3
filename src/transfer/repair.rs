//! A new log out of what is intact of a damaged one, which is not touched.
//!
//! ```text
//!   damaged  1 2 3 4 ▒ ▒ 7 8 9 …        a log of its own, where every event has its old sequence:
//!   new      1 2 3 4 L L 7 L 9 … R      L  EventLost holds the place of one that is not kept
//!                                       R  LogRepaired says what was done, and is the last
//! ```
//!
//! Kept is every event whose bytes are proven, up to the first gap. After a gap an event may rest on
//! one that is lost: it is kept if what it rests on is there (`views::stands`), and so is its whole
//! batch; else it is kept aside, readable, and its place is held. Dropping all after a gap would be
//! to lose what is intact; keeping all would make up a state that never was.

mod aside;
mod rewrite;

use std::{path::Path, sync::Arc};

use super::{TransferError, files::Fresh};
use crate::{
    audit::check,
    base::{
        Seq, TimestampMs,
        data_dir::LOG_DIR,
        disk::{Disk, Open, replace},
    },
    event::LostRange,
    views::{Views, store::StoreError},
    wal::{WalError, hold, walk},
};
use rewrite::Rewrite;

/// What this program calls itself in what it leaves.
pub(super) const TOOL: &str = concat!("runlog ", env!("CARGO_PKG_VERSION"));
/// The report, in the new data directory.
pub const REPORT: &str = "repair.json";
/// Folder of what was not kept, in the new data directory.
pub const LEFT_BEHIND: &str = "left-behind";

/// Makes the views that tell what an event rests on: in a directory, of a log.
pub type MakeViews<'a> = &'a dyn Fn(&Path, [u8; 16]) -> Result<Views, StoreError>;

/// What to repair, and where to.
#[derive(Clone, Copy)]
pub struct Repair<'a> {
    /// The data directory with the damaged log.
    pub data_dir: &'a Path,
    /// The data directory that is made.
    pub into: &'a Path,
    /// Who asked for it.
    pub by: &'a str,
    /// The time now.
    pub now: TimestampMs,
    /// Bytes of a segment file of the new log.
    pub segment_bytes: u64,
    /// Where views are kept meanwhile.
    pub views: MakeViews<'a>,
}

/// What a repair did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct RepairReport {
    /// The damaged log.
    pub from_log: String,
    /// The new one.
    pub log_id: String,
    /// Who asked for it.
    pub by: String,
    /// With what.
    pub tool: String,
    /// The last event of the new log, which says that it was repaired.
    pub head: Seq,
    /// Events that were kept.
    pub kept: u64,
    /// Events that were not.
    pub lost: u64,
    /// Of these: intact, but resting on lost ones. They are in `left-behind/events.jsonl`.
    pub orphaned: u64,
    /// Of these: intact, but without a meaning.
    pub unreadable: u64,
    /// Which are lost, ascending; the first 10,000 ranges.
    pub ranges: Vec<LostRange>,
    /// What was wrong, place by place; the first 10,000.
    pub damage: Vec<String>,
    /// Files in `left-behind`.
    pub left_behind: Vec<String>,
}

/// Repairs into a new data directory; `None`, and nothing is made, if there is nothing to repair.
/// `progress` is called with each event that has been looked at.
pub fn repair(
    disk: &Arc<dyn Disk>,
    job: &Repair<'_>,
    progress: &mut dyn FnMut(Seq),
) -> Result<Option<RepairReport>, TransferError> {
    let log = job.data_dir.join(LOG_DIR);
    let _held = hold(&**disk, &log).map_err(WalError::from)?;
    let found = check(&**disk, &log)?;
    if found.is_sound() {
        return Ok(None);
    }
    let fresh = Fresh::begin(&**disk, job.into)?;
    let mut rewrite = Rewrite::begin(disk, job, fresh.path(), found.log.log_id)?;
    let mut done = Ok(());
    walk(&**disk, &log, &mut |found| {
        if done.is_ok() {
            done = rewrite.take_in(found, progress);
        }
    })?;
    done?;
    let report = rewrite.finish()?;
    let json = serde_json::to_string_pretty(&report).expect("plain data always serializes");
    let report_file = fresh.path().join(REPORT);
    replace(&**disk, &report_file, format!("{json}\n").as_bytes(), Open::New)?;
    fresh.finish()?;
    Ok(Some(report))
}

//! Opening a data directory: the log first, then the views, brought up to the log.

use std::{path::Path, sync::Arc};

use super::{Engine, OpenError, redact, replay};
use crate::{
    base::{
        Seq, SystemClock,
        data_dir::{LOG_DIR, SNAPSHOTS_DIR, VIEWS_DIR},
        digest::crc32_ieee,
        disk::{Disk, DiskError, DiskOp, create_dirs},
    },
    views::{
        Position, Views,
        store::{StoreError, set_aside},
    },
    wal::{LocalWal, Options as LogOptions, RecoveryReport, Wal, WalError, WalReader},
};

/// How a data directory is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of a segment file of the log.
    pub segment_bytes: u64,
    /// Bytes of the view cache that may be held in memory.
    pub cache_bytes: usize,
    /// An event that is known, from a signed checkpoint, to have been durable; a log that ends before it
    /// is refused. [`Seq::ZERO`] if nothing is known.
    pub witnessed: Seq,
    /// Events between two snapshots of the views, at least: a fold begins at the last one before.
    pub snapshot_events: u64,
}

impl Default for Options {
    fn default() -> Self {
        let LogOptions { segment_bytes, witnessed, .. } = LogOptions::default();
        // A core folds about a million events a second.
        Self { segment_bytes, cache_bytes: 256 << 20, witnessed, snapshot_events: 1_000_000 }
    }
}

pub(super) fn open(
    disk: Arc<dyn Disk>,
    data_dir: &Path,
    options: &Options,
) -> Result<Engine, OpenError> {
    create_dirs(&*disk, data_dir)?;
    refuse_views_alone(&*disk, data_dir)?;
    let Options { segment_bytes, witnessed, .. } = *options;
    let log_options = LogOptions { segment_bytes, witnessed, ..LogOptions::default() };
    let (wal, report) = LocalWal::open(Arc::clone(&disk), &data_dir.join(LOG_DIR), log_options)?;
    note(&report);
    let log = wal.reader();
    let (path, clock) = (data_dir.join(VIEWS_DIR), Box::new(SystemClock));
    let keep_snapshots = |views: &Views| {
        let dir = data_dir.join(SNAPSHOTS_DIR);
        views.keep_snapshots(path.clone(), dir, log.head(), options.snapshot_events);
    };
    if log.head() > Seq::ZERO {
        let views = open_views(&path, &*log, options.cache_bytes)?;
        keep_snapshots(&views);
        bring_up(&views, &*log)?;
        let pending = redact::pending(&views, &*log)?;
        if !pending.is_empty() {
            let payloads = pending.len();
            tracing::info!(payloads, "what is redacted is destroyed; views are folded anew");
            drop(views);
            redact::forget_views(&*disk, data_dir)?;
            wal.erase(&pending)?;
            return open(disk, data_dir, options);
        }
        return Ok(Engine::start(Box::new(wal), Arc::new(views), clock));
    }
    // Views of an empty log are empty: they begin in memory, and their cache is made meanwhile,
    // because making it flushes all disks of the machine and may take long.
    set_views_aside(&path)?;
    let log_id = log.log_id().into_bytes();
    let views = Views::in_memory_until_flushed(log_id, path.clone(), options.cache_bytes);
    keep_snapshots(&views);
    Ok(Engine::start(Box::new(wal), Arc::new(views), clock))
}

/// Brings views up to the head of the log.
fn bring_up(views: &Views, log: &dyn WalReader) -> Result<(), OpenError> {
    let replayed = replay(log, views, log.head(), &mut |seq| {
        tracing::debug!(%seq, "replaying");
    })?;
    if replayed.events > 0 {
        let (events, until) = (replayed.events, replayed.until);
        tracing::info!(events, %until, "views brought up to the log");
    }
    Ok(())
}

/// Views without a log mean that the log is not where it was. To begin another would look as if all had
/// been lost.
fn refuse_views_alone(disk: &dyn Disk, data_dir: &Path) -> Result<(), OpenError> {
    let (log, views) = (data_dir.join(LOG_DIR), data_dir.join(VIEWS_DIR));
    // What cannot be listed is refused when it is opened, with its reason.
    let holds = |dir: &Path, ending: &str| {
        let mut entries = disk.list(dir).unwrap_or_default().into_iter();
        entries.any(|entry| entry.name.to_string_lossy().ends_with(ending))
    };
    if holds(&views, "") && !holds(&log, ".runlog") {
        return Err(OpenError::LogGone { log, views });
    }
    Ok(())
}

/// Tells the operator what was found, if it is more than a log in good order.
fn note(report: &RecoveryReport) {
    let (head, segments) = (report.head, report.segments);
    if report.created {
        tracing::info!(log_id = %report.log_id, "a new log begins");
    } else if report.clean {
        tracing::info!(%head, segments, "log open");
    } else {
        tracing::info!(%head, segments, "log open after an unclean end; all of it was checked");
    }
    if let Some(torn) = &report.torn {
        let (seq, bytes, kept) = (torn.seq, torn.bytes, torn.kept.display());
        tracing::warn!(%seq, bytes, %kept, "an unacknowledged tail was cut and kept aside");
    }
}

/// Opens the views in `path` if they are a prefix of `log`; else sets them aside and begins anew.
fn open_views(path: &Path, log: &dyn WalReader, cache_bytes: usize) -> Result<Views, OpenError> {
    let log_id = log.log_id().into_bytes();
    let opened = Views::open(path, log_id, cache_bytes).and_then(|views| {
        match prefix_of(log, views.position()) {
            Ok(true) => Ok(views),
            Ok(false) => Err(StoreError::Mismatch {
                path: path.to_owned(),
                reason: "it was folded from a log that went on differently".to_owned(),
            }),
            Err(error) => {
                Err(StoreError::Mismatch { path: path.to_owned(), reason: error.to_string() })
            }
        }
    });
    match opened {
        Ok(views) => Ok(views),
        // What cannot be opened for want of space is as good as it was.
        Err(error) if error.is_full() => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "views are rebuilt from the log");
            set_views_aside(path)?;
            Ok(Views::open(path, log_id, cache_bytes)?)
        }
    }
}

/// Whether the log holds the very event that views say they have folded last.
pub(super) fn prefix_of(log: &dyn WalReader, position: Position) -> Result<bool, WalError> {
    if position.seq == Seq::ZERO {
        return Ok(true);
    }
    match log.read(position.seq) {
        Ok(record) => Ok(crc32_ieee(&record.payload) == position.payload_crc),
        Err(WalError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Moves a view cache out of the way; the one that was set aside before goes.
fn set_views_aside(path: &Path) -> Result<(), OpenError> {
    Ok(set_aside(path).map_err(DiskError::io(DiskOp::Rename, path))?)
}

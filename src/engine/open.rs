//! Opening a data directory: the log first, then the views, brought up to the log.

use std::{path::Path, sync::Arc};

use super::{Engine, OpenError, replay};
use crate::{
    base::{
        Seq, SystemClock,
        digest::crc32_ieee,
        disk::{Disk, DiskError, Kind, create_dirs, remove_tree},
    },
    views::{Position, Views, store::StoreError},
    wal::{LocalWal, Options as LogOptions, RecoveryReport, Wal, WalError, WalReader},
};

/// How a data directory is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of a segment file of the log.
    pub segment_bytes: u64,
    /// Bytes of the view cache that may be held in memory.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: LogOptions::default().segment_bytes, cache_bytes: 256 << 20 }
    }
}

/// Folder of the log in a data directory.
pub const LOG_DIR: &str = "log";
/// Folder of the view cache in a data directory.
pub const VIEWS_DIR: &str = "views";

pub(super) fn open(
    disk: Arc<dyn Disk>,
    data_dir: &Path,
    options: &Options,
) -> Result<Engine, OpenError> {
    create_dirs(&*disk, data_dir)?;
    let log_options = LogOptions { segment_bytes: options.segment_bytes, ..LogOptions::default() };
    let (wal, report) = LocalWal::open(disk.clone(), &data_dir.join(LOG_DIR), log_options)?;
    note(&report);
    let log = wal.reader();
    let (path, clock) = (data_dir.join(VIEWS_DIR), Box::new(SystemClock));
    if log.head() > Seq::ZERO {
        let views = current_views(&*disk, &path, &*log, options.cache_bytes)?;
        return Ok(Engine::start(Box::new(wal), Arc::new(views), clock));
    }
    // Views of an empty log are empty: they begin in memory, and their cache is made meanwhile,
    // because making it flushes all disks of the machine and may take long.
    let views = Arc::new(Views::in_memory(log.log_id().into_bytes()));
    let (attached, cache_bytes) = (views.clone(), options.cache_bytes);
    let make_cache = move || {
        let aside = set_views_aside(&*disk, &path).map_err(OpenError::from);
        let made = aside.and_then(|()| Ok(attached.attach_cache(&path, cache_bytes)?));
        if let Err(error) = made {
            tracing::error!(%error, "views stay in memory until the next start");
        }
    };
    Ok(Engine::start_after(Box::new(wal), views, clock, make_cache))
}

/// The views of a log that holds events, brought up to its head.
fn current_views(
    disk: &dyn Disk,
    path: &Path,
    log: &dyn WalReader,
    cache_bytes: usize,
) -> Result<Views, OpenError> {
    let views = open_views(disk, path, log, cache_bytes)?;
    let replayed = replay(log, &views, log.head(), &mut |seq| {
        tracing::debug!(%seq, "replaying");
    })?;
    if replayed.events > 0 {
        let (events, until) = (replayed.events, replayed.until);
        tracing::info!(events, %until, "views brought up to the log");
    }
    Ok(views)
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
fn open_views(
    disk: &dyn Disk,
    path: &Path,
    log: &dyn WalReader,
    cache_bytes: usize,
) -> Result<Views, OpenError> {
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
        Err(error) => {
            tracing::warn!(%error, "views are rebuilt from the log");
            set_views_aside(disk, path)?;
            Ok(Views::open(path, log_id, cache_bytes)?)
        }
    }
}

/// Whether the log holds the very event that views say they have folded last.
fn prefix_of(log: &dyn WalReader, position: Position) -> Result<bool, WalError> {
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
fn set_views_aside(disk: &dyn Disk, path: &Path) -> Result<(), DiskError> {
    let found = |path: &Path| match disk.look(path) {
        Err(error) if error.is_missing() => Ok(None),
        found => found.map(|found| Some(found.kind)),
    };
    let aside = path.with_extension("set-aside");
    match found(&aside)? {
        Some(Kind::Dir) => remove_tree(disk, &aside)?,
        Some(Kind::File | Kind::Other) => disk.remove(&aside)?,
        None => {}
    }
    if found(path)?.is_some() {
        disk.rename(path, &aside)?;
    }
    Ok(())
}

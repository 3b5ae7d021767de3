//! Materialized views: what the events add up to, folded from the log and readable in an instant.
//! Never the truth: they can be deleted at any time, and are rebuilt.
//!
//! ```text
//!   event ─► fold ─► changes ─┬─► layers (recent ► frozen ► base on disk)   documents, series
//!                             └─► index (columns and maps in memory)        searches
//! ```
//!
//! One writer folds and publishes; any number of readers read. Knows nothing of HTTP, nor of how
//! the log keeps its records.

pub mod buckets;
pub mod digest;
mod fold;
pub mod index;
pub mod keys;
pub mod lookup;
pub mod query;
#[cfg(test)]
#[cfg(feature = "shuttle")]
mod schedules;
pub mod series;
mod snapshots;
mod standing;
mod state;
pub mod store;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use snapshots::Snapshots;
pub use standing::stands;

use index::Index;
use store::{
    Base, Cache, Changes, Cursor, Files, Frozen, Layers, Opening, Read, SledBase, StoreError, View,
};

use crate::{
    base::{
        Seq,
        sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard},
    },
    event::Envelope,
};

/// Version of the shape of what views keep. A cache of another version is rebuilt.
pub const SCHEMA_VERSION: u32 = 6;

/// Entries that may wait in memory before they are moved into the cache on disk.
const RECENT_ENTRIES_MAX: usize = 100_000;
/// What they may take in memory before that.
const RECENT_BYTES_MAX: usize = 64 << 20;

/// What may wait in memory while the cache takes nothing; then no more is recorded.
const STALLED_BYTES_MAX: usize = 256 << 20;

/// How far the views have folded: the event, and the CRC-32 of its payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// The last folded event.
    pub seq: Seq,
    /// CRC-32 (IEEE) of its payload, to recognise it by.
    pub payload_crc: u32,
}

/// All views of one log.
pub struct Views {
    layers: Layers,
    index: RwLock<Index>,
    position: RwLock<Position>,
    log_id: [u8; 16],
    flushing: Mutex<Flushing>,
    snapshots: OnceLock<Snapshots>,
    /// The base is a snapshot, which takes nothing.
    over_snapshot: bool,
    /// The last flush failed, and what it should have moved is still in memory.
    stalled: AtomicBool,
}

/// What goes to disk next. Locked while it does: one at a time.
#[derive(Default)]
struct Flushing {
    /// Where the cache is to be made, and what of it may be held in memory, until it is made.
    cache_due: Option<(PathBuf, usize)>,
    /// A layer that could not be moved yet, and the cursor it leads to.
    frozen: Option<(Frozen, Cursor)>,
    /// The cursor that the last flush led to.
    settled: Option<Cursor>,
}

impl Views {
    /// Views kept in memory alone, folded from nothing.
    pub fn in_memory(log_id: [u8; 16]) -> Self {
        Self::at(log_id, Position::default())
    }

    /// As [`Views::in_memory`], until the first flush makes a new cache in `path`, where there must be
    /// none with content.
    pub fn in_memory_until_flushed(log_id: [u8; 16], path: PathBuf, cache_bytes: usize) -> Self {
        let views = Self::in_memory(log_id);
        views.flushing().cache_due = Some((path, cache_bytes));
        views
    }

    fn make_cache(&self, path: &Path, cache_bytes: usize) -> Result<(), StoreError> {
        let cache = open_cache(path, cache_bytes)?;
        if cache.cursor()?.is_some() {
            let reason = "it is not empty".to_owned();
            return Err(StoreError::Mismatch { path: path.to_owned(), reason });
        }
        self.layers.attach(Arc::new(cache));
        Ok(())
    }

    /// Opens the cache in `path` with what it has folded of the log `log_id`, or creates it.
    /// Any error means that it must be rebuilt; nothing is repaired.
    pub fn open(path: &Path, log_id: [u8; 16], cache_bytes: usize) -> Result<Self, StoreError> {
        Self::over(open_cache(path, cache_bytes)?, path, log_id)
    }

    /// Over a cache, which is in `path`.
    fn over(cache: Cache, path: &Path, log_id: [u8; 16]) -> Result<Self, StoreError> {
        Self::over_base(Arc::new(cache), path, log_id)
    }

    fn over_base(base: Arc<dyn Base>, path: &Path, log_id: [u8; 16]) -> Result<Self, StoreError> {
        let mismatch = |reason: String| StoreError::Mismatch { path: path.to_owned(), reason };
        let position = match base.cursor()? {
            None => Position::default(),
            Some(cursor) if cursor.schema != SCHEMA_VERSION => {
                let reason = format!("it has version {}, not {SCHEMA_VERSION}", cursor.schema);
                return Err(mismatch(reason));
            }
            Some(cursor) if cursor.log_id != log_id => {
                return Err(mismatch("it was folded from another log".to_owned()));
            }
            Some(cursor) => Position { seq: cursor.seq, payload_crc: cursor.payload_crc },
        };
        let views = Self::at(log_id, position);
        views.layers.attach(base);
        views.fill_index();
        Ok(views)
    }

    fn at(log_id: [u8; 16], position: Position) -> Self {
        Self {
            layers: Layers::new(stop),
            index: RwLock::default(),
            position: RwLock::new(position),
            log_id,
            flushing: Mutex::default(),
            snapshots: OnceLock::new(),
            over_snapshot: false,
            stalled: AtomicBool::new(false),
        }
    }

    /// Gives views in memory a base of a test's own.
    #[cfg(test)]
    #[cfg(feature = "shuttle")]
    pub(crate) fn attach_base(&self, base: Arc<dyn store::Base>) {
        self.layers.attach(base);
    }

    fn fill_index(&self) {
        let mut index = self.index.write().expect("no thread panics under this lock");
        for table in Index::TABLES {
            let end = keys::after_prefix(&[*table]);
            let mut from = vec![*table];
            loop {
                let page = self.layers.view().range(&from, end.as_deref(), 4096);
                let Some((last, _)) = page.last() else { break };
                from = [last, &[0][..]].concat();
                page.iter().for_each(|(key, value)| index.apply(key, Some(value)));
            }
        }
    }

    /// The log they are folded from.
    pub fn log_id(&self) -> [u8; 16] {
        self.log_id
    }

    /// How far they have folded.
    pub fn position(&self) -> Position {
        *self.position.read().expect("no thread panics under this lock")
    }

    /// What readers see now.
    pub fn view(&self) -> View<'_> {
        self.layers.view()
    }

    /// The index, for a search. Writers wait while it is held: hold it for a slice of the work.
    pub fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().expect("no thread panics under this lock")
    }

    /// An empty set of changes over what readers see. For the one writer.
    pub fn changes(&self) -> Changes<'_> {
        Changes::over(self.layers.view())
    }

    /// Shows the readers what has been folded, all at once. For the one writer, and only once the
    /// events are durable.
    pub fn publish(&self, changes: Changes<'_>, position: Position) {
        let changes = changes.into_map();
        let mut index = self.index.write().expect("no thread panics under this lock");
        changes.iter().for_each(|(key, value)| index.apply(key, value.as_ref()));
        // Held over both steps, so that a flush never writes entries with an earlier cursor.
        let mut folded = self.position.write().expect("no thread panics under this lock");
        self.layers.publish(changes);
        *folded = position;
    }

    /// Whether so much waits in memory that it should go to disk now.
    pub fn wants_flush(&self) -> bool {
        if self.over_snapshot {
            return false;
        }
        let (entries, bytes) = self.layers.recent();
        entries > RECENT_ENTRIES_MAX || bytes > RECENT_BYTES_MAX
    }

    /// What they take in memory, about, besides what is on disk.
    pub fn bytes(&self) -> usize {
        self.layers.bytes_above_base() + self.index().bytes()
    }

    /// Whether nothing more may be published: the cache takes nothing, because its disk is full or
    /// fails, and memory holds all that it may.
    pub fn are_full(&self) -> bool {
        self.stalled.load(Ordering::Relaxed) && self.layers.bytes_above_base() > STALLED_BYTES_MAX
    }

    /// Moves what waits in memory to disk, durably. Waits for readers that still look at it, and
    /// for another flush; never call it from the writer's thread while it must answer. After an error
    /// everything is in memory as before, and the next flush tries again.
    pub fn flush(&self) -> Result<(), StoreError> {
        let mut flushing = self.flushing();
        if let Some((path, cache_bytes)) = &flushing.cache_due {
            self.make_cache(path, *cache_bytes)?;
            flushing.cache_due = None;
        }
        // What an earlier flush left first, then what has come since.
        self.settle(&mut flushing)?;
        flushing.frozen = {
            // Under the position's lock, so that layer and cursor are of one moment.
            let position = self.position.read().expect("no thread panics under this lock");
            self.layers.freeze().map(|frozen| (frozen, self.cursor(*position)))
        };
        self.settle(&mut flushing)?;
        if let Some(snapshots) = self.snapshots.get()
            && let Some(cursor) = &flushing.settled
        {
            snapshots.take_if_due(cursor);
        }
        Ok(())
    }

    /// Keeps snapshots of the cache, which is in `cache`, in the directory `snapshots`; at least so many
    /// `events` apart. Those that know events after `head`, which ends the log, are removed.
    pub fn keep_snapshots(&self, cache: PathBuf, snapshots: PathBuf, head: Seq, events: u64) {
        let kept = Snapshots::open(cache, snapshots, head, events);
        assert!(self.snapshots.set(kept).is_ok(), "snapshots are kept in one place");
    }

    /// Views as they were at the last snapshot that knows nothing after `until`: over its files, to be
    /// folded on in memory, and never flushed.
    pub fn snapshot_before(&self, until: Seq) -> Option<Self> {
        let is_ours = |cursor: &Cursor| {
            cursor.log_id == self.log_id && cursor.schema == SCHEMA_VERSION && cursor.seq <= until
        };
        let files = self.snapshots.get()?.before(until, is_ours)?;
        let path = files.path().to_owned();
        let mut views = Self::over_base(Arc::new(files), &path, self.log_id).ok()?;
        views.over_snapshot = true;
        Some(views)
    }

    /// As [`Views::flush`], but what cannot be moved stays in memory, as long as there is room in it.
    pub fn flush_or_hold(&self) -> Result<(), StoreError> {
        match self.flush() {
            Err(error @ StoreError::Lost(_)) => Err(error),
            Err(error) if self.layers.bytes_above_base() > STALLED_BYTES_MAX => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn settle(&self, flushing: &mut Flushing) -> Result<(), StoreError> {
        if let Some((frozen, cursor)) = flushing.frozen.take() {
            let settled = self.layers.settle(&frozen, &cursor);
            match settled {
                Ok(()) => flushing.settled = Some(cursor),
                Err(_) => flushing.frozen = Some((frozen, cursor)),
            }
            return settled;
        }
        Ok(())
    }

    fn cursor(&self, position: Position) -> Cursor {
        Cursor {
            log_id: self.log_id,
            seq: position.seq,
            payload_crc: position.payload_crc,
            schema: SCHEMA_VERSION,
        }
    }

    fn flushing(&self) -> MutexGuard<'_, Flushing> {
        self.flushing.lock().expect("no thread panics under this lock")
    }

    /// As [`Views::flush`], for as long as the cache can be used; says when it takes nothing and when
    /// it does again. A cache that is lost ends the process, and the next start goes on.
    pub fn flush_or_wait(&self) {
        match self.flush() {
            Ok(()) => {
                if self.stalled.swap(false, Ordering::Relaxed) {
                    tracing::info!("the view cache is written again");
                }
            }
            Err(error @ StoreError::Lost(_)) => stop(&error),
            Err(error) => {
                if !self.stalled.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "views wait in memory; the log is unharmed");
                }
            }
        }
    }
}

fn open_cache(path: &Path, cache_bytes: usize) -> Result<Cache, StoreError> {
    let again = path.to_owned();
    Cache::over(SledBase::open(path, cache_bytes)?, move |how| {
        Ok(match how {
            Opening::ToWrite => {
                Box::new(SledBase::open_again(&again, cache_bytes)?) as Box<dyn Base>
            }
            Opening::ToRead => Box::new(Files::open_checked(&again)?),
        })
    })
}

/// Folds one event into changes.
pub fn fold(changes: &mut Changes<'_>, envelope: &Envelope) {
    fold::fold(changes, envelope);
}

/// A cache that fails under a read, and cannot be opened again, cannot tell a value from its absence,
/// so no answer can be given. The log is unharmed: the next start folds the views from it, or opens the
/// cache if only space was missing.
fn stop(error: &StoreError) -> ! {
    let path = error.path();
    if error.is_full() {
        tracing::error!(%error, "stopping: make room, then start again");
    } else {
        tracing::error!(%error, "stopping: start again, and the views are rebuilt from the log");
        if let Err(error) = store::set_aside(path) {
            tracing::error!(%error, path = %path.display(), "remove it before that");
        }
    }
    std::process::exit(crate::base::exit::VIEWS)
}

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
mod standing;
mod state;
pub mod store;

use std::{path::Path, sync::Arc};

pub use standing::stands;

use index::Index;
use store::{Base as _, Changes, Cursor, Layers, Read, SledBase, StoreError, View};

use crate::{
    base::{
        Seq,
        sync::{Mutex, RwLock, RwLockReadGuard},
    },
    event::Envelope,
};

/// Version of the shape of what views keep. A cache of another version is rebuilt.
pub const SCHEMA_VERSION: u32 = 4;

/// Entries that may wait in memory before they are moved into the cache on disk.
const RECENT_ENTRIES_MAX: usize = 100_000;

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
    /// Held while a layer is on its way to disk: one at a time.
    flushing: Mutex<()>,
}

impl Views {
    /// Views kept in memory alone, folded from nothing.
    pub fn in_memory(log_id: [u8; 16]) -> Self {
        Self::at(log_id, Position::default())
    }

    /// Gives views in memory a new cache in `path` to move to. Fails if there is one with content.
    pub fn attach_cache(&self, path: &Path, cache_bytes: usize) -> Result<(), StoreError> {
        let base = SledBase::open(path, cache_bytes)?;
        if base.cursor()?.is_some() {
            let reason = "it is not empty".to_owned();
            return Err(StoreError::Mismatch { path: path.to_owned(), reason });
        }
        self.layers.attach(Arc::new(base));
        Ok(())
    }

    /// Opens the cache in `path` with what it has folded of the log `log_id`, or creates it.
    /// Any error means that it must be rebuilt; nothing is repaired.
    pub fn open(path: &Path, log_id: [u8; 16], cache_bytes: usize) -> Result<Self, StoreError> {
        let base = SledBase::open(path, cache_bytes)?;
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
        views.layers.attach(Arc::new(base));
        views.fill_index();
        Ok(views)
    }

    fn at(log_id: [u8; 16], position: Position) -> Self {
        Self {
            layers: Layers::new(stop),
            index: RwLock::default(),
            position: RwLock::new(position),
            log_id,
            flushing: Mutex::new(()),
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
        self.layers.recent_len() > RECENT_ENTRIES_MAX
    }

    /// Moves what waits in memory to disk, durably. Waits for readers that still look at it, and
    /// for another flush; never call it from the writer's thread while it must answer.
    pub fn flush(&self) -> Result<(), StoreError> {
        let _one_at_a_time = self.flushing.lock().expect("no thread panics under this lock");
        let frozen = {
            // Under the position's lock, so that layer and cursor are of one moment.
            let position = self.position.read().expect("no thread panics under this lock");
            self.layers.freeze().map(|frozen| (frozen, *position))
        };
        let Some((frozen, position)) = frozen else { return Ok(()) };
        let cursor = Cursor {
            log_id: self.log_id,
            seq: position.seq,
            payload_crc: position.payload_crc,
            schema: SCHEMA_VERSION,
        };
        self.layers.settle(&frozen, &cursor)
    }
}

impl Views {
    /// As [`Views::flush`]; a cache that cannot be written is as good as gone, so the process ends
    /// and the next start rebuilds it. The log is unharmed.
    pub fn flush_or_stop(&self) {
        if let Err(error) = self.flush() {
            stop(&error);
        }
    }
}

/// Folds one event into changes.
pub fn fold(changes: &mut Changes<'_>, envelope: &Envelope) {
    fold::fold(changes, envelope);
}

/// A cache that fails under a read cannot tell a value from its absence. The log is unharmed, and
/// the next start rebuilds the cache: so stop.
fn stop(error: &StoreError) -> ! {
    tracing::error!(%error, "the view cache failed; stopping, the next start rebuilds it");
    std::process::exit(crate::base::exit::VIEWS)
}

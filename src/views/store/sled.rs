//! The bottom layer on disk: sled as a disposable cache. The only file that knows sled.
//!
//! Rules that make the pre-release safe to use here: one tree (it has no batches over several),
//! one writer, the cursor inside every batch, a background flusher that never gets to flush (it
//! would abort the process on an I/O error), and any doubt at open means "move it aside and
//! rebuild", never repair.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::{Base, Cursor, Key, StoreError, Value, base::Batch};
use crate::event::codec;

/// Entries a leaf. Part of the files: a cache made with another number cannot be opened.
const LEAF_FANOUT: usize = 128;

/// A year. Without any flusher, sled would flush whenever a handle is dropped, and every range read
/// drops one: reads would wait for syncs.
const NEVER_MS: usize = 365 * 24 * 3600 * 1000;

/// Sorts before every table, so no range of a table meets it.
const CURSOR_KEY: &[u8] = &[0];

type Db = sled::Db<LEAF_FANOUT>;

/// A view cache in a directory.
pub struct SledBase {
    /// Handles that no thread uses now; a handle may move between threads, but not be shared. There
    /// is always the first one, from which others are cloned.
    handles: Mutex<Vec<Db>>,
    path: PathBuf,
}

impl SledBase {
    /// Opens or creates the cache in `path`, with at most `cache_bytes` of it held in memory.
    pub fn open(path: &Path, cache_bytes: usize) -> Result<Self, StoreError> {
        let config = sled::Config::new()
            .path(path)
            .cache_capacity_bytes(cache_bytes)
            .flush_every_ms(Some(NEVER_MS));
        // Damaged files can make its recovery panic instead of returning an error.
        let opened = catch_unwind(AssertUnwindSafe(|| config.open::<LEAF_FANOUT>()));
        let reason = match opened {
            Ok(Ok(db)) => return Ok(Self { handles: Mutex::new(vec![db]), path: path.to_owned() }),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "its files are damaged".to_owned(),
        };
        Err(StoreError::Io { path: path.to_owned(), reason })
    }

    /// Runs `work` with a handle of its own.
    fn with<T>(&self, work: impl FnOnce(&Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let lock = || self.handles.lock().expect("no thread panics under this lock");
        let handle = {
            let mut handles = lock();
            match handles.as_slice() {
                [first] => first.clone(),
                _ => handles.pop().expect("the first handle is never taken"),
            }
        };
        let result = work(&handle);
        lock().push(handle);
        result
    }

    fn io(&self, error: &std::io::Error) -> StoreError {
        StoreError::Io { path: self.path.clone(), reason: error.to_string() }
    }

    fn decode(&self, bytes: &[u8]) -> Result<Value, StoreError> {
        Value::decode(bytes).map_err(|error| self.malformed(&error))
    }

    fn malformed(&self, error: &codec::DecodeError) -> StoreError {
        StoreError::Malformed { path: self.path.clone(), reason: error.to_string() }
    }
}

impl Base for SledBase {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        let found = self.with(|db| db.get(key).map_err(|error| self.io(&error)))?;
        found.map(|bytes| self.decode(&bytes)).transpose()
    }

    fn range(
        &self,
        from: &[u8],
        until: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        // sled's iterator does not notice that it has passed the end of its range: asked once more,
        // it walks all leaves to the end of the tree. So it gets no end, and is not asked.
        let inside = |key: &[u8]| until.is_none_or(|until| key < until);
        self.with(|db| {
            let (mut found, mut entries) = (Vec::new(), db.range::<&[u8], _>(from..));
            while found.len() < limit {
                let Some(entry) = entries.next() else { break };
                let (key, value) = entry.map_err(|error| self.io(&error))?;
                if !inside(&key) {
                    break;
                }
                found.push((Box::from(key.as_ref()), self.decode(&value)?));
            }
            Ok(found)
        })
    }

    fn last(
        &self,
        from: &[u8],
        until: &[u8],
        keep: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<(Key, Value)>, StoreError> {
        self.with(|db| {
            for entry in db.range::<&[u8], _>(from..until).rev() {
                let (key, value) = entry.map_err(|error| self.io(&error))?;
                if keep(&key) {
                    return Ok(Some((Box::from(key.as_ref()), self.decode(&value)?)));
                }
            }
            Ok(None)
        })
    }

    fn apply(&self, entries: Batch<'_>, cursor: &Cursor) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, value) in entries {
            match value {
                Some(value) => batch.insert(key.as_ref(), value.encode()),
                None => batch.remove(key.as_ref()),
            }
        }
        batch.insert(CURSOR_KEY, codec::encode(cursor));
        self.with(|db| {
            db.apply_batch(batch).map_err(|error| self.io(&error))?;
            db.flush().map_err(|error| self.io(&error))?;
            Ok(())
        })
    }

    fn cursor(&self) -> Result<Option<Cursor>, StoreError> {
        let found = self.with(|db| db.get(CURSOR_KEY).map_err(|error| self.io(&error)))?;
        found.map(|bytes| codec::decode(&bytes).map_err(|error| self.malformed(&error))).transpose()
    }
}

//! The bottom layer on disk: sled as a disposable cache. The only file that knows sled.
//!
//! Rules that make the pre-release safe to use here: one tree (it has no batches over several),
//! one writer, the cursor inside every batch, a background flusher that never gets to flush (it
//! would abort the process on an I/O error), files that are checked to the last byte before sled opens
//! them ([`Files::check`]), and any doubt means "move it aside and rebuild", never repair. After an
//! error in a write it answers no read any more, and dropping its last handle would flush, which hangs
//! or aborts the process: such handles are leaked, with about 80 open files and the lock on their
//! directory, and the files are opened again in another.

mod content;
mod files;
mod metadata;
mod reading;
#[cfg(test)]
mod tests;

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use content::Content;
pub use files::{Entry, Files};

use super::{Base, Cursor, Key, StoreError, Value, base::Batch, directory, room};
use crate::{base::disk::is_full, event::codec};

/// Entries a leaf. Part of the files: a cache made with another number cannot be opened.
const LEAF_FANOUT: usize = 128;

/// A year. Without any flusher, sled would flush whenever a handle is dropped, and every range read
/// drops one: reads would wait for syncs.
const NEVER_MS: usize = 365 * 24 * 3600 * 1000;

/// How often, and for how long each time, an opening waits for the lock on the files.
const LOCK_WAITS: u32 = 200;
const LOCK_WAIT: Duration = Duration::from_millis(10);

/// Sorts before every table, so no range of a table meets it.
const CURSOR_KEY: &[u8] = &[0];

/// What all other entries add up to, the cursor too. Sorts before every table as well.
const CONTENT_KEY: &[u8] = &[0, 0];

type Db = sled::Db<LEAF_FANOUT>;

/// A view cache in a directory.
pub struct SledBase {
    /// Handles that no thread uses now; a handle may move between threads, but not be shared. There
    /// is always the first one, from which others are cloned.
    handles: Mutex<Vec<Db>>,
    path: PathBuf,
    failed: AtomicBool,
}

impl SledBase {
    /// Opens or creates the cache in `path`, with at most `cache_bytes` of it held in memory. Reads
    /// all of it first.
    pub fn open(path: &Path, cache_bytes: usize) -> Result<Self, StoreError> {
        room::release_reserve(path);
        if let Some(files) = Files::open(path)? {
            files.check()?;
        }
        let config = sled::Config::new()
            .path(path)
            .cache_capacity_bytes(cache_bytes)
            .flush_every_ms(Some(NEVER_MS));
        let db = caught(path, || unlocked(&config).map_err(|error| failure(path, &error)))?;
        // Without room it is taken later, before anything is written.
        let _ = room::take_reserve(path);
        let handles = Mutex::new(vec![db]);
        Ok(Self { handles, path: path.to_owned(), failed: AtomicBool::new(false) })
    }

    /// Opens the cache in `path` although this process has not let go of it: the base that had it open
    /// has failed and is never written to again.
    pub fn open_again(path: &Path, cache_bytes: usize) -> Result<Self, StoreError> {
        room::release_reserve(path);
        directory::renew(path).map_err(|error| failure(path, &error))?;
        Self::open(path, cache_bytes)
    }

    /// Runs `work` with a handle of its own, which is let go of if sled panics.
    fn with<T>(&self, work: impl FnOnce(&Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let lock = || self.handles.lock().expect("no thread panics under this lock");
        let handle = {
            let mut handles = lock();
            match handles.as_slice() {
                [first] => first.clone(),
                _ => handles.pop().expect("the first handle is never taken"),
            }
        };
        let done = caught(&self.path, move || {
            let result = work(&handle);
            lock().push(handle);
            result
        });
        if done.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        done
    }

    fn io(&self, error: &io::Error) -> StoreError {
        failure(&self.path, error)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Value, StoreError> {
        Value::decode(bytes).map_err(|error| self.malformed(&error))
    }

    fn malformed(&self, error: &codec::DecodeError) -> StoreError {
        StoreError::Malformed { path: self.path.clone(), reason: error.to_string() }
    }
}

/// Opens the files; waits a while for a handle of this process that was let go of just now, whose threads may not have
/// ended yet. No other process has them: the log is locked.
fn unlocked(config: &sled::Config) -> io::Result<Db> {
    for _ in 0..LOCK_WAITS {
        match config.open::<LEAF_FANOUT>() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(LOCK_WAIT),
            opened => return opened,
        }
    }
    config.open::<LEAF_FANOUT>()
}

fn failure(path: &Path, error: &io::Error) -> StoreError {
    // sled tells the lines of its source that an error came through, then the error.
    let told = error.to_string();
    let (path, reason) = (path.to_owned(), told.rsplit(" -> ").next().unwrap_or(&told).to_owned());
    match error.kind() {
        kind if is_full(kind) => StoreError::Full { path, reason },
        _ => StoreError::Io { path, reason },
    }
}

impl Drop for SledBase {
    /// sled flushes when its last handle goes, and then may find something to rewrite.
    fn drop(&mut self) {
        if *self.failed.get_mut() || room::check(&self.path, 0, 0).is_err() {
            let handles = self.handles.get_mut().unwrap_or_else(PoisonError::into_inner);
            std::mem::forget(std::mem::take(handles));
        }
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
        let cursor = (CURSOR_KEY, Some(codec::encode(cursor)));
        let entries = entries.map(|(key, value)| (&**key, value.as_ref().map(Value::encode)));
        self.with(|db| {
            let get = |key| db.get(key).map_err(|error| self.io(&error));
            let content = get(CONTENT_KEY)?.map(|bytes| codec::decode(&bytes)).transpose();
            let mut content = content.map_err(|error| self.malformed(&error))?.unwrap_or_default();
            let mut batch = sled::Batch::default();
            for (key, value) in entries.chain([cursor]) {
                replace(&mut content, key, get(key)?.as_deref(), value.as_deref());
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            batch.insert(CONTENT_KEY, codec::encode(&content));
            db.apply_batch(batch).map_err(|error| self.io(&error))?;
            db.flush().map_err(|error| self.io(&error))?;
            Ok(())
        })
    }

    fn check_room(&self, entries: usize, bytes: usize) -> Result<(), StoreError> {
        room::take_reserve(&self.path)?;
        room::check(&self.path, entries, bytes)
    }

    fn cursor(&self) -> Result<Option<Cursor>, StoreError> {
        let found = self.with(|db| db.get(CURSOR_KEY).map_err(|error| self.io(&error)))?;
        found.map(|bytes| codec::decode(&bytes).map_err(|error| self.malformed(&error))).transpose()
    }
}

/// Notes that the value of a key changes.
fn replace(content: &mut Content, key: &[u8], old: Option<&[u8]>, new: Option<&[u8]>) {
    if let Some(old) = old {
        content.remove(key, old);
    }
    if let Some(new) = new {
        content.add(key, new);
    }
}

/// Runs `work`; a panic inside sled is a failure of the cache.
fn caught<T>(path: &Path, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(StoreError::Io { path: path.to_owned(), reason: "sled panicked".to_owned() })
    })
}

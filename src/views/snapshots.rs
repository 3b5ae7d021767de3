//! Snapshots: images of the view cache at earlier moments, from which later moments are folded. A copy of
//! the cache's files in a directory that is named by the last event it knows. As disposable as the
//! cache: one that is not sound is removed, and what it would have spared is folded from further back.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::store::{Cursor, Files, StoreError, copy_files};
use crate::base::Seq;

/// What an event takes in the log, at least; so all snapshots together take at most half of the log.
const EVENT_BYTES: u64 = 200;

/// A snapshot that takes no more than this is not worth a thought.
const SMALL_BYTES: u64 = 4 << 20;

/// The snapshots of one log.
pub(super) struct Snapshots {
    cache: PathBuf,
    dir: PathBuf,
    events_min: u64,
    /// The last one.
    last: Mutex<Seq>,
}

impl Snapshots {
    /// Those in `dir` of the cache in `cache`; what else is in there goes, and those that know events after
    /// `head`.
    pub(super) fn open(cache: PathBuf, dir: PathBuf, head: Seq, events_min: u64) -> Self {
        for (path, seq) in list(&dir) {
            if seq.is_none_or(|seq| seq > head) {
                remove(&path);
            }
        }
        let last = list(&dir).into_iter().filter_map(|(_, seq)| seq).max().unwrap_or_default();
        Self { cache, dir, events_min, last: Mutex::new(last) }
    }

    /// The files of the last sound snapshot that knows nothing after `until`, and that `is_ours`.
    pub(super) fn before(&self, until: Seq, is_ours: impl Fn(&Cursor) -> bool) -> Option<Files> {
        let mut all = list(&self.dir);
        all.sort_unstable_by_key(|(_, seq)| std::cmp::Reverse(*seq));
        for (path, _) in all.into_iter().filter(|(_, seq)| seq.is_some_and(|seq| seq <= until)) {
            match Files::open_checked(&path) {
                Ok(files) if files.cursor().is_ok_and(|cursor| is_ours(&cursor)) => {
                    return Some(files);
                }
                Ok(_) => tracing::warn!(path = %path.display(), "a snapshot of another log goes"),
                Err(error) => tracing::warn!(%error, "a snapshot that is not sound goes"),
            }
            remove(&path);
        }
        None
    }

    /// Takes a snapshot of the cache, if it is time to; nobody writes to the cache meanwhile. That one
    /// cannot be taken is no failure: it is tried again later.
    pub(super) fn take_if_due(&self, cursor: &Cursor) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let since = cursor.seq.0.saturating_sub(last.0);
        if since < self.events_min {
            return;
        }
        match self.take(cursor, since) {
            Ok(true) => *last = cursor.seq,
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "no snapshot for now"),
        }
    }

    fn take(&self, cursor: &Cursor, since: u64) -> Result<bool, StoreError> {
        let unfinished = self.dir.join("unfinished");
        let failed = |error: io::Error| StoreError::Io {
            path: unfinished.clone(),
            reason: error.to_string(),
        };
        let bytes_max = since.saturating_mul(EVENT_BYTES / 2).max(SMALL_BYTES);
        remove(&unfinished);
        fs::create_dir_all(&unfinished).map_err(failed)?;
        let taken = copy_files(&self.cache, &unfinished, bytes_max).and_then(|copied| {
            if copied && Files::open_checked(&unfinished)?.cursor()? == *cursor {
                fs::rename(&unfinished, self.dir.join(name(cursor.seq))).map_err(failed)?;
                return Ok(true);
            }
            Ok(false)
        });
        if !matches!(taken, Ok(true)) {
            remove(&unfinished);
        }
        taken
    }
}

fn name(seq: Seq) -> String {
    format!("{:020}", seq.0)
}

/// What is in the directory, with its sequence if it is a snapshot.
fn list(dir: &Path) -> Vec<(PathBuf, Option<Seq>)> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let entries = entries.filter_map(Result::ok).map(|entry| {
        let seq = entry.file_name().to_str().and_then(|name| name.parse().ok()).map(Seq);
        (entry.path(), seq.filter(|seq| entry.file_name().to_str() == Some(&name(*seq))))
    });
    entries.collect()
}

fn remove(snapshot: &Path) {
    // What stays is met again.
    let _ = fs::remove_dir_all(snapshot).or_else(|_| fs::remove_file(snapshot));
}

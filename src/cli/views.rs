//! What `runlog replay` and `runlog verify` share: views folded offline, and the files of a view cache
//! compared with them. The files are only read.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    answer::{print, progress},
    failure::Failure,
};
use crate::{
    audit::first_difference,
    base::{Seq, id},
    engine::replay,
    views::{
        SCHEMA_VERSION, Views,
        digest::{ViewsHasher, digest, entries},
        store::{Cursor, Files, StoreError},
    },
    wal::{LocalReader, WalReader},
};

/// Bytes of a view cache held in memory.
pub(super) const CACHE_BYTES: usize = 256 << 20;

/// Folds the log up to `until`, with a bar if somebody looks; returns what to tell of it.
pub(super) fn rebuild(log: &LocalReader, views: &Views, until: Seq) -> Result<String, Failure> {
    let bar = progress(Some(until));
    let start = Instant::now();
    replay(log, views, until, &mut |seq| bar.set_position(seq.0))?;
    views.flush()?;
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let (rate, digest) = (rate(until, seconds), digest(&views.view()));
    Ok(format!(
        "events    {until}\nseconds   {seconds:.3}\nrate      {rate:.0} events/s\ndigest    {digest}\n"
    ))
}

#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(events: Seq, seconds: f64) -> f64 {
    events.0 as f64 / seconds.max(f64::EPSILON)
}

/// The view cache of a stopped server.
pub(super) struct Existing {
    path: PathBuf,
    files: Files,
    cursor: Cursor,
}

impl Existing {
    /// Looks at the cache in `path`, which must be of this log, and not ahead of it.
    pub(super) fn open(path: &Path, log: &LocalReader) -> Result<Self, Failure> {
        let refuse = |why: String| Failure::usage(format!("the views in {} {why}", path.display()));
        if is_in_use(path) {
            return Err(refuse("are in use: stop the server first".to_owned()));
        }
        let Some(files) = Files::open(path).map_err(|error| useless(&error))? else {
            return Err(Failure::usage(format!("there are no views in {}", path.display())));
        };
        let cursor = files.cursor().map_err(|error| useless(&error))?;
        let head = log.head();
        if cursor.schema != SCHEMA_VERSION {
            let why = format!("are of version {}, not {SCHEMA_VERSION}", cursor.schema);
            return Err(refuse(format!("{why}: the next start rebuilds them")));
        }
        if cursor.log_id != log.log_id().into_bytes() {
            return Err(refuse("were folded from another log".to_owned()));
        }
        if cursor.seq > head {
            let folded = cursor.seq;
            let why = format!("have folded {folded} events, the log has {head}");
            return Err(refuse(format!("{why}: take a newer copy of it")));
        }
        Ok(Self { path: path.to_owned(), files, cursor })
    }

    /// The last event that they have folded.
    pub(super) fn folded(&self) -> Seq {
        self.cursor.seq
    }

    /// Tells whether `rebuilt`, folded as far, is the same, and if not, where they part.
    pub(super) fn compare(&self, rebuilt: &Views) -> Result<(), Failure> {
        let compared = self.find_difference(rebuilt);
        if compared.is_err() && is_in_use(&self.path) {
            let path = self.path.display();
            return Err(Failure::usage(format!(
                "the views in {path} are in use by now: stop the server first"
            )));
        }
        compared
    }

    fn find_difference(&self, rebuilt: &Views) -> Result<(), Failure> {
        let path = self.path.display();
        let theirs = self.digest().map_err(|error| useless(&error))?;
        print(&format!("compared  {path}\ndigest    {theirs}\n"))?;
        let difference = first_difference(entries(&rebuilt.view()), self.files.entries());
        if let Some(difference) = difference.map_err(|error| useless(&error))? {
            let told = |value: &Option<String>| value.clone().unwrap_or("absent".to_owned());
            let (log, views) = (told(&difference.left), told(&difference.right));
            print(&format!(
                "result    DIFFERENT\nfirst     {difference}\n  log     {log}\n  views   {views}\n"
            ))?;
            return Err(Failure::difference(format!(
                "{path} is not what the log says, first in {difference}: {REMOVE_IT}"
            )));
        }
        if rebuilt.position().payload_crc != self.cursor.payload_crc {
            let folded = self.cursor.seq;
            return Err(Failure::difference(format!(
                "event {folded} of the log is not the one that {path} has folded"
            )));
        }
        self.files.check().map_err(|error| useless(&error))?;
        print("result    equal\n")
    }

    fn digest(&self) -> Result<String, StoreError> {
        let mut hasher = ViewsHasher::default();
        for entry in self.files.entries() {
            let (key, value) = entry?;
            hasher.entry(&key, &value);
        }
        Ok(hasher.finish().to_string())
    }
}

const REMOVE_IT: &str = "remove it, the next start rebuilds it";

/// A cache that cannot be read is not what the log says either.
fn useless(error: &StoreError) -> Failure {
    Failure::difference(format!("{error}: {REMOVE_IT}"))
}

/// Whether another process has the view cache open: it holds a lock on the directory.
fn is_in_use(path: &Path) -> bool {
    let lock = File::open(path).map(|dir| dir.try_lock_shared());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

/// A directory for views that nobody keeps, in the system's place for such (`TMPDIR`).
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// The name of one that does not exist.
    pub(super) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("runlog-views-{}", id::random_hex())))
    }

    /// Views in it, of a log.
    pub(super) fn views(&self, log: &LocalReader) -> Result<Views, Failure> {
        Ok(Views::open(&self.0, log.log_id().into_bytes(), CACHE_BYTES)?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is in a place that the system clears.
        let _ = fs::remove_dir_all(&self.0);
    }
}

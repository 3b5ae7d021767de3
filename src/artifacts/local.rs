//! What a directory needs to be an artifact store, beyond what `object_store` does for it.
//!
//! Looks at every step of a path before anything is opened, so that no symbolic link, pipe or device
//! is followed; publishes a finished upload under its name and makes that durable; lists and removes
//! as a file system does. All calls block. Knows nothing of streams.

use std::{
    collections::HashSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    error::ArtifactError,
    path::{ArtifactPath, RESERVED_PREFIX},
    read::Entry,
};
use crate::base::id;

/// Age after which an unfinished upload is certainly nobody's.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Directories remembered as durable before they are forgotten all at once.
const DURABLE_DIRS_MAX: usize = 4096;

/// A directory with artifacts in it.
#[derive(Debug, Clone)]
pub(super) struct LocalRoot {
    dir: Arc<Path>,
    /// Directories whose names are known to survive a power cut, so that only the first upload into
    /// one waits for those above it. Whoever creates or removes directories holds the lock.
    durable: Arc<Mutex<HashSet<PathBuf>>>,
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// Nothing, and there can be nothing: a segment before the last is a file.
    BehindFile,
    /// A regular file.
    File,
    /// A directory.
    Directory,
}

/// An upload that has no name yet. Dropping it removes what is left of it.
#[derive(Debug)]
pub(super) struct Staged {
    file: PathBuf,
    /// Its name for the object store.
    pub(super) object: object_store::path::Path,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Usually it is gone, because it was published; if not, a later start sweeps it.
        let _ = fs::remove_file(&self.file);
    }
}

impl LocalRoot {
    /// Opens the directory, creating it if needed, and sweeps away what crashed uploads left.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        let dir = std::path::absolute(dir)?;
        let missing = dir.ancestors().take_while(|dir| !dir.exists()).count();
        fs::create_dir_all(&dir)?;
        let dir = dir.canonicalize()?;
        for parent in dir.ancestors().skip(1).take(missing) {
            sync_dir(parent)?;
        }
        let root = Self { dir: dir.into(), durable: Arc::default() };
        root.sweep()?;
        Ok(root)
    }

    /// The directory, absolute and free of symbolic links.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Does something with `path` on a thread that may block. Errors of that thread name `op`.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        op: &'static str,
        path: &ArtifactPath,
        act: impl FnOnce(&Self, &ArtifactPath) -> Result<T, ArtifactError> + Send + 'static,
    ) -> Result<T, ArtifactError> {
        let (root, name) = (self.clone(), path.clone());
        let done = tokio::task::spawn_blocking(move || act(&root, &name)).await;
        done.map_err(|error| ArtifactError::io(op, path)(error.into()))?
    }

    /// What is at `path`. A link, pipe or device anywhere on the way is an error.
    pub(super) fn look(&self, path: &ArtifactPath) -> Result<Found, ArtifactError> {
        let mut place = self.dir().to_owned();
        let mut segments = path.segments().peekable();
        while let Some(segment) = segments.next() {
            place.push(segment);
            let kind = match fs::symlink_metadata(&place) {
                Ok(metadata) => metadata.file_type(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
                Err(error) => return Err(ArtifactError::io("find", path)(error)),
            };
            if kind.is_file() {
                let is_last = segments.peek().is_none();
                return Ok(if is_last { Found::File } else { Found::BehindFile });
            } else if !kind.is_dir() {
                return Err(ArtifactError::Outside { path: path.clone() });
            }
        }
        Ok(Found::Directory)
    }

    /// Whether a file can be written at `path`.
    pub(super) fn check_writable(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        match self.look(path)? {
            Found::Nothing | Found::File => Ok(()),
            Found::Directory => Err(ArtifactError::IsDirectory { path: path.clone() }),
            Found::BehindFile => Err(ArtifactError::NotADirectory { path: path.clone() }),
        }
    }

    /// Files and directories directly in `path`, sorted by name. Leaves out what no request could
    /// name, and what is neither.
    pub(super) fn list(&self, path: &ArtifactPath) -> Result<Vec<Entry>, ArtifactError> {
        if self.look(path)? != Found::Directory {
            return Ok(Vec::new());
        }
        let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let read = || -> io::Result<Vec<Entry>> {
            let entries = fs::read_dir(self.place(path))?.map(|entry| to_entry(&entry?));
            let present = entries.filter(|entry| !entry.as_ref().is_err_and(is_gone));
            present.filter_map(Result::transpose).collect()
        };
        let mut entries = match read() {
            Err(error) if is_gone(&error) => Vec::new(),
            entries => entries.map_err(ArtifactError::io("list", path))?,
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Removes a file, or a directory and all in it, durably. Nothing there is fine.
    pub(super) fn remove(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        let place = self.place(path);
        let mut durable = self.durable();
        let removed = match self.look(path)? {
            Found::Nothing | Found::BehindFile => return Ok(()),
            Found::File => fs::remove_file(&place),
            Found::Directory => fs::remove_dir_all(&place),
        };
        durable.retain(|dir| !dir.starts_with(&place));
        removed
            .and_then(|()| place.parent().map_or(Ok(()), sync_dir))
            .map_err(ArtifactError::io("delete", path))
    }

    /// A new name to upload to.
    pub(super) fn stage(&self) -> Staged {
        let name = format!("{}/{}", staging_name(), id::random_hex());
        Staged { file: self.dir().join(&name), object: name.into() }
    }

    /// Gives a finished, synced upload its name, replacing a file of that name; durable on return.
    pub(super) fn publish(
        &self,
        staged: &Staged,
        path: &ArtifactPath,
    ) -> Result<(), ArtifactError> {
        self.check_writable(path)?;
        let place = self.place(path);
        let dir = place.parent().unwrap_or(self.dir());
        self.create_dir(dir)
            .and_then(|()| fs::rename(&staged.file, &place))
            .and_then(|()| sync_dir(dir))
            .map_err(ArtifactError::io("publish", path))
    }

    /// Creates a directory and those above it, durably.
    ///
    /// That one of them exists says nothing: a process may have created it and died before the sync.
    fn create_dir(&self, dir: &Path) -> io::Result<()> {
        let mut durable = self.durable();
        if durable.contains(dir) && dir.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(dir)?;
        let mut above = dir.ancestors().skip(1).take_while(|dir| dir.starts_with(self.dir()));
        above.try_for_each(sync_dir)?;
        if durable.len() == DURABLE_DIRS_MAX {
            durable.clear();
        }
        durable.insert(dir.to_owned());
        Ok(())
    }

    fn durable(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, path: &ArtifactPath) -> PathBuf {
        let mut place = self.dir().to_owned();
        place.extend(path.segments());
        place
    }

    fn sweep(&self) -> io::Result<()> {
        let dir = self.dir().join(staging_name());
        fs::create_dir_all(&dir)?;
        for entry in fs::read_dir(&dir)? {
            let entry = entry?;
            let modified = entry.metadata()?.modified()?;
            if modified.elapsed().is_ok_and(|age| age > ABANDONED_AFTER) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// The directory of unfinished uploads. No [`ArtifactPath`] leads into it.
fn staging_name() -> String {
    format!("{RESERVED_PREFIX}runlog")
}

fn to_entry(entry: &fs::DirEntry) -> io::Result<Option<Entry>> {
    let kind = entry.file_type()?;
    let Ok(name) = entry.file_name().into_string() else { return Ok(None) };
    let can_be_named = ArtifactPath::parse(&name).is_ok_and(|path| path.as_str() == name);
    if !can_be_named || !(kind.is_dir() || kind.is_file()) {
        return Ok(None);
    }
    let size = if kind.is_file() { Some(entry.metadata()?.len()) } else { None };
    Ok(Some(Entry { name, size }))
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

//! Artifacts as files in a directory.
//!
//! Looks at every step of a path before anything is opened, so that no symbolic link, pipe or device
//! is followed. An upload is staged: written to a file without a name of its own, synced, and only
//! then renamed to where it belongs. Everything blocks, so it is done on threads that may.

use std::{
    collections::HashSet,
    error::Error,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, TryStreamExt, stream::StreamExt};
use object_store::GetRange;

use super::{
    error::ArtifactError,
    parts::{Parts, Stored},
    path::{ArtifactPath, RESERVED_PREFIX},
    read::{Download, Entry, Meta, read_file, satisfied},
};
use crate::base::{
    disk::{self, Disk, DiskError, DiskFile, Kind, Open, check_room, create_dirs, remove_tree},
    id,
};

/// Bytes written to a file at a time.
pub(super) const PART_BYTES: usize = 1 << 20;

/// Age after which an unfinished upload is certainly nobody's.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// Directories remembered as durable before they are forgotten all at once.
const DURABLE_DIRS_MAX: usize = 4096;

/// A directory with artifacts in it.
#[derive(Clone)]
pub(super) struct Directory {
    disk: Arc<dyn Disk>,
    /// Absolute and free of symbolic links.
    dir: Arc<Path>,
    /// Directories whose names are known to survive a power cut, so that only the first upload into
    /// one waits for those above it. Whoever creates or removes directories holds the lock.
    durable: Arc<Mutex<HashSet<PathBuf>>>,
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Nothing.
    Nothing,
    /// Nothing, and there can be nothing: a segment before the last is a file.
    BehindFile,
    /// A regular file.
    File(disk::Meta),
    /// A directory.
    Directory,
}

/// An upload that has no name yet. Dropping it removes what is left of it.
pub(super) struct Staged {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    file: Box<dyn DiskFile>,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Usually it is gone, because it was published; if not, a later start sweeps it.
        let _ = self.disk.remove(&self.path);
    }
}

impl Directory {
    /// Opens the directory, creating it if needed, and sweeps away what crashed uploads left.
    pub(super) fn open(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, DiskError> {
        create_dirs(&*disk, dir)?;
        let dir = disk.resolve(dir)?.into();
        let directory = Self { disk, dir, durable: Arc::default() };
        directory.sweep()?;
        Ok(directory)
    }

    /// The directory, absolute and free of symbolic links.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes all of `bytes` for `path`; dropping that leaves nothing.
    pub(super) async fn receive<S, E>(
        &self,
        path: &ArtifactPath,
        bytes: S,
    ) -> Result<(Staged, Stored), ArtifactError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let mut staged = self.blocking("store", path, Self::stage).await?;
        let mut parts = Parts::of(bytes, PART_BYTES, path);
        let mut offset = 0;
        loop {
            let (part, length) = parts.next().await?;
            if length == 0 {
                return Ok((staged, parts.stored()));
            }
            let written = self.blocking("store", path, move |directory, path| {
                check_room(&*directory.disk, &directory.dir, length as u64)
                    .map_err(ArtifactError::io("store", path))?;
                let mut at = offset;
                for chunk in part {
                    let written = staged.file.write_at(at, &chunk);
                    written.map_err(ArtifactError::io("store", path))?;
                    at += chunk.len() as u64;
                }
                Ok((staged, at))
            });
            (staged, offset) = written.await?;
        }
    }

    /// Makes a staged upload durable, and the directories above its name.
    pub(super) async fn prepare(
        &self,
        staged: Staged,
        path: &ArtifactPath,
    ) -> Result<Staged, ArtifactError> {
        let prepare = move |directory: &Self, path: &ArtifactPath| {
            directory.check_writable(path)?;
            let place = directory.place(path);
            let synced = staged.file.sync_data();
            synced
                .and_then(|()| directory.create_dir(place.parent().unwrap_or(directory.dir())))
                .map_err(ArtifactError::io("store", path))?;
            Ok(staged)
        };
        self.blocking("store", path, prepare).await
    }

    /// Gives a prepared upload its name, replacing a file of that name; that is durable on return.
    pub(super) async fn publish(
        &self,
        staged: Staged,
        path: &ArtifactPath,
    ) -> Result<(), ArtifactError> {
        let publish = move |directory: &Self, path: &ArtifactPath| {
            directory.check_writable(path)?;
            let place = directory.place(path);
            let dir = place.parent().unwrap_or(directory.dir());
            directory
                .create_dir(dir)
                .and_then(|()| directory.disk.rename(&staged.path, &place))
                .and_then(|()| directory.disk.sync_dir(dir))
                .map_err(ArtifactError::io("publish", path))
        };
        self.blocking("store", path, publish).await
    }

    /// Opens a file for reading.
    pub(super) async fn get(
        &self,
        path: &ArtifactPath,
        range: Option<GetRange>,
    ) -> Result<Download, ArtifactError> {
        let (file, meta) = self.blocking("read", path, Self::open_file).await?;
        let meta = Meta::of_file(&meta);
        let range = satisfied(range.as_ref(), meta.size)?;
        let bytes = read_file(file, range.clone()).map_err(ArtifactError::io("read", path)).boxed();
        Ok(Download { meta, range, bytes })
    }

    /// What is known of a file without reading it.
    pub(super) async fn head(&self, path: &ArtifactPath) -> Result<Meta, ArtifactError> {
        let meta = self.blocking("read", path, Self::look_for_file).await?;
        Ok(Meta::of_file(&meta))
    }

    /// Files and directories directly in `path`, sorted by name. Leaves out what no request could
    /// name, and what is neither.
    pub(super) async fn list(&self, path: &ArtifactPath) -> Result<Vec<Entry>, ArtifactError> {
        self.blocking("list", path, |directory, path| {
            if directory.look(path)? != Found::Directory {
                return Ok(Vec::new());
            }
            directory.entries(&directory.place(path)).map_err(ArtifactError::io("list", path))
        })
        .await
    }

    /// Removes a file, or a directory and all in it, durably. Nothing there is fine.
    pub(super) async fn remove(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        self.blocking("delete", path, |directory, path| {
            let place = directory.place(path);
            let mut durable = directory.durable();
            let removed = match directory.look(path)? {
                Found::Nothing | Found::BehindFile => return Ok(()),
                Found::File(_) => directory.disk.remove(&place),
                Found::Directory => remove_tree(&*directory.disk, &place),
            };
            durable.retain(|dir| !dir.starts_with(&place));
            let dir = place.parent().unwrap_or(directory.dir());
            removed
                .and_then(|()| directory.disk.sync_dir(dir))
                .map_err(ArtifactError::io("delete", path))
        })
        .await
    }

    /// Gives the file at `path` another name, durably; one that is taken is left as it is.
    pub(super) async fn link(
        &self,
        path: &ArtifactPath,
        name: &ArtifactPath,
    ) -> Result<(), ArtifactError> {
        let name = self.place(name);
        self.blocking("keep", path, move |directory, path| {
            directory.look_for_file(path)?;
            let dir = name.parent().unwrap_or(directory.dir());
            directory.create_dir(dir).map_err(ArtifactError::io("keep", path))?;
            match directory.disk.link(&directory.place(path), &name) {
                Err(error) if error.is_present() => Ok(()),
                linked => linked
                    .and_then(|()| directory.disk.sync_dir(dir))
                    .map_err(ArtifactError::io("keep", path)),
            }
        })
        .await
    }

    /// Whether `path` leads through nothing but directories and files.
    pub(super) async fn check(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        self.blocking("find", path, |directory, path| directory.look(path).map(drop)).await
    }

    /// Does something with `path` on a thread that may block. Errors of that thread name `op`.
    async fn blocking<T: Send + 'static>(
        &self,
        op: &'static str,
        path: &ArtifactPath,
        act: impl FnOnce(&Self, &ArtifactPath) -> Result<T, ArtifactError> + Send + 'static,
    ) -> Result<T, ArtifactError> {
        let (directory, name) = (self.clone(), path.clone());
        let done = tokio::task::spawn_blocking(move || act(&directory, &name)).await;
        done.map_err(ArtifactError::io(op, path))?
    }

    /// What is at `path`. A link, pipe or device anywhere on the way is an error.
    fn look(&self, path: &ArtifactPath) -> Result<Found, ArtifactError> {
        let mut place = self.dir().to_owned();
        let mut segments = path.segments().peekable();
        while let Some(segment) = segments.next() {
            place.push(segment);
            let found = match self.disk.look(&place) {
                Err(error) if error.is_missing() => return Ok(Found::Nothing),
                found => found.map_err(ArtifactError::io("find", path))?,
            };
            let is_last = segments.peek().is_none();
            match found.kind {
                Kind::File if is_last => return Ok(Found::File(found)),
                Kind::File => return Ok(Found::BehindFile),
                Kind::Dir => {}
                Kind::Other => return Err(ArtifactError::Outside { path: path.clone() }),
            }
        }
        Ok(Found::Directory)
    }

    /// That a file can be written at `path`.
    fn check_writable(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        match self.look(path)? {
            Found::Nothing | Found::File(_) => Ok(()),
            Found::Directory => Err(ArtifactError::IsDirectory { path: path.clone() }),
            Found::BehindFile => Err(ArtifactError::NotADirectory { path: path.clone() }),
        }
    }

    fn look_for_file(&self, path: &ArtifactPath) -> Result<disk::Meta, ArtifactError> {
        let path = path.clone();
        match self.look(&path)? {
            Found::File(meta) => Ok(meta),
            Found::Directory => Err(ArtifactError::IsDirectory { path }),
            Found::Nothing | Found::BehindFile => Err(ArtifactError::NotFound { path }),
        }
    }

    fn open_file(
        &self,
        path: &ArtifactPath,
    ) -> Result<(Arc<dyn DiskFile>, disk::Meta), ArtifactError> {
        self.look_for_file(path)?;
        let file: Arc<dyn DiskFile> = match self.disk.open(&self.place(path), Open::Read) {
            Err(error) if error.is_missing() => {
                return Err(ArtifactError::NotFound { path: path.clone() });
            }
            opened => opened.map_err(ArtifactError::io("read", path))?.into(),
        };
        let meta = file.meta().map_err(ArtifactError::io("read", path))?;
        Ok((file, meta))
    }

    fn entries(&self, dir: &Path) -> Result<Vec<Entry>, DiskError> {
        let mut entries = Vec::new();
        for disk::Entry { name, kind } in self.disk.list(dir)? {
            let Ok(name) = name.into_string() else { continue };
            if !ArtifactPath::parse(&name).is_ok_and(|path| path.as_str() == name) {
                continue;
            }
            let size = match kind {
                Kind::File => match self.disk.look(&dir.join(&name)) {
                    Err(error) if error.is_missing() => continue,
                    found => Some(found?.bytes),
                },
                Kind::Dir => None,
                Kind::Other => continue,
            };
            entries.push(Entry { name, size });
        }
        Ok(entries)
    }

    /// A place to write to, for an upload that may go to `path` as far as can be seen.
    fn stage(&self, path: &ArtifactPath) -> Result<Staged, ArtifactError> {
        self.check_writable(path)?;
        let place = self.staging().join(id::random_hex());
        let file = self.disk.open(&place, Open::New).map_err(ArtifactError::io("store", path))?;
        Ok(Staged { disk: self.disk.clone(), path: place, file })
    }

    /// Creates a directory and those above it, durably.
    fn create_dir(&self, dir: &Path) -> Result<(), DiskError> {
        let mut durable = self.durable();
        if durable.contains(dir) && self.disk.look(dir).is_ok_and(|found| found.kind == Kind::Dir) {
            return Ok(());
        }
        create_dirs(&*self.disk, dir)?;
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

    /// The directory of unfinished uploads. No [`ArtifactPath`] leads into it.
    fn staging(&self) -> PathBuf {
        self.dir().join(format!("{RESERVED_PREFIX}runlog"))
    }

    fn sweep(&self) -> Result<(), DiskError> {
        let staging = self.staging();
        match self.disk.create_dir(&staging) {
            Err(error) if !error.is_present() => return Err(error),
            Ok(()) | Err(_) => {}
        }
        for entry in self.disk.list(&staging)? {
            let path = staging.join(entry.name);
            let modified = self.disk.look(&path)?.modified;
            if modified.elapsed().is_ok_and(|age| age > ABANDONED_AFTER) {
                self.disk.remove(&path)?;
            }
        }
        Ok(())
    }
}

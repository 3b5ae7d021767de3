//! The artifact store: an `object_store`, and for a directory what a directory needs besides.
//!
//! Knows neither who asks nor why; every path it gets has been checked by [`ArtifactPath`].

use std::{
    array,
    error::Error,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    sync::Arc,
};

use bytes::Bytes;
use futures::{Stream, TryStreamExt, future::ready, stream, stream::StreamExt};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, local::LocalFileSystem,
    path::Path as ObjectPath,
};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    error::ArtifactError,
    local::{Found, LocalRoot, Staged},
    path::{ArtifactPath, PathError},
    read::{Download, Entry, Meta},
    upload::{Received, Stored, Target, receive},
    uri::{ArtifactUri, UriError},
};

/// Bytes written to a file at a time.
const LOCAL_PART_BYTES: usize = 1 << 20;
/// Bytes sent to a remote store at a time: S3 takes no part under 5 MiB, and at most 10,000 parts.
const REMOTE_PART_BYTES: usize = 8 << 20;

/// Changes at different paths that may go on at once, about.
const TURNS: usize = 64;

/// A store of artifacts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ArtifactStore {
    objects: Arc<dyn ObjectStore>,
    /// The directory behind `objects`, if it is one.
    root: Option<LocalRoot>,
    /// One of these is held while what stands at a path changes; which, its hash says.
    turns: Arc<[Mutex<()>; TURNS]>,
}

/// All bytes of an upload, received but not stored. Dropping it leaves nothing.
pub struct Upload {
    received: Received,
    /// Where they wait, if the store is a directory.
    staged: Option<(LocalRoot, Staged)>,
}

impl Upload {
    /// Stores them, replacing a file of that name. Not to be dropped halfway: that leaves all stored
    /// or nothing, and nobody knows which.
    pub async fn finish(self) -> Result<Stored, ArtifactError> {
        let path = self.received.path().clone();
        let stored = self.received.finish().await?;
        if let Some((root, staged)) = self.staged {
            root.blocking("store", &path, move |root, path| root.publish(&staged, path)).await?;
        }
        Ok(stored)
    }
}

impl ArtifactStore {
    /// Opens the store that `--artifacts-destination` names: a directory, as a path or a `file:` URI,
    /// which is created if needed. Blocks.
    pub fn open(destination: &str) -> Result<Self, ArtifactError> {
        let failed = |source| {
            let destination = destination.to_owned();
            ArtifactError::Destination { destination, source }
        };
        match ArtifactUri::parse(destination) {
            Ok(ArtifactUri::Local(dir)) => {
                let root = LocalRoot::open(&dir).map_err(failed)?;
                let files = LocalFileSystem::new_with_prefix(root.dir());
                let files = files.map_err(|error| failed(error.into()))?.with_fsync(true);
                Ok(Self { root: Some(root), ..Self::over(Arc::new(files)) })
            }
            Ok(ArtifactUri::Foreign { scheme }) => Err(ArtifactError::Unsupported {
                destination: destination.to_owned(),
                feature: feature_for(&scheme),
                scheme,
            }),
            Ok(ArtifactUri::Proxied(_)) => {
                Err(failed(io::Error::other("that is where this server itself would store them")))
            }
            Err(error) => Err(failed(io::Error::other(error))),
        }
    }

    /// A store over objects that are not files: remote ones, or in memory.
    pub fn over(objects: Arc<dyn ObjectStore>) -> Self {
        let turns = Arc::new(array::from_fn(|_| Mutex::default()));
        Self { objects, root: None, turns }
    }

    /// Waits until nobody else changes what stands at `path`, and keeps others from it while held:
    /// who changes a path and then tells of it does both in one turn, so that what is told last is
    /// what stands there.
    pub async fn turn(&self, path: &ArtifactPath) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        path.as_str().hash(&mut hasher);
        let turn = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default();
        self.turns.get(turn).expect("the remainder is below the length").lock().await
    }

    /// Where in this store `relative` to an artifact URI (of a run, say) is.
    pub fn locate(
        &self,
        artifact_uri: &str,
        relative: &ArtifactPath,
    ) -> Result<ArtifactPath, UriError> {
        let base = match ArtifactUri::parse(artifact_uri)? {
            ArtifactUri::Proxied(base) => Some(base),
            ArtifactUri::Local(dir) => {
                let root = self.root.as_ref().map(LocalRoot::dir);
                let inside = root.and_then(|root| dir.strip_prefix(root).ok());
                inside.and_then(|path| path.to_str()).map(ArtifactPath::parse).transpose()?
            }
            ArtifactUri::Foreign { .. } => None,
        };
        let base = base.ok_or_else(|| UriError::NotServed { uri: artifact_uri.to_owned() })?;
        Ok(base.join(relative)?)
    }

    /// Stores all of `bytes`, replacing a file at `path`. On success they survive a power cut. On any
    /// error, or if the future is dropped before the stream has ended, nothing has changed; if it is
    /// dropped later, all is stored or nothing.
    pub async fn put<S, E>(&self, path: &ArtifactPath, bytes: S) -> Result<Stored, ArtifactError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let upload = self.receive(path, bytes).await?;
        let finished = tokio::spawn(upload.finish()).await;
        finished.map_err(|error| ArtifactError::io("store", path)(error.into()))?
    }

    /// Takes all of `bytes` for `path`, where nothing changes before [`Upload::finish`].
    pub async fn receive<S, E>(
        &self,
        path: &ArtifactPath,
        bytes: S,
    ) -> Result<Upload, ArtifactError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        not_the_root(path)?;
        let Some(root) = &self.root else {
            let target = self.target(path, object_path(path)?, REMOTE_PART_BYTES);
            return Ok(Upload { received: receive(target, bytes).await?, staged: None });
        };
        root.blocking("store", path, LocalRoot::check_writable).await?;
        let staged = root.stage();
        let target = self.target(path, staged.object.clone(), LOCAL_PART_BYTES);
        let received = receive(target, bytes).await?;
        Ok(Upload { received, staged: Some((root.clone(), staged)) })
    }

    /// Opens an artifact for reading: all of it, or the part of it that `range` asks for.
    pub async fn get(
        &self,
        path: &ArtifactPath,
        range: Option<GetRange>,
    ) -> Result<Download, ArtifactError> {
        let meta = self.head(path).await?;
        if let Some(range) = &range
            && !range.as_range(meta.size).is_ok_and(|bytes| !bytes.is_empty())
        {
            return Err(ArtifactError::RangeNotSatisfiable { size: meta.size });
        }
        let options = GetOptions { range, ..GetOptions::default() };
        let result = self.objects.get_opts(&object_path(path)?, options).await;
        Ok(Download::of(result.map_err(ArtifactError::object("read", path))?, path))
    }

    /// What is known of an artifact without reading it.
    pub async fn head(&self, path: &ArtifactPath) -> Result<Meta, ArtifactError> {
        self.check_file(path).await?;
        let meta = self.objects.head(&object_path(path)?).await;
        Ok(Meta::of(&meta.map_err(ArtifactError::object("read", path))?))
    }

    /// What is directly in the directory `path`, sorted by name. A file has nothing in it, and so has
    /// what does not exist.
    pub async fn list(&self, path: &ArtifactPath) -> Result<Vec<Entry>, ArtifactError> {
        if let Some(root) = &self.root {
            return root.blocking("list", path, LocalRoot::list).await;
        }
        let listing = self.objects.list_with_delimiter(Some(&object_path(path)?)).await;
        let listing = listing.map_err(ArtifactError::object("list", path))?;
        let files = listing.objects.iter().map(|file| (&file.location, Some(file.size)));
        let dirs = listing.common_prefixes.iter().map(|dir| (dir, None));
        let entry = |(path, size): (&ObjectPath, _)| {
            Some(Entry { name: path.filename()?.to_owned(), size })
        };
        let mut entries: Vec<Entry> = files.chain(dirs).filter_map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Deletes a file, or a directory with all that is in it. Nothing there is fine. The root of the
    /// store is never deleted.
    pub async fn delete(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        not_the_root(path)?;
        if let Some(root) = &self.root {
            return root.blocking("delete", path, LocalRoot::remove).await;
        }
        let object = object_path(path)?;
        let below = self.objects.list(Some(&object)).map_ok(|meta| meta.location);
        let all = stream::iter([Ok(object)]).chain(below).boxed();
        let is_missing = |error: &_| matches!(error, object_store::Error::NotFound { .. });
        self.objects
            .delete_stream(all)
            .filter(|deleted| ready(!deleted.as_ref().is_err_and(is_missing)))
            .try_for_each(|_| ready(Ok(())))
            .await
            .map_err(ArtifactError::object("delete", path))
    }

    /// That `path` is a file, as far as that can be known before it is opened.
    async fn check_file(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        let found = match &self.root {
            Some(root) => root.blocking("read", path, LocalRoot::look).await?,
            None if path.is_root() => Found::Directory,
            None => Found::File,
        };
        let path = path.clone();
        match found {
            Found::File => Ok(()),
            Found::Directory => Err(ArtifactError::IsDirectory { path }),
            Found::Nothing | Found::BehindFile => Err(ArtifactError::NotFound { path }),
        }
    }

    fn target(&self, path: &ArtifactPath, object: ObjectPath, part_bytes: usize) -> Target {
        Target { objects: self.objects.clone(), object, path: path.clone(), part_bytes }
    }
}

fn not_the_root(path: &ArtifactPath) -> Result<(), PathError> {
    if path.is_root() { Err(PathError::NoFileName) } else { Ok(()) }
}

fn object_path(path: &ArtifactPath) -> Result<ObjectPath, PathError> {
    ObjectPath::parse(path.as_str()).map_err(|_| PathError::Unsafe)
}

/// The cargo feature of `object_store` that reaches a kind of storage.
fn feature_for(scheme: &str) -> &'static str {
    match scheme {
        "s3" | "s3a" | "r2" => "aws",
        "gs" => "gcp",
        "az" | "azure" | "abfs" | "abfss" | "wasb" | "wasbs" | "adl" => "azure",
        "http" | "https" => "http",
        _ => "none",
    }
}

#[cfg(test)]
mod tests;

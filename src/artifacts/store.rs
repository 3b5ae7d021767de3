//! The artifact store: a directory, or objects somewhere else, under one set of promises.
//!
//! Knows neither who asks nor why; every path it gets has been checked by [`ArtifactPath`].

use std::{
    array,
    error::Error,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use futures::Stream;
use object_store::{GetRange, ObjectStore};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    directory::{Directory, Staged},
    error::ArtifactError,
    objects::{Objects, Received},
    parts::Stored,
    path::{ArtifactPath, PathError},
    read::{Download, Entry, Meta},
    uri::{ArtifactUri, UriError},
};
use crate::base::disk::Disk;

/// Changes at different paths that may go on at once, about.
const TURNS: usize = 64;

/// A store of artifacts. Cheap to clone.
#[derive(Clone)]
pub struct ArtifactStore {
    pub(super) place: Place,
    /// One of these is held while what stands at a path changes; which, its hash says.
    turns: Arc<[Mutex<()>; TURNS]>,
}

#[derive(Clone)]
pub(super) enum Place {
    Directory(Directory),
    Objects(Objects),
}

/// All bytes of an upload, received but not stored. Dropping it leaves nothing.
pub struct Upload {
    path: ArtifactPath,
    stored: Stored,
    waiting: Waiting,
}

enum Waiting {
    InDirectory(Directory, Staged),
    ForObjects(Received),
}

/// An upload that has all the space it needs and only lacks its name. Dropping it leaves nothing.
pub struct Prepared(Upload);

impl Upload {
    /// Does what a full disk may forbid, so that it can be recorded what is to be stored.
    pub async fn prepare(mut self) -> Result<Prepared, ArtifactError> {
        if let Waiting::InDirectory(directory, staged) = self.waiting {
            let staged = directory.prepare(staged, &self.path).await?;
            self.waiting = Waiting::InDirectory(directory, staged);
        }
        Ok(Prepared(self))
    }
}

impl Prepared {
    /// What is stored once this is finished.
    pub fn stored(&self) -> Stored {
        self.0.stored
    }

    /// Stores it, replacing a file of that name. Not to be dropped halfway: that leaves all stored
    /// or nothing, and nobody knows which.
    pub async fn finish(self) -> Result<Stored, ArtifactError> {
        let Upload { path, stored, waiting } = self.0;
        match waiting {
            Waiting::InDirectory(directory, staged) => directory.publish(staged, &path).await,
            Waiting::ForObjects(received) => received.finish(&path).await,
        }?;
        Ok(stored)
    }
}

/// The directory that `--artifacts-destination` names.
fn directory(destination: &str) -> Result<PathBuf, ArtifactError> {
    match ArtifactUri::parse(destination) {
        Ok(ArtifactUri::Local(dir)) => Ok(dir),
        Ok(ArtifactUri::Foreign { scheme }) => Err(ArtifactError::Unsupported {
            destination: destination.to_owned(),
            feature: feature_for(&scheme),
            scheme,
        }),
        Ok(ArtifactUri::Proxied(_)) => {
            let reason = "that is where this server itself would store them";
            Err(unusable(destination, io::Error::other(reason)))
        }
        Err(error) => Err(unusable(destination, io::Error::other(error))),
    }
}

fn unusable(destination: &str, source: io::Error) -> ArtifactError {
    ArtifactError::Destination { destination: destination.to_owned(), source }
}

impl ArtifactStore {
    /// Opens the store that `--artifacts-destination` names: a directory on `disk`, as a path or a
    /// `file:` URI, which is created if needed. Blocks.
    pub fn open(disk: Arc<dyn Disk>, destination: &str) -> Result<Self, ArtifactError> {
        let opened = Directory::open(disk, &directory(destination)?);
        let opened = opened.map_err(|error| unusable(destination, error.into()))?;
        Ok(Self::at(Place::Directory(opened)))
    }

    /// Whether this build can store anything at such a destination. Looks at its words alone.
    pub fn check(destination: &str) -> Result<(), ArtifactError> {
        directory(destination).map(drop)
    }

    /// A store over objects that are not files: remote ones, or in memory.
    pub fn over(objects: Arc<dyn ObjectStore>) -> Self {
        Self::at(Place::Objects(Objects(objects)))
    }

    fn at(place: Place) -> Self {
        Self { place, turns: Arc::new(array::from_fn(|_| Mutex::default())) }
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
                let inside = match &self.place {
                    Place::Directory(directory) => dir.strip_prefix(directory.dir()).ok(),
                    Place::Objects(_) => None,
                };
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
        let finished = tokio::spawn(upload.prepare().await?.finish()).await;
        finished.map_err(|error| ArtifactError::io("store", path)(error))?
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
        let (waiting, stored) = match &self.place {
            Place::Directory(directory) => {
                let (staged, stored) = directory.receive(path, bytes).await?;
                (Waiting::InDirectory(directory.clone(), staged), stored)
            }
            Place::Objects(objects) => {
                let (received, stored) = objects.receive(path, bytes).await?;
                (Waiting::ForObjects(received), stored)
            }
        };
        Ok(Upload { path: path.clone(), stored, waiting })
    }

    /// Opens an artifact for reading: all of it, or the part of it that `range` asks for.
    pub async fn get(
        &self,
        path: &ArtifactPath,
        range: Option<GetRange>,
    ) -> Result<Download, ArtifactError> {
        match &self.place {
            Place::Directory(directory) => directory.get(path, range).await,
            Place::Objects(objects) => objects.get(path, range).await,
        }
    }

    /// What is known of an artifact without reading it.
    pub async fn head(&self, path: &ArtifactPath) -> Result<Meta, ArtifactError> {
        match &self.place {
            Place::Directory(directory) => directory.head(path).await,
            Place::Objects(objects) => objects.head(path).await,
        }
    }

    /// What is directly in the directory `path`, sorted by name. A file has nothing in it, and so has
    /// what does not exist.
    pub async fn list(&self, path: &ArtifactPath) -> Result<Vec<Entry>, ArtifactError> {
        match &self.place {
            Place::Directory(directory) => directory.list(path).await,
            Place::Objects(objects) => objects.list(path).await,
        }
    }

    /// Deletes a file, or a directory with all that is in it. Nothing there is fine. The root of the
    /// store is never deleted.
    pub async fn delete(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        self.check_delete(path).await?;
        match &self.place {
            Place::Directory(directory) => directory.remove(path).await,
            Place::Objects(objects) => objects.delete(path).await,
        }
    }

    /// Whether `path` is one that may be deleted, be there something or not.
    pub async fn check_delete(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        not_the_root(path)?;
        match &self.place {
            Place::Directory(directory) => directory.check(path).await,
            Place::Objects(_) => Ok(()),
        }
    }
}

fn not_the_root(path: &ArtifactPath) -> Result<(), PathError> {
    if path.is_root() { Err(PathError::NoFileName) } else { Ok(()) }
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

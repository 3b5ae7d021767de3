//! Artifacts as objects that are not files: in a remote store, or in memory. Knows nothing of which
//! store it is.

use std::{error::Error, sync::Arc};

use bytes::Bytes;
use futures::{
    Stream, TryStreamExt,
    future::ready,
    stream::{self, StreamExt},
};
use object_store::{
    GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload,
    path::Path as ObjectPath,
};

use super::{
    error::ArtifactError,
    parts::{Parts, Stored},
    path::{ArtifactPath, PathError, RESERVED_PREFIX},
    read::{Download, Entry, Meta, satisfied},
};

/// Bytes sent to a store at a time: S3 takes no part under 5 MiB, and at most 10,000 parts.
pub(super) const PART_BYTES: usize = 8 << 20;

/// A store of objects.
#[derive(Debug, Clone)]
pub(super) struct Objects(pub(super) Arc<dyn ObjectStore>);

/// All bytes of an upload, not yet an object.
pub(super) struct Received {
    objects: Arc<dyn ObjectStore>,
    object: ObjectPath,
    last: LastStep,
}

/// What is left to do: a stream that fits in one part costs one request.
enum LastStep {
    Put(PutPayload),
    Complete(Box<dyn MultipartUpload>),
}

impl Received {
    /// Makes it an object. Not to be dropped halfway: what the store has by then is its own affair.
    pub(super) async fn finish(self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        match self.last {
            LastStep::Put(bytes) => self.objects.put(&self.object, bytes).await,
            LastStep::Complete(mut parts) => parts.complete().await,
        }
        .map_err(ArtifactError::object("store", path))?;
        Ok(())
    }
}

impl Objects {
    /// Takes all of `bytes`; dropping that leaves nothing.
    pub(super) async fn receive<S, E>(
        &self,
        path: &ArtifactPath,
        bytes: S,
    ) -> Result<(Received, Stored), ArtifactError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let (objects, object) = (self.0.clone(), object_path(path)?);
        let mut source = Parts::of(bytes, PART_BYTES, path);
        let (first, length) = source.next().await?;
        let first = PutPayload::from_iter(first);
        if length < PART_BYTES {
            let last = LastStep::Put(first);
            return Ok((Received { objects, object, last }, source.stored()));
        }
        let failed = ArtifactError::object("store", path);
        let mut parts = objects.put_multipart(&object).await.map_err(failed)?;
        if let Err(error) = send(parts.as_mut(), first, &mut source, path).await {
            // The upload has failed already; that its parts stay behind is the smaller trouble.
            let _ = parts.abort().await;
            return Err(error);
        }
        let last = LastStep::Complete(parts);
        Ok((Received { objects, object, last }, source.stored()))
    }

    /// Opens an object for reading.
    pub(super) async fn get(
        &self,
        path: &ArtifactPath,
        range: Option<GetRange>,
    ) -> Result<Download, ArtifactError> {
        let meta = self.head(path).await?;
        satisfied(range.as_ref(), meta.size)?;
        let options = GetOptions { range, ..GetOptions::default() };
        let result = self.0.get_opts(&object_path(path)?, options).await;
        let result = result.map_err(ArtifactError::object("read", path))?;
        let (meta, range) = (Meta::of_object(&result.meta), result.range.clone());
        let bytes = result.into_stream().map_err(ArtifactError::object("read", path)).boxed();
        Ok(Download { meta, range, bytes })
    }

    /// What is known of an object without reading it.
    pub(super) async fn head(&self, path: &ArtifactPath) -> Result<Meta, ArtifactError> {
        if path.is_root() {
            return Err(ArtifactError::IsDirectory { path: path.clone() });
        }
        let meta = self.0.head(&object_path(path)?).await;
        Ok(Meta::of_object(&meta.map_err(ArtifactError::object("read", path))?))
    }

    /// What has `path` and a slash before its name, as far as the next slash. Leaves out what no request
    /// could name.
    pub(super) async fn list(&self, path: &ArtifactPath) -> Result<Vec<Entry>, ArtifactError> {
        let listing = self.0.list_with_delimiter(Some(&object_path(path)?)).await;
        let listing = listing.map_err(ArtifactError::object("list", path))?;
        let files = listing.objects.iter().map(|file| (&file.location, Some(file.size)));
        let dirs = listing.common_prefixes.iter().map(|dir| (dir, None));
        let entry = |(path, size): (&ObjectPath, _)| {
            let name = path.filename().filter(|name| !name.starts_with(RESERVED_PREFIX))?;
            Some(Entry { name: name.to_owned(), size })
        };
        let mut entries: Vec<Entry> = files.chain(dirs).filter_map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Copies an object.
    pub(super) async fn copy(
        &self,
        path: &ArtifactPath,
        to: &ArtifactPath,
    ) -> Result<(), ArtifactError> {
        let copied = self.0.copy(&object_path(path)?, &object_path(to)?).await;
        copied.map_err(ArtifactError::object("keep", path))
    }

    /// Deletes an object, and all whose names begin with `path` and a slash.
    pub(super) async fn delete(&self, path: &ArtifactPath) -> Result<(), ArtifactError> {
        let object = object_path(path)?;
        let below = self.0.list(Some(&object)).map_ok(|meta| meta.location);
        let all = stream::iter([Ok(object)]).chain(below).boxed();
        let is_missing = |error: &_| matches!(error, object_store::Error::NotFound { .. });
        self.0
            .delete_stream(all)
            .filter(|deleted| ready(!deleted.as_ref().is_err_and(is_missing)))
            .try_for_each(|_| ready(Ok(())))
            .await
            .map_err(ArtifactError::object("delete", path))
    }
}

async fn send<S, E>(
    parts: &mut dyn MultipartUpload,
    first: PutPayload,
    source: &mut Parts<S>,
    path: &ArtifactPath,
) -> Result<(), ArtifactError>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut part = first;
    while part.content_length() > 0 {
        parts.put_part(part).await.map_err(ArtifactError::object("store", path))?;
        part = PutPayload::from_iter(source.next().await?.0);
    }
    Ok(())
}

fn object_path(path: &ArtifactPath) -> Result<ObjectPath, PathError> {
    ObjectPath::parse(path.as_str()).map_err(|_| PathError::Unsafe)
}

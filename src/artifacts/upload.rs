//! Moves a stream of bytes towards an object store in parts, and digests it on the way.
//!
//! Two steps: [`receive`] takes everything the sender has to say and may be dropped at any moment,
//! which leaves nothing; [`Received::finish`] makes it an object. Holds one part in memory, however
//! long the stream is. Knows nothing of where the store keeps its objects.

use std::{error::Error, pin::Pin, sync::Arc};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream::Fuse};
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, path::Path};
use sha2::{Digest as _, Sha256};

use super::{error::ArtifactError, path::ArtifactPath};
use crate::base::digest::Sha256Digest;

/// What was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    pub sha256: Sha256Digest,
}

/// Where an upload goes.
pub(super) struct Target {
    /// The store.
    pub(super) objects: Arc<dyn ObjectStore>,
    /// The name of the object.
    pub(super) object: Path,
    /// The name that errors give it.
    pub(super) path: ArtifactPath,
    /// Bytes sent to the store at a time.
    pub(super) part_bytes: usize,
}

/// All bytes of an upload, not yet an object.
pub(super) struct Received {
    target: Target,
    last: LastStep,
    stored: Stored,
}

/// What is left to do: a stream that fits in one part costs one request.
enum LastStep {
    Put(PutPayload),
    Complete(Box<dyn MultipartUpload>),
}

impl Received {
    /// The name that errors give it.
    pub(super) fn path(&self) -> &ArtifactPath {
        &self.target.path
    }

    /// Makes it an object. Not to be dropped halfway: what the store has by then is its own affair.
    pub(super) async fn finish(self) -> Result<Stored, ArtifactError> {
        let Target { objects, object, path, .. } = self.target;
        match self.last {
            LastStep::Put(bytes) => objects.put(&object, bytes).await,
            LastStep::Complete(mut parts) => parts.complete().await,
        }
        .map_err(ArtifactError::object("store", &path))?;
        Ok(self.stored)
    }
}

/// Takes all of `bytes`.
pub(super) async fn receive<S, E>(target: Target, bytes: S) -> Result<Received, ArtifactError>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut source = Source::new(bytes);
    let first = source.part(&target).await?;
    if first.content_length() < target.part_bytes {
        return Ok(Received { target, last: LastStep::Put(first), stored: source.stored() });
    }
    let failed = ArtifactError::object("store", &target.path);
    let mut parts = target.objects.put_multipart(&target.object).await.map_err(failed)?;
    match send(parts.as_mut(), first, &mut source, &target).await {
        Ok(()) => Ok(Received { target, last: LastStep::Complete(parts), stored: source.stored() }),
        Err(error) => {
            // The upload has failed already; that its parts stay behind is the smaller trouble.
            let _ = parts.abort().await;
            Err(error)
        }
    }
}

async fn send<S, E>(
    parts: &mut dyn MultipartUpload,
    first: PutPayload,
    source: &mut Source<S>,
    target: &Target,
) -> Result<(), ArtifactError>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut part = first;
    while part.content_length() > 0 {
        let failed = ArtifactError::object("store", &target.path);
        parts.put_part(part).await.map_err(failed)?;
        part = source.part(target).await?;
    }
    Ok(())
}

/// The sender's stream, cut into parts.
struct Source<S> {
    bytes: Pin<Box<Fuse<S>>>,
    size: u64,
    hash: Sha256,
}

impl<S, E> Source<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    fn new(bytes: S) -> Self {
        Self { bytes: Box::pin(bytes.fuse()), size: 0, hash: Sha256::new() }
    }

    /// The next part: shorter than the target asks for only at the end, empty after it.
    async fn part(&mut self, target: &Target) -> Result<PutPayload, ArtifactError> {
        let mut chunks = Vec::new();
        let mut length = 0;
        while length < target.part_bytes
            && let Some(chunk) = self.bytes.next().await
        {
            let chunk = chunk.map_err(|source| ArtifactError::BrokenOff {
                path: target.path.clone(),
                source: source.into(),
            })?;
            length += chunk.len();
            self.hash.update(&chunk);
            chunks.push(chunk);
        }
        self.size += length as u64;
        Ok(PutPayload::from_iter(chunks))
    }

    fn stored(self) -> Stored {
        Stored { size: self.size, sha256: Sha256Digest(self.hash.finalize().into()) }
    }
}

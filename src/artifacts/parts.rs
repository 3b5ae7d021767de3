//! A sender's stream of bytes, cut into parts and digested on the way. Holds one part in memory,
//! however long the stream is. Knows nothing of where the parts go.

use std::{error::Error, pin::Pin};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream::Fuse};
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

/// The sender's stream, cut into parts.
pub(super) struct Parts<S> {
    bytes: Pin<Box<Fuse<S>>>,
    part_bytes: usize,
    /// The name that errors give the upload.
    path: ArtifactPath,
    size: u64,
    hash: Sha256,
}

impl<S, E> Parts<S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// Parts of `part_bytes` or a little more each.
    pub(super) fn of(bytes: S, part_bytes: usize, path: &ArtifactPath) -> Self {
        let (bytes, path) = (Box::pin(bytes.fuse()), path.clone());
        Self { bytes, part_bytes, path, size: 0, hash: Sha256::new() }
    }

    /// The next part, with its length: shorter than was asked for only at the end, empty after it.
    pub(super) async fn next(&mut self) -> Result<(Vec<Bytes>, usize), ArtifactError> {
        let mut chunks = Vec::new();
        let mut length = 0;
        while length < self.part_bytes
            && let Some(chunk) = self.bytes.next().await
        {
            let chunk = chunk.map_err(|source| ArtifactError::BrokenOff {
                path: self.path.clone(),
                source: source.into(),
            })?;
            length += chunk.len();
            self.hash.update(&chunk);
            chunks.push(chunk);
        }
        self.size += length as u64;
        Ok((chunks, length))
    }

    /// What all parts were together.
    pub(super) fn stored(self) -> Stored {
        Stored { size: self.size, sha256: Sha256Digest(self.hash.finalize().into()) }
    }
}

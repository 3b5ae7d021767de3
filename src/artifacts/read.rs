//! What reading from the store gives: a description, a listing, a stream of bytes.
//!
//! Knows nothing of paths and where they lead.

use std::{fs::File, ops::Range, os::unix::fs::FileExt, sync::Arc};

use bytes::Bytes;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use object_store::{GetResult, GetResultPayload, ObjectMeta};
use tokio::task::spawn_blocking;

use super::{error::ArtifactError, path::ArtifactPath};
use crate::base::TimestampMs;

/// Bytes read from a file at a time.
const CHUNK_BYTES: u64 = 256 << 10;

/// What is known of an artifact without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Length in bytes.
    pub size: u64,
    /// When it was last written.
    pub modified: TimestampMs,
    /// Changes when the content does; without quotes.
    pub etag: String,
}

/// An artifact that is being read.
pub struct Download {
    /// Of the whole artifact.
    pub meta: Meta,
    /// Which bytes of it follow.
    pub range: Range<u64>,
    /// The bytes, exactly as many as `range` says unless an error ends the stream.
    pub bytes: BoxStream<'static, Result<Bytes, ArtifactError>>,
}

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The last segment of its path.
    pub name: String,
    /// Length in bytes; none for a directory.
    pub size: Option<u64>,
}

impl Entry {
    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.size.is_none()
    }
}

impl Meta {
    /// As the object store tells it.
    pub(super) fn of(meta: &ObjectMeta) -> Self {
        let modified = TimestampMs(meta.last_modified.timestamp_millis());
        let weak = || format!("{:x}-{:x}", modified.0, meta.size);
        let etag = meta.e_tag.as_deref().map(|etag| etag.trim_matches('"').to_owned());
        Self { size: meta.size, modified, etag: etag.unwrap_or_else(weak) }
    }
}

impl Download {
    /// What the object store opened. Errors in the stream name `path`.
    pub(super) fn of(result: GetResult, path: &ArtifactPath) -> Self {
        let meta = Meta::of(&result.meta);
        let range = result.range;
        let bytes = match result.payload {
            GetResultPayload::File(file, _) => {
                read_file(file, range.clone()).map_err(ArtifactError::io("read", path)).boxed()
            }
            GetResultPayload::Stream(bytes) => {
                bytes.map_err(ArtifactError::object("read", path)).boxed()
            }
        };
        Self { meta, range, bytes }
    }
}

/// Reads a range of a file in chunks, each in one call on a thread that may block.
fn read_file(
    file: File,
    range: Range<u64>,
) -> impl stream::Stream<Item = std::io::Result<Bytes>> + Send {
    stream::try_unfold((Arc::new(file), range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let end = range.end.min(range.start + CHUNK_BYTES);
        let length = usize::try_from(end - range.start).map_err(std::io::Error::other)?;
        let source = file.clone();
        let chunk = spawn_blocking(move || {
            let mut chunk = vec![0; length];
            source.read_exact_at(&mut chunk, range.start).map(|()| Bytes::from(chunk))
        })
        .await??;
        Ok(Some((chunk, (file, end..range.end))))
    })
}

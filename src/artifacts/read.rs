//! What reading from the store gives: a description, a listing, a stream of bytes.
//!
//! Knows nothing of paths and where they lead.

use std::{io, ops::Range, sync::Arc, time::SystemTime};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use object_store::{GetRange, ObjectMeta};
use tokio::task::spawn_blocking;

use super::error::ArtifactError;
use crate::base::{
    TimestampMs,
    disk::{self, DiskFile},
};

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
    pub(super) fn of_object(meta: &ObjectMeta) -> Self {
        let modified = TimestampMs(meta.last_modified.timestamp_millis());
        let weak = || format!("{:x}-{:x}", modified.0, meta.size);
        let etag = meta.e_tag.as_deref().map(|etag| etag.trim_matches('"').to_owned());
        Self { size: meta.size, modified, etag: etag.unwrap_or_else(weak) }
    }

    /// As the disk tells it. A replaced artifact is another file.
    pub(super) fn of_file(meta: &disk::Meta) -> Self {
        let since = meta.modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let modified = TimestampMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        let etag = format!("{:x}-{:x}-{:x}", meta.inode, since.as_micros(), meta.bytes);
        Self { size: meta.bytes, modified, etag }
    }
}

/// The bytes that `range` asks for of `size`; all if it does not say. None is an error.
pub(super) fn satisfied(range: Option<&GetRange>, size: u64) -> Result<Range<u64>, ArtifactError> {
    let Some(range) = range else { return Ok(0..size) };
    let bytes = range.as_range(size).ok().filter(|bytes| !bytes.is_empty());
    bytes.ok_or(ArtifactError::RangeNotSatisfiable { size })
}

/// Reads a range of a file in chunks, each in one call on a thread that may block.
pub(super) fn read_file(
    file: Arc<dyn DiskFile>,
    range: Range<u64>,
) -> impl stream::Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((file, range), |(file, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let end = range.end.min(range.start + CHUNK_BYTES);
        let length = usize::try_from(end - range.start).map_err(io::Error::other)?;
        let source = file.clone();
        let chunk = spawn_blocking(move || {
            let mut chunk = vec![0; length];
            match source.read_at(range.start, &mut chunk)? {
                read if read == length => Ok(Bytes::from(chunk)),
                _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            }
        });
        let chunk = chunk.await.map_err(io::Error::from)??;
        Ok(Some((chunk, (file, end..range.end))))
    })
}

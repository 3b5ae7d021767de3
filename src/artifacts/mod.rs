//! Artifacts: bytes too big for the log. Files under a run, a model version or any other place a
//! client names, streamed in and out with flat memory.
//!
//! Promises that a finished [`ArtifactStore::put`] survives a power cut, that an unfinished one is
//! never seen, that no request leaves the store, and that paths, listings and content types are
//! those of MLflow 3.17. Knows nothing of the log, events or HTTP routes.

mod directory;
mod error;
mod kept;
mod media;
mod objects;
mod parts;
mod path;
mod read;
mod store;
mod uri;

pub use error::ArtifactError;
pub use media::{content_disposition, content_type};
pub use parts::Stored;
pub use path::{ArtifactPath, PathError};
pub use read::{Download, Entry, Meta};
pub use store::{ArtifactStore, Prepared, Upload};
pub use uri::{ArtifactUri, UriError, join_uri};

/// Which bytes of an artifact to read: some, all from an offset, or the last so many.
pub use object_store::GetRange;

//! What can go wrong with an artifact. Says what failed and where; which status a client gets is not
//! known here.

use std::{error::Error, io};

use super::path::{ArtifactPath, PathError};
use crate::base::disk::is_full;

/// Why an artifact could not be stored, read, listed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// Nothing of that name.
    #[error("No such artifact: '{path}'")]
    NotFound {
        /// What was asked for.
        path: ArtifactPath,
    },
    /// What was there at a moment in the past has been overwritten or deleted since.
    #[error("The content of '{path}' at that moment is no longer kept")]
    NotKept {
        /// What was asked for.
        path: ArtifactPath,
    },
    /// The path itself is not one the store takes.
    #[error(transparent)]
    InvalidPath(#[from] PathError),
    /// A directory where a file was expected.
    #[error("Artifact path refers to a directory, not a file: '{path}'")]
    IsDirectory {
        /// The directory.
        path: ArtifactPath,
    },
    /// A file where a directory was expected.
    #[error("Artifact path leads through a file, not a directory: '{path}'")]
    NotADirectory {
        /// What was to be written.
        path: ArtifactPath,
    },
    /// A symbolic link, device or pipe on the way: the store does not follow it.
    #[error("Invalid path: resolved path is outside the artifact directory")]
    Outside {
        /// What was asked for.
        path: ArtifactPath,
    },
    /// None of the bytes asked for exist.
    #[error("no such range in an artifact of {size} bytes")]
    RangeNotSatisfiable {
        /// Length of the artifact.
        size: u64,
    },
    /// The sender's stream ended in an error; nothing was stored.
    #[error("the upload of '{path}' broke off")]
    BrokenOff {
        /// What was being sent.
        path: ArtifactPath,
        /// What the stream said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// No space left, or the quota is used up.
    #[error("no space left to store '{path}'")]
    Full {
        /// What was to be stored.
        path: ArtifactPath,
        /// The system's answer.
        source: io::Error,
    },
    /// The storage failed.
    #[error("cannot {op} artifact '{path}'")]
    Io {
        /// What was asked.
        op: &'static str,
        /// Of which artifact.
        path: ArtifactPath,
        /// The system's answer.
        source: io::Error,
    },
    /// The destination cannot be used.
    #[error("cannot use '{destination}' for artifacts")]
    Destination {
        /// The directory.
        destination: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A kind of storage this build has no code for.
    #[error(
        "artifacts cannot be stored at '{destination}': this build stores artifacts in a local \
         directory only; '{scheme}' needs a build with the object_store feature `{feature}`"
    )]
    Unsupported {
        /// What was configured.
        destination: String,
        /// Its scheme.
        scheme: String,
        /// The cargo feature of `object_store` that has it; `none` if no feature has.
        feature: &'static str,
    },
}

impl ArtifactError {
    /// Names what was asked of which artifact; for `map_err`.
    pub(super) fn io<E: Into<io::Error>>(
        op: &'static str,
        path: &ArtifactPath,
    ) -> impl Fn(E) -> Self + use<E> {
        let path = path.clone();
        move |source| {
            let (path, source) = (path.clone(), source.into());
            let kind = source.kind();
            if is_full(kind) {
                Self::Full { path, source }
            } else if kind == io::ErrorKind::InvalidFilename {
                Self::InvalidPath(PathError::TooLong)
            } else {
                Self::Io { op, path, source }
            }
        }
    }

    /// As [`ArtifactError::io`], for an answer of the object store.
    pub(super) fn object(
        op: &'static str,
        path: &ArtifactPath,
    ) -> impl Fn(object_store::Error) -> Self + use<> {
        let path = path.clone();
        move |error| {
            if matches!(error, object_store::Error::NotFound { .. }) {
                return Self::NotFound { path: path.clone() };
            }
            Self::io(op, &path)(io::Error::new(io_kind(&error), error))
        }
    }
}

/// The kind of the first input/output error among the causes of `error`.
fn io_kind(error: &(dyn Error + 'static)) -> io::ErrorKind {
    std::iter::successors(Some(error), |&cause| cause.source())
        .find_map(|cause| cause.downcast_ref::<io::Error>())
        .map_or(io::ErrorKind::Other, io::Error::kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_however_deep_it_is_wrapped() {
        let path = ArtifactPath::parse("a").unwrap();
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let source = io::Error::from(kind);
            let error = object_store::Error::Generic { store: "test", source: source.into() };
            let error = ArtifactError::object("store", &path)(error);
            assert!(matches!(error, ArtifactError::Full { .. }), "{error:?}");
        }
        let other = io::Error::from(io::ErrorKind::PermissionDenied);
        let error = ArtifactError::io("store", &path)(other);
        assert!(matches!(error, ArtifactError::Io { .. }));
        assert_eq!(error.to_string(), "cannot store artifact 'a'");
    }
}

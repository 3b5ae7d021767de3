//! Artifacts: the store has the bytes before the writer hears of them, so nothing is refused here.

use super::Decision;
use crate::event::{ArtifactDeleted, ArtifactStored, Event};

/// Records that a file was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Path below the artifact destination.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
}

/// Records that a file or folder was removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Path below the artifact destination.
    pub path: String,
}

pub(super) fn record(command: Record) -> Decision {
    let Record { path, size, sha256 } = command;
    Event::from(ArtifactStored { path, size, sha256 }).into()
}

pub(super) fn delete(command: Delete) -> Decision {
    Event::from(ArtifactDeleted { path: command.path }).into()
}

//! What happens to the artifacts that pass through the server.

use serde::{Deserialize, Serialize};

/// A file was stored; what it holds is named by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactStored {
    /// Path below the artifact destination, `/`-separated.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    #[serde(serialize_with = "crate::event::readable::hex")]
    pub sha256: [u8; 32],
}

/// A file, or a folder with all below it, was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactDeleted {
    /// Path below the artifact destination, `/`-separated.
    pub path: String,
}

//! Proofs and keys as answers to questions.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Consistency, VerifierKey, base64};

/// The key that signs a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicKey {
    /// The name of the log in its checkpoints.
    pub origin: String,
    /// The key with its name, as verifiers take it (c2sp.org/signed-note).
    pub key: String,
}

impl PublicKey {
    /// What is told of a key.
    pub fn of(key: &VerifierKey) -> Self {
        Self { origin: key.name().to_owned(), key: key.to_string() }
    }
}

/// The proof that a log only grew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Growth {
    /// Events of the older checkpoint.
    pub old: u64,
    /// Events of the newer one.
    pub new: u64,
    /// The hashes of the proof in their order (RFC 6962, section 2.1.2), in base64.
    pub hashes: Vec<String>,
}

impl Growth {
    /// What is told of a proof.
    pub fn of(proof: &Consistency) -> Self {
        let Consistency { old, new, path } = proof;
        Self { old: *old, new: *new, hashes: path.iter().map(base64).collect() }
    }
}

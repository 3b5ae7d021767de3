//! What happens to the key that signs the log.

use serde::{Deserialize, Serialize};

/// Another key signs the log from here on, and the one before says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKeyRotated {
    /// UUID of the log.
    #[serde(serialize_with = "crate::event::readable::hex")]
    pub log_id: [u8; 16],
    /// The public key before.
    pub from: String,
    /// The public key after.
    pub to: String,
    /// A signed note that says so, with a signature by each.
    pub statement: String,
}

/// What the log had signed is given up: it lost some of it, or its key, and begins anew under another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointGivenUp {
    /// UUID of the log.
    #[serde(serialize_with = "crate::event::readable::hex")]
    pub log_id: [u8; 16],
    /// The last checkpoint with its signatures, if it was still there; else empty.
    pub checkpoint: String,
    /// The public key from here on.
    pub key: String,
    /// Why, in the words of who did it.
    pub reason: String,
}

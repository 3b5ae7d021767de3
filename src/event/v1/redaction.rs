//! What was logged by mistake, and is destroyed.

use serde::{Deserialize, Serialize};

/// The payload of an earlier event is destroyed; another stands for it, which lacks what was redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRedacted {
    /// UUID of the log.
    #[serde(serialize_with = "crate::event::readable::hex")]
    pub log_id: [u8; 16],
    /// The event.
    pub seq: u64,
    /// Number of its kind.
    pub kind: u32,
    /// Version of its payload.
    pub version: u32,
    /// SHA-256 of the payload that is destroyed, which its leaf in the tree goes on to say.
    #[serde(serialize_with = "crate::event::readable::hex")]
    pub sha256: [u8; 32],
    /// Why, in the words of who did it.
    pub reason: String,
    /// The payload that stands for it, of the same kind and version. The last field, because the log finds it
    /// at the end of the payload of this event (docs/FORMAT.md, "Destroyed payloads").
    #[serde(serialize_with = "crate::event::readable::hex_bytes")]
    pub substitute: Vec<u8>,
}

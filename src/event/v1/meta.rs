//! Who caused an event, and through which request. First in every payload.

use serde::{Deserialize, Serialize};

/// Cause of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Basic-auth user name if sent, else the `mlflow.user` tag of the run at hand, else `anonymous`.
    pub actor: String,
    /// The client's `X-Request-Id`, or one that the server drew.
    pub request_id: String,
    /// Network address of the client; empty when the event has none (start-up, import).
    pub client_address: String,
    /// The client's `User-Agent`; empty when not sent.
    pub user_agent: String,
    /// The log that this event was first written to, when it came from another one.
    pub origin: Option<Origin>,
}

/// A position in another log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// UUID of that log.
    #[serde(serialize_with = "crate::event::readable::hex")]
    pub log_id: [u8; 16],
    /// Sequence there.
    pub seq: u64,
}

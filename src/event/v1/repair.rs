//! What happens to the log itself: a repair, and the places of what it could not keep.

use serde::{Deserialize, Serialize};

use super::super::code::LossReason;

/// Holds the place of an event that a repair could not keep, so that every other event has the
/// sequence that it had. Which event it was, the origin in its cause says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLost {
    /// UUID of the damaged log.
    #[serde(serialize_with = "crate::event::readable::hex")]
    pub log_id: [u8; 16],
    /// Number of the kind that it had; 0 if that is not known.
    pub kind: u32,
    /// Why it was not kept.
    pub reason: LossReason,
}

/// A log was repaired: this one holds all of it that is intact, up to here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRepaired {
    /// UUID of the damaged log.
    #[serde(serialize_with = "crate::event::readable::hex")]
    pub log_id: [u8; 16],
    /// Events of it that were kept.
    pub kept: u64,
    /// Events of it that were not.
    pub lost: u64,
    /// Which, ascending; the first 10,000 ranges.
    pub ranges: Vec<LostRange>,
    /// Program that repaired it, with its version.
    pub tool: String,
}

/// Events that follow each other and were not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostRange {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

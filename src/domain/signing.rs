//! The key that signs the log. Who holds the keys has checked all there is to check.

use super::Decision;
use crate::event::{CheckpointGivenUp, Event, SigningKeyRotated};

/// Records that another key signs the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotate {
    /// UUID of the log.
    pub log_id: [u8; 16],
    /// The public key before.
    pub from: String,
    /// The public key after.
    pub to: String,
    /// The note that both have signed.
    pub statement: String,
}

/// Records that what the log had signed is given up.
#[derive(Debug, Clone, PartialEq)]
pub struct GiveUp {
    /// UUID of the log.
    pub log_id: [u8; 16],
    /// The last checkpoint, if there is one.
    pub checkpoint: Option<String>,
    /// The public key from here on.
    pub key: String,
    /// Why.
    pub reason: String,
}

pub(super) fn rotate(command: Rotate) -> Decision {
    let Rotate { log_id, from, to, statement } = command;
    Event::from(SigningKeyRotated { log_id, from, to, statement }).into()
}

pub(super) fn give_up(command: GiveUp) -> Decision {
    let GiveUp { log_id, checkpoint, key, reason } = command;
    let checkpoint = checkpoint.unwrap_or_default();
    Event::from(CheckpointGivenUp { log_id, checkpoint, key, reason }).into()
}

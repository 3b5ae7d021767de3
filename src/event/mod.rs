//! Facts: what can happen, and how each is spelled in bytes. An event is past tense, carries all
//! that is needed to fold it without deciding again, and is never changed once written.
//!
//! Knows nothing of files, HTTP or views. Wire shapes are frozen in [`v1`]; a changed shape is a
//! new version beside the old one with a pure upcast, and the table in [`kind`] names both.

pub mod code;
pub mod codec;
pub mod kind;
mod readable;
pub mod redaction;
pub mod v1;

pub use code::{
    DeliveryOutcome, LoggedModelStatus, LossReason, RunStatus, Stage, WebhookStatus, WebhookTrigger,
};
pub use kind::{Event, Subject};
pub use redaction::Redaction;
pub use v1::{
    KeyValue, artifact::*, experiment::*, logged_model::*, meta::Meta, meta::Origin, redaction::*,
    registry::*, repair::*, run::*, signing::*, webhook::*,
};

use crate::base::{Seq, TimestampMs};

/// A fact in its place: which position it has, when the server wrote it, and who caused it.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// Position in this log.
    pub seq: Seq,
    /// When the writer accepted it, by the server's clock; never runs backwards along the log.
    pub recorded_at: TimestampMs,
    /// Who and what caused it.
    pub meta: Meta,
    /// The fact itself.
    pub event: Event,
}

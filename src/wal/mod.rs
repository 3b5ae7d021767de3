//! The log: an ordered, durable, checked sequence of opaque records.
//!
//! ```text
//!   append(expected, records) ──► one group ──► one write, one sync ──► durable
//!
//!   seq   1   2   3   4   5   6   7
//!         ───────────────────┬───────
//!                          head: the last durable record; readers see up to here
//!                              next = head + 1: what the next record gets
//! ```
//!
//! One writer ([`Wal`]), any number of readers ([`WalReader`]). Backends: segment files ([`local`])
//! and a vector ([`memory`]); both keep the contract in `contract.rs`, and share no code.
//!
//! Does not know events, HTTP, views or async code. docs/FORMAT.md has every byte.

use std::sync::Arc;

use uuid::Uuid;

use crate::base::Seq;

#[cfg(test)]
mod contract;
mod error;
pub mod local;
pub mod memory;
mod record;

pub use error::{Damage, WalError};
pub use local::{
    ERASABLE_BYTES_MIN, Extent, Finding, Found, LocalReader, LocalWal, Lost, Options, Origin,
    RecoveryReport, Tail, TornTail, VerifyReport, durable, hold, verify, walk,
};
pub use memory::MemoryWal;
pub use record::{Destroyed, Erasure, NewRecord, Place, Record};

/// The writing end. There is one for a log, and it may move between threads.
pub trait Wal: Send {
    /// Appends `records` as one group and returns when all of them are durable, with the sequence
    /// of the last one. All or none: no reader and no restart ever sees a part of a group.
    ///
    /// `expected` is a fence: it must be [`Wal::next`], the sequence the first record gets. A
    /// `recorded_at` before that of the previous record is raised to it. After
    /// [`WalError::is_retryable`] errors the log is as before; after [`WalError::Poisoned`] every
    /// append and mark fails.
    fn append(&mut self, expected: Seq, records: &[NewRecord<'_>]) -> Result<Seq, WalError>;

    /// Writes, durably, that everything so far is durable. Turns later damage to the last group
    /// from "may be an interrupted write" into "is damage". Does nothing if the log ends in a mark
    /// or has no record since the last segment began. Call it when the writer has been idle.
    fn mark(&mut self) -> Result<(), WalError>;

    /// The sequence that the next record gets: 1 in an empty log.
    fn next(&self) -> Seq;

    /// A reader that sees what this writer makes durable; also after the writer is gone.
    fn reader(&self) -> Arc<dyn WalReader>;

    /// Marks, and lets go of the log in good order. Dropping without closing is a crash, and is
    /// treated as one at the next open.
    fn close(self: Box<Self>) -> Result<(), WalError>;
}

/// The reading end. Never shows a record that is not durable; never waits for the writer's sync.
pub trait WalReader: Send + Sync {
    /// The records from `from` on (0 counts as 1), in order, up to the durable head as it is at each
    /// step. `None` means "at the head": asking again later may give more. After an error it ends.
    fn read_from(&self, from: Seq) -> Box<dyn Iterator<Item = Result<Record, WalError>> + Send>;

    /// One record. [`WalError::NotFound`] if `seq` is 0 or past the head.
    fn read(&self, seq: Seq) -> Result<Record, WalError>;

    /// The last durable record; [`Seq::ZERO`] if there is none.
    fn head(&self) -> Seq;

    /// The log's own id, drawn when it was created.
    fn log_id(&self) -> Uuid;
}

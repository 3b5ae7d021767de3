//! The contract of the bottom layer: where values rest on disk.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Key, Value};
use crate::base::Seq;

/// How far a base has folded, of which log, under which shape of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// UUID of the log.
    pub log_id: [u8; 16],
    /// Last event that is folded in.
    pub seq: Seq,
    /// CRC-32 (IEEE) of that event's payload; 0 before the first event. Tells a cache of a log
    /// that was cut and went on differently.
    pub payload_crc: u32,
    /// [`super::super::SCHEMA_VERSION`] of the values.
    pub schema: u32,
}

/// The base cannot be used; views are rebuilt from the log instead.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Its files cannot be opened, read or written.
    #[error("view cache {path}: {reason}")]
    Io {
        /// Its directory.
        path: PathBuf,
        /// What the store said.
        reason: String,
    },
    /// Its bytes do not spell what they should.
    #[error("view cache {path}: value does not decode: {reason}")]
    Malformed {
        /// Its directory.
        path: PathBuf,
        /// What the codec said.
        reason: String,
    },
    /// Its files do not hold what was last moved into them.
    #[error("view cache {path}: damaged: {reason}")]
    Damaged {
        /// Its directory.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It belongs to another log, another version, or is ahead of the log.
    #[error("view cache {path}: {reason}")]
    Mismatch {
        /// Its directory.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
}

/// A batch of entries: new values, and `None` for what is gone.
pub type Batch<'a> = &'a mut dyn Iterator<Item = (&'a Key, &'a Option<Value>)>;

/// What the bottom layer does. Implementations share no code.
pub trait Base: Send + Sync {
    /// The value of `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError>;

    /// At most `limit` entries from `from` (inclusive) to `until` (exclusive), ascending.
    fn range(
        &self,
        from: &[u8],
        until: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Key, Value)>, StoreError>;

    /// The last entry from `from` (inclusive) to `until` (exclusive) whose key `keep` accepts.
    fn last(
        &self,
        from: &[u8],
        until: &[u8],
        keep: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<(Key, Value)>, StoreError>;

    /// Applies a batch together with the cursor it leads to: both are there after a crash, or
    /// neither. Durable when it returns.
    fn apply(&self, batch: Batch<'_>, cursor: &Cursor) -> Result<(), StoreError>;

    /// The cursor of the last applied batch.
    fn cursor(&self) -> Result<Option<Cursor>, StoreError>;
}

//! The contract of the bottom layer: where values rest on disk.

use std::path::{Path, PathBuf};

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
#[derive(Debug, Clone, Error)]
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
    /// The disk, or the quota, has no room for it; what was there before is unharmed.
    #[error("view cache {path}: no space: {reason}")]
    Full {
        /// Its directory.
        path: PathBuf,
        /// What is missing, or what the store said.
        reason: String,
    },
    /// It failed, and could not be opened again.
    #[error("{0}; it cannot be opened again")]
    Lost(#[source] Box<StoreError>),
    /// It belongs to another log, another version, or is ahead of the log.
    #[error("view cache {path}: {reason}")]
    Mismatch {
        /// Its directory.
        path: PathBuf,
        /// What differs.
        reason: String,
    },
}

impl StoreError {
    /// Whether only space is missing: the files are as good as they were.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Lost(cause) => cause.is_full(),
            Self::Io { .. }
            | Self::Malformed { .. }
            | Self::Damaged { .. }
            | Self::Mismatch { .. } => false,
        }
    }

    /// The directory of the cache.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. }
            | Self::Malformed { path, .. }
            | Self::Damaged { path, .. }
            | Self::Full { path, .. }
            | Self::Mismatch { path, .. } => path,
            Self::Lost(cause) => cause.path(),
        }
    }
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

    /// Refuses a batch of so many entries, which take `bytes` in memory, if the disk may be too full
    /// for it. Asked before [`Base::apply`], because a base that meets a full disk may be of no more
    /// use.
    fn check_room(&self, _entries: usize, _bytes: usize) -> Result<(), StoreError> {
        Ok(())
    }

    /// Applies a batch together with the cursor it leads to: both are there after a crash, or
    /// neither. Durable when it returns. After an error nothing more can be asked of this base but
    /// to be dropped.
    fn apply(&self, batch: Batch<'_>, cursor: &Cursor) -> Result<(), StoreError>;

    /// The cursor of the last applied batch.
    fn cursor(&self) -> Result<Option<Cursor>, StoreError>;
}

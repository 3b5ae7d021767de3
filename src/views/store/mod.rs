//! Where view values are kept: a small typed key-value store in layers.
//!
//! ```text
//! changes   what the writer has folded but not yet published: only the writer sees it
//! recent    published, not yet in the base; ordered map in memory, replaced value by value
//! frozen    a former `recent` on its way into the base; never changes
//! base      sled on disk, opened again when it fails; or nothing (a twin in memory)
//! ```
//!
//! A reader sees recent over frozen over base, as of one moment: it copies what it needs of
//! `recent` under a short lock and reads the rest without one. Knows nothing of events.

mod base;
mod cache;
mod changes;
mod directory;
mod layers;
#[cfg(test)]
#[cfg(feature = "shuttle")]
pub(crate) mod memory;
mod packed;
mod room;
mod sled;
mod value;

pub use base::{Base, Batch, Cursor, StoreError};
pub use cache::{Cache, Opening};
pub use changes::Changes;
pub use directory::{copy_files, set_aside};
pub use layers::{Frozen, Layers, View};
pub use sled::{Entry, Files, SledBase};
pub use value::{Place, Value};

pub use super::keys::Key;
use super::keys::after_prefix;

/// Reads of the store, whichever layers are seen.
pub trait Read {
    /// The value of `key`.
    fn get(&self, key: &[u8]) -> Option<Value>;

    /// At most `limit` entries from `from` (inclusive) up to `until` (exclusive; `None`: the end).
    fn range(&self, from: &[u8], until: Option<&[u8]>, limit: usize) -> Vec<(Key, Value)>;

    /// The last entry from `from` (inclusive) up to `until` (exclusive).
    fn last(&self, from: &[u8], until: &[u8]) -> Option<(Key, Value)>;

    /// All entries whose key begins with `prefix`. Only for prefixes with few entries.
    fn prefix(&self, prefix: &[u8]) -> Vec<(Key, Value)> {
        self.range(prefix, after_prefix(prefix).as_deref(), usize::MAX)
    }
}

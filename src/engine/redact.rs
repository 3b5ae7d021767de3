//! Destroying what the log says is redacted, when it is opened: in the segments, and with the views and
//! snapshots that may hold it, which are folded anew from what is left. Until that is done, each start
//! begins with it.

use std::path::Path;

use crate::{
    base::{
        data_dir::{SNAPSHOTS_DIR, VIEWS_DIR},
        digest::Sha256Digest,
        disk::{Disk, DiskError, overwrite_tree, remove_tree},
    },
    views::{Views, lookup},
    wal::{ERASABLE_BYTES_MIN, Erasure, WalError, WalReader},
};

/// The payloads that are redacted and still in the log.
pub(super) fn pending(views: &Views, log: &dyn WalReader) -> Result<Vec<Erasure>, WalError> {
    let mut pending = Vec::new();
    for (seq, redaction) in lookup::redactions(&views.view()) {
        let record = match log.read(seq) {
            Err(WalError::NotFound { .. }) => continue,
            found => found?,
        };
        let still_there = match record.destroyed {
            Some(destroyed) => destroyed.by < redaction.by,
            // In a repaired log the substitute is all there is.
            None if record.payload.len() < ERASABLE_BYTES_MIN => false,
            None => Sha256Digest::of(&record.payload).0 == redaction.sha256,
        };
        if still_there {
            let substitute_len = redaction.substitute_len;
            pending.push(Erasure { seq, by: redaction.by, substitute_len });
        }
    }
    Ok(pending)
}

/// Overwrites and removes all that was folded from the log.
pub(super) fn forget_views(disk: &dyn Disk, data_dir: &Path) -> Result<(), DiskError> {
    for entry in disk.list(data_dir)? {
        let name = entry.name.to_string_lossy();
        // Views may have been set aside under a longer name.
        let is_folded = name == SNAPSHOTS_DIR || name.split('.').next() == Some(VIEWS_DIR);
        if is_folded {
            let dir = data_dir.join(&entry.name);
            overwrite_tree(disk, &dir)?;
            remove_tree(disk, &dir)?;
        }
    }
    disk.sync_dir(data_dir)
}

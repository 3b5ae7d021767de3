//! A walk over a log for copying it: that it is sound, the hash that stands for it, and the artifacts
//! that it names.

use std::{collections::BTreeMap, path::Path};

use super::TransferError;
use crate::{
    base::{Seq, digest::Sha256Digest, disk::Disk},
    event::{Event, codec},
    proof::{Tree, leaf_hash},
    wal::{VerifyReport, verify},
};

/// An artifact that the log names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) bytes: u64,
    pub(super) sha256: Sha256Digest,
}

/// What a log says, up to an event.
pub(super) struct Survey {
    pub(super) report: VerifyReport,
    /// RFC 6962 root.
    pub(super) root: Sha256Digest,
    /// The root as it was at an earlier event, if the log came by it.
    pub(super) earlier: Option<Sha256Digest>,
    /// The artifacts by path.
    pub(super) artifacts: BTreeMap<String, Held>,
}

/// Walks the log in `dir`; of what comes after `until` only whether it is sound. A damaged log is
/// told in the report.
pub(super) fn survey(
    disk: &dyn Disk,
    dir: &Path,
    until: Seq,
    earlier: Seq,
    progress: &mut dyn FnMut(Seq),
) -> Result<Survey, TransferError> {
    let mut tree = Tree::default();
    let mut then = (earlier == Seq::ZERO).then(|| tree.root());
    let mut artifacts = BTreeMap::new();
    let report = verify(disk, dir, &mut |record| {
        progress(record.seq);
        if record.seq > until {
            return;
        }
        tree.push(leaf_hash(record));
        if record.seq == earlier {
            then = Some(tree.root());
        }
        // An event that cannot be read is copied as well as any other.
        if let Ok(envelope) = codec::decode_record(record) {
            note(&mut artifacts, envelope.event);
        }
    })?;
    Ok(Survey { report, root: tree.root(), earlier: then, artifacts })
}

#[allow(clippy::wildcard_enum_match_arm, reason = "most events are about no artifact")]
fn note(artifacts: &mut BTreeMap<String, Held>, event: Event) {
    match event {
        Event::ArtifactStored(it) => {
            let held = Held { bytes: it.size, sha256: Sha256Digest(it.sha256) };
            artifacts.insert(it.path, held);
        }
        Event::ArtifactDeleted(it) => {
            artifacts.remove(&it.path);
            let below = format!("{}/", it.path);
            let inside = artifacts.range(below.clone()..);
            let inside = inside.take_while(|(path, _)| path.starts_with(&below));
            let gone: Vec<String> = inside.map(|(path, _)| path.clone()).collect();
            for path in gone {
                artifacts.remove(&path);
            }
        }
        _ => {}
    }
}

//! What a backup says of itself: one file, written last. A backup holds what its manifest names and
//! nothing else that may lie beside it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::TransferError;
use crate::base::{
    Seq, TimestampMs,
    digest::Sha256Digest,
    disk::{Disk, Open, read_if_present, replace},
};

/// Name of the file.
pub(super) const MANIFEST: &str = "manifest.json";
/// What is written and read.
const FORMAT: u32 = 1;
/// Before the digest of all before it, which ends the file.
const DIGEST: &str = "\nsha256 ";

/// A backup, as docs/FORMAT.md describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) log_id: String,
    /// The last event.
    pub(super) head: Seq,
    /// RFC 6962 root over all events.
    pub(super) root: String,
    /// When it was made, and by what.
    pub(super) made_at: TimestampMs,
    pub(super) tool: String,
    pub(super) segments: Vec<Segment>,
    /// Absent if artifacts were left out.
    pub(super) artifacts: Option<Artifacts>,
}

/// A segment: the first `bytes` bytes of the file, and zeros up to `capacity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) capacity: u64,
    pub(super) sha256: String,
}

/// The artifacts that the log names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Artifacts {
    pub(super) count: u64,
    pub(super) bytes: u64,
    /// Those that were not there, or were not what the log says.
    pub(super) missing: Vec<String>,
}

/// Only to find out the format before anything else is looked at.
#[derive(Deserialize)]
struct Any {
    format: u32,
}

impl Manifest {
    /// That of a backup that holds nothing yet.
    pub(super) fn empty(log_id: String, now: TimestampMs) -> Self {
        Self {
            format: FORMAT,
            log_id,
            head: Seq::ZERO,
            root: Sha256Digest::of(b"").to_string(),
            made_at: now,
            tool: super::repair::TOOL.to_owned(),
            segments: Vec::new(),
            artifacts: None,
        }
    }

    /// That of the backup in `dir`; `None` if there is none.
    pub(super) fn read(disk: &dyn Disk, dir: &Path) -> Result<Option<Self>, TransferError> {
        let place = dir.join(MANIFEST);
        let Some(bytes) = read_if_present(disk, &place)? else { return Ok(None) };
        let damaged = |what: &str| {
            Err(TransferError::DamagedBackup { place: place.clone(), what: what.to_owned() })
        };
        let Ok(text) = std::str::from_utf8(&bytes) else { return damaged("it is no text") };
        let Some((body, digest)) = text.rsplit_once(DIGEST) else {
            return damaged("its last line is no digest");
        };
        if digest != format!("{}\n", Sha256Digest::of(body.as_bytes())) {
            return damaged("its digest is not that of its content");
        }
        match serde_json::from_str(body) {
            Ok(Any { format }) if format > FORMAT => {
                return Err(TransferError::NewerBackup { dir: dir.to_owned(), format });
            }
            Ok(_) => {}
            Err(_) => return damaged("it has no format"),
        }
        match serde_json::from_str(body) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) => damaged(&error.to_string()),
        }
    }

    /// Makes it the manifest of the backup in `dir`, durably.
    pub(super) fn write(&self, disk: &dyn Disk, dir: &Path) -> Result<(), TransferError> {
        let body = serde_json::to_string_pretty(self).expect("plain data always serializes");
        let text = format!("{body}{DIGEST}{}\n", Sha256Digest::of(body.as_bytes()));
        Ok(replace(disk, &dir.join(MANIFEST), text.as_bytes(), Open::New)?)
    }
}

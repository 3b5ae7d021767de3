//! A copy of a data directory, taken while the server runs, and only of what is new since the last.
//!
//! ```text
//!   B/manifest.json      what the backup holds: written last, replaced in one step
//!   B/log/seg-…          segments; a longer one replaces the same, shorter one
//!   B/artifacts/ab/ab…   contents of artifacts, by their SHA-256
//! ```
//!
//! Nothing that a manifest names is ever changed or removed before the next manifest is durable:
//! segments only grow, and contents have their digest for a name. So a backup that was interrupted
//! leaves the former one as it was.
//!
//! The log's end is fixed first, then the artifacts are copied that it names. One that has changed
//! meanwhile has an event that says so: then the end is fixed anew. One that is not there yet gets its
//! name soon after its event: then it is looked for again.

mod artifacts;

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    TransferError,
    files::{Prefix, copy, is_there},
    manifest::{Artifacts, MANIFEST, Manifest, Segment},
    survey::{Survey, survey},
};
use crate::{
    base::{
        Seq, TimestampMs,
        data_dir::{ARTIFACTS_DIR, LOG_DIR},
        digest::Sha256Digest,
        disk::{Disk, Entry, create_dirs, unfinished},
    },
    wal::{Extent, durable},
};

pub(super) use artifacts::{object, safe};

/// Times that artifacts are looked for that are not what the log says.
const ROUNDS: usize = 10;
/// Time between two looks at a log whose server is about to prove what it has written.
const LOOK_INTERVAL: Duration = Duration::from_millis(20);
/// Time between two such looks: an upload gets its name that soon after its event.
const NAME_DELAY: Duration = Duration::from_millis(50);

/// What to back up, and where.
#[derive(Debug, Clone, Copy)]
pub struct Backup<'a> {
    /// The data directory.
    pub data_dir: &'a Path,
    /// The folder with the artifacts; `None` leaves them out.
    pub artifacts: Option<&'a Path>,
    /// The backup: new, empty, or one of the same log.
    pub to: &'a Path,
    /// The time now.
    pub now: TimestampMs,
    /// How long to wait for the server to prove that what it has written is durable: a server at
    /// work does so in 50 ms.
    pub patience: Duration,
}

/// What a backup holds, and what it took.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct BackedUp {
    /// The log.
    pub log_id: String,
    /// The last event in the backup.
    pub head: Seq,
    /// RFC 6962 root over all events in it.
    pub root: String,
    /// Events that were left out because nothing proves yet that they are durable.
    pub unproven: u64,
    /// Segments in it.
    pub segments: u64,
    /// Segments that were copied now.
    pub segments_copied: u64,
    /// Bytes of them.
    pub log_bytes_copied: u64,
    /// Artifacts in it; `None` if they were left out.
    pub artifacts: Option<u64>,
    /// Contents of artifacts that were copied now.
    pub artifacts_copied: u64,
    /// Bytes of them.
    pub artifact_bytes_copied: u64,
    /// Artifacts that the log names and that are not there, or are not what it says.
    pub missing: Vec<String>,
}

/// Brings the backup up to the log. `progress` is called with each event that has been looked at.
pub fn backup(
    disk: &dyn Disk,
    job: &Backup<'_>,
    progress: &mut dyn FnMut(Seq),
) -> Result<BackedUp, TransferError> {
    let log = job.data_dir.join(LOG_DIR);
    let (mut extents, seen) = proven(disk, &log, job.patience)?;
    let mut done = BackedUp::default();
    let former = Manifest::read(disk, job.to)?;
    let known = former.as_ref().map_or(Seq::ZERO, |it| it.head);
    let (mut found, mut round) = (survey_sound(disk, &log, &extents, known, progress)?, 1);
    let former = match former {
        Some(manifest) => manifest,
        None => begin(disk, job, &found.report.log_id.to_string())?,
    };
    loop {
        check_extends(job, &former, &found, head(&extents))?;
        done.missing = artifacts::copy_all(disk, job, &found.artifacts, &mut done)?;
        if done.missing.is_empty() || round == ROUNDS {
            break;
        }
        round += 1;
        std::thread::sleep(NAME_DELAY.min(job.patience));
        let (later, _) = proven(disk, &log, job.patience)?;
        if head(&later) > head(&extents) {
            extents = later;
            found = survey_sound(disk, &log, &extents, known, progress)?;
        }
    }
    let segments = copy_segments(disk, job, &extents, &found.report.rewritten, &former, &mut done)?;
    let manifest = Manifest {
        head: head(&extents),
        root: found.root.to_string(),
        made_at: job.now,
        segments,
        artifacts: job.artifacts.map(|_| Artifacts {
            count: (found.artifacts.len() - done.missing.len()) as u64,
            bytes: found.artifacts.values().map(|held| held.bytes).sum(),
            missing: done.missing.clone(),
        }),
        ..Manifest::empty(former.log_id, job.now)
    };
    manifest.write(disk, job.to)?;
    artifacts::prune(disk, job, &found.artifacts)?;
    Ok(BackedUp {
        log_id: manifest.log_id,
        head: manifest.head,
        root: manifest.root,
        unproven: seen.0.saturating_sub(manifest.head.0),
        segments: manifest.segments.len() as u64,
        artifacts: manifest.artifacts.map(|it| it.count),
        ..done
    })
}

/// What the log says, if it is sound.
fn survey_sound(
    disk: &dyn Disk,
    log: &Path,
    extents: &[Extent],
    known: Seq,
    progress: &mut dyn FnMut(Seq),
) -> Result<Survey, TransferError> {
    let found = survey(disk, log, head(extents), known, progress)?;
    match found.report.damage_count {
        0 => Ok(found),
        places => Err(TransferError::DamagedLog { dir: log.to_owned(), places }),
    }
}

fn head(extents: &[Extent]) -> Seq {
    extents.last().map_or(Seq::ZERO, |extent| extent.head)
}

/// What is known to be durable. What could be read at the beginning may have been acknowledged; a
/// server that lives proves it soon.
fn proven(
    disk: &dyn Disk,
    log: &Path,
    patience: Duration,
) -> Result<(Vec<Extent>, Seq), TransferError> {
    let (mut extents, seen) = durable(disk, log)?;
    let until = Instant::now() + patience;
    while head(&extents) < seen && Instant::now() < until {
        std::thread::sleep(LOOK_INTERVAL);
        extents = durable(disk, log)?.0;
    }
    Ok((extents, seen))
}

/// A new backup, with a manifest that names nothing, so that it is known for a backup from now on.
fn begin(disk: &dyn Disk, job: &Backup<'_>, log_id: &str) -> Result<Manifest, TransferError> {
    if is_there(disk, job.to)? {
        // A first attempt may have died before its manifest had a name.
        let begun = |entry: &Entry| entry.name.to_string_lossy() == unfinished_manifest();
        if !disk.list(job.to)?.iter().all(begun) {
            return Err(TransferError::Occupied(job.to.to_owned()));
        }
    }
    create_dirs(disk, job.to)?;
    let manifest = Manifest::empty(log_id.to_owned(), job.now);
    manifest.write(disk, job.to)?;
    Ok(manifest)
}

fn unfinished_manifest() -> String {
    unfinished(Path::new(MANIFEST)).to_string_lossy().into_owned()
}

/// That the log begins with all that the former backup holds.
fn check_extends(
    job: &Backup<'_>,
    former: &Manifest,
    found: &Survey,
    head: Seq,
) -> Result<(), TransferError> {
    let ours = found.report.log_id.to_string();
    if former.log_id != ours {
        let theirs = former.log_id.clone();
        return Err(TransferError::OtherLog { dir: job.to.to_owned(), theirs, ours });
    }
    if found.earlier.is_some_and(|root| root.to_string() == former.root) {
        return Ok(());
    }
    Err(TransferError::Ahead { dir: job.to.to_owned(), theirs: former.head, ours: head })
}

fn copy_segments(
    disk: &dyn Disk,
    job: &Backup<'_>,
    extents: &[Extent],
    rewritten: &BTreeMap<String, Sha256Digest>,
    former: &Manifest,
    done: &mut BackedUp,
) -> Result<Vec<Segment>, TransferError> {
    let to = job.to.join(LOG_DIR);
    create_dirs(disk, &to)?;
    let mut segments = Vec::with_capacity(extents.len());
    for extent in extents {
        let sha256 = rewritten.get(&extent.name).copied().unwrap_or(extent.sha256);
        let segment = Segment {
            name: extent.name.clone(),
            bytes: extent.bytes,
            capacity: extent.capacity,
            sha256: sha256.to_string(),
        };
        let place = to.join(&extent.name);
        if !former.segments.contains(&segment) || !is_there(disk, &place)? {
            let from = job.data_dir.join(LOG_DIR).join(&extent.name);
            let prefix = Prefix { bytes: extent.bytes, length: extent.capacity, sha256 };
            if !copy(disk, &from, &place, &prefix)? {
                // It was sound a moment ago.
                let dir = job.data_dir.join(LOG_DIR);
                return Err(TransferError::DamagedLog { dir, places: 1 });
            }
            done.segments_copied += 1;
            done.log_bytes_copied += extent.bytes;
        }
        segments.push(segment);
    }
    disk.sync_dir(&to)?;
    disk.sync_dir(job.to)?;
    Ok(segments)
}

/// Folder of the contents of artifacts.
fn contents(job: &Backup<'_>) -> std::path::PathBuf {
    job.to.join(ARTIFACTS_DIR)
}

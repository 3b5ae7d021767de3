//! A data directory out of a backup. All of the backup is checked before the directory gets its name.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use super::{
    TransferError,
    backup::{object, safe},
    files::{Fresh, Prefix, copy},
    manifest::{MANIFEST, Manifest},
    survey::{Held, Survey, survey},
};
use crate::base::{
    Seq,
    data_dir::{ARTIFACTS_DIR, LOG_DIR},
    digest::Sha256Digest,
    disk::{Disk, DiskError, create_dirs},
};

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    /// The log.
    pub log_id: String,
    /// Its last event.
    pub head: Seq,
    /// RFC 6962 root over all events.
    pub root: String,
    /// Segments.
    pub segments: u64,
    /// Artifacts; `None` if the backup has none.
    pub artifacts: Option<u64>,
    /// Artifacts that the log names and that were missing when the backup was made.
    pub missing: Vec<String>,
}

/// Puts the backup in `from` back into `into`, which is made. `progress` is called with each event
/// that has been looked at.
pub fn restore(
    disk: &dyn Disk,
    from: &Path,
    into: &Path,
    progress: &mut dyn FnMut(Seq),
) -> Result<Restored, TransferError> {
    let manifest = Manifest::read(disk, from)?.filter(|it| !it.segments.is_empty());
    let Some(manifest) = manifest else { return Err(TransferError::NoBackup(from.to_owned())) };
    let fresh = Fresh::begin(disk, into)?;
    let log = fresh.path().join(LOG_DIR);
    create_dirs(disk, &log)?;
    for segment in &manifest.segments {
        let name = Path::new(&segment.name);
        let plain = matches!(name.components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
        let sha256 = digest(&segment.sha256).filter(|_| plain);
        let Some(sha256) = sha256 else {
            return Err(damaged(&from.join(MANIFEST), "it names a segment that cannot be"));
        };
        let prefix = Prefix { bytes: segment.bytes, length: segment.capacity, sha256 };
        take(disk, &from.join(LOG_DIR).join(name), &log.join(name), &prefix)?;
    }
    disk.sync_dir(&log)?;
    let found = survey(disk, &log, manifest.head, Seq::ZERO, progress)?;
    check(&manifest, &found, &from.join(LOG_DIR))?;
    let artifacts = match &manifest.artifacts {
        Some(kept) => Some(put_artifacts(disk, from, fresh.path(), &found, &kept.missing)?),
        None => None,
    };
    fresh.finish()?;
    Ok(Restored {
        log_id: manifest.log_id,
        head: manifest.head,
        root: manifest.root,
        segments: manifest.segments.len() as u64,
        artifacts,
        missing: manifest.artifacts.map(|it| it.missing).unwrap_or_default(),
    })
}

fn damaged(place: &Path, what: &str) -> TransferError {
    TransferError::DamagedBackup { place: place.to_owned(), what: what.to_owned() }
}

/// Copies a file of the backup, which must be what the backup says.
fn take(disk: &dyn Disk, from: &Path, to: &Path, prefix: &Prefix) -> Result<(), TransferError> {
    match copy(disk, from, to, prefix) {
        Ok(true) => Ok(()),
        Ok(false) => Err(damaged(from, "its digest is another")),
        Err(DiskError::Io { path, source, .. })
            if path == from
                && matches!(
                    source.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::UnexpectedEof
                ) =>
        {
            Err(damaged(from, "it is not there, or was cut short"))
        }
        Err(error) => Err(error.into()),
    }
}

/// That the log is the one that the manifest describes.
fn check(manifest: &Manifest, found: &Survey, place: &Path) -> Result<(), TransferError> {
    let report = &found.report;
    let what = if let Some(first) = report.damage.first() {
        first.what.to_string()
    } else if report.log_id.to_string() != manifest.log_id {
        format!("it is of log {}", report.log_id)
    } else if report.head != manifest.head {
        format!("its last event is {}, not {}", report.head, manifest.head)
    } else if found.root.to_string() != manifest.root {
        "its events are others than the manifest says".to_owned()
    } else {
        return Ok(());
    };
    Err(damaged(place, &what))
}

fn put_artifacts(
    disk: &dyn Disk,
    from: &Path,
    into: &Path,
    found: &Survey,
    missing: &[String],
) -> Result<u64, TransferError> {
    let contents = from.join(ARTIFACTS_DIR);
    let root = into.join(ARTIFACTS_DIR);
    create_dirs(disk, &root)?;
    let missing: BTreeSet<&str> = missing.iter().map(String::as_str).collect();
    let mut folders = BTreeSet::from([root.clone()]);
    let mut count = 0;
    let present = found.artifacts.iter().filter(|(path, _)| !missing.contains(path.as_str()));
    for (path, Held { bytes, sha256 }) in present {
        let object = contents.join(object(sha256));
        let Some(path) = safe(path) else {
            return Err(damaged(&from.join(LOG_DIR), "it names an artifact outside its folder"));
        };
        let place = root.join(path);
        make_folder(disk, place.parent().unwrap_or(&root), &mut folders)?;
        let prefix = Prefix { bytes: *bytes, length: *bytes, sha256: *sha256 };
        take(disk, &object, &place, &prefix)?;
        count += 1;
    }
    folders.iter().try_for_each(|folder| disk.sync_dir(folder))?;
    Ok(count)
}

/// Makes a folder and those above it that are not among `made`. They are synced together, later.
fn make_folder(
    disk: &dyn Disk,
    folder: &Path,
    made: &mut BTreeSet<PathBuf>,
) -> Result<(), DiskError> {
    let new: Vec<&Path> = folder.ancestors().take_while(|folder| !made.contains(*folder)).collect();
    for folder in new.into_iter().rev() {
        disk.create_dir(folder)?;
        made.insert(folder.to_owned());
    }
    Ok(())
}

/// A digest in hexadecimal.
fn digest(text: &str) -> Option<Sha256Digest> {
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    (text.len() == 64).then_some(Sha256Digest(bytes))
}

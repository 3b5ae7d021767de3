//! The artifacts in a backup: each content once, under its digest.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    super::{
        TransferError,
        files::{Prefix, copy},
        survey::Held,
    },
    BackedUp, Backup, contents,
};
use crate::{
    artifacts::ArtifactPath,
    base::{
        digest::Sha256Digest,
        disk::{Disk, Kind, create_dirs},
    },
};

/// Where a content lies, below the folder of contents.
pub(in super::super) fn object(sha256: &Sha256Digest) -> PathBuf {
    let name = sha256.to_string();
    let (folder, _) = name.split_at(2);
    Path::new(folder).join(&name)
}

/// An artifact's path, if it leads nowhere else than it says.
pub(in super::super) fn safe(path: &str) -> Option<&Path> {
    let parsed = ArtifactPath::parse(path).ok()?;
    (parsed.as_str() == path && !parsed.is_root()).then_some(Path::new(path))
}

/// Copies the contents that are not in the backup; returns the paths of those that are not there, or
/// are not what the log says.
pub(super) fn copy_all(
    disk: &dyn Disk,
    job: &Backup<'_>,
    wanted: &BTreeMap<String, Held>,
    done: &mut BackedUp,
) -> Result<Vec<String>, TransferError> {
    let Some(from) = job.artifacts.filter(|_| !wanted.is_empty()) else { return Ok(Vec::new()) };
    match disk.look(from) {
        Ok(meta) if meta.kind == Kind::Dir => {}
        Err(error) if !error.is_missing() => return Err(error.into()),
        _ => return Err(TransferError::NoArtifacts(from.to_owned())),
    }
    let contents = contents(job);
    create_dirs(disk, &contents)?;
    let mut folders = BTreeSet::new();
    let mut missing = Vec::new();
    for (path, held) in wanted {
        let place = contents.join(object(&held.sha256));
        if is_file(disk, &place, held)? {
            continue;
        }
        let folder = place.parent().unwrap_or(&contents).to_owned();
        if folders.insert(folder.clone()) {
            create_dirs(disk, &folder)?;
        }
        let prefix = Prefix { bytes: held.bytes, length: held.bytes, sha256: held.sha256 };
        let copied = match safe(path).map(|path| from.join(path)) {
            Some(source) if is_file(disk, &source, held)? => copy(disk, &source, &place, &prefix),
            _ => Ok(false),
        };
        match copied {
            Ok(true) => {
                done.artifacts_copied += 1;
                done.artifact_bytes_copied += held.bytes;
            }
            Ok(false) => missing.push(path.clone()),
            // It went, or was replaced, between two looks.
            Err(error) if error.is_missing() => missing.push(path.clone()),
            Err(error) => return Err(error.into()),
        }
    }
    folders.iter().try_for_each(|folder| disk.sync_dir(folder))?;
    Ok(missing)
}

/// Whether there is a file of that length. Its bytes are looked at as they are copied.
fn is_file(disk: &dyn Disk, place: &Path, held: &Held) -> Result<bool, TransferError> {
    match disk.look(place) {
        Ok(meta) => Ok(meta.kind == Kind::File && meta.bytes == held.bytes),
        Err(error) if error.is_missing() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Removes contents that no artifact has any more, and what attempts that died have left.
pub(super) fn prune(
    disk: &dyn Disk,
    job: &Backup<'_>,
    wanted: &BTreeMap<String, Held>,
) -> Result<(), TransferError> {
    let contents = contents(job);
    let wanted: BTreeSet<PathBuf> = wanted.values().map(|held| object(&held.sha256)).collect();
    let folders = match disk.list(&contents) {
        Err(error) if error.is_missing() => return Ok(()),
        folders => folders?,
    };
    for folder in folders.into_iter().filter(|folder| folder.kind == Kind::Dir) {
        let place = contents.join(&folder.name);
        for entry in disk.list(&place)? {
            if !wanted.contains(&Path::new(&folder.name).join(&entry.name)) {
                disk.remove(&place.join(&entry.name))?;
            }
        }
    }
    Ok(())
}

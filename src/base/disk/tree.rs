//! What is done to a disk in several steps: directories with those above them, trees, whole files.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{Disk, DiskError, DiskFile, Kind, Open};

/// Creates a directory and those above it, durably. That one exists says nothing of its name's
/// durability: a process may have created it and died before the sync. So each is synced into the
/// one above before anything is made in it, and so is the first that was there.
pub fn create_dirs(disk: &dyn Disk, path: &Path) -> Result<(), DiskError> {
    let Some(parent) = parent(path) else { return Ok(()) };
    let existed = match disk.look(path) {
        Ok(_) => true,
        Err(error) if error.is_missing() => false,
        Err(error) => return Err(error),
    };
    if !existed {
        create_dirs(disk, parent)?;
        match disk.create_dir(path) {
            Err(error) if !error.is_present() => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    match disk.sync_dir(parent) {
        // We made nothing in a directory that we may not read.
        Err(error) if existed && error.is_denied() => Ok(()),
        synced => synced,
    }
}

/// Bytes that are written at once.
const ZEROS_BYTES: usize = 1 << 20;

/// Writes zeros over all files in a directory, durably, without following links.
pub fn overwrite_tree(disk: &dyn Disk, dir: &Path) -> Result<(), DiskError> {
    let zeros = vec![0; ZEROS_BYTES];
    for entry in disk.list(dir)? {
        let path = dir.join(entry.name);
        match entry.kind {
            Kind::Dir => overwrite_tree(disk, &path)?,
            Kind::Other => {}
            Kind::File => {
                let file = disk.open(&path, Open::Write)?;
                let (mut offset, end) = (0, file.byte_len()?);
                while offset < end {
                    let len = usize::try_from(end - offset).unwrap_or(usize::MAX).min(ZEROS_BYTES);
                    file.write_at(offset, zeros.get(..len).unwrap_or_default())?;
                    offset += len as u64;
                }
                file.sync_data()?;
            }
        }
    }
    Ok(())
}

/// Removes a directory and all in it, without following links. Durable once its parent is synced.
pub fn remove_tree(disk: &dyn Disk, dir: &Path) -> Result<(), DiskError> {
    for entry in disk.list(dir)? {
        let path = dir.join(entry.name);
        match entry.kind {
            Kind::Dir => remove_tree(disk, &path)?,
            Kind::File | Kind::Other => disk.remove(&path)?,
        }
    }
    disk.remove_dir(dir)
}

/// All bytes of a small file; `None` if there is none.
pub fn read_if_present(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    let file = match disk.open(path, Open::Read) {
        Err(error) if error.is_missing() => return Ok(None),
        opened => opened?,
    };
    let mut bytes = vec![0; usize::try_from(file.byte_len()?).unwrap_or(usize::MAX)];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// A name with `.tmp` behind it: what is being made, and is nothing yet.
pub fn unfinished(path: &Path) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(".tmp");
    name.into()
}

/// A new file in the place of what an earlier attempt left there.
pub fn create(disk: &dyn Disk, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskError> {
    match disk.open(path, how) {
        Err(error) if error.is_present() => {
            disk.remove(path)?;
            disk.open(path, how)
        }
        opened => opened,
    }
}

/// Writes a small file, in the place of another of its name: whole or not at all, and durably.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8], how: Open) -> Result<(), DiskError> {
    let made = unfinished(path);
    let file = create(disk, &made, how)?;
    file.write_at(0, bytes)?;
    file.sync_data()?;
    drop(file);
    disk.rename(&made, path)?;
    disk.sync_dir(parent(path).unwrap_or(path))
}

/// The directory that holds the name of `path`; none for a root.
fn parent(path: &Path) -> Option<&Path> {
    let parent = path.parent()?;
    Some(if parent.as_os_str().is_empty() { Path::new(".") } else { parent })
}

//! The directory of a view cache: moved out of the way, made anew under a cache that failed, or copied.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::{StoreError, room};

/// Bytes copied at a time.
const COPY_BYTES: usize = 1 << 20;

/// Moves a view cache out of the way, if there is one; the one that was set aside before goes.
pub fn set_aside(cache: &Path) -> io::Result<()> {
    let aside = aside(cache);
    remove(&aside)?;
    match fs::rename(cache, aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        moved => moved,
    }
}

/// Gives the files of a cache a new directory under the old name, so that they can be opened although
/// the old directory is locked for the life of the process. Needs a few blocks of space.
pub(super) fn renew(cache: &Path) -> io::Result<()> {
    // It may be reached through a link, to another file system maybe.
    let cache = &cache.canonicalize()?;
    let fresh = cache.with_extension("renewed");
    remove(&fresh)?;
    link(cache, &fresh)?;
    set_aside(cache)?;
    fs::rename(&fresh, cache)?;
    // The files are shared with the old directory, so it must not come back after a power cut once
    // anything is written to them.
    File::open(cache.parent().unwrap_or(cache))?.sync_all()?;
    remove(&aside(cache))
}

fn aside(cache: &Path) -> PathBuf {
    cache.with_extension("set-aside")
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Links all files below `from` into new directories.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link(&entry.path(), &to)?;
        } else {
            fs::hard_link(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Copies the files of a cache that nobody writes to, if they have at most `bytes_max` and leave room on the
/// disk of `to`; tells whether it did.
pub fn copy_files(cache: &Path, to: &Path, bytes_max: u64) -> Result<bool, StoreError> {
    let failed =
        |error: io::Error| StoreError::Io { path: to.to_owned(), reason: error.to_string() };
    let parts = ["metadata", "slabs"].map(|part| (cache.join(part), to.join(part)));
    let mut bytes = 0;
    for (from, _) in &parts {
        bytes += room::bytes_in(from).map_err(failed)?;
    }
    if bytes > bytes_max {
        return Ok(false);
    }
    room::check(to, 0, usize::try_from(bytes).unwrap_or(usize::MAX))?;
    for (from, to) in &parts {
        fs::create_dir(to).map_err(failed)?;
        for entry in fs::read_dir(from).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            copy(&entry.path(), &to.join(entry.file_name())).map_err(failed)?;
        }
    }
    Ok(true)
}

/// With plain reads and writes, of which tests can make any fail; the system's own ways of copying have none.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let (mut from, mut to) = (File::open(from)?, File::create_new(to)?);
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        to.write_all(buffer.get(..length).unwrap_or_default())?;
    }
}

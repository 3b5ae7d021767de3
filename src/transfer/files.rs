//! What copies are made of: files that are whole or not there, directories too.

use std::{
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::TransferError;
use crate::base::{
    digest::Sha256Digest,
    disk::{Disk, DiskError, DiskFile, DiskOp, Open, create, create_dirs, remove_tree, unfinished},
};

/// Bytes read and written at once.
const CHUNK_BYTES: usize = 1 << 20;

/// What is at a path, if anything is.
pub(super) fn is_there(disk: &dyn Disk, path: &Path) -> Result<bool, DiskError> {
    match disk.look(path) {
        Err(error) if error.is_missing() => Ok(false),
        found => found.map(|_| true),
    }
}

/// A directory that is made under another name and gets its own when it is whole. Dropped before
/// that, it is removed.
pub(super) struct Fresh<'a> {
    disk: &'a dyn Disk,
    path: PathBuf,
    into: &'a Path,
    finished: bool,
}

impl<'a> Fresh<'a> {
    /// Refuses if there is something in `into` already.
    pub(super) fn begin(disk: &'a dyn Disk, into: &'a Path) -> Result<Self, TransferError> {
        if is_there(disk, into)? && !disk.list(into)?.is_empty() {
            return Err(TransferError::Occupied(into.to_owned()));
        }
        let path = unfinished(into);
        if is_there(disk, &path)? {
            return Err(TransferError::Unfinished(path));
        }
        create_dirs(disk, &path)?;
        Ok(Self { disk, path, into, finished: false })
    }

    /// Where it is made.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name, durably; all in it is durable already.
    pub(super) fn finish(mut self) -> Result<(), TransferError> {
        self.disk.sync_dir(&self.path)?;
        if is_there(self.disk, self.into)? {
            self.disk.remove_dir(self.into)?;
        }
        self.disk.rename(&self.path, self.into)?;
        self.finished = true;
        let parent = self.into.parent().filter(|parent| !parent.as_os_str().is_empty());
        Ok(self.disk.sync_dir(parent.unwrap_or(Path::new(".")))?)
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed has a name that nobody takes for a whole one.
            let _ = remove_tree(self.disk, &self.path);
        }
    }
}

/// Calls `each` with the first `bytes` bytes of a file, piece by piece. A shorter file is an error.
pub(super) fn read_prefix(
    file: &dyn DiskFile,
    path: &Path,
    bytes: u64,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), DiskError>,
) -> Result<(), DiskError> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut offset = 0;
    while offset < bytes {
        let room = usize::try_from(bytes - offset).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let read = file.read_at(offset, buffer.get_mut(..room).unwrap_or_default())?;
        if read < room {
            let cause = io::Error::from(io::ErrorKind::UnexpectedEof);
            return Err(DiskError::io(DiskOp::Read, path)(cause));
        }
        each(offset, buffer.get(..read).unwrap_or_default())?;
        offset += read as u64;
    }
    Ok(())
}

/// A part of a file to be copied.
pub(super) struct Prefix {
    /// Bytes from its start.
    pub(super) bytes: u64,
    /// Length of the copy; what is added is zeros.
    pub(super) length: u64,
    /// What the bytes must be.
    pub(super) sha256: Sha256Digest,
}

/// Copies the first bytes of a file. The copy gets its name when it is durable and read back as what
/// was asked for; durable itself once its directory is synced. False if the bytes are others.
pub(super) fn copy(
    disk: &dyn Disk,
    from: &Path,
    to: &Path,
    prefix: &Prefix,
) -> Result<bool, DiskError> {
    let source = disk.open(from, Open::Read)?;
    let path = unfinished(to);
    let copy = create(disk, &path, Open::New)?;
    let copied = copy_into(&*source, from, &*copy, &path, prefix);
    drop(copy);
    match copied {
        Ok(true) => disk.rename(&path, to).map(|()| true),
        other => {
            // It is nothing yet; what is left of it goes with the next attempt.
            let _ = disk.remove(&path);
            other
        }
    }
}

fn copy_into(
    source: &dyn DiskFile,
    from: &Path,
    copy: &dyn DiskFile,
    to: &Path,
    prefix: &Prefix,
) -> Result<bool, DiskError> {
    copy.set_len(prefix.length)?;
    read_prefix(source, from, prefix.bytes, |offset, chunk| copy.write_at(offset, chunk))?;
    copy.sync_data()?;
    copy.drop_cache()?;
    let mut sha256 = Sha256::new();
    read_prefix(copy, to, prefix.bytes, |_, chunk| {
        sha256.update(chunk);
        Ok(())
    })?;
    Ok(Sha256Digest(sha256.finalize().into()) == prefix.sha256)
}

/// A file that grows at its end.
pub(super) struct Lines {
    file: Box<dyn DiskFile>,
    buffer: Vec<u8>,
    end: u64,
}

impl Lines {
    pub(super) fn create(disk: &dyn Disk, path: &Path) -> Result<Self, DiskError> {
        Ok(Self { file: create(disk, path, Open::New)?, buffer: Vec::new(), end: 0 })
    }

    /// Where to write the next bytes.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Moves what is in the buffer to the file if it is much.
    pub(super) fn spill(&mut self) -> Result<(), DiskError> {
        if self.buffer.len() >= CHUNK_BYTES { self.write() } else { Ok(()) }
    }

    /// Moves the rest to the file and makes all of it durable.
    pub(super) fn finish(mut self) -> Result<(), DiskError> {
        self.write()?;
        self.file.sync_data()
    }

    fn write(&mut self) -> Result<(), DiskError> {
        self.file.write_at(self.end, &self.buffer)?;
        self.end += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

//! Room on the disk of the view cache: what a flush may need, and a reserve that lets a cache be
//! opened when nothing else is left.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::StoreError;
use crate::base::disk::{Disk as _, MARGIN_BYTES, RealDisk, is_full};

/// File in the cache's directory that holds the reserve. sled leaves it alone.
const RESERVE: &str = "reserve";

/// Opening sled writes all of its metadata once more: some 30 bytes a leaf, so this is enough for tens
/// of millions of entries.
const RESERVE_BYTES: u64 = 8 << 20;

/// A changed entry rewrites its leaf: 128 entries, compressed.
const LEAF_BYTES: u64 = 16 << 10;

/// Refuses a batch of so many entries of so many `bytes` in memory, if the file system may be too full.
pub(super) fn check(cache: &Path, entries: usize, bytes: usize) -> Result<(), StoreError> {
    let unknown = |error: &dyn std::error::Error| StoreError::Io {
        path: cache.to_owned(),
        reason: error.to_string(),
    };
    let free = RealDisk.free_bytes(cache).map_err(|error| unknown(&error))?;
    let full = |needed: u64| StoreError::Full {
        path: cache.to_owned(),
        reason: format!("{free} bytes are free, {needed} may be needed"),
    };
    if free < MARGIN_BYTES {
        return Err(full(MARGIN_BYTES));
    }
    let leaves = LEAF_BYTES.saturating_mul(entries as u64);
    let mut needed = leaves.saturating_add(bytes as u64).saturating_add(MARGIN_BYTES);
    if free < needed {
        // No more leaves than there are can be rewritten.
        let stored = bytes_in(cache).map_err(|error| unknown(&error))?;
        needed = needed - leaves + leaves.min(stored);
    }
    if free < needed { Err(full(needed)) } else { Ok(()) }
}

/// Bytes that the files in a directory and below take on the disk.
pub(super) fn bytes_in(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(meta) if meta.is_dir() => bytes_in(&entry.path())?,
            Ok(meta) => meta.blocks() * 512,
            // sled has removed it since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
    }
    Ok(bytes)
}

/// Lets go of the reserve, so that the cache can be opened on a full disk.
pub(super) fn release_reserve(cache: &Path) {
    // Usually there is one; if it stays, opening fails and says so.
    let _ = fs::remove_file(reserve(cache));
}

/// Sets the reserve aside, unless it is there. Without it nothing may be written: a flush that meets a
/// full disk leaves a cache that must be opened again.
pub(super) fn take_reserve(cache: &Path) -> Result<(), StoreError> {
    let path = reserve(cache);
    let taken = File::create_new(&path).and_then(|file| hold(&file));
    match taken {
        Err(error) if is_full(error.kind()) => {
            // It may have got a part.
            let _ = fs::remove_file(path);
            let reason = format!("{RESERVE_BYTES} bytes are to be held in reserve: {error}");
            Err(StoreError::Full { path: cache.to_owned(), reason })
        }
        // It is there; or this file system sets nothing aside, and what is written will tell.
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Holds space beyond the end of an empty file: a copy of the cache is no longer for it.
#[cfg(target_os = "linux")]
fn hold(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, RESERVE_BYTES)?)
}

#[cfg(not(target_os = "linux"))]
fn hold(_: &File) -> io::Result<()> {
    Ok(())
}

fn reserve(cache: &Path) -> PathBuf {
    cache.join(RESERVE)
}

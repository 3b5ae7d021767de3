//! The one narrow door to files. Everything the log does to a disk goes through these two traits, so
//! that a test can stand in for the disk, cut the power at any call, or fail any call.
//!
//! Promises no caching and no retries: each method is one system call or a short loop of one. Knows
//! nothing of what the bytes mean.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

#[cfg(test)]
pub mod memory;
mod real;

pub use real::RealDisk;

/// A directory tree with files in it.
pub trait Disk: Send + Sync {
    /// Opens a file. Fails if it is missing, or, with [`Open::New`], if it exists.
    fn open(&self, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskError>;

    /// Opens (or creates) a file and takes its exclusive advisory lock, without waiting. The lock is
    /// held until the handle is dropped. [`DiskError::Locked`] carries what the holder wrote in it.
    fn lock(&self, path: &Path) -> Result<Box<dyn DiskFile>, DiskError>;

    /// Creates a directory and those above it, durably; does nothing if it exists.
    fn create_dir(&self, path: &Path) -> Result<(), DiskError>;

    /// Makes the creations, renames and removals in a directory durable.
    fn sync_dir(&self, path: &Path) -> Result<(), DiskError>;

    /// Gives a file a new name, atomically replacing a file of that name.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> Result<(), DiskError>;

    /// Names of the files in a directory (not of directories), sorted.
    fn list(&self, dir: &Path) -> Result<Vec<String>, DiskError>;

    /// Who this process is, for people to read in a lock file: process id and boot id.
    fn process(&self) -> String;
}

/// An open file. Reads and writes name their offset, so a handle may be used by many threads.
pub trait DiskFile: Send + Sync {
    /// Length in bytes.
    fn byte_len(&self) -> Result<u64, DiskError>;

    /// Fills `buffer` from `offset`; returns the bytes read, fewer only at the end of the file.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, DiskError>;

    /// Writes all of `bytes` at `offset`. After an error any part of them may have been written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError>;

    /// Sets the length; what is added reads as zeros.
    fn set_len(&self, bytes: u64) -> Result<(), DiskError>;

    /// Makes the file at least `bytes` long, zero-filled, and reserves the space where the file
    /// system can, so that a full disk is met here and not by a later write.
    fn allocate(&self, bytes: u64) -> Result<(), DiskError>;

    /// Makes the content and the length durable (`fdatasync`). After an error nothing is known about
    /// any byte written since the last success, and asking again does not help.
    fn sync_data(&self) -> Result<(), DiskError>;

    /// Asks that later reads come from the device and not from memory. A hint.
    fn drop_cache(&self) -> Result<(), DiskError>;
}

/// How to open a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// An existing file, for reading.
    Read,
    /// An existing file, for reading and writing.
    Write,
    /// A file that must not exist yet, for reading and writing.
    New,
}

/// What was being done to a path when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskOp {
    /// Opening a file.
    Open,
    /// Creating a file or directory.
    Create,
    /// Reading or asking for the length.
    Read,
    /// Writing.
    Write,
    /// Setting the length or reserving space.
    Allocate,
    /// `fdatasync` of a file.
    Sync,
    /// `fsync` of a directory.
    SyncDir,
    /// Renaming.
    Rename,
    /// Removing.
    Remove,
    /// Listing a directory.
    List,
    /// Taking a lock.
    Lock,
}

impl fmt::Display for DiskOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Create => "create",
            Self::Read => "read",
            Self::Write => "write",
            Self::Allocate => "allocate",
            Self::Sync => "sync",
            Self::SyncDir => "sync directory",
            Self::Rename => "rename",
            Self::Remove => "remove",
            Self::List => "list",
            Self::Lock => "lock",
        })
    }
}

/// A file operation that failed: what, where, and why.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The system refused.
    #[error("cannot {op} {}", path.display())]
    Io {
        /// What was asked.
        op: DiskOp,
        /// Of which file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Another process holds the lock.
    #[error("{} is locked by another process ({holder})", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// What the holder wrote in it: its process id and boot id.
        holder: String,
    },
}

impl DiskError {
    /// An [`DiskError::Io`] with the path filled in; for `map_err`.
    pub fn io(op: DiskOp, path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Io { op, path: path.to_owned(), source }
    }

    /// Whether the disk, or the quota, is full.
    pub fn is_full(&self) -> bool {
        matches!(self.kind(), Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }

    /// Whether the file or directory is not there.
    pub fn is_missing(&self) -> bool {
        self.kind() == Some(io::ErrorKind::NotFound)
    }

    /// Whether the file is there already.
    pub fn is_present(&self) -> bool {
        self.kind() == Some(io::ErrorKind::AlreadyExists)
    }

    fn kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            Self::Locked { .. } => None,
        }
    }
}

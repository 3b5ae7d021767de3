//! The one narrow door to files. Everything that the server does to a disk goes through these two
//! traits (but what sled does for the view cache), so that a test can stand in for the disk, cut the
//! power at any call, or fail any call.
//!
//! Promises no caching and no retries: each method is one system call or a short loop of one. Knows
//! nothing of what the bytes mean.

use std::{
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

#[cfg(test)]
pub mod faulty;
#[cfg(test)]
pub mod memory;
mod real;
mod room;
mod tree;

pub use real::RealDisk;
pub use room::{MARGIN_BYTES, check_room, is_full};
pub use tree::{
    create, create_dirs, overwrite_tree, read_if_present, remove_tree, replace, unfinished,
};

/// A directory tree with files in it. Names are durable once their directory is synced.
pub trait Disk: Send + Sync {
    /// Opens a file. Fails if it is missing, or, with [`Open::New`] and [`Open::NewPrivate`], if it
    /// exists.
    fn open(&self, path: &Path, how: Open) -> Result<Box<dyn DiskFile>, DiskError>;

    /// Opens (or creates) a file and takes its exclusive advisory lock, without waiting. The lock is
    /// held until the handle is dropped. [`DiskError::Locked`] carries what the holder wrote in it.
    fn lock(&self, path: &Path) -> Result<Box<dyn DiskFile>, DiskError>;

    /// Creates a directory in one that exists; see [`create_dirs`].
    fn create_dir(&self, path: &Path) -> Result<(), DiskError>;

    /// Makes the creations, renames and removals in a directory durable: of names in it, not below.
    fn sync_dir(&self, path: &Path) -> Result<(), DiskError>;

    /// Gives a file or directory a new name, atomically replacing a file of that name.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), DiskError>;

    /// Gives a file another name besides the one it has; one that is taken is left as it is, and an error.
    fn link(&self, file: &Path, name: &Path) -> Result<(), DiskError>;

    /// Removes a file, or whatever else is no directory.
    fn remove(&self, path: &Path) -> Result<(), DiskError>;

    /// Removes an empty directory; see [`remove_tree`].
    fn remove_dir(&self, path: &Path) -> Result<(), DiskError>;

    /// What is directly in a directory, sorted by name.
    fn list(&self, dir: &Path) -> Result<Vec<Entry>, DiskError>;

    /// What is at a path. Does not follow a symbolic link there.
    fn look(&self, path: &Path) -> Result<Meta, DiskError>;

    /// The absolute path, without symbolic links, of something that exists.
    fn resolve(&self, path: &Path) -> Result<PathBuf, DiskError>;

    /// Bytes that may still be written to the file system of an existing path.
    fn free_bytes(&self, path: &Path) -> Result<u64, DiskError>;

    /// Who this process is, for people to read in a lock file: process id and boot id.
    fn process(&self) -> String;
}

/// An open file. Reads and writes name their offset, so a handle may be used by many threads.
pub trait DiskFile: Send + Sync {
    /// What is known of it; also when its name is another's by now.
    fn meta(&self) -> Result<Meta, DiskError>;

    /// Length in bytes.
    fn byte_len(&self) -> Result<u64, DiskError> {
        Ok(self.meta()?.bytes)
    }

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
    /// As [`Open::New`], and nobody but this user may read it.
    NewPrivate,
}

impl Open {
    /// Whether the file must not exist yet.
    pub fn is_new(self) -> bool {
        matches!(self, Self::New | Self::NewPrivate)
    }
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The last part of its path.
    pub name: OsString,
    /// What it names.
    pub kind: Kind,
}

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link, pipe, socket or device.
    Other,
}

/// What is known of a file or directory without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// What it is.
    pub kind: Kind,
    /// Length in bytes.
    pub bytes: u64,
    /// When its content was last written.
    pub modified: SystemTime,
    /// Number of the file in its file system: tells it from another of the same name.
    pub inode: u64,
}

/// What was being done to a path when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskOp {
    /// Opening a file.
    Open,
    /// Creating a file or directory.
    Create,
    /// Looking at what is at a path.
    Look,
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
    /// Giving a second name.
    Link,
    /// Removing.
    Remove,
    /// Listing a directory.
    List,
    /// Taking a lock.
    Lock,
    /// Asking for the space that is left.
    Space,
}

impl fmt::Display for DiskOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Create => "create",
            Self::Look => "look at",
            Self::Read => "read",
            Self::Write => "write",
            Self::Allocate => "allocate",
            Self::Sync => "sync",
            Self::SyncDir => "sync directory",
            Self::Rename => "rename",
            Self::Link => "link",
            Self::Remove => "remove",
            Self::List => "list",
            Self::Lock => "lock",
            Self::Space => "tell the space left for",
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
        self.kind().is_some_and(is_full)
    }

    /// Whether the file or directory is not there.
    pub fn is_missing(&self) -> bool {
        self.kind() == Some(io::ErrorKind::NotFound)
    }

    /// Whether the file is there already.
    pub fn is_present(&self) -> bool {
        self.kind() == Some(io::ErrorKind::AlreadyExists)
    }

    /// Whether this user may not do it.
    pub fn is_denied(&self) -> bool {
        self.kind() == Some(io::ErrorKind::PermissionDenied)
    }

    fn kind(&self) -> Option<io::ErrorKind> {
        match self {
            Self::Io { source, .. } => Some(source.kind()),
            Self::Locked { .. } => None,
        }
    }
}

/// The system's answer alone, for those who name what failed in their own words.
impl From<DiskError> for io::Error {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::Io { source, .. } => source,
            DiskError::Locked { .. } => Self::other(error),
        }
    }
}

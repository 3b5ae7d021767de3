//! One writing process for a log: an advisory lock on a file, held for life, and a word in that file
//! that tells whether the last writer closed the log or died.

use std::path::Path;

use crate::base::disk::{Disk, DiskError, DiskFile};

/// Name of the lock file in the log's directory.
const NAME: &str = "LOCK";
/// What a writer leaves there when it has closed the log.
const CLOSED: &[u8] = b"closed\n";

/// Keeps writers from the log in `dir` until the answer is dropped, without writing anything; fails
/// if there is one. A log that has no lock file, or lies on media that cannot be written, has none.
pub fn hold(disk: &dyn Disk, dir: &Path) -> Result<Option<Box<dyn DiskFile>>, DiskError> {
    let path = dir.join(NAME);
    match disk.look(&path) {
        Err(error) if error.is_missing() => return Ok(None),
        found => found?,
    };
    match disk.lock(&path) {
        Ok(held) => Ok(Some(held)),
        Err(locked @ DiskError::Locked { .. }) => Err(locked),
        Err(DiskError::Io { .. }) => Ok(None),
    }
}

/// The lock, until it is dropped.
pub(super) struct Lock {
    file: Box<dyn DiskFile>,
}

impl Lock {
    /// Takes the lock and writes this process's name in it. Also returns whether the last writer
    /// closed the log; a log without a lock file (a copy) counts as not closed.
    pub(super) fn take(disk: &dyn Disk, dir: &Path) -> Result<(Self, bool), DiskError> {
        let file = disk.lock(&dir.join(NAME))?;
        let mut word = [0; CLOSED.len()];
        let clean = file.read_at(0, &mut word)? == CLOSED.len() && word == CLOSED;
        let lock = Self { file };
        // Durable before anything else is changed, so that a crash from here on is seen as one. Its
        // name need not be: a log without the file counts as not closed.
        lock.write(format!("{}\n", disk.process()).as_bytes())?;
        Ok((lock, clean))
    }

    /// Says that the log is closed, and lets go of it.
    pub(super) fn release(self) -> Result<(), DiskError> {
        self.write(CLOSED)
    }

    fn write(&self, word: &[u8]) -> Result<(), DiskError> {
        // In this order it never needs a new block, so that a full disk does not forbid a start.
        self.file.write_at(0, word)?;
        self.file.set_len(word.len() as u64)?;
        self.file.sync_data()
    }
}

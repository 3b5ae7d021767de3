//! What can go wrong with keys, checkpoints and proofs, told so that the caller knows what to do.

use std::path::PathBuf;

use super::{key::BadKey, note::BadNote};
use crate::{
    base::{Seq, disk::DiskError},
    wal::WalError,
};

/// Something that cannot be signed or proved.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] WalError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The log holds less than was signed.
    #[error(
        "the log ends with event {head}, but the checkpoint in {} is of {size} events", dir.display()
    )]
    Behind {
        /// Its last event.
        head: Seq,
        /// How many were signed.
        size: u64,
        /// Where the checkpoint is.
        dir: PathBuf,
    },
    /// The log holds something else than was signed.
    #[error("the first {size} events of the log are not those of the checkpoint in {}", dir.display())]
    Forked {
        /// How many were signed.
        size: u64,
        /// Where the checkpoint is.
        dir: PathBuf,
    },
    /// A copy of a log holds something else than was signed.
    #[error("the first {size} events of the log are not those of the checkpoint")]
    Differs {
        /// How many were signed.
        size: u64,
    },
    /// A log that has been signed comes without its key.
    #[error("the key {key} that signed this log is not in {}", dir.display())]
    KeyGone {
        /// Its public half.
        key: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The key file is none.
    #[error("{} holds no key: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BadKey,
    },
    /// The checkpoint file is none, or is not by the key beside it.
    #[error("{} holds no checkpoint by the key beside it: {source}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BadNote,
    },
    /// There is no such event, size or tile.
    #[error("the log has {head} events, and so no {what}")]
    Absent {
        /// The last event.
        head: Seq,
        /// What was asked for.
        what: String,
    },
}

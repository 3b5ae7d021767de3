//! What can go wrong when opening and executing, told so that the caller knows what to do.

use std::path::PathBuf;

use thiserror::Error;

use crate::{
    base::{Seq, disk::DiskError},
    domain::Rejection,
    event::codec::DecodeError,
    views::store::StoreError,
    wal::WalError,
};

/// A command that did not become facts.
#[derive(Debug, Error)]
pub enum ExecuteError {
    /// A rule refuses it. The wish must change.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It would make an event longer than the log takes.
    #[error("the request holds {bytes} bytes in one event; at most {max} are possible")]
    TooLarge {
        /// Bytes it would need.
        bytes: usize,
        /// Bytes an event may have.
        max: usize,
    },
    /// The writer is behind; the same command may succeed in a moment.
    #[error("the server is busy; try again")]
    Overloaded,
    /// The disk is full; the same command may succeed once there is space.
    #[error("no space left on the server; nothing was recorded")]
    Full,
    /// Writing has ended until the server is started again.
    #[error("the log cannot be written; the server must be restarted")]
    Poisoned,
}

/// A data directory that cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The log cannot be opened.
    #[error(transparent)]
    Log(#[from] WalError),
    /// An event is of a newer Runlog, or its bytes make no sense although their checksum is right.
    #[error("event {seq}: {source}")]
    Event {
        /// Its position.
        seq: Seq,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The view cache cannot be created.
    #[error(transparent)]
    Views(#[from] StoreError),
    /// There are views, so there was a log, which is not where it was.
    #[error(
        "there is no log in {}, but {} was folded from one: put the log back, or remove the views \
         to begin anew",
        log.display(),
        views.display()
    )]
    LogGone {
        /// Directory of the log.
        log: PathBuf,
        /// Directory of the views.
        views: PathBuf,
    },
    /// A directory cannot be made or moved.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

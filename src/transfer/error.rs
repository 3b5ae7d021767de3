//! What can go wrong with a backup, a restore or a repair. In each case what was there before is
//! there still, and nothing half-made can be taken for whole.

use std::path::PathBuf;

use thiserror::Error;

use crate::{
    base::{Seq, disk::DiskError},
    event::codec::DecodeError,
    views::store::StoreError,
    wal::WalError,
};

/// Why something was not copied, or not put back.
#[derive(Debug, Error)]
pub enum TransferError {
    /// The log could not be read, or the new one not be written.
    #[error(transparent)]
    Log(#[from] WalError),
    /// A file could not be read or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The views of a log under repair failed.
    #[error(transparent)]
    Views(#[from] StoreError),
    /// An event was written by a newer Runlog.
    #[error("event {seq}")]
    Event {
        /// Its position.
        seq: Seq,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// There is something where something new was to be made.
    #[error("{} is not empty", .0.display())]
    Occupied(PathBuf),
    /// An earlier attempt died.
    #[error("{} is left of an attempt that did not end: remove it", .0.display())]
    Unfinished(PathBuf),
    /// No backup was ever finished there.
    #[error("there is no backup in {}", .0.display())]
    NoBackup(PathBuf),
    /// It is made by a newer Runlog.
    #[error("the backup in {} has format {format}: use a newer Runlog", dir.display())]
    NewerBackup {
        /// The backup.
        dir: PathBuf,
        /// Its format.
        format: u32,
    },
    /// A backup is not what was written.
    #[error("the backup is damaged in {}: {what}", place.display())]
    DamagedBackup {
        /// The file.
        place: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The log is damaged; what is in the backup is better than that.
    #[error("the log in {} is damaged in {places} places: the backup was left as it is", dir.display())]
    DamagedLog {
        /// The log.
        dir: PathBuf,
        /// Damaged places.
        places: u64,
    },
    /// The backup is of another log.
    #[error("{} holds a backup of log {theirs}, this is log {ours}", dir.display())]
    OtherLog {
        /// The backup.
        dir: PathBuf,
        /// Its log.
        theirs: String,
        /// The log that was to be backed up.
        ours: String,
    },
    /// The backup holds events that the log does not, or others in their place.
    #[error(
        "the backup in {} holds event {theirs}, which is not in the log (its last is {ours}): it \
         would be overwritten with less", dir.display()
    )]
    Ahead {
        /// The backup.
        dir: PathBuf,
        /// Its last event.
        theirs: Seq,
        /// The last durable event of the log.
        ours: Seq,
    },
    /// The log names artifacts, and there is no folder with them.
    #[error("there are no artifacts in {}", .0.display())]
    NoArtifacts(PathBuf),
}

impl TransferError {
    /// Whether data is damaged, rather than that something is in the way.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Log(error) => error.is_damage(),
            Self::Event { .. }
            | Self::NewerBackup { .. }
            | Self::DamagedBackup { .. }
            | Self::DamagedLog { .. } => true,
            Self::Disk(_)
            | Self::Views(_)
            | Self::Occupied(_)
            | Self::Unfinished(_)
            | Self::NoBackup(_)
            | Self::OtherLog { .. }
            | Self::Ahead { .. }
            | Self::NoArtifacts(_) => false,
        }
    }
}

//! What can go wrong with a log, told so that the caller knows what is left to do.

use std::path::PathBuf;

use crate::base::{Seq, disk::DiskError};

/// A failed operation on a log.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// Somebody else has appended, or the caller is wrong about the log. Nothing was written.
    #[error("the log's next record is {actual}, the caller expected {expected}")]
    Fenced {
        /// What the caller took for the next sequence.
        expected: Seq,
        /// The next sequence.
        actual: Seq,
    },
    /// The group breaks a rule of [`super::NewRecord`]. Nothing was written.
    #[error("record {index} of the group cannot be appended: {why}")]
    Unfit {
        /// Place in the group, from 0.
        index: usize,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// A payload is too short to be destroyed. Nothing was changed.
    #[error("record {seq} is too short for what takes the place of a payload that is destroyed")]
    Unerasable {
        /// The record.
        seq: Seq,
    },
    /// No space. Nothing was appended; reads go on; the same append may succeed later.
    #[error("no space to append to the log")]
    Full(#[source] DiskError),
    /// A write or sync failed in a way that leaves the tail unknown. Final for this process: only
    /// opening the log anew can tell what is durable.
    #[error("the log accepts no more records after a failed write or sync: {cause}")]
    Poisoned {
        /// The first failure.
        cause: String,
    },
    /// The log has no such record.
    #[error("record {seq} is not in the log, whose last is {head}")]
    NotFound {
        /// What was asked for.
        seq: Seq,
        /// The last durable record.
        head: Seq,
    },
    /// Data that had been acknowledged is not what was written. Nothing has been changed.
    #[error("log is damaged in {} at offset {offset}, record {seq}: {damage}", segment.display())]
    Damaged {
        /// The segment file.
        segment: PathBuf,
        /// Bytes from its start to the first wrong record or field.
        offset: u64,
        /// The first record that cannot be trusted.
        seq: Seq,
        /// What is wrong.
        damage: Damage,
    },
    /// A segment is not there.
    #[error("log {} lacks a segment: {what}", dir.display())]
    Missing {
        /// The log's directory.
        dir: PathBuf,
        /// What is known of it.
        what: String,
    },
    /// A segment of another log lies in the directory.
    #[error("{} belongs to log {found}, this is log {expected}", segment.display())]
    Foreign {
        /// The segment file.
        segment: PathBuf,
        /// The log it belongs to.
        found: uuid::Uuid,
        /// The log of the first segment.
        expected: uuid::Uuid,
    },
    /// Written by a newer Runlog. Nothing has been changed.
    #[error("{} has log format {found}; this Runlog reads up to {supported}", segment.display())]
    Newer {
        /// The segment file.
        segment: PathBuf,
        /// Its format version.
        found: u16,
        /// The newest format version that is known here.
        supported: u16,
    },
    /// There is no log in the directory (reading only; a writer creates one).
    #[error("there is no log in {}", dir.display())]
    Absent {
        /// The directory.
        dir: PathBuf,
    },
    /// The disk failed, or the log is locked by another process.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl WalError {
    /// Whether the same append may succeed later without a restart.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    /// Whether the log on disk is at fault and a person must decide; the process must not write.
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Damaged { .. } | Self::Missing { .. } | Self::Foreign { .. } | Self::Newer { .. }
        )
    }
}

/// What is wrong with the bytes at some offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Not the start of a segment file.
    #[error("no segment header")]
    Magic,
    /// The segment header's checksum is wrong.
    #[error("segment header fails its checksum")]
    SegmentHeader,
    /// Header and file name, or header and preceding segment, disagree.
    #[error("segment header does not fit: {0}")]
    Chain(&'static str),
    /// The file is shorter than it was created.
    #[error("file is {actual} bytes, was created with {expected}")]
    Short {
        /// Bytes that the header tells.
        expected: u64,
        /// Bytes that are there.
        actual: u64,
    },
    /// Zeros where a record must be.
    #[error("zeros where a record must be")]
    Blank,
    /// The record header's checksum is wrong.
    #[error("record header fails its checksum")]
    RecordHeader,
    /// The payload's checksum is wrong, or its padding is not zero.
    #[error("payload fails its checksum")]
    Payload,
    /// Checksums are right, but the record cannot stand here.
    #[error("record is sound but misplaced: {0}")]
    Misplaced(&'static str),
    /// A record that is known to have been durable is not there.
    #[error("log ends before record {0}, which is known to have been durable")]
    Lost(Seq),
}

impl Damage {
    /// Whether an interrupted write can look like this. If not, no crash has done it.
    pub(super) fn may_be_torn(self) -> bool {
        match self {
            Self::Blank | Self::RecordHeader | Self::Payload => true,
            Self::Magic
            | Self::SegmentHeader
            | Self::Chain(_)
            | Self::Short { .. }
            | Self::Misplaced(_)
            | Self::Lost(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::disk::DiskOp;

    #[test]
    fn only_a_full_disk_is_worth_another_try_and_only_damage_needs_a_person() {
        let disk =
            || DiskError::io(DiskOp::Write, Path::new("f"))(std::io::ErrorKind::StorageFull.into());
        let (full, poisoned) =
            (WalError::Full(disk()), WalError::Poisoned { cause: String::new() });
        assert!(full.is_retryable() && !full.is_damage());
        assert!(!poisoned.is_retryable() && !poisoned.is_damage());
        assert!(!WalError::Disk(disk()).is_retryable());
    }
}

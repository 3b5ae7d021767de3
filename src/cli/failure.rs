//! How a command fails: one line that says what is wrong and what to do, and an exit code.

use std::{error::Error, fmt, io};

use parquet::errors::ParquetError;

use crate::{
    artifacts::ArtifactError,
    audit::ReadError,
    base::{disk::DiskError, exit},
    engine::{ExecuteError, OpenError},
    event::codec::DecodeError,
    proof::ProofError,
    transfer::{ExportError, TransferError},
    views::store::StoreError,
    wal::WalError,
};

/// What to do where no log is.
const NAME_IT: &str = "name the data directory with --data-dir, or the log's own with --log";

/// What to do about a full disk.
const MAKE_ROOM: &str = "make room, then start again";

/// What to do about an error of the system, where that is clear.
fn advice(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(MAKE_ROOM),
        io::ErrorKind::ReadOnlyFilesystem => {
            Some("make that file system writable, or choose another --data-dir")
        }
        io::ErrorKind::PermissionDenied => {
            Some("give this user the right to do so, or choose another --data-dir")
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            Some("a file is where a directory must be: choose another --data-dir")
        }
        io::ErrorKind::IsADirectory => Some("a directory is where a file must be: remove it"),
        _ => None,
    }
}

/// An error with its causes, and what to do about it.
fn advised(error: &(dyn Error + 'static)) -> String {
    match kind(error).and_then(advice) {
        Some(advice) => format!("{}: {advice}", chain(error)),
        None => chain(error),
    }
}

/// What the system said, if it is among the causes.
fn kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// A command that did not do what it was asked to.
#[derive(Debug)]
pub(super) struct Failure {
    code: i32,
    message: String,
}

impl Failure {
    /// The command line or environment is wrong, or something cannot be opened.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { code: exit::USAGE, message: message.into() }
    }

    /// Something cannot be opened, and what can be done about it.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        Self::usage(advised(error))
    }

    /// A comparison found a difference.
    pub(super) fn difference(message: impl Into<String>) -> Self {
        Self { code: exit::DIFFERENCE, message: message.into() }
    }

    /// The log is damaged.
    pub(super) fn damaged(message: impl Into<String>) -> Self {
        Self { code: exit::DAMAGED, message: message.into() }
    }

    /// The log cannot be written any more.
    pub(super) fn poisoned(message: impl Into<String>) -> Self {
        Self { code: exit::POISONED, message: message.into() }
    }

    /// The exit code.
    pub(super) fn code(&self) -> i32 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, whatever a system or library put into its message.
        f.write_str(&self.message.replace('\n', " "))
    }
}

/// An error with its causes, each told once.
fn chain(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !told.ends_with(&text) {
            told = format!("{told}: {text}");
        }
        cause = error.source();
    }
    told
}

impl From<DiskError> for Failure {
    fn from(error: DiskError) -> Self {
        Self::usage(advised(&error))
    }
}

impl From<WalError> for Failure {
    fn from(error: WalError) -> Self {
        let what = chain(&error);
        match error {
            WalError::Newer { .. } => Self::usage(format!("{what}: use a newer Runlog")),
            error if error.is_damage() => Self::damaged(format!(
                "{what}: restore that file from a copy; `runlog verify` tells all that is wrong"
            )),
            WalError::Absent { .. } => Self::usage(format!("{what}: {NAME_IT}")),
            WalError::Disk(ref error) if error.is_missing() => {
                Self::usage(format!("{what}: {NAME_IT}"))
            }
            WalError::Disk(DiskError::Locked { .. }) => Self::usage(format!(
                "{what}: stop the server that uses it, or choose another --data-dir"
            )),
            WalError::Full(_) | WalError::Disk(DiskError::Io { .. }) => {
                Self::usage(advised(&error))
            }
            WalError::Poisoned { .. } => Self::poisoned(what),
            WalError::Fenced { .. }
            | WalError::Unfit { .. }
            | WalError::Unerasable { .. }
            | WalError::NotFound { .. }
            | WalError::Damaged { .. }
            | WalError::Missing { .. }
            | WalError::Foreign { .. } => Self::usage(what),
        }
    }
}

/// An event that cannot be read: either Runlog is too old for it, or it is damaged.
fn undecodable(what: String, why: &DecodeError) -> Failure {
    match why {
        DecodeError::UnknownKind { .. } | DecodeError::UnknownCodec(_) => {
            Failure::usage(format!("{what}: use a newer Runlog"))
        }
        DecodeError::Malformed(_) => Failure::damaged(what),
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let what = chain(&error);
        match error {
            ReadError::Log(error) => error.into(),
            ReadError::Event { source, .. } => undecodable(what, &source),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let what = chain(&error);
        match error {
            OpenError::Log(error) => error.into(),
            OpenError::Event { source, .. } => undecodable(what, &source),
            OpenError::Views(error) => error.into(),
            OpenError::Disk(error) => error.into(),
            OpenError::LogGone { .. } => Self::usage(what),
        }
    }
}

impl From<ProofError> for Failure {
    fn from(error: ProofError) -> Self {
        let what = chain(&error);
        match error {
            ProofError::Log(error) => error.into(),
            ProofError::Disk(DiskError::Locked { .. }) => Self::usage(format!(
                "{what}: stop the server that signs for the same log, or choose another --key-dir"
            )),
            ProofError::Disk(error) => error.into(),
            ProofError::Behind { .. } | ProofError::Forked { .. } | ProofError::Differs { .. } => {
                Self::damaged(format!(
                    "{what}: restore what was signed, or see \"A log that lost what was signed\" in \
                 docs/OPERATING.md"
                ))
            }
            ProofError::Checkpoint { .. } => {
                Self::damaged(format!("{what}: restore that file from a copy"))
            }
            ProofError::KeyGone { .. } => {
                Self::usage(format!("{what}: name its directory with --key-dir"))
            }
            ProofError::Key { .. } => Self::usage(format!("{what}: restore that file from a copy")),
            ProofError::Absent { .. } => Self::usage(what),
        }
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Read(error) => error.into(),
            ExportError::Write(_) => Self::usage(chain(&error)),
        }
    }
}

impl From<ParquetError> for Failure {
    fn from(error: ParquetError) -> Self {
        Self::usage(format!("cannot write the output: {error}"))
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        let what = chain(&error);
        let advice = match &error {
            TransferError::Log(_) => None,
            TransferError::Event { .. } => Some("use a newer Runlog"),
            TransferError::Occupied(_) => Some("name a new directory"),
            TransferError::DamagedLog { .. } => Some("`runlog verify` tells all that is wrong"),
            TransferError::DamagedBackup { .. } => Some("use another backup"),
            TransferError::OtherLog { .. } => Some("name another directory with --to"),
            TransferError::NoArtifacts(_) => {
                Some("name their folder with --artifacts, or leave them out with --no-artifacts")
            }
            TransferError::Disk(error) if error.is_full() => Some("make room and try again"),
            _ => None,
        };
        let damage = error.is_damage();
        if let TransferError::Log(error) = error {
            return error.into();
        }
        let message = advice.map_or(what.clone(), |advice| format!("{what}: {advice}"));
        if damage { Self::damaged(message) } else { Self::usage(message) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let what = chain(&error);
        Self::usage(if error.is_full() { format!("{what}: {MAKE_ROOM}") } else { what })
    }
}

impl From<ArtifactError> for Failure {
    fn from(error: ArtifactError) -> Self {
        let what = chain(&error);
        Self::usage(match kind(&error) {
            Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                format!("{what}: {MAKE_ROOM}")
            }
            Some(io::ErrorKind::PermissionDenied) => format!(
                "{what}: give this user the right to write there, or choose another \
                 --artifacts-destination"
            ),
            _ => format!("{what}: choose another --artifacts-destination"),
        })
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        let what = chain(&error);
        match error {
            ExecuteError::Poisoned => Self::poisoned(what),
            ExecuteError::Full => Self::usage(format!("{what}: {MAKE_ROOM}")),
            ExecuteError::Rejected(_)
            | ExecuteError::TooLarge { .. }
            | ExecuteError::Overloaded => Self::usage(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Seq, disk::DiskOp};

    #[test]
    fn causes_are_told_once_and_in_one_line() {
        let source = std::io::Error::other("two\nlines");
        let disk = DiskError::Io { op: DiskOp::Read, path: "/a".into(), source };
        let failure = Failure::from(OpenError::Log(WalError::Disk(disk)));
        assert_eq!(failure.to_string(), "cannot read /a: two lines");
        assert_eq!(failure.code(), exit::USAGE);
        let unknown = DecodeError::UnknownCodec(9);
        let failure = Failure::from(ReadError::Event { seq: Seq(3), source: unknown });
        let message = "event 3: codec 9 is unknown: the log was written by a newer Runlog: use a newer Runlog";
        assert_eq!(failure.to_string(), message);
        assert_eq!(failure.code(), exit::USAGE);
    }
}

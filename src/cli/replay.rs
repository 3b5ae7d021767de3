//! `runlog replay`: views from a log, offline; and whether others are the same.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    EXIT_CODES,
    answer::print,
    failure::Failure,
    place::LogPlace,
    views::{CACHE_BYTES, Existing, rebuild},
};
use crate::{
    audit::Moment,
    views::Views,
    wal::{LocalReader, WalReader},
};

const EXAMPLES: &str = "\
The directory that --into makes is a view cache like <data-dir>/views. The digest is the SHA-256 of
all entries: the same log always gives the same digest.

Examples:
  runlog replay --log /backup/log --into /tmp/views               rebuild, print the digest
  runlog replay --log /backup/log --into /tmp/then --until 4711   as it was after event 4711
  runlog replay --data-dir /srv/r --compare /srv/r/views          check a stopped server's views
";

/// Rebuild the views from a log, offline
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    #[command(flatten)]
    place: LogPlace,

    /// Directory for the rebuilt views; new or empty. Without it they are built in memory and
    /// let go.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,

    /// Last event to fold: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[arg(long, value_name = "SEQ|TIME", conflicts_with = "compare")]
    until: Option<Moment>,

    /// Views of a stopped server: replay as far as they have come, and compare.
    #[arg(long, value_name = "DIR")]
    compare: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let log = args.place.open()?;
    let existing = args.compare.as_deref().map(|path| Existing::open(path, &log)).transpose()?;
    let until = match (&existing, args.until) {
        (Some(views), _) => views.folded(),
        (None, Some(moment)) => moment.last(&log)?,
        (None, None) => log.head(),
    };
    let rebuilt = match &args.into {
        Some(path) => create(path, &log)?,
        None => Views::in_memory(log.log_id().into_bytes()),
    };
    print(&rebuild(&log, &rebuilt, until)?)?;
    existing.map_or(Ok(()), |existing| existing.compare(&rebuilt))
}

/// A new view cache.
fn create(path: &Path, log: &LocalReader) -> Result<Views, Failure> {
    if entries(path)? > 0 {
        return Err(Failure::usage(format!(
            "{} is not empty: name a new directory with --into",
            path.display()
        )));
    }
    Ok(Views::open(path, log.log_id().into_bytes(), CACHE_BYTES)?)
}

/// Number of entries in a directory; 0 if it does not exist.
fn entries(path: &Path) -> Result<usize, Failure> {
    match fs::read_dir(path) {
        Ok(entries) => Ok(entries.count()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
    }
}

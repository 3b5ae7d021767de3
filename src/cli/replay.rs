//! `runlog replay`: views from a log, offline; and whether others are the same.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    time::Instant,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{EXIT_CODES, answer::print, failure::Failure, place::LogPlace};
use crate::{
    audit::{Moment, first_difference},
    base::Seq,
    engine::replay,
    views::{Views, digest::digest},
    wal::{LocalReader, WalReader},
};

/// Bytes of a view cache held in memory.
const CACHE_BYTES: usize = 256 << 20;

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
    let existing = args.compare.as_deref().map(|path| open_existing(path, &log)).transpose()?;
    let until = match (&existing, args.until) {
        (Some(views), _) => views.position().seq,
        (None, Some(moment)) => moment.last(&log)?,
        (None, None) => log.head(),
    };
    let rebuilt = match &args.into {
        Some(path) => create(path, &log)?,
        None => Views::in_memory(log.log_id().into_bytes()),
    };
    let seconds = rebuild(&log, &rebuilt, until)?;
    let mine = digest(&rebuilt.view());
    print(&format!(
        "events    {until}\nseconds   {seconds:.3}\nrate      {:.0} events/s\ndigest    {mine}\n",
        rate(until, seconds),
    ))?;
    match (&existing, &args.compare) {
        (Some(existing), Some(path)) => compare(&rebuilt, existing, path),
        _ => Ok(()),
    }
}

/// Folds the log up to `until`, with a bar if somebody looks; returns the seconds it took.
fn rebuild(log: &LocalReader, views: &Views, until: Seq) -> Result<f64, Failure> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {per_sec}, {eta} left");
    let bar = ProgressBar::with_draw_target(Some(until.0), ProgressDrawTarget::stderr());
    bar.set_style(style.expect("the template is well formed"));
    let start = Instant::now();
    replay(log, views, until, &mut |seq| bar.set_position(seq.0))?;
    views.flush()?;
    let seconds = start.elapsed().as_secs_f64();
    bar.finish_and_clear();
    Ok(seconds)
}

#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(events: Seq, seconds: f64) -> f64 {
    events.0 as f64 / seconds.max(f64::EPSILON)
}

/// Tells whether both are the same, and if not, where they part.
fn compare(rebuilt: &Views, existing: &Views, path: &Path) -> Result<(), Failure> {
    let theirs = digest(&existing.view());
    print(&format!("compared  {}\ndigest    {theirs}\n", path.display()))?;
    let Some(difference) = first_difference(&rebuilt.view(), &existing.view()) else {
        if rebuilt.position() != existing.position() {
            return Err(Failure::difference(format!(
                "event {} of the log is not the one that {} has folded",
                existing.position().seq,
                path.display()
            )));
        }
        return print("result    equal\n");
    };
    let told = |value: Option<String>| value.unwrap_or_else(|| "absent".to_owned());
    print(&format!(
        "result    DIFFERENT\nfirst     {difference}\n  log     {}\n  views   {}\n",
        told(difference.left.clone()),
        told(difference.right.clone()),
    ))?;
    Err(Failure::difference(format!(
        "{} is not what the log says, first in {difference}: remove it, the next start rebuilds it",
        path.display()
    )))
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

/// The view cache of a stopped server.
fn open_existing(path: &Path, log: &LocalReader) -> Result<Views, Failure> {
    if entries(path)? == 0 {
        return Err(Failure::usage(format!("there are no views in {}", path.display())));
    }
    if is_in_use(path) {
        return Err(Failure::usage(format!(
            "the views in {} are in use: stop the server first, or compare a copy",
            path.display()
        )));
    }
    let views = Views::open(path, log.log_id().into_bytes(), CACHE_BYTES)?;
    let (folded, head) = (views.position().seq, log.head());
    if folded > head {
        return Err(Failure::usage(format!(
            "the views in {} have folded {folded} events, the log has {head}: take a newer copy of it",
            path.display()
        )));
    }
    Ok(views)
}

/// Number of entries in a directory; 0 if it does not exist.
fn entries(path: &Path) -> Result<usize, Failure> {
    match fs::read_dir(path) {
        Ok(entries) => Ok(entries.count()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
    }
}

/// Whether another process has the view cache open: it holds a lock on the directory.
fn is_in_use(path: &Path) -> bool {
    let lock = File::open(path).map(|dir| dir.try_lock());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

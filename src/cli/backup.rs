//! `runlog backup`: a copy of a data directory, while the server runs.

use std::{path::PathBuf, time::Duration};

use super::{
    EXIT_CODES,
    answer::{line, print, print_json, progress},
    failure::Failure,
    place::DATA_DIR,
};
use crate::{
    base::{Clock as _, SystemClock, data_dir::ARTIFACTS_DIR, disk::RealDisk},
    transfer::{BackedUp, Backup, backup},
    webhooks::KEY_FILE,
};

/// A server at work proves what it has written within 50 ms, or when its disk is done.
const PATIENCE: Duration = Duration::from_secs(2);

const EXAMPLES: &str = "\
Reads the whole log and checks it, copies what is new, and writes the manifest last: an interrupted
backup leaves the former one as it was. What nothing proves to be durable yet is left out, and told.
A backup of another log, or one that holds more than the log, is refused. The key of webhooks'
secrets is never copied.

Examples:
  runlog backup --data-dir /srv/runlog --to /backup/runlog       again and again, from cron
  runlog backup --to /backup/runlog --artifacts /mnt/artifacts   as serve --artifacts-destination has it
  runlog restore --from /backup/runlog --into /srv/again         the way back
";

/// Copy the log and its artifacts, while the server runs
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// Data directory of a server, running or not.
    #[arg(long, value_name = "DIR", env = "RUNLOG_DATA_DIR", default_value = DATA_DIR)]
    data_dir: PathBuf,

    /// The backup: a new directory, or a backup of the same log, which is brought up to date.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,

    /// Folder with the artifacts; <data-dir>/artifacts unless said otherwise.
    #[arg(long, value_name = "DIR", conflicts_with = "no_artifacts")]
    artifacts: Option<PathBuf>,

    /// Leave the artifacts out: they are kept safe by other means.
    #[arg(long)]
    no_artifacts: bool,

    /// Print one JSON object instead.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let artifacts = args.artifacts.clone().unwrap_or_else(|| args.data_dir.join(ARTIFACTS_DIR));
    let job = Backup {
        data_dir: &args.data_dir,
        artifacts: (!args.no_artifacts).then_some(artifacts.as_path()),
        to: &args.to,
        now: SystemClock.now(),
        patience: PATIENCE,
    };
    let bar = progress(None);
    let done = backup(&RealDisk, &job, &mut |seq| bar.set_position(seq.0));
    bar.finish_and_clear();
    let done = done?;
    if args.json {
        print_json(&done)?;
    } else {
        print(&report(args, &done))?;
    }
    match done.missing.first() {
        None => Ok(()),
        Some(first) => Err(Failure::difference(format!(
            "the backup is whole but for {} artifacts that the log names and that are not in {}, or are \
             not what it says; the first is {first}",
            done.missing.len(),
            artifacts.display(),
        ))),
    }
}

fn report(args: &Args, done: &BackedUp) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("log        {}", done.log_id));
    line(&mut text, format_args!("head       {}", done.head));
    line(&mut text, format_args!("root       {}", done.root));
    line(
        &mut text,
        format_args!(
            "segments   {} ({} copied, {} bytes)",
            done.segments, done.segments_copied, done.log_bytes_copied
        ),
    );
    if let Some(artifacts) = done.artifacts {
        line(
            &mut text,
            format_args!(
                "artifacts  {artifacts} ({} copied, {} bytes)",
                done.artifacts_copied, done.artifact_bytes_copied
            ),
        );
    }
    for path in &done.missing {
        line(&mut text, format_args!("missing    {}", super::answer::shown(path)));
    }
    if done.unproven > 0 {
        line(
            &mut text,
            format_args!(
                "left out   {} events that nothing proves to be durable yet: the next backup has them",
                done.unproven
            ),
        );
    }
    if args.data_dir.join(KEY_FILE).exists() {
        line(
            &mut text,
            format_args!("left out   {KEY_FILE}: keep a copy of it apart from this backup"),
        );
    }
    line(&mut text, format_args!("result     backed up to {}", args.to.display()));
    text
}

//! `runlog repair`: a new log out of what is intact of a damaged one.

use std::{path::PathBuf, sync::Arc};

use super::{
    EXIT_CODES,
    answer::{line, print, print_json, progress},
    failure::Failure,
    place::DATA_DIR,
};
use crate::{
    base::{
        Clock as _, SystemClock,
        data_dir::VIEWS_DIR,
        disk::{Disk, RealDisk},
    },
    engine::Options,
    transfer::{LEFT_BEHIND, REPORT, Repair, RepairReport, repair},
    views::Views,
    webhooks::KEY_FILE,
};

/// Who it was, if nobody is named.
const NOBODY: &str = "unknown";

const EXAMPLES: &str = "\
A backup is better: it has all of it. A repair keeps every event that is intact and rests on nothing
that is lost, each with the sequence that it had; what is lost has its place held by an event that says
so, and the last event says what was done. What could not be kept lies in <into>/left-behind, the report
is <into>/repair.json. The damaged directory is not changed. Artifacts stay where they are.

Examples:
  runlog repair --data-dir /srv/damaged --into /srv/repaired
  runlog serve --data-dir /srv/repaired --artifacts-destination /srv/damaged/artifacts
";

/// Write a new log with all that is intact of a damaged one
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// Data directory with the damaged log; its server is stopped.
    #[arg(long, value_name = "DIR", env = "RUNLOG_DATA_DIR", default_value = DATA_DIR)]
    data_dir: PathBuf,

    /// The data directory with the new log: new or empty.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,

    /// Who repairs it: the actor of what the repair records.
    #[arg(long, value_name = "NAME", env = "USER", default_value = NOBODY)]
    by: String,

    /// Print one JSON object instead.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let options = Options::default();
    let job = Repair {
        data_dir: &args.data_dir,
        into: &args.into,
        by: &args.by,
        now: SystemClock.now(),
        segment_bytes: options.segment_bytes,
        views: &|dir, log_id| Views::open(&dir.join(VIEWS_DIR), log_id, options.cache_bytes),
    };
    let bar = progress(None);
    let done = repair(&disk, &job, &mut |seq| bar.set_position(seq.0));
    bar.finish_and_clear();
    match done? {
        None if args.json => print("null\n"),
        None => print("result     the log is sound: nothing to repair, nothing written\n"),
        Some(report) if args.json => print_json(&report),
        Some(report) => print(&told(args, &report)),
    }
}

fn told(args: &Args, report: &RepairReport) -> String {
    let mut text = String::new();
    let (data, into) = (args.data_dir.display(), args.into.display());
    line(&mut text, format_args!("from log   {}", report.from_log));
    line(&mut text, format_args!("log        {}", report.log_id));
    line(&mut text, format_args!("head       {}", report.head));
    line(&mut text, format_args!("kept       {} events", report.kept));
    line(
        &mut text,
        format_args!(
            "lost       {} events, {} of them intact without what they rest on, {} without a meaning",
            report.lost, report.orphaned, report.unreadable
        ),
    );
    for range in &report.ranges {
        line(&mut text, format_args!("  events   {} to {}", range.first, range.last));
    }
    for damage in &report.damage {
        line(&mut text, format_args!("damage     {damage}"));
    }
    for file in &report.left_behind {
        line(&mut text, format_args!("kept aside {into}/{LEFT_BEHIND}/{file}"));
    }
    line(&mut text, format_args!("report     {into}/{REPORT}"));
    line(
        &mut text,
        format_args!(
            "artifacts  left where they are: serve with --artifacts-destination {data}/artifacts, or \
             move that folder to {into}/artifacts"
        ),
    );
    if args.data_dir.join(KEY_FILE).exists() {
        line(
            &mut text,
            format_args!("secrets    left where they are: copy {data}/{KEY_FILE} to {into}"),
        );
    }
    line(&mut text, format_args!("result     repaired into {into}"));
    text
}

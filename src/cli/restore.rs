//! `runlog restore`: a data directory out of a backup.

use std::path::PathBuf;

use super::{
    EXIT_CODES,
    answer::{line, print, print_json, progress, shown},
    failure::Failure,
};
use crate::{base::disk::RealDisk, transfer::restore};

const EXAMPLES: &str = "\
Checks every file of the backup, every event and the hash over all of them before the new directory
gets its name; a damaged backup is refused. Views are rebuilt at the start of the server. If webhooks
have secrets, put webhook-secret.key there before.

Examples:
  runlog restore --from /backup/runlog --into /srv/again
  runlog serve --data-dir /srv/again
";

/// Make a data directory out of a backup
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,

    /// The data directory: new or empty.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,

    /// Print one JSON object instead.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let bar = progress(None);
    let done = restore(&RealDisk, &args.from, &args.into, &mut |seq| bar.set_position(seq.0));
    bar.finish_and_clear();
    let done = done?;
    if args.json {
        return print_json(&done);
    }
    let mut text = String::new();
    line(&mut text, format_args!("log        {}", done.log_id));
    line(&mut text, format_args!("head       {}", done.head));
    line(&mut text, format_args!("root       {}", done.root));
    line(&mut text, format_args!("segments   {}", done.segments));
    if let Some(artifacts) = done.artifacts {
        line(&mut text, format_args!("artifacts  {artifacts}"));
    }
    for path in &done.missing {
        line(&mut text, format_args!("missing    {}", shown(path)));
    }
    line(&mut text, format_args!("result     restored into {}", args.into.display()));
    print(&text)
}

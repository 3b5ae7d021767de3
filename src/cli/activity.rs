//! `runlog activity`: who did what when, counted.

use super::{
    EXIT_CODES,
    failure::Failure,
    output::{Column, Output},
    selection::Selected,
    source::Source,
};
use crate::audit::{Activity, ActivityBy, ActivityCount, Moment, activity};

const EXAMPLES: &str = "\
The events themselves: runlog log, with the same flags.

Examples:
  runlog activity                                        each day, actor and kind of event
  runlog activity --by actor --from 2026-07-01T00:00:00Z --to 2026-09-30T23:59:59Z
  runlog activity --actor ada --by day,event             what one actor did
  runlog activity --into-stage Production --by actor --parquet changes.parquet
";

/// Count who did what, and when
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// What is counted apart: any of day (UTC), actor and event, separated by commas.
    #[arg(long, value_name = "WHAT", default_value = "day,actor,event")]
    by: ActivityBy,

    #[command(flatten)]
    selected: Selected,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    source: Source,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let counted = match args.source.remote() {
        Some(remote) => count(args.selected.from, |from| {
            let mut query = args.selected.query(from);
            query.push(("by", args.by.to_string()));
            remote.ask(&["activity"], &query)
        }),
        None => {
            let (log, until) = args.source.open()?;
            let filter = args.selected.filter(&log, until)?;
            count(args.selected.from, |from| {
                Ok(activity(&log, until, (from, args.selected.to), &filter, args.by)?)
            })
        }
    };
    let counted = counted?;
    args.output.print(&counted, &counted.counts, &TABLE)
}

/// All counts, however many answers they take.
fn count(
    from: Option<Moment>,
    mut ask: impl FnMut(Option<Moment>) -> Result<Activity, Failure>,
) -> Result<Activity, Failure> {
    let mut counted = ask(from)?;
    while let Some(next) = counted.next {
        counted.extend(ask(Some(Moment::Seq(next)))?);
    }
    Ok(counted)
}

const TABLE: [Column<ActivityCount>; 6] = [
    ("DAY", |it| it.day.clone().unwrap_or_default()),
    ("WHO", |it| it.actor.clone().unwrap_or_default()),
    ("WHAT", |it| it.event.clone().unwrap_or_default()),
    ("EVENTS", |it| it.events.to_string()),
    ("FIRST", |it| format!("{} ({})", it.first_at_time, it.first_seq)),
    ("LAST", |it| format!("{} ({})", it.last_at_time, it.last_seq)),
];

//! `runlog diff`: how an entity differs between two moments.

use super::{
    EXIT_CODES,
    answer::say,
    failure::Failure,
    output::{Column, Output},
    selection::find,
    source::Source,
};
use crate::audit::{Compared, EntityDiff, EntityName, FieldDiff, Moment, entity_diff};

const EXAMPLES: &str = "\
Examples:
  runlog diff model:CarSeat --from 2026-03-01T00:00:00Z          since March, with all versions
  runlog diff run:4f0c... --from 100 --to 200                    between two events of the log
  runlog diff experiment:3 --from 2026-03-01T00:00:00Z           with its runs
";

/// Show how a run, experiment, model or version differs between two moments
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// run:<id>, experiment:<id>, model:<name> (with its versions), model-id:<number>,
    /// model-version:<name>/<version>, logged-model:<id>, webhook:<id>, artifact:<path>.
    entity: EntityName,

    /// The earlier moment: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[arg(long, value_name = "SEQ|TIME")]
    from: Moment,

    /// The later moment; now if it is left out.
    #[arg(long, value_name = "SEQ|TIME")]
    to: Option<Moment>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    source: Source,
}

const TABLE: [Column<FieldDiff>; 6] = [
    ("FIELD", |it| it.field.clone()),
    ("OLD", |it| it.old.clone().unwrap_or_default()),
    ("NEW", |it| it.new.clone().unwrap_or_default()),
    ("WHEN", |it| it.changed_at_time.clone()),
    ("SEQ", |it| it.seq.to_string()),
    ("WHO", |it| it.actor.clone()),
];

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let name = args.entity.to_string();
    let moments = [("from", Some(args.from)), ("to", args.to)].into_iter();
    let moments = moments.filter_map(|(field, at)| Some((field, at?.to_string())));
    let query: Vec<_> = moments.chain([("entity", name.clone())]).collect();
    let diff: EntityDiff = args.source.ask(&["diff"], &query, |log, until| {
        let known = |at: Option<Moment>| at.map_or(Ok(until), |at| at.last(log));
        let between = (known(Some(args.from))?.min(until), known(args.to)?.min(until));
        let entity = find(&args.entity, log, until)?;
        let compared = Compared::scanned(log, entity, between)?;
        entity_diff(name.clone(), &compared, compared.scanned_events(log, until), between)?
            .ok_or_else(|| Failure::usage(format!("there was no {name} then")))
    })?;
    if diff.more_runs > 0 {
        say(&format!("{} more runs changed; ask for each by itself", diff.more_runs));
    }
    if diff.changes.is_empty() {
        say(&format!("{} does not differ between {} and {}", diff.entity, diff.from, diff.to));
    }
    args.output.print(&diff, &diff.changes, &TABLE)
}

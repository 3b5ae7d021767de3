//! `runlog history model`: who moved which version of a model from where to where.

use super::super::{
    answer::say,
    failure::Failure,
    output::{Column, Output},
    source::Source,
};
use crate::audit::{ModelHistory, StageMove, fold_registry, model_history};

pub(super) const EXAMPLES: &str = "\
A model that was renamed or deleted keeps its history: it is found by the name it has, else by the
last name it had, else by one that it gave up.

Examples:
  runlog history model CarSeat                  all versions of ./runlog-data's CarSeat
  runlog history model CarSeat --version 3      one version
  runlog history model CarSeat --json           with addresses, user agents and sequences
";

#[derive(Debug, clap::Args)]
pub(super) struct Model {
    /// Name of the registered model.
    name: String,

    /// Only this version.
    #[arg(long, value_name = "N")]
    version: Option<u32>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    source: Source,
}

pub(super) fn run(args: &Model) -> Result<(), Failure> {
    let path = ["models", &args.name, "history"];
    let version = args.version.map(|version| ("version", version));
    let history: ModelHistory = args.source.ask(&path, version.as_slice(), |log, until| {
        let registry = fold_registry(log, until)?;
        model_history(&registry.view(), &args.name, args.version).ok_or_else(|| {
            let version = args.version.map(|it| format!(" version {it}")).unwrap_or_default();
            let message = format!("there never was a registered model {}{version}", args.name);
            Failure::usage(format!("{message}: check name and data directory"))
        })
    })?;
    if history.history.is_empty() {
        say(&format!("no version of {} has changed stage", history.name));
    }
    args.output.print(&history, &history.history, &TABLE)
}

/// What is shown of a move.
const TABLE: [Column<StageMove>; 7] = [
    ("WHEN", |it| it.changed_at_time.clone()),
    ("SEQ", |it| it.seq.to_string()),
    ("WHO", |it| it.actor.clone()),
    ("VERSION", |it| it.version.to_string()),
    ("FROM -> TO", |it| format!("{} -> {}", it.from.as_str(), it.to.as_str())),
    ("COMMENT", why),
    ("REQUEST", |it| it.request_id.clone()),
];

fn why(change: &StageMove) -> String {
    let displaced = change.displaced_by.map(|version| format!("(replaced by {version})"));
    let archived: Vec<String> = change.archived.iter().map(ToString::to_string).collect();
    let archived = (!archived.is_empty()).then(|| format!("(archived {})", archived.join(", ")));
    let comment = change.comment.clone();
    comment.into_iter().chain(displaced).chain(archived).collect::<Vec<_>>().join(" ")
}

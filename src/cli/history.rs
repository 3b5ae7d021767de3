//! `runlog history`: who moved which version of a model from where to where.

use clap::Subcommand;

use super::{
    EXIT_CODES,
    answer::{print, say, shown},
    failure::Failure,
    place::LogPlace,
};
use crate::{
    audit::{ModelHistory, StageMove, fold_registry, model_history},
    base::TimestampMs,
};

const EXAMPLES: &str = "\
A model that was renamed or deleted keeps its history: it is found by the name it has, else by the
last name it had.

Examples:
  runlog history model CarSeat                  all versions of ./runlog-data's CarSeat
  runlog history model CarSeat --version 3      one version
  runlog history model CarSeat --json           with addresses, user agents and sequences
";

/// Show who changed what, and when
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, Subcommand)]
enum Of {
    /// Stage history of a registered model
    #[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
    Model(Model),
}

#[derive(Debug, clap::Args)]
struct Model {
    /// Name of the registered model.
    name: String,

    /// Only this version.
    #[arg(long, value_name = "N")]
    version: Option<u32>,

    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    place: LogPlace,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Of::Model(args) = &args.of;
    let registry = fold_registry(&args.place.open()?)?;
    let Some(history) = model_history(&registry.view(), &args.name, args.version) else {
        let version = args.version.map(|version| format!(" version {version}")).unwrap_or_default();
        let message = format!("there never was a registered model {}{version}", args.name);
        return Err(Failure::usage(format!("{message}: check name and data directory")));
    };
    if args.json {
        let json = serde_json::to_string_pretty(&history).expect("plain data always serializes");
        return print(&format!("{json}\n"));
    }
    if history.history.is_empty() {
        say(&format!("no version of {} has changed stage", history.name));
    }
    print(&table(&history))
}

fn table(history: &ModelHistory) -> String {
    const HEAD: [&str; 6] = ["WHEN", "WHO", "VERSION", "FROM -> TO", "COMMENT", "REQUEST"];
    let head = HEAD.map(str::to_owned);
    let rows: Vec<[String; 6]> =
        std::iter::once(head).chain(history.history.iter().map(row)).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(change: &StageMove) -> [String; 6] {
    let comment = change.comment.as_deref().map(shown).unwrap_or_default();
    let displaced = change.displaced_by.map(|version| format!("(replaced by {version})"));
    let why = [comment, displaced.unwrap_or_default()].join(" ").trim().to_owned();
    [
        TimestampMs(change.changed_at).to_string(),
        shown(&change.actor),
        change.version.to_string(),
        format!("{} -> {}", change.from.as_str(), change.to.as_str()),
        if why.is_empty() { "-".to_owned() } else { why },
        shown(&change.request_id),
    ]
}

//! `runlog alias-at`: which version an alias named, and when.

use super::{
    EXIT_CODES,
    answer::say,
    failure::Failure,
    output::{Column, Output},
    source::Source,
};
use crate::audit::{AliasInterval, ModelAliases, Moment, fold_registry, model_aliases};

const EXAMPLES: &str = "\
Examples:
  runlog alias-at CarSeat                                                  what the aliases name now
  runlog alias-at CarSeat --alias champion --at 2026-03-03T12:00:00Z       what it named then
  runlog alias-at CarSeat --alias champion --ever                          from when to when it named what
";

/// Show which versions of a model its aliases named at a moment
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// Name of the registered model.
    model: String,

    /// Only this alias.
    #[arg(long, value_name = "NAME")]
    alias: Option<String>,

    /// The moment: a sequence, an RFC 3339 time, or milliseconds since 1970; now if it is left out.
    #[arg(long, value_name = "SEQ|TIME")]
    at: Option<Moment>,

    /// Every interval, and not only those that hold at one moment.
    #[arg(long, conflicts_with = "at")]
    ever: bool,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    source: Source,
}

const TABLE: [Column<AliasInterval>; 8] = [
    ("ALIAS", |it| it.alias.clone()),
    ("VERSION", |it| it.version.to_string()),
    ("FROM", |it| it.from_time.clone()),
    ("SEQ", |it| it.from_seq.to_string()),
    ("BY", |it| it.from_actor.clone()),
    ("TO", |it| it.to_time.clone().unwrap_or_default()),
    ("SEQ", |it| it.to_seq.map(|seq| seq.to_string()).unwrap_or_default()),
    ("BY", |it| it.to_actor.clone().unwrap_or_default()),
];

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let alias = args.alias.clone().map(|alias| ("alias", alias));
    let moment = args.at.map(|at| ("at", at.to_string()));
    let query: Vec<_> = alias.into_iter().chain(moment).collect();
    let path = ["models", &args.model, "aliases"];
    let mut found: ModelAliases = args.source.ask(&path, &query, |log, until| {
        let registry = fold_registry(log, until)?;
        let alias = args.alias.as_deref();
        model_aliases(&registry.view(), log, &args.model, alias, args.at)?.ok_or_else(|| {
            let message = format!("there never was a registered model {}", args.model);
            Failure::usage(format!("{message}: check name and data directory"))
        })
    })?;
    if !args.ever && args.at.is_none() {
        found.aliases.retain(|it| it.to_seq.is_none());
    }
    if found.aliases.is_empty() {
        say(&format!("no such alias of {} named a version then", found.name));
    }
    args.output.print(&found, &found.aliases, &TABLE)
}

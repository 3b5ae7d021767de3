//! `runlog stage-at`: which version was in which stage, and when.

use super::{
    EXIT_CODES,
    answer::say,
    failure::Failure,
    output::{Column, Output},
    source::Source,
};
use crate::{
    audit::{ModelStages, Moment, StageInterval, fold_registry, model_stages},
    event::Stage,
};

const EXAMPLES: &str = "\
Examples:
  runlog stage-at CarSeat                                               what is in which stage now
  runlog stage-at CarSeat --stage Production --at 2026-03-03T12:00:00Z  what was Production then
  runlog stage-at CarSeat --stage Production --ever                     from when to when each version was
";

/// Show which versions of a model were in which stage at a moment
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// Name of the registered model.
    model: String,

    /// Only this stage.
    #[arg(long, value_parser = parse_stage)]
    stage: Option<Stage>,

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

pub(super) fn parse_stage(word: &str) -> Result<Stage, &'static str> {
    Stage::from_any_case(word).ok_or("write None, Staging, Production or Archived")
}

const TABLE: [Column<StageInterval>; 8] = [
    ("VERSION", |it| it.version.to_string()),
    ("STAGE", |it| it.stage.as_str().to_owned()),
    ("FROM", |it| it.from_time.clone()),
    ("SEQ", |it| it.from_seq.to_string()),
    ("BY", |it| it.from_actor.clone()),
    ("TO", |it| it.to_time.clone().unwrap_or_default()),
    ("SEQ", |it| it.to_seq.map(|seq| seq.to_string()).unwrap_or_default()),
    ("BY", |it| it.to_actor.clone().unwrap_or_default()),
];

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let stage = args.stage.map(|stage| ("stage", stage.as_str().to_owned()));
    let moment = args.at.map(|at| ("at", at.to_string()));
    let query: Vec<_> = stage.into_iter().chain(moment).collect();
    let path = ["models", &args.model, "stages"];
    let mut found: ModelStages = args.source.ask(&path, &query, |log, until| {
        let registry = fold_registry(log, until)?;
        model_stages(&registry.view(), &args.model, args.stage, args.at).ok_or_else(|| {
            let message = format!("there never was a registered model {}", args.model);
            Failure::usage(format!("{message}: check name and data directory"))
        })
    })?;
    if !args.ever && args.at.is_none() {
        found.stages.retain(|it| it.to_seq.is_none());
    }
    if found.stages.is_empty() {
        say(&format!("no version of {} was in such a stage then", found.name));
    }
    args.output.print(&found, &found.stages, &TABLE)
}

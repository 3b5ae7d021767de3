//! `runlog history stages`: stage changes over all models.

use super::super::{
    answer::say,
    failure::Failure,
    output::{Column, Output},
    source::Source,
    stage_at::parse_stage,
};
use crate::{
    audit::{
        ModelStageMove, Moment, STAGE_CHANGES_MAX, StageChanges, fold_registry, moments,
        stage_changes,
    },
    event::Stage,
};

pub(super) const EXAMPLES: &str = "\
Examples:
  runlog history stages --stage Production --from 2026-07-01T00:00:00Z --to 2026-10-01T00:00:00Z
  runlog history stages --from 4711 --json
";

#[derive(Debug, clap::Args)]
pub(super) struct Stages {
    /// Only changes into or out of this stage.
    #[arg(long, value_name = "STAGE", value_parser = parse_stage)]
    stage: Option<Stage>,

    /// From here on: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[arg(long, value_name = "SEQ|TIME")]
    from: Option<Moment>,

    /// Up to here, inclusive.
    #[arg(long, value_name = "SEQ|TIME")]
    to: Option<Moment>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    source: Source,
}

pub(super) fn run(args: &Stages) -> Result<(), Failure> {
    let mut found = StageChanges { changes: Vec::new(), next: None };
    let mut from = args.from;
    loop {
        let page = page(args, from)?;
        found.changes.extend(page.changes);
        let Some(next) = page.next else { break };
        from = Some(Moment::Seq(next));
    }
    if found.changes.is_empty() {
        say("no version of any model has changed stage there");
    }
    args.output.print(&found, &found.changes, &TABLE)
}

fn page(args: &Stages, from: Option<Moment>) -> Result<StageChanges, Failure> {
    let fields = [
        ("stage", args.stage.map(|stage| stage.as_str().to_owned())),
        ("from", from.map(|it| it.to_string())),
        ("to", args.to.map(|it| it.to_string())),
        ("limit", Some(STAGE_CHANGES_MAX.to_string())),
    ];
    let query: Vec<_> =
        fields.into_iter().filter_map(|(field, value)| Some((field, value?))).collect();
    args.source.ask(&["stage-changes"], &query, |log, until| {
        let range = moments(log, until, from, args.to)?;
        let registry = fold_registry(log, until)?;
        Ok(stage_changes(&registry.view(), args.stage, range, STAGE_CHANGES_MAX))
    })
}

const TABLE: [Column<ModelStageMove>; 7] = [
    ("WHEN", |it| it.change.changed_at_time.clone()),
    ("SEQ", |it| it.change.seq.to_string()),
    ("WHO", |it| it.change.actor.clone()),
    ("MODEL", |it| it.model.clone()),
    ("VERSION", |it| it.change.version.to_string()),
    ("FROM -> TO", |it| format!("{} -> {}", it.change.from.as_str(), it.change.to.as_str())),
    ("COMMENT", |it| it.change.comment.clone().unwrap_or_default()),
];

//! `runlog approvals`: which moves need a second person, and which wait.

use super::{
    EXIT_CODES,
    answer::say,
    failure::Failure,
    output::{Column, Output},
    source::Source,
};
use crate::audit::{ApprovalRequest, ModelApprovals, fold_registry, model_approvals};

/// Show which moves of a model's versions wait for the approval of a second person
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES)]
pub struct Args {
    /// Name of the registered model.
    model: String,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    source: Source,
}

const TABLE: [Column<ApprovalRequest>; 6] = [
    ("VERSION", |it| it.version.to_string()),
    ("FROM -> TO", |it| format!("{} -> {}", it.from.as_str(), it.to.as_str())),
    ("ASKED", |it| it.requested_at_time.clone()),
    ("SEQ", |it| it.seq.to_string()),
    ("BY", |it| it.requested_by.clone()),
    ("COMMENT", |it| it.comment.clone().unwrap_or_default()),
];

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let path = ["models", &args.model, "approvals"];
    let none: [(&str, &str); 0] = [];
    let found: ModelApprovals = args.source.ask(&path, &none, |log, until| {
        let registry = fold_registry(log, until)?;
        model_approvals(&registry.view(), &args.model).ok_or_else(|| {
            let message = format!("there never was a registered model {}", args.model);
            Failure::usage(format!("{message}: check name and data directory"))
        })
    })?;
    let stages: Vec<&str> = found.stages.iter().map(|stage| stage.as_str()).collect();
    say(&match &*stages {
        [] => format!("no move of {} needs an approval", found.name),
        stages => format!("moves of {} into {} need an approval", found.name, stages.join(", ")),
    });
    args.output.print(&found, &found.requests, &TABLE)
}

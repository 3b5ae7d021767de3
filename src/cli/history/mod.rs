//! `runlog history`: who changed what, and when.

mod entity;
mod model;
mod stages;

use clap::Subcommand;

use super::failure::Failure;

/// Show who changed what, and when
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, Subcommand)]
enum Of {
    /// Stage history of a registered model
    #[command(after_help = format!("{}\n{}", model::EXAMPLES, super::EXIT_CODES))]
    Model(model::Model),
    /// Stage changes over all models
    #[command(after_help = format!("{}\n{}", stages::EXAMPLES, super::EXIT_CODES))]
    Stages(stages::Stages),
    /// Every event of a run, experiment, model, version or whatever else, with old and new values
    #[command(after_help = format!("{}\n{}", entity::EXAMPLES, super::EXIT_CODES))]
    Entity(entity::OfEntity),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.of {
        Of::Model(args) => model::run(args),
        Of::Stages(args) => stages::run(args),
        Of::Entity(args) => entity::run(args),
    }
}

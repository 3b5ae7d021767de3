//! Which events a command is about: the same flags wherever they are taken.

use super::failure::Failure;
use crate::{
    audit::{Entity, EntityName, EventFilter, EventKinds, Moment, fold_registry},
    base::Seq,
    domain::model_version::parse_stage,
    event::Stage,
    wal::WalReader,
};

/// Which events are wanted.
#[derive(Debug, clap::Args)]
pub(super) struct Selected {
    /// First event: a sequence, an RFC 3339 time, or milliseconds since 1970 (13 digits and up).
    #[arg(long, value_name = "SEQ|TIME")]
    pub(super) from: Option<Moment>,

    /// Last event, inclusive.
    #[arg(long, value_name = "SEQ|TIME")]
    pub(super) to: Option<Moment>,

    /// Only these kinds of event, separated by commas.
    #[arg(long = "type", value_name = "KINDS")]
    kinds: Option<EventKinds>,

    /// Only what this actor caused.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,

    /// Only events about one entity: run:<id>, experiment:<id>, model:<name> (with its versions;
    /// the one that has the name, else the last that had it), model-id:<number>,
    /// model-version:<name>/<version>, logged-model:<id>, webhook:<id>, artifact:<path>.
    #[arg(long, value_name = "KIND:ID")]
    entity: Option<EntityName>,

    /// Only moves of model versions into this stage.
    #[arg(long, value_name = "STAGE", value_parser = stage)]
    into_stage: Option<Stage>,
}

impl Selected {
    /// What events of a log must be, of which nothing behind `until` is known.
    pub(super) fn filter(&self, log: &dyn WalReader, until: Seq) -> Result<EventFilter, Failure> {
        Ok(EventFilter {
            kinds: self.kinds.clone(),
            actor: self.actor.clone(),
            entity: self.entity.as_ref().map(|name| find(name, log, until)).transpose()?,
            into_stage: self.into_stage,
        })
    }

    /// The same as a query; `from` instead of its own.
    pub(super) fn query(&self, from: Option<Moment>) -> Vec<(&'static str, String)> {
        let fields = [
            ("from", from.map(|it| it.to_string())),
            ("to", self.to.map(|it| it.to_string())),
            ("type", self.kinds.as_ref().map(ToString::to_string)),
            ("actor", self.actor.clone()),
            ("entity", self.entity.as_ref().map(ToString::to_string)),
            ("into_stage", self.into_stage.map(|it| it.as_str().to_owned())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// The entity of that name. Only models have to be looked up.
pub(super) fn find(name: &EntityName, log: &dyn WalReader, until: Seq) -> Result<Entity, Failure> {
    let found = match name {
        EntityName::Other(entity) => return Ok(entity.clone()),
        EntityName::Model(_) | EntityName::ModelVersion(..) => {
            name.find(&fold_registry(log, until)?.view())
        }
    };
    found.ok_or_else(|| {
        Failure::usage(format!(
            "no registered model has, or had, the name in {name}, or not that version"
        ))
    })
}

fn stage(word: &str) -> Result<Stage, String> {
    parse_stage(word).map_err(|refused| refused.message)
}

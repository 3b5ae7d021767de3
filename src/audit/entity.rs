//! Everything that happened to one entity: the timeline names the positions, the log has the facts.

use std::{fmt, str::FromStr};

use super::{ReadError, decode, find_model};
use crate::{
    base::Seq,
    event::{Envelope, Event, Subject},
    views::{
        keys::{self, table},
        store::{Read, Value},
    },
    wal::WalReader,
};

/// An entity as people name it: `run:<id>`, `experiment:<id>`, `model:<name>`, `model-id:<number>` (a registered
/// model whatever it is called), `model-version:<name>/<version>`, `logged-model:<id>`, `webhook:<id>`, `artifact:<path>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityName {
    /// A registered model, with its versions, by name.
    Model(String),
    /// A version of a registered model, by name and number.
    ModelVersion(String, u32),
    /// Any other entity; its name is its id.
    Other(Entity),
}

/// An entity as events name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entity {
    /// An experiment.
    Experiment(u64),
    /// A run.
    Run(String),
    /// A logged model.
    LoggedModel(String),
    /// A registered model with its versions, by number.
    RegisteredModel(u64),
    /// A version of a registered model; its aliases and the deletion of its model are part of its story.
    ModelVersion(u64, u32),
    /// A webhook.
    Webhook(String),
    /// An artifact; being deleted with a folder above it is part of its story.
    Artifact(String),
}

/// A text that names no entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write run:<id>, experiment:<id>, model:<name>, model-id:<number>, model-version:<name>/<version>, \
     logged-model:<id>, webhook:<id> or artifact:<path>"
)]
pub struct EntityNameError;

impl FromStr for EntityName {
    type Err = EntityNameError;

    fn from_str(text: &str) -> Result<Self, EntityNameError> {
        let (kind, id) = text.split_once(':').ok_or(EntityNameError)?;
        if id.is_empty() {
            return Err(EntityNameError);
        }
        Ok(Self::Other(match kind {
            "model" => return Ok(Self::Model(id.to_owned())),
            "model-version" => {
                let (name, version) = id.rsplit_once('/').ok_or(EntityNameError)?;
                let version = version.parse().map_err(|_| EntityNameError)?;
                return Ok(Self::ModelVersion(name.to_owned(), version));
            }
            "model-id" => Entity::RegisteredModel(id.parse().map_err(|_| EntityNameError)?),
            "experiment" => Entity::Experiment(id.parse().map_err(|_| EntityNameError)?),
            "run" => Entity::Run(id.to_owned()),
            "logged-model" => Entity::LoggedModel(id.to_owned()),
            "webhook" => Entity::Webhook(id.to_owned()),
            "artifact" => Entity::Artifact(id.to_owned()),
            _ => return Err(EntityNameError),
        }))
    }
}

impl fmt::Display for EntityName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(name) => write!(f, "model:{name}"),
            Self::ModelVersion(name, version) => write!(f, "model-version:{name}/{version}"),
            Self::Other(Entity::Experiment(id)) => write!(f, "experiment:{id}"),
            Self::Other(Entity::Run(id)) => write!(f, "run:{id}"),
            Self::Other(Entity::LoggedModel(id)) => write!(f, "logged-model:{id}"),
            Self::Other(Entity::RegisteredModel(id)) => write!(f, "model-id:{id}"),
            Self::Other(Entity::ModelVersion(id, version)) => {
                write!(f, "version {version} of registered model {id}")
            }
            Self::Other(Entity::Webhook(id)) => write!(f, "webhook:{id}"),
            Self::Other(Entity::Artifact(path)) => write!(f, "artifact:{path}"),
        }
    }
}

impl EntityName {
    /// The entity of that name; only models need to be looked up. `None` if no model has or had it, or never
    /// had that version.
    pub fn find(&self, read: &dyn Read) -> Option<Entity> {
        match self {
            Self::Model(name) => {
                find_model(read, name).map(|it| Entity::RegisteredModel(it.registered_model_id))
            }
            Self::ModelVersion(name, version) => find_model(read, name)
                .filter(|it| (1..=it.last_version).contains(version))
                .map(|it| Entity::ModelVersion(it.registered_model_id, *version)),
            Self::Other(entity) => Some(entity.clone()),
        }
    }
}

impl Entity {
    /// Whether the event is about this entity.
    pub fn is_concerned_by(&self, event: &Event) -> bool {
        match (self, event.subject()) {
            (Self::Experiment(id), Subject::Experiment(other))
            | (Self::RegisteredModel(id), Subject::RegisteredModel(other)) => id == other,
            (Self::Run(id), Subject::Run(other))
            | (Self::LoggedModel(id), Subject::LoggedModel(other))
            | (Self::Webhook(id), Subject::Webhook(other)) => id == other,
            (Self::ModelVersion(id, version), Subject::RegisteredModel(other)) => {
                id == other && concerns_version(event, *version)
            }
            (Self::Artifact(path), Subject::Artifact(other)) => {
                path == other
                    || matches!(event, Event::ArtifactDeleted(_))
                        && folders_above(path).any(|folder| folder == other)
            }
            (
                Self::Experiment(_)
                | Self::Run(_)
                | Self::LoggedModel(_)
                | Self::RegisteredModel(_)
                | Self::ModelVersion(..)
                | Self::Webhook(_)
                | Self::Artifact(_),
                _,
            ) => false,
        }
    }

    /// Positions of the events that may be about it, ascending.
    pub(super) fn positions(&self, read: &dyn Read) -> Vec<u64> {
        match self {
            Self::Experiment(id) => timeline(read, table::EXPERIMENT, &id.to_be_bytes()),
            Self::Run(id) => timeline(read, table::RUN, id.as_bytes()),
            Self::LoggedModel(id) => timeline(read, table::LOGGED_MODEL, id.as_bytes()),
            Self::RegisteredModel(id) | Self::ModelVersion(id, _) => {
                timeline(read, table::REGISTERED_MODEL, &id.to_be_bytes())
            }
            Self::Webhook(id) => timeline(read, table::WEBHOOK, id.as_bytes()),
            Self::Artifact(path) => {
                let paths = std::iter::once(path.as_str()).chain(folders_above(path));
                let mut all: Vec<u64> = paths
                    .flat_map(|path| timeline(read, table::ARTIFACT, path.as_bytes()))
                    .collect();
                all.sort_unstable();
                all
            }
        }
    }
}

/// Whether an event of a registered model is about one of its versions, among others.
fn concerns_version(event: &Event, version: u32) -> bool {
    match event {
        Event::RegisteredModelDeleted(_) => true,
        Event::ModelVersionCreated(it) => it.version == version,
        Event::ModelVersionDescribed(it) => it.version == version,
        Event::ModelVersionDeleted(it) => it.version == version,
        Event::ModelVersionTagSet(it) => it.version == version,
        Event::ModelVersionTagDeleted(it) => it.version == version,
        Event::ModelVersionStageChanged(it) => it.version == version,
        Event::ModelVersionTransitionRefused(it) => it.version == version,
        Event::ModelVersionTransitionRequested(it) => it.version == version,
        Event::ModelVersionTransitionApproved(it) => it.version == version,
        Event::ModelVersionTransitionRejected(it) => it.version == version,
        Event::ModelAliasSet(it) => it.version == version || it.previous == Some(version),
        Event::ModelAliasDeleted(it) => it.version == version,
        _ => false,
    }
}

/// The events about an entity up to `until`, oldest first, from a log of which there are no views: all of it is
/// looked at.
pub fn scanned_events<'a>(
    log: &'a dyn WalReader,
    until: Seq,
    entity: &'a Entity,
) -> impl Iterator<Item = Result<Envelope, ReadError>> + 'a {
    let records = log.read_from(Seq(1));
    let known = records.take_while(move |it| it.as_ref().map_or(true, |it| it.seq <= until));
    known.map(|record| decode(&record?)).filter(|event| {
        event.as_ref().map_or(true, |envelope| entity.is_concerned_by(&envelope.event))
    })
}

/// The events about an entity that `read` has folded, oldest first, one by one from the log.
pub fn entity_events<'a>(
    read: &dyn Read,
    log: &'a dyn WalReader,
    entity: &'a Entity,
) -> impl Iterator<Item = Result<Envelope, ReadError>> + 'a {
    let events = entity.positions(read).into_iter().map(|seq| decode(&log.read(Seq(seq))?));
    events.filter(|event| {
        event.as_ref().map_or(true, |envelope| entity.is_concerned_by(&envelope.event))
    })
}

fn timeline(read: &dyn Read, table: u8, id: &[u8]) -> Vec<u64> {
    let blocks = read.prefix(&keys::timeline(table, id)).into_iter();
    let positions = blocks.filter_map(|(_, value)| {
        if let Value::Positions(positions) = value { Some(positions) } else { None }
    });
    positions.flat_map(|block| block.to_vec()).collect()
}

fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ArtifactDeleted, ArtifactStored};

    #[test]
    fn names_are_read_and_written_alike() {
        for name in [
            "run:ab",
            "experiment:0",
            "model:Car: Seat",
            "model-id:7",
            "model-version:Car/Seat/3",
            "logged-model:m-1",
            "webhook:w-1",
            "artifact:a/b",
        ] {
            assert_eq!(name.parse::<EntityName>().unwrap().to_string(), name);
        }
        for wrong in [
            "",
            "run",
            "run:",
            "experiment:x",
            "trace:1",
            "Run:ab",
            "model-version:Car",
            "model-id:Car",
        ] {
            assert_eq!(wrong.parse::<EntityName>(), Err(EntityNameError), "{wrong}");
        }
    }

    #[test]
    fn an_artifact_goes_with_its_folder() {
        let file = Entity::Artifact("0/run/artifacts/model".to_owned());
        let deleted = |path: &str| Event::from(ArtifactDeleted { path: path.to_owned() });
        let stored = |path: &str| {
            Event::from(ArtifactStored { path: path.to_owned(), size: 0, sha256: [0; 32] })
        };
        assert!(file.is_concerned_by(&deleted("0/run")));
        assert!(file.is_concerned_by(&deleted("0/run/artifacts/model")));
        assert!(file.is_concerned_by(&stored("0/run/artifacts/model")));
        assert!(!file.is_concerned_by(&deleted("0/ru")));
        assert!(!file.is_concerned_by(&stored("0/run")));
        assert!(!file.is_concerned_by(&deleted("0/run/artifacts/model/part")));
    }
}

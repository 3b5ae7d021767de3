//! Rules for experiments.

use std::sync::Arc;

use super::{
    Decided, Decision, Rejection, State, artifact_location, entity::Experiment,
    tag_names::CUSTOM_VIEW_PREFIX, trace_archival, validate,
};
use crate::{
    base::{TimestampMs, limits},
    event::{
        Event, ExperimentCreated, ExperimentDeleted, ExperimentRenamed, ExperimentRestored,
        ExperimentTagDeleted, ExperimentTagSet, KeyValue,
    },
};

/// Creates an experiment; [`Decision::number`] is its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Name.
    pub name: String,
    /// Root of its artifacts, if the caller chose one.
    pub artifact_location: Option<String>,
    /// Below this URI the artifacts of an experiment without a location of its own go.
    pub default_artifact_root: String,
    /// Where locations that are relative paths begin.
    pub working_directory: String,
    /// Tags.
    pub tags: Vec<KeyValue>,
}

/// Renames an active experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Rename {
    /// Which one.
    pub experiment_id: u64,
    /// New name.
    pub name: String,
}

/// Deletes an active experiment with its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Which one.
    pub experiment_id: u64,
}

/// Restores a deleted experiment with its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore {
    /// Which one.
    pub experiment_id: u64,
}

/// Sets a tag of an active experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct SetTag {
    /// Which one.
    pub experiment_id: u64,
    /// The tag.
    pub tag: KeyValue,
}

/// Removes a tag of an active experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteTag {
    /// Which one.
    pub experiment_id: u64,
    /// Tag key.
    pub key: String,
}

/// MLflow's sentence about an experiment that is not there, or not in the state asked for.
pub fn not_found(experiment_id: u64) -> Rejection {
    Rejection::missing(format!("No Experiment with id={experiment_id} exists"))
}

fn find(state: &dyn State, experiment_id: u64) -> Result<Arc<Experiment>, Rejection> {
    state.experiment(experiment_id).ok_or_else(|| not_found(experiment_id))
}

/// An experiment that takes changes.
pub(super) fn active(state: &dyn State, experiment_id: u64) -> Result<Arc<Experiment>, Rejection> {
    let experiment = find(state, experiment_id)?;
    if !experiment.lifecycle.is_active() {
        return Err(Rejection::invalid(format!(
            "The experiment {experiment_id} must be in the 'active' state. Current state is {}.",
            experiment.lifecycle.as_str()
        )));
    }
    Ok(experiment)
}

fn too_many_views(of_which: &str) -> Rejection {
    Rejection::invalid(format!(
        "Unable to create another custom view{of_which}; the maximum number of custom views per \
         experiment is {}. Delete an existing custom view before creating a new one.",
        limits::CUSTOM_VIEWS_MAX
    ))
}

fn custom_views<'a>(keys: impl Iterator<Item = &'a String>) -> usize {
    keys.filter(|key| key.starts_with(CUSTOM_VIEW_PREFIX)).count()
}

fn check_tag(tag: &KeyValue) -> Result<(), Rejection> {
    validate::experiment_tag(tag)?;
    trace_archival::check(tag)
}

pub(super) fn create(state: &dyn State, command: Create, now: TimestampMs) -> Decided {
    if custom_views(command.tags.iter().map(|tag| &tag.key)) > limits::CUSTOM_VIEWS_MAX {
        return Err(too_many_views(""));
    }
    let root = &command.default_artifact_root;
    let given = command.artifact_location.filter(|location| !location.is_empty());
    if let Some(location) = &given {
        artifact_location::check(location, root)?;
    }
    validate::experiment_name(&command.name)?;
    let resolved =
        |location: &str| artifact_location::resolved(location, &command.working_directory);
    let given = given.as_deref().map(resolved).transpose()?;
    command.tags.iter().try_for_each(check_tag)?;
    validate::tags_once(&command.tags)?;
    if state.experiment_id(&command.name).is_some() {
        let name = command.name;
        return Err(Rejection::exists(format!("Experiment(name={name}) already exists.")));
    }
    let experiment_id = state.next_experiment_id();
    let artifact_location = match given {
        Some(location) => location,
        None => artifact_location::join(&resolved(root)?, &experiment_id.to_string()),
    };
    let event = ExperimentCreated {
        experiment_id,
        name: command.name,
        artifact_location,
        created_at: now.0,
        tags: command.tags,
    };
    Ok(Decision { number: Some(experiment_id), ..Event::from(event).into() })
}

pub(super) fn rename(state: &dyn State, command: Rename, now: TimestampMs) -> Decided {
    validate::experiment_name(&command.name)?;
    let experiment = find(state, command.experiment_id)?;
    if !experiment.lifecycle.is_active() {
        return Err(Rejection::state("Cannot rename a non-active experiment."));
    }
    match state.experiment_id(&command.name) {
        Some(holder) if holder != command.experiment_id => Err(Rejection::bad_request(format!(
            "Experiment(name={}) already exists.",
            command.name
        ))),
        _ => Ok(Event::from(ExperimentRenamed {
            experiment_id: command.experiment_id,
            from: experiment.name.clone(),
            to: command.name,
            updated_at: now.0,
        })
        .into()),
    }
}

pub(super) fn delete(state: &dyn State, command: &Delete, now: TimestampMs) -> Decided {
    let experiment_id = command.experiment_id;
    if !find(state, experiment_id)?.lifecycle.is_active() {
        return Err(not_found(experiment_id));
    }
    Ok(Event::from(ExperimentDeleted { experiment_id, deleted_at: now.0 }).into())
}

pub(super) fn restore(state: &dyn State, command: &Restore, now: TimestampMs) -> Decided {
    let experiment_id = command.experiment_id;
    if find(state, experiment_id)?.lifecycle.is_active() {
        return Err(not_found(experiment_id));
    }
    Ok(Event::from(ExperimentRestored { experiment_id, restored_at: now.0 }).into())
}

pub(super) fn set_tag(state: &dyn State, command: SetTag, now: TimestampMs) -> Decided {
    let SetTag { experiment_id, tag: KeyValue { key, value } } = command;
    if key.starts_with(CUSTOM_VIEW_PREFIX) {
        let tags = &find(state, experiment_id)?.tags;
        if !tags.contains_key(&key) && custom_views(tags.keys()) >= limits::CUSTOM_VIEWS_MAX {
            return Err(too_many_views(&format!(" for experiment {experiment_id}")));
        }
    }
    let tag = KeyValue { key, value };
    check_tag(&tag)?;
    active(state, experiment_id)?;
    let KeyValue { key, value } = tag;
    Ok(Event::from(ExperimentTagSet { experiment_id, key, value, updated_at: now.0 }).into())
}

pub(super) fn delete_tag(state: &dyn State, command: DeleteTag, now: TimestampMs) -> Decided {
    let DeleteTag { experiment_id, key } = command;
    if !active(state, experiment_id)?.tags.contains_key(&key) {
        return Err(Rejection::missing(format!(
            "No tag with name: {key} in experiment with id {experiment_id}"
        )));
    }
    Ok(Event::from(ExperimentTagDeleted { experiment_id, key, updated_at: now.0 }).into())
}

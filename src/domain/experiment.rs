//! Rules for experiments.

use std::sync::Arc;

use super::{Decided, Decision, Rejection, State, entity::Experiment, validate};
use crate::{
    base::TimestampMs,
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

fn name_taken(name: &str) -> Rejection {
    Rejection::exists(format!("Experiment(name={name}) already exists."))
}

pub(super) fn create(state: &dyn State, command: Create, now: TimestampMs) -> Decided {
    validate::experiment_name(&command.name)?;
    for tag in &command.tags {
        validate::experiment_tag(tag)?;
    }
    if state.experiment_id(&command.name).is_some() {
        return Err(name_taken(&command.name));
    }
    let experiment_id = state.next_experiment_id();
    let default_location =
        || format!("{}/{experiment_id}", command.default_artifact_root.trim_end_matches('/'));
    let artifact_location = match command.artifact_location {
        Some(location) if !location.is_empty() => location,
        _ => default_location(),
    };
    let event = ExperimentCreated {
        experiment_id,
        name: command.name,
        artifact_location,
        created_at: now.0,
        tags: validate::last_of_each(command.tags),
    };
    Ok(Decision { events: vec![event.into()], number: Some(experiment_id) })
}

pub(super) fn rename(state: &dyn State, command: Rename, now: TimestampMs) -> Decided {
    validate::experiment_name(&command.name)?;
    let experiment = find(state, command.experiment_id)?;
    if !experiment.lifecycle.is_active() {
        return Err(Rejection::state("Cannot rename a non-active experiment."));
    }
    match state.experiment_id(&command.name) {
        Some(holder) if holder != command.experiment_id => Err(name_taken(&command.name)),
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
    validate::experiment_tag(&command.tag)?;
    let experiment_id = active(state, command.experiment_id)?.experiment_id;
    let KeyValue { key, value } = command.tag;
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

//! Rules for logged models.

use std::{collections::HashSet, sync::Arc};

use super::{
    Decided, Rejection, State, artifact_location, entity::LoggedModel, experiment, validate,
};
use crate::{
    base::{TimestampMs, python},
    event::{
        Event, KeyValue, LoggedModelCreated, LoggedModelDeleted, LoggedModelFinalized,
        LoggedModelParamsLogged, LoggedModelStatus, LoggedModelTagDeleted, LoggedModelTagsSet,
    },
};

/// Creates a logged model.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Its id, drawn by the caller.
    pub model_id: String,
    /// The experiment it belongs to.
    pub experiment_id: u64,
    /// Name, if the caller chose one.
    pub name: Option<String>,
    /// Name for a model without one.
    pub fallback_name: String,
    /// The run that makes it.
    pub source_run_id: Option<String>,
    /// Type.
    pub model_type: Option<String>,
    /// Parameters.
    pub params: Vec<KeyValue>,
    /// Tags.
    pub tags: Vec<KeyValue>,
}

/// Says that a logged model's files are complete, or failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Finalize {
    /// Which one.
    pub model_id: String,
    /// New status.
    pub status: LoggedModelStatus,
}

/// Deletes a logged model.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Which one.
    pub model_id: String,
}

/// Sets tags.
#[derive(Debug, Clone, PartialEq)]
pub struct SetTags {
    /// Of which one.
    pub model_id: String,
    /// The tags.
    pub tags: Vec<KeyValue>,
}

/// Removes a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteTag {
    /// Of which one.
    pub model_id: String,
    /// Tag key.
    pub key: String,
}

/// Sets parameters, once.
#[derive(Debug, Clone, PartialEq)]
pub struct LogParams {
    /// Of which one.
    pub model_id: String,
    /// The parameters.
    pub params: Vec<KeyValue>,
}

/// MLflow's sentence about a logged model that is not there.
pub fn not_found(model_id: &str) -> Rejection {
    Rejection::missing(format!("Logged model with ID '{model_id}' not found."))
}

/// A logged model that takes changes: deleted ones do, too.
fn find(state: &dyn State, model_id: &str) -> Result<Arc<LoggedModel>, Rejection> {
    state.logged_model(model_id).ok_or_else(|| not_found(model_id))
}

fn check_name(name: &str) -> Result<(), Rejection> {
    if name.is_empty() || name.contains(['/', ':', '.', '%', '"', '\'', '\0']) {
        return Err(Rejection::invalid(format!(
            "Invalid model name ({}) provided. Model name must be a non-empty string and cannot \
             contain the following characters: ('/', ':', '.', '%', '\"', \"'\")",
            python::repr(name)
        )));
    }
    Ok(())
}

fn logged_already(what: &str, key: &str, model_id: &str) -> Rejection {
    Rejection::bad_request(format!(
        "{what} with key={} was already logged for model with ID {}.",
        python::repr(key),
        python::repr(model_id)
    ))
}

fn check_unrepeated(what: &str, pairs: &[KeyValue], model_id: &str) -> Result<(), Rejection> {
    let mut seen = HashSet::new();
    match pairs.iter().find(|pair| !seen.insert(&pair.key)) {
        Some(pair) => Err(logged_already(what, &pair.key, model_id)),
        None => Ok(()),
    }
}

pub(super) fn create(state: &dyn State, command: Create, now: TimestampMs) -> Decided {
    if let Some(name) = &command.name {
        check_name(name)?;
    }
    let experiment = experiment::active(state, command.experiment_id)?;
    check_unrepeated("Param", &command.params, &command.model_id)?;
    check_unrepeated("Tag", &command.tags, &command.model_id)?;
    let below = format!("models/{}/artifacts", command.model_id);
    Ok(Event::from(LoggedModelCreated {
        artifact_uri: artifact_location::join(&experiment.artifact_location, &below),
        model_id: command.model_id,
        experiment_id: command.experiment_id,
        name: command.name.unwrap_or(command.fallback_name),
        source_run_id: command.source_run_id,
        model_type: command.model_type,
        status: LoggedModelStatus::Pending,
        created_at: now.0,
        params: command.params,
        tags: command.tags,
    })
    .into())
}

pub(super) fn finalize(state: &dyn State, command: Finalize, now: TimestampMs) -> Decided {
    let Finalize { model_id, status } = command;
    find(state, &model_id)?;
    Ok(Event::from(LoggedModelFinalized { model_id, status, updated_at: now.0 }).into())
}

pub(super) fn delete(state: &dyn State, command: Delete, now: TimestampMs) -> Decided {
    if !find(state, &command.model_id)?.lifecycle.is_active() {
        return Ok(Vec::new().into());
    }
    Ok(Event::from(LoggedModelDeleted { model_id: command.model_id, deleted_at: now.0 }).into())
}

pub(super) fn set_tags(state: &dyn State, command: SetTags) -> Decided {
    find(state, &command.model_id)?;
    if command.tags.is_empty() {
        return Ok(Vec::new().into());
    }
    let tags = validate::last_of_each(command.tags);
    Ok(Event::from(LoggedModelTagsSet { model_id: command.model_id, tags }).into())
}

pub(super) fn delete_tag(state: &dyn State, command: DeleteTag) -> Decided {
    let DeleteTag { model_id, key } = command;
    if !find(state, &model_id)?.tags.contains_key(&key) {
        return Err(Rejection::missing(format!(
            "No tag with key {} found for model with ID {}.",
            python::repr(&key),
            python::repr(&model_id)
        )));
    }
    Ok(Event::from(LoggedModelTagDeleted { model_id, key }).into())
}

pub(super) fn log_params(state: &dyn State, command: LogParams) -> Decided {
    let model = find(state, &command.model_id)?;
    let LogParams { model_id, params } = command;
    check_unrepeated("Param", &params, &model_id)?;
    if let Some(known) = params.iter().find(|param| model.params.contains_key(&param.key)) {
        return Err(logged_already("Param", &known.key, &model_id));
    }
    if params.is_empty() {
        return Ok(Vec::new().into());
    }
    Ok(Event::from(LoggedModelParamsLogged { model_id, params }).into())
}

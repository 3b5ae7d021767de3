//! Rules for runs: lifecycle, parameters, tags, inputs and outputs, and batches of all kinds.

use std::{collections::HashSet, sync::Arc};

use serde_json::Value;

use super::{
    Decided, Rejection, State, artifact_location,
    entity::Run,
    experiment, metric,
    metric::NewPoint,
    tag_names::{LOGGED_MODELS, RUN_NAME},
    validate,
};
use crate::{
    base::{
        TimestampMs, limits,
        python::{self, Layout},
    },
    event::{
        DatasetInput, Event, InputsLogged, KeyValue, ModelOutput, OutputsLogged, ParamsLogged,
        RunCreated, RunDeleted, RunRestored, RunStatus, RunTagDeleted, RunTagsSet, RunUpdated,
    },
};

/// Creates a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Its id, drawn by the caller.
    pub run_id: String,
    /// The experiment it belongs to.
    pub experiment_id: u64,
    /// Name, if the caller chose one.
    pub name: Option<String>,
    /// Name for a run that neither the caller nor its tags name.
    pub fallback_name: String,
    /// User as the request names it.
    pub user_id: String,
    /// Start, milliseconds since the Unix epoch.
    pub start_time: i64,
    /// Tags.
    pub tags: Vec<KeyValue>,
}

/// Changes status, end or name of an active run.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Which one.
    pub run_id: String,
    /// New status.
    pub status: Option<RunStatus>,
    /// New end, milliseconds since the Unix epoch.
    pub end_time: Option<i64>,
    /// New name; empty means none.
    pub name: Option<String>,
}

/// Deletes a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Which one.
    pub run_id: String,
}

/// Restores a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore {
    /// Which one.
    pub run_id: String,
}

/// Sets a parameter, once.
#[derive(Debug, Clone, PartialEq)]
pub struct LogParam {
    /// Of which run.
    pub run_id: String,
    /// The parameter.
    pub param: KeyValue,
}

/// Logs metric points, parameters and tags, all or none.
#[derive(Debug, Clone, PartialEq)]
pub struct LogBatch {
    /// By which run.
    pub run_id: String,
    /// Metric points.
    pub metrics: Vec<NewPoint>,
    /// Parameters.
    pub params: Vec<KeyValue>,
    /// Tags.
    pub tags: Vec<KeyValue>,
}

/// Sets a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct SetTag {
    /// Of which run.
    pub run_id: String,
    /// The tag.
    pub tag: KeyValue,
}

/// Removes a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteTag {
    /// Of which run.
    pub run_id: String,
    /// Tag key.
    pub key: String,
}

/// Notes datasets and models that a run used.
#[derive(Debug, Clone, PartialEq)]
pub struct LogInputs {
    /// Which run.
    pub run_id: String,
    /// Datasets.
    pub datasets: Vec<DatasetInput>,
    /// Ids of logged models.
    pub model_ids: Vec<String>,
}

/// Notes logged models that a run produced.
#[derive(Debug, Clone, PartialEq)]
pub struct LogOutputs {
    /// Which run.
    pub run_id: String,
    /// The models.
    pub models: Vec<ModelOutput>,
}

/// Adds a model to the run's list of models, as 2.x clients do after writing its files.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordModel {
    /// Which run.
    pub run_id: String,
    /// What the run remembers of the model.
    pub model: Value,
}

fn find(state: &dyn State, run_id: &str) -> Result<Arc<Run>, Rejection> {
    state.run(run_id).ok_or_else(|| Rejection::missing(format!("Run with id={run_id} not found")))
}

/// A run that takes changes.
pub(super) fn active(state: &dyn State, run_id: &str) -> Result<Arc<Run>, Rejection> {
    let run = find(state, run_id)?;
    if !run.lifecycle.is_active() {
        return Err(Rejection::invalid(format!(
            "The run {run_id} must be in the 'active' state. Current state is {}.",
            run.lifecycle.as_str()
        )));
    }
    Ok(run)
}

pub(super) fn create(state: &dyn State, command: Create) -> Decided {
    let experiment = experiment::active(state, command.experiment_id)?;
    let given = command.name.filter(|name| !name.is_empty());
    for tag in &command.tags {
        validate::no_zero_byte("tags", &tag.key)?;
    }
    validate::tags_once(&command.tags)?;
    let tagged = command.tags.iter().find(|tag| tag.key == RUN_NAME).map(|tag| &tag.value);
    if tagged.is_some_and(String::is_empty) {
        let why = format!("The tag '{RUN_NAME}' names the run, so it must not be empty.");
        return Err(Rejection::bad_request(why));
    }
    if let (Some(name), Some(tag)) = (&given, tagged)
        && name != tag
    {
        return Err(Rejection::invalid(format!(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different \
             values (run_name='{name}', mlflow.runName='{tag}').",
        )));
    }
    let name = given.or_else(|| tagged.cloned());
    let below = format!("{}/artifacts", command.run_id);
    Ok(Event::from(RunCreated {
        artifact_uri: artifact_location::join(&experiment.artifact_location, &below),
        run_id: command.run_id,
        experiment_id: command.experiment_id,
        name: name.unwrap_or(command.fallback_name),
        user_id: command.user_id,
        status: RunStatus::Running,
        start_time: command.start_time,
        tags: command.tags,
    })
    .into())
}

pub(super) fn update(state: &dyn State, command: Update) -> Decided {
    active(state, &command.run_id)?;
    let Update { run_id, status, end_time, name } = command;
    let name = name.filter(|name| !name.is_empty());
    if status.is_none() && end_time.is_none() && name.is_none() {
        return Ok(Vec::new().into());
    }
    Ok(Event::from(RunUpdated { run_id, status, end_time, name }).into())
}

pub(super) fn delete(state: &dyn State, command: Delete, now: TimestampMs) -> Decided {
    find(state, &command.run_id)?;
    Ok(Event::from(RunDeleted { run_id: command.run_id, deleted_at: now.0 }).into())
}

pub(super) fn restore(state: &dyn State, command: Restore) -> Decided {
    find(state, &command.run_id)?;
    Ok(Event::from(RunRestored { run_id: command.run_id }).into())
}

pub(super) fn log_param(state: &dyn State, command: LogParam) -> Decided {
    let LogParam { run_id, param } = command;
    let param = validate::param("", param)?;
    active(state, &run_id)?;
    match state.run_param(&run_id, &param.key) {
        None => Ok(Event::from(ParamsLogged { run_id, params: vec![param] }).into()),
        Some(known) if *known == *param.value => Ok(Vec::new().into()),
        Some(known) => Err(Rejection::invalid(format!(
            "Changing param values is not allowed. Param with key='{}' was already logged with \
             value='{known}' for run ID='{run_id}'. Attempted logging new value '{}'.",
            param.key, param.value
        ))),
    }
}

pub(super) fn log_batch(state: &dyn State, command: LogBatch) -> Decided {
    let LogBatch { run_id, metrics, params, tags } = command;
    validate::run_id(&run_id)?;
    for (index, point) in metrics.iter().enumerate() {
        metric::check(Some(index), point)?;
    }
    let params = checked("params", params, validate::param)?;
    let tags = checked("tags", tags, validate::run_tag)?;
    batch_limits(metrics.len(), params.len(), tags.len())?;
    unique_keys(&params)?;
    active(state, &run_id)?;

    let mut events = Vec::new();
    let params = new_params(state, &run_id, params)?;
    if !params.is_empty() {
        events.push(ParamsLogged { run_id: run_id.clone(), params }.into());
    }
    if !metrics.is_empty() {
        events.push(metric::logged(run_id.clone(), metrics).into());
    }
    let mut tags = validate::last_of_each(tags.into_iter().filter(changes_run).collect());
    if !tags.is_empty() {
        tags.sort_by_key(|tag| tag.key != RUN_NAME); // MLflow sets the name before the others
        events.push(RunTagsSet { run_id, tags }.into());
    }
    Ok(events.into())
}

fn checked(
    list: &str,
    pairs: Vec<KeyValue>,
    check: impl Fn(&str, KeyValue) -> Result<KeyValue, Rejection>,
) -> Result<Vec<KeyValue>, Rejection> {
    let pairs = pairs.into_iter().enumerate();
    pairs.map(|(index, pair)| check(&format!("{list}[{index}]"), pair)).collect()
}

fn batch_limits(metrics: usize, params: usize, tags: usize) -> Result<(), Rejection> {
    let counts = [
        ("metrics", metrics, limits::METRICS_PER_BATCH_MAX),
        ("params", params, limits::PARAMS_PER_BATCH_MAX),
        ("tags", tags, limits::TAGS_PER_BATCH_MAX),
        ("metrics, params, and tags", metrics + params + tags, limits::ENTITIES_PER_BATCH_MAX),
    ];
    match counts.into_iter().find(|(_, count, limit)| count > limit) {
        None => Ok(()),
        Some((what, count, limit)) => Err(Rejection::invalid(format!(
            "A batch logging request can contain at most {limit} {what}. Got {count} {what}. \
             Please split up {what} across multiple requests and try again."
        ))),
    }
}

/// A list of strings as Python prints it.
fn python_list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", items.map(python::repr).collect::<Vec<_>>().join(", "))
}

fn unique_keys(params: &[KeyValue]) -> Result<(), Rejection> {
    let mut seen = HashSet::new();
    let twice: Vec<_> =
        params.iter().map(|param| param.key.as_str()).filter(|key| !seen.insert(*key)).collect();
    if twice.is_empty() {
        return Ok(());
    }
    Err(Rejection::invalid(format!(
        "Duplicate parameter keys have been submitted: {}. Please ensure the request contains only \
         one param value per param key.",
        python_list(twice.into_iter())
    )))
}

/// Those of `params` that are not set yet; refused if one is set to another value.
fn new_params(
    state: &dyn State,
    run_id: &str,
    params: Vec<KeyValue>,
) -> Result<Vec<KeyValue>, Rejection> {
    let mut new = Vec::with_capacity(params.len());
    let mut changes = Vec::new();
    for param in params {
        match state.run_param(run_id, &param.key) {
            None => new.push(param),
            Some(known) if *known == *param.value => {}
            Some(known) => changes.push(format!(
                "{{'key': {}, 'old_value': {}, 'new_value': {}}}",
                python::repr(&param.key),
                python::repr(&known),
                python::repr(&param.value)
            )),
        }
    }
    if changes.is_empty() {
        return Ok(new);
    }
    Err(Rejection::invalid(format!(
        "Changing param values is not allowed. Params were already logged='[{}]' for run \
         ID='{run_id}'.",
        changes.join(", ")
    )))
}

/// Whether a tag is to be set: an empty run name leaves the name as it is.
fn changes_run(tag: &KeyValue) -> bool {
    tag.key != RUN_NAME || !tag.value.is_empty()
}

pub(super) fn set_tag(state: &dyn State, command: SetTag) -> Decided {
    let tag = validate::run_tag("", command.tag)?;
    active(state, &command.run_id)?;
    if !changes_run(&tag) {
        return Ok(Vec::new().into());
    }
    Ok(Event::from(RunTagsSet { run_id: command.run_id, tags: vec![tag] }).into())
}

pub(super) fn delete_tag(state: &dyn State, command: DeleteTag) -> Decided {
    let DeleteTag { run_id, key } = command;
    active(state, &run_id)?;
    if state.run_tag(&run_id, &key).is_none() {
        return Err(Rejection::missing(format!("No tag with name: {key} in run with id {run_id}")));
    }
    Ok(Event::from(RunTagDeleted { run_id, key }).into())
}

pub(super) fn log_inputs(state: &dyn State, command: LogInputs) -> Decided {
    validate::run_id(&command.run_id)?;
    for dataset in &command.datasets {
        check_dataset(dataset)?;
    }
    for model_id in &command.model_ids {
        validate::no_zero_byte("model_id", model_id)?;
    }
    active(state, &command.run_id)?;
    let LogInputs { run_id, datasets, model_ids } = command;
    if datasets.is_empty() && model_ids.is_empty() {
        return Ok(Vec::new().into());
    }
    Ok(Event::from(InputsLogged { run_id, datasets, model_ids }).into())
}

fn check_dataset(dataset: &DatasetInput) -> Result<(), Rejection> {
    validate::no_zero_byte("name", &dataset.name)?;
    validate::no_zero_byte("digest", &dataset.digest)?;
    validate::length("name", limits::DATASET_NAME_CHARS_MAX, &dataset.name)?;
    validate::length("digest", limits::DATASET_DIGEST_CHARS_MAX, &dataset.digest)?;
    validate::length("source", limits::DATASET_SOURCE_CHARS_MAX, &dataset.source)?;
    if let Some(schema) = &dataset.schema {
        validate::length("schema", limits::DATASET_SCHEMA_CHARS_MAX, schema)?;
    }
    if let Some(profile) = &dataset.profile {
        validate::length("profile", limits::DATASET_PROFILE_CHARS_MAX, profile)?;
    }
    for tag in &dataset.tags {
        validate::length("key", limits::INPUT_TAG_KEY_CHARS_MAX, &tag.key)?;
        validate::length("value", limits::INPUT_TAG_VALUE_CHARS_MAX, &tag.value)?;
    }
    validate::tags_once(&dataset.tags)
}

pub(super) fn log_outputs(state: &dyn State, command: LogOutputs) -> Decided {
    for model in &command.models {
        validate::no_zero_byte("model_id", &model.model_id)?;
    }
    active(state, &command.run_id)?;
    let LogOutputs { run_id, models } = command;
    let mut named = HashSet::new();
    let mut ids = models.iter().map(|model| model.model_id.as_str());
    if let Some(model_id) = ids.find(|id| !named.insert(*id) || state.has_output(&run_id, id)) {
        return Err(Rejection::bad_request(format!(
            "The model {model_id} is already an output of the run {run_id}."
        )));
    }
    if models.is_empty() {
        return Ok(Vec::new().into());
    }
    Ok(Event::from(OutputsLogged { run_id, models }).into())
}

pub(super) fn record_model(state: &dyn State, command: RecordModel) -> Decided {
    let RecordModel { run_id, model } = command;
    active(state, &run_id)?;
    let known = state.run_tag(&run_id, LOGGED_MODELS);
    let known = known.map_or(Ok(Vec::new()), |list| serde_json::from_str(&list));
    let mut models: Vec<Value> = known.map_err(|_| {
        Rejection::invalid(format!("The tag '{LOGGED_MODELS}' of the run is not a JSON list."))
    })?;
    models.push(model);
    let value = python::json(&Value::Array(models), Layout::Spaced);
    let tag = KeyValue { key: LOGGED_MODELS.to_owned(), value };
    Ok(Event::from(RunTagsSet { run_id, tags: vec![tag] }).into())
}

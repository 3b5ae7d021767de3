//! Rules for versions of registered models, and for their stages.

use std::sync::Arc;

use super::{
    Decided, Decision, Rejection, State, approval,
    entity::{LoggedModel, ModelVersion, RegisteredModel},
    model_source, registered_model,
    tag_names::{MODEL_VERSIONS, PROMPT_TEXT},
    validate,
};
use crate::{
    base::{TimestampMs, limits, python},
    event::{
        Event, KeyValue, LoggedModelTagsSet, ModelVersionCreated, ModelVersionDeleted,
        ModelVersionDescribed, ModelVersionStageChanged, ModelVersionTagDeleted,
        ModelVersionTagSet, ModelVersionTransitionRefused, Stage,
    },
};

/// Registers a version; [`Decision::number`] is its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Name of the model.
    pub name: String,
    /// Where its files are; also `models:/<name>/<version>` and `models:/<model id>`.
    pub source: String,
    /// The run that made it. Empty is not the same as absent where the source is another version.
    pub run_id: Option<String>,
    /// Link to that run.
    pub run_link: Option<String>,
    /// The logged model it is.
    pub model_id: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Tags.
    pub tags: Vec<KeyValue>,
}

/// Describes a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Describe {
    /// Name of the model.
    pub name: String,
    /// Version, as the request writes it.
    pub version: String,
    /// New description.
    pub description: Option<String>,
}

/// Deletes a version.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Name of the model.
    pub name: String,
    /// Version, as the request writes it.
    pub version: String,
}

/// Sets a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct SetTag {
    /// Name of the model.
    pub name: String,
    /// Version, as the request writes it.
    pub version: String,
    /// The tag.
    pub tag: KeyValue,
}

/// Removes a tag; one that is not there is removed already.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteTag {
    /// Name of the model.
    pub name: String,
    /// Version, as the request writes it.
    pub version: String,
    /// Tag key.
    pub key: String,
}

/// Moves a version to a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionStage {
    /// Name of the model.
    pub name: String,
    /// Version, as the request writes it.
    pub version: String,
    /// New stage, in any case.
    pub stage: String,
    /// Whether the other versions in that stage are archived.
    pub archive_existing_versions: bool,
    /// Why, in the words of who does it.
    pub comment: Option<String>,
    /// The stage that it is to be in until now, in any case; else nothing moves.
    pub expected_stage: Option<String>,
}

/// MLflow's sentence about a version that is not there.
pub fn not_found(name: &str, version: impl std::fmt::Display) -> Rejection {
    Rejection::missing(format!("Model Version (name={name}, version={version}) not found"))
}

/// The stage that a word stands for, or MLflow's refusal.
pub fn parse_stage(word: &str) -> Result<Stage, Rejection> {
    Stage::from_any_case(word).ok_or_else(|| {
        Rejection::invalid(format!(
            "Invalid Model Version stage: {word}. Value must be one of None, Staging, Production, \
             Archived."
        ))
    })
}

/// A version as a request writes it: a whole number, which need not be one that a version can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionNumber(String);

impl VersionNumber {
    /// Reads what Python's `int()` reads, or refuses in MLflow's words.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        python::int(text).map(Self).ok_or_else(|| {
            let message = format!("Parameter 'version' must be an integer, got '{text}'.");
            Rejection::invalid(message)
        })
    }

    /// The number, if a version can have it.
    pub fn get(&self) -> Option<u32> {
        self.0.parse().ok()
    }
}

impl std::fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A version that is there, and its model.
pub(super) fn find(
    state: &dyn State,
    name: &str,
    version: &str,
) -> Result<(Arc<RegisteredModel>, Arc<ModelVersion>), Rejection> {
    validate::model_name(name)?;
    let version = VersionNumber::parse(version)?;
    let model = state.registered_model(name);
    let found = model.and_then(|model| {
        let found = state.model_version(model.registered_model_id, version.get()?)?;
        Some((model, found))
    });
    found.ok_or_else(|| not_found(name, version))
}

/// The tag by which a logged model knows its versions: a JSON list. What is no list is replaced.
fn listed(model: &LoggedModel, name: &str, version: u32) -> Event {
    let entry = format!("{{\"name\": {}, \"version\": {version}}}", python::quoted(name));
    let known = model.tags.get(MODEL_VERSIONS).and_then(|list| list.strip_suffix(']'));
    let value = match known {
        Some(list) => format!("{list}, {entry}]"),
        None => format!("[{entry}]"),
    };
    let tags = vec![KeyValue { key: MODEL_VERSIONS.to_owned(), value }];
    LoggedModelTagsSet { model_id: model.model_id.clone(), tags }.into()
}

/// Refuses a name or tags that a version cannot have. Of several mistakes in one request MLflow names
/// these after those in the source, but before a logged model that is not there.
pub(super) fn check_name_and_tags(command: &Create) -> Result<(), Rejection> {
    validate::model_name(&command.name)?;
    command.tags.iter().try_for_each(check_tag)
}

fn check_tag(tag: &KeyValue) -> Result<(), Rejection> {
    let limit = limits::REGISTRY_TAG_VALUE_CHARS_MAX;
    if tag.key == PROMPT_TEXT && tag.value.chars().count() > limit {
        let message = format!("Prompt text exceeds max length of {limit} characters.");
        return Err(Rejection::invalid(message));
    }
    validate::registry_tag(tag)
}

pub(super) fn create(state: &dyn State, command: Create, now: TimestampMs) -> Decided {
    let tags = command.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    let source = if registered_model::is_prompt(&tags) {
        model_source::of_prompt(state, &command)?
    } else {
        model_source::of_model(state, &command)?
    };
    let model = registered_model::find(state, &command.name)?;
    let version = model.last_version + 1;
    let event = ModelVersionCreated {
        registered_model_id: model.registered_model_id,
        version,
        source: source.uri,
        storage_location: source.location,
        run_id: source.run_id,
        run_link: command.run_link,
        model_id: source.model.as_ref().map(|model| model.model_id.clone()),
        description: command.description,
        created_at: now.0,
        tags: validate::last_of_each(command.tags),
    };
    let mut events = vec![event.into()];
    events.extend(source.model.map(|model| listed(&model, &command.name, version)));
    Ok(Decision { number: Some(u64::from(version)), ..events.into() })
}

pub(super) fn describe(state: &dyn State, command: Describe, now: TimestampMs) -> Decided {
    let (model, found) = find(state, &command.name, &command.version)?;
    Ok(Event::from(ModelVersionDescribed {
        registered_model_id: model.registered_model_id,
        version: found.version,
        description: command.description,
        updated_at: now.0,
    })
    .into())
}

pub(super) fn delete(state: &dyn State, command: &Delete, now: TimestampMs) -> Decided {
    VersionNumber::parse(&command.version)?;
    let (model, found) = find(state, &command.name, &command.version)?;
    Ok(Event::from(ModelVersionDeleted {
        registered_model_id: model.registered_model_id,
        version: found.version,
        deleted_at: now.0,
    })
    .into())
}

pub(super) fn set_tag(state: &dyn State, command: SetTag) -> Decided {
    validate::model_name(&command.name)?;
    VersionNumber::parse(&command.version)?;
    check_tag(&command.tag)?;
    let (model, found) = find(state, &command.name, &command.version)?;
    let KeyValue { key, value } = command.tag;
    Ok(Event::from(ModelVersionTagSet {
        registered_model_id: model.registered_model_id,
        version: found.version,
        key,
        value,
    })
    .into())
}

pub(super) fn delete_tag(state: &dyn State, command: DeleteTag) -> Decided {
    let DeleteTag { name, version, key } = command;
    validate::model_name(&name)?;
    VersionNumber::parse(&version)?;
    validate::key("key", &key)?;
    let (model, found) = find(state, &name, &version)?;
    if !found.tags.contains_key(&key) {
        return Ok(Decision::default());
    }
    Ok(Event::from(ModelVersionTagDeleted {
        registered_model_id: model.registered_model_id,
        version: found.version,
        key,
    })
    .into())
}

/// Another came first: that this was tried is recorded, nothing moves, and the caller is told.
fn refused(
    command: &TransitionStage,
    version: &ModelVersion,
    expected: Stage,
    wanted: Stage,
    now: TimestampMs,
) -> Decision {
    let (name, number, found) = (&command.name, version.version, version.stage);
    let event = ModelVersionTransitionRefused {
        registered_model_id: version.registered_model_id,
        version: number,
        expected,
        found,
        wanted,
        comment: command.comment.clone(),
        refused_at: now.0,
    };
    let message = format!(
        "Model Version (name={name}, version={number}) is in stage {}, not {} as expected. It was not \
         moved to {}.",
        found.as_str(),
        expected.as_str(),
        wanted.as_str()
    );
    let refusal = Some(Rejection::conflict(message));
    Decision { refusal, ..Event::from(event).into() }
}

pub(super) fn transition_stage(
    state: &dyn State,
    command: &TransitionStage,
    now: TimestampMs,
) -> Decided {
    let to = parse_stage(&command.stage)?;
    // MLflow answers 500 here, upon which its client retries for minutes; the mistake is the user's.
    if command.archive_existing_versions && !matches!(to, Stage::Staging | Stage::Production) {
        return Err(Rejection::invalid(format!(
            "Model version transition cannot archive existing model versions because '{}' is not \
             an Active stage. Valid stages are ['Staging', 'Production']",
            command.stage
        )));
    }
    let expected = command.expected_stage.as_deref().map(parse_stage).transpose()?;
    let (model, moved) = find(state, &command.name, &command.version)?;
    if let Some(expected) = expected.filter(|expected| *expected != moved.stage) {
        return Ok(refused(command, &moved, expected, to, now));
    }
    let mut archives = Vec::new();
    if command.archive_existing_versions {
        let others = state.model_versions(model.registered_model_id);
        let others = others.iter().filter(|it| it.stage == to && it.version != moved.version);
        archives.extend(others.map(|it| it.version));
    }
    let comment = command.comment.as_deref();
    if model.approvals.contains(&to) && moved.stage != to {
        let comment = comment.map(str::to_owned);
        return Ok(approval::request(&model, &moved, to, archives, comment, now));
    }
    Ok(moves(&moved, to, &archives, comment, now).into())
}

/// The move of a version, after those that make room for it.
pub(super) fn moves(
    moved: &ModelVersion,
    to: Stage,
    archives: &[u32],
    comment: Option<&str>,
    now: TimestampMs,
) -> Vec<Event> {
    let change = |version, from, to, displaced_by| {
        Event::from(ModelVersionStageChanged {
            registered_model_id: moved.registered_model_id,
            version,
            from,
            to,
            comment: comment.map(str::to_owned),
            displaced_by,
            changed_at: now.0,
        })
    };
    let archived = archives.iter();
    archived
        .map(|version| change(*version, to, Stage::Archived, Some(moved.version)))
        .chain([change(moved.version, moved.stage, to, None)])
        .collect()
}

//! Rules for registered models and their aliases.

use std::sync::Arc;

use super::{
    Decided, Decision, Rejection, State,
    entity::{RegisteredModel, Tags},
    model_version,
    tag_names::IS_PROMPT,
    validate,
};
use crate::{
    base::{TimestampMs, limits, python},
    event::{
        Event, KeyValue, ModelAliasDeleted, ModelAliasSet, RegisteredModelCreated,
        RegisteredModelDeleted, RegisteredModelDescribed, RegisteredModelRenamed,
        RegisteredModelTagDeleted, RegisteredModelTagSet,
    },
};

/// Creates a registered model; [`Decision::number`] is its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Tags.
    pub tags: Vec<KeyValue>,
}

/// Renames a registered model.
#[derive(Debug, Clone, PartialEq)]
pub struct Rename {
    /// Name now.
    pub name: String,
    /// New name.
    pub new_name: String,
}

/// Describes a registered model.
#[derive(Debug, Clone, PartialEq)]
pub struct Describe {
    /// Name.
    pub name: String,
    /// New description.
    pub description: Option<String>,
}

/// Deletes a registered model with its versions.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Name.
    pub name: String,
}

/// Sets a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct SetTag {
    /// Name of the model.
    pub name: String,
    /// The tag.
    pub tag: KeyValue,
}

/// Removes a tag; one that is not there is removed already.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteTag {
    /// Name of the model.
    pub name: String,
    /// Tag key.
    pub key: String,
}

/// Gives an alias to a version.
#[derive(Debug, Clone, PartialEq)]
pub struct SetAlias {
    /// Name of the model.
    pub name: String,
    /// The alias.
    pub alias: String,
    /// The version, as the request writes it.
    pub version: String,
}

/// Removes an alias; one that is not there is removed already.
#[derive(Debug, Clone, PartialEq)]
pub struct DeleteAlias {
    /// Name of the model.
    pub name: String,
    /// The alias.
    pub alias: String,
}

/// MLflow's sentence about a registered model that is not there.
pub fn not_found(name: &str) -> Rejection {
    Rejection::missing(format!("Registered Model with name={name} not found"))
}

/// MLflow's sentence about an alias that no version has.
pub fn alias_not_found(alias: &str) -> Rejection {
    Rejection::invalid(format!("Registered model alias {alias} not found."))
}

/// Whether tags are those of a prompt.
pub fn is_prompt(tags: &Tags) -> bool {
    tags.get(IS_PROMPT).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The registered model of that name.
pub(super) fn find(state: &dyn State, name: &str) -> Result<Arc<RegisteredModel>, Rejection> {
    validate::model_name(name)?;
    state.registered_model(name).ok_or_else(|| not_found(name))
}

fn kind_word(is_prompt: bool) -> &'static str {
    if is_prompt { "Prompt" } else { "Registered Model" }
}

fn name_taken(holder: &RegisteredModel, command: &Create) -> Rejection {
    // Whatever the tag's value is, here.
    let old = kind_word(holder.tags.contains_key(IS_PROMPT));
    let new = kind_word(command.tags.iter().any(|tag| tag.key == IS_PROMPT));
    let name = &command.name;
    if old == new {
        return Rejection::exists(format!("{new} (name={name}) already exists."));
    }
    Rejection::exists(format!(
        "Tried to create a {} with name {}, but the name is already taken by a {}. MLflow does not \
         allow creating a model and a prompt with the same name.",
        new.to_lowercase(),
        python::repr(name),
        old.to_lowercase()
    ))
}

pub(super) fn create(state: &dyn State, command: Create, now: TimestampMs) -> Decided {
    validate::model_name(&command.name)?;
    for tag in &command.tags {
        validate::registry_tag(tag)?;
    }
    if let Some(holder) = state.registered_model(&command.name) {
        return Err(name_taken(&holder, &command));
    }
    let registered_model_id = state.next_registered_model_id();
    let event = RegisteredModelCreated {
        registered_model_id,
        name: command.name,
        description: command.description,
        created_at: now.0,
        tags: validate::last_of_each(command.tags),
    };
    Ok(Decision { number: Some(registered_model_id), ..Event::from(event).into() })
}

pub(super) fn rename(state: &dyn State, command: Rename, now: TimestampMs) -> Decided {
    let Rename { name: from, new_name: to } = command;
    if to.trim().is_empty() {
        return Err(validate::missing_value("new_name"));
    }
    validate::model_name(&to)?;
    let registered_model_id = find(state, &from)?.registered_model_id;
    if to != from && state.registered_model(&to).is_some() {
        return Err(Rejection::exists(format!("Registered Model (name={to}) already exists.")));
    }
    let updated_at = now.0;
    Ok(Event::from(RegisteredModelRenamed { registered_model_id, from, to, updated_at }).into())
}

pub(super) fn describe(state: &dyn State, command: Describe, now: TimestampMs) -> Decided {
    Ok(Event::from(RegisteredModelDescribed {
        registered_model_id: find(state, &command.name)?.registered_model_id,
        description: command.description,
        updated_at: now.0,
    })
    .into())
}

pub(super) fn delete(state: &dyn State, command: &Delete, now: TimestampMs) -> Decided {
    let model = find(state, &command.name)?;
    Ok(Event::from(RegisteredModelDeleted {
        registered_model_id: model.registered_model_id,
        name: model.name.clone(),
        deleted_at: now.0,
    })
    .into())
}

pub(super) fn set_tag(state: &dyn State, command: SetTag) -> Decided {
    validate::model_name(&command.name)?;
    validate::registry_tag(&command.tag)?;
    let registered_model_id = find(state, &command.name)?.registered_model_id;
    let KeyValue { key, value } = command.tag;
    Ok(Event::from(RegisteredModelTagSet { registered_model_id, key, value }).into())
}

pub(super) fn delete_tag(state: &dyn State, command: DeleteTag) -> Decided {
    validate::model_name(&command.name)?;
    validate::key("key", &command.key)?;
    let model = find(state, &command.name)?;
    if !model.tags.contains_key(&command.key) {
        return Ok(Decision::default());
    }
    let registered_model_id = model.registered_model_id;
    Ok(Event::from(RegisteredModelTagDeleted { registered_model_id, key: command.key }).into())
}

/// Refuses an alias that MLflow refuses.
pub fn check_alias(alias: &str) -> Result<(), Rejection> {
    if alias.is_empty() {
        return Err(Rejection::invalid("Registered model alias name cannot be empty."));
    }
    // The `$` of Python's regular expressions also matches before a last line break.
    let line = alias.strip_suffix('\n').unwrap_or(alias);
    if !line.chars().all(|c| python::is_word(c) || c == '-') {
        return Err(Rejection::invalid(format!(
            "Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), \
             and dashes (-)."
        )));
    }
    validate::length("Registered model alias name", limits::ALIAS_CHARS_MAX, alias)
}

fn check_alias_not_reserved(alias: &str) -> Result<(), Rejection> {
    if alias.eq_ignore_ascii_case("latest") {
        return Err(Rejection::invalid("'latest' alias name (case insensitive) is reserved."));
    }
    let digits = alias.strip_prefix(['v', 'V']).unwrap_or_default();
    let digits = digits.strip_suffix('\n').unwrap_or(digits);
    if !digits.is_empty() && digits.chars().all(|c| python::digit(c).is_some()) {
        return Err(Rejection::invalid(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(())
}

pub(super) fn set_alias(state: &dyn State, command: SetAlias) -> Decided {
    validate::model_name(&command.name)?;
    check_alias(&command.alias)?;
    check_alias_not_reserved(&command.alias)?;
    let (model, found) = model_version::find(state, &command.name, &command.version)?;
    Ok(Event::from(ModelAliasSet {
        registered_model_id: model.registered_model_id,
        previous: model.aliases.get(&command.alias).copied(),
        alias: command.alias,
        version: found.version,
    })
    .into())
}

pub(super) fn delete_alias(state: &dyn State, command: DeleteAlias) -> Decided {
    validate::model_name(&command.name)?;
    check_alias(&command.alias)?;
    let model = find(state, &command.name)?;
    let Some(version) = model.aliases.get(&command.alias).copied() else {
        return Ok(Decision::default());
    };
    let registered_model_id = model.registered_model_id;
    Ok(Event::from(ModelAliasDeleted { registered_model_id, alias: command.alias, version }).into())
}

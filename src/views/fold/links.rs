//! What came of what: from a dataset, commit, run, logged model or version to the runs, logged models and
//! versions that name it as where they came from. The other direction stands in the entities themselves.

use super::{Changes, Read as _, Value, keys, keys::Origin};
use crate::{
    domain::{
        model_uri,
        tag_names::{GIT_COMMIT, PARENT_RUN},
    },
    event::{
        InputsLogged, KeyValue, LoggedModelCreated, ModelVersionCreated, OutputsLogged, RunCreated,
        RunTagDeleted, RunTagsSet,
    },
    views::lookup,
};

/// The tags of a run that say where it came from.
const TAGS: [&str; 2] = [PARENT_RUN, GIT_COMMIT];

fn origin<'a>(tag: &str, value: &'a str) -> Origin<'a> {
    if tag == PARENT_RUN { Origin::Run(value) } else { Origin::Commit(value) }
}

fn link(changes: &mut Changes<'_>, origin: Origin<'_>, entity: &keys::Key) {
    changes.put(keys::link(origin, entity), Value::Number(0));
}

pub(super) fn run_created(changes: &mut Changes<'_>, event: &RunCreated) {
    from_tags(changes, &event.run_id, &event.tags);
}

/// Before the tags are set: what they said until now is no longer so.
pub(super) fn run_tags_set(changes: &mut Changes<'_>, event: &RunTagsSet) {
    for tag in TAGS.iter().filter(|tag| event.tags.iter().any(|it| it.key == **tag)) {
        unlink(changes, &event.run_id, tag);
    }
    from_tags(changes, &event.run_id, &event.tags);
}

/// Before the tag is deleted.
pub(super) fn run_tag_deleted(changes: &mut Changes<'_>, event: &RunTagDeleted) {
    if TAGS.contains(&event.key.as_str()) {
        unlink(changes, &event.run_id, &event.key);
    }
}

fn from_tags(changes: &mut Changes<'_>, run_id: &str, tags: &[KeyValue]) {
    for tag in TAGS {
        // Of a key that is there twice, the last stands.
        if let Some(found) = tags.iter().rfind(|it| it.key == tag) {
            link(changes, origin(tag, &found.value), &keys::run(run_id));
        }
    }
}

fn unlink(changes: &mut Changes<'_>, run_id: &str, tag: &str) {
    if let Some(value) = lookup::run_tag(changes, run_id, tag) {
        changes.delete(keys::link(origin(tag, &value), &keys::run(run_id)));
    }
}

pub(super) fn inputs_logged(changes: &mut Changes<'_>, event: &InputsLogged) {
    let run = keys::run(&event.run_id);
    for dataset in &event.datasets {
        link(changes, Origin::Dataset { digest: &dataset.digest, name: &dataset.name }, &run);
    }
    for model_id in &event.model_ids {
        link(changes, Origin::LoggedModel(model_id), &run);
    }
}

pub(super) fn outputs_logged(changes: &mut Changes<'_>, event: &OutputsLogged) {
    for model in &event.models {
        link(changes, Origin::Run(&event.run_id), &keys::logged_model(&model.model_id));
    }
}

pub(super) fn logged_model_created(changes: &mut Changes<'_>, event: &LoggedModelCreated) {
    if let Some(run_id) = &event.source_run_id {
        link(changes, Origin::Run(run_id), &keys::logged_model(&event.model_id));
    }
}

pub(super) fn version_created(changes: &mut Changes<'_>, event: &ModelVersionCreated) {
    let version = keys::model_version(event.registered_model_id, event.version);
    if let Some(run_id) = &event.run_id {
        link(changes, Origin::Run(run_id), &version);
    }
    if let Some(model_id) = &event.model_id {
        link(changes, Origin::LoggedModel(model_id), &version);
    }
    if let Some((name, number)) = model_uri::version_named(&event.source)
        && let Some(Value::Number(id)) = changes.get(&keys::registered_model_name(name))
    {
        link(changes, Origin::Version(id, number), &version);
        let copy = Origin::CopyOf(event.registered_model_id, event.version);
        link(changes, copy, &keys::model_version(id, number));
    }
}

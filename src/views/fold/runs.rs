//! Runs, without their metrics.

use std::sync::Arc;

use super::{Changes, Read, Value, keys, keys::part, modify};
use crate::{
    domain::{
        entity::{Lifecycle, Run},
        tag_names::{RUN_NAME, USER},
    },
    event::{
        Envelope, InputsLogged, OutputsLogged, ParamsLogged, RunCreated, RunDeleted, RunRestored,
        RunTagDeleted, RunTagsSet, RunUpdated,
    },
};

pub(super) fn created(changes: &mut Changes<'_>, envelope: &Envelope, event: &RunCreated) {
    let run = Run {
        run_id: event.run_id.clone(),
        experiment_id: event.experiment_id,
        name: event.name.clone(),
        user_id: event.user_id.clone(),
        user_tag: None,
        status: event.status,
        start_time: event.start_time,
        end_time: None,
        lifecycle: Lifecycle::active(envelope.seq),
        artifact_uri: event.artifact_uri.clone(),
    };
    changes.put(keys::run(&event.run_id), Value::Run(run.into()));
    put_tag(changes, &event.run_id, RUN_NAME, &event.name);
    event.tags.iter().for_each(|tag| set_tag(changes, &event.run_id, &tag.key, &tag.value));
}

pub(super) fn updated(changes: &mut Changes<'_>, event: &RunUpdated) {
    modify!(changes, keys::run(&event.run_id), Run, |run: &mut Run| {
        run.status = event.status.unwrap_or(run.status);
        run.end_time = event.end_time.or(run.end_time);
        if let Some(name) = &event.name {
            run.name.clone_from(name);
        }
    });
    if let Some(name) = &event.name {
        put_tag(changes, &event.run_id, RUN_NAME, name);
    }
}

pub(super) fn deleted(changes: &mut Changes<'_>, envelope: &Envelope, event: &RunDeleted) {
    modify!(changes, keys::run(&event.run_id), Run, |run: &mut Run| {
        run.lifecycle = Lifecycle::deleted(envelope.seq, event.deleted_at);
    });
}

pub(super) fn restored(changes: &mut Changes<'_>, envelope: &Envelope, event: &RunRestored) {
    modify!(changes, keys::run(&event.run_id), Run, |run: &mut Run| {
        run.lifecycle = Lifecycle::active(envelope.seq);
    });
}

pub(super) fn params_logged(changes: &mut Changes<'_>, event: &ParamsLogged) {
    for param in &event.params {
        let key = keys::run_part(&event.run_id, part::PARAM, &param.key);
        changes.put(key, Value::Text(Arc::from(param.value.as_str())));
    }
}

pub(super) fn tags_set(changes: &mut Changes<'_>, event: &RunTagsSet) {
    event.tags.iter().for_each(|tag| set_tag(changes, &event.run_id, &tag.key, &tag.value));
}

/// Sets a tag, and what of the run itself goes with it: two tags are also attributes.
fn set_tag(changes: &mut Changes<'_>, run_id: &str, key: &str, value: &str) {
    put_tag(changes, run_id, key, value);
    match key {
        RUN_NAME => modify!(changes, keys::run(run_id), Run, |run: &mut Run| {
            value.clone_into(&mut run.name);
        }),
        USER => modify!(changes, keys::run(run_id), Run, |run: &mut Run| {
            run.user_tag = Some(value.to_owned());
        }),
        _ => {}
    }
}

fn put_tag(changes: &mut Changes<'_>, run_id: &str, key: &str, value: &str) {
    changes.put(keys::run_part(run_id, part::TAG, key), Value::Text(Arc::from(value)));
}

pub(super) fn tag_deleted(changes: &mut Changes<'_>, event: &RunTagDeleted) {
    changes.delete(keys::run_part(&event.run_id, part::TAG, &event.key));
    if event.key == USER {
        modify!(changes, keys::run(&event.run_id), Run, |run: &mut Run| run.user_tag = None);
    }
}

pub(super) fn inputs_logged(changes: &mut Changes<'_>, event: &InputsLogged) {
    for dataset in &event.datasets {
        let key = keys::run_dataset(&event.run_id, &dataset.name, &dataset.digest);
        // The first use of a dataset in a run stands, as in MLflow.
        if changes.get(&key).is_none() {
            changes.put(key, Value::Dataset(dataset.clone().into()));
        }
    }
    for model_id in &event.model_ids {
        let key = keys::run_part(&event.run_id, part::MODEL_INPUT, model_id);
        changes.put(key, Value::Number(0));
    }
}

pub(super) fn outputs_logged(changes: &mut Changes<'_>, event: &OutputsLogged) {
    for model in &event.models {
        let key = keys::run_part(&event.run_id, part::MODEL_OUTPUT, &model.model_id);
        changes.put(key, Value::Step(model.step));
    }
}

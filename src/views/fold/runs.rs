//! Runs, without their metrics.

use std::sync::Arc;

use super::{Changes, Place, Read, Value, keys, keys::part, modify};
use crate::{
    domain::{
        entity::{Lifecycle, Run},
        tag_names::{RUN_NAME, USER},
    },
    event::{
        DatasetInput, Envelope, InputsLogged, OutputsLogged, ParamsLogged, RunCreated, RunDeleted,
        RunRestored, RunTagDeleted, RunTagsSet, RunUpdated,
    },
};

pub(super) fn created(changes: &mut Changes<'_>, envelope: &Envelope, event: &RunCreated) {
    let user_tag = event.tags.iter().rfind(|tag| tag.key == USER);
    let run = Run {
        run_id: event.run_id.clone(),
        experiment_id: event.experiment_id,
        name: event.name.clone(),
        user_id: event.user_id.clone(),
        user_tag: user_tag.map(|tag| tag.value.clone()),
        status: event.status,
        start_time: event.start_time,
        end_time: None,
        lifecycle: Lifecycle::active(envelope.seq),
        artifact_uri: event.artifact_uri.clone(),
    };
    changes.put(keys::run(&event.run_id), Value::Run(run.into()));
    // The name comes last, unless it stands among the tags.
    let named = event.tags.iter().any(|tag| tag.key == RUN_NAME);
    let name = (!named).then_some((RUN_NAME, event.name.as_str()));
    let tags = event.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).chain(name);
    for ((key, value), place) in tags.zip(Place::of_event(envelope.seq)) {
        let key = keys::run_part(&event.run_id, part::TAG, key);
        changes.put(key, Value::Text(place, Arc::from(value)));
    }
}

pub(super) fn updated(changes: &mut Changes<'_>, envelope: &Envelope, event: &RunUpdated) {
    modify!(changes, keys::run(&event.run_id), Run, |run: &mut Run| {
        run.status = event.status.unwrap_or(run.status);
        run.end_time = event.end_time.or(run.end_time);
        if let Some(name) = &event.name {
            run.name.clone_from(name);
        }
    });
    if let Some(name) = &event.name {
        let place = Place { seq: envelope.seq, index: 0 };
        put_tag(changes, &event.run_id, RUN_NAME, name, place);
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

pub(super) fn params_logged(changes: &mut Changes<'_>, envelope: &Envelope, event: &ParamsLogged) {
    for (param, place) in event.params.iter().zip(Place::of_event(envelope.seq)) {
        let key = keys::run_part(&event.run_id, part::PARAM, &param.key);
        changes.put(key, Value::Text(place, Arc::from(param.value.as_str())));
    }
}

pub(super) fn tags_set(changes: &mut Changes<'_>, envelope: &Envelope, event: &RunTagsSet) {
    for (tag, place) in event.tags.iter().zip(Place::of_event(envelope.seq)) {
        put_tag(changes, &event.run_id, &tag.key, &tag.value, place);
        set_attribute(changes, &event.run_id, &tag.key, &tag.value);
    }
}

/// Sets what of the run itself goes with a tag: two tags are also attributes.
fn set_attribute(changes: &mut Changes<'_>, run_id: &str, key: &str, value: &str) {
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

/// Puts a tag where it stands already, or else in `place`.
fn put_tag(changes: &mut Changes<'_>, run_id: &str, key: &str, value: &str, place: Place) {
    let key = keys::run_part(run_id, part::TAG, key);
    let place = match changes.get(&key) {
        Some(Value::Text(known, _)) => known,
        _ => place,
    };
    changes.put(key, Value::Text(place, Arc::from(value)));
}

pub(super) fn tag_deleted(changes: &mut Changes<'_>, event: &RunTagDeleted) {
    changes.delete(keys::run_part(&event.run_id, part::TAG, &event.key));
    if event.key == USER {
        modify!(changes, keys::run(&event.run_id), Run, |run: &mut Run| run.user_tag = None);
    }
}

pub(super) fn inputs_logged(changes: &mut Changes<'_>, envelope: &Envelope, event: &InputsLogged) {
    let run = changes.get(&keys::run(&event.run_id));
    let experiment_id = match run {
        Some(Value::Run(run)) => run.experiment_id,
        _ => return,
    };
    for (dataset, place) in event.datasets.iter().zip(Place::of_event(envelope.seq)) {
        let key = keys::run_dataset(&event.run_id, &dataset.name, &dataset.digest);
        // The first use of a dataset in a run stands, as in MLflow.
        if changes.get(&key).is_none() {
            let used = as_known(changes, experiment_id, dataset, place);
            changes.put(key, Value::Dataset(place, used.into()));
        }
    }
    for model_id in &event.model_ids {
        let key = keys::run_part(&event.run_id, part::MODEL_INPUT, model_id);
        changes.put(key, Value::Number(0));
    }
}

/// A dataset with the run's tags, and else as the experiment first came to know it, as in MLflow.
fn as_known(
    changes: &mut Changes<'_>,
    experiment_id: u64,
    dataset: &DatasetInput,
    place: Place,
) -> DatasetInput {
    let key = keys::dataset(experiment_id, &dataset.name, &dataset.digest);
    if let Some(Value::Dataset(_, known)) = changes.get(&key) {
        return DatasetInput { tags: dataset.tags.clone(), ..DatasetInput::clone(&known) };
    }
    let known = DatasetInput { tags: Vec::new(), ..dataset.clone() };
    changes.put(key, Value::Dataset(place, known.into()));
    dataset.clone()
}

pub(super) fn outputs_logged(changes: &mut Changes<'_>, event: &OutputsLogged) {
    for model in &event.models {
        let key = keys::run_part(&event.run_id, part::MODEL_OUTPUT, &model.model_id);
        changes.put(key, Value::Step(model.step));
    }
}

//! Experiments.

use super::{super::lookup::counter, Changes, Value, keys, modify};
use crate::{
    domain::entity::{Experiment, Lifecycle},
    event::{
        Envelope, ExperimentCreated, ExperimentDeleted, ExperimentRenamed, ExperimentRestored,
        ExperimentTagDeleted, ExperimentTagSet,
    },
};

pub(super) fn created(changes: &mut Changes<'_>, envelope: &Envelope, event: &ExperimentCreated) {
    let experiment = Experiment {
        experiment_id: event.experiment_id,
        name: event.name.clone(),
        artifact_location: event.artifact_location.clone(),
        lifecycle: Lifecycle::active(envelope.seq),
        created_at: event.created_at,
        updated_at: event.created_at,
        tags: event.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
    };
    changes.put(keys::counter(counter::EXPERIMENT), Value::Number(event.experiment_id));
    changes.put(keys::experiment_name(&event.name), Value::Number(event.experiment_id));
    changes.put(keys::experiment(event.experiment_id), Value::Experiment(experiment.into()));
}

pub(super) fn renamed(changes: &mut Changes<'_>, event: &ExperimentRenamed) {
    changes.delete(keys::experiment_name(&event.from));
    changes.put(keys::experiment_name(&event.to), Value::Number(event.experiment_id));
    modify!(changes, keys::experiment(event.experiment_id), Experiment, |it: &mut Experiment| {
        it.name.clone_from(&event.to);
        it.updated_at = event.updated_at;
    });
}

pub(super) fn deleted(changes: &mut Changes<'_>, envelope: &Envelope, event: &ExperimentDeleted) {
    modify!(changes, keys::experiment(event.experiment_id), Experiment, |it: &mut Experiment| {
        it.lifecycle = Lifecycle::deleted(envelope.seq, event.deleted_at);
        it.updated_at = event.deleted_at;
    });
}

pub(super) fn restored(changes: &mut Changes<'_>, envelope: &Envelope, event: &ExperimentRestored) {
    modify!(changes, keys::experiment(event.experiment_id), Experiment, |it: &mut Experiment| {
        it.lifecycle = Lifecycle::active(envelope.seq);
        it.updated_at = event.restored_at;
    });
}

pub(super) fn tag_set(changes: &mut Changes<'_>, event: &ExperimentTagSet) {
    modify!(changes, keys::experiment(event.experiment_id), Experiment, |it: &mut Experiment| {
        it.tags.insert(event.key.clone(), event.value.clone());
    });
}

pub(super) fn tag_deleted(changes: &mut Changes<'_>, event: &ExperimentTagDeleted) {
    modify!(changes, keys::experiment(event.experiment_id), Experiment, |it: &mut Experiment| {
        it.tags.shift_remove(&event.key);
    });
}

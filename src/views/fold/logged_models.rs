//! Logged models, without their metrics.

use super::{Changes, Value, keys, modify};
use crate::{
    domain::entity::{Lifecycle, LoggedModel},
    event::{
        Envelope, KeyValue, LoggedModelCreated, LoggedModelDeleted, LoggedModelFinalized,
        LoggedModelParamsLogged, LoggedModelTagDeleted, LoggedModelTagsSet,
    },
};

fn pairs(list: &[KeyValue]) -> impl Iterator<Item = (String, String)> + '_ {
    list.iter().map(|pair| (pair.key.clone(), pair.value.clone()))
}

pub(super) fn created(changes: &mut Changes<'_>, envelope: &Envelope, event: &LoggedModelCreated) {
    let model = LoggedModel {
        model_id: event.model_id.clone(),
        experiment_id: event.experiment_id,
        name: event.name.clone(),
        artifact_uri: event.artifact_uri.clone(),
        source_run_id: event.source_run_id.clone(),
        model_type: event.model_type.clone(),
        status: event.status,
        created_at: event.created_at,
        updated_at: event.created_at,
        lifecycle: Lifecycle::active(envelope.seq),
        params: pairs(&event.params).collect(),
        tags: pairs(&event.tags).collect(),
    };
    changes.put(keys::logged_model(&event.model_id), Value::LoggedModel(model.into()));
}

pub(super) fn finalized(changes: &mut Changes<'_>, event: &LoggedModelFinalized) {
    modify!(changes, keys::logged_model(&event.model_id), LoggedModel, |it: &mut LoggedModel| {
        it.status = event.status;
        it.updated_at = event.updated_at;
    });
}

pub(super) fn deleted(changes: &mut Changes<'_>, envelope: &Envelope, event: &LoggedModelDeleted) {
    modify!(changes, keys::logged_model(&event.model_id), LoggedModel, |it: &mut LoggedModel| {
        it.lifecycle = Lifecycle::deleted(envelope.seq, event.deleted_at);
        it.updated_at = event.deleted_at;
    });
}

pub(super) fn tags_set(changes: &mut Changes<'_>, event: &LoggedModelTagsSet) {
    modify!(changes, keys::logged_model(&event.model_id), LoggedModel, |it: &mut LoggedModel| {
        it.tags.extend(pairs(&event.tags));
    });
}

pub(super) fn tag_deleted(changes: &mut Changes<'_>, event: &LoggedModelTagDeleted) {
    modify!(changes, keys::logged_model(&event.model_id), LoggedModel, |it: &mut LoggedModel| {
        it.tags.remove(&event.key);
    });
}

pub(super) fn params_logged(changes: &mut Changes<'_>, event: &LoggedModelParamsLogged) {
    modify!(changes, keys::logged_model(&event.model_id), LoggedModel, |it: &mut LoggedModel| {
        it.params.extend(pairs(&event.params));
    });
}

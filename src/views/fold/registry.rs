//! Registered models, their versions, aliases and stage history.

use super::{super::lookup::counter, Changes, Value, keys, modify};
use crate::{
    domain::entity::{Lifecycle, ModelVersion, RegisteredModel, StageChange, TransitionRequest},
    event::{
        Envelope, ModelAliasDeleted, ModelAliasSet, ModelStageApprovalLifted,
        ModelStageApprovalRequired, ModelVersionCreated, ModelVersionDeleted,
        ModelVersionDescribed, ModelVersionStageChanged, ModelVersionTagDeleted,
        ModelVersionTagSet, ModelVersionTransitionApproved, ModelVersionTransitionRejected,
        ModelVersionTransitionRequested, RegisteredModelCreated, RegisteredModelDeleted,
        RegisteredModelDescribed, RegisteredModelRenamed, RegisteredModelTagDeleted,
        RegisteredModelTagSet, Stage,
    },
};

/// Changes a registered model in place.
macro_rules! model {
    ($changes:expr, $event:expr, $change:expr) => {
        modify!(
            $changes,
            keys::registered_model($event.registered_model_id),
            RegisteredModel,
            $change
        )
    };
}

/// Changes a model version in place.
macro_rules! version {
    ($changes:expr, $event:expr, $change:expr) => {
        modify!(
            $changes,
            keys::model_version($event.registered_model_id, $event.version),
            ModelVersion,
            $change
        )
    };
}

pub(super) fn model_created(
    changes: &mut Changes<'_>,
    envelope: &Envelope,
    event: &RegisteredModelCreated,
) {
    let id = event.registered_model_id;
    let model = RegisteredModel {
        registered_model_id: id,
        name: event.name.clone(),
        description: event.description.clone(),
        created_at: event.created_at,
        updated_at: event.created_at,
        lifecycle: Lifecycle::active(envelope.seq),
        last_version: 0,
        tags: event.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        aliases: std::collections::BTreeMap::new(),
        approvals: std::collections::BTreeSet::new(),
    };
    changes.put(keys::counter(counter::REGISTERED_MODEL), Value::Number(id));
    changes.put(keys::registered_model_name(&event.name), Value::Number(id));
    changes.put(keys::registered_model(id), Value::RegisteredModel(model.into()));
}

pub(super) fn model_renamed(changes: &mut Changes<'_>, event: &RegisteredModelRenamed) {
    changes.delete(keys::registered_model_name(&event.from));
    let former = keys::former_model_name(&event.from);
    changes.put(former, Value::Number(event.registered_model_id));
    changes.put(keys::registered_model_name(&event.to), Value::Number(event.registered_model_id));
    model!(changes, event, |it: &mut RegisteredModel| {
        it.name.clone_from(&event.to);
        it.updated_at = event.updated_at;
    });
    // A rename counts as a change of every version.
    for version in super::super::lookup::model_versions(changes, event.registered_model_id) {
        let key = keys::model_version(event.registered_model_id, version.version);
        modify!(changes, key, ModelVersion, |it: &mut ModelVersion| {
            it.updated_at = event.updated_at;
        });
    }
}

pub(super) fn model_described(changes: &mut Changes<'_>, event: &RegisteredModelDescribed) {
    model!(changes, event, |it: &mut RegisteredModel| {
        it.description.clone_from(&event.description);
        it.updated_at = event.updated_at;
    });
}

pub(super) fn model_deleted(
    changes: &mut Changes<'_>,
    envelope: &Envelope,
    event: &RegisteredModelDeleted,
) {
    changes.delete(keys::registered_model_name(&event.name));
    let deleted = Lifecycle::deleted(envelope.seq, event.deleted_at);
    model!(changes, event, |it: &mut RegisteredModel| it.lifecycle = deleted);
    for version in super::super::lookup::model_versions(changes, event.registered_model_id) {
        let key = keys::model_version(event.registered_model_id, version.version);
        modify!(changes, key, ModelVersion, |it: &mut ModelVersion| it.lifecycle = deleted);
    }
}

pub(super) fn model_tag_set(changes: &mut Changes<'_>, event: &RegisteredModelTagSet) {
    model!(changes, event, |it: &mut RegisteredModel| {
        it.tags.insert(event.key.clone(), event.value.clone());
    });
}

pub(super) fn model_tag_deleted(changes: &mut Changes<'_>, event: &RegisteredModelTagDeleted) {
    model!(changes, event, |it: &mut RegisteredModel| {
        it.tags.shift_remove(&event.key);
    });
}

pub(super) fn version_created(
    changes: &mut Changes<'_>,
    envelope: &Envelope,
    event: &ModelVersionCreated,
) {
    let version = ModelVersion {
        registered_model_id: event.registered_model_id,
        version: event.version,
        description: event.description.clone(),
        stage: Stage::None,
        source: event.source.clone(),
        storage_location: event.storage_location.clone(),
        run_id: event.run_id.clone(),
        run_link: event.run_link.clone(),
        model_id: event.model_id.clone(),
        created_at: event.created_at,
        updated_at: event.created_at,
        lifecycle: Lifecycle::active(envelope.seq),
        tags: event.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        request: None,
    };
    let key = keys::model_version(event.registered_model_id, event.version);
    changes.put(key, Value::ModelVersion(version.into()));
    model!(changes, event, |it: &mut RegisteredModel| {
        it.last_version = event.version;
        it.updated_at = event.created_at;
    });
}

pub(super) fn version_described(changes: &mut Changes<'_>, event: &ModelVersionDescribed) {
    version!(changes, event, |it: &mut ModelVersion| {
        it.description.clone_from(&event.description);
        it.updated_at = event.updated_at;
    });
}

pub(super) fn version_deleted(
    changes: &mut Changes<'_>,
    envelope: &Envelope,
    event: &ModelVersionDeleted,
) {
    version!(changes, event, |it: &mut ModelVersion| {
        it.lifecycle = Lifecycle::deleted(envelope.seq, event.deleted_at);
        it.updated_at = event.deleted_at;
    });
    model!(changes, event, |it: &mut RegisteredModel| {
        it.aliases.retain(|_, version| *version != event.version);
        it.updated_at = event.deleted_at;
    });
}

pub(super) fn version_tag_set(changes: &mut Changes<'_>, event: &ModelVersionTagSet) {
    version!(changes, event, |it: &mut ModelVersion| {
        it.tags.insert(event.key.clone(), event.value.clone());
    });
}

pub(super) fn version_tag_deleted(changes: &mut Changes<'_>, event: &ModelVersionTagDeleted) {
    version!(changes, event, |it: &mut ModelVersion| {
        it.tags.shift_remove(&event.key);
    });
}

pub(super) fn stage_changed(
    changes: &mut Changes<'_>,
    envelope: &Envelope,
    event: &ModelVersionStageChanged,
) {
    let mut requested_by = None;
    version!(changes, event, |it: &mut ModelVersion| {
        it.stage = event.to;
        it.updated_at = event.changed_at;
        // A move that was not asked for makes void what was.
        requested_by = it.request.take().filter(|it| it.approved).map(|it| it.actor);
    });
    model!(changes, event, |it: &mut RegisteredModel| it.updated_at = event.changed_at);
    let change = StageChange {
        seq: envelope.seq,
        registered_model_id: event.registered_model_id,
        version: event.version,
        from: event.from,
        to: event.to,
        changed_at: event.changed_at,
        actor: envelope.meta.actor.clone(),
        request_id: envelope.meta.request_id.clone(),
        client_address: envelope.meta.client_address.clone(),
        user_agent: envelope.meta.user_agent.clone(),
        comment: event.comment.clone(),
        displaced_by: event.displaced_by,
        requested_by,
    };
    let key = keys::stage_change(event.registered_model_id, event.version, envelope.seq.0);
    changes.put(key, Value::StageChange(change.into()));
}

pub(super) fn alias_set(changes: &mut Changes<'_>, event: &ModelAliasSet) {
    model!(changes, event, |it: &mut RegisteredModel| {
        it.aliases.insert(event.alias.clone(), event.version);
    });
}

pub(super) fn alias_deleted(changes: &mut Changes<'_>, event: &ModelAliasDeleted) {
    model!(changes, event, |it: &mut RegisteredModel| {
        it.aliases.remove(&event.alias);
    });
}

pub(super) fn approval_required(changes: &mut Changes<'_>, event: &ModelStageApprovalRequired) {
    model!(changes, event, |it: &mut RegisteredModel| {
        it.approvals.insert(event.stage);
    });
}

pub(super) fn approval_lifted(changes: &mut Changes<'_>, event: &ModelStageApprovalLifted) {
    model!(changes, event, |it: &mut RegisteredModel| {
        it.approvals.remove(&event.stage);
    });
}

pub(super) fn transition_requested(
    changes: &mut Changes<'_>,
    envelope: &Envelope,
    event: &ModelVersionTransitionRequested,
) {
    version!(changes, event, |it: &mut ModelVersion| {
        it.request = Some(TransitionRequest {
            seq: envelope.seq,
            from: event.from,
            to: event.to,
            archives: event.archives.clone(),
            comment: event.comment.clone(),
            actor: envelope.meta.actor.clone(),
            requested_at: event.requested_at,
            approved: false,
        });
    });
}

pub(super) fn transition_approved(
    changes: &mut Changes<'_>,
    event: &ModelVersionTransitionApproved,
) {
    version!(changes, event, |it: &mut ModelVersion| {
        if let Some(request) = &mut it.request {
            request.approved = true;
        }
    });
}

pub(super) fn transition_rejected(
    changes: &mut Changes<'_>,
    event: &ModelVersionTransitionRejected,
) {
    version!(changes, event, |it: &mut ModelVersion| it.request = None);
}

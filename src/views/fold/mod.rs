//! What each event does to the views. Total: no rules, no rejection, no clock. An event that names
//! something unknown changes nothing, so that every log folds.

#![deny(clippy::wildcard_enum_match_arm)] // a new kind of event must be folded, not passed over

mod experiments;
mod links;
mod logged_models;
mod registry;
mod runs;
mod series;
mod timeline;
mod webhooks;

use super::{
    keys::{self, Key},
    store::{Changes, Place, Read, Value},
};
use crate::event::{Envelope, Event};

/// Folds one event.
#[allow(clippy::too_many_lines, reason = "a table: one line a kind")]
pub fn fold(changes: &mut Changes<'_>, envelope: &Envelope) {
    timeline::record(changes, envelope);
    match &envelope.event {
        Event::ExperimentCreated(event) => experiments::created(changes, envelope, event),
        Event::ExperimentRenamed(event) => experiments::renamed(changes, event),
        Event::ExperimentDeleted(event) => experiments::deleted(changes, envelope, event),
        Event::ExperimentRestored(event) => experiments::restored(changes, envelope, event),
        Event::ExperimentTagSet(event) => experiments::tag_set(changes, event),
        Event::ExperimentTagDeleted(event) => experiments::tag_deleted(changes, event),
        Event::RunCreated(event) => {
            links::run_created(changes, event);
            runs::created(changes, envelope, event);
        }
        Event::RunUpdated(event) => runs::updated(changes, envelope, event),
        Event::RunDeleted(event) => runs::deleted(changes, envelope, event),
        Event::RunRestored(event) => runs::restored(changes, envelope, event),
        Event::ParamsLogged(event) => runs::params_logged(changes, envelope, event),
        Event::MetricsLogged(event) => series::metrics_logged(changes, envelope, event),
        Event::RunTagsSet(event) => {
            links::run_tags_set(changes, event);
            runs::tags_set(changes, envelope, event);
        }
        Event::RunTagDeleted(event) => {
            links::run_tag_deleted(changes, event);
            runs::tag_deleted(changes, event);
        }
        Event::InputsLogged(event) => {
            links::inputs_logged(changes, event);
            runs::inputs_logged(changes, envelope, event);
        }
        Event::OutputsLogged(event) => {
            links::outputs_logged(changes, event);
            runs::outputs_logged(changes, event);
        }
        Event::LoggedModelCreated(event) => {
            links::logged_model_created(changes, event);
            logged_models::created(changes, envelope, event);
        }
        Event::LoggedModelFinalized(event) => logged_models::finalized(changes, event),
        Event::LoggedModelDeleted(event) => logged_models::deleted(changes, envelope, event),
        Event::LoggedModelTagsSet(event) => logged_models::tags_set(changes, event),
        Event::LoggedModelTagDeleted(event) => logged_models::tag_deleted(changes, event),
        Event::LoggedModelParamsLogged(event) => logged_models::params_logged(changes, event),
        Event::RegisteredModelCreated(event) => registry::model_created(changes, envelope, event),
        Event::RegisteredModelRenamed(event) => registry::model_renamed(changes, event),
        Event::RegisteredModelDescribed(event) => registry::model_described(changes, event),
        Event::RegisteredModelDeleted(event) => registry::model_deleted(changes, envelope, event),
        Event::RegisteredModelTagSet(event) => registry::model_tag_set(changes, event),
        Event::RegisteredModelTagDeleted(event) => registry::model_tag_deleted(changes, event),
        Event::ModelVersionCreated(event) => {
            links::version_created(changes, event);
            registry::version_created(changes, envelope, event);
        }
        Event::ModelVersionDescribed(event) => registry::version_described(changes, event),
        Event::ModelVersionDeleted(event) => registry::version_deleted(changes, envelope, event),
        Event::ModelVersionTagSet(event) => registry::version_tag_set(changes, event),
        Event::ModelVersionTagDeleted(event) => registry::version_tag_deleted(changes, event),
        Event::ModelVersionStageChanged(event) => registry::stage_changed(changes, envelope, event),
        Event::ModelAliasSet(event) => registry::alias_set(changes, event),
        Event::ModelAliasDeleted(event) => registry::alias_deleted(changes, event),
        Event::ModelStageApprovalRequired(event) => registry::approval_required(changes, event),
        Event::ModelStageApprovalLifted(event) => registry::approval_lifted(changes, event),
        Event::ModelVersionTransitionRequested(event) => {
            registry::transition_requested(changes, envelope, event);
        }
        Event::ModelVersionTransitionApproved(event) => {
            registry::transition_approved(changes, event);
        }
        Event::ModelVersionTransitionRejected(event) => {
            registry::transition_rejected(changes, event);
        }
        Event::WebhookCreated(event) => webhooks::created(changes, envelope, event),
        Event::WebhookUpdated(event) => webhooks::updated(changes, event),
        Event::WebhookDeleted(event) => webhooks::deleted(changes, event),
        Event::WebhookDeliverySettled(event) => webhooks::settled(changes, event),
        Event::ArtifactStored(event) => artifact_stored(changes, envelope, event),
        Event::ArtifactDeleted(event) => artifact_deleted(changes, event),
        Event::EventRedacted(event) => redacted(changes, envelope, event),
        // It moved nothing; the timeline has it.
        Event::ModelVersionTransitionRefused(_)
        | Event::EventLost(_)
        | Event::LogRepaired(_)
        | Event::SigningKeyRotated(_)
        | Event::CheckpointGivenUp(_) => {}
    }
    webhooks::post(changes, envelope);
}

/// Changes an entity in place: takes it out, hands it over, puts it back.
macro_rules! modify {
    ($changes:expr, $key:expr, $variant:ident, $change:expr) => {{
        let key = $key;
        if let Some($crate::views::store::Value::$variant(mut entity)) = $changes.take(&key) {
            #[allow(clippy::redundant_closure_call, reason = "the closure names the entity")]
            ($change)(std::sync::Arc::make_mut(&mut entity));
            $changes.put(key, $crate::views::store::Value::$variant(entity));
        }
    }};
}
use modify;

fn artifact_stored(
    changes: &mut Changes<'_>,
    envelope: &Envelope,
    event: &crate::event::ArtifactStored,
) {
    let artifact = crate::domain::entity::Artifact {
        size: event.size,
        sha256: event.sha256,
        stored_at: envelope.recorded_at.0,
    };
    changes.put(keys::artifact(&event.path), Value::Artifact(artifact.into()));
}

/// Notes what is to be destroyed, if it is not yet.
fn redacted(changes: &mut Changes<'_>, envelope: &Envelope, event: &crate::event::EventRedacted) {
    let redaction = crate::domain::entity::Redaction {
        by: envelope.seq,
        sha256: event.sha256,
        substitute_len: u32::try_from(event.substitute.len()).unwrap_or(u32::MAX),
    };
    changes.put(keys::redaction(event.seq), Value::Redaction(redaction));
}

fn artifact_deleted(changes: &mut Changes<'_>, event: &crate::event::ArtifactDeleted) {
    let below = changes.prefix(&keys::artifacts_below(&event.path));
    let gone: Vec<Key> = below.into_iter().map(|(key, _)| key).collect();
    gone.into_iter().for_each(|key| changes.delete(key));
    if changes.get(&keys::artifact(&event.path)).is_some() {
        changes.delete(keys::artifact(&event.path));
    }
}

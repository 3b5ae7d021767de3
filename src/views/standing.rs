//! Whether an event has something to stand on: asked of events after a gap, where what they rest on
//! may be lost. [`super::fold`] never asks: in a log without gaps all of them have.

#![deny(clippy::wildcard_enum_match_arm)] // a new kind of event must say what it rests on

use super::{keys, lookup, store::Read};
use crate::event::{Event, ExperimentRenamed, RegisteredModelRenamed};

/// Whether all that `event` rests on is there: the entity that it changes, what a new one belongs to,
/// and that its name and number are free. Such an event folds as it once did, though on a state that
/// lacks what is lost.
pub fn stands(read: &dyn Read, event: &Event) -> bool {
    let experiment = |id| lookup::experiment(read, id).is_some();
    let run = |id: &str| lookup::run(read, id).is_some();
    let logged = |id: &str| lookup::logged_model(read, id).is_some();
    let model = |id| lookup::registered_model_by_id(read, id).is_some();
    let version = |id, number| lookup::model_version(read, id, number).is_some();
    let webhook = |id: &str| lookup::webhook(read, id).is_some();
    match event {
        Event::ExperimentCreated(it) => {
            !experiment(it.experiment_id) && lookup::experiment_id(read, &it.name).is_none()
        }
        Event::ExperimentRenamed(it) => experiment_can_be_renamed(read, it),
        Event::ExperimentDeleted(it) => experiment(it.experiment_id),
        Event::ExperimentRestored(it) => experiment(it.experiment_id),
        Event::ExperimentTagSet(it) => experiment(it.experiment_id),
        Event::ExperimentTagDeleted(it) => experiment(it.experiment_id),
        Event::RunCreated(it) => experiment(it.experiment_id) && !run(&it.run_id),
        Event::RunUpdated(it) => run(&it.run_id),
        Event::RunDeleted(it) => run(&it.run_id),
        Event::RunRestored(it) => run(&it.run_id),
        Event::ParamsLogged(it) => run(&it.run_id),
        Event::MetricsLogged(it) => run(&it.run_id),
        Event::RunTagsSet(it) => run(&it.run_id),
        Event::RunTagDeleted(it) => run(&it.run_id),
        Event::InputsLogged(it) => run(&it.run_id),
        Event::OutputsLogged(it) => run(&it.run_id),
        Event::LoggedModelCreated(it) => experiment(it.experiment_id) && !logged(&it.model_id),
        Event::LoggedModelFinalized(it) => logged(&it.model_id),
        Event::LoggedModelDeleted(it) => logged(&it.model_id),
        Event::LoggedModelTagsSet(it) => logged(&it.model_id),
        Event::LoggedModelTagDeleted(it) => logged(&it.model_id),
        Event::LoggedModelParamsLogged(it) => logged(&it.model_id),
        Event::RegisteredModelCreated(it) => {
            !model(it.registered_model_id) && lookup::registered_model(read, &it.name).is_none()
        }
        Event::RegisteredModelRenamed(it) => model_can_be_renamed(read, it),
        Event::RegisteredModelDescribed(it) => model(it.registered_model_id),
        Event::RegisteredModelDeleted(it) => model(it.registered_model_id),
        Event::RegisteredModelTagSet(it) => model(it.registered_model_id),
        Event::RegisteredModelTagDeleted(it) => model(it.registered_model_id),
        Event::ModelVersionCreated(it) => {
            let key = keys::model_version(it.registered_model_id, it.version);
            model(it.registered_model_id) && read.get(&key).is_none()
        }
        Event::ModelVersionDescribed(it) => version(it.registered_model_id, it.version),
        Event::ModelVersionDeleted(it) => version(it.registered_model_id, it.version),
        Event::ModelVersionTagSet(it) => version(it.registered_model_id, it.version),
        Event::ModelVersionTagDeleted(it) => version(it.registered_model_id, it.version),
        Event::ModelVersionStageChanged(it) => version(it.registered_model_id, it.version),
        Event::ModelVersionTransitionRefused(it) => version(it.registered_model_id, it.version),
        Event::ModelStageApprovalRequired(it) => model(it.registered_model_id),
        Event::ModelStageApprovalLifted(it) => model(it.registered_model_id),
        Event::ModelVersionTransitionRequested(it) => version(it.registered_model_id, it.version),
        Event::ModelVersionTransitionApproved(it) => version(it.registered_model_id, it.version),
        Event::ModelVersionTransitionRejected(it) => version(it.registered_model_id, it.version),
        Event::ModelAliasSet(it) => version(it.registered_model_id, it.version),
        Event::ModelAliasDeleted(it) => model(it.registered_model_id),
        Event::WebhookCreated(it) => !webhook(&it.webhook_id),
        Event::WebhookUpdated(it) => webhook(&it.webhook_id),
        Event::WebhookDeleted(it) => webhook(&it.webhook_id),
        // Folding them asks for nothing that may be lost.
        Event::WebhookDeliverySettled(_)
        | Event::ArtifactStored(_)
        | Event::ArtifactDeleted(_)
        | Event::EventLost(_)
        | Event::LogRepaired(_)
        | Event::SigningKeyRotated(_)
        | Event::CheckpointGivenUp(_)
        | Event::EventRedacted(_) => true,
    }
}

fn experiment_can_be_renamed(read: &dyn Read, event: &ExperimentRenamed) -> bool {
    let id = event.experiment_id;
    let holder = lookup::experiment_id(read, &event.to);
    lookup::experiment(read, id).is_some() && holder.is_none_or(|holder| holder == id)
}

fn model_can_be_renamed(read: &dyn Read, event: &RegisteredModelRenamed) -> bool {
    let id = event.registered_model_id;
    let holder = lookup::registered_model(read, &event.to);
    let holder = holder.map(|it| it.registered_model_id);
    lookup::registered_model_by_id(read, id).is_some() && holder.is_none_or(|holder| holder == id)
}

//! What an event sets and removes. A field is named as MLflow's API names it; what a key names stands behind the
//! collection's name: `tags.team`, `params.lr`, `versions.3.stage`.

use super::registry;
use crate::{
    domain::tag_names::RUN_NAME,
    event::{
        Event, ExperimentCreated, InputsLogged, KeyValue, LoggedModelCreated, OutputsLogged,
        RunCreated, RunUpdated, WebhookCreated, WebhookTrigger, WebhookUpdated,
    },
};

/// Fields with their values; `None`: the field is no more.
#[derive(Default)]
pub(super) struct Assigned(pub(super) Vec<(String, Option<String>)>);

impl Assigned {
    pub(super) fn set(&mut self, field: impl Into<String>, value: impl Into<String>) {
        self.0.push((field.into(), Some(value.into())));
    }

    pub(super) fn remove(&mut self, field: impl Into<String>) {
        self.0.push((field.into(), None));
    }

    /// Sets a field that may be absent.
    pub(super) fn set_or_remove(
        &mut self,
        field: impl Into<String>,
        value: Option<&impl ToString>,
    ) {
        self.0.push((field.into(), value.map(ToString::to_string)));
    }

    /// Sets a field, unless it stays.
    fn set_if(&mut self, field: &str, value: Option<&impl ToString>) {
        if let Some(value) = value {
            self.set(field, value.to_string());
        }
    }

    pub(super) fn pairs(&mut self, collection: &str, pairs: &[KeyValue]) {
        for pair in pairs {
            self.set(format!("{collection}.{}", pair.key), &pair.value);
        }
    }

    pub(super) fn lives(&mut self) {
        self.set("lifecycle_stage", "active");
    }

    pub(super) fn is_deleted(&mut self) {
        self.set("lifecycle_stage", "deleted");
    }
}

/// What an event sets and removes of its entity, but for the latest values of metrics, which depend on those
/// before. An experiment that is deleted takes its runs along; that is told of the experiment.
pub(super) fn assigned(event: &Event) -> Assigned {
    let mut all = Assigned::default();
    match event {
        Event::ExperimentCreated(it) => experiment_created(&mut all, it),
        Event::ExperimentRenamed(it) => all.set("name", &it.to),
        Event::ExperimentDeleted(_) | Event::RunDeleted(_) | Event::LoggedModelDeleted(_) => {
            all.is_deleted();
        }
        Event::ExperimentRestored(_) | Event::RunRestored(_) => all.lives(),
        Event::ExperimentTagSet(it) => all.set(format!("tags.{}", it.key), &it.value),
        Event::ExperimentTagDeleted(it) => all.remove(format!("tags.{}", it.key)),

        Event::RunCreated(it) => run_created(&mut all, it),
        Event::RunUpdated(it) => run_updated(&mut all, it),
        Event::ParamsLogged(it) => all.pairs("params", &it.params),
        Event::RunTagsSet(it) => {
            all.pairs("tags", &it.tags);
            let named = it.tags.iter().rfind(|tag| tag.key == RUN_NAME);
            all.set_if("name", named.map(|tag| &tag.value));
        }
        Event::RunTagDeleted(it) => all.remove(format!("tags.{}", it.key)),
        Event::InputsLogged(it) => inputs_logged(&mut all, it),
        Event::OutputsLogged(it) => outputs_logged(&mut all, it),

        Event::LoggedModelCreated(it) => logged_model_created(&mut all, it),
        Event::LoggedModelFinalized(it) => all.set("status", it.status.as_str()),
        Event::LoggedModelTagsSet(it) => all.pairs("tags", &it.tags),
        Event::LoggedModelTagDeleted(it) => all.remove(format!("tags.{}", it.key)),
        Event::LoggedModelParamsLogged(it) => all.pairs("params", &it.params),

        Event::WebhookCreated(it) => webhook_created(&mut all, it),
        Event::WebhookUpdated(it) => webhook_updated(&mut all, it),
        Event::WebhookDeleted(_) => all.is_deleted(),

        Event::ArtifactStored(it) => {
            all.set("size", it.size.to_string());
            all.set(
                "sha256",
                it.sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            );
        }
        Event::ArtifactDeleted(_) => {
            all.remove("size");
            all.remove("sha256");
        }

        Event::MetricsLogged(_)
        | Event::WebhookDeliverySettled(_)
        | Event::EventLost(_)
        | Event::LogRepaired(_)
        | Event::SigningKeyRotated(_)
        | Event::CheckpointGivenUp(_)
        | Event::EventRedacted(_) => {}

        of_registry => registry::assigned(&mut all, of_registry),
    }
    all
}

fn experiment_created(all: &mut Assigned, event: &ExperimentCreated) {
    all.set("name", &event.name);
    all.set("artifact_location", &event.artifact_location);
    all.lives();
    all.pairs("tags", &event.tags);
}

fn run_created(all: &mut Assigned, event: &RunCreated) {
    all.set("name", &event.name);
    all.set("experiment_id", event.experiment_id.to_string());
    all.set("user_id", &event.user_id);
    all.set("status", event.status.as_str());
    all.set("start_time", event.start_time.to_string());
    all.set("artifact_uri", &event.artifact_uri);
    all.lives();
    all.set(format!("tags.{RUN_NAME}"), &event.name);
    all.pairs("tags", &event.tags);
}

fn run_updated(all: &mut Assigned, event: &RunUpdated) {
    all.set_if("status", event.status.map(|status| status.as_str()).as_ref());
    all.set_if("end_time", event.end_time.as_ref());
    if let Some(name) = &event.name {
        all.set("name", name);
        all.set(format!("tags.{RUN_NAME}"), name);
    }
}

fn inputs_logged(all: &mut Assigned, event: &InputsLogged) {
    for dataset in &event.datasets {
        all.set(format!("inputs.datasets.{}@{}", dataset.name, dataset.digest), &dataset.source);
    }
    for model in &event.model_ids {
        all.set(format!("inputs.models.{model}"), "used");
    }
}

fn outputs_logged(all: &mut Assigned, event: &OutputsLogged) {
    for model in &event.models {
        all.set(format!("outputs.models.{}", model.model_id), format!("step {}", model.step));
    }
}

fn logged_model_created(all: &mut Assigned, event: &LoggedModelCreated) {
    all.set("name", &event.name);
    all.set("experiment_id", event.experiment_id.to_string());
    all.set("artifact_uri", &event.artifact_uri);
    all.set_if("source_run_id", event.source_run_id.as_ref());
    all.set_if("model_type", event.model_type.as_ref());
    all.set("status", event.status.as_str());
    all.lives();
    all.pairs("params", &event.params);
    all.pairs("tags", &event.tags);
}

fn webhook_created(all: &mut Assigned, event: &WebhookCreated) {
    all.set("name", &event.name);
    all.set("url", &event.url);
    all.set("events", words(&event.triggers));
    all.set_if("description", event.description.as_ref());
    all.set_if("secret", event.secret.as_ref());
    all.set("status", event.status.as_str());
    all.lives();
}

fn webhook_updated(all: &mut Assigned, event: &WebhookUpdated) {
    all.set_if("name", event.name.as_ref());
    all.set_if("url", event.url.as_ref());
    all.set_if("events", event.triggers.as_ref().map(|it| words(it)).as_ref());
    for (field, value) in [("description", &event.description), ("secret", &event.secret)] {
        if let Some(value) = value {
            all.set_or_remove(field, Some(value).filter(|it| !it.is_empty()));
        }
    }
    all.set_if("status", event.status.map(|status| status.as_str()).as_ref());
}

fn words(triggers: &[WebhookTrigger]) -> String {
    triggers.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")
}

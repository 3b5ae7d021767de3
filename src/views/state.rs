//! The views answer what deciding asks: the writer's changes first, then what is published.

use std::sync::Arc;

use super::{lookup, lookup::counter, store::Changes};
use crate::{
    base::Seq,
    domain::{
        State,
        entity::{
            Experiment, LoggedModel, ModelVersion, RegisteredModel, Run, Webhook, WebhookDelivery,
        },
    },
};

impl State for Changes<'_> {
    fn experiment(&self, id: u64) -> Option<Arc<Experiment>> {
        lookup::experiment(self, id)
    }

    fn experiment_id(&self, name: &str) -> Option<u64> {
        lookup::experiment_id(self, name)
    }

    fn next_experiment_id(&self) -> u64 {
        lookup::counter(self, counter::EXPERIMENT).map_or(0, |last| last + 1)
    }

    fn run(&self, run_id: &str) -> Option<Arc<Run>> {
        let mut run = lookup::run(self, run_id)?;
        let lifecycle = lookup::run_lifecycle(self, &run);
        if lifecycle != run.lifecycle {
            Arc::make_mut(&mut run).lifecycle = lifecycle;
        }
        Some(run)
    }

    fn run_param(&self, run_id: &str, key: &str) -> Option<Arc<str>> {
        lookup::run_param(self, run_id, key)
    }

    fn has_output(&self, run_id: &str, model_id: &str) -> bool {
        lookup::has_output(self, run_id, model_id)
    }

    fn run_tag(&self, run_id: &str, key: &str) -> Option<Arc<str>> {
        lookup::run_tag(self, run_id, key)
    }

    fn logged_model(&self, model_id: &str) -> Option<Arc<LoggedModel>> {
        lookup::logged_model(self, model_id)
    }

    fn registered_model(&self, name: &str) -> Option<Arc<RegisteredModel>> {
        lookup::registered_model(self, name)
    }

    fn next_registered_model_id(&self) -> u64 {
        lookup::counter(self, counter::REGISTERED_MODEL).map_or(1, |last| last + 1)
    }

    fn model_version(&self, registered_model_id: u64, version: u32) -> Option<Arc<ModelVersion>> {
        lookup::model_version(self, registered_model_id, version)
    }

    fn model_versions(&self, registered_model_id: u64) -> Vec<Arc<ModelVersion>> {
        lookup::model_versions(self, registered_model_id)
    }

    fn webhook(&self, webhook_id: &str) -> Option<Arc<Webhook>> {
        lookup::webhook(self, webhook_id)
    }

    fn delivery(&self, webhook_id: &str, about: Seq) -> Option<Arc<WebhookDelivery>> {
        lookup::delivery(self, webhook_id, about)
    }
}

//! The few questions that deciding may ask.

use std::sync::Arc;

use super::entity::{
    Experiment, LoggedModel, ModelVersion, RegisteredModel, Run, Webhook, WebhookDelivery,
};
use crate::base::Seq;

/// What is so at the moment of a decision, the earlier decisions of the same group included.
pub trait State {
    /// An experiment by id, deleted ones included.
    fn experiment(&self, id: u64) -> Option<Arc<Experiment>>;
    /// The id of the experiment of that name, deleted ones included.
    fn experiment_id(&self, name: &str) -> Option<u64>;
    /// The id that the next experiment gets.
    fn next_experiment_id(&self) -> u64;
    /// A run by id, deleted ones included, with the lifecycle that holds for it.
    fn run(&self, run_id: &str) -> Option<Arc<Run>>;
    /// The value of a run's parameter.
    fn run_param(&self, run_id: &str, key: &str) -> Option<Arc<str>>;
    /// The value of a run's tag.
    fn run_tag(&self, run_id: &str, key: &str) -> Option<Arc<str>>;
    /// Whether a logged model is noted as an output of a run.
    fn has_output(&self, run_id: &str, model_id: &str) -> bool;
    /// A logged model by id, deleted ones included.
    fn logged_model(&self, model_id: &str) -> Option<Arc<LoggedModel>>;
    /// A registered model by name, unless it is deleted.
    fn registered_model(&self, name: &str) -> Option<Arc<RegisteredModel>>;
    /// The number that the next registered model gets.
    fn next_registered_model_id(&self) -> u64;
    /// A version of a registered model, unless it is deleted.
    fn model_version(&self, registered_model_id: u64, version: u32) -> Option<Arc<ModelVersion>>;
    /// All versions of a registered model that are not deleted, ascending.
    fn model_versions(&self, registered_model_id: u64) -> Vec<Arc<ModelVersion>>;
    /// A webhook by id, unless it is deleted.
    fn webhook(&self, webhook_id: &str) -> Option<Arc<Webhook>>;
    /// The pending delivery to a webhook that tells of the event at `about`.
    fn delivery(&self, webhook_id: &str, about: Seq) -> Option<Arc<WebhookDelivery>>;
}

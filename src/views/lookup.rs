//! Typed reads of single entities, over whichever layers the caller sees.

use std::sync::Arc;

use super::{
    keys,
    store::{Place, Read, Value},
};
use crate::{
    base::Seq,
    domain::entity::{
        Artifact, Experiment, Lifecycle, LoggedModel, LoggedModelMetric, ModelVersion, Redaction,
        RegisteredModel, Run, Webhook, WebhookDelivery,
    },
};

/// Counters, by name; each holds the last number given.
pub mod counter {
    /// Experiment ids.
    pub const EXPERIMENT: &str = "experiment";
    /// Numbers of registered models.
    pub const REGISTERED_MODEL: &str = "registered_model";
}

/// Makes a typed getter: the value must be of the variant that its table holds.
macro_rules! typed {
    ($read:expr, $key:expr, $variant:ident) => {
        match $read.get(&$key) {
            Some(Value::$variant(value)) => Some(value),
            _ => None,
        }
    };
}

/// The last number that a counter gave.
pub fn counter(read: &dyn Read, name: &str) -> Option<u64> {
    typed!(read, keys::counter(name), Number)
}

/// The redacted events, each with its last redaction.
pub fn redactions(read: &dyn Read) -> Vec<(Seq, Redaction)> {
    let all = read.prefix(&[keys::table::REDACTION]).into_iter();
    all.filter_map(|(key, value)| match value {
        Value::Redaction(redaction) => Some((keys::redacted(&key)?, redaction)),
        _ => None,
    })
    .collect()
}

/// An experiment by id.
pub fn experiment(read: &dyn Read, id: u64) -> Option<Arc<Experiment>> {
    typed!(read, keys::experiment(id), Experiment)
}

/// The id of the experiment of that name.
pub fn experiment_id(read: &dyn Read, name: &str) -> Option<u64> {
    typed!(read, keys::experiment_name(name), Number)
}

/// A run by id.
pub fn run(read: &dyn Read, run_id: &str) -> Option<Arc<Run>> {
    typed!(read, keys::run(run_id), Run)
}

/// The lifecycle that holds for a run, its experiment's included.
pub fn run_lifecycle(read: &dyn Read, run: &Run) -> Lifecycle {
    match experiment(read, run.experiment_id) {
        Some(experiment) => run.lifecycle_within(&experiment.lifecycle),
        None => run.lifecycle,
    }
}

/// The value of a run's parameter.
pub fn run_param(read: &dyn Read, run_id: &str, key: &str) -> Option<Arc<str>> {
    text(read, &keys::run_part(run_id, keys::part::PARAM, key))
}

/// The value of a run's tag.
pub fn run_tag(read: &dyn Read, run_id: &str, key: &str) -> Option<Arc<str>> {
    text(read, &keys::run_part(run_id, keys::part::TAG, key))
}

fn text(read: &dyn Read, key: &[u8]) -> Option<Arc<str>> {
    match read.get(key) {
        Some(Value::Text(_, text)) => Some(text),
        _ => None,
    }
}

/// Whether a logged model is noted as an output of a run.
pub fn has_output(read: &dyn Read, run_id: &str, model_id: &str) -> bool {
    read.get(&keys::run_part(run_id, keys::part::MODEL_OUTPUT, model_id)).is_some()
}

/// A logged model by id.
pub fn logged_model(read: &dyn Read, model_id: &str) -> Option<Arc<LoggedModel>> {
    typed!(read, keys::logged_model(model_id), LoggedModel)
}

/// The metric points of a logged model, in the order of logging.
pub fn logged_model_metrics(read: &dyn Read, model_id: &str) -> Vec<Arc<LoggedModelMetric>> {
    let entries = read.prefix(&keys::logged_model_metrics(model_id)).into_iter();
    let metrics = entries.filter_map(|(_, value)| match value {
        Value::LoggedModelMetric(place, metric) => Some((place, metric)),
        _ => None,
    });
    in_order(metrics.collect())
}

/// A registered model by its number, deleted ones included.
pub fn registered_model_by_id(read: &dyn Read, id: u64) -> Option<Arc<RegisteredModel>> {
    typed!(read, keys::registered_model(id), RegisteredModel)
}

/// A registered model by the name it has now.
pub fn registered_model(read: &dyn Read, name: &str) -> Option<Arc<RegisteredModel>> {
    let id = typed!(read, keys::registered_model_name(name), Number)?;
    registered_model_by_id(read, id)
}

/// The registered model that was last to give up a name for another.
pub fn former_registered_model(read: &dyn Read, name: &str) -> Option<Arc<RegisteredModel>> {
    let id = typed!(read, keys::former_model_name(name), Number)?;
    registered_model_by_id(read, id)
}

/// A model version, unless it is deleted.
pub fn model_version(read: &dyn Read, id: u64, version: u32) -> Option<Arc<ModelVersion>> {
    typed!(read, keys::model_version(id, version), ModelVersion)
        .filter(|found| found.lifecycle.is_active())
}

/// The versions of a registered model that are not deleted, ascending.
pub fn model_versions(read: &dyn Read, id: u64) -> Vec<Arc<ModelVersion>> {
    let entries = read.prefix(&keys::model_versions(id)).into_iter();
    let versions = entries.filter_map(|(_, value)| match value {
        Value::ModelVersion(version) => Some(version),
        _ => None,
    });
    versions.filter(|version| version.lifecycle.is_active()).collect()
}

/// The highest version in each stage; the stages in the order in which versions first have them.
pub fn latest_versions(read: &dyn Read, id: u64) -> Vec<Arc<ModelVersion>> {
    let mut latest: Vec<Arc<ModelVersion>> = Vec::new();
    for version in model_versions(read, id) {
        match latest.iter_mut().find(|known| known.stage == version.stage) {
            Some(known) => *known = version,
            None => latest.push(version),
        }
    }
    latest
}

/// Parts of an entity in the order of their places.
pub fn in_order<T>(mut parts: Vec<(Place, T)>) -> Vec<T> {
    parts.sort_by_key(|(place, _)| *place);
    parts.into_iter().map(|(_, part)| part).collect()
}

/// A webhook by id, unless it is deleted.
pub fn webhook(read: &dyn Read, webhook_id: &str) -> Option<Arc<Webhook>> {
    typed!(read, keys::webhook(webhook_id), Webhook)
}

/// All webhooks, the latest first.
pub fn webhooks(read: &dyn Read) -> Vec<Arc<Webhook>> {
    let entries = read.prefix(&[keys::table::WEBHOOK]).into_iter();
    let webhooks = entries.filter_map(|(_, value)| match value {
        Value::Webhook(webhook) => Some(webhook),
        _ => None,
    });
    let mut webhooks: Vec<_> = webhooks.collect();
    webhooks.sort_unstable_by_key(|it| (std::cmp::Reverse(it.created_at), it.seq));
    webhooks
}

/// The pending delivery to a webhook that tells of the event at a position.
pub fn delivery(read: &dyn Read, webhook_id: &str, about: Seq) -> Option<Arc<WebhookDelivery>> {
    typed!(read, keys::delivery(webhook_id, about.0), Delivery)
}

/// The pending delivery to a webhook that is next.
pub fn next_delivery(read: &dyn Read, webhook_id: &str) -> Option<Arc<WebhookDelivery>> {
    let prefix = keys::outbox(webhook_id);
    let first = read.range(&prefix, keys::after_prefix(&prefix).as_deref(), 1);
    match first.into_iter().next() {
        Some((_, Value::Delivery(delivery))) => Some(delivery),
        _ => None,
    }
}

/// An artifact by path.
pub fn artifact(read: &dyn Read, path: &str) -> Option<Arc<Artifact>> {
    typed!(read, keys::artifact(path), Artifact)
}

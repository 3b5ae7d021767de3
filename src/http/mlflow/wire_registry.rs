//! Registered models, versions and logged models as MLflow's JSON (3.17's `model_registry.proto`
//! and `service.proto`).

use std::sync::Arc;

use serde_json::Value;

use super::{
    super::response::Object,
    wire::{metric, pairs},
};
use crate::domain::entity::{LoggedModel, LoggedModelMetric, ModelVersion, Point, RegisteredModel};

/// A registered model with its latest versions, which the caller has in order.
pub(super) fn registered_model(it: &RegisteredModel, latest: &[Arc<ModelVersion>]) -> Value {
    let aliases = it.aliases.iter().map(|(alias, version)| {
        Object::new().set("alias", alias.as_str()).set("version", version.to_string()).into()
    });
    Object::new()
        .set("name", it.name.as_str())
        .set("creation_timestamp", it.created_at)
        .set("last_updated_timestamp", it.updated_at)
        .set_some("description", it.description.as_deref().filter(|text| !text.is_empty()))
        .set_list("latest_versions", latest.iter().map(|found| version(it, found).into()).collect())
        .set_list("tags", pairs(&it.tags))
        .set_list("aliases", aliases.collect())
        .into()
}

/// A version without its aliases, which MLflow leaves out of lists.
pub(super) fn version(model: &RegisteredModel, it: &ModelVersion) -> Object {
    Object::new()
        .set("name", model.name.as_str())
        .set("version", it.version.to_string())
        .set("creation_timestamp", it.created_at)
        .set("last_updated_timestamp", it.updated_at)
        .set("current_stage", it.stage.as_str())
        .set_some("description", it.description.as_deref())
        .set("source", it.source.as_str())
        .set("run_id", it.run_id.as_deref().unwrap_or_default())
        .set("status", "READY")
        .set_list("tags", pairs(&it.tags))
        .set("run_link", it.run_link.as_deref().unwrap_or_default())
}

/// A version with its aliases.
pub(super) fn version_with_aliases(model: &RegisteredModel, it: &ModelVersion) -> Value {
    let aliases = model.aliases.iter().filter(|(_, version)| **version == it.version);
    let aliases = aliases.map(|(alias, _)| Value::from(alias.as_str())).collect();
    version(model, it).set_list("aliases", aliases).into()
}

/// A logged model with all its metrics.
pub(super) fn logged_model<'a>(
    it: &LoggedModel,
    metrics: impl IntoIterator<Item = &'a LoggedModelMetric>,
) -> Value {
    let info = Object::new()
        .set("model_id", it.model_id.as_str())
        .set("experiment_id", it.experiment_id.to_string())
        .set("name", it.name.as_str())
        .set("creation_timestamp_ms", it.created_at)
        .set("last_updated_timestamp_ms", it.updated_at)
        .set("artifact_uri", it.artifact_uri.as_str())
        .set("status", it.status.as_str())
        .set("model_type", it.model_type.as_deref().unwrap_or_default())
        .set("source_run_id", it.source_run_id.as_deref().unwrap_or_default())
        .set_list("tags", pairs(&it.tags));
    let metrics = metrics.into_iter().map(|metric| logged_metric(&it.model_id, metric)).collect();
    let data = Object::new().set_list("params", pairs(&it.params)).set_list("metrics", metrics);
    Object::new().set("info", info).set("data", data).into()
}

fn logged_metric(model_id: &str, it: &LoggedModelMetric) -> Value {
    // What MLflow keeps for a logged model has no NaN: it counts as 0.
    let point = Point { value: it.point.stored_value(), ..it.point };
    metric(&it.key, &point)
        .set_some("dataset_name", it.dataset_name.as_deref())
        .set_some("dataset_digest", it.dataset_digest.as_deref())
        .set("model_id", model_id)
        .set("run_id", it.run_id.as_str())
        .into()
}

//! Entities as MLflow's JSON (mlflow/protos/service.proto and model_registry.proto, 3.17).

use std::sync::Arc;

use serde_json::Value;

use super::super::response::{Object, float};
use crate::{
    domain::entity::{Experiment, KeyValues, Lifecycle, Point, Run},
    event::DatasetInput,
    views::{
        keys::{self, part},
        lookup,
        store::{Read, Value as Stored},
    },
};

/// `{"key", "value"}`.
pub(super) fn pair(key: &str, value: &str) -> Value {
    Object::new().set("key", key).set("value", value).into()
}

/// A list of `{"key", "value"}`.
pub(super) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<Value> {
    pairs.into_iter().map(|(key, value)| pair(key, value)).collect()
}

/// An experiment.
pub(super) fn experiment(it: &Experiment) -> Value {
    Object::new()
        .set("experiment_id", it.experiment_id.to_string())
        .set("name", it.name.as_str())
        .set("artifact_location", it.artifact_location.as_str())
        .set("lifecycle_stage", it.lifecycle.as_str())
        .set("last_update_time", it.updated_at)
        .set("creation_time", it.created_at)
        .set_list("tags", pairs(&it.tags))
        .set("workspace", "default")
        .into()
}

/// `RunInfo`, with the lifecycle that holds for the run.
pub(super) fn run_info(run: &Run, lifecycle: Lifecycle) -> Value {
    Object::new()
        .set("run_uuid", run.run_id.as_str())
        .set("experiment_id", run.experiment_id.to_string())
        .set("run_name", run.name.as_str())
        .set("user_id", run.user_id.as_str())
        .set("status", run.status.as_str())
        .set("start_time", run.start_time)
        .set_some("end_time", run.end_time.filter(|time| *time != 0))
        .set("artifact_uri", run.artifact_uri.as_str())
        .set("lifecycle_stage", lifecycle.as_str())
        .set("run_id", run.run_id.as_str())
        .into()
}

/// A metric point under its key.
pub(super) fn metric(key: &str, point: &Point) -> Object {
    Object::new()
        .set("key", key)
        .set("value", float(point.value))
        .set("timestamp", point.timestamp)
        .set("step", point.step)
}

/// The answer that a run is part of; MLflow leaves something out of two of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// All of it.
    Whole,
    /// As just created: without outputs.
    Created,
    /// As found by a search: without the models it used.
    Found,
}

/// A run with its latest metrics, parameters, tags, inputs and outputs, read in one go.
pub(super) fn run(read: &dyn Read, run_id: &str, shown: Shown) -> Option<Value> {
    let mut info: Option<Arc<Run>> = None;
    let (mut metrics, mut params, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    let (mut datasets, mut model_inputs, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    for (key, value) in read.prefix(&keys::run(run_id)) {
        let (_, kind, name) = keys::split_run(&key)?;
        match (kind, value) {
            (part::SELF, Stored::Run(run)) => info = Some(run),
            (part::METRIC, Stored::Point(place, point)) => {
                metrics.push((place, metric(name, &point).into()));
            }
            (part::PARAM, Stored::Text(place, text)) => params.push((place, pair(name, &text))),
            (part::TAG, Stored::Text(place, text)) => tags.push((place, pair(name, &text))),
            (part::DATASET, Stored::Dataset(place, dataset)) => {
                datasets.push((place, dataset_input(&dataset)));
            }
            (part::MODEL_INPUT, _) if shown == Shown::Found => {}
            (part::MODEL_INPUT, _) => model_inputs.push(Object::new().set("model_id", name).into()),
            (part::MODEL_OUTPUT, Stored::Step(step)) => {
                outputs.push(Object::new().set("model_id", name).set("step", step).into());
            }
            _ => {}
        }
    }
    let info = info?;
    let lifecycle = lookup::run_lifecycle(read, &info);
    let data = Object::new()
        .set_list("metrics", lookup::in_order(metrics))
        .set_list("params", lookup::in_order(params))
        .set_list("tags", lookup::in_order(tags));
    let inputs = Object::new()
        .set_list("dataset_inputs", lookup::in_order(datasets))
        .set_list("model_inputs", model_inputs);
    let outputs =
        (shown != Shown::Created).then(|| Object::new().set_list("model_outputs", outputs));
    let run = Object::new()
        .set("info", run_info(&info, lifecycle))
        .set("data", data)
        .set("inputs", inputs)
        .set_some("outputs", outputs);
    Some(run.into())
}

fn dataset_input(it: &DatasetInput) -> Value {
    let dataset = Object::new()
        .set("name", it.name.as_str())
        .set("digest", it.digest.as_str())
        .set("source_type", it.source_type.as_str())
        .set("source", it.source.as_str())
        .set_some("schema", it.schema.as_deref())
        .set_some("profile", it.profile.as_deref());
    let tags: KeyValues = it.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    Object::new().set_list("tags", pairs(&tags)).set("dataset", dataset).into()
}

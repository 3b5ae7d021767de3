//! What is known of a node.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value as Json;

use super::{
    answer::{
        CommitFacts, DatasetFacts, File, FileRole, LoggedModelFacts, Metric, NodeFacts, RunFacts,
        VersionFacts,
    },
    node::NodeId,
};
use crate::{
    artifacts::ArtifactUri,
    base::{TimestampMs, digest::Sha256Digest},
    domain::{
        entity::{self, ModelVersion, Point},
        tag_names::{GIT_BRANCH, GIT_REPOSITORY, SOURCE_NAME},
    },
    views::{
        keys::{self, Origin, part},
        lookup,
        store::{Read, Value},
    },
};

/// Files of a model that are told.
const FILES_MAX: usize = 1000;

pub(super) fn of(read: &dyn Read, id: &NodeId) -> NodeFacts {
    let known = match id {
        NodeId::Version(model, version) => of_version(read, *model, *version),
        NodeId::LoggedModel(id) => of_logged_model(read, id),
        NodeId::Run(id) => of_run(read, id),
        NodeId::Dataset { name, digest } => Some(of_dataset(read, name, digest)),
        NodeId::Commit(id) => Some(of_commit(read, id)),
    };
    known.unwrap_or(NodeFacts::Unknown {})
}

/// A version, deleted or not.
pub(super) fn version(read: &dyn Read, model: u64, version: u32) -> Option<Arc<ModelVersion>> {
    match read.get(&keys::model_version(model, version)) {
        Some(Value::ModelVersion(found)) => Some(found),
        _ => None,
    }
}

fn of_version(read: &dyn Read, id: u64, number: u32) -> Option<NodeFacts> {
    let model = lookup::registered_model_by_id(read, id)?;
    let found = version(read, id, number)?;
    let aliases = model.aliases.iter().filter(|(_, version)| **version == number);
    let logged = found.model_id.as_deref().and_then(|id| lookup::logged_model(read, id));
    let place = found.storage_location.as_deref().unwrap_or(&found.source);
    let place = logged.as_ref().map_or(place, |model| &model.artifact_uri);
    Some(NodeFacts::ModelVersion(VersionFacts {
        name: model.name.clone(),
        version: number,
        stage: found.stage,
        aliases: aliases.map(|(alias, _)| alias.clone()).collect(),
        description: found.description.clone(),
        source: found.source.clone(),
        created_at: found.created_at,
        created_at_time: TimestampMs(found.created_at).to_string(),
        deleted: !found.lifecycle.is_active(),
        tags: found.tags.clone().into_iter().collect(),
        files: files(read, place),
    }))
}

fn of_logged_model(read: &dyn Read, id: &str) -> Option<NodeFacts> {
    let found = lookup::logged_model(read, id)?;
    let metrics = lookup::logged_model_metrics(read, id);
    Some(NodeFacts::LoggedModel(LoggedModelFacts {
        name: found.name.clone(),
        experiment_id: found.experiment_id.to_string(),
        model_type: found.model_type.clone(),
        status: found.status.as_str().to_owned(),
        created_at: found.created_at,
        created_at_time: TimestampMs(found.created_at).to_string(),
        deleted: !found.lifecycle.is_active(),
        params: found.params.clone(),
        metrics: metrics.iter().map(|it| metric(&it.key, &it.point)).collect(),
        tags: found.tags.clone(),
        files: files(read, &found.artifact_uri),
    }))
}

fn of_run(read: &dyn Read, id: &str) -> Option<NodeFacts> {
    let found: Arc<entity::Run> = lookup::run(read, id)?;
    let (mut params, mut metrics, mut tags) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    for (key, value) in read.prefix(&keys::run(id)) {
        let Some((_, kind, name)) = keys::split_run(&key) else { continue };
        match (kind, value) {
            (part::PARAM, Value::Text(_, text)) => {
                params.insert(name.to_owned(), text.to_string());
            }
            (part::TAG, Value::Text(_, text)) => {
                tags.insert(name.to_owned(), text.to_string());
            }
            (part::METRIC, Value::Point(_, point)) => metrics.push(metric(name, &point)),
            _ => {}
        }
    }
    let experiment = lookup::experiment(read, found.experiment_id);
    let user = Some(found.user_id.clone()).filter(|user| !user.is_empty());
    Some(NodeFacts::Run(RunFacts {
        name: found.name.clone(),
        experiment_id: found.experiment_id.to_string(),
        experiment: experiment.map(|experiment| experiment.name.clone()),
        user: user.or_else(|| found.user_tag.clone()),
        status: found.status.as_str().to_owned(),
        start_time: found.start_time,
        end_time: found.end_time,
        deleted: !lookup::run_lifecycle(read, &found).is_active(),
        params,
        metrics,
        tags,
    }))
}

fn metric(key: &str, point: &Point) -> Metric {
    let value = match point.value {
        value if value.is_nan() => Json::from("NaN"),
        f64::INFINITY => Json::from("Infinity"),
        f64::NEG_INFINITY => Json::from("-Infinity"),
        value => Json::from(value),
    };
    Metric { key: key.to_owned(), value, timestamp: point.timestamp, step: point.step }
}

/// A dataset as the first run that links to it used it.
fn of_dataset(read: &dyn Read, name: &str, digest: &str) -> NodeFacts {
    let used = first_run(read, Origin::Dataset { digest, name })
        .and_then(|run| read.get(&keys::run_dataset(&run, name, digest)));
    let used = if let Some(Value::Dataset(_, used)) = used { Some(used) } else { None };
    NodeFacts::Dataset(DatasetFacts {
        name: name.to_owned(),
        digest: digest.to_owned(),
        source_type: used.as_ref().map(|it| it.source_type.clone()),
        source: used.as_ref().map(|it| it.source.clone()),
        schema: used.as_ref().and_then(|it| it.schema.clone()),
        profile: used.as_ref().and_then(|it| it.profile.clone()),
    })
}

/// A commit as the first run that links to it names it.
fn of_commit(read: &dyn Read, id: &str) -> NodeFacts {
    let run = first_run(read, Origin::Commit(id));
    let tag = |name: &str| {
        run.as_deref().and_then(|run| lookup::run_tag(read, run, name)).map(|text| text.to_string())
    };
    NodeFacts::Commit(CommitFacts {
        commit: id.to_owned(),
        repository: tag(GIT_REPOSITORY),
        branch: tag(GIT_BRANCH),
        entry_point: tag(SOURCE_NAME),
    })
}

fn first_run(read: &dyn Read, origin: Origin<'_>) -> Option<String> {
    let links = keys::links(origin);
    let (key, _) = read.range(&links, keys::after_prefix(&links).as_deref(), 1).pop()?;
    let (run, _, _) = keys::split_run(key.get(links.len()..)?)?;
    Some(run.to_owned())
}

/// The files recorded below a model's place, if that is in the artifact store of this server.
fn files(read: &dyn Read, uri: &str) -> Vec<File> {
    let Ok(ArtifactUri::Proxied(dir)) = ArtifactUri::parse(uri) else { return Vec::new() };
    let below = keys::artifacts_below(dir.as_str());
    let found = read.range(&below, keys::after_prefix(&below).as_deref(), FILES_MAX);
    let files = found.into_iter().filter_map(|(key, value)| {
        let Value::Artifact(file) = value else { return None };
        let path = String::from_utf8_lossy(key.get(below.len()..)?).into_owned();
        Some(File {
            role: role(&path),
            path,
            size: file.size,
            sha256: Sha256Digest(file.sha256).to_string(),
            stored_at: file.stored_at,
        })
    });
    files.collect()
}

/// By the names that MLflow gives to files at the root of a model (mlflow/models/model.py,
/// mlflow/utils/environment.py).
fn role(path: &str) -> FileRole {
    match path {
        "MLmodel" => FileRole::Model,
        "conda.yaml" | "python_env.yaml" | "requirements.txt" => FileRole::Environment,
        _ => FileRole::Data,
    }
}

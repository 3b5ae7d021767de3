//! What events add up to: the state of each kind of entity at one moment. Views keep these, `decide`
//! asks about them, the API shows them. All times are milliseconds since the Unix epoch.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    base::Seq,
    event::{LoggedModelStatus, RunStatus, Stage, WebhookStatus, WebhookTrigger},
};

/// Tags or parameters by key: what MLflow lists so.
pub type KeyValues = BTreeMap<String, String>;

/// Tags in the order in which they were first set, as MLflow lists most of them. To set one again
/// keeps its place; delete one with `shift_remove`, which keeps the order of the others.
pub type Tags = IndexMap<String, String>;

/// Whether an entity is deleted, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// Position of the event that decided it.
    pub seq: Seq,
    /// Time of deletion; `None` while active.
    pub deleted_at: Option<i64>,
}

impl Lifecycle {
    /// Active since `seq`.
    pub fn active(seq: Seq) -> Self {
        Self { seq, deleted_at: None }
    }

    /// Deleted at `time` by the event at `seq`.
    pub fn deleted(seq: Seq, time: i64) -> Self {
        Self { seq, deleted_at: Some(time) }
    }

    /// Whether it is not deleted.
    pub fn is_active(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// MLflow's word: `active` or `deleted`.
    pub fn as_str(&self) -> &'static str {
        if self.is_active() { "active" } else { "deleted" }
    }
}

/// An experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experiment {
    /// Its id.
    pub experiment_id: u64,
    /// Its name.
    pub name: String,
    /// Root of its artifacts.
    pub artifact_location: String,
    /// Whether it is deleted. Deleting or restoring it does the same to all runs it has then, so
    /// this is compared with each run's own lifecycle: the later one holds.
    pub lifecycle: Lifecycle,
    /// Creation time.
    pub created_at: i64,
    /// Time of the last rename, deletion or restoration.
    pub updated_at: i64,
    /// Tags.
    pub tags: Tags,
}

/// A run, without its metrics, parameters, tags, inputs and outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub run_id: String,
    /// The experiment it belongs to.
    pub experiment_id: u64,
    /// Its name.
    pub name: String,
    /// User as named in the request that created it.
    pub user_id: String,
    /// Its `mlflow.user` tag, kept here because it names the actor of the run's events.
    pub user_tag: Option<String>,
    /// Status.
    pub status: RunStatus,
    /// Start, as the client says.
    pub start_time: i64,
    /// End, as the client says.
    pub end_time: Option<i64>,
    /// Own lifecycle; see [`Run::lifecycle_within`].
    pub lifecycle: Lifecycle,
    /// Where its artifacts are.
    pub artifact_uri: String,
}

impl Run {
    /// The lifecycle that holds for it, given that of its experiment.
    pub fn lifecycle_within(&self, experiment: &Lifecycle) -> Lifecycle {
        if experiment.seq > self.lifecycle.seq { *experiment } else { self.lifecycle }
    }
}

/// One point of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Time, as the client says.
    pub timestamp: i64,
    /// Step.
    pub step: i64,
    /// Value; NaN and the infinities are values.
    pub value: f64,
}

impl Point {
    /// Value as MLflow's SQL store keeps it: NaN counts as 0, infinities as the largest finite number.
    pub fn stored_value(&self) -> f64 {
        if self.value.is_nan() { 0.0 } else { self.value.clamp(f64::MIN, f64::MAX) }
    }

    /// Order of MLflow's history: timestamp, step, value; a NaN comes after the 0 that it counts as.
    pub fn history_order(&self, other: &Point) -> Ordering {
        let by_place = (self.timestamp, self.step).cmp(&(other.timestamp, other.step));
        by_place.then_with(|| {
            let by_value = self.stored_value().partial_cmp(&other.stored_value());
            let by_value = by_value.unwrap_or(Ordering::Equal); // stored values are never NaN
            by_value.then(self.value.is_nan().cmp(&other.value.is_nan()))
        })
    }

    /// Order in which MLflow decides which point is the latest: step, timestamp, value.
    pub fn is_later_than(&self, other: &Point) -> bool {
        (self.step, self.timestamp, self.stored_value())
            > (other.step, other.timestamp, other.stored_value())
    }
}

/// A logged model, without its metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModel {
    /// Its id.
    pub model_id: String,
    /// The experiment it belongs to.
    pub experiment_id: u64,
    /// Its name.
    pub name: String,
    /// Where its files are.
    pub artifact_uri: String,
    /// The run that made it.
    pub source_run_id: Option<String>,
    /// Type, as the client says.
    pub model_type: Option<String>,
    /// Status.
    pub status: LoggedModelStatus,
    /// Creation time.
    pub created_at: i64,
    /// Time of the last change of status, or of deletion.
    pub updated_at: i64,
    /// Whether it is deleted.
    pub lifecycle: Lifecycle,
    /// Parameters.
    pub params: KeyValues,
    /// Tags.
    pub tags: KeyValues,
}

/// A point of a metric of a logged model, from one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoggedModelMetric {
    /// Metric key.
    pub key: String,
    /// The run that measured it.
    pub run_id: String,
    /// Name of the dataset, if named.
    pub dataset_name: Option<String>,
    /// Digest of the dataset, if named.
    pub dataset_digest: Option<String>,
    /// The point.
    pub point: Point,
}

/// A registered model, without its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModel {
    /// Its number, which never changes.
    pub registered_model_id: u64,
    /// Its name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Creation time.
    pub created_at: i64,
    /// Time of the last change to it or one of its versions, as MLflow counts changes.
    pub updated_at: i64,
    /// Whether it is deleted.
    pub lifecycle: Lifecycle,
    /// The highest version ever given.
    pub last_version: u32,
    /// Tags.
    pub tags: Tags,
    /// Aliases and the versions they name.
    pub aliases: BTreeMap<String, u32>,
    /// Stages into which versions move only with the approval of a second person.
    pub approvals: BTreeSet<Stage>,
}

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// Number of its model.
    pub registered_model_id: u64,
    /// Version: 1, 2, ...
    pub version: u32,
    /// Description.
    pub description: Option<String>,
    /// Stage.
    pub stage: Stage,
    /// Where its files were when it was registered.
    pub source: String,
    /// Where its files can be read, if that is elsewhere.
    pub storage_location: Option<String>,
    /// The run that made it.
    pub run_id: Option<String>,
    /// Link to that run.
    pub run_link: Option<String>,
    /// The logged model it is.
    pub model_id: Option<String>,
    /// Creation time.
    pub created_at: i64,
    /// Time of the last change, as MLflow counts changes.
    pub updated_at: i64,
    /// Whether it is deleted.
    pub lifecycle: Lifecycle,
    /// Tags.
    pub tags: Tags,
    /// What waits for an approval.
    pub request: Option<TransitionRequest>,
}

/// A move of a version that waits for the approval of a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionRequest {
    /// Position of the event.
    pub seq: Seq,
    /// Stage of the version.
    pub from: Stage,
    /// The stage that it is to move to.
    pub to: Stage,
    /// The versions that are to be archived to make room, ascending.
    pub archives: Vec<u32>,
    /// Why, in the words of who asked.
    pub comment: Option<String>,
    /// Who asked.
    pub actor: String,
    /// When, by the server's clock.
    pub requested_at: i64,
    /// It is approved: the moves that follow are its own.
    pub approved: bool,
}

/// One step in the stage history of a model version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageChange {
    /// Position of the event.
    pub seq: Seq,
    /// Number of the model.
    pub registered_model_id: u64,
    /// The version that moved.
    pub version: u32,
    /// Stage before.
    pub from: Stage,
    /// Stage after.
    pub to: Stage,
    /// When, by the server's clock.
    pub changed_at: i64,
    /// Who.
    pub actor: String,
    /// Under which request.
    pub request_id: String,
    /// Network address of the client.
    pub client_address: String,
    /// Its `User-Agent`.
    pub user_agent: String,
    /// Why, in the words of who did it.
    pub comment: Option<String>,
    /// The version that took its place, when it was archived to make room.
    pub displaced_by: Option<u32>,
    /// Who asked for it, if it needed an approval; the actor approved.
    pub requested_by: Option<String>,
}

/// That the payload of an event is destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// The event that says so.
    pub by: Seq,
    /// SHA-256 of the payload.
    pub sha256: [u8; 32],
    /// Bytes of what stands for it, at the end of the payload of `by`.
    pub substitute_len: u32,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub webhook_id: String,
    /// Position of the event that made it.
    pub seq: Seq,
    /// Its name.
    pub name: String,
    /// Where deliveries go.
    pub url: String,
    /// What it is told of, ascending.
    pub triggers: Vec<WebhookTrigger>,
    /// Description.
    pub description: Option<String>,
    /// The secret that signs its deliveries, as a Fernet token.
    pub secret: Option<String>,
    /// Whether it is told anything.
    pub status: WebhookStatus,
    /// Creation time.
    pub created_at: i64,
    /// Time of the last change.
    pub updated_at: i64,
}

/// Something that a webhook is to be told and has not been told yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDelivery {
    /// The webhook.
    pub webhook_id: String,
    /// Position of the event that it tells of.
    pub about: Seq,
    /// As what it tells of it.
    pub trigger: WebhookTrigger,
    /// The name that the registered model had then.
    pub model: String,
}

/// A file that passed through the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// When it was stored.
    pub stored_at: i64,
}

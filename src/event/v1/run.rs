//! What happens to runs. All times are milliseconds since the Unix epoch.

use serde::{Deserialize, Serialize};

use super::{super::code::RunStatus, KeyValue};

/// A run came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCreated {
    /// Its id.
    pub run_id: String,
    /// The experiment it belongs to.
    pub experiment_id: u64,
    /// Its name; also its `mlflow.runName` tag.
    pub name: String,
    /// User as the client named it in the request; empty if it did not.
    pub user_id: String,
    /// Status at creation.
    pub status: RunStatus,
    /// Start, as the client says.
    pub start_time: i64,
    /// Where its artifacts go.
    pub artifact_uri: String,
    /// Tags it was created with; its name is among them if the client set it so.
    pub tags: Vec<KeyValue>,
}

/// A run's status, end or name changed; what is `None` stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunUpdated {
    /// Which one.
    pub run_id: String,
    /// New status.
    pub status: Option<RunStatus>,
    /// New end, as the client says.
    pub end_time: Option<i64>,
    /// New name; also its `mlflow.runName` tag.
    pub name: Option<String>,
}

/// A run was deleted (it stays readable).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDeleted {
    /// Which one.
    pub run_id: String,
    /// Time of the change.
    pub deleted_at: i64,
}

/// A deleted run was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRestored {
    /// Which one.
    pub run_id: String,
}

/// Parameters were set for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParamsLogged {
    /// Of which run.
    pub run_id: String,
    /// The new parameters; none of them was set before.
    pub params: Vec<KeyValue>,
}

/// Metric points were logged. A point that repeats an earlier one to the bit adds nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricsLogged {
    /// By which run.
    pub run_id: String,
    /// The points, by series; a series may come more than once.
    pub series: Vec<SeriesPoints>,
}

/// Points of one metric in one call, as columns of equal length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesPoints {
    /// Metric key.
    pub key: String,
    /// Logged model that the points measure, if named.
    pub model_id: Option<String>,
    /// Name of the dataset they were measured on, if named.
    pub dataset_name: Option<String>,
    /// Digest of that dataset, if named.
    pub dataset_digest: Option<String>,
    /// Times, as the client says.
    pub timestamps: Vec<i64>,
    /// Steps.
    pub steps: Vec<i64>,
    /// Values; NaN and the infinities are values.
    #[serde(serialize_with = "crate::event::readable::floats")]
    pub values: Vec<f64>,
}

/// Tags of a run got values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTagsSet {
    /// Of which run.
    pub run_id: String,
    /// Keys and new values.
    pub tags: Vec<KeyValue>,
}

/// A tag of a run was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTagDeleted {
    /// Of which run.
    pub run_id: String,
    /// Tag key.
    pub key: String,
}

/// A run used datasets or models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputsLogged {
    /// Which run.
    pub run_id: String,
    /// Datasets it read.
    pub datasets: Vec<DatasetInput>,
    /// Ids of logged models it used.
    pub model_ids: Vec<String>,
}

/// A dataset as a run used it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInput {
    /// Name.
    pub name: String,
    /// Digest; with the name, the dataset's identity inside an experiment.
    pub digest: String,
    /// Kind of source.
    pub source_type: String,
    /// Source, as JSON that the client made.
    pub source: String,
    /// Schema, as JSON that the client made.
    pub schema: Option<String>,
    /// Profile, as JSON that the client made.
    pub profile: Option<String>,
    /// Tags of this use, such as its context.
    pub tags: Vec<KeyValue>,
}

/// A run produced logged models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputsLogged {
    /// Which run.
    pub run_id: String,
    /// The models.
    pub models: Vec<ModelOutput>,
}

/// A logged model that a run produced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOutput {
    /// Its id.
    pub model_id: String,
    /// Step at which the run produced it.
    pub step: i64,
}

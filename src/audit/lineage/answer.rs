//! The graph as it is answered: nodes with what is known of them, and edges from a cause to what came of it.

use std::{collections::BTreeMap, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{base::Seq, event::Stage};

/// Where something came from, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Lineage {
    /// The last event that the answer knows.
    pub seq: Seq,
    /// Ids of the nodes that were asked about: one, or all datasets with a digest.
    pub of: Vec<String>,
    /// The entities, in the order in which they were met.
    pub nodes: Vec<LineageNode>,
    /// What came of what; both ends are among the nodes.
    pub edges: Vec<Edge>,
    /// Whether there is more than was asked for.
    pub truncated: bool,
}

/// An entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LineageNode {
    /// Its name in this graph, which outlives renames: `version:<model number>/<version>`,
    /// `logged-model:<id>`, `run:<id>`, `dataset:<name>@<digest>`, `commit:<id>`.
    pub id: String,
    /// What is known of it.
    #[serde(flatten)]
    pub facts: NodeFacts,
}

/// What is known of an entity, by its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NodeFacts {
    /// A version of a registered model.
    ModelVersion(VersionFacts),
    /// A logged model.
    LoggedModel(LoggedModelFacts),
    /// A run.
    Run(RunFacts),
    /// A dataset that a run read.
    Dataset(DatasetFacts),
    /// The code that a run ran.
    Commit(CommitFacts),
    /// Something that is named as an origin, and that this server knows nothing of.
    Unknown {},
}

/// A version of a registered model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VersionFacts {
    /// Name of the model.
    pub name: String,
    /// Version.
    pub version: u32,
    /// Stage.
    pub stage: Stage,
    /// Aliases that name it.
    pub aliases: Vec<String>,
    /// Description.
    pub description: Option<String>,
    /// Where its files were when it was registered.
    pub source: String,
    /// Creation time, in milliseconds since the Unix epoch.
    pub created_at: i64,
    /// The same in RFC 3339, UTC.
    pub created_at_time: String,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Its files, as far as they passed through this server.
    pub files: Vec<File>,
}

/// A logged model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LoggedModelFacts {
    /// Its name.
    pub name: String,
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// Type, as the client says.
    pub model_type: Option<String>,
    /// Status, in MLflow's words.
    pub status: String,
    /// Creation time, in milliseconds since the Unix epoch.
    pub created_at: i64,
    /// The same in RFC 3339, UTC.
    pub created_at_time: String,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Parameters.
    pub params: BTreeMap<String, String>,
    /// Metrics that were measured on it.
    pub metrics: Vec<Metric>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Its files, as far as they passed through this server.
    pub files: Vec<File>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunFacts {
    /// Its name.
    pub name: String,
    /// The experiment it belongs to.
    pub experiment_id: String,
    /// Name of that experiment.
    pub experiment: Option<String>,
    /// The user who started it, as the client says.
    pub user: Option<String>,
    /// Status, in MLflow's words.
    pub status: String,
    /// Start, as the client says, in milliseconds since the Unix epoch.
    pub start_time: i64,
    /// End, as the client says.
    pub end_time: Option<i64>,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Parameters.
    pub params: BTreeMap<String, String>,
    /// The latest point of each metric.
    pub metrics: Vec<Metric>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The latest point of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metric {
    /// Its key.
    pub key: String,
    /// Its value: a number, or `"NaN"`, `"Infinity"`, `"-Infinity"`.
    pub value: Value,
    /// Time, as the client says.
    pub timestamp: i64,
    /// Step.
    pub step: i64,
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DatasetFacts {
    /// Its name.
    pub name: String,
    /// Its digest, as the client computed it.
    pub digest: String,
    /// Kind of source.
    pub source_type: Option<String>,
    /// Source, as JSON that the client made.
    pub source: Option<String>,
    /// Schema, as JSON that the client made.
    pub schema: Option<String>,
    /// Profile, as JSON that the client made.
    pub profile: Option<String>,
}

/// Code under version control, as the tags of a run name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommitFacts {
    /// Id of the commit.
    pub commit: String,
    /// The repository.
    pub repository: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The program or notebook that ran.
    pub entry_point: Option<String>,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct File {
    /// Path below the model's directory.
    pub path: String,
    /// What it is for.
    pub role: FileRole,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// When it was stored, in milliseconds since the Unix epoch.
    pub stored_at: i64,
}

/// What a file of a model is for, by the name that MLflow gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileRole {
    /// `MLmodel`: how the model is loaded.
    Model,
    /// What it needs to run: `conda.yaml`, `python_env.yaml`, `requirements.txt`.
    Environment,
    /// Anything else.
    Data,
}

/// That something came of something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Edge {
    /// Id of the cause.
    pub from: String,
    /// Id of what came of it.
    pub to: String,
    /// In which way.
    pub relation: Relation,
}

/// How one entity came of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// A run read a dataset or used a logged model.
    InputOf,
    /// A run ran a commit.
    CodeOf,
    /// A run is nested in another.
    ParentOf,
    /// A run made a logged model.
    Produced,
    /// A run's or a logged model's files are a version.
    RegisteredAs,
    /// A version's files are another version.
    CopiedTo,
}

impl Relation {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InputOf => "input_of",
            Self::CodeOf => "code_of",
            Self::ParentOf => "parent_of",
            Self::Produced => "produced",
            Self::RegisteredAs => "registered_as",
            Self::CopiedTo => "copied_to",
        }
    }
}

/// In which direction to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Where it came from.
    Upstream,
    /// What came of it.
    Downstream,
    /// Both.
    Both,
}

impl Direction {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Downstream => "downstream",
            Self::Both => "both",
        }
    }
}

impl FromStr for Direction {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, &'static str> {
        let all = [Self::Upstream, Self::Downstream, Self::Both];
        let found = all.into_iter().find(|direction| direction.as_str() == word);
        found.ok_or("write upstream, downstream or both")
    }
}

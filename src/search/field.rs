//! What can be searched: the five kinds of entity and the fields a clause may name.
//!
//! Knows nothing of syntax; names here are canonical, after MLflow's aliases are resolved.

/// A kind of entity that can be searched. Each has its own dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entity {
    /// `experiments/search`.
    Experiments,
    /// `runs/search`.
    Runs,
    /// `logged-models/search`.
    LoggedModels,
    /// `registered-models/search`.
    RegisteredModels,
    /// `model-versions/search`.
    ModelVersions,
}

/// The left side of a comparison, or the field of an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// A column of the entity itself.
    Attribute(Attribute),
    /// The latest value of a metric (runs); any value of it (logged models).
    Metric(String),
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
    /// A column of any of the run's datasets.
    Dataset(DatasetKey),
}

impl Field {
    /// The key as MLflow's parser reports it, without its kind.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Attribute(attribute) => attribute.name(),
            Self::Metric(key) | Self::Param(key) | Self::Tag(key) => key,
            Self::Dataset(key) => key.name(),
        }
    }
}

/// A column of a run's dataset input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatasetKey {
    /// The dataset's name.
    Name,
    /// The dataset's digest.
    Digest,
    /// The input's tag `mlflow.data.context`.
    Context,
}

impl DatasetKey {
    /// MLflow's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Digest => "digest",
            Self::Context => "context",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Name, Self::Digest, Self::Context].into_iter().find(|key| key.name() == name)
    }
}

macro_rules! attributes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A column of an entity. One list for all kinds; which kind has which is MLflow's table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Attribute { $($(#[$doc])* $variant,)* }

        impl Attribute {
            /// The canonical name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The attribute of that canonical name.
            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

attributes! {
    /// Run: where its artifacts are. Text.
    ArtifactUri = "artifact_uri",
    /// Run: when it ended, milliseconds. May be missing.
    EndTime = "end_time",
    /// Run, model version: the run's id. Text.
    RunId = "run_id",
    /// Run: its name. Filtered on the tag `mlflow.runName`, ordered by the column.
    RunName = "run_name",
    /// Run: when it started, milliseconds.
    StartTime = "start_time",
    /// Run: `RUNNING`, `FINISHED`, ... Logged model: MLflow compares the number 0 to 3 as text.
    Status = "status",
    /// Run: who made it. Text.
    UserId = "user_id",
    /// Experiment, logged model, registered model, model version: the name. Text.
    Name = "name",
    /// Experiment, logged model: the experiment's id, filtered as text and ordered as a number.
    ExperimentId = "experiment_id",
    /// Experiment: milliseconds.
    CreationTime = "creation_time",
    /// Experiment: milliseconds.
    LastUpdateTime = "last_update_time",
    /// Logged model, model version: milliseconds.
    CreationTimestamp = "creation_timestamp",
    /// Logged model, registered model, model version: milliseconds.
    LastUpdatedTimestamp = "last_updated_timestamp",
    /// Logged model: its id. Text.
    ModelId = "model_id",
    /// Logged model: text, may be missing.
    ModelType = "model_type",
    /// Logged model: the run that made it. Text, may be missing.
    SourceRunId = "source_run_id",
    /// Logged model: text.
    ArtifactLocation = "artifact_location",
    /// Logged model: text.
    LifecycleStage = "lifecycle_stage",
    /// Logged model: text, may be missing.
    StatusMessage = "status_message",
    /// Model version: the version. A number.
    VersionNumber = "version_number",
    /// Model version: where it came from. Text.
    SourcePath = "source_path",
}

//! The values that views keep.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::packed;
use crate::{
    domain::entity::{
        Artifact, Experiment, LoggedModel, LoggedModelMetric, ModelVersion, Point, RegisteredModel,
        Run, StageChange,
    },
    event::{
        DatasetInput,
        codec::{self, DecodeError},
    },
};

/// A value in the view store. Cheap to clone.
///
/// The order of the variants is the number in the cache on disk; changing anything here means a
/// new [`super::super::SCHEMA_VERSION`], upon which the cache is rebuilt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A counter or an id.
    Number(u64),
    /// A parameter or tag value.
    Text(Arc<str>),
    /// A metric point: the latest of its series.
    Point(Point),
    /// Points of a series in the order of its history.
    #[serde(with = "packed::points")]
    Points(Arc<Vec<Point>>),
    /// Positions in the log, ascending.
    #[serde(with = "packed::positions")]
    Positions(Arc<Vec<u64>>),
    /// An experiment.
    Experiment(Arc<Experiment>),
    /// A run.
    Run(Arc<Run>),
    /// A dataset as a run used it.
    Dataset(Arc<DatasetInput>),
    /// A logged model.
    LoggedModel(Arc<LoggedModel>),
    /// A point of a logged model's metric.
    LoggedModelMetric(Arc<LoggedModelMetric>),
    /// A registered model.
    RegisteredModel(Arc<RegisteredModel>),
    /// A model version.
    ModelVersion(Arc<ModelVersion>),
    /// A stage change.
    StageChange(Arc<StageChange>),
    /// An artifact.
    Artifact(Arc<Artifact>),
    /// A step of a run, at which it produced a model.
    Step(i64),
}

impl Value {
    /// Its bytes in the cache.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The value that bytes from the cache spell.
    pub fn decode(bytes: &[u8]) -> Result<Value, DecodeError> {
        codec::decode(bytes)
    }
}

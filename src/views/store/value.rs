//! The values that views keep.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::packed;
use crate::{
    base::Seq,
    domain::entity::{
        Artifact, Experiment, LoggedModel, LoggedModelMetric, ModelVersion, Point, Redaction,
        RegisteredModel, Run, StageChange, Webhook, WebhookDelivery,
    },
    event::{
        DatasetInput,
        codec::{self, DecodeError},
    },
};

/// Where a part of an entity stands among its like, in the order in which they were first put
/// there: by event, then inside the event. Deleted and put there again, it stands last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Position of the event.
    pub seq: Seq,
    /// Number inside the event, from 0.
    pub index: u32,
}

impl Place {
    /// The places that the parts of one event take.
    pub fn of_event(seq: Seq) -> impl Iterator<Item = Place> {
        (0..).map(move |index| Place { seq, index })
    }
}

/// What a document takes in memory beyond its encoding: fields, maps, allocations.
const DOCUMENT_BYTES: usize = 512;

/// A value in the view store. Cheap to clone.
///
/// The order of the variants is the number in the cache on disk; changing anything here means a
/// new [`super::super::SCHEMA_VERSION`], upon which the cache is rebuilt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A counter or an id.
    Number(u64),
    /// A parameter or tag value.
    Text(Place, Arc<str>),
    /// A metric point: the latest of its series, which stands where its first point came.
    Point(Place, Point),
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
    Dataset(Place, Arc<DatasetInput>),
    /// A logged model.
    LoggedModel(Arc<LoggedModel>),
    /// A point of a logged model's metric.
    LoggedModelMetric(Place, Arc<LoggedModelMetric>),
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
    /// A webhook.
    Webhook(Arc<Webhook>),
    /// A pending delivery.
    Delivery(Arc<WebhookDelivery>),
    /// The redaction of an event.
    Redaction(Redaction),
}

impl Value {
    /// What it points to in memory, in bytes, about.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::Number(_) | Self::Point(..) | Self::Step(_) | Self::Redaction(_) => 0,
            Self::Text(_, text) => text.len(),
            Self::Points(points) => size_of_val(points.as_slice()),
            Self::Positions(positions) => size_of_val(positions.as_slice()),
            document => DOCUMENT_BYTES + codec::encoded_len(document),
        }
    }

    /// Its bytes in the cache.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// The value that bytes from the cache spell.
    pub fn decode(bytes: &[u8]) -> Result<Value, DecodeError> {
        codec::decode(bytes)
    }
}

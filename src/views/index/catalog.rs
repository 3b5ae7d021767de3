//! Experiments, logged models, registered models and versions: few enough to be kept whole.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::super::store::Value;
use crate::domain::entity::{Experiment, LoggedModel, ModelVersion, RegisteredModel};

/// Everything that is searched but runs; deleted entities included.
#[derive(Default)]
pub struct Catalog {
    /// Experiments by id.
    pub experiments: BTreeMap<u64, Arc<Experiment>>,
    /// Logged models by experiment and id.
    pub logged_models: HashMap<u64, BTreeMap<String, Arc<LoggedModel>>>,
    /// Registered models by number.
    pub registered_models: BTreeMap<u64, Arc<RegisteredModel>>,
    /// Versions by number of their model and version.
    pub model_versions: BTreeMap<(u64, u32), Arc<ModelVersion>>,
}

impl Catalog {
    /// How many entities it has.
    pub fn entities(&self) -> usize {
        let logged = self.logged_models.values().map(BTreeMap::len).sum::<usize>();
        self.experiments.len() + logged + self.registered_models.len() + self.model_versions.len()
    }

    /// Takes in a new value of the store.
    pub fn apply(&mut self, value: &Value) {
        match value {
            Value::Experiment(it) => {
                self.experiments.insert(it.experiment_id, it.clone());
            }
            Value::LoggedModel(it) => {
                let models = self.logged_models.entry(it.experiment_id).or_default();
                models.insert(it.model_id.clone(), it.clone());
            }
            Value::RegisteredModel(it) => {
                self.registered_models.insert(it.registered_model_id, it.clone());
            }
            Value::ModelVersion(it) => {
                self.model_versions.insert((it.registered_model_id, it.version), it.clone());
            }
            Value::Number(_)
            | Value::Text(..)
            | Value::Point(..)
            | Value::Points(_)
            | Value::Positions(_)
            | Value::Run(_)
            | Value::Dataset(..)
            | Value::LoggedModelMetric(..)
            | Value::StageChange(_)
            | Value::Artifact(_)
            | Value::Step(_)
            | Value::Webhook(_)
            | Value::Delivery(_)
            | Value::Redaction(_) => {}
        }
    }
}

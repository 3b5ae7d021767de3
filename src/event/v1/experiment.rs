//! What happens to experiments. All times are milliseconds since the Unix epoch.

use serde::{Deserialize, Serialize};

use super::KeyValue;

/// An experiment came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentCreated {
    /// Its id; 0 is the default experiment.
    pub experiment_id: u64,
    /// Its name, unique among all experiments, deleted ones included.
    pub name: String,
    /// Root under which its runs keep their artifacts.
    pub artifact_location: String,
    /// Creation time.
    pub created_at: i64,
    /// Tags it was created with.
    pub tags: Vec<KeyValue>,
}

/// An experiment got another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentRenamed {
    /// Which one.
    pub experiment_id: u64,
    /// Name before.
    pub from: String,
    /// Name after.
    pub to: String,
    /// Time of the change.
    pub updated_at: i64,
}

/// An experiment was deleted, and with it all its runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentDeleted {
    /// Which one.
    pub experiment_id: u64,
    /// Time of the change.
    pub deleted_at: i64,
}

/// A deleted experiment was restored, and with it all its runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentRestored {
    /// Which one.
    pub experiment_id: u64,
    /// Time of the change.
    pub restored_at: i64,
}

/// An experiment's tag got a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentTagSet {
    /// Which one.
    pub experiment_id: u64,
    /// Tag key.
    pub key: String,
    /// Tag value.
    pub value: String,
    /// Time of the change.
    pub updated_at: i64,
}

/// An experiment's tag was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentTagDeleted {
    /// Which one.
    pub experiment_id: u64,
    /// Tag key.
    pub key: String,
    /// Time of the change.
    pub updated_at: i64,
}

//! What happens to logged models. All times are milliseconds since the Unix epoch.

use serde::{Deserialize, Serialize};

use super::{super::code::LoggedModelStatus, KeyValue};

/// A logged model came to be; its files follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelCreated {
    /// Its id.
    pub model_id: String,
    /// The experiment it belongs to.
    pub experiment_id: u64,
    /// Its name.
    pub name: String,
    /// Where its files go.
    pub artifact_uri: String,
    /// The run that made it, if named.
    pub source_run_id: Option<String>,
    /// Type, as the client says (such as `Agent`).
    pub model_type: Option<String>,
    /// Status at creation.
    pub status: LoggedModelStatus,
    /// Creation time.
    pub created_at: i64,
    /// Parameters.
    pub params: Vec<KeyValue>,
    /// Tags.
    pub tags: Vec<KeyValue>,
}

/// A logged model's files are complete, or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelFinalized {
    /// Which one.
    pub model_id: String,
    /// New status.
    pub status: LoggedModelStatus,
    /// Time of the change.
    pub updated_at: i64,
}

/// A logged model was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelDeleted {
    /// Which one.
    pub model_id: String,
    /// Time of the change.
    pub deleted_at: i64,
}

/// Tags of a logged model got values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelTagsSet {
    /// Which one.
    pub model_id: String,
    /// Keys and new values.
    pub tags: Vec<KeyValue>,
}

/// A tag of a logged model was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelTagDeleted {
    /// Which one.
    pub model_id: String,
    /// Tag key.
    pub key: String,
}

/// Parameters of a logged model were set for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelParamsLogged {
    /// Which one.
    pub model_id: String,
    /// The new parameters.
    pub params: Vec<KeyValue>,
}

//! What happens in the model registry. A registered model has a number that never changes, so its
//! history survives renames. All times are milliseconds since the Unix epoch.

use serde::{Deserialize, Serialize};

use super::{super::code::Stage, KeyValue};

/// A registered model came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModelCreated {
    /// Its number: unique for ever in this log, also after deletion.
    pub registered_model_id: u64,
    /// Its name, unique among those that exist.
    pub name: String,
    /// Description; empty or absent as the client sent it.
    pub description: Option<String>,
    /// Creation time.
    pub created_at: i64,
    /// Tags it was created with.
    pub tags: Vec<KeyValue>,
}

/// A registered model got another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModelRenamed {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Name before.
    pub from: String,
    /// Name after.
    pub to: String,
    /// Time of the change.
    pub updated_at: i64,
}

/// A registered model got another description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModelDescribed {
    /// Number of the model.
    pub registered_model_id: u64,
    /// New description.
    pub description: Option<String>,
    /// Time of the change.
    pub updated_at: i64,
}

/// A registered model was deleted with all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModelDeleted {
    /// Number of the model.
    pub registered_model_id: u64,
    /// The name it had, free again from now on.
    pub name: String,
    /// Time of the change.
    pub deleted_at: i64,
}

/// A registered model's tag got a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModelTagSet {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Tag key.
    pub key: String,
    /// Tag value.
    pub value: String,
}

/// A registered model's tag was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredModelTagDeleted {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Tag key.
    pub key: String,
}

/// A version was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionCreated {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Version: 1, 2, ... under its model.
    pub version: u32,
    /// Where its files were when it was registered, as the client named them.
    pub source: String,
    /// Where its files can be read, if that is elsewhere.
    pub storage_location: Option<String>,
    /// The run that made it, if named.
    pub run_id: Option<String>,
    /// Link to that run, if named.
    pub run_link: Option<String>,
    /// The logged model it is, if named.
    pub model_id: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Creation time.
    pub created_at: i64,
    /// Tags it was created with.
    pub tags: Vec<KeyValue>,
}

/// A version got another description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionDescribed {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// New description.
    pub description: Option<String>,
    /// Time of the change.
    pub updated_at: i64,
}

/// A version was deleted. Its number is not given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionDeleted {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// Time of the change.
    pub deleted_at: i64,
}

/// A version's tag got a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionTagSet {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// Tag key.
    pub key: String,
    /// Tag value.
    pub value: String,
}

/// A version's tag was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionTagDeleted {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// Tag key.
    pub key: String,
}

/// A version moved from one stage to another (or was confirmed in its stage: `from` = `to`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionStageChanged {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// Stage before.
    pub from: Stage,
    /// Stage after.
    pub to: Stage,
    /// Why, in the words of who did it.
    pub comment: Option<String>,
    /// The version that took its place, when this one was archived to make room.
    pub displaced_by: Option<u32>,
    /// Time of the change.
    pub changed_at: i64,
}

/// A version was not moved, because it was no longer in the stage that the caller expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionTransitionRefused {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// The stage that the caller expected it to be in.
    pub expected: Stage,
    /// The stage that it was in, and still is.
    pub found: Stage,
    /// The stage that it was to move to.
    pub wanted: Stage,
    /// Why it was to move, in the words of who tried.
    pub comment: Option<String>,
    /// Time of the refusal.
    pub refused_at: i64,
}

/// An alias was given to a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelAliasSet {
    /// Number of the model.
    pub registered_model_id: u64,
    /// The alias.
    pub alias: String,
    /// The version it names from now on.
    pub version: u32,
    /// The version it named before.
    pub previous: Option<u32>,
}

/// An alias was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelAliasDeleted {
    /// Number of the model.
    pub registered_model_id: u64,
    /// The alias.
    pub alias: String,
    /// The version it named.
    pub version: u32,
}

/// From now on, moves of a model's versions into a stage need the approval of a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelStageApprovalRequired {
    /// Number of the model.
    pub registered_model_id: u64,
    /// The stage.
    pub stage: Stage,
    /// Why, in the words of who set it.
    pub comment: Option<String>,
    /// Time of the change.
    pub updated_at: i64,
}

/// Moves of a model's versions into a stage need no approval any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelStageApprovalLifted {
    /// Number of the model.
    pub registered_model_id: u64,
    /// The stage.
    pub stage: Stage,
    /// Why, in the words of who did it.
    pub comment: Option<String>,
    /// Time of the change.
    pub updated_at: i64,
}

/// A version was not moved yet: a second person must approve. An earlier request for the version is void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionTransitionRequested {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// The stage that it was in.
    pub from: Stage,
    /// The stage that it is to move to.
    pub to: Stage,
    /// The versions that are to be archived to make room, ascending.
    pub archives: Vec<u32>,
    /// Why, in the words of who asked.
    pub comment: Option<String>,
    /// Time of the request.
    pub requested_at: i64,
}

/// A second person approved; the moves follow in the same batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionTransitionApproved {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// Position of the request.
    pub request: u64,
    /// Who asked.
    pub requested_by: String,
    /// Why, in the words of who approved.
    pub comment: Option<String>,
    /// Time of the approval.
    pub approved_at: i64,
}

/// A request was rejected, or taken back by who made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersionTransitionRejected {
    /// Number of the model.
    pub registered_model_id: u64,
    /// Which version.
    pub version: u32,
    /// Position of the request.
    pub request: u64,
    /// Who asked.
    pub requested_by: String,
    /// Why, in the words of who rejected it.
    pub comment: Option<String>,
    /// Time of the rejection.
    pub rejected_at: i64,
}

//! Which moves of a model's versions need the approval of a second person, and which wait for it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::find_model;
use crate::{
    base::{Seq, TimestampMs},
    domain::entity::TransitionRequest,
    event::Stage,
    views::{lookup, store::Read},
};

/// The rule of a registered model, and what waits because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelApprovals {
    /// Number of the model, which outlives its names.
    pub registered_model_id: u64,
    /// The name it has now, or had when it was deleted.
    pub name: String,
    /// The stages into which a version moves only when a second person approves.
    pub stages: Vec<Stage>,
    /// The moves that wait for an approval, by version.
    pub requests: Vec<ApprovalRequest>,
}

/// A move that waits for an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApprovalRequest {
    /// Position of the request in the log.
    pub seq: Seq,
    /// The version that is to move.
    pub version: u32,
    /// Its stage.
    pub from: Stage,
    /// The stage that it is to move to.
    pub to: Stage,
    /// The versions that are to be archived to make room, ascending.
    pub archives: Vec<u32>,
    /// When it was asked for, by the server's clock, in milliseconds since the Unix epoch.
    pub requested_at: i64,
    /// The same in RFC 3339, UTC.
    pub requested_at_time: String,
    /// Who asked; another person must approve.
    pub requested_by: String,
    /// Why, in the words of who asked.
    pub comment: Option<String>,
}

/// The rule of the model `name`, and what waits because of it. `None` if there never was such a model.
pub fn model_approvals(read: &dyn Read, name: &str) -> Option<ModelApprovals> {
    let model = find_model(read, name)?;
    let versions = lookup::model_versions(read, model.registered_model_id);
    let requests = versions.iter().filter_map(|version| {
        version.request.as_ref().map(|request| ApprovalRequest::of(version.version, request))
    });
    Some(ModelApprovals {
        registered_model_id: model.registered_model_id,
        name: model.name.clone(),
        stages: model.approvals.iter().copied().collect(),
        requests: requests.collect(),
    })
}

impl ApprovalRequest {
    fn of(version: u32, request: &TransitionRequest) -> Self {
        Self {
            seq: request.seq,
            version,
            from: request.from,
            to: request.to,
            archives: request.archives.clone(),
            requested_at: request.requested_at,
            requested_at_time: TimestampMs(request.requested_at).to_string(),
            requested_by: request.actor.clone(),
            comment: request.comment.clone(),
        }
    }
}

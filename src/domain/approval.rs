//! Four eyes: stages of a model into which a version moves only when a second person approves.

use std::sync::Arc;

use super::{
    Decided, Decision, Rejection, State,
    entity::{ModelVersion, RegisteredModel, TransitionRequest},
    model_version::{self, parse_stage},
    registered_model,
};
use crate::{
    base::TimestampMs,
    event::{
        Event, ModelStageApprovalLifted, ModelStageApprovalRequired,
        ModelVersionTransitionApproved, ModelVersionTransitionRejected,
        ModelVersionTransitionRequested, Stage,
    },
};

/// Sets, or lifts, the rule that moves into a stage need an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetRule {
    /// Name of the model.
    pub name: String,
    /// The stage, in any case; not `None`, which is where versions begin.
    pub stage: String,
    /// Whether an approval is needed from now on.
    pub required: bool,
    /// Why.
    pub comment: Option<String>,
}

/// Approves the move that waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approve {
    /// Name of the model.
    pub name: String,
    /// The version that waits.
    pub version: String,
    /// Who approves; nobody who is known, if absent.
    pub approver: Option<String>,
    /// Why.
    pub comment: Option<String>,
}

/// Rejects the move that waits for an approval, or takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Name of the model.
    pub name: String,
    /// The version that waits.
    pub version: String,
    /// Why.
    pub comment: Option<String>,
}

pub(super) fn set_rule(state: &dyn State, command: SetRule, now: TimestampMs) -> Decided {
    let SetRule { name, stage, required, comment } = command;
    let stage = parse_stage(&stage)?;
    if stage == Stage::None {
        return Err(Rejection::invalid("No version needs an approval to be in stage None."));
    }
    let model = registered_model::find(state, &name)?;
    if model.approvals.contains(&stage) == required {
        return Ok(Decision::default());
    }
    let (registered_model_id, updated_at) = (model.registered_model_id, now.0);
    let event: Event = if required {
        ModelStageApprovalRequired { registered_model_id, stage, comment, updated_at }.into()
    } else {
        ModelStageApprovalLifted { registered_model_id, stage, comment, updated_at }.into()
    };
    Ok(event.into())
}

/// What a transition comes to that needs an approval: a request, and a refusal that says so.
pub(super) fn request(
    model: &RegisteredModel,
    version: &ModelVersion,
    to: Stage,
    archives: Vec<u32>,
    comment: Option<String>,
    now: TimestampMs,
) -> Decision {
    let event = ModelVersionTransitionRequested {
        registered_model_id: model.registered_model_id,
        version: version.version,
        from: version.stage,
        to,
        archives,
        comment,
        requested_at: now.0,
    };
    let message = format!(
        "Model Version (name={}, version={}) moves to {} when a second person approves. That this was \
         asked for is recorded; it was not moved.",
        model.name,
        version.version,
        to.as_str()
    );
    Decision { refusal: Some(Rejection::conflict(message)), ..Event::from(event).into() }
}

pub(super) fn approve(state: &dyn State, command: Approve, now: TimestampMs) -> Decided {
    let Approve { name, version, approver, comment } = command;
    let (version, request) = pending(state, &name, &version)?;
    let Some(approver) = approver else {
        return Err(Rejection::invalid("Whoever approves must give a user name (basic auth)."));
    };
    if approver == request.actor {
        let message = format!("{approver} asked for this move: another person must approve it.");
        return Err(Rejection::conflict(message));
    }
    let id = version.registered_model_id;
    let gone =
        |number: u32| state.model_version(id, number).is_none_or(|it| it.stage != request.to);
    if version.stage != request.from || request.archives.iter().any(|it| gone(*it)) {
        let message = "What was asked for is not possible any more: versions have moved since.";
        return Err(Rejection::conflict(message));
    }
    let approved = ModelVersionTransitionApproved {
        registered_model_id: id,
        version: version.version,
        request: request.seq.0,
        requested_by: request.actor,
        comment,
        approved_at: now.0,
    };
    let moves = model_version::moves(
        &version,
        request.to,
        &request.archives,
        request.comment.as_deref(),
        now,
    );
    Ok([vec![approved.into()], moves].concat().into())
}

pub(super) fn reject(state: &dyn State, command: Reject, now: TimestampMs) -> Decided {
    let Reject { name, version, comment } = command;
    let (version, request) = pending(state, &name, &version)?;
    Ok(Event::from(ModelVersionTransitionRejected {
        registered_model_id: version.registered_model_id,
        version: version.version,
        request: request.seq.0,
        requested_by: request.actor,
        comment,
        rejected_at: now.0,
    })
    .into())
}

/// The version, and what of it waits for an approval.
fn pending(
    state: &dyn State,
    name: &str,
    version: &str,
) -> Result<(Arc<ModelVersion>, TransitionRequest), Rejection> {
    let (_, found) = model_version::find(state, name, version)?;
    let Some(request) = found.request.clone() else {
        let number = found.version;
        let message = format!(
            "Nothing waits for an approval of Model Version (name={name}, version={number})."
        );
        return Err(Rejection::missing(message));
    };
    Ok((found, request))
}

//! The rules: which wishes become facts. Pure and synchronous: no clock, no random numbers, no
//! files, no HTTP. A command carries the ids it may need; the writer hands in the time.
//!
//! Rules and message texts are those of MLflow 3.17's SQL store, which its clients are written for.

pub mod approval;
pub mod artifact;
mod artifact_location;
pub mod entity;
pub mod experiment;
pub mod logged_model;
pub mod metric;
mod model_source;
pub mod model_uri;
pub mod model_version;
pub mod redaction;
pub mod registered_model;
mod rejection;
pub mod run;
pub mod signing;
mod state;
pub mod tag_names;
mod trace_archival;
pub mod validate;
pub mod webhook;

pub use rejection::{Rejection, RejectionKind};
pub use state::State;

use crate::{base::TimestampMs, event::Event};

/// A wish. One variant per call of the API that changes something.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// See [`experiment::Create`].
    CreateExperiment(experiment::Create),
    /// See [`experiment::Rename`].
    RenameExperiment(experiment::Rename),
    /// See [`experiment::Delete`].
    DeleteExperiment(experiment::Delete),
    /// See [`experiment::Restore`].
    RestoreExperiment(experiment::Restore),
    /// See [`experiment::SetTag`].
    SetExperimentTag(experiment::SetTag),
    /// See [`experiment::DeleteTag`].
    DeleteExperimentTag(experiment::DeleteTag),
    /// See [`run::Create`].
    CreateRun(run::Create),
    /// See [`run::Update`].
    UpdateRun(run::Update),
    /// See [`run::Delete`].
    DeleteRun(run::Delete),
    /// See [`run::Restore`].
    RestoreRun(run::Restore),
    /// See [`run::LogParam`].
    LogParam(run::LogParam),
    /// See [`metric::LogMetric`].
    LogMetric(metric::LogMetric),
    /// See [`run::LogBatch`].
    LogBatch(run::LogBatch),
    /// See [`run::SetTag`].
    SetRunTag(run::SetTag),
    /// See [`run::DeleteTag`].
    DeleteRunTag(run::DeleteTag),
    /// See [`run::LogInputs`].
    LogInputs(run::LogInputs),
    /// See [`run::LogOutputs`].
    LogOutputs(run::LogOutputs),
    /// See [`run::RecordModel`].
    RecordModel(run::RecordModel),
    /// See [`logged_model::Create`].
    CreateLoggedModel(logged_model::Create),
    /// See [`logged_model::Finalize`].
    FinalizeLoggedModel(logged_model::Finalize),
    /// See [`logged_model::Delete`].
    DeleteLoggedModel(logged_model::Delete),
    /// See [`logged_model::SetTags`].
    SetLoggedModelTags(logged_model::SetTags),
    /// See [`logged_model::DeleteTag`].
    DeleteLoggedModelTag(logged_model::DeleteTag),
    /// See [`logged_model::LogParams`].
    LogLoggedModelParams(logged_model::LogParams),
    /// See [`registered_model::Create`].
    CreateRegisteredModel(registered_model::Create),
    /// See [`registered_model::Rename`].
    RenameRegisteredModel(registered_model::Rename),
    /// See [`registered_model::Describe`].
    DescribeRegisteredModel(registered_model::Describe),
    /// See [`registered_model::Delete`].
    DeleteRegisteredModel(registered_model::Delete),
    /// See [`registered_model::SetTag`].
    SetRegisteredModelTag(registered_model::SetTag),
    /// See [`registered_model::DeleteTag`].
    DeleteRegisteredModelTag(registered_model::DeleteTag),
    /// See [`registered_model::SetAlias`].
    SetModelAlias(registered_model::SetAlias),
    /// See [`registered_model::DeleteAlias`].
    DeleteModelAlias(registered_model::DeleteAlias),
    /// See [`model_version::Create`].
    CreateModelVersion(model_version::Create),
    /// See [`model_version::Describe`].
    DescribeModelVersion(model_version::Describe),
    /// See [`model_version::Delete`].
    DeleteModelVersion(model_version::Delete),
    /// See [`model_version::SetTag`].
    SetModelVersionTag(model_version::SetTag),
    /// See [`model_version::DeleteTag`].
    DeleteModelVersionTag(model_version::DeleteTag),
    /// See [`model_version::TransitionStage`].
    TransitionStage(model_version::TransitionStage),
    /// See [`approval::SetRule`].
    SetApprovalRule(approval::SetRule),
    /// See [`approval::Approve`].
    ApproveTransition(approval::Approve),
    /// See [`approval::Reject`].
    RejectTransition(approval::Reject),
    /// See [`webhook::Create`].
    CreateWebhook(webhook::Create),
    /// See [`webhook::Update`].
    UpdateWebhook(webhook::Update),
    /// See [`webhook::Delete`].
    DeleteWebhook(webhook::Delete),
    /// See [`webhook::Settle`].
    SettleDelivery(webhook::Settle),
    /// See [`artifact::Record`].
    RecordArtifact(artifact::Record),
    /// See [`artifact::Delete`].
    DeleteArtifact(artifact::Delete),
    /// See [`signing::Rotate`].
    RotateSigningKey(signing::Rotate),
    /// See [`signing::GiveUp`].
    GiveUpCheckpoint(signing::GiveUp),
    /// See [`redaction::Redact`].
    RedactEvent(redaction::Redact),
}

/// What follows from a command: the facts, and the number that the caller must know.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// New facts, in order; none when the wish is already so.
    pub events: Vec<Event>,
    /// The id or version that was given, where the command asked for one.
    pub number: Option<u64>,
    /// The wish is refused all the same, once the facts, which say so, are recorded.
    pub refusal: Option<Rejection>,
}

impl From<Event> for Decision {
    fn from(event: Event) -> Self {
        vec![event].into()
    }
}

impl From<Vec<Event>> for Decision {
    fn from(events: Vec<Event>) -> Self {
        Self { events, ..Self::default() }
    }
}

/// The result of deciding a command.
pub type Decided = Result<Decision, Rejection>;

/// Decides `command` against `state` at time `now`.
pub fn decide(state: &dyn State, command: Command, now: TimestampMs) -> Decided {
    match command {
        Command::CreateExperiment(it) => experiment::create(state, it, now),
        Command::RenameExperiment(it) => experiment::rename(state, it, now),
        Command::DeleteExperiment(it) => experiment::delete(state, &it, now),
        Command::RestoreExperiment(it) => experiment::restore(state, &it, now),
        Command::SetExperimentTag(it) => experiment::set_tag(state, it, now),
        Command::DeleteExperimentTag(it) => experiment::delete_tag(state, it, now),
        Command::CreateRun(it) => run::create(state, it),
        Command::UpdateRun(it) => run::update(state, it),
        Command::DeleteRun(it) => run::delete(state, it, now),
        Command::RestoreRun(it) => run::restore(state, it),
        Command::LogParam(it) => run::log_param(state, it),
        Command::LogMetric(it) => metric::log_metric(state, it),
        Command::LogBatch(it) => run::log_batch(state, it),
        Command::SetRunTag(it) => run::set_tag(state, it),
        Command::DeleteRunTag(it) => run::delete_tag(state, it),
        Command::LogInputs(it) => run::log_inputs(state, it),
        Command::LogOutputs(it) => run::log_outputs(state, it),
        Command::RecordModel(it) => run::record_model(state, it),
        Command::CreateLoggedModel(it) => logged_model::create(state, it, now),
        Command::FinalizeLoggedModel(it) => logged_model::finalize(state, it, now),
        Command::DeleteLoggedModel(it) => logged_model::delete(state, it, now),
        Command::SetLoggedModelTags(it) => logged_model::set_tags(state, it),
        Command::DeleteLoggedModelTag(it) => logged_model::delete_tag(state, it),
        Command::LogLoggedModelParams(it) => logged_model::log_params(state, it),
        Command::CreateRegisteredModel(it) => registered_model::create(state, it, now),
        Command::RenameRegisteredModel(it) => registered_model::rename(state, it, now),
        Command::DescribeRegisteredModel(it) => registered_model::describe(state, it, now),
        Command::DeleteRegisteredModel(it) => registered_model::delete(state, &it, now),
        Command::SetRegisteredModelTag(it) => registered_model::set_tag(state, it),
        Command::DeleteRegisteredModelTag(it) => registered_model::delete_tag(state, it),
        Command::SetModelAlias(it) => registered_model::set_alias(state, it),
        Command::DeleteModelAlias(it) => registered_model::delete_alias(state, it),
        Command::CreateModelVersion(it) => model_version::create(state, it, now),
        Command::DescribeModelVersion(it) => model_version::describe(state, it, now),
        Command::DeleteModelVersion(it) => model_version::delete(state, &it, now),
        Command::SetModelVersionTag(it) => model_version::set_tag(state, it),
        Command::DeleteModelVersionTag(it) => model_version::delete_tag(state, it),
        Command::TransitionStage(it) => model_version::transition_stage(state, &it, now),
        Command::SetApprovalRule(it) => approval::set_rule(state, it, now),
        Command::ApproveTransition(it) => approval::approve(state, it, now),
        Command::RejectTransition(it) => approval::reject(state, it, now),
        Command::CreateWebhook(it) => webhook::create(it, now),
        Command::UpdateWebhook(it) => webhook::update(state, it, now),
        Command::DeleteWebhook(it) => webhook::delete(state, it, now),
        Command::SettleDelivery(it) => Ok(webhook::settle(state, it)),
        Command::RecordArtifact(it) => Ok(artifact::record(it)),
        Command::DeleteArtifact(it) => Ok(artifact::delete(it)),
        Command::RotateSigningKey(it) => Ok(signing::rotate(it)),
        Command::GiveUpCheckpoint(it) => Ok(signing::give_up(it)),
        Command::RedactEvent(it) => redaction::redact(it),
    }
}

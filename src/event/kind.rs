//! The table of event kinds: number in the log, version of the payload, shape, and which field names
//! the entity it concerns. A number is never
//! reused. Adding a kind makes the fold (`views::fold`), the tests of vectors and the table in
//! docs/FORMAT.md fail until each knows it (docs/FORMAT.md, "Vectors").

use super::{
    Meta,
    codec::{self, DecodeError},
    redaction, v1,
};

/// The entity that an event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// An experiment, by id.
    Experiment(&'a u64),
    /// A run, by id.
    Run(&'a str),
    /// A logged model, by id.
    LoggedModel(&'a str),
    /// A registered model or one of its versions, by the model's number.
    RegisteredModel(&'a u64),
    /// A webhook, by id.
    Webhook(&'a str),
    /// An artifact or a folder of them, by path.
    Artifact(&'a str),
    /// This log, or another, by its UUID.
    Log(&'a [u8; 16]),
}

/// Builds [`Event`] and its encoding from one table.
macro_rules! events {
    ($($code:literal v $version:literal $name:ident($body:path) of $subject:ident $id:ident;)+) => {
        /// A fact, in its latest shape.
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        #[serde(untagged)]
        pub enum Event { $(#[allow(missing_docs, reason = "each body documents itself")] $name($body),)+ }

        impl Event {
            /// Every kind as (number, version, name), in the order of the table.
            pub const KINDS: &'static [(u16, u8, &'static str)] =
                &[$(($code, $version, stringify!($name)),)+];

            /// The number of its kind in the log.
            pub fn kind(&self) -> u16 { match self { $(Event::$name(_) => $code,)+ } }

            /// The version of its payload.
            pub fn version(&self) -> u8 { match self { $(Event::$name(_) => $version,)+ } }

            /// The name of its kind.
            pub fn name(&self) -> &'static str { match self { $(Event::$name(_) => stringify!($name),)+ } }

            /// The entity it concerns.
            pub fn subject(&self) -> Subject<'_> {
                match self { $(Event::$name(body) => Subject::$subject(&body.$id),)+ }
            }

            /// The same event with other texts.
            pub(super) fn rewritten(&self, change: &mut dyn FnMut(&mut ciborium::Value)) -> Event {
                match self { $(Event::$name(body) => Event::$name(redaction::through(body, change)),)+ }
            }

            pub(super) fn encode_payload(&self, meta: &Meta) -> Vec<u8> {
                match self { $(Event::$name(body) => codec::encode(&(meta, body)),)+ }
            }

            pub(super) fn decode_payload(kind: u16, version: u8, payload: &[u8]) -> Result<(Meta, Event), DecodeError> {
                match (kind, version) {
                    $(($code, $version) => {
                        let (meta, body): (Meta, $body) = codec::decode(payload)?;
                        Ok((meta, Event::$name(body)))
                    })+
                    _ => Err(DecodeError::UnknownKind { kind, version }),
                }
            }
        }

        $(impl From<$body> for Event { fn from(body: $body) -> Event { Event::$name(body) } })+
    };
}

events! {
    1 v 1 ExperimentCreated(v1::experiment::ExperimentCreated) of Experiment experiment_id;
    2 v 1 ExperimentRenamed(v1::experiment::ExperimentRenamed) of Experiment experiment_id;
    3 v 1 ExperimentDeleted(v1::experiment::ExperimentDeleted) of Experiment experiment_id;
    4 v 1 ExperimentRestored(v1::experiment::ExperimentRestored) of Experiment experiment_id;
    5 v 1 ExperimentTagSet(v1::experiment::ExperimentTagSet) of Experiment experiment_id;
    6 v 1 ExperimentTagDeleted(v1::experiment::ExperimentTagDeleted) of Experiment experiment_id;

    16 v 1 RunCreated(v1::run::RunCreated) of Run run_id;
    17 v 1 RunUpdated(v1::run::RunUpdated) of Run run_id;
    18 v 1 RunDeleted(v1::run::RunDeleted) of Run run_id;
    19 v 1 RunRestored(v1::run::RunRestored) of Run run_id;
    20 v 1 ParamsLogged(v1::run::ParamsLogged) of Run run_id;
    21 v 1 MetricsLogged(v1::run::MetricsLogged) of Run run_id;
    22 v 1 RunTagsSet(v1::run::RunTagsSet) of Run run_id;
    23 v 1 RunTagDeleted(v1::run::RunTagDeleted) of Run run_id;
    24 v 1 InputsLogged(v1::run::InputsLogged) of Run run_id;
    25 v 1 OutputsLogged(v1::run::OutputsLogged) of Run run_id;

    32 v 1 LoggedModelCreated(v1::logged_model::LoggedModelCreated) of LoggedModel model_id;
    33 v 1 LoggedModelFinalized(v1::logged_model::LoggedModelFinalized) of LoggedModel model_id;
    34 v 1 LoggedModelDeleted(v1::logged_model::LoggedModelDeleted) of LoggedModel model_id;
    35 v 1 LoggedModelTagsSet(v1::logged_model::LoggedModelTagsSet) of LoggedModel model_id;
    36 v 1 LoggedModelTagDeleted(v1::logged_model::LoggedModelTagDeleted) of LoggedModel model_id;
    37 v 1 LoggedModelParamsLogged(v1::logged_model::LoggedModelParamsLogged) of LoggedModel model_id;

    48 v 1 RegisteredModelCreated(v1::registry::RegisteredModelCreated) of RegisteredModel registered_model_id;
    49 v 1 RegisteredModelRenamed(v1::registry::RegisteredModelRenamed) of RegisteredModel registered_model_id;
    50 v 1 RegisteredModelDescribed(v1::registry::RegisteredModelDescribed) of RegisteredModel registered_model_id;
    51 v 1 RegisteredModelDeleted(v1::registry::RegisteredModelDeleted) of RegisteredModel registered_model_id;
    52 v 1 RegisteredModelTagSet(v1::registry::RegisteredModelTagSet) of RegisteredModel registered_model_id;
    53 v 1 RegisteredModelTagDeleted(v1::registry::RegisteredModelTagDeleted) of RegisteredModel registered_model_id;
    54 v 1 ModelVersionCreated(v1::registry::ModelVersionCreated) of RegisteredModel registered_model_id;
    55 v 1 ModelVersionDescribed(v1::registry::ModelVersionDescribed) of RegisteredModel registered_model_id;
    56 v 1 ModelVersionDeleted(v1::registry::ModelVersionDeleted) of RegisteredModel registered_model_id;
    57 v 1 ModelVersionTagSet(v1::registry::ModelVersionTagSet) of RegisteredModel registered_model_id;
    58 v 1 ModelVersionTagDeleted(v1::registry::ModelVersionTagDeleted) of RegisteredModel registered_model_id;
    59 v 1 ModelVersionStageChanged(v1::registry::ModelVersionStageChanged) of RegisteredModel registered_model_id;
    60 v 1 ModelAliasSet(v1::registry::ModelAliasSet) of RegisteredModel registered_model_id;
    61 v 1 ModelAliasDeleted(v1::registry::ModelAliasDeleted) of RegisteredModel registered_model_id;
    62 v 1 ModelVersionTransitionRefused(v1::registry::ModelVersionTransitionRefused) of RegisteredModel registered_model_id;
    63 v 1 ModelStageApprovalRequired(v1::registry::ModelStageApprovalRequired) of RegisteredModel registered_model_id;
    68 v 1 ModelStageApprovalLifted(v1::registry::ModelStageApprovalLifted) of RegisteredModel registered_model_id;
    69 v 1 ModelVersionTransitionRequested(v1::registry::ModelVersionTransitionRequested) of RegisteredModel registered_model_id;
    70 v 1 ModelVersionTransitionApproved(v1::registry::ModelVersionTransitionApproved) of RegisteredModel registered_model_id;
    71 v 1 ModelVersionTransitionRejected(v1::registry::ModelVersionTransitionRejected) of RegisteredModel registered_model_id;

    64 v 1 WebhookCreated(v1::webhook::WebhookCreated) of Webhook webhook_id;
    65 v 1 WebhookUpdated(v1::webhook::WebhookUpdated) of Webhook webhook_id;
    66 v 1 WebhookDeleted(v1::webhook::WebhookDeleted) of Webhook webhook_id;
    67 v 1 WebhookDeliverySettled(v1::webhook::WebhookDeliverySettled) of Webhook webhook_id;

    80 v 1 ArtifactStored(v1::artifact::ArtifactStored) of Artifact path;
    81 v 1 ArtifactDeleted(v1::artifact::ArtifactDeleted) of Artifact path;

    96 v 1 EventLost(v1::repair::EventLost) of Log log_id;
    97 v 1 LogRepaired(v1::repair::LogRepaired) of Log log_id;
    98 v 1 SigningKeyRotated(v1::signing::SigningKeyRotated) of Log log_id;
    99 v 1 CheckpointGivenUp(v1::signing::CheckpointGivenUp) of Log log_id;

    100 v 1 EventRedacted(v1::redaction::EventRedacted) of Log log_id;
}

//! Questions about the past: who moved which version where, what happened to an entity, is the log
//! whole. Read-only; answers are values. Knows nothing of HTTP, and does not print.

mod aliases;
mod approvals;
mod check;
mod difference;
mod entity;
mod error;
mod events;
mod fields;
mod history;
mod lineage;
mod moment;
mod registry;
mod stage_changes;
mod stages;

#[cfg(test)]
mod tests;

pub use aliases::{AliasInterval, ModelAliases, model_aliases};
pub use approvals::{ApprovalRequest, ModelApprovals, model_approvals};
pub use check::{Check, Unreadable, Why, check};
pub use difference::{Difference, first_difference};
pub use entity::{Entity, EntityName, EntityNameError, entity_events, scanned_events};
pub use error::ReadError;
pub use events::{
    Activity, ActivityBy, ActivityByError, ActivityCount, EVENTS_PER_PAGE, EVENTS_PER_PAGE_MAX,
    EventFilter, EventKinds, EventKindsError, EventLine, EventOrder, EventOrigin, EventTail,
    EventsPage, EventsQuestion, Reached, Taken, activity, events_page,
};
pub use fields::{
    Compared, ENTITY_EVENTS_MAX, ENTITY_EVENTS_PER_PAGE, EntityDiff, EntityEvent, EntityHistory,
    FieldChange, FieldDiff, entity_diff, entity_history,
};
use history::model_id_history;
pub use history::{ModelHistory, StageMove, model_history};
pub use lineage::{
    CommitFacts, DatasetFacts, Direction, Edge, File, FileRole, Lineage, LineageNode,
    LineageSubject, LineageSubjectError, LoggedModelFacts, Metric, NODES_DEFAULT, NODES_MAX,
    NodeFacts, Relation, RunFacts, VersionFacts, lineage,
};
pub use moment::{Moment, MomentError, moment_seq, moments};
pub use registry::{find_model, fold_registry};
pub use stage_changes::{
    ModelStageMove, STAGE_CHANGES_MAX, STAGE_CHANGES_PER_PAGE, StageChanges, stage_changes,
};
pub use stages::{ModelStages, StageInterval, model_stages};

pub(crate) use error::decode;

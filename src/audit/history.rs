//! Stage history: who moved which version of a model from where to where, when, why, and under
//! which request. Deleting or renaming a model takes nothing away from it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::find_model;
use crate::{
    base::{Seq, TimestampMs},
    domain::entity::{RegisteredModel, StageChange},
    event::Stage,
    views::{
        keys,
        store::{Read, Value},
    },
};

/// The stage history of a registered model, or of one of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelHistory {
    /// Number of the model, which outlives its names.
    pub registered_model_id: u64,
    /// The name it has now, or had when it was deleted.
    pub name: String,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The moves, oldest first.
    pub history: Vec<StageMove>,
}

/// One move of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageMove {
    /// Position of the event in the log.
    pub seq: Seq,
    /// The version that moved.
    pub version: u32,
    /// Stage before.
    pub from: Stage,
    /// Stage after.
    pub to: Stage,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    pub changed_at: i64,
    /// The same in RFC 3339, UTC.
    pub changed_at_time: String,
    /// Who.
    pub actor: String,
    /// Under which request.
    pub request_id: String,
    /// Network address of the client.
    pub client_address: String,
    /// Its `User-Agent`.
    pub user_agent: String,
    /// Why, in the words of who did it.
    pub comment: Option<String>,
    /// Who asked for it, if it needed the approval of a second person, who then is `actor`.
    pub requested_by: Option<String>,
    /// The version that took its place, when it was archived to make room.
    pub displaced_by: Option<u32>,
    /// The versions that were archived to make room for this one, ascending.
    pub archived: Vec<u32>,
}

/// The stage history of the model `name`, or of its `version` alone. `None` if there never was such
/// a model or version.
pub fn model_history(read: &dyn Read, name: &str, version: Option<u32>) -> Option<ModelHistory> {
    let model = find_model(read, name)?;
    if version.is_some_and(|version| version == 0 || version > model.last_version) {
        return None;
    }
    let mut found = model_id_history(read, &model);
    found.history.retain(|change| version.is_none_or(|version| change.version == version));
    Some(found)
}

/// The stage history of a model.
pub(super) fn model_id_history(read: &dyn Read, model: &RegisteredModel) -> ModelHistory {
    let entries = read.prefix(&keys::stage_changes(model.registered_model_id)).into_iter();
    let changes = entries.filter_map(|(_, value)| {
        if let Value::StageChange(change) = value { Some(change) } else { None }
    });
    let mut history: Vec<StageMove> = changes.map(|change| StageMove::of(&change)).collect();
    history.sort_by_key(|change| change.seq);
    tell_archived(&mut history);
    ModelHistory {
        registered_model_id: model.registered_model_id,
        name: model.name.clone(),
        deleted: !model.lifecycle.is_active(),
        history,
    }
}

/// Tells each move which versions made room for it: those that one request archived along the way.
fn tell_archived(history: &mut [StageMove]) {
    let mut archived: HashMap<(String, i64, u32), Vec<u32>> = HashMap::new();
    for change in history.iter() {
        if let Some(by) = change.displaced_by {
            let request = (change.request_id.clone(), change.changed_at, by);
            archived.entry(request).or_default().push(change.version);
        }
    }
    for change in history.iter_mut().filter(|change| change.displaced_by.is_none()) {
        let request = (change.request_id.clone(), change.changed_at, change.version);
        change.archived = archived.remove(&request).unwrap_or_default();
        change.archived.sort_unstable();
    }
}

impl StageMove {
    fn of(change: &StageChange) -> Self {
        Self {
            seq: change.seq,
            version: change.version,
            from: change.from,
            to: change.to,
            changed_at: change.changed_at,
            changed_at_time: TimestampMs(change.changed_at).to_string(),
            actor: change.actor.clone(),
            request_id: change.request_id.clone(),
            client_address: change.client_address.clone(),
            user_agent: change.user_agent.clone(),
            comment: change.comment.clone(),
            requested_by: change.requested_by.clone(),
            displaced_by: change.displaced_by,
            archived: Vec::new(),
        }
    }
}

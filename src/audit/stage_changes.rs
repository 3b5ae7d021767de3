//! Stage changes over all models: what came to Production in a quarter, what left it, and who did it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ModelHistory, StageMove, model_id_history};
use crate::{
    base::Seq,
    event::Stage,
    views::{
        keys::{self, table},
        store::{Read, Value},
    },
};

/// Changes in an answer of which nothing else is said.
pub const STAGE_CHANGES_PER_PAGE: usize = 1000;
/// The most changes in an answer.
pub const STAGE_CHANGES_MAX: usize = 10_000;
/// Registered models read at a time.
const PAGE_MODELS: usize = 256;

/// Stage changes of all registered models, or the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageChanges {
    /// The changes, oldest first.
    pub changes: Vec<ModelStageMove>,
    /// Where the rest begins: the `from` of the next question; absent if this is all.
    pub next: Option<Seq>,
}

/// One move of one version of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelStageMove {
    /// Number of the model, which outlives its names.
    pub registered_model_id: u64,
    /// The name it has, or had when it was deleted.
    pub model: String,
    #[serde(flatten)]
    #[allow(missing_docs, reason = "its fields are this one's")]
    pub change: StageMove,
}

/// The stage changes of all models from one event to another, both included; only those into or out of `stage`, if it
/// is named; at most `limit`.
pub fn stage_changes(
    read: &dyn Read,
    stage: Option<Stage>,
    (first, last): (Seq, Seq),
    limit: usize,
) -> StageChanges {
    let mut changes = Vec::new();
    for_each_model(read, |history| {
        let ModelHistory { registered_model_id, name, history, .. } = history;
        let wanted = history.into_iter().filter(|it| (first..=last).contains(&it.seq));
        let wanted =
            wanted.filter(|it| stage.is_none_or(|stage| [it.from, it.to].contains(&stage)));
        changes.extend(wanted.map(|change| {
            let model = name.clone();
            ModelStageMove { registered_model_id, model, change }
        }));
        // Bounds what is held, not what is told: one more says where the rest begins.
        if changes.len() > 2 * limit {
            keep_first(&mut changes, limit + 1);
        }
    });
    keep_first(&mut changes, limit + 1);
    let next = changes.get(limit).map(|next| next.change.seq);
    changes.truncate(limit);
    StageChanges { changes, next }
}

fn keep_first(changes: &mut Vec<ModelStageMove>, count: usize) {
    changes.sort_by_key(|it| it.change.seq);
    changes.truncate(count);
}

/// The history of each model that is there, or was.
fn for_each_model(read: &dyn Read, mut each: impl FnMut(ModelHistory)) {
    let end = keys::after_prefix(&[table::REGISTERED_MODEL]);
    let mut from = vec![table::REGISTERED_MODEL];
    loop {
        let page = read.range(&from, end.as_deref(), PAGE_MODELS);
        let Some((last, _)) = page.last() else { return };
        from = [last, &[0][..]].concat();
        for (_, value) in page {
            if let Value::RegisteredModel(model) = value {
                each(model_id_history(read, &model));
            }
        }
    }
}

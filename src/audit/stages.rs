//! When which version of a model was in which stage, as intervals; and what was in a stage at a moment. Read
//! from the history of one model, however long the log is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ModelHistory, Moment, StageMove, find_model, model_history};
use crate::{
    base::{Seq, TimestampMs},
    event::Stage,
    views::{
        keys,
        store::{Read, Value},
    },
};

/// When the versions of a registered model were in its stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelStages {
    /// Number of the model, which outlives its names.
    pub registered_model_id: u64,
    /// The name it has now, or had when it was deleted.
    pub name: String,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The intervals, by their beginning. A version that was never moved has none: it is in no stage.
    pub stages: Vec<StageInterval>,
}

/// One version in one stage, from a moment to another. Confirmed in its stage, it goes on in the same interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageInterval {
    /// The version.
    pub version: u32,
    /// The stage.
    pub stage: Stage,
    /// The event that began it.
    pub from_seq: Seq,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    pub from_at: i64,
    /// The same in RFC 3339, UTC.
    pub from_time: String,
    /// Who moved the version there.
    pub from_actor: String,
    /// The event that ended it: a move, or a deletion; absent while it lasts.
    pub to_seq: Option<Seq>,
    /// When.
    pub to_at: Option<i64>,
    /// The same in RFC 3339, UTC.
    pub to_time: Option<String>,
    /// Who moved the version away; absent if it was deleted.
    pub to_actor: Option<String>,
}

impl StageInterval {
    fn begun_by(change: &StageMove) -> Self {
        Self {
            version: change.version,
            stage: change.to,
            from_seq: change.seq,
            from_at: change.changed_at,
            from_time: change.changed_at_time.clone(),
            from_actor: change.actor.clone(),
            to_seq: None,
            to_at: None,
            to_time: None,
            to_actor: None,
        }
    }

    fn end(&mut self, seq: Seq, at: i64, actor: Option<String>) {
        self.to_seq = Some(seq);
        self.to_at = Some(at);
        self.to_time = Some(TimestampMs(at).to_string());
        self.to_actor = actor;
    }

    /// Whether it had begun, and not ended, at a moment.
    fn holds(&self, moment: Moment) -> bool {
        match moment {
            Moment::Seq(seq) => self.from_seq <= seq && self.to_seq.is_none_or(|to| seq < to),
            Moment::Time(TimestampMs(time)) => {
                self.from_at <= time && self.to_at.is_none_or(|to| time < to)
            }
        }
    }
}

/// The intervals of the model `name`; only those of `stage`, and those that hold at a moment, if they are named.
/// `None` if there never was such a model.
pub fn model_stages(
    read: &dyn Read,
    name: &str,
    stage: Option<Stage>,
    at: Option<Moment>,
) -> Option<ModelStages> {
    let model = find_model(read, name)?;
    let history = model_history(read, name, None)?;
    let mut stages: Vec<StageInterval> = Vec::new();
    for version in 1..=model.last_version {
        let moves = history.history.iter().filter(|it| it.version == version);
        let first = stages.len();
        for change in moves {
            match stages.get_mut(first..).and_then(<[_]>::last_mut) {
                Some(current) if current.stage == change.to => continue,
                Some(current) => {
                    current.end(change.seq, change.changed_at, Some(change.actor.clone()));
                }
                None => {}
            }
            stages.push(StageInterval::begun_by(change));
        }
        if let Some(current) = stages.get_mut(first..).and_then(<[_]>::last_mut)
            && let Some((seq, at)) = deletion(read, model.registered_model_id, version)
        {
            current.end(seq, at, None);
        }
    }
    stages.retain(|it| stage.is_none_or(|stage| it.stage == stage));
    stages.retain(|it| at.is_none_or(|at| it.holds(at)));
    stages.sort_by_key(|it| it.from_seq);
    let ModelHistory { registered_model_id, name, deleted, .. } = history;
    Some(ModelStages { registered_model_id, name, deleted, stages })
}

/// By which event, and when, a version was deleted, alone or with its model.
fn deletion(read: &dyn Read, model: u64, version: u32) -> Option<(Seq, i64)> {
    let Some(Value::ModelVersion(version)) = read.get(&keys::model_version(model, version)) else {
        return None;
    };
    Some((version.lifecycle.seq, version.lifecycle.deleted_at?))
}

//! How an entity differs between two moments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::state::Fields;
use crate::{audit::ReadError, base::Seq, event::Envelope};

/// How an entity differs between two moments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntityDiff {
    /// The entity, as it was named in the question.
    pub entity: String,
    /// The earlier moment: the last event that it knows.
    pub from: Seq,
    /// The later one.
    pub to: Seq,
    /// The fields that differ, by name.
    pub changes: Vec<FieldDiff>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldDiff {
    /// Its name, as in the history of the entity.
    pub field: String,
    /// Its value at the earlier moment, as text; absent if it had none.
    pub old: Option<String>,
    /// Its value at the later moment, as text; absent if it has none.
    pub new: Option<String>,
    /// The event that set it last.
    pub seq: Seq,
    /// When the server recorded that, in milliseconds since the Unix epoch.
    pub changed_at: i64,
    /// The same in RFC 3339, UTC.
    pub changed_at_time: String,
    /// Who did it.
    pub actor: String,
}

/// How the entity that is called `entity`, whose `events` these are, all of them, oldest first, differs between
/// `from` and `to`. `None` if it did not exist at `to`.
pub fn entity_diff(
    entity: String,
    events: impl Iterator<Item = Result<Envelope, ReadError>>,
    (from, to): (Seq, Seq),
) -> Result<Option<EntityDiff>, ReadError> {
    let (mut fields, mut before) = (Fields::default(), None);
    let mut changed: BTreeMap<String, (Seq, i64, String, String)> = BTreeMap::new();
    let mut exists = false;
    for envelope in events {
        let Envelope { seq, recorded_at, meta, event } = envelope?;
        if seq > to {
            break;
        }
        exists = true;
        if seq > from && before.is_none() {
            before = Some(fields.values());
        }
        for change in fields.apply(&event) {
            if seq > from {
                let by = (seq, recorded_at.0, recorded_at.to_string(), meta.actor.clone());
                changed.insert(change.field, by);
            }
        }
    }
    let (mut old, mut new) = (before.unwrap_or_default(), fields.into_values());
    let changes = changed.into_iter().map(|(field, (seq, changed_at, changed_at_time, actor))| {
        let (old, new) = (old.remove(&field), new.remove(&field));
        FieldDiff { field, old, new, seq, changed_at, changed_at_time, actor }
    });
    let changes = changes.filter(|change| change.old != change.new).collect();
    Ok(exists.then_some(EntityDiff { entity, from, to, changes }))
}

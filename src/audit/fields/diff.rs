//! How an entity differs between two moments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Compared, state::Fields};
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
    /// The fields that differ, by name. Of an experiment also those of its runs, as `runs.<run id>.<field>`.
    pub changes: Vec<FieldDiff>,
    /// Runs of the experiment that changed, too, and are not told: the first 1,000 are.
    pub more_runs: u64,
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

/// What is known of a part of an entity: of itself, or of a run.
#[derive(Default)]
struct Part {
    fields: Fields,
    before: Option<BTreeMap<String, String>>,
}

/// How the entity that is called `entity`, whose `events` these are, all of them, oldest first, differs between
/// `from` and `to`. `None` if it did not exist at `to`.
pub fn entity_diff(
    entity: String,
    compared: &Compared,
    events: impl Iterator<Item = Result<Envelope, ReadError>>,
    (from, to): (Seq, Seq),
) -> Result<Option<EntityDiff>, ReadError> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    let mut changed: BTreeMap<(String, String), (Seq, i64, String, String)> = BTreeMap::new();
    for envelope in events {
        let Envelope { seq, recorded_at, meta, event } = envelope?;
        if seq > to {
            break;
        }
        let Some(name) = compared.part(&event) else { continue };
        let part = parts.entry(name.clone()).or_default();
        if seq > from && part.before.is_none() {
            part.before = Some(part.fields.values());
        }
        for change in part.fields.apply(&event) {
            if seq > from {
                let by = (seq, recorded_at.0, recorded_at.to_string(), meta.actor.clone());
                changed.insert((name.clone(), change.field), by);
            }
        }
    }
    let exists = parts.contains_key("");
    let mut values: BTreeMap<String, _> = parts
        .into_iter()
        .map(|(name, part)| (name, (part.before.unwrap_or_default(), part.fields.into_values())))
        .collect();
    let changes = changed.into_iter().filter_map(|((part, field), by)| {
        let (seq, changed_at, changed_at_time, actor) = by;
        let (before, after) = values.get_mut(&part)?;
        let (old, new) = (before.remove(&field), after.remove(&field));
        let field = part + &field;
        Some(FieldDiff { field, old, new, seq, changed_at, changed_at_time, actor })
    });
    let changes = changes.filter(|change| change.old != change.new).collect();
    let more_runs = compared.more_runs;
    Ok(exists.then_some(EntityDiff { entity, from, to, changes, more_runs }))
}

//! Every event of an entity, with what it changed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::state::{FieldChange, Fields};
use crate::{
    audit::ReadError,
    base::Seq,
    event::{Envelope, Meta},
};

/// Events in an answer of which nothing else is said.
pub const ENTITY_EVENTS_PER_PAGE: usize = 1000;
/// The most events in an answer.
pub const ENTITY_EVENTS_MAX: usize = 10_000;
/// Bytes of changes in an answer, but for those of its last event.
const CHANGES_BYTES_MAX: usize = 8 << 20;

/// Everything that happened to an entity, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntityHistory {
    /// The entity, as it was named in the question.
    pub entity: String,
    /// Its events, oldest first.
    pub events: Vec<EntityEvent>,
    /// Where the rest begins: the `from` of the next question; absent if this is all.
    pub next: Option<Seq>,
}

/// One event of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntityEvent {
    /// Position in the log.
    pub seq: Seq,
    /// When the server recorded it, in milliseconds since the Unix epoch.
    pub recorded_at: i64,
    /// The same in RFC 3339, UTC.
    pub time: String,
    /// What happened: a kind of docs/FORMAT.md, "Event payloads".
    pub event: String,
    /// Who.
    pub actor: String,
    /// Under which request.
    pub request_id: String,
    /// Network address of the client.
    pub client_address: String,
    /// Its `User-Agent`.
    pub user_agent: String,
    /// The fields that it changed; none if it confirmed what was, or recorded a fact that is no field.
    pub changes: Vec<FieldChange>,
}

/// The history of the entity that is called `entity`, whose `events` these are, all of them, oldest first; told
/// from `from` on, and at most `limit` of them. `None` if there are none.
pub fn entity_history(
    entity: String,
    events: impl Iterator<Item = Result<Envelope, ReadError>>,
    from: Seq,
    limit: usize,
) -> Result<Option<EntityHistory>, ReadError> {
    let mut fields = Fields::default();
    let mut history = EntityHistory { entity, events: Vec::new(), next: None };
    let (mut exists, mut bytes) = (false, 0);
    for envelope in events {
        let envelope = envelope?;
        exists = true;
        if history.events.len() == limit || bytes > CHANGES_BYTES_MAX {
            history.next = Some(envelope.seq);
            break;
        }
        let changes = fields.apply(&envelope.event);
        if envelope.seq >= from {
            bytes += changes.iter().map(size).sum::<usize>();
            history.events.push(EntityEvent::of(envelope, changes));
        }
    }
    Ok(exists.then_some(history))
}

/// About what a change takes in memory and as text, in bytes.
fn size(change: &FieldChange) -> usize {
    let values = [&change.old, &change.new].into_iter().flatten();
    size_of::<FieldChange>() + change.field.len() + values.map(String::len).sum::<usize>()
}

impl EntityEvent {
    fn of(envelope: Envelope, changes: Vec<FieldChange>) -> Self {
        let Meta { actor, request_id, client_address, user_agent, .. } = envelope.meta;
        Self {
            seq: envelope.seq,
            recorded_at: envelope.recorded_at.0,
            time: envelope.recorded_at.to_string(),
            event: envelope.event.name().to_owned(),
            actor,
            request_id,
            client_address,
            user_agent,
            changes,
        }
    }
}

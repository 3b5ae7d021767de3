//! An event as it is shown.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use crate::{
    base::Seq,
    event::{Envelope, Event, Meta, Origin},
};

/// One event, with all that the log knows of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EventLine {
    /// Position in the log.
    pub seq: Seq,
    /// When the server recorded it, in milliseconds since the Unix epoch.
    pub recorded_at: i64,
    /// The same in RFC 3339, UTC.
    pub time: String,
    /// What happened: a kind of docs/FORMAT.md, "Event payloads".
    pub event: String,
    /// Version of the kind's shape.
    pub version: u8,
    /// Who.
    pub actor: String,
    /// Under which request.
    pub request_id: String,
    /// Network address of the client.
    pub client_address: String,
    /// Its `User-Agent`.
    pub user_agent: String,
    /// The log that it was first written to, when it came from another one.
    pub origin: Option<EventOrigin>,
    /// The event that redacted it, and says who did and why; absent if nothing of it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted_by: Option<Seq>,
    /// The facts, in the shape of the kind.
    #[schema(value_type = Object)]
    pub data: Box<RawValue>,
}

/// A position in another log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventOrigin {
    /// UUID of that log, in hexadecimal.
    pub log_id: String,
    /// Sequence there.
    pub seq: u64,
}

impl EventLine {
    /// As one line of JSON, without its end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data always serializes")
    }

    /// About what it takes in memory and as text, in bytes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.user_agent.len() + self.data.get().len()
    }
}

impl From<Envelope> for EventLine {
    fn from(envelope: Envelope) -> Self {
        let Envelope { seq, recorded_at, meta, event } = envelope;
        let Meta { actor, request_id, client_address, user_agent, origin } = meta;
        Self {
            seq,
            recorded_at: recorded_at.0,
            time: recorded_at.to_string(),
            event: event.name().to_owned(),
            version: event.version(),
            actor,
            request_id,
            client_address,
            user_agent,
            origin: origin.map(EventOrigin::from),
            redacted_by: None,
            data: facts(&event),
        }
    }
}

fn facts(event: &Event) -> Box<RawValue> {
    to_raw_value(event).expect("plain data always serializes")
}

impl From<Origin> for EventOrigin {
    fn from(origin: Origin) -> Self {
        let log_id = origin.log_id.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { log_id, seq: origin.seq }
    }
}

//! Which events are wanted.

use std::{fmt, str::FromStr};

use crate::{
    audit::{Entity, ReadError, decode},
    event::{Envelope, Event, Stage, codec},
    wal::Record,
};

/// What an event must be; what is left out admits all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of one of these kinds.
    pub kinds: Option<EventKinds>,
    /// Caused by this actor.
    pub actor: Option<String>,
    /// About this entity.
    pub entity: Option<Entity>,
    /// The move of a model version into this stage.
    pub into_stage: Option<Stage>,
}

/// Kinds of event by name, separated by commas: `RunCreated,RunDeleted`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventKinds(Vec<(u16, &'static str)>);

/// A text that names no kind of event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no event {0:?}: write names such as ModelVersionStageChanged,RunCreated")]
pub struct EventKindsError(String);

impl FromStr for EventKinds {
    type Err = EventKindsError;

    fn from_str(text: &str) -> Result<Self, EventKindsError> {
        let kind = |name: &str| {
            let found = Event::KINDS.iter().find(|(_, _, known)| *known == name);
            found
                .map(|(code, _, name)| (*code, *name))
                .ok_or_else(|| EventKindsError(name.to_owned()))
        };
        text.split(',').map(|name| kind(name.trim())).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for EventKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|(_, name)| *name).collect();
        f.write_str(&names.join(","))
    }
}

impl EventFilter {
    /// The event in a record, if it is wanted. No more of it is decoded than that takes.
    pub(super) fn pick(&self, record: &Record) -> Result<Option<Envelope>, ReadError> {
        if !self.admits_head(record)? {
            return Ok(None);
        }
        let envelope = decode(record)?;
        Ok(self.admits_facts(&envelope.event).then_some(envelope))
    }

    /// Whether the event in a record is wanted.
    pub(super) fn admits(&self, record: &Record) -> Result<bool, ReadError> {
        let by_head = self.entity.is_none() && self.into_stage.is_none();
        if by_head { self.admits_head(record) } else { Ok(self.pick(record)?.is_some()) }
    }

    /// Whether kind and actor are those that are wanted.
    fn admits_head(&self, record: &Record) -> Result<bool, ReadError> {
        let kinds = self.kinds.as_ref();
        if !kinds.is_none_or(|kinds| kinds.0.iter().any(|(kind, _)| *kind == record.event_type)) {
            return Ok(false);
        }
        match &self.actor {
            None => Ok(true),
            Some(actor) => Ok(actor_of(record)? == actor),
        }
    }

    fn admits_facts(&self, event: &Event) -> bool {
        let moved = |stage| matches!(event, Event::ModelVersionStageChanged(it) if it.to == stage);
        self.entity.as_ref().is_none_or(|entity| entity.is_concerned_by(event))
            && self.into_stage.is_none_or(moved)
    }
}

/// Who caused the event in a record.
pub(super) fn actor_of(record: &Record) -> Result<&str, ReadError> {
    codec::decode_actor(record).map_err(|source| ReadError::Event { seq: record.seq, source })
}

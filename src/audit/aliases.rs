//! From when to when an alias named which version of a model, and what it named at a moment. Read from the events
//! of that model.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Entity, Moment, ReadError, entity_events, find_model};
use crate::{
    base::{Seq, TimestampMs},
    event::{Envelope, Event},
    views::store::Read,
    wal::WalReader,
};

/// When the aliases of a registered model named which of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelAliases {
    /// Number of the model, which outlives its names.
    pub registered_model_id: u64,
    /// The name it has now, or had when it was deleted.
    pub name: String,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The intervals, by their beginning.
    pub aliases: Vec<AliasInterval>,
}

/// One alias that names one version, from a moment to another. Given again to the same version, it goes on in the
/// same interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AliasInterval {
    /// The alias.
    pub alias: String,
    /// The version.
    pub version: u32,
    /// The event that began it.
    pub from_seq: Seq,
    /// When, by the server's clock, in milliseconds since the Unix epoch.
    pub from_at: i64,
    /// The same in RFC 3339, UTC.
    pub from_time: String,
    /// Who gave the alias to the version.
    pub from_actor: String,
    /// The event that ended it: the alias was given to another version, or removed, or the version or the model
    /// was deleted; absent while it lasts.
    pub to_seq: Option<Seq>,
    /// When.
    pub to_at: Option<i64>,
    /// The same in RFC 3339, UTC.
    pub to_time: Option<String>,
    /// Who ended it.
    pub to_actor: Option<String>,
}

impl AliasInterval {
    fn begun_by(envelope: &Envelope, alias: &str, version: u32) -> Self {
        Self {
            alias: alias.to_owned(),
            version,
            from_seq: envelope.seq,
            from_at: envelope.recorded_at.0,
            from_time: envelope.recorded_at.to_string(),
            from_actor: envelope.meta.actor.clone(),
            to_seq: None,
            to_at: None,
            to_time: None,
            to_actor: None,
        }
    }

    fn end(&mut self, envelope: &Envelope) {
        self.to_seq = Some(envelope.seq);
        self.to_at = Some(envelope.recorded_at.0);
        self.to_time = Some(envelope.recorded_at.to_string());
        self.to_actor = Some(envelope.meta.actor.clone());
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

/// The intervals of the model `name`; only those of `alias`, and those that hold at a moment, if they are named.
/// `None` if there never was such a model.
pub fn model_aliases(
    read: &dyn Read,
    log: &dyn WalReader,
    name: &str,
    alias: Option<&str>,
    at: Option<Moment>,
) -> Result<Option<ModelAliases>, ReadError> {
    let Some(model) = find_model(read, name) else { return Ok(None) };
    let registered_model_id = model.registered_model_id;
    let mut aliases: Vec<AliasInterval> = Vec::new();
    for envelope in entity_events(read, log, &Entity::RegisteredModel(registered_model_id)) {
        let envelope = envelope?;
        let lasting = aliases.iter_mut().filter(|it| it.to_seq.is_none());
        match &envelope.event {
            Event::ModelAliasSet(it) if it.previous == Some(it.version) => {}
            Event::ModelAliasSet(it) => {
                lasting.filter(|known| known.alias == it.alias).for_each(|it| it.end(&envelope));
                aliases.push(AliasInterval::begun_by(&envelope, &it.alias, it.version));
            }
            Event::ModelAliasDeleted(it) => {
                lasting.filter(|known| known.alias == it.alias).for_each(|it| it.end(&envelope));
            }
            Event::ModelVersionDeleted(it) => {
                let of_version = lasting.filter(|known| known.version == it.version);
                of_version.for_each(|it| it.end(&envelope));
            }
            Event::RegisteredModelDeleted(_) => lasting.for_each(|it| it.end(&envelope)),
            _ => {}
        }
    }
    aliases.retain(|it| alias.is_none_or(|alias| it.alias == alias));
    aliases.retain(|it| at.is_none_or(|at| it.holds(at)));
    let deleted = !model.lifecycle.is_active();
    let name = model.name.clone();
    Ok(Some(ModelAliases { registered_model_id, name, deleted, aliases }))
}

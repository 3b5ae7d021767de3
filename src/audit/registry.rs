//! The model registry as the log tells it, without the rest: enough to answer for models from a log
//! alone, beside a running server or from a copy, and without touching the view cache.

use std::sync::Arc;

use super::{ReadError, decode};
use crate::{
    base::Seq,
    domain::entity::RegisteredModel,
    event::{Envelope, Event},
    views::{
        Position, Views, fold,
        keys::{self, table},
        lookup,
        store::{Read, Value},
    },
    wal::{Record, WalReader},
};

/// Whether a kind of event concerns registered models and their versions.
fn is_of_registry(kind: u16) -> bool {
    matches!(kind, 48..=63 | 68..=71)
}

/// Registered models read at a time.
const PAGE_MODELS: usize = 1024;

/// Folds what the log says of registered models up to an event, and nothing else, into memory.
pub fn fold_registry(log: &dyn WalReader, until: Seq) -> Result<Views, ReadError> {
    let views = Views::in_memory(log.log_id().into_bytes());
    let mut changes = views.changes();
    let mut position = Position::default();
    for record in log.read_from(position.seq) {
        let record = record?;
        if record.seq > until {
            break;
        }
        position.seq = record.seq;
        // What is unknown is refused, not passed over: it may be about models.
        if is_of_registry(record.event_type) || !is_known(&record) {
            let envelope: Envelope = decode(&record)?;
            fold(&mut changes, &envelope);
        }
    }
    views.publish(changes, position);
    Ok(views)
}

fn is_known(record: &Record) -> bool {
    let found = (record.event_type, record.event_version);
    Event::KINDS.iter().any(|(kind, version, _)| (*kind, *version) == found)
}

/// The registered model that has this name; if there is none, the one that was deleted last under it, or else the
/// one that was last to give it up for another.
pub fn find_model(read: &dyn Read, name: &str) -> Option<Arc<RegisteredModel>> {
    let renamed = || lookup::former_registered_model(read, name);
    lookup::registered_model(read, name).or_else(|| deleted_as(read, name)).or_else(renamed)
}

/// The registered model that was deleted last under a name.
fn deleted_as(read: &dyn Read, name: &str) -> Option<Arc<RegisteredModel>> {
    let end = keys::after_prefix(&[table::REGISTERED_MODEL]);
    let mut from = vec![table::REGISTERED_MODEL];
    let mut found: Option<Arc<RegisteredModel>> = None;
    loop {
        let page = read.range(&from, end.as_deref(), PAGE_MODELS);
        let Some((last, _)) = page.last() else { return found };
        from = [last, &[0][..]].concat();
        let models = page.into_iter().filter_map(|(_, value)| {
            if let Value::RegisteredModel(model) = value { Some(model) } else { None }
        });
        let named = models.filter(|model| model.name == name);
        found = found.into_iter().chain(named).max_by_key(|model| model.lifecycle.seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_those_of_the_registry() {
        for (code, _, name) in Event::KINDS {
            let of_registry = name.starts_with("RegisteredModel") || name.starts_with("Model");
            assert_eq!(is_of_registry(*code), of_registry, "{name}");
        }
    }
}

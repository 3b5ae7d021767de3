//! Which events concern an entity: its positions in the log, in blocks. This is the index that
//! audit questions begin with; the facts themselves are in the log.

use std::sync::Arc;

use super::{Changes, Value, keys, keys::table};
use crate::event::{Envelope, Subject};

/// Positions of a full block.
const BLOCK_POSITIONS: usize = 256;

/// Notes the event's position under the entity it concerns.
pub(super) fn record(changes: &mut Changes<'_>, envelope: &Envelope) {
    match envelope.event.subject() {
        Subject::Experiment(id) => note(changes, envelope, table::EXPERIMENT, &id.to_be_bytes()),
        Subject::Run(id) => note(changes, envelope, table::RUN, id.as_bytes()),
        Subject::LoggedModel(id) => note(changes, envelope, table::LOGGED_MODEL, id.as_bytes()),
        Subject::RegisteredModel(id) => {
            note(changes, envelope, table::REGISTERED_MODEL, &id.to_be_bytes());
        }
        Subject::Webhook(id) => note(changes, envelope, table::WEBHOOK, id.as_bytes()),
        Subject::Artifact(path) => note(changes, envelope, table::ARTIFACT, path.as_bytes()),
        Subject::Log(_) => {}
    }
}

fn note(changes: &mut Changes<'_>, envelope: &Envelope, table: u8, id: &[u8]) {
    let key = keys::timeline_tail(table, id);
    let mut block = match changes.take(&key) {
        Some(Value::Positions(block)) => block,
        _ => Arc::default(),
    };
    Arc::make_mut(&mut block).push(envelope.seq.0);
    if block.len() >= BLOCK_POSITIONS {
        let first = block.first().copied().unwrap_or_default();
        changes.put(keys::timeline_block(table, id, first), Value::Positions(block));
        block = Arc::default();
    }
    changes.put(key, Value::Positions(block));
}

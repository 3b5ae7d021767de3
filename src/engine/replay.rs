//! Log to views: decode, fold, publish. The same code at start-up (from the cursor), offline (from
//! zero) and for any prefix.

use super::OpenError;
use crate::{
    base::{Seq, digest::crc32_ieee},
    event::codec,
    views::{Position, Views, fold},
    wal::WalReader,
};

/// Events folded before they are published together.
const BATCH_EVENTS: u64 = 10_000;

/// What a replay did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Events folded.
    pub events: u64,
    /// The last event that the views have now folded.
    pub until: Seq,
}

/// Folds what `views` have not yet folded of `log`, up to and including `until`. `progress` is
/// called now and then with the last folded position.
pub fn replay(
    log: &dyn WalReader,
    views: &Views,
    until: Seq,
    progress: &mut dyn FnMut(Seq),
) -> Result<Replayed, OpenError> {
    let mut position = views.position();
    let mut changes = views.changes();
    let mut events = 0;
    for record in log.read_from(position.seq.next()) {
        let record = record?;
        if record.seq > until {
            break;
        }
        let envelope = codec::decode_record(&record)
            .map_err(|source| OpenError::Event { seq: record.seq, source })?;
        fold(&mut changes, &envelope);
        position = Position { seq: record.seq, payload_crc: crc32_ieee(&record.payload) };
        events += 1;
        if events % BATCH_EVENTS == 0 {
            views.publish(std::mem::replace(&mut changes, views.changes()), position);
            if views.wants_flush() {
                views.flush_or_hold()?;
            }
            progress(position.seq);
        }
    }
    views.publish(changes, position);
    progress(position.seq);
    Ok(Replayed { events, until: position.seq })
}

//! Payloads of events: kind (two bytes), version (one), payload. What decodes is encoded to the same
//! bytes, can be printed, and can be folded, twice, into views that know its entity or do not.

use runlog::{
    base::{Seq, TimestampMs},
    event::codec,
    views::{Position, Views, fold},
    wal::Record,
};

use super::server;

pub fn run(data: &[u8]) {
    let [kind @ .., version] = data.get(..3).unwrap_or_default() else { return };
    let Ok(kind) = kind.try_into() else { return };
    let record = Record {
        seq: Seq(1),
        recorded_at: TimestampMs(0),
        event_type: u16::from_le_bytes(kind),
        event_version: *version,
        codec: codec::CODEC,
        batch_more: false,
        payload: data[3..].to_vec(),
        destroyed: None,
        place: None,
    };
    let mut envelope = match codec::decode_record(&record) {
        Ok(envelope) => envelope,
        Err(refused) => return assert!(!refused.to_string().is_empty()),
    };
    let encoded = codec::encode_event(&envelope.meta, &envelope.event);
    assert!(encoded == record.payload, "{envelope:?} is encoded as {encoded:?}");
    assert!(serde_json::to_string(&(&envelope.meta, &envelope.event)).is_ok());

    for views in [Views::in_memory([0; 16]), server::views()] {
        for _ in 0..2 {
            envelope.seq = views.position().seq.next();
            let mut changes = views.changes();
            fold(&mut changes, &envelope);
            views.publish(changes, Position { seq: envelope.seq, payload_crc: 0 });
        }
    }
}

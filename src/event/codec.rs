//! Values to bytes and back: bincode 1.3.3, fixed-width integers, little-endian, `u64` lengths,
//! no trailing bytes. The only file that knows bincode.

use bincode::Options;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Envelope, Event, Meta};
use crate::wal::Record;

/// The codec number that stands in a record header for this encoding.
pub const CODEC: u8 = 1;

/// Bytes that do not mean what they should.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Written by a newer Runlog, or not an event at all.
    #[error(
        "event kind {kind} version {version} is unknown: the log was written by a newer Runlog"
    )]
    UnknownKind {
        /// Number of the kind.
        kind: u16,
        /// Version of its payload.
        version: u8,
    },
    /// The record names a codec that this version does not have.
    #[error("codec {0} is unknown: the log was written by a newer Runlog")]
    UnknownCodec(u8),
    /// The bytes do not spell the shape that their kind promises.
    #[error("payload does not decode: {0}")]
    Malformed(#[from] bincode::Error),
}

fn options() -> impl Options {
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .with_little_endian()
        .reject_trailing_bytes()
}

/// The bytes of `value`.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    options().serialize(value).expect("plain data always serializes")
}

/// Length of what [`encode`] makes of `value`.
pub fn encoded_len<T: Serialize>(value: &T) -> usize {
    let len = options().serialized_size(value).expect("plain data always serializes");
    usize::try_from(len).unwrap_or(usize::MAX)
}

/// The value that `bytes` spell. Takes memory in proportion to them, whatever lengths they claim. They
/// may be many: a value of the views grows with each tag that it gets, without bound.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    Ok(options().deserialize(bytes)?)
}

/// The payload of an event's record.
pub fn encode_event(meta: &Meta, event: &Event) -> Vec<u8> {
    event.encode_payload(meta)
}

/// The event that a record holds.
pub fn decode_record(record: &Record) -> Result<Envelope, DecodeError> {
    if record.codec != CODEC {
        return Err(DecodeError::UnknownCodec(record.codec));
    }
    let (meta, event) =
        Event::decode_payload(record.event_type, record.event_version, &record.payload)?;
    Ok(Envelope { seq: record.seq, recorded_at: record.recorded_at, meta, event })
}

/// Who caused the event that a record holds; nothing else of it is decoded.
pub fn decode_actor(record: &Record) -> Result<&str, DecodeError> {
    if record.codec != CODEC {
        return Err(DecodeError::UnknownCodec(record.codec));
    }
    // It is the first field of `Meta`, which is first in every payload.
    Ok(options().allow_trailing_bytes().deserialize(&record.payload)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_known_without_the_bytes() {
        for value in [vec![], vec!["a"], vec!["b", "äöü", ""]] {
            assert_eq!(encoded_len(&value), encode(&value).len());
        }
    }
}

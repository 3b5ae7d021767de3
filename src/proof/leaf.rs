//! What of a record goes into the tree: its place, time, kind and the digest of its payload. A digest
//! and not the payload, so that leaves are short and of one length.

use crate::{
    base::{Seq, TimestampMs, digest::Sha256Digest},
    wal::Record,
};

use super::hash_leaf;

/// Names the layout, so that the same bytes can never be read as another one.
const LABEL: &[u8; 14] = b"runlog-leaf-v1";

/// Bytes of the leaf data of every record.
pub const LEAF_DATA_BYTES: usize = LABEL.len() + 8 + 8 + 2 + 1 + 1 + 32;

/// The leaf data of a record: label, sequence (u64), time in milliseconds (i64), event type (u16),
/// event version (u8), codec (u8), SHA-256 of the payload. Numbers are little-endian.
pub fn leaf_data(record: &Record) -> [u8; LEAF_DATA_BYTES] {
    let payload = record.destroyed.map(|it| it.sha256);
    let payload = payload.unwrap_or_else(|| Sha256Digest::of(&record.payload));
    let mut data = [0; LEAF_DATA_BYTES];
    let parts: [&[u8]; 7] = [
        LABEL,
        &record.seq.0.to_le_bytes(),
        &record.recorded_at.0.to_le_bytes(),
        &record.event_type.to_le_bytes(),
        &[record.event_version],
        &[record.codec],
        &payload.0,
    ];
    let mut rest = &mut data[..];
    for part in parts {
        let (place, after) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = after;
    }
    data
}

/// The leaf of a record. Its index in the tree is its sequence less one.
pub fn leaf_hash(record: &Record) -> Sha256Digest {
    hash_leaf(&leaf_data(record))
}

/// What the leaf data of a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafData {
    /// Its position.
    pub seq: Seq,
    /// When it was written.
    pub recorded_at: TimestampMs,
    /// What the payload is.
    pub event_type: u16,
    /// Version of the payload's shape.
    pub event_version: u8,
    /// How the payload is encoded.
    pub codec: u8,
    /// SHA-256 of the payload.
    pub payload: Sha256Digest,
}

impl LeafData {
    /// What these bytes say, if they are leaf data.
    pub fn parse(bytes: &[u8; LEAF_DATA_BYTES]) -> Option<Self> {
        let (seq, rest) = bytes.strip_prefix(LABEL)?.split_first_chunk()?;
        let (recorded_at, rest) = rest.split_first_chunk()?;
        let (event_type, rest) = rest.split_first_chunk()?;
        let ([event_version, codec], payload) = rest.split_first_chunk()?;
        Some(Self {
            seq: Seq(u64::from_le_bytes(*seq)),
            recorded_at: TimestampMs(i64::from_le_bytes(*recorded_at)),
            event_type: u16::from_le_bytes(*event_type),
            event_version: *event_version,
            codec: *codec,
            payload: Sha256Digest(payload.try_into().ok()?),
        })
    }
}

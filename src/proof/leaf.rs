//! What of a record goes into the tree: its place, time, kind and the digest of its payload. A digest
//! and not the payload, so that leaves are short and of one length.

use crate::{base::digest::Sha256Digest, wal::Record};

use super::hash_leaf;

/// Names the layout, so that the same bytes can never be read as another one.
const LABEL: &[u8; 14] = b"runlog-leaf-v1";

/// Bytes of the leaf data of every record.
pub const LEAF_DATA_BYTES: usize = LABEL.len() + 8 + 8 + 2 + 1 + 1 + 32;

/// The leaf data of a record: label, sequence (u64), time in milliseconds (i64), event type (u16),
/// event version (u8), codec (u8), SHA-256 of the payload. Numbers are little-endian.
pub fn leaf_data(record: &Record) -> [u8; LEAF_DATA_BYTES] {
    let mut data = [0; LEAF_DATA_BYTES];
    let parts: [&[u8]; 7] = [
        LABEL,
        &record.seq.0.to_le_bytes(),
        &record.recorded_at.0.to_le_bytes(),
        &record.event_type.to_le_bytes(),
        &[record.event_version],
        &[record.codec],
        &Sha256Digest::of(&record.payload).0,
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

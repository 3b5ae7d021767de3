//! What stands in the place of a payload that was destroyed: its digest, and where its substitute is. The
//! record's header is as it was, so no other byte of the segment changes.

use crate::base::{
    Seq,
    digest::{Sha256Digest, crc32_from},
};

use super::{super::Destroyed, format::RecordHeader};

/// Bytes that a payload must have to be destroyed.
pub const ERASABLE_BYTES_MIN: usize = 48;

/// The mark of a destroyed payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) destroyed: Destroyed,
    /// Bytes of the substitute: the last ones of the payload of the record that destroyed this one.
    pub(super) substitute_len: u32,
}

impl Mark {
    /// The mark in the place of a payload, if it is one. The checksum is begun from that of the payload,
    /// which the header keeps: so it belongs to this record and no other.
    pub(super) fn parse(header: &RecordHeader, payload: &[u8]) -> Option<Self> {
        let (mark, zeros) = payload.split_first_chunk::<ERASABLE_BYTES_MIN>()?;
        let (content, crc) = mark.split_last_chunk::<4>()?;
        let sound = u32::from_le_bytes(*crc) == crc32_from(header.payload_crc, content);
        if !sound || zeros.iter().any(|byte| *byte != 0) {
            return None;
        }
        let (sha256, rest) = content.split_first_chunk()?;
        let (by, len) = rest.split_first_chunk()?;
        let by = Seq(u64::from_le_bytes(*by));
        if by <= header.seq {
            return None;
        }
        let destroyed = Destroyed { sha256: Sha256Digest(*sha256), by };
        Some(Self { destroyed, substitute_len: u32::from_le_bytes(len.try_into().ok()?) })
    }

    /// What is written in the place of the payload of a record; `None` if that is too short.
    pub(super) fn encode(&self, header: &RecordHeader) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(header.payload_len);
        bytes.extend_from_slice(&self.destroyed.sha256.0);
        bytes.extend_from_slice(&self.destroyed.by.0.to_le_bytes());
        bytes.extend_from_slice(&self.substitute_len.to_le_bytes());
        bytes.extend_from_slice(&crc32_from(header.payload_crc, &bytes).to_le_bytes());
        let room = header.payload_len.checked_sub(bytes.len())?;
        bytes.extend((0..room).map(|_| 0));
        Some(bytes)
    }

    /// The substitute, out of the payload of the record that destroyed this one.
    pub(super) fn substitute(&self, payload: &[u8]) -> Option<Vec<u8>> {
        let len = usize::try_from(self.substitute_len).ok()?;
        Some(payload.get(payload.len().checked_sub(len)?..)?.to_vec())
    }
}

//! What goes into a log and what comes out, and which groups may go in.

use crate::base::{Seq, TimestampMs, digest::Sha256Digest, limits::PAYLOAD_BYTES_MAX};

use super::WalError;

/// A record to be appended; the log gives the sequence.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord<'a> {
    /// The time of writing, by the writer's clock.
    pub recorded_at: TimestampMs,
    /// What the payload is; 1 and up, since 0 is the log's own.
    pub event_type: u16,
    /// Version of the payload's shape.
    pub event_version: u8,
    /// How the payload is encoded; 0..=15.
    pub codec: u8,
    /// More records of the same all-or-nothing batch follow. Never set on the last of a group.
    pub batch_more: bool,
    /// 1..=[`crate::base::limits::PAYLOAD_BYTES_MAX`] bytes.
    pub payload: &'a [u8],
}

/// A durable record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its position: one more than the record before it.
    pub seq: Seq,
    /// When it was written; never before the record before it.
    pub recorded_at: TimestampMs,
    /// What the payload is.
    pub event_type: u16,
    /// Version of the payload's shape.
    pub event_version: u8,
    /// How the payload is encoded.
    pub codec: u8,
    /// More records of the same batch follow.
    pub batch_more: bool,
    /// The bytes that were appended; their substitute, if they were destroyed.
    pub payload: Vec<u8>,
    /// What is left of the bytes that were appended, if they were destroyed.
    pub destroyed: Option<Destroyed>,
    /// Where it lies, for error messages and people; `None` if the log has no files.
    pub place: Option<Place>,
}

/// What is left of a payload that was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destroyed {
    /// Digest of what was appended.
    pub sha256: Sha256Digest,
    /// The later record that says so; its payload ends with the substitute.
    pub by: Seq,
}

/// A payload that is to be destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    /// Whose payload.
    pub seq: Seq,
    /// The later record that says so.
    pub by: Seq,
    /// Bytes at the end of its payload that stand for the destroyed one from then on.
    pub substitute_len: u32,
}

/// Where a record lies in the files of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the segment, from 1.
    pub segment: u64,
    /// Bytes from the start of the segment to the record's header.
    pub offset: u64,
}

/// The rules for a group, the same for every backend.
pub(super) fn check_group(records: &[NewRecord<'_>]) -> Result<(), WalError> {
    for (index, record) in records.iter().enumerate() {
        let why = match record {
            r if r.event_type == 0 => "event type 0 is the log's own",
            r if r.codec > CODEC_MAX => "codec is above 15",
            r if r.payload.is_empty() => "payload is empty",
            r if r.payload.len() > PAYLOAD_BYTES_MAX => "payload is too long",
            _ => continue,
        };
        return Err(WalError::Unfit { index, why });
    }
    match records.last() {
        None => Err(WalError::Unfit { index: 0, why: "the group is empty" }),
        Some(last) if last.batch_more => {
            Err(WalError::Unfit { index: records.len() - 1, why: "its batch is cut short" })
        }
        Some(_) => Ok(()),
    }
}

const CODEC_MAX: u8 = 15;

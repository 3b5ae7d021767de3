//! What can go wrong when the past is read.

use thiserror::Error;

use crate::{
    base::Seq,
    event::{
        Envelope,
        codec::{self, DecodeError},
    },
    wal::{Record, WalError},
};

/// The log could not be read to the end of the question.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The log itself.
    #[error(transparent)]
    Log(#[from] WalError),
    /// An event is of a newer Runlog, or its bytes make no sense although their checksum is right.
    #[error("event {seq}")]
    Event {
        /// Its position.
        seq: Seq,
        /// What is wrong with it.
        source: DecodeError,
    },
}

/// The event in a record.
pub(crate) fn decode(record: &Record) -> Result<Envelope, ReadError> {
    codec::decode_record(record).map_err(|source| ReadError::Event { seq: record.seq, source })
}

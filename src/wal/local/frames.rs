//! Records of one segment file, by offset, each checked before it is believed. Reads in windows;
//! knows nothing of groups, nor of the order of records.

use std::sync::Arc;

use crate::base::disk::{DiskError, DiskFile};

use super::{
    super::Damage,
    format::{LEADER_BYTES, Payload, RECORD_HEADER_BYTES, RecordHeader},
};

/// One record of a segment: its place and its checked header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Bytes from the start of the segment to the header.
    pub(super) offset: u64,
    pub(super) header: RecordHeader,
}

impl Frame {
    /// Offset of what follows.
    pub(super) fn end(&self) -> u64 {
        self.offset + self.header.stored_bytes()
    }
}

/// Why there is no record at an offset.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error(transparent)]
    Damage(#[from] Damage),
}

/// A window on a segment file.
pub(super) struct Frames {
    file: Arc<dyn DiskFile>,
    salt: u32,
    /// Nothing at or past this offset is read. May grow; what is below it must not change.
    limit: u64,
    window_bytes: usize,
    window: Vec<u8>,
    window_at: u64,
}

impl Frames {
    /// `window_bytes` is how much is read at once: small for one record, large for all.
    pub(super) fn new(file: Arc<dyn DiskFile>, salt: u32, limit: u64, window_bytes: usize) -> Self {
        Self { file, salt, limit, window_bytes, window: Vec::new(), window_at: 0 }
    }

    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    pub(super) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// The record at `offset`, whole below the limit. Its payload is not checked yet.
    pub(super) fn frame(&mut self, offset: u64) -> Result<Frame, FrameError> {
        let salt = self.salt;
        let Some(bytes) = self.bytes(offset, RECORD_HEADER_BYTES)? else {
            return Err(Damage::Blank.into());
        };
        let bytes = bytes.first_chunk().expect("as many bytes as were asked for");
        let frame = Frame { offset, header: RecordHeader::decode(bytes, salt)? };
        if frame.end() > self.limit {
            return Err(Damage::Misplaced("it runs past the end").into());
        }
        Ok(frame)
    }

    /// The payload of a record, checked.
    pub(super) fn payload(&mut self, frame: &Frame) -> Result<Payload<'_>, FrameError> {
        let body = frame.header.stored_bytes() - RECORD_HEADER_BYTES as u64;
        let body = usize::try_from(body).map_err(|_| Damage::Payload)?;
        let bytes = self.bytes(frame.offset + RECORD_HEADER_BYTES as u64, body)?;
        Ok(frame.header.check(bytes.ok_or(Damage::Payload)?)?)
    }

    /// The first sound group leader at or after `from`, wherever records may begin. Finding one past
    /// a damaged group proves that the group had been durable: a leader is written only then.
    pub(super) fn find_leader(&mut self, from: u64) -> Result<Option<Frame>, DiskError> {
        let mut offset = from;
        while offset + LEADER_BYTES <= self.limit {
            if let Some(leader) = self.leader(offset)? {
                return Ok(Some(leader));
            }
            offset += 8;
        }
        Ok(None)
    }

    fn leader(&mut self, offset: u64) -> Result<Option<Frame>, DiskError> {
        let salt = self.salt;
        let Some(bytes) = self.bytes(offset, RECORD_HEADER_BYTES)? else { return Ok(None) };
        let bytes = bytes.first_chunk().expect("as many bytes as were asked for");
        let Ok(header) = RecordHeader::decode(bytes, salt) else { return Ok(None) };
        if !header.is_leader() {
            return Ok(None);
        }
        let frame = Frame { offset, header };
        match self.payload(&frame) {
            Ok(_) => Ok(Some(frame)),
            Err(FrameError::Damage(_)) => Ok(None),
            Err(FrameError::Disk(error)) => Err(error),
        }
    }

    /// One past the last byte at or after `from` that is not zero; `None` if all are.
    pub(super) fn last_nonzero(&mut self, from: u64) -> Result<Option<u64>, DiskError> {
        let mut found = None;
        let mut offset = from;
        while offset < self.limit {
            let len = usize::try_from(self.limit - offset).unwrap_or(usize::MAX);
            let Some(bytes) = self.bytes(offset, len.min(self.window_bytes))? else { break };
            if let Some(last) = bytes.iter().rposition(|&byte| byte != 0) {
                found = Some(offset + last as u64 + 1);
            }
            offset += bytes.len() as u64;
        }
        Ok(found)
    }

    /// `len` bytes from `offset`; `None` if they are not all below the limit and in the file.
    pub(super) fn bytes(&mut self, offset: u64, len: usize) -> Result<Option<&[u8]>, DiskError> {
        if offset + len as u64 > self.limit {
            return Ok(None);
        }
        let cached = offset >= self.window_at
            && offset + len as u64 <= self.window_at + self.window.len() as u64;
        if !cached {
            let room = usize::try_from(self.limit - offset).unwrap_or(usize::MAX);
            self.window.resize(self.window_bytes.max(len).min(room), 0);
            self.window_at = offset;
            let read = match self.file.read_at(offset, &mut self.window) {
                Ok(read) => read,
                Err(error) => {
                    self.window.clear();
                    return Err(error);
                }
            };
            self.window.truncate(read);
        }
        let start = usize::try_from(offset - self.window_at).unwrap_or(usize::MAX);
        Ok(self.window.get(start..).and_then(|window| window.get(..len)))
    }
}

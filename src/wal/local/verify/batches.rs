//! Whole batches in a stretch of a segment where groups cannot be followed any more. Each record is
//! believed for its own checksums and its place in the order; whether it counts is the caller's
//! matter.

use crate::base::{Seq, disk::DiskError};

use super::super::{
    super::Damage,
    frames::{Frame, FrameError, Frames},
};

/// Steps through a damaged stretch from batch to batch.
pub(super) struct Batches {
    offset: u64,
    end: u64,
    /// The next record, were nothing lost.
    expected: Seq,
    /// All records of the stretch are below it.
    until: Seq,
    /// Records up to the end of the batch at hand are not whole.
    broken: bool,
    /// The first thing wrong since the last batch.
    wrong: Option<(u64, Damage)>,
}

impl Batches {
    /// `offset` is where a group begins, or ought to, with record `next`.
    pub(super) fn new(offset: u64, end: u64, next: Seq, until: Seq) -> Self {
        Self { offset, end, expected: next, until, broken: false, wrong: None }
    }

    /// The next whole batch.
    pub(super) fn next(&mut self, frames: &mut Frames) -> Result<Option<Vec<Frame>>, DiskError> {
        let mut batch = Vec::new();
        while self.offset < self.end {
            let Some(frame) = self.step(frames, &mut batch)? else { continue };
            // Of what batch the lost ones were is not known: this one's, it may be.
            self.broken |= frame.header.seq > self.expected;
            let sound = match frames.payload(&frame) {
                Ok(_) => true,
                Err(FrameError::Damage(damage)) => {
                    self.note(frame.offset, damage);
                    false
                }
                Err(FrameError::Disk(error)) => return Err(error),
            };
            self.offset = frame.end();
            self.expected = frame.header.seq.next();
            if !sound || self.broken {
                batch.clear();
                self.broken = frame.header.batch_more;
                continue;
            }
            batch.push(frame);
            if !frame.header.batch_more {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// The first thing wrong since it was asked last.
    pub(super) fn take_wrong(&mut self) -> Option<(u64, Damage)> {
        self.wrong.take()
    }

    /// A record with a sound header that can stand here; or a step forward.
    fn step(
        &mut self,
        frames: &mut Frames,
        batch: &mut Vec<Frame>,
    ) -> Result<Option<Frame>, DiskError> {
        let at = self.offset;
        let frame = match frames.frame(at) {
            Ok(frame) if frame.end() <= self.end => frame,
            Ok(_) => {
                self.note(at, Damage::Misplaced("it runs past its group"));
                self.offset += 8;
                return Ok(None);
            }
            Err(FrameError::Damage(damage)) => {
                self.note(at, damage);
                self.offset += 8;
                return Ok(None);
            }
            Err(FrameError::Disk(error)) => return Err(error),
        };
        let in_order = (self.expected..self.until).contains(&frame.header.seq);
        if frame.header.is_leader() && in_order {
            // A group begins, and with it a batch.
            batch.clear();
            (self.expected, self.broken) = (frame.header.seq, false);
            self.offset = frame.end();
            return Ok(None);
        }
        if frame.header.event_type == 0 || !in_order {
            self.note(at, Damage::Misplaced("sequence does not follow"));
            self.offset = frame.end();
            return Ok(None);
        }
        Ok(Some(frame))
    }

    fn note(&mut self, offset: u64, damage: Damage) {
        self.wrong.get_or_insert((offset, damage));
    }
}

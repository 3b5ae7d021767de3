//! Where what stands for destroyed payloads is: in records that come later in the log.

use crate::base::disk::{Disk, Open};

use super::super::{
    super::WalError,
    destroyed::Mark,
    format::{Payload, SEGMENT_HEADER_BYTES},
    frames::{FrameError, Frames},
    segment::SegmentFile,
    shared::SCAN_WINDOW_BYTES,
};

/// Finds substitutes. The last place is kept: what was destroyed together has its substitutes together.
pub(super) struct Substitutes<'a> {
    disk: &'a dyn Disk,
    segments: Vec<SegmentFile>,
    at: Option<Place>,
}

/// A place in a segment.
struct Place {
    segment: usize,
    frames: Frames,
    offset: u64,
}

impl<'a> Substitutes<'a> {
    /// `segments` in the order of the log.
    pub(super) fn new(disk: &'a dyn Disk, segments: Vec<SegmentFile>) -> Self {
        Self { disk, segments, at: None }
    }

    /// What stands for a destroyed payload. Of one that cannot be read, nothing: no event has no bytes.
    pub(super) fn of(&mut self, mark: &Mark) -> Result<Option<Vec<u8>>, WalError> {
        let after = self.segments.partition_point(|it| it.header.base <= mark.destroyed.by);
        let Some(segment) = after.checked_sub(1) else { return Ok(Some(Vec::new())) };
        let known = self.at.take().filter(|at| at.segment == segment);
        let again = known.is_some();
        let mut place = match known {
            Some(place) => place,
            None => self.start_of(segment)?,
        };
        let mut found = place.find(mark)?;
        if found.is_none() && again {
            place.offset = SEGMENT_HEADER_BYTES;
            found = place.find(mark)?;
        }
        self.at = Some(place);
        Ok(Some(found.unwrap_or_default()))
    }

    fn start_of(&self, number: usize) -> Result<Place, WalError> {
        let segment = self.segments.get(number).expect("it was counted");
        let file = segment.open(self.disk, Open::Read)?;
        let header = &segment.header;
        let frames = Frames::new(file, header.salt, header.capacity, SCAN_WINDOW_BYTES);
        Ok(Place { segment: number, frames, offset: SEGMENT_HEADER_BYTES })
    }
}

impl Place {
    /// The substitute, if the record that holds it is whole and here or further on. Damage is passed over.
    fn find(&mut self, mark: &Mark) -> Result<Option<Vec<u8>>, WalError> {
        loop {
            let frame = match self.frames.frame(self.offset) {
                Ok(frame) => frame,
                Err(FrameError::Disk(error)) => return Err(error.into()),
                Err(FrameError::Damage(_)) => match self.frames.find_leader(self.offset + 8)? {
                    Some(leader) => leader,
                    None => return Ok(None),
                },
            };
            self.offset = frame.end();
            if frame.header.event_type != 0 && frame.header.seq == mark.destroyed.by {
                return match self.frames.payload(&frame) {
                    Ok(Payload::Whole(payload)) => Ok(mark.substitute(payload)),
                    Ok(Payload::Destroyed(_)) | Err(FrameError::Damage(_)) => Ok(None),
                    Err(FrameError::Disk(error)) => Err(error.into()),
                };
            }
        }
    }
}

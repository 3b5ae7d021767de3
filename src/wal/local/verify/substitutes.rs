//! Where what stands for destroyed payloads is: in records that come later in the log.

use crate::base::disk::{Disk, Open};

use super::super::{
    super::WalError,
    destroyed::Mark,
    format::Payload,
    frames::Frames,
    groups::{Groups, Position},
    index::SparseIndex,
    segment::SegmentFile,
    shared::SCAN_WINDOW_BYTES,
};

/// Finds substitutes; keeps its place in the segment where it found the last one.
pub(super) struct Substitutes<'a> {
    disk: &'a dyn Disk,
    segments: Vec<SegmentFile>,
    known: Option<Known>,
}

/// A segment that has been walked, up to where it is sound.
struct Known {
    segment: usize,
    index: SparseIndex,
    groups: Groups,
}

impl<'a> Substitutes<'a> {
    /// `segments` in the order of the log.
    pub(super) fn new(disk: &'a dyn Disk, segments: Vec<SegmentFile>) -> Self {
        Self { disk, segments, known: None }
    }

    /// What stands for a destroyed payload. Of one that cannot be read, nothing: no event has no bytes.
    pub(super) fn of(&mut self, mark: &Mark) -> Result<Option<Vec<u8>>, WalError> {
        Ok(Some(self.find(mark)?.unwrap_or_default()))
    }

    fn find(&mut self, mark: &Mark) -> Result<Option<Vec<u8>>, WalError> {
        let by = mark.destroyed.by;
        let after = self.segments.partition_point(|segment| segment.header.base <= by);
        let Some(segment) = after.checked_sub(1) else { return Ok(None) };
        if self.known.as_ref().is_none_or(|known| known.segment != segment) {
            self.known = self.walk(segment)?;
        }
        let Some(known) = &mut self.known else { return Ok(None) };
        let (mut offset, end) = (known.index.floor(by), known.groups.position().offset);
        let frames = &mut known.groups.frames;
        while offset < end {
            let Ok(frame) = frames.frame(offset) else { return Ok(None) };
            offset = frame.end();
            if frame.header.event_type == 0 || frame.header.seq != by {
                continue;
            }
            let Ok(Payload::Whole(payload)) = frames.payload(&frame) else { return Ok(None) };
            return Ok(mark.substitute(payload));
        }
        Ok(None)
    }

    fn walk(&self, number: usize) -> Result<Option<Known>, WalError> {
        let Some(segment) = self.segments.get(number) else { return Ok(None) };
        let file = segment.open(self.disk, Open::Read)?;
        let header = &segment.header;
        let frames = Frames::new(file, header.salt, header.capacity, SCAN_WINDOW_BYTES);
        let mut groups = Groups::new(frames, Position::start(header));
        let mut index = SparseIndex::new(header.base);
        while groups.advance().is_ok() {
            groups.events().iter().for_each(|event| index.note(event.header.seq, event.offset));
        }
        Ok(Some(Known { segment: number, index, groups }))
    }
}

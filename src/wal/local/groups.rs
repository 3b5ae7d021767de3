//! Groups of one segment, in order: the rules that make a run of sound records a log. A group counts
//! whole or not at all. Knows nothing of what is done about a group that does not count.

use crate::base::{Seq, TimestampMs, disk::DiskError};

use super::{
    super::Damage,
    format::{Leader, Payload, SEGMENT_HEADER_BYTES, SegmentHeader},
    frames::{Frame, FrameError, Frames},
};

const NO_LEADER: &str = "a group leader belongs here";

/// The end of the groups that count so far, and what the next one must continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// Offset in the segment.
    pub(super) offset: u64,
    /// Sequence of the next event.
    pub(super) next: Seq,
    /// Time of the last record.
    pub(super) recorded_at: TimestampMs,
    /// Header checksum of the segment's last record; 0 if it has none.
    pub(super) tail_crc: u32,
    /// Nothing follows the last mark, or the segment has no group: all there is, is known durable.
    pub(super) marked: bool,
}

impl Position {
    /// Before the first group of a segment.
    pub(super) fn start(header: &SegmentHeader) -> Self {
        Self {
            offset: SEGMENT_HEADER_BYTES,
            next: header.base,
            recorded_at: header.prev.recorded_at,
            tail_crc: 0,
            marked: true,
        }
    }
}

/// Why the groups end here.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// What stands at `offset`, where record `seq` belongs.
    #[error("{damage}")]
    Damage { offset: u64, seq: Seq, damage: Damage },
}

/// Walks the groups of a segment.
pub(super) struct Groups {
    pub(super) frames: Frames,
    at: Position,
    events: Vec<Frame>,
}

impl Groups {
    pub(super) fn new(frames: Frames, at: Position) -> Self {
        Self { frames, at, events: Vec::new() }
    }

    /// The end of the groups so far.
    pub(super) fn position(&self) -> Position {
        self.at
    }

    /// Goes on elsewhere.
    pub(super) fn go_to(&mut self, at: Position) {
        self.at = at;
    }

    /// The events of the group that [`Self::advance`] has stepped over.
    pub(super) fn events(&self) -> &[Frame] {
        &self.events
    }

    /// Steps over the next group if the whole of it is sound; else stays.
    pub(super) fn advance(&mut self) -> Result<(), Stop> {
        self.events.clear();
        let (mut offset, mut seq) = (self.at.offset, self.at.next);
        match self.group(&mut offset, &mut seq) {
            Ok(position) => {
                self.at = position;
                Ok(())
            }
            Err(FrameError::Disk(error)) => Err(error.into()),
            Err(FrameError::Damage(damage)) => Err(Stop::Damage { offset, seq, damage }),
        }
    }

    /// `offset` and `seq` follow the record being looked at, to say where it failed.
    fn group(&mut self, offset: &mut u64, seq: &mut Seq) -> Result<Position, FrameError> {
        let first = self.frames.frame(*offset)?;
        let leader = match self.frames.payload(&first)? {
            Payload::Whole(payload) if first.header.is_leader() => Leader::decode(payload),
            _ => return Err(Damage::Misplaced(NO_LEADER).into()),
        };
        check_leader(&first, &leader, &self.at)?;
        let mut at = Position {
            offset: first.end(),
            next: *seq,
            recorded_at: first.header.recorded_at,
            tail_crc: first.header.header_crc,
            marked: leader.group_events == 0,
        };
        let end = at.offset + u64::from(leader.group_bytes);
        let mut batch_more = false;
        for _ in 0..leader.group_events {
            (*offset, *seq) = (at.offset, at.next);
            let event = self.frames.frame(at.offset)?;
            self.frames.payload(&event)?;
            check_event(&event, &at, end)?;
            at.offset = event.end();
            at.next = at.next.next();
            at.recorded_at = event.header.recorded_at;
            at.tail_crc = event.header.header_crc;
            batch_more = event.header.batch_more;
            self.events.push(event);
        }
        if at.offset != end {
            return Err(Damage::Misplaced("its group is not as long as the leader says").into());
        }
        if batch_more {
            return Err(Damage::Misplaced("its batch does not end with its group").into());
        }
        Ok(at)
    }
}

fn check_leader(frame: &Frame, leader: &Leader, at: &Position) -> Result<(), Damage> {
    let header = &frame.header;
    let why = if header.event_version != 1 || header.batch_more {
        NO_LEADER
    } else if header.seq != at.next {
        "sequence does not follow"
    } else if leader.synced >= at.next {
        "leader is ahead of the log"
    } else if header.recorded_at < at.recorded_at {
        "time runs backwards"
    } else {
        return Ok(());
    };
    Err(Damage::Misplaced(why))
}

fn check_event(frame: &Frame, at: &Position, group_end: u64) -> Result<(), Damage> {
    let header = &frame.header;
    let why = if header.event_type == 0 {
        "an event belongs here"
    } else if header.seq != at.next {
        "sequence does not follow"
    } else if header.recorded_at < at.recorded_at {
        "time runs backwards"
    } else if frame.end() > group_end {
        "it runs past its group"
    } else {
        return Ok(());
    };
    Err(Damage::Misplaced(why))
}

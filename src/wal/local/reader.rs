//! Reading a log's segments while a writer appends, or offline. Reads by position only and never
//! past the durable head; checks every byte that it hands out.

use std::{iter, sync::Arc};

use uuid::Uuid;

use crate::base::{Seq, disk::Open};

use super::{
    super::{Damage, Place, Record, WalError, WalReader},
    destroyed::Mark,
    format::Payload,
    frames::{Frame, Frames},
    segment::SegmentFile,
    shared::{SCAN_WINDOW_BYTES, Segment, Shared},
};

/// Bytes read at once when one record is looked for: the distance of index entries.
const POINT_WINDOW_BYTES: usize = 64 << 10;

/// A reader of segment files. Clones are cheap and see the same head.
#[derive(Clone)]
pub struct LocalReader {
    pub(super) shared: Arc<Shared>,
}

impl WalReader for LocalReader {
    fn read_from(&self, from: Seq) -> Box<dyn Iterator<Item = Result<Record, WalError>> + Send> {
        let shared = Arc::clone(&self.shared);
        let mut at = from.max(Seq(1));
        let mut cursor = None;
        let mut failed = false;
        Box::new(iter::from_fn(move || {
            if failed || at > shared.head() {
                return None;
            }
            let record = next_record(&shared, &mut cursor, at, SCAN_WINDOW_BYTES);
            failed = record.is_err();
            at = at.next();
            Some(record)
        }))
    }

    fn read(&self, seq: Seq) -> Result<Record, WalError> {
        let head = self.head();
        if seq == Seq::ZERO || seq > head {
            return Err(WalError::NotFound { seq, head });
        }
        next_record(&self.shared, &mut None, seq, POINT_WINDOW_BYTES)
    }

    fn head(&self) -> Seq {
        self.shared.head()
    }

    fn log_id(&self) -> Uuid {
        self.shared.log_id
    }
}

/// A place in one segment.
pub(super) struct Cursor {
    pub(super) segment: Arc<Segment>,
    pub(super) frames: Frames,
    offset: u64,
}

impl Cursor {
    /// A place at or before `at`, which is not past the head.
    fn to(shared: &Shared, at: Seq, window_bytes: usize) -> Result<Self, WalError> {
        let segment =
            shared.locate(at).ok_or_else(|| WalError::NotFound { seq: at, head: shared.head() })?;
        let offset = shared.floor(&segment, at)?;
        let file = segment.file.open(&*shared.disk, Open::Read)?;
        let salt = segment.file.header.salt;
        let frames = Frames::new(file, salt, shared.limit(&segment), window_bytes);
        Ok(Self { segment, frames, offset })
    }
}

/// The record `at`, which is not past the head. Moves the cursor behind it.
fn next_record(
    shared: &Shared,
    slot: &mut Option<Cursor>,
    at: Seq,
    window_bytes: usize,
) -> Result<Record, WalError> {
    let (mut cursor, frame) = seek(shared, slot.take(), at, window_bytes)?;
    let mut substitutes = |mark: &Mark| substitute(shared, mark);
    let record = record(&mut cursor.frames, &frame, &cursor.segment.file, &mut substitutes)?;
    *slot = Some(cursor);
    Ok(record)
}

/// What stands for a destroyed payload; `None` if the log does not have it.
fn substitute(shared: &Shared, mark: &Mark) -> Result<Option<Vec<u8>>, WalError> {
    let by = mark.destroyed.by;
    if by > shared.head() {
        return Ok(None);
    }
    let (mut cursor, frame) = seek(shared, None, by, POINT_WINDOW_BYTES)?;
    match cursor.frames.payload(&frame) {
        Ok(Payload::Whole(payload)) => Ok(mark.substitute(payload)),
        Ok(Payload::Destroyed(_)) => Ok(None),
        Err(error) => Err(cursor.segment.file.unsound(frame.offset, by, error)),
    }
}

/// The place of the record `at`, and a cursor behind it.
pub(super) fn seek(
    shared: &Shared,
    cursor: Option<Cursor>,
    at: Seq,
    window_bytes: usize,
) -> Result<(Cursor, Frame), WalError> {
    let mut cursor = match cursor {
        Some(cursor) => cursor,
        None => Cursor::to(shared, at, window_bytes)?,
    };
    cursor.frames.set_limit(shared.limit(&cursor.segment));
    let mut frame = step_to(&mut cursor, at)?;
    if frame.is_none() {
        cursor = Cursor::to(shared, at, window_bytes)?;
        frame = step_to(&mut cursor, at)?;
    }
    let lost = || cursor.segment.file.damaged(cursor.offset, at, Damage::Blank);
    let frame = frame.ok_or_else(lost)?;
    Ok((cursor, frame))
}

/// Steps over leaders and earlier events to `at`, and behind it; `None` if the segment ends before.
fn step_to(cursor: &mut Cursor, at: Seq) -> Result<Option<Frame>, WalError> {
    let segment = &cursor.segment.file;
    while cursor.offset < cursor.frames.limit() {
        let offset = cursor.offset;
        let frame = cursor.frames.frame(offset).map_err(|e| segment.unsound(offset, at, e))?;
        cursor.offset = frame.end();
        if frame.header.event_type == 0 || frame.header.seq < at {
            continue;
        }
        if frame.header.seq > at {
            let damage = Damage::Misplaced("sequence does not follow");
            return Err(segment.damaged(offset, at, damage));
        }
        return Ok(Some(frame));
    }
    Ok(None)
}

/// Finds what stands for a destroyed payload.
pub(super) type Substitutes<'a> = &'a mut dyn FnMut(&Mark) -> Result<Option<Vec<u8>>, WalError>;

/// The record in `frame`, its payload checked.
pub(super) fn record(
    frames: &mut Frames,
    frame: &Frame,
    segment: &SegmentFile,
    substitutes: Substitutes<'_>,
) -> Result<Record, WalError> {
    let Frame { offset, header } = *frame;
    let (payload, destroyed) =
        match frames.payload(frame).map_err(|e| segment.unsound(offset, header.seq, e))? {
            Payload::Whole(payload) => (payload.to_vec(), None),
            Payload::Destroyed(mark) => {
                let found = substitutes(&mark)?;
                let lost = || segment.damaged(offset, header.seq, Damage::Payload);
                (found.ok_or_else(lost)?, Some(mark.destroyed))
            }
        };
    Ok(Record {
        seq: header.seq,
        recorded_at: header.recorded_at,
        event_type: header.event_type,
        event_version: header.event_version,
        codec: header.codec,
        batch_more: header.batch_more,
        payload,
        destroyed,
        place: Some(Place { segment: segment.header.segno, offset }),
    })
}

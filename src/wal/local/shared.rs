//! What the writer tells its readers: which segments there are, and up to where they are durable.
//! The writer publishes here after a sync and never before; readers look here at each step.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use uuid::Uuid;

use crate::base::{
    Seq,
    disk::{Disk, DiskError, Open},
    sync::{Mutex, MutexGuard},
};

use super::{
    follow::Follow,
    frames::Frames,
    groups::{Groups, Position, Stop},
    index::SparseIndex,
    segment::SegmentFile,
};

/// Bytes read at once when records are read in order.
pub(super) const SCAN_WINDOW_BYTES: usize = 256 << 10;

/// The state that a log's writer and readers share.
pub(super) struct Shared {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) dir: PathBuf,
    pub(super) log_id: Uuid,
    /// Only where there is no writer to tell; see [`Follow`].
    pub(super) follow: Option<Mutex<Follow>>,
    state: Mutex<State>,
}

struct State {
    segments: Vec<Arc<Segment>>,
    /// End of the durable groups in the last segment.
    end: u64,
    head: Seq,
}

/// A segment as readers see it.
pub(super) struct Segment {
    pub(super) file: SegmentFile,
    /// Kept by the writer for the last segment; made at the first need for the others.
    index: Mutex<Option<SparseIndex>>,
}

impl Shared {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        dir: &Path,
        log_id: Uuid,
        follow: Option<Follow>,
    ) -> Self {
        let state = Mutex::new(State { segments: Vec::new(), end: 0, head: Seq::ZERO });
        let follow = follow.map(Mutex::new);
        Self { disk, dir: dir.to_owned(), log_id, follow, state }
    }

    /// Adds a segment after those that are known; its groups up to `at` are durable.
    pub(super) fn push(&self, file: SegmentFile, index: Option<SparseIndex>, at: &Position) {
        let mut state = locked(&self.state);
        state.segments.push(Arc::new(Segment { file, index: Mutex::new(index) }));
        state.set_durable(at);
    }

    /// Publishes a durable group of the last segment: its `events` are at these offsets, and the log
    /// now ends at `at`.
    pub(super) fn advance(&self, events: impl Iterator<Item = (Seq, u64)>, at: &Position) {
        let mut state = locked(&self.state);
        if let Some(segment) = state.segments.last()
            && let Some(index) = locked(&segment.index).as_mut()
        {
            events.for_each(|(seq, offset)| index.note(seq, offset));
        }
        state.set_durable(at);
    }

    pub(super) fn segment_count(&self) -> usize {
        locked(&self.state).segments.len()
    }

    /// The last durable record.
    pub(super) fn head(&self) -> Seq {
        locked(&self.state).head
    }

    /// The segment that holds `seq`; `None` if it is past the head.
    pub(super) fn locate(&self, seq: Seq) -> Option<Arc<Segment>> {
        let state = locked(&self.state);
        if seq > state.head {
            return None;
        }
        let after = state.segments.partition_point(|s| s.file.header.base <= seq);
        state.segments.get(after.checked_sub(1)?).cloned()
    }

    /// Where the durable groups of a segment end.
    pub(super) fn limit(&self, segment: &Segment) -> u64 {
        let state = locked(&self.state);
        // Segments are numbered from 1, so a segment's number is the index of the next one.
        let next = usize::try_from(segment.file.header.segno).ok();
        let next = next.and_then(|index| state.segments.get(index));
        next.map_or(state.end, |next| next.file.header.prev.data_bytes)
    }

    /// The offset of a record at or before `seq` in its segment. Makes the segment's index, by
    /// reading it once, if there is none and it would help.
    pub(super) fn floor(&self, segment: &Segment, seq: Seq) -> Result<u64, DiskError> {
        let header = &segment.file.header;
        let limit = self.limit(segment);
        let mut slot = locked(&segment.index);
        if let Some(index) = slot.as_ref() {
            return Ok(index.floor(seq));
        }
        let mut index = SparseIndex::new(header.base);
        if seq > header.base {
            let file = segment.file.open(&*self.disk, Open::Read)?;
            let frames = Frames::new(file, header.salt, limit, SCAN_WINDOW_BYTES);
            let mut groups = Groups::new(frames, Position::start(header));
            while groups.position().offset < limit {
                match groups.advance() {
                    Ok(()) => {}
                    Err(Stop::Disk(error)) => return Err(error),
                    // Records before the damage can be read; whoever reads on will meet it.
                    Err(Stop::Damage { .. }) => break,
                }
                for event in groups.events() {
                    index.note(event.header.seq, event.offset);
                }
            }
            return Ok(slot.insert(index).floor(seq));
        }
        Ok(index.floor(seq))
    }
}

impl State {
    fn set_durable(&mut self, at: &Position) {
        self.end = at.offset;
        self.head = Seq(at.next.0 - 1);
    }
}

/// Locks what stays sound whatever its last user died of: all changes are single assignments and
/// pushes.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What the writer tells its readers: which segments there are, and up to where they are durable.
//! The writer publishes here after a sync and never before; readers look here at each step.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use uuid::Uuid;

use crate::base::{
    Seq,
    disk::Disk,
    sync::{Mutex, MutexGuard},
};

use super::{
    super::{Damage, WalError},
    follow::Follow,
    format::SegmentHeader,
    groups::Position,
    index::SparseIndex,
    recover::walk_sealed,
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
    /// Kept by the writer for the last segment; for the others, learnt by reading all of it before
    /// anything of it is handed out.
    known: Mutex<Option<Known>>,
}

/// What is known of the groups of a segment.
struct Known {
    index: SparseIndex,
    unsound: Option<Unsound>,
}

/// Where a segment stops being what was written.
#[derive(Clone, Copy)]
struct Unsound {
    /// The end of the groups that can be believed.
    from: Position,
    /// The place, the record there, and what is wrong.
    place: (u64, Seq, Damage),
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
        let known = index.map(|index| Known { index, unsound: None });
        state.segments.push(Arc::new(Segment { file, known: Mutex::new(known) }));
        state.set_durable(at);
    }

    /// Publishes a durable group of the last segment: its `events` are at these offsets, and the log
    /// now ends at `at`.
    pub(super) fn advance(&self, events: impl Iterator<Item = (Seq, u64)>, at: &Position) {
        let mut state = locked(&self.state);
        if let Some(segment) = state.segments.last()
            && let Some(known) = locked(&segment.known).as_mut()
        {
            events.for_each(|(seq, offset)| known.index.note(seq, offset));
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

    /// Where the durable groups of a segment end, or stop being sound.
    pub(super) fn limit(&self, segment: &Segment) -> u64 {
        let unsound = locked(&segment.known).as_ref().and_then(|known| known.unsound);
        if let Some(unsound) = unsound {
            return unsound.from.offset;
        }
        self.next_header(segment).map_or_else(|| locked(&self.state).end, |it| it.prev.data_bytes)
    }

    /// The header of the segment after this one; the last has none.
    fn next_header(&self, segment: &Segment) -> Option<SegmentHeader> {
        // Segments are numbered from 1, so a segment's number is the index of the next one.
        let next = usize::try_from(segment.file.header.segno).ok()?;
        locked(&self.state).segments.get(next).map(|next| next.file.header)
    }

    /// The offset of a record at or before `seq` in its segment. The first time, a sealed segment is
    /// read and checked: its groups, and that it ends as the next one says. Of one that does not,
    /// only records before the damage are handed out.
    pub(super) fn floor(&self, segment: &Segment, seq: Seq) -> Result<u64, WalError> {
        let next = self.next_header(segment);
        let mut slot = locked(&segment.known);
        let known = match (slot.take(), next) {
            (Some(known), _) => known,
            (None, Some(next)) => self.learn(segment, &next)?,
            (None, None) => {
                Known { index: SparseIndex::new(segment.file.header.base), unsound: None }
            }
        };
        let known = slot.insert(known);
        match known.unsound {
            Some(Unsound { from, place: (offset, bad, damage) }) if seq >= from.next => {
                Err(segment.file.damaged(offset, bad, damage))
            }
            _ => Ok(known.index.floor(seq)),
        }
    }

    fn learn(&self, segment: &Segment, next: &SegmentHeader) -> Result<Known, WalError> {
        let header = &segment.file.header;
        let (mut index, mut from) = (SparseIndex::new(header.base), Position::start(header));
        let walked = walk_sealed(&*self.disk, &segment.file, next, &mut |groups| {
            groups.events().iter().for_each(|event| index.note(event.header.seq, event.offset));
            from = groups.position();
        });
        let unsound = match walked {
            Ok(_) => None,
            Err(WalError::Damaged { offset, seq, damage, .. }) => {
                // Sound groups that are not those that the next segment follows: none is believed.
                if matches!(damage, Damage::Chain(_)) {
                    from = Position::start(header);
                }
                Some(Unsound { from, place: (offset, seq, damage) })
            }
            Err(error) => return Err(error),
        };
        Ok(Known { index, unsound })
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

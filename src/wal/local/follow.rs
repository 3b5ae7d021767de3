//! Reading a log that this process does not write: a copy, or beside a running server. Takes no lock
//! and writes nothing, so it also works on read-only media.
//!
//! Without the writer's word, a group is believed when the whole of it is there and sound. Beside a
//! running server that may be one group that is not synced yet: good enough to show, not to answer
//! for.

use std::{path::Path, sync::Arc};

use crate::base::{
    Seq,
    disk::{Disk, Open},
};

use super::{
    super::WalError,
    LocalReader,
    frames::Frames,
    groups::{Groups, Position, Stop},
    index::SparseIndex,
    segment::{self, SegmentFile},
    shared::{SCAN_WINDOW_BYTES, Shared, locked},
};

/// How far a follower has looked.
pub(super) struct Follow {
    names: Vec<String>,
    last: SegmentFile,
    at: Position,
}

impl LocalReader {
    /// Opens a log for reading only. Sealed segments are checked as they are read, the last one now.
    /// [`WalError::Absent`] if the directory has no log.
    pub fn open_read_only(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, WalError> {
        let names = segment::names(&*disk, dir)?;
        let chain = segment::chain(&*disk, dir, &names)?;
        let Some(last) = chain.last().cloned() else {
            return Err(WalError::Absent { dir: dir.to_owned() });
        };
        let log_id = last.header.log_id;
        let at = Position::start(&last.header);
        let follow = Follow { names, last, at };
        let shared = Shared::new(disk, dir, log_id, Some(follow));
        publish(&shared, chain);
        let reader = Self { shared: Arc::new(shared) };
        reader.refresh()?;
        Ok(reader)
    }

    /// Looks for records that another process has written since, and returns the new head. Does
    /// nothing in a writer's own reader, whose head moves by itself.
    pub fn refresh(&self) -> Result<Seq, WalError> {
        let shared = &*self.shared;
        let Some(follow) = &shared.follow else { return Ok(shared.head()) };
        let mut follow = locked(follow);
        let names = segment::names(&*shared.disk, &shared.dir)?;
        if names != follow.names {
            let mut chain = segment::chain(&*shared.disk, &shared.dir, &names)?;
            let fresh = chain.split_off(shared.segment_count().min(chain.len()));
            if let Some(last) = fresh.last().cloned() {
                follow.at = Position::start(&last.header);
                follow.last = last;
            }
            follow.names = names;
            publish(shared, fresh);
        }
        follow.scan(shared)?;
        Ok(shared.head())
    }
}

impl Follow {
    /// Takes in the whole groups after those that are known.
    fn scan(&mut self, shared: &Shared) -> Result<(), WalError> {
        // Opened anew each time: recovery by a restarted server puts another file under the name.
        let file = self.last.open(&*shared.disk, Open::Read)?;
        let header = &self.last.header;
        let mut suspect = None;
        loop {
            let file = Arc::clone(&file);
            let frames = Frames::new(file, header.salt, header.capacity, SCAN_WINDOW_BYTES);
            let mut groups = Groups::new(frames, self.at);
            let stop = loop {
                match groups.advance() {
                    Ok(()) => {
                        self.at = groups.position();
                        let events = groups.events().iter();
                        shared.advance(events.map(|e| (e.header.seq, e.offset)), &self.at);
                    }
                    Err(stop) => break stop,
                }
            };
            let (offset, seq, damage) = match stop {
                Stop::Disk(error) => return Err(error.into()),
                Stop::Damage { offset, seq, damage } => (offset, seq, damage),
            };
            let after = self.at.offset + 8;
            if damage.may_be_torn() && groups.frames.find_leader(after)?.is_none() {
                return Ok(());
            }
            // A writer may have been at work between the two looks; damage is still there at the
            // second.
            if suspect == Some(offset) {
                return Err(self.last.damaged(offset, seq, damage));
            }
            suspect = Some(offset);
        }
    }
}

/// Shows segments to readers, all but the groups of the last one.
fn publish(shared: &Shared, segments: Vec<SegmentFile>) {
    let count = segments.len();
    for (number, file) in (1..).zip(segments) {
        let index = (number == count).then(|| SparseIndex::new(file.header.base));
        let at = Position::start(&file.header);
        shared.push(file, index, &at);
    }
}

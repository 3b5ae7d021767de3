//! Destroying payloads: their segments are written anew without them, and put in the place of the old ones in
//! one step. Then the payloads are overwritten in the old files too, which have no name any more. Whatever
//! interrupts it, each segment is either as it was or without them.

use std::{collections::BTreeMap, sync::Arc};

use crate::base::{
    digest::Sha256Digest,
    disk::{DiskError, DiskFile, Open},
};

use super::{
    super::{Destroyed, Erasure, Wal as _, WalError},
    LocalWal,
    destroyed::Mark,
    format::{Payload, RECORD_HEADER_BYTES},
    frames::Frames,
    groups::{Groups, Position},
    reader::{Cursor, seek},
    rewrite::{Change, Rewrite, rewrite_with},
    segment::SegmentFile,
    shared::SCAN_WINDOW_BYTES,
};

impl LocalWal {
    /// Destroys payloads and closes the log: readers of this writer hold what was. What is destroyed already is
    /// given its new substitute. [`WalError::Unerasable`], before anything is changed, if a payload is too short
    /// for what takes its place.
    pub fn erase(self, erasures: &[Erasure]) -> Result<(), WalError> {
        let mut segments: BTreeMap<u64, (SegmentFile, u64, Vec<Change>)> = BTreeMap::new();
        for erasure in erasures {
            let (cursor, change) = self.change(erasure)?;
            let file = &cursor.segment.file;
            let end = cursor.frames.limit();
            let of_segment = segments.entry(file.header.segno);
            of_segment.or_insert_with(|| (file.clone(), end, Vec::new())).2.push(change);
        }
        let (disk, dir) = (Arc::clone(&self.disk), self.dir.clone());
        let active = self.header.segno;
        // The lock is held to the end.
        let mut this = self;
        this.mark()?;
        this.scrub()?;
        for (segno, (segment, end, changes)) in &segments {
            let end = if *segno == active { this.at.offset } else { *end };
            let old = segment.open(&*disk, Open::Write)?;
            let check = |copy| check(copy, segment, end);
            let job = Rewrite { end, changes, check: &check };
            rewrite_with(&*disk, &dir, segment, &*old, &job)?;
            overwrite(&*old, changes)?;
        }
        Ok(this.lock.release()?)
    }

    /// What takes the place of a payload.
    fn change(&self, erasure: &Erasure) -> Result<(Cursor, Change), WalError> {
        let (mut cursor, frame) = seek(&self.shared, None, erasure.seq, SCAN_WINDOW_BYTES)?;
        let payload = cursor.frames.payload(&frame);
        let sha256 = match payload
            .map_err(|error| cursor.segment.file.unsound(frame.offset, erasure.seq, error))?
        {
            Payload::Whole(payload) => Sha256Digest::of(payload),
            Payload::Destroyed(mark) => mark.destroyed.sha256,
        };
        let destroyed = Destroyed { sha256, by: erasure.by };
        let mark = Mark { destroyed, substitute_len: erasure.substitute_len };
        let bytes = mark.encode(&frame.header);
        let bytes = bytes.ok_or(WalError::Unerasable { seq: erasure.seq })?;
        Ok((cursor, Change { offset: frame.offset + RECORD_HEADER_BYTES as u64, bytes }))
    }
}

/// Checks that a segment that was written anew is whole groups up to `end`.
fn check(copy: Arc<dyn DiskFile>, segment: &SegmentFile, end: u64) -> Result<(), WalError> {
    let frames = Frames::new(copy, segment.header.salt, end, SCAN_WINDOW_BYTES);
    let mut groups = Groups::new(frames, Position::start(&segment.header));
    while groups.position().offset < end {
        groups.advance().map_err(|stop| segment.stopped(stop))?;
    }
    Ok(())
}

fn overwrite(old: &dyn DiskFile, changes: &[Change]) -> Result<(), DiskError> {
    for change in changes {
        old.write_at(change.offset, &vec![0; change.bytes.len()])?;
    }
    old.sync_data()
}

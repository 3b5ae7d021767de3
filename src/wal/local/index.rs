//! A sparse index of one segment: where to start looking for a sequence. Kept in memory only, and
//! made from the segment; knows nothing of files.

use crate::base::Seq;

use super::format::SEGMENT_HEADER_BYTES;

/// Distance between entries, bytes.
const STEP_BYTES: u64 = 64 << 10;

/// Sequence to offset, about every 64 KiB.
#[derive(Debug)]
pub(super) struct SparseIndex {
    /// Ascending in both; the first is the segment's start.
    entries: Vec<(Seq, u64)>,
}

impl SparseIndex {
    /// The index of an empty segment whose first event is `base`.
    pub(super) fn new(base: Seq) -> Self {
        Self { entries: vec![(base, SEGMENT_HEADER_BYTES)] }
    }

    /// Learns that the record at `offset` is event `seq`. Call in ascending order.
    pub(super) fn note(&mut self, seq: Seq, offset: u64) {
        if self.entries.last().is_some_and(|last| offset >= last.1 + STEP_BYTES) {
            self.entries.push((seq, offset));
        }
    }

    /// The offset of a record at or before event `seq`.
    pub(super) fn floor(&self, seq: Seq) -> u64 {
        let after = self.entries.partition_point(|entry| entry.0 <= seq);
        let entry = after.checked_sub(1).and_then(|index| self.entries.get(index));
        entry.map_or(SEGMENT_HEADER_BYTES, |entry| entry.1)
    }
}

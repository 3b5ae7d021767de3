//! How much of a log is known to be durable, by what is in the log alone: for copies, which must not
//! hold what a power cut may still take from the original.
//!
//! Bytes that can be read may be in memory only. What proves a group durable is a leader after it, a
//! mark's too, and for all groups of a segment that there is a next one: neither is written before.

use std::path::Path;

use crate::base::{
    Seq,
    digest::Sha256Digest,
    disk::{Disk, Open},
};

use super::{
    super::WalError,
    frames::Frames,
    groups::{Groups, Position, Stop},
    segment::{self, SegmentFile, begin_sha256, finish_sha256},
    shared::SCAN_WINDOW_BYTES,
};

/// The part of a segment that is known to be durable. It only ever grows, and no byte of it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// Name of the file.
    pub name: String,
    /// Bytes from its start.
    pub bytes: u64,
    /// Length of the file, as it was created.
    pub capacity: u64,
    /// Over the first `bytes` bytes.
    pub sha256: Sha256Digest,
    /// The last record up to there; of a segment without records, the one before it.
    pub head: Seq,
}

/// The durable part of the log in `dir`, whose server may be at work, segment by segment; and the
/// last record that can be read, durable or not. Looks at headers and the last segment only; damage
/// there is an error, or ends what is known.
pub fn durable(disk: &dyn Disk, dir: &Path) -> Result<(Vec<Extent>, Seq), WalError> {
    let names = segment::names(disk, dir)?;
    let chain = segment::chain(disk, dir, &names)?;
    let Some(last) = chain.last() else {
        return Err(WalError::Absent { dir: dir.to_owned() });
    };
    let sealed = chain.iter().zip(chain.iter().skip(1)).map(|(segment, next)| Extent {
        name: segment.header.file_name(),
        bytes: next.header.prev.data_bytes,
        capacity: segment.header.capacity,
        sha256: next.header.prev.sha256,
        head: Seq(next.header.base.0.saturating_sub(1)),
    });
    let mut extents: Vec<Extent> = sealed.collect();
    let (extent, seen) = active(disk, last)?;
    extents.push(extent);
    Ok((extents, seen))
}

fn active(disk: &dyn Disk, segment: &SegmentFile) -> Result<(Extent, Seq), WalError> {
    let file: std::sync::Arc<_> = segment.open(disk, Open::Read)?;
    let header = &segment.header;
    let frames = Frames::new(file.clone(), header.salt, header.capacity, SCAN_WINDOW_BYTES);
    let mut groups = Groups::new(frames, Position::start(header));
    let mut proven = groups.position();
    loop {
        let before = groups.position();
        match groups.advance() {
            Ok(()) if groups.position().marked => proven = groups.position(),
            Ok(()) => proven = before,
            Err(Stop::Disk(error)) => return Err(error.into()),
            Err(Stop::Damage { .. }) => break,
        }
    }
    let extent = Extent {
        name: header.file_name(),
        bytes: proven.offset,
        capacity: header.capacity,
        sha256: finish_sha256(begin_sha256(&*file, proven.offset)?),
        head: Seq(proven.next.0 - 1),
    };
    Ok((extent, Seq(groups.position().next.0 - 1)))
}

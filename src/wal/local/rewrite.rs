//! The two ways in which a log writes besides appending: keeping a torn tail aside, and writing a segment
//! anew. Neither changes a byte of an existing file.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::base::{
    Seq,
    disk::{Disk, DiskError, DiskFile, DiskOp, Open},
};

use super::{
    super::WalError,
    segment::{CHUNK_BYTES, SegmentFile, for_each_chunk},
};

/// The last segment while it is written anew.
const REWRITE: &str = "rewrite.tmp";

/// Copies a stretch of a segment to `<segment>.torn-<seq>` and returns its path. What is there
/// already, from an earlier crash, stays: a number is added to the name.
pub(super) fn keep_aside(
    disk: &dyn Disk,
    dir: &Path,
    segment: &SegmentFile,
    file: &dyn DiskFile,
    stretch: Range<u64>,
    seq: Seq,
) -> Result<PathBuf, DiskError> {
    let name = format!("{}.torn-{seq}", segment.header.file_name());
    let mut path = dir.join(&name);
    let mut number = 1;
    let copy = loop {
        match disk.open(&path, Open::New) {
            Err(error) if error.is_present() => {
                number += 1;
                path = dir.join(format!("{name}.{number}"));
            }
            opened => break opened?,
        }
    };
    let from = stretch.start;
    let copied = copy_stretch(file, &*copy, stretch, from).and_then(|()| copy.sync_data());
    or_remove(disk, &path, copied)?;
    disk.sync_dir(dir)?;
    Ok(path)
}

/// Writes the first `end` bytes of a segment into a new file of the same length, makes it durable,
/// reads it back from the device, and puts it in the place of the old one.
pub(super) fn rewrite(
    disk: &dyn Disk,
    dir: &Path,
    segment: &SegmentFile,
    file: &dyn DiskFile,
    end: u64,
) -> Result<Arc<dyn DiskFile>, WalError> {
    let check = |copy: Arc<dyn DiskFile>| {
        compare(file, &*copy, end, &dir.join(REWRITE)).map_err(WalError::from)
    };
    let job = Rewrite { end, changes: &[], check: &check };
    rewrite_with(disk, dir, segment, file, &job)
}

/// How a segment is written anew.
pub(super) struct Rewrite<'a> {
    /// Bytes of it that count.
    pub(super) end: u64,
    /// What becomes different.
    pub(super) changes: &'a [Change],
    /// Reads back from the device what was written.
    pub(super) check: &'a dyn Fn(Arc<dyn DiskFile>) -> Result<(), WalError>,
}

/// Other bytes for a stretch of a segment.
pub(super) struct Change {
    /// Bytes from the start of the segment.
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

/// As [`rewrite`], with changes.
pub(super) fn rewrite_with(
    disk: &dyn Disk,
    dir: &Path,
    segment: &SegmentFile,
    file: &dyn DiskFile,
    job: &Rewrite<'_>,
) -> Result<Arc<dyn DiskFile>, WalError> {
    let path = dir.join(REWRITE);
    let copy: Arc<dyn DiskFile> = Arc::from(disk.open(&path, Open::New)?);
    let copied = copy
        .allocate(segment.header.capacity)
        .and_then(|()| copy_stretch(file, &*copy, 0..job.end, 0))
        .and_then(|()| job.changes.iter().try_for_each(|it| copy.write_at(it.offset, &it.bytes)))
        .and_then(|()| copy.sync_data())
        .and_then(|()| copy.drop_cache())
        .map_err(WalError::from)
        .and_then(|()| (job.check)(Arc::clone(&copy)));
    or_remove(disk, &path, copied)?;
    disk.rename(&path, &segment.path)?;
    disk.sync_dir(dir)?;
    Ok(copy)
}

/// Removes a copy that could not be made: on a full disk it would take the last of the space.
fn or_remove<E>(disk: &dyn Disk, copy: &Path, copied: Result<(), E>) -> Result<(), E> {
    if copied.is_err() {
        // A failure here is met by the next start.
        let _ = disk.remove(copy);
    }
    copied
}

fn copy_stretch(
    from: &dyn DiskFile,
    to: &dyn DiskFile,
    stretch: Range<u64>,
    shift: u64,
) -> Result<(), DiskError> {
    let mut offset = stretch.start - shift;
    for_each_chunk(from, stretch.start, stretch.end, |chunk| {
        to.write_at(offset, chunk)?;
        offset += chunk.len() as u64;
        Ok(())
    })
}

fn compare(
    one: &dyn DiskFile,
    other: &dyn DiskFile,
    end: u64,
    path: &Path,
) -> Result<(), DiskError> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut offset = 0;
    for_each_chunk(one, 0, end, |chunk| {
        let there = buffer.get_mut(..chunk.len()).unwrap_or_default();
        let read = other.read_at(offset, there)?;
        offset += read as u64;
        if read == chunk.len() && there == chunk {
            return Ok(());
        }
        let what = std::io::Error::other("reads back other bytes than were written");
        Err(DiskError::io(DiskOp::Read, path)(what))
    })
}

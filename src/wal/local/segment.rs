//! Segment files as a chain: listing, checking that each follows the one before, creating the next.
//! Looks at headers only; knows nothing of groups.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use crate::base::{
    Seq,
    digest::Sha256Digest,
    disk::{Disk, DiskError, DiskFile, Kind, Open},
};

use super::{
    super::{Damage, WalError},
    format::{
        BadHeader, LEADER_BYTES, PrevSegment, SEGMENT_HEADER_BYTES, SEGMENT_HEADER_LEN,
        SegmentHeader, VERSION, parse_file_name,
    },
    frames::FrameError,
    groups::Stop,
};

/// Ending of files that are being made; none of them is part of the log.
pub(super) const TMP: &str = ".tmp";
/// The next segment before it has a header and a name.
pub(super) const SPARE: &str = "spare.tmp";
/// Segment lengths are multiples of this.
const BLOCK_BYTES: u64 = 4096;
/// Bytes read at once when a whole file is read.
pub(super) const CHUNK_BYTES: usize = 1 << 20;

/// A segment file whose header is sound.
#[derive(Debug, Clone)]
pub(super) struct SegmentFile {
    pub(super) path: PathBuf,
    pub(super) header: SegmentHeader,
}

impl SegmentFile {
    pub(super) fn open(&self, disk: &dyn Disk, how: Open) -> Result<Arc<dyn DiskFile>, DiskError> {
        Ok(Arc::from(disk.open(&self.path, how)?))
    }

    pub(super) fn damaged(&self, offset: u64, seq: Seq, damage: Damage) -> WalError {
        WalError::Damaged { segment: self.path.clone(), offset, seq, damage }
    }

    /// That a file of `actual` bytes is as long as it was created.
    pub(super) fn check_length(&self, actual: u64) -> Result<(), WalError> {
        let SegmentHeader { capacity: expected, base, .. } = self.header;
        if actual >= expected {
            return Ok(());
        }
        Err(self.damaged(0, base, Damage::Short { expected, actual }))
    }

    /// The error for a record that could not be read.
    pub(super) fn unsound(&self, offset: u64, seq: Seq, error: FrameError) -> WalError {
        match error {
            FrameError::Disk(error) => error.into(),
            FrameError::Damage(damage) => self.damaged(offset, seq, damage),
        }
    }

    /// The error for groups that end too early.
    pub(super) fn stopped(&self, stop: Stop) -> WalError {
        match stop {
            Stop::Disk(error) => error.into(),
            Stop::Damage { offset, seq, damage } => self.damaged(offset, seq, damage),
        }
    }
}

/// Names of the files in a directory, in order. A name that is not Unicode is none of ours.
pub(super) fn files(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, DiskError> {
    let entries = disk.list(dir)?.into_iter().filter(|entry| entry.kind != Kind::Dir);
    Ok(entries.filter_map(|entry| entry.name.into_string().ok()).collect())
}

/// Names of the segment files in a directory, in order; foreign names are left out.
pub(super) fn names(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, DiskError> {
    let mut names = files(disk, dir)?;
    names.retain(|name| parse_file_name(name).is_some());
    Ok(names)
}

/// The segments with these names, each checked to be whole and to follow the one before. The digest
/// of the one before is not checked.
pub(super) fn chain(
    disk: &dyn Disk,
    dir: &Path,
    names: &[String],
) -> Result<Vec<SegmentFile>, WalError> {
    let mut chain: Vec<SegmentFile> = Vec::with_capacity(names.len());
    for (segno, name) in (1..).zip(names) {
        let named = parse_file_name(name).map(|(segno, _)| segno);
        if named != Some(segno) {
            let what = format!("expected number {segno}, found {name}");
            return Err(WalError::Missing { dir: dir.to_owned(), what });
        }
        let segment = read_header(disk, &dir.join(name))?;
        check_link(&segment, name, chain.last())?;
        chain.push(segment);
    }
    Ok(chain)
}

fn read_header(disk: &dyn Disk, path: &Path) -> Result<SegmentFile, WalError> {
    let (segment, actual) = parse_header(disk, path)?;
    segment.check_length(actual)?;
    Ok(segment)
}

/// The segment in a file by its header, if that is sound, and the length of the file.
pub(super) fn parse_header(disk: &dyn Disk, path: &Path) -> Result<(SegmentFile, u64), WalError> {
    let file = disk.open(path, Open::Read)?;
    let mut bytes = [0; SEGMENT_HEADER_LEN];
    let read = file.read_at(0, &mut bytes)?;
    let named = path.file_name().and_then(|name| parse_file_name(name.to_str()?));
    let seq = named.map_or(Seq::ZERO, |(_, base)| base);
    match SegmentHeader::decode(bytes.get(..read).unwrap_or_default()) {
        Ok(header) => Ok((SegmentFile { path: path.to_owned(), header }, file.byte_len()?)),
        Err(BadHeader::Damaged(damage)) => {
            Err(WalError::Damaged { segment: path.to_owned(), offset: 0, seq, damage })
        }
        Err(BadHeader::Newer(found)) => {
            Err(WalError::Newer { segment: path.to_owned(), found, supported: VERSION })
        }
    }
}

fn check_link(
    segment: &SegmentFile,
    name: &str,
    prev: Option<&SegmentFile>,
) -> Result<(), WalError> {
    let header = &segment.header;
    if let Some(first) = prev.filter(|prev| prev.header.log_id != header.log_id) {
        return Err(WalError::Foreign {
            segment: segment.path.clone(),
            found: header.log_id,
            expected: first.header.log_id,
        });
    }
    let why = match prev {
        _ if header.file_name() != name => "it has another's name",
        None if header.base != Seq(1) => "it is the first, and does not begin with record 1",
        None if header.prev != PrevSegment::NONE => "it is the first, and names one before",
        Some(prev) if header.base < prev.header.base => "its base runs backwards",
        Some(prev) if header.prev.data_bytes > prev.header.capacity => {
            "it says that the one before is longer than it can be"
        }
        Some(_) if header.prev.data_bytes < SEGMENT_HEADER_BYTES => "it names none before",
        _ => return Ok(()),
    };
    Err(segment.damaged(0, header.base, Damage::Chain(why)))
}

/// Length of a segment that can take a group of `group_bytes` and a mark after it.
pub(super) fn capacity_for(segment_bytes: u64, group_bytes: u64) -> u64 {
    let needed = SEGMENT_HEADER_BYTES + group_bytes + LEADER_BYTES;
    segment_bytes.max(needed).next_multiple_of(BLOCK_BYTES)
}

/// Makes the next segment's file ahead of time, zero-filled and with its space reserved, so that a
/// full disk is met here. A file left over from a failed attempt is replaced.
pub(super) fn prepare(
    disk: &dyn Disk,
    dir: &Path,
    capacity: u64,
) -> Result<Arc<dyn DiskFile>, DiskError> {
    let path = dir.join(SPARE);
    let file = match disk.open(&path, Open::New) {
        Err(error) if error.is_present() => {
            disk.remove(&path)?;
            disk.open(&path, Open::New)?
        }
        opened => opened?,
    };
    if let Err(error) = file.allocate(capacity) {
        // Gives back what was reserved; a failure here is met by the next attempt.
        drop(file);
        let _ = disk.remove(&path);
        return Err(error);
    }
    Ok(Arc::from(file))
}

/// Makes the prepared file the segment that `header` describes. It exists when this returns, and not
/// before: header and length are durable before the name is.
pub(super) fn enlist(
    disk: &dyn Disk,
    dir: &Path,
    spare: &dyn DiskFile,
    header: &SegmentHeader,
) -> Result<SegmentFile, DiskError> {
    let path = dir.join(header.file_name());
    spare.write_at(0, &header.encode())?;
    spare.sync_data()?;
    disk.rename(&dir.join(SPARE), &path)?;
    disk.sync_dir(dir)?;
    Ok(SegmentFile { path, header: *header })
}

/// SHA-256, begun over the first `bytes` bytes of a file.
pub(super) fn begin_sha256(file: &dyn DiskFile, bytes: u64) -> Result<Sha256, DiskError> {
    let mut sha256 = Sha256::new();
    for_each_chunk(file, 0, bytes, |chunk| {
        sha256.update(chunk);
        Ok(())
    })?;
    Ok(sha256)
}

/// The digest of all that was fed to `sha256`.
pub(super) fn finish_sha256(sha256: Sha256) -> Sha256Digest {
    Sha256Digest(sha256.finalize().into())
}

/// Reads a stretch of a file piece by piece; less if the file ends before.
pub(super) fn for_each_chunk(
    file: &dyn DiskFile,
    from: u64,
    to: u64,
    mut each: impl FnMut(&[u8]) -> Result<(), DiskError>,
) -> Result<(), DiskError> {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut offset = from;
    while offset < to {
        let room = usize::try_from(to - offset).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let read = file.read_at(offset, buffer.get_mut(..room).unwrap_or_default())?;
        each(buffer.get(..read).unwrap_or_default())?;
        offset += read as u64;
        if read < room {
            break;
        }
    }
    Ok(())
}

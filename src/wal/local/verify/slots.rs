//! The segment files of a log that may be damaged, each with what its header or, where that is
//! damaged, its name and its records tell. Sees headers only.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::base::{
    Seq, TimestampMs,
    disk::{Disk, DiskError, DiskFile, Open},
};

use super::super::{
    super::{Damage, WalError},
    format::{LEADER_LEN, PrevSegment, SegmentHeader, leader_salt, parse_file_name},
    segment::{self, SegmentFile, for_each_chunk},
};

/// The segment files in a directory.
pub(super) struct Slots {
    /// The log that most of them belong to; of the first if there are as many of two.
    pub(super) log_id: Uuid,
    /// In the order of their numbers.
    pub(super) slots: Vec<Slot>,
}

/// One segment file.
pub(super) struct Slot {
    /// Its header, or what stands for it if that is damaged.
    pub(super) segment: SegmentFile,
    /// Bytes of the file.
    pub(super) byte_len: u64,
    /// What is wrong with its header, its name or its length.
    pub(super) wrong: Option<WalError>,
    pub(super) trust: Trust,
}

/// How far a segment file can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Its header is sound.
    Header,
    /// Its header is not, but its records can be told from other bytes.
    Records,
    /// Nothing in it can be read.
    Nothing,
    /// It is another log's.
    Foreign,
}

/// What is known of a segment from those after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct After {
    /// What the very next one says of this one's end.
    pub(super) end: Option<PrevSegment>,
    /// The first record of the next one there is, which may not be the very next.
    pub(super) base: Seq,
}

impl Slots {
    /// What is known of the segment at `index` from those after it.
    pub(super) fn after(&self, index: usize) -> Option<After> {
        let rest = self.slots.get(index + 1..).unwrap_or_default();
        let next = rest.iter().find(|slot| slot.trust != Trust::Foreign)?;
        let header = &next.segment.header;
        let segno = self.slots.get(index).map(|slot| slot.segment.header.segno);
        let very_next = segno.is_some_and(|segno| segno + 1 == header.segno);
        let told = very_next && next.trust == Trust::Header;
        Some(After { end: told.then_some(header.prev), base: header.base })
    }
}

/// Looks at every segment file in `dir`. [`WalError::Absent`] if there is none.
pub(super) fn find(disk: &dyn Disk, dir: &Path) -> Result<Slots, WalError> {
    let mut slots = Vec::new();
    for name in segment::names(disk, dir)? {
        slots.push(look(disk, dir.join(&name), &name)?);
    }
    if slots.is_empty() {
        return Err(WalError::Absent { dir: dir.to_owned() });
    }
    slots.sort_by_key(|slot| slot.segment.header.segno);
    let log_id = most_common(&slots);
    for slot in slots.iter_mut().filter(|slot| slot.trust == Trust::Header) {
        let found = slot.segment.header.log_id;
        if found != log_id {
            let segment = slot.segment.path.clone();
            slot.wrong = Some(WalError::Foreign { segment, found, expected: log_id });
            slot.trust = Trust::Foreign;
        }
    }
    Ok(Slots { log_id, slots })
}

fn look(disk: &dyn Disk, path: PathBuf, name: &str) -> Result<Slot, WalError> {
    match segment::parse_header(disk, &path) {
        Ok((segment, byte_len)) => {
            let renamed = Damage::Chain("it has another's name");
            let wrong = match segment.check_length(byte_len) {
                Err(short) => Some(short),
                Ok(()) if segment.header.file_name() == name => None,
                Ok(()) => Some(segment.damaged(0, segment.header.base, renamed)),
            };
            Ok(Slot { segment, byte_len, wrong, trust: Trust::Header })
        }
        Err(wrong @ WalError::Damaged { .. }) => headless(disk, path, name, wrong),
        Err(error) => Err(error),
    }
}

/// A segment whose header is damaged: its name tells its place, and any group leader in it the salt.
fn headless(disk: &dyn Disk, path: PathBuf, name: &str, wrong: WalError) -> Result<Slot, WalError> {
    let file = disk.open(&path, Open::Read)?;
    let byte_len = file.byte_len()?;
    let salt = find_salt(&*file, byte_len)?;
    let (segno, base) = parse_file_name(name).unwrap_or_default();
    let header = SegmentHeader {
        log_id: Uuid::nil(),
        segno,
        base,
        created_at: TimestampMs(0),
        salt: salt.unwrap_or_default(),
        capacity: byte_len,
        prev: PrevSegment::NONE,
    };
    let trust = if salt.is_some() { Trust::Records } else { Trust::Nothing };
    Ok(Slot { segment: SegmentFile { path, header }, byte_len, wrong: Some(wrong), trust })
}

fn find_salt(file: &dyn DiskFile, byte_len: u64) -> Result<Option<u32>, DiskError> {
    let mut salt = None;
    let mut bytes: Vec<u8> = Vec::new();
    for_each_chunk(file, 0, byte_len, |chunk| {
        if salt.is_none() {
            bytes.extend_from_slice(chunk);
            let mut windows = bytes.windows(LEADER_LEN).step_by(8);
            salt = windows.find_map(|window| leader_salt(window.first_chunk()?));
            // What a leader may begin in that goes on in the next chunk.
            let looked_at = bytes.len().saturating_sub(LEADER_LEN) / 8 * 8;
            bytes.drain(..looked_at);
        }
        Ok(())
    })?;
    Ok(salt)
}

fn most_common(slots: &[Slot]) -> Uuid {
    let headed = slots.iter().filter(|slot| slot.trust == Trust::Header);
    let ids: Vec<Uuid> = headed.map(|slot| slot.segment.header.log_id).collect();
    let count = |id: &&Uuid| ids.iter().filter(|other| other == id).count();
    // Of equals the last is taken: the first segment's.
    ids.iter().rev().max_by_key(count).copied().unwrap_or_default()
}

//! Appending: one group is one write and one sync. Seals a full segment by beginning the next one.
//!
//! After a failed sync, what is on the device is unknown, and asking again does not tell: the writer
//! is poisoned, and only opening the log anew can say what is durable. A full disk is not that: it is
//! met when a segment is made or before anything was synced, and leaves the log as it was.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest as _, Sha256};

use crate::base::{
    Seq,
    disk::{Disk, DiskError, DiskFile, DiskOp, check_room, create_dirs},
};

use super::{
    super::{NewRecord, Wal, WalError, WalReader, record::check_group},
    LocalReader, Options, RecoveryReport,
    format::{
        GROUP_BYTES_MAX, GroupPlace, LEADER_BYTES, PrevSegment, SegmentHeader, encode_group,
        stored_bytes,
    },
    groups::Position,
    index::SparseIndex,
    lock::Lock,
    recover::{Recovered, recover},
    segment::{capacity_for, enlist, finish_sha256, prepare},
    shared::Shared,
};

/// The writing end of a log in segment files.
pub struct LocalWal {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) dir: PathBuf,
    options: Options,
    pub(super) lock: Lock,
    /// The active segment: its file, its header, the end of its groups and their digest.
    file: Arc<dyn DiskFile>,
    pub(super) header: SegmentHeader,
    pub(super) at: Position,
    sha256: Sha256,
    /// The next segment's file and its length, made ahead.
    spare: Option<(Arc<dyn DiskFile>, u64)>,
    /// Bytes of a group, kept for its capacity.
    buffer: Vec<u8>,
    /// Past `at`, bytes of a group that met a full disk lie up to here.
    scrap_end: u64,
    poisoned: Option<String>,
    pub(super) shared: Arc<Shared>,
}

impl LocalWal {
    /// Opens the log in `dir` for writing, or creates an empty one there if it has none, and
    /// recovers it from whatever its last writer left. Takes the directory's lock.
    ///
    /// Errors that are [`WalError::is_damage`] have changed nothing and need a person.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        options: Options,
    ) -> Result<(Self, RecoveryReport), WalError> {
        create_dirs(&*disk, dir)?;
        let (lock, lock_clean) = Lock::take(&*disk, dir)?;
        let Recovered { sealed, active, file, at, sha256, index, report } =
            recover(&*disk, dir, &options, lock_clean)?;
        let shared = Shared::new(Arc::clone(&disk), dir, active.header.log_id, None);
        for segment in sealed {
            let start = Position::start(&segment.header);
            shared.push(segment, None, &start);
        }
        let header = active.header;
        shared.push(active, Some(index), &at);
        let mut wal = Self {
            disk,
            dir: dir.to_owned(),
            options,
            lock,
            file,
            header,
            at,
            sha256,
            spare: None,
            buffer: Vec::new(),
            scrap_end: 0,
            poisoned: None,
            shared: Arc::new(shared),
        };
        // What was believed is known from here on.
        wal.mark()?;
        Ok((wal, report))
    }

    /// The log's reader, as its own type.
    pub fn local_reader(&self) -> LocalReader {
        LocalReader { shared: Arc::clone(&self.shared) }
    }

    /// Writes a group at the end of the active segment, which has room for it.
    fn write_group(&mut self, records: &[NewRecord<'_>]) -> Result<(), WalError> {
        self.scrub()?;
        self.buffer.clear();
        let place = GroupPlace {
            salt: self.header.salt,
            first: self.at.next,
            not_before: self.at.recorded_at,
        };
        let (recorded_at, tail_crc) = encode_group(&mut self.buffer, place, records);
        let offset = self.at.offset;
        let end = offset + self.buffer.len() as u64;
        assert!(end <= self.header.capacity, "a group must fit its segment");
        if let Err(error) = self.file.write_at(offset, &self.buffer) {
            self.scrap_end = end;
            let error = self.give_up(error);
            // Best done at once, while nothing depends on it; else before the next group.
            let _ = self.scrub();
            return Err(error);
        }
        self.file.sync_data().map_err(|error| self.poison(&error))?;
        self.sha256.update(&self.buffer);
        self.at = Position {
            offset: end,
            next: self.at.next.plus(records.len() as u64),
            recorded_at,
            tail_crc,
            marked: records.is_empty(),
        };
        let mut event = (place.first, offset + LEADER_BYTES);
        let events = records.iter().map(|record| {
            let this = event;
            event = (this.0.next(), this.1 + stored_bytes(record.payload.len()));
            this
        });
        self.shared.advance(events, &self.at);
        Ok(())
    }

    /// Puts zeros over what a failed group left, so that no restart takes it for one.
    pub(super) fn scrub(&mut self) -> Result<(), WalError> {
        if self.poisoned.is_some() || self.scrap_end <= self.at.offset {
            return self.check_poison();
        }
        let len = usize::try_from(self.scrap_end - self.at.offset).unwrap_or(usize::MAX);
        self.file.write_at(self.at.offset, &vec![0; len]).map_err(|error| self.give_up(error))?;
        self.file.sync_data().map_err(|error| self.poison(&error))?;
        self.scrap_end = 0;
        Ok(())
    }

    /// Begins the next segment, which seals the active one.
    fn roll(&mut self, group_bytes: u64) -> Result<(), WalError> {
        // The active segment's last bytes must be its last for good.
        self.scrub()?;
        let capacity = capacity_for(self.options.segment_bytes, group_bytes);
        let spare = match self.spare.take().filter(|(_, ready)| *ready >= capacity) {
            Some(spare) => spare,
            None => self.prepare(capacity)?,
        };
        let segno = self.header.segno + 1;
        let header = SegmentHeader {
            log_id: self.header.log_id,
            segno,
            base: self.at.next,
            created_at: self.options.origin.created_at(),
            salt: self.options.origin.salt(segno),
            capacity: spare.1,
            prev: PrevSegment {
                data_bytes: self.at.offset,
                tail_crc: self.at.tail_crc,
                recorded_at: self.at.recorded_at,
                sha256: finish_sha256(self.sha256.clone()),
            },
        };
        let enlisted = enlist(&*self.disk, &self.dir, &*spare.0, &header);
        let segment = enlisted.map_err(|error| self.give_up(error))?;
        self.file = spare.0;
        self.header = header;
        self.at = Position::start(&header);
        self.sha256 = Sha256::new_with_prefix(header.encode());
        self.shared.push(segment, Some(SparseIndex::new(header.base)), &self.at);
        Ok(())
    }

    fn prepare(&mut self, capacity: u64) -> Result<(Arc<dyn DiskFile>, u64), WalError> {
        // Where it may fail it is not tried: it would take, for a moment, what space others still have.
        let prepared = check_room(&*self.disk, &self.dir, capacity)
            .and_then(|()| prepare(&*self.disk, &self.dir, capacity));
        match prepared {
            Ok(file) => Ok((file, capacity)),
            Err(error) => Err(self.give_up(error)),
        }
    }

    /// Makes the next segment's file when the active one is three quarters full. A full disk is no
    /// error yet: it is met again when the segment is needed.
    fn prepare_ahead(&mut self) {
        let due = self.at.offset > self.header.capacity / 4 * 3;
        if due && self.spare.is_none() {
            let capacity = capacity_for(self.options.segment_bytes, 0);
            self.spare = self.prepare(capacity).ok();
        }
    }

    /// What a failed operation means: a disk that is full before anything was synced is survivable,
    /// all else is not.
    fn give_up(&mut self, error: DiskError) -> WalError {
        let unsynced = matches!(
            error,
            DiskError::Io {
                op: DiskOp::Create | DiskOp::Allocate | DiskOp::Space | DiskOp::Write,
                ..
            }
        );
        if unsynced && error.is_full() { WalError::Full(error) } else { self.poison(&error) }
    }

    fn poison(&mut self, error: &DiskError) -> WalError {
        let cause = describe(error);
        self.poisoned = Some(cause.clone());
        WalError::Poisoned { cause }
    }

    fn check_poison(&self) -> Result<(), WalError> {
        match &self.poisoned {
            Some(cause) => Err(WalError::Poisoned { cause: cause.clone() }),
            None => Ok(()),
        }
    }
}

impl Wal for LocalWal {
    fn append(&mut self, expected: Seq, records: &[NewRecord<'_>]) -> Result<Seq, WalError> {
        self.check_poison()?;
        let actual = self.next();
        if expected != actual {
            return Err(WalError::Fenced { expected, actual });
        }
        check_group(records)?;
        let group_bytes: u64 = records.iter().map(|r| stored_bytes(r.payload.len())).sum();
        if group_bytes > GROUP_BYTES_MAX as u64 {
            return Err(WalError::Unfit { index: records.len() - 1, why: "the group is too long" });
        }
        // A mark must always find room behind the last group.
        let needed = LEADER_BYTES + group_bytes + LEADER_BYTES;
        if self.at.offset + needed > self.header.capacity {
            self.roll(LEADER_BYTES + group_bytes)?;
        }
        self.write_group(records)?;
        self.prepare_ahead();
        Ok(Seq(self.at.next.0 - 1))
    }

    fn mark(&mut self) -> Result<(), WalError> {
        self.check_poison()?;
        if self.at.marked { Ok(()) } else { self.write_group(&[]) }
    }

    fn next(&self) -> Seq {
        self.at.next
    }

    fn reader(&self) -> Arc<dyn WalReader> {
        Arc::new(self.local_reader())
    }

    fn close(mut self: Box<Self>) -> Result<(), WalError> {
        self.mark()?;
        self.scrub()?;
        Ok(self.lock.release()?)
    }
}

/// An error with its causes, on one line.
fn describe(error: &DiskError) -> String {
    match error {
        DiskError::Io { source, .. } => format!("{error}: {source}"),
        DiskError::Locked { .. } => error.to_string(),
    }
}

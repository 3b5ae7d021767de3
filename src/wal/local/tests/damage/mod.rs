//! Whatever is done to the files of a log of 64 KiB, it gives exactly what was acknowledged, or
//! refuses and names the place.
//!
//! What is known of the end, exactly: a log is cut at the end of a group, before its head, only if no
//! leader behind that place is left: either its last group is bad and no mark followed it, or bytes
//! that proved more are gone. Then the bad bytes are kept aside, or there are only zeros. With a
//! witness of the head, that is refused too.

#![allow(clippy::cast_possible_truncation, reason = "the files of these tests are small")]

mod bytes;
mod pieces;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{DIR, open, options};
use crate::{
    base::{
        Seq, TimestampMs,
        disk::{Disk, Open, memory::MemoryDisk},
    },
    wal::{
        Damage, NewRecord, Options, Record, Wal as _, WalError, WalReader,
        local::{
            LocalReader, LocalWal, Tail,
            format::{LEADER_BYTES, SegmentHeader},
            frames::Frames,
            verify,
        },
    },
};

/// Bytes of the segment files together.
const LOG_BYTES: usize = 64 << 10;

/// Groups of many sizes; the third is larger than a segment.
const GROUPS: [u64; 12] = [1, 5, 30, 2, 3, 1, 12, 5, 1, 8, 2, 4];

/// Records or leaders, in order: offset, end, and the sequence in the header.
type Pieces = Vec<(u64, u64, Seq)>;

/// A log as its writer left it, and what is in it.
pub(super) struct Original {
    disk: MemoryDisk,
    records: Vec<Record>,
    pieces: BTreeMap<PathBuf, Pieces>,
}

/// The payloads of one event of every kind, as the golden log has them.
fn events() -> Vec<(u16, Vec<u8>)> {
    let golden = include_str!("../../../../../tests/golden/logs/events/log.jsonl");
    let steps = golden.lines().map(|line| serde_json::from_str(line).unwrap());
    let records = steps.flat_map(|step: serde_json::Value| step["records"].as_array().cloned());
    let event = |record: &serde_json::Value| {
        let hex = record["payload"].as_str().unwrap();
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let kind = u16::try_from(record["event_type"].as_u64().unwrap()).unwrap();
        (kind, (0..hex.len()).step_by(2).map(byte).collect())
    };
    records.flatten().map(|record| event(&record)).collect()
}

/// Appends a group of `count` real events.
fn append(wal: &mut LocalWal, events: &[(u16, Vec<u8>)], count: u64) {
    let first = wal.next().0;
    let record = |seq: u64| {
        let (event_type, payload) = &events[usize::try_from(seq).unwrap() % events.len()];
        let recorded_at = TimestampMs(1_700_000_000_000 + i64::try_from(seq).unwrap());
        let batch_more = seq + 1 < first + count;
        let event_type = *event_type;
        NewRecord { recorded_at, event_type, event_version: 1, codec: 1, batch_more, payload }
    };
    let group: Vec<_> = (first..first + count).map(record).collect();
    wal.append(Seq(first), &group).unwrap();
}

impl Original {
    /// A log whose writer closed it, or died.
    fn new(closed: bool, options: Options) -> Self {
        let (disk, events) = (MemoryDisk::default(), events());
        let (mut wal, _) = open(&disk, options).unwrap();
        for count in GROUPS.into_iter().cycle() {
            append(&mut wal, &events, count);
            let files = disk.files();
            let segments = segments(&files);
            if segments.iter().map(|path| files[path].len()).sum::<usize>() >= LOG_BYTES {
                break;
            }
        }
        // So that the last segment has groups and an end.
        [3, 1, 2].into_iter().for_each(|count| append(&mut wal, &events, count));
        let records = wal.reader().read_from(Seq(1)).map(Result::unwrap).collect();
        if closed {
            Box::new(wal).close().unwrap();
        }
        let paths = segments(&disk.files());
        let pieces = paths.into_iter().map(|path| (path.clone(), pieces(&disk, &path))).collect();
        Self { disk: disk.after_power_cut(0, 1.0), records, pieces }
    }

    fn head(&self) -> Seq {
        Seq(self.records.len() as u64)
    }

    fn segments(&self) -> impl Iterator<Item = &PathBuf> {
        self.pieces.keys()
    }

    fn bytes(&self) -> usize {
        let files = self.disk.files();
        self.segments().map(|path| files[path].len()).sum()
    }

    /// The piece in which a byte of a segment lies, as an error names it: its offset and the record
    /// that cannot be trusted. The header counts as one; behind the last piece there is none.
    fn piece_at(&self, path: &Path, byte: u64) -> Option<(u64, Seq)> {
        if byte < 128 {
            return Some((0, self.pieces[path][0].2));
        }
        let pieces = self.pieces[path].iter();
        pieces.copied().find(|(_, end, _)| byte < *end).map(|(offset, _, seq)| (offset, seq))
    }

    /// Reads all there is. A record that is not the original is a failure; so is an error that is
    /// no damage, or names no place.
    fn read(&self, reader: &dyn WalReader, what: &str) -> Result<u64, WalError> {
        let mut count = 0;
        for record in reader.read_from(Seq(1)) {
            let record = record.inspect_err(|error| self.check_error(error, what))?;
            let original = self.records.get(count).unwrap_or_else(|| panic!("{what}: {record:?}"));
            assert_eq!(&record, original, "{what}: another record than was written");
            count += 1;
        }
        Ok(count as u64)
    }

    fn check_error(&self, error: &WalError, what: &str) {
        assert!(error.is_damage(), "{what}: {error:?}");
        if let WalError::Damaged { segment, offset, seq, .. } = error {
            let named = segment.starts_with(DIR) && *seq > Seq::ZERO && seq.0 <= self.head().0 + 1;
            assert!(named && *offset < LOG_BYTES as u64, "{what}: {error}");
        }
    }

    /// Opens, reads and checks a damaged copy in every way: the law of this module. Returns what opening
    /// it for writing gives: the records, or a refusal.
    fn check(&self, damaged: &MemoryDisk, what: &str) -> Result<u64, WalError> {
        // Before opening, which may repair.
        let verified = match verify(damaged, Path::new(DIR), &mut |_| {}) {
            Ok(report) => !report.damage.is_empty() || matches!(report.tail, Tail::Torn { .. }),
            Err(error) => error.is_damage(),
        };
        let reader = LocalReader::open_read_only(Arc::new(damaged.clone()), Path::new(DIR))
            .and_then(|reader| self.read(&reader, what));
        self.check_outcome(&reader, verified, damaged, what);
        let witnessed = Options { witnessed: self.head(), ..options() };
        let certain = damaged.after_power_cut(0, 1.0);
        let certain = open(&certain, witnessed)
            .and_then(|(wal, _)| self.read(&wal.local_reader(), what))
            .inspect_err(|error| self.check_error(error, what));
        assert!(certain.is_err() || certain.is_ok_and(|n| n == self.head().0), "{what}: lost");
        let image = damaged.after_power_cut(0, 1.0);
        let opened = open(&image, options()).and_then(|(wal, report)| {
            let bytes =
                report.torn.map(|torn| image.files()[&torn.kept].len() as u64 == torn.bytes);
            assert!(bytes.unwrap_or(true), "{what}: the torn bytes are not all kept");
            self.read(&wal.local_reader(), what)
        });
        self.check_outcome(&opened, verified, damaged, what);
        opened
    }

    /// Whether all is there, or what is not may be missing.
    fn check_outcome(
        &self,
        outcome: &Result<u64, WalError>,
        verified: bool,
        damaged: &MemoryDisk,
        what: &str,
    ) {
        match outcome {
            Err(error) => {
                self.check_error(error, what);
                assert!(verified, "{what}: the check of the whole log missed {error}");
            }
            Ok(count) if *count == self.head().0 => {}
            Ok(count) => {
                let next = Seq(count + 1);
                let files = damaged.files();
                for (path, pieces) in &self.pieces {
                    let Some(bytes) = files.get(path) else { continue };
                    let originals = &self.disk.files()[path];
                    for (offset, end, _) in pieces.iter().filter(|p| p.2 > next && is_leader(p)) {
                        let (from, to) = (*offset as usize, *end as usize);
                        let gone = bytes.get(from..to) != originals.get(from..to);
                        assert!(gone, "{what}: cut at {next} before a leader at {offset}");
                    }
                }
            }
        }
    }
}

fn is_leader(piece: &(u64, u64, Seq)) -> bool {
    piece.1 - piece.0 == LEADER_BYTES
}

fn segments(files: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<PathBuf> {
    files.keys().filter(|path| path.extension().is_some_and(|e| e == "runlog")).cloned().collect()
}

fn pieces(disk: &MemoryDisk, path: &Path) -> Pieces {
    let file: Arc<dyn crate::base::disk::DiskFile> = disk.open(path, Open::Read).unwrap().into();
    let header = SegmentHeader::decode(&disk.files()[path]).unwrap();
    let mut frames = Frames::new(file, header.salt, header.capacity, 4096);
    let mut pieces = Vec::new();
    let mut offset = 128;
    while let Ok(frame) = frames.frame(offset) {
        pieces.push((offset, frame.end(), frame.header.seq));
        offset = frame.end();
    }
    pieces
}

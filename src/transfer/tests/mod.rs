//! Tests of backup, restore and repair on a disk in memory: a log whose every event is known by its
//! sequence, with the artifacts that it names.

mod backup;
mod beside;
mod repair;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use uuid::Uuid;

use super::{BackedUp, Backup, Restored, TransferError};
use crate::{
    base::{
        Seq, TimestampMs,
        digest::Sha256Digest,
        disk::{Disk, Open, create_dirs, memory::MemoryDisk, read_if_present, replace},
    },
    event::{
        ArtifactDeleted, ArtifactStored, Event, ExperimentCreated, KeyValue, Meta, MetricsLogged,
        ParamsLogged, RunCreated, RunStatus, SeriesPoints, codec,
    },
    wal::{LocalReader, LocalWal, NewRecord, Options, Origin, Wal as _, WalReader as _},
};

pub(super) const DATA: &str = "/data";
pub(super) const BACKUP: &str = "/backup";
pub(super) const AGAIN: &str = "/again";

pub(super) fn path(path: &str) -> &Path {
    Path::new(path)
}

/// The event with this sequence in these tests.
pub(super) fn event(seq: u64) -> Event {
    let run_id = format!("r{}", seq / 6);
    let text = str::to_owned;
    match seq % 6 {
        _ if seq == 1 => ExperimentCreated {
            experiment_id: 1,
            name: text("e"),
            artifact_location: text("mlflow-artifacts:/1"),
            created_at: 1,
            tags: vec![],
        }
        .into(),
        0 => RunCreated {
            run_id,
            experiment_id: 1,
            name: text("run"),
            user_id: text("ada"),
            status: RunStatus::Running,
            start_time: 1,
            artifact_uri: text("mlflow-artifacts:/1/r/artifacts"),
            tags: vec![],
        }
        .into(),
        1 => ParamsLogged { run_id, params: vec![KeyValue { key: text("k"), value: text("v") }] }
            .into(),
        2 | 3 => {
            let content = content(seq);
            let sha256 = Sha256Digest::of(&content).0;
            // One of ten is written again and again.
            let name =
                if seq % 30 == 2 { text("1/same/f") } else { format!("1/{run_id}/artifacts/f") };
            ArtifactStored { path: name, size: content.len() as u64, sha256 }.into()
        }
        4 if seq % 12 == 4 => ArtifactDeleted { path: format!("1/{run_id}") }.into(),
        _ => {
            let (timestamps, steps, values) = (vec![1], vec![1], vec![0.5]);
            let series = SeriesPoints {
                key: text("loss"),
                model_id: None,
                dataset_name: None,
                dataset_digest: None,
                timestamps,
                steps,
                values,
            };
            MetricsLogged { run_id, series: vec![series] }.into()
        }
    }
}

fn content(seq: u64) -> Vec<u8> {
    let times = usize::try_from(1 + seq % 9).unwrap();
    format!("the content that event {seq} names ").repeat(times).into_bytes()
}

/// The artifacts that a log up to `head` names, with their contents.
pub(super) fn artifacts(head: u64) -> BTreeMap<String, Vec<u8>> {
    let mut named = BTreeMap::new();
    for seq in 1..=head {
        match event(seq) {
            Event::ArtifactStored(it) => {
                named.insert(it.path, content(seq));
            }
            Event::ArtifactDeleted(it) => {
                named.retain(|path: &String, _| !path.starts_with(&format!("{}/", it.path)));
            }
            _ => {}
        }
    }
    named
}

pub(super) fn options(log: u128) -> Options {
    let origin = Origin::Fixed {
        log_id: Uuid::from_u128(log),
        salt: 77,
        created_at: TimestampMs(1_700_000_000_000),
    };
    Options { segment_bytes: 4096, witnessed: Seq::ZERO, origin }
}

/// A log that grows; its files are in the data directory of a disk.
pub(super) struct Growing {
    pub(super) wal: LocalWal,
    /// Who causes what is appended.
    pub(super) actor: String,
    disk: Arc<dyn Disk>,
    dir: PathBuf,
}

impl Growing {
    pub(super) fn open(disk: impl Disk + 'static, dir: &Path, log: u128) -> Self {
        let disk: Arc<dyn Disk> = Arc::new(disk);
        create_dirs(&*disk, dir).unwrap();
        let (wal, _) = LocalWal::open(disk.clone(), &dir.join("log"), options(log)).unwrap();
        Self { wal, actor: "ada".to_owned(), disk, dir: dir.to_owned() }
    }

    /// Appends a group of so many events, each a batch of its own, and stores what they name.
    pub(super) fn append(&mut self, count: u64) {
        let first = self.wal.next().0;
        for seq in first..first + count {
            self.store(seq);
        }
        let meta = Meta { actor: self.actor.clone(), ..Meta::default() };
        let events: Vec<Event> = (first..first + count).map(event).collect();
        let payloads: Vec<_> =
            events.iter().map(|event| codec::encode_event(&meta, event)).collect();
        let records = events.iter().zip(&payloads).map(|(event, payload)| NewRecord {
            recorded_at: TimestampMs(1_700_000_000_000),
            event_type: event.kind(),
            event_version: event.version(),
            codec: codec::CODEC,
            batch_more: false,
            payload,
        });
        self.wal.append(Seq(first), &records.collect::<Vec<_>>()).unwrap();
    }

    fn store(&self, seq: u64) {
        let root = self.dir.join("artifacts");
        match event(seq) {
            Event::ArtifactStored(it) => {
                let place = root.join(it.path);
                create_dirs(&*self.disk, place.parent().unwrap()).unwrap();
                replace(&*self.disk, &place, &content(seq), Open::New).unwrap();
            }
            Event::ArtifactDeleted(it) => {
                let place = root.join(it.path);
                if self.disk.look(&place).is_ok() {
                    crate::base::disk::remove_tree(&*self.disk, &place).unwrap();
                }
            }
            _ => {}
        }
    }

    pub(super) fn close(self) {
        Box::new(self.wal).close().unwrap();
    }
}

/// A closed log of groups of these sizes.
pub(super) fn closed(groups: &[u64]) -> MemoryDisk {
    let disk = MemoryDisk::default();
    let mut log = Growing::open(disk.clone(), path(DATA), 1);
    groups.iter().for_each(|count| log.append(*count));
    log.close();
    disk
}

pub(super) fn job() -> Backup<'static> {
    Backup {
        data_dir: path(DATA),
        artifacts: Some(path("/data/artifacts")),
        to: path(BACKUP),
        now: TimestampMs(1_800_000_000_000),
        patience: Duration::ZERO,
    }
}

pub(super) fn backup(disk: &dyn Disk) -> Result<BackedUp, TransferError> {
    super::backup(disk, &job(), &mut |_| {})
}

pub(super) fn restore(disk: &dyn Disk) -> Result<Restored, TransferError> {
    super::restore(disk, path(BACKUP), path(AGAIN), &mut |_| {})
}

/// That a restored directory holds the events up to its head and what they name; returns the head.
pub(super) fn check_restored(disk: &(impl Disk + Clone + 'static), dir: &Path) -> u64 {
    let shared: Arc<dyn Disk> = Arc::new(disk.clone());
    let log = LocalReader::open_read_only(shared, &dir.join("log")).unwrap();
    for record in log.read_from(Seq(1)) {
        let envelope = codec::decode_record(&record.unwrap()).unwrap();
        assert_eq!(envelope.event, event(envelope.seq.0), "event {}", envelope.seq);
    }
    let head = log.head().0;
    for (name, content) in artifacts(head) {
        let kept = read_if_present(disk, &dir.join("artifacts").join(&name)).unwrap();
        assert_eq!(kept, Some(content), "{name} at event {head}");
    }
    head
}

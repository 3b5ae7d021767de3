//! What a repair does not keep: bytes that are not believed, and events without ground, for people.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::super::{TransferError, files::Lines};
use crate::{
    audit::EventLine,
    base::disk::{Disk, Open, create, create_dirs},
    event::Envelope,
    wal::{Finding, Record, WalError},
};

/// Events without ground, as `runlog log` prints them.
const EVENTS: &str = "events.jsonl";
/// Bytes copied at once.
const CHUNK_BYTES: usize = 1 << 20;
/// Files that are named; more than that may be there.
const NAMED_MAX: usize = 10_000;

/// A folder of what is not kept.
pub(super) struct Aside {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    events: Option<Lines>,
    files: Vec<String>,
}

impl Aside {
    pub(super) fn begin(disk: &Arc<dyn Disk>, dir: &Path) -> Result<Self, TransferError> {
        create_dirs(&**disk, dir)?;
        let (disk, dir) = (disk.clone(), dir.to_owned());
        Ok(Self { disk, dir, events: None, files: Vec::new() })
    }

    /// Keeps the bytes of a damaged place: `<segment>.<from>-<to>`.
    pub(super) fn bytes(&mut self, finding: &Finding) -> Result<(), TransferError> {
        let WalError::Damaged { segment, .. } = &finding.what else { return Ok(()) };
        if finding.bytes.is_empty() {
            return Ok(());
        }
        let name = segment.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{name}.{}-{}", finding.bytes.start, finding.bytes.end);
        let source = self.disk.open(segment, Open::Read)?;
        let mut file = Lines::create(&*self.disk, &self.dir.join(&name))?;
        let mut from = finding.bytes.start;
        while from < finding.bytes.end {
            let room = usize::try_from(finding.bytes.end - from).unwrap_or(usize::MAX);
            let mut chunk = vec![0; room.min(CHUNK_BYTES)];
            let read = source.read_at(from, &mut chunk)?;
            chunk.truncate(read);
            if chunk.is_empty() {
                break;
            }
            from += read as u64;
            file.buffer().append(&mut chunk);
            file.spill()?;
        }
        file.finish()?;
        self.name(name);
        Ok(())
    }

    /// Keeps an event that has nothing to stand on.
    pub(super) fn event(&mut self, envelope: &Envelope) -> Result<(), TransferError> {
        let events = match &mut self.events {
            Some(events) => events,
            None => self.events.insert(Lines::create(&*self.disk, &self.dir.join(EVENTS))?),
        };
        let line = EventLine::from(envelope.clone()).to_json();
        events.buffer().extend_from_slice(line.as_bytes());
        events.buffer().push(b'\n');
        Ok(events.spill()?)
    }

    /// Keeps the payload of an event that means nothing: `event-<sequence>`.
    pub(super) fn payload(&mut self, record: &Record) -> Result<(), TransferError> {
        let name = format!("event-{}", record.seq);
        let file = create(&*self.disk, &self.dir.join(&name), Open::New)?;
        file.write_at(0, &record.payload)?;
        file.sync_data()?;
        self.name(name);
        Ok(())
    }

    /// Makes it durable; returns the names of its files.
    pub(super) fn finish(&mut self) -> Result<Vec<String>, TransferError> {
        if let Some(events) = self.events.take() {
            events.finish()?;
            self.name(EVENTS.to_owned());
        }
        self.disk.sync_dir(&self.dir)?;
        Ok(std::mem::take(&mut self.files))
    }

    fn name(&mut self, name: String) {
        if self.files.len() < NAMED_MAX {
            self.files.push(name);
        }
    }
}

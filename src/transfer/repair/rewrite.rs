//! Writing the new log of a repair, batch by batch.

use std::{path::Path, sync::Arc};

use uuid::Uuid;

use super::{super::TransferError, LEFT_BEHIND, Repair, RepairReport, TOOL, aside::Aside};
use crate::{
    base::{
        Seq, TimestampMs,
        data_dir::LOG_DIR,
        digest::crc32_ieee,
        disk::Disk,
        id,
        limits::{GROUP_BYTES_MAX, GROUP_EVENTS_MAX, PAYLOAD_BYTES_MAX},
    },
    event::{
        Envelope, Event, EventLost, LogRepaired, LossReason, LostRange, Meta, Origin,
        codec::{self, DecodeError},
    },
    views::{Position, Views, fold, stands},
    wal::{Finding, Found, LocalWal, NewRecord, Options, Record, Wal as _, WalReader as _},
};

/// Ranges and places that are told one by one.
const TOLD_MAX: usize = 10_000;

/// A new log while it is written.
pub(super) struct Rewrite {
    wal: LocalWal,
    views: Views,
    aside: Aside,
    /// Cause of what the repair itself says.
    cause: Meta,
    now: TimestampMs,
    /// The batch at hand.
    batch: Vec<Record>,
    /// Events of the group at hand.
    group: Vec<Made>,
    group_bytes: usize,
    /// Something before this is lost.
    gap: bool,
    last_time: TimestampMs,
    next: Seq,
    damaged_log: [u8; 16],
    report: RepairReport,
}

/// An event for the new log.
struct Made {
    recorded_at: TimestampMs,
    event_type: u16,
    event_version: u8,
    batch_more: bool,
    payload: Vec<u8>,
}

impl Rewrite {
    pub(super) fn begin(
        disk: &Arc<dyn Disk>,
        job: &Repair<'_>,
        dir: &Path,
        damaged_log: Uuid,
    ) -> Result<Self, TransferError> {
        let options = Options { segment_bytes: job.segment_bytes, ..Options::default() };
        let (wal, created) = LocalWal::open(disk.clone(), &dir.join(LOG_DIR), options)?;
        let views = (job.views)(dir, created.log_id.into_bytes())?;
        let report = RepairReport {
            from_log: damaged_log.to_string(),
            log_id: created.log_id.to_string(),
            by: job.by.to_owned(),
            tool: TOOL.to_owned(),
            ..RepairReport::default()
        };
        let cause =
            Meta { actor: job.by.to_owned(), request_id: id::random_hex(), ..Meta::default() };
        Ok(Self {
            wal,
            views,
            aside: Aside::begin(disk, &dir.join(LEFT_BEHIND))?,
            cause,
            now: job.now,
            batch: Vec::new(),
            group: Vec::new(),
            group_bytes: 0,
            gap: false,
            last_time: TimestampMs(0),
            next: Seq(1),
            damaged_log: damaged_log.into_bytes(),
            report,
        })
    }

    /// Takes in what the walk over the damaged log has come upon.
    pub(super) fn take_in(
        &mut self,
        found: Found<'_>,
        progress: &mut dyn FnMut(Seq),
    ) -> Result<(), TransferError> {
        match found {
            Found::Record(record) => {
                progress(record.seq);
                self.batch.push(record.clone());
                if record.batch_more { Ok(()) } else { self.end_batch() }
            }
            Found::Damage(finding) => self.damage(&finding),
        }
    }

    /// Says in the new log what was done, and closes it.
    pub(super) fn finish(mut self) -> Result<RepairReport, TransferError> {
        let event = LogRepaired {
            log_id: self.damaged_log,
            kept: self.report.kept,
            lost: self.report.lost,
            ranges: self.report.ranges.clone(),
            tool: TOOL.to_owned(),
        };
        let (seq, cause) = (self.next, self.cause.clone());
        let said = Envelope { seq, recorded_at: self.now, meta: cause, event: Event::from(event) };
        self.keep(vec![said])?;
        self.write_group()?;
        self.report.left_behind = self.aside.finish()?;
        self.report.head = self.wal.local_reader().head();
        self.views.flush()?;
        Box::new(self.wal).close()?;
        Ok(self.report)
    }

    fn damage(&mut self, finding: &Finding) -> Result<(), TransferError> {
        if self.report.damage.len() < TOLD_MAX {
            self.report.damage.push(finding.what.to_string());
        }
        self.aside.bytes(finding)?;
        let Some(lost) = finding.lost else { return Ok(()) };
        // How many there were after the last that is known, nobody knows.
        for seq in lost.first.0..=lost.last.map_or(0, |last| last.0) {
            self.lose(Seq(seq), 0, LossReason::Damaged)?;
        }
        Ok(())
    }

    fn end_batch(&mut self) -> Result<(), TransferError> {
        let batch = std::mem::take(&mut self.batch);
        let mut events = Vec::with_capacity(batch.len());
        for record in &batch {
            match codec::decode_record(record) {
                Ok(envelope) => events.push(envelope),
                Err(DecodeError::Malformed(_)) => {}
                Err(source) => return Err(TransferError::Event { seq: record.seq, source }),
            }
        }
        if events.len() < batch.len() {
            return self.lose_unreadable(&batch, &events);
        }
        for envelope in &mut events {
            let origin = Origin { log_id: self.damaged_log, seq: envelope.seq.0 };
            envelope.meta.origin.get_or_insert(origin);
        }
        if self.gap && !self.stand(&events) {
            return self.lose_orphans(&events);
        }
        self.report.kept += events.len() as u64;
        self.keep(events)
    }

    /// Whether each event of a batch has what it rests on, the earlier ones of the batch included.
    fn stand(&self, batch: &[Envelope]) -> bool {
        let mut changes = self.views.changes();
        batch.iter().all(|envelope| {
            let stands = stands(&changes, &envelope.event);
            fold(&mut changes, envelope);
            stands
        })
    }

    fn lose_orphans(&mut self, batch: &[Envelope]) -> Result<(), TransferError> {
        for envelope in batch {
            self.aside.event(envelope)?;
            self.report.orphaned += 1;
            self.last_time = envelope.recorded_at;
            self.lose(envelope.seq, envelope.event.kind(), LossReason::Orphaned)?;
        }
        Ok(())
    }

    /// A batch with an event that means nothing: the others rest on it.
    fn lose_unreadable(
        &mut self,
        batch: &[Record],
        readable: &[Envelope],
    ) -> Result<(), TransferError> {
        for record in batch {
            let orphan = readable.iter().find(|envelope| envelope.seq == record.seq);
            if let Some(orphan) = orphan {
                self.lose_orphans(std::slice::from_ref(orphan))?;
                continue;
            }
            self.aside.payload(record)?;
            self.report.unreadable += 1;
            self.last_time = record.recorded_at;
            self.lose(record.seq, record.event_type, LossReason::Unreadable)?;
        }
        Ok(())
    }

    /// Holds the place of an event that is not kept.
    fn lose(&mut self, seq: Seq, kind: u16, reason: LossReason) -> Result<(), TransferError> {
        self.gap = true;
        self.report.lost += 1;
        let ranges = &mut self.report.ranges;
        if let Some(range) = ranges.last_mut().filter(|range| range.last + 1 == seq.0) {
            range.last = seq.0;
        } else if ranges.len() < TOLD_MAX {
            ranges.push(LostRange { first: seq.0, last: seq.0 });
        }
        let event = EventLost { log_id: self.damaged_log, kind: kind.into(), reason };
        let origin = Some(Origin { log_id: self.damaged_log, seq: seq.0 });
        let meta = Meta { origin, ..self.cause.clone() };
        let recorded_at = self.last_time;
        self.keep(vec![Envelope { seq, recorded_at, meta, event: event.into() }])
    }

    /// Puts a batch into the group at hand, and folds it.
    fn keep(&mut self, batch: Vec<Envelope>) -> Result<(), TransferError> {
        let mut changes = self.views.changes();
        let mut position = self.views.position();
        let count = batch.len();
        for (index, envelope) in batch.into_iter().enumerate() {
            let made = Made::of(&envelope, index + 1 < count);
            position = Position { seq: envelope.seq, payload_crc: crc32_ieee(&made.payload) };
            self.group_bytes += made.payload.len();
            self.last_time = envelope.recorded_at;
            self.next = envelope.seq.next();
            fold(&mut changes, &envelope);
            self.group.push(made);
        }
        self.views.publish(changes, position);
        if self.group.len() >= GROUP_EVENTS_MAX || self.group_bytes >= GROUP_BYTES_MAX {
            self.write_group()?;
            if self.views.wants_flush() {
                self.views.flush()?;
            }
        }
        Ok(())
    }

    fn write_group(&mut self) -> Result<(), TransferError> {
        let records: Vec<NewRecord<'_>> = self.group.iter().map(Made::as_new).collect();
        self.wal.append(self.wal.next(), &records)?;
        self.group.clear();
        self.group_bytes = 0;
        Ok(())
    }
}

impl Made {
    fn of(envelope: &Envelope, batch_more: bool) -> Self {
        let Envelope { recorded_at, meta, event, .. } = envelope;
        let mut payload = codec::encode_event(meta, event);
        if payload.len() > PAYLOAD_BYTES_MAX {
            // It was as long as can be before its origin was added.
            payload = codec::encode_event(&Meta { origin: None, ..meta.clone() }, event);
        }
        Self {
            recorded_at: *recorded_at,
            event_type: event.kind(),
            event_version: event.version(),
            batch_more,
            payload,
        }
    }

    fn as_new(&self) -> NewRecord<'_> {
        NewRecord {
            recorded_at: self.recorded_at,
            event_type: self.event_type,
            event_version: self.event_version,
            codec: codec::CODEC,
            batch_more: self.batch_more,
            payload: &self.payload,
        }
    }
}

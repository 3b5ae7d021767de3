//! Wanted events one after the other, in slices of bounded work: those that are there, then those that come.

use super::{EventFilter, EventLine};
use crate::{
    audit::{Moment, ReadError},
    base::Seq,
    wal::{Record, WalError, WalReader},
};

/// Bytes of the log that one slice looks at.
const LOOKED_BYTES_MAX: usize = 64 << 20;
/// What looking at a record costs besides its payload, in bytes.
pub(super) const RECORD_BYTES: usize = 256;
/// Bytes of events that one slice holds, but for the last of them.
const TAKEN_BYTES_MAX: usize = 1 << 20;

/// Records as they are looked at.
pub(super) type Records<'a> = Box<dyn Iterator<Item = Result<Record, WalError>> + Send + 'a>;

/// The wanted events from one on, oldest first.
pub struct EventTail<'a> {
    records: Records<'a>,
    filter: EventFilter,
    to: Option<Moment>,
    /// What is looked at next, and the last that may be, where the order is that of the log.
    next: Seq,
    shown: Seq,
    record_bytes: usize,
}

/// What a slice ended at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Its bounds; there is more to look at.
    Bound,
    /// The head of the log; there may be more later.
    Head,
    /// The end of what is wanted.
    End,
}

/// A slice of the wanted events.
#[derive(Debug)]
pub struct Taken {
    /// The events.
    pub events: Vec<EventLine>,
    /// The first and the last event that was looked at, if there was one.
    pub looked: Option<(Seq, Seq)>,
    /// Why it ends here.
    pub reached: Reached,
}

impl EventTail<'static> {
    /// From an event on, up to a moment if one is named, inclusive.
    pub fn of(log: &dyn WalReader, filter: EventFilter, from: Seq, to: Option<Moment>) -> Self {
        Self { next: from, to, ..Self::over(log.read_from(from), filter, RECORD_BYTES) }
    }

    /// Takes no event behind this one, until told otherwise.
    pub fn show(&mut self, until: Seq) {
        self.shown = until;
    }
}

impl<'a> EventTail<'a> {
    /// Of records in whatever order, each of which costs so much to look at.
    pub(super) fn over(records: Records<'a>, filter: EventFilter, record_bytes: usize) -> Self {
        let (next, shown) = (Seq::ZERO, Seq(u64::MAX));
        Self { records, filter, to: None, next, shown, record_bytes }
    }

    /// The next wanted events: at most `limit`, and only as many as bounded work finds.
    pub fn take(&mut self, limit: usize) -> Result<Taken, ReadError> {
        let mut work = Work::new(self.record_bytes);
        let mut taken = Taken { events: Vec::new(), looked: None, reached: Reached::Bound };
        let mut bytes = 0;
        while taken.events.len() < limit && bytes < TAKEN_BYTES_MAX && !work.is_done() {
            let shown = (self.next <= self.shown).then(|| self.records.next()).flatten();
            let Some(record) = shown.transpose()? else {
                taken.reached = Reached::Head;
                break;
            };
            self.next = record.seq.next();
            if self.to.is_some_and(|end| end.is_before(&record)) {
                taken.reached = Reached::End;
                break;
            }
            work.spend(&record);
            taken.looked = Some((taken.looked.map_or(record.seq, |it| it.0), record.seq));
            if let Some(envelope) = self.filter.pick(&record)? {
                let redacted_by = record.destroyed.map(|destroyed| destroyed.by);
                let line = EventLine { redacted_by, ..EventLine::from(envelope) };
                bytes += line.size();
                taken.events.push(line);
            }
        }
        Ok(taken)
    }
}

/// How much of the log one answer may still look at.
pub(super) struct Work {
    left: usize,
    record_bytes: usize,
}

impl Work {
    pub(super) fn new(record_bytes: usize) -> Self {
        Self { left: LOOKED_BYTES_MAX, record_bytes }
    }

    pub(super) fn spend(&mut self, record: &Record) {
        self.left = self.left.saturating_sub(self.record_bytes + record.payload.len());
    }

    pub(super) fn is_done(&self) -> bool {
        self.left == 0
    }
}

//! One page of events: in either order, and with bounded work even where nothing is found.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    EventFilter, EventLine, EventTail, Reached,
    tail::{RECORD_BYTES, Records},
};
use crate::{
    audit::{Entity, Moment, ReadError, moments},
    base::Seq,
    views::store::Read,
    wal::{Record, WalError, WalReader},
};

/// Events on a page of which nothing else is said.
pub const EVENTS_PER_PAGE: usize = 100;
/// The most events on a page.
pub const EVENTS_PER_PAGE_MAX: usize = 1000;

/// What it costs to read a record by itself, in bytes.
const POINT_BYTES: usize = 16 << 10;
/// Records that are read backwards at a time, and what they may hold in memory.
const BACKWARDS_RECORDS_MAX: u64 = 256;
const BACKWARDS_BYTES_MAX: usize = 8 << 20;

/// Which end of the log comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventOrder {
    /// As they happened.
    #[default]
    OldestFirst,
    /// The last one first.
    NewestFirst,
}

/// Which events are wanted on a page.
#[derive(Debug, Clone, Default)]
pub struct EventsQuestion {
    /// What they must be.
    pub filter: EventFilter,
    /// From here on; `None`: from the first.
    pub from: Option<Moment>,
    /// Up to here, inclusive; `None`: to the last.
    pub to: Option<Moment>,
    /// In which order.
    pub order: EventOrder,
    /// How many at the most, up to [`EVENTS_PER_PAGE_MAX`].
    pub limit: usize,
}

/// Some events of the log, and where the next ones begin.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EventsPage {
    /// The wanted events among those that were looked at, in the order that was asked for.
    pub events: Vec<EventLine>,
    /// The first event in that order that was looked at; `null` if there was none.
    pub looked_from: Option<Seq>,
    /// The last one: work is bounded, so this may be far from the end although `events` is short.
    pub looked_to: Option<Seq>,
    /// Where the next page begins: its `from` (oldest first) or its `to` (newest first); `null` if
    /// there is nothing left to look at.
    pub next: Option<Seq>,
}

/// A page of the events of `log` up to `until`, which is what `read` has folded.
pub fn events_page(
    read: &dyn Read,
    log: &dyn WalReader,
    until: Seq,
    question: &EventsQuestion,
) -> Result<EventsPage, ReadError> {
    let (first, last) = moments(log, until, question.from, question.to)?;
    let filter = question.filter.clone();
    let mut tail = match (&question.filter.entity, question.order) {
        (Some(entity), order) => {
            EventTail::over(of_entity(read, log, entity, (first, last), order), filter, POINT_BYTES)
        }
        (None, EventOrder::NewestFirst) => {
            let records = Box::new(Backwards::new(log, first, last));
            EventTail::over(records, filter, RECORD_BYTES)
        }
        (None, EventOrder::OldestFirst) => {
            EventTail::of(log, filter, first, Some(Moment::Seq(last)))
        }
    };
    let taken = tail.take(question.limit.min(EVENTS_PER_PAGE_MAX))?;
    let next =
        taken.looked.filter(|_| taken.reached == Reached::Bound).map(|looked| {
            match question.order {
                EventOrder::OldestFirst => looked.1.next(),
                EventOrder::NewestFirst => Seq(looked.1.0 - 1),
            }
        });
    Ok(EventsPage {
        events: taken.events,
        looked_from: taken.looked.map(|looked| looked.0),
        looked_to: taken.looked.map(|looked| looked.1),
        next: next.filter(|next| (first..=last).contains(next)),
    })
}

/// The records that may be about an entity, by its timeline.
fn of_entity<'a>(
    read: &dyn Read,
    log: &'a dyn WalReader,
    entity: &Entity,
    (first, last): (Seq, Seq),
    order: EventOrder,
) -> Records<'a> {
    let positions = entity.positions(read).into_iter().map(Seq);
    let positions = positions.filter(move |seq| (first..=last).contains(seq));
    match order {
        EventOrder::OldestFirst => Box::new(positions.map(|seq| log.read(seq))),
        EventOrder::NewestFirst => Box::new(positions.rev().map(|seq| log.read(seq))),
    }
}

/// Records from the last to the first: a few at a time are read forwards, and handed out backwards.
struct Backwards<'a> {
    log: &'a dyn WalReader,
    first: Seq,
    /// The last that has not been read yet.
    last: Seq,
    stock: VecDeque<Record>,
    /// How many to read next.
    records: u64,
}

impl<'a> Backwards<'a> {
    fn new(log: &'a dyn WalReader, first: Seq, last: Seq) -> Self {
        Self { log, first, last, stock: VecDeque::new(), records: 16 }
    }

    /// Reads up to the last; what is too much for memory is let go from the front, and read again.
    fn restock(&mut self) -> Result<(), WalError> {
        let from = self.first.max(Seq(self.last.0.saturating_sub(self.records - 1)));
        let (mut bytes, mut let_go) = (0, false);
        for record in self.log.read_from(from) {
            let record = record?;
            if record.seq > self.last {
                break;
            }
            bytes += record.payload.len();
            self.stock.push_back(record);
            while bytes > BACKWARDS_BYTES_MAX && self.stock.len() > 1 {
                bytes -= self.stock.pop_front().map_or(0, |record| record.payload.len());
                let_go = true;
            }
        }
        self.last = self.stock.front().map_or(Seq::ZERO, |front| Seq(front.seq.0 - 1));
        let kept = u64::try_from(self.stock.len()).unwrap_or(u64::MAX);
        let next = if let_go { kept } else { self.records * 2 };
        self.records = next.clamp(1, BACKWARDS_RECORDS_MAX);
        Ok(())
    }
}

impl Iterator for Backwards<'_> {
    type Item = Result<Record, WalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stock.is_empty()
            && self.first <= self.last
            && let Err(error) = self.restock()
        {
            self.last = Seq::ZERO;
            return Some(Err(error));
        }
        self.stock.pop_back().map(Ok)
    }
}

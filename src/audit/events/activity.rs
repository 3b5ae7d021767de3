//! Who did what when, counted.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    EventFilter,
    filter::actor_of,
    tail::{RECORD_BYTES, Work},
};
use crate::{
    audit::{Moment, ReadError, moments},
    base::Seq,
    event::Event,
    wal::{Record, WalReader},
};

/// Rows that one answer has at the most.
const COUNTS_MAX: usize = 10_000;

/// What is counted apart: any of `day`, `actor` and `event`, separated by commas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityBy {
    day: bool,
    actor: bool,
    event: bool,
}

/// All of them.
impl Default for ActivityBy {
    fn default() -> Self {
        Self { day: true, actor: true, event: true }
    }
}

/// A text that names nothing to count by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write any of day, actor and event, separated by commas")]
pub struct ActivityByError;

/// How many events there were, and where to go on counting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// One row for each day, actor and kind of event that was seen, as far as they are counted apart;
    /// sorted by them.
    pub counts: Vec<ActivityCount>,
    /// The first event that was looked at; `null` if there was none.
    pub looked_from: Option<Seq>,
    /// The last event that was looked at: work is bounded.
    pub looked_to: Option<Seq>,
    /// The `from` of the question about the rest, whose counts are to be added; `null` if there is none.
    pub next: Option<Seq>,
}

/// The events of a day, actor and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActivityCount {
    /// The day, UTC; `null` if days are not counted apart.
    #[schema(example = "2026-08-21")]
    pub day: Option<String>,
    /// Who; `null` if actors are not counted apart.
    pub actor: Option<String>,
    /// What: the kind of event; `null` if they are not counted apart.
    pub event: Option<String>,
    /// How often.
    pub events: u64,
    /// The first of them.
    pub first_seq: Seq,
    /// When that was, by the server's clock, in milliseconds since the Unix epoch.
    pub first_at: i64,
    /// The same in RFC 3339, UTC.
    pub first_at_time: String,
    /// The last of them.
    pub last_seq: Seq,
    /// When that was, in milliseconds since the Unix epoch.
    pub last_at: i64,
    /// The same in RFC 3339, UTC.
    pub last_at_time: String,
}

impl FromStr for ActivityBy {
    type Err = ActivityByError;

    fn from_str(text: &str) -> Result<Self, ActivityByError> {
        let mut by = Self { day: false, actor: false, event: false };
        for word in text.split(',') {
            match word.trim() {
                "day" => by.day = true,
                "actor" => by.actor = true,
                "event" => by.event = true,
                _ => return Err(ActivityByError),
            }
        }
        Ok(by)
    }
}

impl fmt::Display for ActivityBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.day, "day"), (self.actor, "actor"), (self.event, "event")];
        let words: Vec<_> = words.iter().filter(|(by, _)| *by).map(|(_, word)| *word).collect();
        f.write_str(&words.join(","))
    }
}

impl Activity {
    /// Adds what was counted behind it.
    pub fn extend(&mut self, more: Self) {
        let mut counts = Counts::default();
        for row in std::mem::take(&mut self.counts).into_iter().chain(more.counts) {
            counts.add(row);
        }
        self.counts = counts.rows();
        self.looked_from = self.looked_from.or(more.looked_from);
        self.looked_to = more.looked_to.or(self.looked_to);
        self.next = more.next;
    }
}

/// Counts the events of `log` up to `until` that are between two moments and are wanted.
pub fn activity(
    log: &dyn WalReader,
    until: Seq,
    (from, to): (Option<Moment>, Option<Moment>),
    filter: &EventFilter,
    by: ActivityBy,
) -> Result<Activity, ReadError> {
    let (first, last) = moments(log, until, from, to)?;
    let mut activity = Activity::default();
    let (mut counts, mut work) = (Counts::default(), Work::new(RECORD_BYTES));
    for record in log.read_from(first) {
        let record = record?;
        if record.seq > last {
            break;
        }
        if work.is_done() || counts.0.len() >= COUNTS_MAX {
            activity.next = Some(record.seq);
            break;
        }
        work.spend(&record);
        activity.looked_from = activity.looked_from.or(Some(record.seq));
        activity.looked_to = Some(record.seq);
        if filter.admits(&record)? {
            counts.add(one(&record, by)?);
        }
    }
    activity.counts = counts.rows();
    Ok(activity)
}

/// One event, as the row that it would be alone.
fn one(record: &Record, by: ActivityBy) -> Result<ActivityCount, ReadError> {
    let (seq, at) = (record.seq, record.recorded_at);
    let time = at.to_string();
    let day = time.split('T').next().unwrap_or_default().to_owned();
    let actor = if by.actor { Some(actor_of(record)?.to_owned()) } else { None };
    Ok(ActivityCount {
        day: by.day.then_some(day),
        actor,
        event: by.event.then(|| name(record.event_type)),
        events: 1,
        first_seq: seq,
        first_at: at.0,
        first_at_time: time.clone(),
        last_seq: seq,
        last_at: at.0,
        last_at_time: time,
    })
}

fn name(kind: u16) -> String {
    let found = Event::KINDS.iter().find(|(code, _, _)| *code == kind);
    found.map_or_else(|| format!("kind {kind}"), |(_, _, name)| (*name).to_owned())
}

/// Rows by what is counted apart.
#[derive(Default)]
struct Counts(BTreeMap<Key, ActivityCount>);

/// Day, actor and kind of event.
type Key = (Option<String>, Option<String>, Option<String>);

impl Counts {
    /// Adds a row of later events.
    fn add(&mut self, row: ActivityCount) {
        let key = (row.day.clone(), row.actor.clone(), row.event.clone());
        match self.0.get_mut(&key) {
            None => {
                self.0.insert(key, row);
            }
            Some(known) => {
                known.events += row.events;
                known.last_seq = row.last_seq;
                known.last_at = row.last_at;
                known.last_at_time = row.last_at_time;
            }
        }
    }

    fn rows(self) -> Vec<ActivityCount> {
        self.0.into_values().collect()
    }
}

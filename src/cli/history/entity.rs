//! `runlog history entity`: every event of one entity, with what it changed.

use super::super::{
    failure::Failure,
    output::{Column, Output},
    selection::find,
    source::Source,
};
use crate::{
    audit::{
        ENTITY_EVENTS_MAX, EntityEvent, EntityHistory, EntityName, FieldChange, Moment,
        entity_history, scanned_events,
    },
    base::Seq,
};

pub(super) const EXAMPLES: &str = "\
The table has a line for each field that changed, and one for each event that changed none.

Examples:
  runlog history entity run:4f0c...                all that happened to a run
  runlog history entity model-version:CarSeat/3    and to a version, its aliases included
  runlog history entity experiment:1 --from 2026-03-01T00:00:00Z
";

#[derive(Debug, clap::Args)]
pub(super) struct OfEntity {
    /// run:<id>, experiment:<id>, model:<name> (with its versions), model-id:<number>,
    /// model-version:<name>/<version>, logged-model:<id>, webhook:<id>, artifact:<path>.
    entity: EntityName,

    /// First event: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[arg(long, value_name = "SEQ|TIME")]
    from: Option<Moment>,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    source: Source,
}

/// A field that an event changed, or an event that changed none.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
struct Line {
    seq: Seq,
    recorded_at: i64,
    time: String,
    actor: String,
    event: String,
    field: Option<String>,
    old: Option<String>,
    new: Option<String>,
    request_id: String,
    client_address: String,
    user_agent: String,
}

const TABLE: [Column<Line>; 7] = [
    ("WHEN", |it| it.time.clone()),
    ("SEQ", |it| it.seq.to_string()),
    ("WHO", |it| it.actor.clone()),
    ("EVENT", |it| it.event.clone()),
    ("FIELD", |it| it.field.clone().unwrap_or_default()),
    ("OLD", |it| it.old.clone().unwrap_or_default()),
    ("NEW", |it| it.new.clone().unwrap_or_default()),
];

pub(super) fn run(args: &OfEntity) -> Result<(), Failure> {
    let mut history = page(args, args.from)?;
    while let Some(next) = history.next {
        let more = page(args, Some(Moment::Seq(next)))?;
        history.events.extend(more.events);
        history.next = more.next;
    }
    let lines: Vec<Line> = history.events.iter().flat_map(lines).collect();
    args.output.print(&history, &lines, &TABLE)
}

/// What one answer tells; from a log, all of it.
fn page(args: &OfEntity, from: Option<Moment>) -> Result<EntityHistory, Failure> {
    let name = args.entity.to_string();
    let limit = [("entity", name.clone()), ("limit", ENTITY_EVENTS_MAX.to_string())].into_iter();
    let query: Vec<_> = limit.chain(from.map(|from| ("from", from.to_string()))).collect();
    args.source.ask(&["history"], &query, |log, until| {
        let first = from.map_or(Ok(Seq(1)), |from| from.first(log))?;
        let entity = find(&args.entity, log, until)?;
        let events = scanned_events(log, until, &entity);
        entity_history(name.clone(), events, first, ENTITY_EVENTS_MAX)?
            .ok_or_else(|| Failure::usage(format!("there never was a {name}")))
    })
}

fn lines(event: &EntityEvent) -> Vec<Line> {
    let line = |change: Option<&FieldChange>| Line {
        seq: event.seq,
        recorded_at: event.recorded_at,
        time: event.time.clone(),
        actor: event.actor.clone(),
        event: event.event.clone(),
        field: change.map(|it| it.field.clone()),
        old: change.and_then(|it| it.old.clone()),
        new: change.and_then(|it| it.new.clone()),
        request_id: event.request_id.clone(),
        client_address: event.client_address.clone(),
        user_agent: event.user_agent.clone(),
    };
    if event.changes.is_empty() {
        return vec![line(None)];
    }
    event.changes.iter().map(|change| line(Some(change))).collect()
}

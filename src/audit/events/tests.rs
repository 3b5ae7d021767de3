//! Pages, tails and counts over logs in memory, each beside what looking at every event gives.

use proptest::prelude::*;

use super::{tail::EventTail, *};
use crate::{
    audit::Entity,
    base::{Seq, TimestampMs},
    event::{
        Envelope, Event, ExperimentDeleted, ExperimentRenamed, Meta, ModelVersionStageChanged,
        Stage, codec,
    },
    views::{Position, Views, fold},
    wal::{MemoryWal, NewRecord, Wal as _},
};

const ACTORS: [&str; 2] = ["ada", "grace"];
const STAGES: [Stage; 2] = [Stage::Staging, Stage::Production];
const DAY_MS: i64 = 86_400_000;

/// What may happen: which of two actors, which of three kinds, of which of two entities.
type Happening = (usize, usize, u64);

fn event((_, kind, id): Happening) -> Event {
    let (from, to) = ("a".repeat(40), "b".to_owned());
    match kind {
        0 => ExperimentRenamed { experiment_id: id, from, to, updated_at: 7 }.into(),
        1 => ExperimentDeleted { experiment_id: id, deleted_at: 7 }.into(),
        _ => ModelVersionStageChanged {
            registered_model_id: id,
            version: 1,
            from: Stage::None,
            to: STAGES[usize::try_from(id).unwrap() % 2],
            comment: None,
            displaced_by: None,
            changed_at: 7,
        }
        .into(),
    }
}

/// A log of what happened, eight hours apart, and its timelines.
fn world(happenings: &[Happening]) -> (MemoryWal, Views) {
    let mut wal = MemoryWal::default();
    let views = Views::in_memory(wal.reader().log_id().into_bytes());
    for (happening, number) in happenings.iter().zip(1..) {
        let meta = Meta { actor: ACTORS[happening.0].to_owned(), ..Meta::default() };
        let event = event(*happening);
        let record = NewRecord {
            recorded_at: TimestampMs(number * DAY_MS / 3),
            event_type: event.kind(),
            event_version: event.version(),
            codec: codec::CODEC,
            batch_more: false,
            payload: &codec::encode_event(&meta, &event),
        };
        let seq = wal.append(wal.next(), &[record]).unwrap();
        let mut changes = views.changes();
        let envelope = Envelope { seq, recorded_at: record.recorded_at, meta, event };
        fold(&mut changes, &envelope);
        views.publish(changes, Position { seq, payload_crc: 0 });
    }
    (wal, views)
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    proptest::collection::vec((0..2_usize, 0..3_usize, 0..2_u64), 0..60)
}

fn filters() -> impl Strategy<Value = EventFilter> {
    let kinds = prop_oneof![
        Just(None),
        Just(Some("ExperimentRenamed".parse().unwrap())),
        Just(Some("ExperimentRenamed, ModelVersionStageChanged".parse().unwrap())),
    ];
    let actor = proptest::option::of(Just("ada".to_owned()));
    let entity = prop_oneof![
        Just(None),
        Just(Some(Entity::Experiment(1))),
        Just(Some(Entity::RegisteredModel(0))),
    ];
    let stage = proptest::option::of(Just(Stage::Production));
    (kinds, actor, entity, stage).prop_map(|(kinds, actor, entity, into_stage)| EventFilter {
        kinds,
        actor,
        entity,
        into_stage,
    })
}

/// The wanted events, by looking at each.
fn expected(happenings: &[Happening], filter: &EventFilter) -> Vec<u64> {
    let wanted = |happening: &Happening| {
        let event = event(*happening);
        let kinds = filter.kinds.as_ref().map(ToString::to_string);
        kinds.is_none_or(|kinds| kinds.split(',').any(|name| name == event.name()))
            && filter.actor.as_ref().is_none_or(|actor| actor == ACTORS[happening.0])
            && filter.entity.as_ref().is_none_or(|entity| entity.is_concerned_by(&event))
            && filter.into_stage.is_none_or(|_| happening.1 == 2 && happening.2 == 1)
    };
    let numbered = happenings.iter().zip(1..);
    numbered.filter(|(happening, _)| wanted(happening)).map(|(_, seq)| seq).collect()
}

fn seqs(events: &[EventLine]) -> Vec<u64> {
    events.iter().map(|event| event.seq.0).collect()
}

proptest! {
    #[test]
    fn pages_put_together_are_all_that_is_wanted(
        happenings in happenings(), filter in filters(), limit in 1..7_usize,
        from in 0..70_u64, to in 0..70_u64, newest in any::<bool>(),
    ) {
        let (wal, views) = world(&happenings);
        let order = if newest { EventOrder::NewestFirst } else { EventOrder::OldestFirst };
        let moment = |seq| Some(crate::audit::Moment::Seq(Seq(seq)));
        let (mut found, mut question) = (Vec::new(), EventsQuestion {
            filter: filter.clone(), from: moment(from), to: moment(to), order, limit,
        });
        let until = views.position().seq;
        loop {
            let page = events_page(&views.view(), &*wal.reader(), until, &question).unwrap();
            prop_assert!(page.events.len() <= limit);
            found.extend(seqs(&page.events));
            match (page.next, newest) {
                (None, _) => break,
                (Some(next), true) => question.to = moment(next.0),
                (Some(next), false) => question.from = moment(next.0),
            }
        }
        let mut all = expected(&happenings, &filter);
        all.retain(|seq| (from..=to).contains(seq));
        if newest {
            all.reverse();
        }
        prop_assert_eq!(found, all);
    }

    #[test]
    fn a_tail_shows_each_wanted_event_once_and_none_too_early(
        happenings in happenings(), filter in filters(), limit in 1..7_usize, from in 1..9_u64,
        steps in proptest::collection::vec(0..9_u64, 0..20),
    ) {
        let (wal, _) = world(&happenings);
        let mut tail = EventTail::of(&*wal.reader(), filter.clone(), Seq(from), None);
        let (mut found, mut shown) = (Vec::new(), 0);
        for step in steps.into_iter().chain([60]) {
            shown = wal.reader().head().0.min(shown + step);
            tail.show(Seq(shown));
            loop {
                let taken = tail.take(limit).unwrap();
                found.extend(seqs(&taken.events));
                prop_assert!(found.last().is_none_or(|last| *last <= shown));
                if taken.reached != Reached::Bound {
                    break;
                }
            }
        }
        let mut all = expected(&happenings, &filter);
        all.retain(|seq| *seq >= from);
        prop_assert_eq!(found, all);
    }

    #[test]
    fn counts_add_up_to_the_events(happenings in happenings(), filter in filters(), cut in 1..60_u64) {
        let (wal, views) = world(&happenings);
        let log = wal.reader();
        let until = views.position().seq;
        let count = |from: u64, to: u64| {
            let moment = |seq| Some(crate::audit::Moment::Seq(Seq(seq)));
            let range = (moment(from), moment(to));
            activity(&*log, until, range, &filter, ActivityBy::default()).unwrap()
        };
        let whole = count(1, 60);
        let events = whole.counts.iter().map(|row| row.events).sum::<u64>();
        prop_assert_eq!(events, expected(&happenings, &filter).len() as u64);
        let mut parts = count(1, cut);
        parts.extend(count(cut + 1, 60));
        prop_assert_eq!(parts, whole);
    }
}

#[test]
fn activity_is_counted_a_day_an_actor_and_a_kind() {
    let (wal, views) = world(&[(0, 0, 1), (0, 0, 2), (1, 0, 1), (0, 1, 1), (0, 0, 1)]);
    let log = wal.reader();
    let count = |by: &str| {
        let filter = EventFilter::default();
        let by = by.parse().unwrap();
        activity(&*log, views.position().seq, (None, None), &filter, by).unwrap().counts
    };
    let row = |row: &ActivityCount| {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let places = (row.first_seq.0, row.last_seq.0);
        (text(&row.day), text(&row.actor), text(&row.event), row.events, places)
    };
    let rows = |by: &str| count(by).iter().map(row).collect::<Vec<_>>();
    let word = str::to_owned;
    let (first, second) = (word("1970-01-01"), word("1970-01-02"));
    let none = String::new;
    assert_eq!(
        rows("day"),
        [(first, none(), none(), 2, (1, 2)), (second, none(), none(), 3, (3, 5))]
    );
    let (renamed, deleted) = (word("ExperimentRenamed"), word("ExperimentDeleted"));
    assert_eq!(
        rows("actor,event"),
        [
            (none(), word("ada"), deleted, 1, (4, 4)),
            (none(), word("ada"), renamed.clone(), 3, (1, 5)),
            (none(), word("grace"), renamed, 1, (3, 3)),
        ]
    );
    assert_eq!(count("actor")[0].first_at_time, "1970-01-01T08:00:00.000Z");
    assert!("week".parse::<ActivityBy>().is_err());
}

/// A log that is too long for one answer, in which nothing is found.
#[test]
fn work_is_bounded_where_nothing_is_found() {
    let mut wal = MemoryWal::default();
    let event: Event = ExperimentDeleted { experiment_id: 1, deleted_at: 7 }.into();
    let payload =
        codec::encode_event(&Meta { actor: "ada".repeat(1 << 19), ..Meta::default() }, &event);
    for _ in 0..64 {
        let record = NewRecord {
            recorded_at: TimestampMs(1),
            event_type: event.kind(),
            event_version: event.version(),
            codec: codec::CODEC,
            batch_more: false,
            payload: &payload,
        };
        wal.append(wal.next(), &[record]).unwrap();
    }
    let (log, views) = (wal.reader(), Views::in_memory([0; 16]));
    for order in [EventOrder::OldestFirst, EventOrder::NewestFirst] {
        let filter = EventFilter { actor: Some("nobody".to_owned()), ..EventFilter::default() };
        let mut question = EventsQuestion { filter, order, limit: 5, ..EventsQuestion::default() };
        let mut pages = 0;
        loop {
            let page = events_page(&views.view(), &*log, log.head(), &question).unwrap();
            assert!(page.events.is_empty());
            pages += 1;
            let next = page.next.map(crate::audit::Moment::Seq);
            match order {
                _ if next.is_none() => break,
                EventOrder::OldestFirst => question.from = next,
                EventOrder::NewestFirst => question.to = next,
            }
        }
        assert_eq!(pages, 2, "{order:?}");
    }
}

#[test]
fn kinds_are_read_and_written_alike() {
    let kinds: EventKinds = "RunCreated, ModelAliasSet".parse().unwrap();
    assert_eq!(kinds.to_string(), "RunCreated,ModelAliasSet");
    for wrong in ["", "runcreated", "RunCreated,", "Trace"] {
        assert!(wrong.parse::<EventKinds>().is_err(), "{wrong}");
    }
}

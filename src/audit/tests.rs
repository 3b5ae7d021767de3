//! Questions put to small logs.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use super::*;
use crate::{
    base::{Seq, TimestampMs, disk::memory::MemoryDisk},
    engine::replay,
    event::{
        ArtifactDeleted, ArtifactStored, Event, KeyValue, Meta, ModelAliasDeleted, ModelAliasSet,
        ModelVersionCreated, ModelVersionDeleted, ModelVersionStageChanged, RegisteredModelCreated,
        RegisteredModelDeleted, RegisteredModelRenamed, RunTagsSet, Stage, codec,
    },
    proof::{Tree, leaf_hash},
    views::{Views, lookup},
    wal::{LocalWal, MemoryWal, NewRecord, Options, Wal},
};

/// Appends events, at the times 1001, 1002, ...
fn append(wal: &mut dyn Wal, events: &[Event]) {
    for event in events {
        let meta = Meta { actor: "ada".to_owned(), ..Meta::default() };
        let record = NewRecord {
            recorded_at: TimestampMs(1000 + wal.next().0.cast_signed()),
            event_type: event.kind(),
            event_version: event.version(),
            codec: codec::CODEC,
            batch_more: false,
            payload: &codec::encode_event(&meta, event),
        };
        wal.append(wal.next(), &[record]).unwrap();
    }
}

fn log(events: &[Event]) -> MemoryWal {
    let mut wal = MemoryWal::default();
    append(&mut wal, events);
    wal
}

fn created(registered_model_id: u64, name: &str) -> Event {
    let (name, tags) = (name.to_owned(), Vec::new());
    RegisteredModelCreated { registered_model_id, name, description: None, created_at: 1, tags }
        .into()
}

fn renamed(registered_model_id: u64, from: &str, to: &str) -> Event {
    let (from, to) = (from.to_owned(), to.to_owned());
    RegisteredModelRenamed { registered_model_id, from, to, updated_at: 2 }.into()
}

fn deleted(registered_model_id: u64, name: &str) -> Event {
    RegisteredModelDeleted { registered_model_id, name: name.to_owned(), deleted_at: 3 }.into()
}

fn version(registered_model_id: u64, version: u32) -> Event {
    ModelVersionCreated {
        registered_model_id,
        version,
        source: "s3://bucket".to_owned(),
        storage_location: None,
        run_id: None,
        run_link: None,
        model_id: None,
        description: None,
        created_at: 4,
        tags: Vec::new(),
    }
    .into()
}

fn moved(registered_model_id: u64, version: u32, to: Stage) -> Event {
    ModelVersionStageChanged {
        registered_model_id,
        version,
        from: Stage::None,
        to,
        comment: None,
        displaced_by: None,
        changed_at: 5,
    }
    .into()
}

fn tagged(run_id: &str) -> Event {
    let tag = KeyValue { key: "k".to_owned(), value: "v".to_owned() };
    RunTagsSet { run_id: run_id.to_owned(), tags: vec![tag] }.into()
}

#[test]
fn a_name_finds_the_model_that_has_it_or_else_one_that_had_it() {
    let wal = log(&[
        created(1, "a"),
        deleted(1, "a"),
        created(2, "a"),
        deleted(2, "a"),
        created(3, "b"),
        renamed(3, "b", "c"),
        created(4, "d"),
        deleted(4, "d"),
        created(5, "d"),
    ]);
    let views = fold_registry(&*wal.reader(), Seq(u64::MAX)).unwrap();
    let found = |name: &str| find_model(&views.view(), name).map(|model| model.registered_model_id);
    assert_eq!(["a", "b", "c", "d"].map(found), [Some(2), Some(3), Some(3), Some(5)]);
}

#[test]
fn a_history_outlives_name_and_model() {
    let wal = log(&[
        created(1, "a"),
        version(1, 1),
        version(1, 2),
        moved(1, 2, Stage::Staging),
        moved(1, 1, Stage::Production),
        renamed(1, "a", "b"),
        moved(1, 2, Stage::Production),
        deleted(1, "b"),
        created(2, "a"),
    ]);
    let views = fold_registry(&*wal.reader(), Seq(u64::MAX)).unwrap();
    let moves = |version: Option<u32>| {
        let history = model_history(&views.view(), "b", version)?;
        assert_eq!((history.registered_model_id, history.deleted), (1, true));
        let moves = history.history.iter().map(|it| (it.seq.0, it.version, it.to));
        Some(moves.collect::<Vec<_>>())
    };
    let all = [(4, 2, Stage::Staging), (5, 1, Stage::Production), (7, 2, Stage::Production)];
    assert_eq!(moves(None).unwrap(), all);
    assert_eq!(moves(Some(2)).unwrap(), [all[0], all[2]]);
    assert_eq!([moves(Some(0)), moves(Some(3))], [None, None]);
    assert!(model_history(&views.view(), "a", None).unwrap().history.is_empty());
}

#[test]
fn all_that_happened_to_an_entity_is_found_in_order() {
    let path = |path: &str| path.to_owned();
    let stored = |at: &str| ArtifactStored { path: path(at), size: 1, sha256: [0; 32] }.into();
    let mut events =
        vec![stored("a/b/c"), stored("a/b"), ArtifactDeleted { path: path("a") }.into()];
    events.extend((0..300).flat_map(|_| [tagged("r1"), tagged("r2")]));
    events.push(stored("a/b/c"));
    let wal = log(&events);
    let (views, reader) = (Views::in_memory([0; 16]), wal.reader());
    replay(&*reader, &views, reader.head(), &mut |_| {}).unwrap();
    let seqs = |entity: &Entity| -> Vec<u64> {
        entity_events(&views.view(), &*reader, entity).map(|event| event.unwrap().seq.0).collect()
    };
    assert_eq!(seqs(&Entity::Run(path("r2"))), (0..300).map(|n| 5 + 2 * n).collect::<Vec<_>>());
    assert_eq!(seqs(&Entity::Artifact(path("a/b/c"))), [1, 3, 604]);
    assert_eq!(seqs(&Entity::Run(path("r"))), [] as [u64; 0]);
}

#[test]
fn a_check_counts_events_and_names_those_it_cannot_read() {
    let (disk, dir) = (std::sync::Arc::new(MemoryDisk::default()), Path::new("/log"));
    let options = Options { segment_bytes: 4096, ..Options::default() };
    let (mut wal, _) = LocalWal::open(disk.clone(), dir, options).unwrap();
    append(&mut wal, &[tagged("r1"), created(1, "a"), tagged("r2")]);
    let sound = check(&*disk, dir).unwrap();
    let tree: Tree = wal.reader().read_from(Seq(1)).map(|it| leaf_hash(&it.unwrap())).collect();
    assert!(sound.is_sound());
    assert_eq!(sound.root, Some(tree.root()));
    let counts: Vec<_> = sound.events.into_iter().collect();
    assert_eq!(counts, [("RegisteredModelCreated", 1), ("RunTagsSet", 2)]);

    let strange = NewRecord {
        recorded_at: TimestampMs(0),
        event_type: 999,
        event_version: 1,
        codec: codec::CODEC,
        batch_more: false,
        payload: b"?",
    };
    wal.append(Seq(4), &[strange; 30]).unwrap();
    let checked = check(&*disk, dir).unwrap();
    assert!(!checked.is_sound() && checked.log.damage.is_empty());
    assert_eq!((checked.unreadable_count, checked.unreadable.len()), (30, 20));
    assert_eq!(checked.unreadable[0].seq, Seq(4));
}

#[test]
fn what_was_in_a_stage_is_what_a_fold_up_to_then_has_there() {
    let mut random = StdRng::seed_from_u64(7);
    for _ in 0..40 {
        let mut events = vec![created(1, "m")];
        let mut versions = 0;
        for _ in 0..60 {
            match random.random_range(0..8) {
                0 => {
                    versions += 1;
                    events.push(version(1, versions));
                }
                1 if versions > 1 => {
                    let version = random.random_range(1..=versions);
                    let deleted =
                        ModelVersionDeleted { registered_model_id: 1, version, deleted_at: 5 };
                    events.push(deleted.into());
                }
                2 => events.push(renamed(1, "m", "m")),
                _ if versions > 0 => {
                    let to = *Stage::ALL.choose(&mut random).unwrap();
                    events.push(moved(1, random.random_range(1..=versions), to));
                }
                _ => {}
            }
        }
        events.push(deleted(1, "m"));
        check_stages(&log(&only_possible(events)));
    }
}

/// Without what would change a version that is deleted.
fn only_possible(events: Vec<Event>) -> Vec<Event> {
    let mut gone = BTreeSet::new();
    let mut possible = |event: &Event| match event {
        Event::ModelVersionDeleted(it) => gone.insert(it.version),
        Event::ModelVersionStageChanged(it) => !gone.contains(&it.version),
        _ => true,
    };
    events.into_iter().filter(|event| possible(event)).collect()
}

fn check_stages(wal: &MemoryWal) {
    let log = wal.reader();
    let now = fold_registry(&*log, log.head()).unwrap();
    for seq in (1..=log.head().0).map(Seq) {
        let then = fold_registry(&*log, seq).unwrap();
        for stage in [Stage::Staging, Stage::Production, Stage::Archived] {
            let versions = lookup::model_versions(&then.view(), 1);
            let mut there: Vec<u32> =
                versions.iter().filter(|it| it.stage == stage).map(|it| it.version).collect();
            // Deleted with its model, or with nothing: the view of then has what is active then.
            let at = Some(Moment::Seq(seq));
            let told = model_stages(&now.view(), "m", Some(stage), at).unwrap().stages;
            let mut told: Vec<u32> = told.iter().map(|it| it.version).collect();
            there.sort_unstable();
            told.sort_unstable();
            assert_eq!(told, there, "{stage:?} at {seq}");
        }
    }
}

#[test]
fn an_interval_says_who_began_and_who_ended_it() {
    let wal = log(&[
        created(1, "m"),
        version(1, 1),
        moved(1, 1, Stage::Production),
        moved(1, 1, Stage::Production),
        moved(1, 1, Stage::Archived),
        version(1, 2),
        moved(1, 2, Stage::Staging),
        deleted(1, "m"),
    ]);
    let now = fold_registry(&*wal.reader(), Seq(u64::MAX)).unwrap();
    let all = model_stages(&now.view(), "m", None, None).unwrap();
    assert!(all.deleted);
    let told = all.stages.iter().map(|it| {
        (it.version, it.stage, it.from_seq.0, it.to_seq.map(|seq| seq.0), it.to_actor.is_some())
    });
    let expected = [
        (1, Stage::Production, 3, Some(5), true),
        (1, Stage::Archived, 5, Some(8), false),
        (2, Stage::Staging, 7, Some(8), false),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(all.stages[0].from_actor, "ada");
    assert_eq!(model_stages(&now.view(), "none", None, None), None);
}

/// At each event, the aliases that hold by their intervals are those of the view of then.
#[test]
fn intervals_of_aliases_hold_what_the_views_held() {
    let mut random = StdRng::seed_from_u64(11);
    for _ in 0..20 {
        let mut events = vec![created(1, "m"), version(1, 1), version(1, 2), version(1, 3)];
        let mut named: BTreeMap<String, u32> = BTreeMap::new();
        for step in 0..30 {
            let alias = ["champion", "challenger"].choose(&mut random).unwrap().to_string();
            let version = random.random_range(1..=3);
            if random.random_bool(0.7) {
                let previous = named.insert(alias.clone(), version);
                let set = ModelAliasSet { registered_model_id: 1, alias, version, previous };
                events.push(set.into());
            } else if let Some(version) = named.remove(&alias) {
                events.push(ModelAliasDeleted { registered_model_id: 1, alias, version }.into());
            }
            if step == 25 {
                let gone =
                    ModelVersionDeleted { registered_model_id: 1, version: 3, deleted_at: 5 };
                events.push(gone.into());
                named.retain(|_, version| *version != 3);
            }
        }
        let wal = log(&events);
        let log = wal.reader();
        let now = fold_registry(&*log, log.head()).unwrap();
        for seq in (1..=log.head().0).map(Seq) {
            let then = fold_registry(&*log, seq).unwrap();
            let held = lookup::registered_model(&then.view(), "m").unwrap().aliases.clone();
            let at = Some(Moment::Seq(seq));
            let told = model_aliases(&now.view(), &*log, "m", None, at).unwrap().unwrap().aliases;
            let told: BTreeMap<_, _> = told.into_iter().map(|it| (it.alias, it.version)).collect();
            assert_eq!(told, held, "at {seq}");
        }
    }
}

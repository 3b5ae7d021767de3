//! Questions put to small logs.

use std::path::Path;

use super::*;
use crate::{
    base::{Seq, TimestampMs, disk::memory::MemoryDisk},
    engine::replay,
    event::{
        ArtifactDeleted, ArtifactStored, Event, KeyValue, Meta, ModelVersionCreated,
        ModelVersionStageChanged, RegisteredModelCreated, RegisteredModelDeleted,
        RegisteredModelRenamed, RunTagsSet, Stage, codec,
    },
    proof::{Tree, leaf_hash},
    views::Views,
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
fn a_name_finds_the_model_that_has_it_and_else_the_last_that_had_it() {
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
    assert_eq!(["a", "b", "c", "d"].map(found), [Some(2), None, Some(3), Some(5)]);
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

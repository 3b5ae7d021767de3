//! Events once written are read for ever: one event of every kind, in a log segment and as JSON,
//! committed in a folder of `tests/golden` and frozen since.
//!
//! A new kind goes into a new golden folder; the files of one never change. They were made by
//! `cargo test --test format -- --ignored`, which makes those that are not there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "test code")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use runlog::{
    base::{Seq, TimestampMs, disk::RealDisk},
    event::{codec, *},
    wal::{LocalReader, LocalWal, NewRecord, Options, Origin as LogOrigin, Wal, WalReader},
};
use uuid::Uuid;

/// A folder of golden events, and the events in it.
type Golden = (&'static str, fn() -> Vec<Event>);

const GOLDEN: &[Golden] = &[("events-v1", first_events), ("events-v1-webhooks", webhook_events)];

fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder)
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn tags() -> Vec<KeyValue> {
    vec![KeyValue { key: text("größe"), value: text("1") }]
}

fn experiment_events() -> Vec<Event> {
    let experiment_id = 1;
    vec![
        ExperimentCreated {
            experiment_id,
            name: text("seats"),
            artifact_location: text("mlflow-artifacts:/1"),
            created_at: 10,
            tags: tags(),
        }
        .into(),
        ExperimentRenamed { experiment_id, from: text("seats"), to: text("Seats"), updated_at: 11 }
            .into(),
        ExperimentDeleted { experiment_id, deleted_at: 12 }.into(),
        ExperimentRestored { experiment_id, restored_at: 13 }.into(),
        ExperimentTagSet { experiment_id, key: text("k"), value: text("v"), updated_at: 14 }.into(),
        ExperimentTagDeleted { experiment_id, key: text("k"), updated_at: 15 }.into(),
    ]
}

fn run_events() -> Vec<Event> {
    let run_id = || text("0123456789abcdef0123456789abcdef");
    vec![
        RunCreated {
            run_id: run_id(),
            experiment_id: 1,
            name: text("calm-otter-7"),
            user_id: text("ada"),
            status: RunStatus::Running,
            start_time: 20,
            artifact_uri: text("mlflow-artifacts:/1/r/artifacts"),
            tags: tags(),
        }
        .into(),
        RunUpdated {
            run_id: run_id(),
            status: Some(RunStatus::Finished),
            end_time: Some(21),
            name: None,
        }
        .into(),
        RunDeleted { run_id: run_id(), deleted_at: 22 }.into(),
        RunRestored { run_id: run_id() }.into(),
        ParamsLogged { run_id: run_id(), params: tags() }.into(),
        MetricsLogged {
            run_id: run_id(),
            series: vec![SeriesPoints {
                key: text("loss"),
                model_id: Some(text("m-1")),
                dataset_name: Some(text("d")),
                dataset_digest: None,
                timestamps: vec![1, 2, 3, 4],
                steps: vec![0, -1, i64::MAX, i64::MIN],
                values: vec![0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
            }],
        }
        .into(),
        RunTagsSet { run_id: run_id(), tags: tags() }.into(),
        RunTagDeleted { run_id: run_id(), key: text("k") }.into(),
        InputsLogged {
            run_id: run_id(),
            datasets: vec![DatasetInput {
                name: text("d"),
                digest: text("abc"),
                source_type: text("local"),
                source: text("{}"),
                schema: Some(text("{}")),
                profile: None,
                tags: tags(),
            }],
            model_ids: vec![text("m-1")],
        }
        .into(),
        OutputsLogged {
            run_id: run_id(),
            models: vec![ModelOutput { model_id: text("m-1"), step: 3 }],
        }
        .into(),
    ]
}

fn logged_model_events() -> Vec<Event> {
    let model_id = || text("m-0123456789abcdef0123456789abcdef");
    vec![
        LoggedModelCreated {
            model_id: model_id(),
            experiment_id: 1,
            name: text("model"),
            artifact_uri: text("mlflow-artifacts:/1/models/m/artifacts"),
            source_run_id: Some(text("r")),
            model_type: None,
            status: LoggedModelStatus::Pending,
            created_at: 30,
            params: tags(),
            tags: vec![],
        }
        .into(),
        LoggedModelFinalized {
            model_id: model_id(),
            status: LoggedModelStatus::Ready,
            updated_at: 31,
        }
        .into(),
        LoggedModelDeleted { model_id: model_id(), deleted_at: 32 }.into(),
        LoggedModelTagsSet { model_id: model_id(), tags: tags() }.into(),
        LoggedModelTagDeleted { model_id: model_id(), key: text("k") }.into(),
        LoggedModelParamsLogged { model_id: model_id(), params: tags() }.into(),
    ]
}

fn registry_events() -> Vec<Event> {
    let registered_model_id = 1;
    let (version, name) = (1, || text("CarSeat"));
    vec![
        RegisteredModelCreated {
            registered_model_id,
            name: name(),
            description: Some(text("seats")),
            created_at: 40,
            tags: tags(),
        }
        .into(),
        RegisteredModelRenamed {
            registered_model_id,
            from: name(),
            to: text("Seat"),
            updated_at: 41,
        }
        .into(),
        RegisteredModelDescribed { registered_model_id, description: None, updated_at: 42 }.into(),
        RegisteredModelDeleted { registered_model_id, name: name(), deleted_at: 43 }.into(),
        RegisteredModelTagSet { registered_model_id, key: text("k"), value: text("v") }.into(),
        RegisteredModelTagDeleted { registered_model_id, key: text("k") }.into(),
        ModelVersionCreated {
            registered_model_id,
            version,
            source: text("models:/m-1"),
            storage_location: Some(text("mlflow-artifacts:/1/models/m/artifacts")),
            run_id: Some(text("r")),
            run_link: None,
            model_id: Some(text("m-1")),
            description: None,
            created_at: 44,
            tags: tags(),
        }
        .into(),
        ModelVersionDescribed {
            registered_model_id,
            version,
            description: Some(text("better")),
            updated_at: 45,
        }
        .into(),
        ModelVersionDeleted { registered_model_id, version, deleted_at: 46 }.into(),
        ModelVersionTagSet { registered_model_id, version, key: text("k"), value: text("v") }
            .into(),
        ModelVersionTagDeleted { registered_model_id, version, key: text("k") }.into(),
        ModelVersionStageChanged {
            registered_model_id,
            version,
            from: Stage::Staging,
            to: Stage::Production,
            comment: Some(text("passed review")),
            displaced_by: Some(2),
            changed_at: 47,
        }
        .into(),
        ModelAliasSet { registered_model_id, alias: text("champion"), version, previous: Some(3) }
            .into(),
        ModelAliasDeleted { registered_model_id, alias: text("champion"), version }.into(),
    ]
}

fn artifact_events() -> Vec<Event> {
    let path = || text("1/r/artifacts/model.pkl");
    vec![
        ArtifactStored { path: path(), size: 5, sha256: [0xab; 32] }.into(),
        ArtifactDeleted { path: path() }.into(),
    ]
}

fn webhook_events() -> Vec<Event> {
    let webhook_id = || text("01234567-89ab-4cde-8f01-23456789abcd");
    vec![
        WebhookCreated {
            webhook_id: webhook_id(),
            name: text("ci"),
            url: text("https://example.org/größe#model_version.stage_transitioned"),
            triggers: WebhookTrigger::ALL.to_vec(),
            description: None,
            secret: Some(text("gAAAAAB-token")),
            status: WebhookStatus::Active,
            created_at: 50,
        }
        .into(),
        WebhookUpdated {
            webhook_id: webhook_id(),
            name: Some(text("ci.2")),
            url: None,
            triggers: Some(vec![WebhookTrigger::ModelVersionCreated]),
            description: Some(text("tells")),
            secret: Some(text("")),
            status: Some(WebhookStatus::Disabled),
            updated_at: 51,
        }
        .into(),
        WebhookDeliverySettled {
            webhook_id: webhook_id(),
            about: 40,
            trigger: WebhookTrigger::PromptTagSet,
            outcome: DeliveryOutcome::Delivered,
            response_status: Some(204),
            attempts: 1,
            error: None,
        }
        .into(),
        WebhookDeliverySettled {
            webhook_id: webhook_id(),
            about: 41,
            trigger: WebhookTrigger::ModelVersionStageTransitioned,
            outcome: DeliveryOutcome::GaveUp,
            response_status: None,
            attempts: 4,
            error: Some(text("connection refused")),
        }
        .into(),
        WebhookDeleted { webhook_id: webhook_id(), deleted_at: 52 }.into(),
    ]
}

fn first_events() -> Vec<Event> {
    let groups = [
        experiment_events(),
        run_events(),
        logged_model_events(),
        registry_events(),
        artifact_events(),
    ];
    groups.into_iter().flatten().collect()
}

/// The cause of every other event came from another log.
fn meta(index: usize) -> Meta {
    Meta {
        actor: text("ada"),
        request_id: format!("request-{index}"),
        client_address: text("127.0.0.1"),
        user_agent: text("mlflow-python-client/3.17.2"),
        origin: (index % 2 == 1).then_some(Origin { log_id: [9; 16], seq: index as u64 }),
    }
}

fn write_log(dir: &Path, events: Vec<Event>) {
    let origin = LogOrigin::Fixed {
        log_id: Uuid::from_bytes([1; 16]),
        salt: 7,
        created_at: TimestampMs(1_700_000_000_000),
    };
    let options = Options { segment_bytes: 16 << 10, origin, ..Options::default() };
    let (mut wal, _) = LocalWal::open(Arc::new(RealDisk), dir, options).unwrap();
    for (index, event) in events.into_iter().enumerate() {
        let payload = codec::encode_event(&meta(index), &event);
        let record = NewRecord {
            recorded_at: TimestampMs(1_700_000_000_000 + index as i64),
            event_type: event.kind(),
            event_version: event.version(),
            codec: codec::CODEC,
            batch_more: false,
            payload: &payload,
        };
        wal.append(wal.next(), &[record]).unwrap();
    }
    Box::new(wal).close().unwrap();
}

fn segment(dir: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "runlog"));
    assert_eq!(files.len(), 1, "one segment in {}", dir.display());
    files.remove(0)
}

fn as_json(dir: &Path) -> String {
    let reader = LocalReader::open_read_only(Arc::new(RealDisk), dir).unwrap();
    let line = |record: Result<runlog::wal::Record, _>| {
        let envelope = codec::decode_record(&record.unwrap()).unwrap();
        let json = serde_json::json!({
            "seq": envelope.seq, "recorded_at": envelope.recorded_at, "meta": envelope.meta,
            "kind": envelope.event.name(), "event": envelope.event,
        });
        format!("{json}\n")
    };
    reader.read_from(Seq(1)).map(line).collect()
}

#[test]
fn golden_events_mean_what_they_meant() {
    for (folder, _) in GOLDEN {
        let expected = std::fs::read_to_string(golden(folder).join("events.jsonl")).unwrap();
        assert_eq!(as_json(&golden(folder)), expected);
    }
}

#[test]
fn the_same_events_make_the_same_bytes() {
    for (folder, events) in GOLDEN {
        let dir = tempfile::tempdir().unwrap();
        write_log(dir.path(), events());
        let (made, kept) = (segment(dir.path()), segment(&golden(folder)));
        assert_eq!(made.file_name(), kept.file_name());
        assert!(std::fs::read(made).unwrap() == std::fs::read(kept).unwrap(), "bytes differ");
    }
}

#[test]
fn golden_events_cover_every_kind() {
    let events = GOLDEN.iter().flat_map(|(_, events)| events());
    let covered: BTreeSet<u16> = events.map(|event| event.kind()).collect();
    let known: BTreeSet<u16> = Event::KINDS.iter().map(|(code, ..)| *code).collect();
    assert_eq!(covered, known);
}

#[test]
fn format_document_lists_every_kind() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FORMAT.md");
    let document = std::fs::read_to_string(document).unwrap();
    for (code, version, name) in Event::KINDS {
        let row = format!("| {code} | {version} | `{name}` |");
        assert!(document.contains(&row), "docs/FORMAT.md lacks the row {row}");
    }
}

#[test]
fn payloads_with_trailing_or_missing_bytes_are_refused() {
    for (folder, _) in GOLDEN {
        refuse_other_lengths(&golden(folder));
    }
}

fn refuse_other_lengths(dir: &Path) {
    let reader = LocalReader::open_read_only(Arc::new(RealDisk), dir).unwrap();
    for record in reader.read_from(Seq(1)) {
        let mut longer = record.unwrap();
        longer.payload.push(0);
        assert!(codec::decode_record(&longer).is_err());
        longer.payload.truncate(longer.payload.len() - 2);
        assert!(codec::decode_record(&longer).is_err());
    }
}

#[test]
#[ignore = "makes the golden files that are not there"]
fn make_golden_files() {
    for (folder, events) in GOLDEN.iter().filter(|(folder, _)| !golden(folder).exists()) {
        let (dir, golden) = (tempfile::tempdir().unwrap(), golden(folder));
        write_log(dir.path(), events());
        std::fs::create_dir_all(&golden).unwrap();
        let made = segment(dir.path());
        std::fs::copy(&made, golden.join(made.file_name().unwrap())).unwrap();
        std::fs::write(golden.join("events.jsonl"), as_json(dir.path())).unwrap();
    }
}

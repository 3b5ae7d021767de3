//! What questions about the past cost on a long log: replay, a moment that nobody asked for before, the same
//! again, histories, lineage.
//!
//! `cargo bench --bench past` prints one line a figure, on a log of ten million events in a directory of its own
//! (`RUNLOG_BENCH_EVENTS` for another length, `RUNLOG_BENCH_DIR` to keep the log for the next run).

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::{
    hint::black_box,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use runlog::{
    audit::{
        Direction, EntityName, Moment, entity_events, entity_history, lineage, model_history,
        model_stages,
    },
    base::{Clock as _, Seq, SystemClock, TimestampMs, disk::RealDisk},
    engine::{Engine, Options, replay},
    event::{
        Event, ExperimentCreated, KeyValue, Meta, MetricsLogged, ModelVersionCreated,
        ModelVersionStageChanged, ParamsLogged, RegisteredModelCreated, RunCreated, RunStatus,
        RunUpdated, SeriesPoints, Stage, codec,
    },
    views::Views,
    wal::{LocalWal, NewRecord, Wal},
};

/// Events between one run's creation and its end, both included.
const RUN_EVENTS: u64 = 100;
/// Of so many runs, one becomes a version.
const RUNS_A_VERSION: u64 = 100;
/// Versions of a registered model.
const VERSIONS_A_MODEL: u64 = 100;

fn tag(key: &str, value: String) -> KeyValue {
    KeyValue { key: key.to_owned(), value }
}

/// The events of run number `run`: a hundred, and those of a version if it becomes one.
fn life(run: u64) -> Vec<Event> {
    let run_id = format!("{run:032x}");
    let mut events: Vec<Event> = vec![
        RunCreated {
            run_id: run_id.clone(),
            experiment_id: 0,
            name: format!("bench-{run}"),
            user_id: "ada".to_owned(),
            status: RunStatus::Running,
            start_time: 1_700_000_000_000,
            artifact_uri: format!("mlflow-artifacts:/0/{run_id}/artifacts"),
            tags: vec![
                tag("mlflow.user", "ada".to_owned()),
                tag("mlflow.source.git.commit", format!("{:040x}", run / 1000)),
            ],
        }
        .into(),
        ParamsLogged {
            run_id: run_id.clone(),
            params: (0..5).map(|at| tag(&format!("p{at}"), (run % 17).to_string())).collect(),
        }
        .into(),
    ];
    for step in 0..RUN_EVENTS.cast_signed() - 3 {
        let series = vec![SeriesPoints {
            key: format!("m{}", step % 5),
            model_id: None,
            dataset_name: None,
            dataset_digest: None,
            timestamps: vec![1_700_000_000_000 + step],
            steps: vec![step / 5],
            values: vec![1.0 / (1 + step) as f64],
        }];
        events.push(MetricsLogged { run_id: run_id.clone(), series }.into());
    }
    let (status, end_time) = (Some(RunStatus::Finished), Some(1_700_000_001_000));
    events.push(RunUpdated { run_id: run_id.clone(), status, end_time, name: None }.into());
    if run.is_multiple_of(RUNS_A_VERSION) {
        events.extend(register(run / RUNS_A_VERSION, run_id));
    }
    events
}

/// A version, which goes into Production; its model first, if it is the first.
fn register(number: u64, run_id: String) -> Vec<Event> {
    let (model, version) = (number / VERSIONS_A_MODEL + 1, number % VERSIONS_A_MODEL + 1);
    let version = u32::try_from(version).unwrap();
    let mut events: Vec<Event> = Vec::new();
    if version == 1 {
        let name = format!("model-{model}");
        events.push(
            RegisteredModelCreated {
                registered_model_id: model,
                name,
                description: None,
                created_at: 1,
                tags: Vec::new(),
            }
            .into(),
        );
    }
    events.push(
        ModelVersionCreated {
            registered_model_id: model,
            version,
            source: format!("mlflow-artifacts:/0/{run_id}/artifacts/model"),
            storage_location: None,
            run_id: Some(run_id),
            run_link: None,
            model_id: None,
            description: None,
            created_at: 1,
            tags: Vec::new(),
        }
        .into(),
    );
    let change = |version, from, to, displaced_by| {
        Event::from(ModelVersionStageChanged {
            registered_model_id: model,
            version,
            from,
            to,
            comment: None,
            displaced_by,
            changed_at: 1,
        })
    };
    if version > 1 {
        let archived = change(version - 1, Stage::Production, Stage::Archived, Some(version));
        events.push(archived);
    }
    events.push(change(version, Stage::None, Stage::Production, None));
    events
}

/// Writes the log as the server's writer would: in groups.
fn write(dir: &Path, count: u64) {
    let disk = Arc::new(RealDisk);
    let mut wal: Box<dyn Wal> = Box::new(
        LocalWal::open(disk, &dir.join("log"), runlog::wal::Options::default()).unwrap().0,
    );
    let meta = Meta {
        actor: "ada".to_owned(),
        request_id: "0123456789abcdef0123456789abcdef".to_owned(),
        client_address: "127.0.0.1".to_owned(),
        user_agent: "mlflow-python-client/3.17.2".to_owned(),
        ..Meta::default()
    };
    let experiment = ExperimentCreated {
        experiment_id: 0,
        name: "Default".to_owned(),
        artifact_location: "mlflow-artifacts:/0".to_owned(),
        created_at: 1,
        tags: Vec::new(),
    };
    let mut group: Vec<Event> = vec![experiment.into()];
    let begin = SystemClock.now();
    for run in 0.. {
        group.extend(life(run));
        let done = wal.next().0 + group.len() as u64 > count;
        if group.len() < 4000 && !done {
            continue;
        }
        let payloads: Vec<_> = group.iter().map(|it| codec::encode_event(&meta, it)).collect();
        let records: Vec<_> = group
            .iter()
            .zip(&payloads)
            .map(|(event, payload)| NewRecord {
                recorded_at: TimestampMs(begin.0 - 1_000_000_000 + wal.next().0.cast_signed()),
                event_type: event.kind(),
                event_version: event.version(),
                codec: codec::CODEC,
                batch_more: false,
                payload,
            })
            .collect();
        wal.append(wal.next(), &records).unwrap();
        group.clear();
        if done {
            break;
        }
    }
    wal.close().unwrap();
}

fn tell(what: &str, begin: Instant) {
    println!("{what:<52} {:>12.3} ms", begin.elapsed().as_secs_f64() * 1e3);
}

fn main() {
    let count = std::env::var("RUNLOG_BENCH_EVENTS").map_or(10_000_000, |it| it.parse().unwrap());
    let kept = std::env::var("RUNLOG_BENCH_DIR").ok().map(PathBuf::from);
    let temporary = tempfile::tempdir().unwrap();
    let dir = kept.unwrap_or_else(|| temporary.path().to_owned());
    if !dir.join("log").exists() {
        let begin = Instant::now();
        write(&dir, count);
        tell("write the log", begin);
    }
    let begin = Instant::now();
    let engine = Engine::open(Arc::new(RealDisk), &dir, &Options::default()).unwrap();
    tell("open", begin);
    let head = engine.log().head();
    println!("{head} events");

    let begin = Instant::now();
    let views = Views::in_memory(engine.log().log_id().into_bytes());
    replay(engine.log(), &views, head, &mut |_| {}).unwrap();
    let rate = head.0 as f64 / begin.elapsed().as_secs_f64();
    tell("replay of all into memory", begin);
    println!("{rate:.0} events a second");
    drop(views);

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for part in [10, 50, 99] {
        let moment = Seq(head.0 * part / 100);
        let begin = Instant::now();
        drop(runtime.block_on(engine.views_at(moment)).unwrap());
        tell(&format!("a moment at {part} %, first"), begin);
        let begin = Instant::now();
        let then = runtime.block_on(engine.views_at(moment)).unwrap();
        tell(&format!("a moment at {part} %, again"), begin);
        drop(then);
    }
    let view = engine.views().view();
    let begin = Instant::now();
    black_box(model_history(&view, "model-1", None).unwrap());
    tell("stage history of a model with 100 versions", begin);
    let begin = Instant::now();
    let stage = Some(Stage::Production);
    black_box(model_stages(&view, "model-1", stage, Some(Moment::Seq(Seq(head.0 / 2)))).unwrap());
    tell("what was Production half way", begin);
    for name in ["model:model-1", &format!("run:{:032x}", 7)] {
        let begin = Instant::now();
        let entity = name.parse::<EntityName>().unwrap().find(&view).unwrap();
        let events = entity_events(&view, engine.log(), &entity);
        let history = entity_history(name.to_owned(), events, Seq(1), 1000).unwrap().unwrap();
        let events = history.events.len();
        tell(
            &format!("history of {} with {events} events", name.split(':').next().unwrap()),
            begin,
        );
    }
    let begin = Instant::now();
    let of = "models:/model-1/Production".parse().unwrap();
    black_box(lineage(&view, head, &of, Direction::Both, 200).unwrap());
    tell("lineage of what is Production", begin);
}

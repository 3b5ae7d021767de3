//! Views folded while the server lived, and views rebuilt from its log, hold the same to the byte.
//!
//! Random command histories run through the real engine on a log in memory; the digest of the live
//! views is compared with that of a rebuild, at the end and at several prefixes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "test code")]

mod commands;
mod damage;
mod directory;
mod fields;
mod histories;
mod order;
mod snapshots;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use commands::point;
use runlog::{
    base::{Seq, TimestampMs, clock::Clock, disk::RealDisk},
    domain::{Command, experiment, registered_model, run},
    engine::{Context, Engine, Options, replay},
    event::KeyValue,
    views::{
        SCHEMA_VERSION, Views,
        digest::digest,
        store::{Base as _, Cursor, SledBase},
    },
    wal::{MemoryWal, Wal},
};
use uuid::Uuid;

const LOG_ID: [u8; 16] = [7; 16];

struct Ticking(std::sync::atomic::AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> TimestampMs {
        TimestampMs(1_700_000_000_000 + self.0.fetch_add(7, std::sync::atomic::Ordering::Relaxed))
    }
}

fn rebuilt_digest(log: &dyn runlog::wal::WalReader, until: Seq) -> String {
    let views = Views::in_memory(LOG_ID);
    replay(log, &views, until, &mut |_| {}).unwrap();
    assert_eq!(views.position().seq, until);
    digest(&views.view()).to_string()
}

/// What a history comes to: digests of the live views at some positions, and the log.
type Lived = (Vec<(Seq, String)>, Arc<dyn runlog::wal::WalReader>);

/// Runs a history.
fn live(commands: Vec<Command>) -> Lived {
    live_in(LOG_ID, commands)
}

/// Runs a history in a log of this id.
fn live_in(log_id: [u8; 16], commands: Vec<Command>) -> Lived {
    let wal = MemoryWal::new(Uuid::from_bytes(log_id));
    let log = wal.reader();
    let views = Arc::new(Views::in_memory(log_id));
    let clock = Box::new(Ticking(std::sync::atomic::AtomicI64::new(0)));
    let engine = Engine::start(Box::new(wal), views, clock);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let every = commands.len() / 4 + 1;
    let mut digests = Vec::new();
    for (index, command) in commands.into_iter().enumerate() {
        // A refusal is as good as an execution here: it must change nothing.
        let _ = runtime.block_on(engine.execute(Context::default(), command));
        if index % every == every - 1 {
            let views = engine.views();
            digests.push((views.position().seq, digest(&views.view()).to_string()));
        }
    }
    let views = engine.views();
    digests.push((views.position().seq, digest(&views.view()).to_string()));
    (digests, log)
}

/// Copies a directory; files that vanish meanwhile are left out.
fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_dir(&entry.path(), &to);
        } else {
            let _ = fs::copy(entry.path(), to);
        }
    }
}

/// The files with content in a directory and below, in the order of their names.
fn files_in(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_in(&path));
        } else if fs::metadata(&path).unwrap().len() > 0 {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn default_experiment() -> Command {
    Command::CreateExperiment(experiment::Create {
        name: "Default".to_owned(),
        artifact_location: None,
        default_artifact_root: "mlflow-artifacts:/".to_owned(),
        working_directory: "/".to_owned(),
        tags: vec![],
    })
}

/// The run that comes first, `run0`.
fn first_run() -> Command {
    Command::CreateRun(run::Create {
        run_id: "run0".to_owned(),
        experiment_id: 0,
        name: None,
        fallback_name: "n".to_owned(),
        user_id: String::new(),
        start_time: 0,
        tags: vec![],
    })
}

#[test]
fn a_history_of_nothing_but_late_points_rebuilds_the_same() {
    let run = first_run();
    let batch = |n: i64| {
        let metrics = (0..1000).map(|i| {
            let step = (n * 1000 + i) * 7919 % 20_000;
            point(0, 0.5, step, step, None)
        });
        Command::LogBatch(run::LogBatch {
            run_id: "run0".to_owned(),
            metrics: metrics.collect(),
            params: vec![],
            tags: vec![],
        })
    };
    let commands = [default_experiment(), run].into_iter().chain((0..20).map(batch)).collect();
    let (digests, log) = live(commands);
    let views = Views::in_memory(LOG_ID);
    replay(&*log, &views, log.head(), &mut |_| {}).unwrap();
    let page = runlog::views::series::page(&views.view(), "run0", "m0", 0, usize::MAX);
    assert_eq!(page.points.len(), 20_000, "every point once");
    assert!(page.points.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp), "in order");
    let last = digests.last().unwrap();
    assert_eq!(last.1, digest(&views.view()).to_string());
}

/// Views are no truth: whatever kept them in another shape, they are folded anew.
#[test]
fn a_cache_of_an_older_or_newer_version_is_set_aside_and_rebuilt() {
    let dir = tempfile::tempdir().unwrap();
    let (cache, aside) = (dir.path().join("views"), dir.path().join("views.set-aside"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let expected = {
        let engine = Engine::open(Arc::new(RealDisk), dir.path(), &Options::default()).unwrap();
        runtime.block_on(engine.execute(Context::default(), default_experiment())).unwrap();
        digest(&engine.views().view()).to_string()
    };
    for schema in [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1] {
        let base = SledBase::open(&cache, 16 << 20).unwrap();
        let cursor = base.cursor().unwrap().unwrap();
        base.apply(&mut std::iter::empty(), &Cursor { schema, ..cursor }).unwrap();
        drop(base);
        let engine = Engine::open(Arc::new(RealDisk), dir.path(), &Options::default()).unwrap();
        assert_eq!(digest(&engine.views().view()).to_string(), expected);
        drop(engine);
        fs::remove_dir_all(&aside).unwrap();
    }
}

/// An experiment, model or version keeps its tags in one value, which grows with each of them.
#[test]
fn a_value_may_be_of_any_size() {
    let name = "n0".to_owned();
    let create = registered_model::Create { name, description: None, tags: vec![] };
    let tag = |n| {
        Command::SetRegisteredModelTag(registered_model::SetTag {
            name: "n0".to_owned(),
            tag: KeyValue { key: format!("k{n}"), value: "v".repeat(100_000) },
        })
    };
    let create = Command::CreateRegisteredModel(create);
    let commands = std::iter::once(create).chain((0..180).map(tag)).collect();
    let (digests, log) = live(commands);
    let dir = tempfile::tempdir().unwrap();
    let views = Views::open(dir.path(), LOG_ID, 16 << 20).unwrap();
    replay(&*log, &views, log.head(), &mut |_| {}).unwrap();
    views.flush().unwrap();
    drop(views);
    let views = Views::open(dir.path(), LOG_ID, 16 << 20).unwrap();
    assert_eq!(digests.last().unwrap().1, digest(&views.view()).to_string());
}

//! What the engine does without HTTP: durable commands a second, points a second, and replay.
//!
//! `cargo bench --bench engine` prints one line a figure. Figures depend on the machine and its disk;
//! compare runs on one machine only.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use runlog::{
    base::disk::RealDisk,
    domain::{
        Command, experiment,
        metric::{LogMetric, NewPoint},
        run,
    },
    engine::{Context, Engine, Options, replay},
    views::{Views, digest::digest},
};

/// How long each figure is measured.
const SPAN: Duration = Duration::from_secs(3);

fn point(step: i64) -> NewPoint {
    NewPoint {
        key: format!("k{}", step % 10),
        value: 0.25,
        timestamp: 1_700_000_000_000 + step,
        step,
        model_id: None,
        dataset_name: None,
        dataset_digest: None,
    }
}

async fn create(engine: &Engine, run_id: &str) {
    let create = run::Create {
        run_id: run_id.to_owned(),
        experiment_id: 0,
        name: None,
        fallback_name: "bench".to_owned(),
        user_id: String::new(),
        start_time: 0,
        tags: vec![],
    };
    engine.execute(Context::default(), Command::CreateRun(create)).await.unwrap();
}

/// Executes commands that `next` makes, from `clients` tasks at once; returns commands a second.
async fn rate(
    engine: &Arc<Engine>,
    clients: usize,
    next: impl Fn(usize, i64) -> Command + Clone + Send + 'static,
) -> f64 {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let (engine, next) = (engine.clone(), next.clone());
            tokio::spawn(async move {
                let mut done = 0;
                while begin.elapsed() < SPAN {
                    engine.execute(Context::default(), next(client, done)).await.unwrap();
                    done += 1;
                }
                done
            })
        })
        .collect();
    let mut total = 0;
    for task in tasks {
        total += task.await.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let total = total as f64;
    total / begin.elapsed().as_secs_f64()
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    let engine =
        Arc::new(Engine::open(Arc::new(RealDisk), dir.path(), &Options::default()).unwrap());
    let default = experiment::Create {
        name: "Default".to_owned(),
        artifact_location: None,
        default_artifact_root: "mlflow-artifacts:/".to_owned(),
        working_directory: "/".to_owned(),
        tags: vec![],
    };
    engine.execute(Context::default(), Command::CreateExperiment(default)).await.unwrap();
    for client in 0..128 {
        create(&engine, &format!("r{client}")).await;
    }
    for clients in [1, 32, 128] {
        let per_second = rate(&engine, clients, |client, step| {
            Command::LogMetric(LogMetric { run_id: format!("r{client}"), point: point(step) })
        });
        println!("single metrics, {clients} clients: {:.0} commands/s", per_second.await);
    }
    let per_second = rate(&engine, 8, |client, n| {
        let metrics = (0..1000).map(|i| point(n * 1000 + i)).collect();
        let run_id = format!("r{client}");
        Command::LogBatch(run::LogBatch { run_id, metrics, params: vec![], tags: vec![] })
    });
    println!("batches of 1000 points, 8 clients: {:.0} points/s", per_second.await * 1000.0);

    let (log, events) = (engine.log(), engine.log().head());
    let views = Views::in_memory(log.log_id().into_bytes());
    let begin = Instant::now();
    replay(log, &views, events, &mut |_| {}).unwrap();
    let seconds = begin.elapsed().as_secs_f64();
    println!("replay of {events} events into memory: {seconds:.2} s");
    let equal = digest(&views.view()) == digest(&engine.views().view());
    assert!(equal, "rebuilt views differ from the live ones");
}

//! What signing costs, and how long proofs take: `cargo bench --bench proof`. RUNLOG_EVENTS is the size of the
//! log that is proved.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use runlog::{
    base::{Seq, TimestampMs, disk::RealDisk},
    domain::{
        Command, experiment,
        metric::{LogMetric, NewPoint},
        run,
    },
    engine::{Context, Engine, Options},
    proof::{Clerk, Notary},
    wal::{LocalWal, NewRecord, Options as LogOptions, Wal},
};

const SPAN: Duration = Duration::from_secs(4);
const ROUNDS: usize = 5;
const CLIENTS: usize = 128;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    ingest(dir.path()).await;
    let events = std::env::var("RUNLOG_EVENTS").map_or(1_000_000, |it| it.parse().unwrap());
    prove(&dir.path().join("large"), events);
}

/// The same load with and without a clerk, in turn.
async fn ingest(dir: &Path) {
    let disk = Arc::new(RealDisk);
    let data = dir.join("data");
    let engine = Arc::new(Engine::open(disk.clone(), &data, &Options::default()).unwrap());
    let default = experiment::Create {
        name: "Default".to_owned(),
        artifact_location: None,
        default_artifact_root: "mlflow-artifacts:/".to_owned(),
        working_directory: "/".to_owned(),
        tags: vec![],
    };
    engine.execute(Context::default(), Command::CreateExperiment(default)).await.unwrap();
    for client in 0..CLIENTS {
        let create = run::Create {
            run_id: format!("r{client}"),
            experiment_id: 0,
            name: None,
            fallback_name: String::new(),
            user_id: String::new(),
            start_time: 0,
            tags: vec![],
        };
        engine.execute(Context::default(), Command::CreateRun(create)).await.unwrap();
    }
    let notary = Notary::open(disk, &dir.join("keys"), &data.join("tlog"), engine.reader());
    let notary = Arc::new(notary.unwrap());
    for (what, batch) in [("single metrics", 1), ("batches of 1000 points", 1000)] {
        let (mut off, mut on) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            off.push(rate(&engine, batch).await);
            notary.attest(engine.log().head()).unwrap();
            let clerk = Clerk::start(Arc::clone(&notary));
            on.push(rate(&engine, batch).await);
            drop(clerk);
        }
        let (off, on) = (median(off), median(on));
        let less = (1.0 - on / off) * 100.0;
        println!("{what}: {off:.0} points/s unsigned, {on:.0} signed, {less:.1} % less");
    }
}

async fn rate(engine: &Arc<Engine>, batch: usize) -> f64 {
    let begin = Instant::now();
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let mut done = 0;
                while begin.elapsed() < SPAN {
                    let run_id = format!("r{client}");
                    let mut points = (0..batch).map(|step| point(done + step));
                    let command = match batch {
                        1 => {
                            Command::LogMetric(LogMetric { run_id, point: points.next().unwrap() })
                        }
                        _ => {
                            let metrics = points.collect();
                            Command::LogBatch(run::LogBatch {
                                run_id,
                                metrics,
                                params: vec![],
                                tags: vec![],
                            })
                        }
                    };
                    engine.execute(Context::default(), command).await.unwrap();
                    done += batch;
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

fn point(step: usize) -> NewPoint {
    let step = i64::try_from(step).unwrap();
    NewPoint {
        key: "loss".to_owned(),
        value: 0.5,
        timestamp: step,
        step,
        model_id: None,
        dataset_name: None,
        dataset_digest: None,
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap()
}

/// Proofs from a large log, after a start that finds its hashes and one that does not.
fn prove(dir: &Path, events: u64) {
    let disk = Arc::new(RealDisk);
    let (mut wal, _) =
        LocalWal::open(disk.clone(), &dir.join("log"), LogOptions::default()).unwrap();
    let payload = [7; 150];
    let record = NewRecord {
        recorded_at: TimestampMs(1),
        event_type: 21,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload: &payload,
    };
    while wal.next().0 <= events {
        wal.append(wal.next(), &[record; 4000]).unwrap();
    }
    let head = wal.reader().head();
    let open = |how| {
        let begin = Instant::now();
        let notary = Notary::open(disk.clone(), &dir.join("keys"), &dir.join("tlog"), wal.reader());
        println!("start {how}, {head} events: {:.3} s", begin.elapsed().as_secs_f64());
        notary.unwrap()
    };
    drop(open("without hashes"));
    let notary = open("with hashes");
    let mut times = Vec::new();
    for number in 1..=1000 {
        let seq = Seq(1 + number * 7_654_321 % head.0);
        let begin = Instant::now();
        notary.prove(seq).unwrap();
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
        let begin = Instant::now();
        notary.prove_growth(seq.0, head.0).unwrap();
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times.get((times.len() - 1) * part / 100).copied().unwrap();
    println!("proofs: {:.2} ms median, {:.2} ms 99 %, {:.2} ms at most", at(50), at(99), at(100));
}

//! What the engine promises its callers, under drawn schedules of clients, writer, flusher and
//! readers. All of it is the real code, down to the log's segments; only the disk and the view cache
//! are stand-ins: the disk gives, at any moment, what a power cut would leave.

mod promises;
mod reader;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use shuttle::future::block_on;
use uuid::Uuid;

use super::{Context, Engine, ExecuteError, Executed, replay};
use crate::{
    base::{
        Clock, Seq, TimestampMs,
        disk::{Disk, faulty::FaultyDisk, memory::MemoryDisk},
        sync::{
            schedules::draw,
            thread::{self, JoinHandle},
        },
    },
    domain::{Command, experiment, metric::NewPoint, run},
    event::KeyValue,
    views::{
        Views,
        store::{Read as _, memory::MemoryBase},
    },
    wal::{LocalWal, Options, Origin, RecoveryReport, Wal as _},
};

/// Clients, each with a run of its own.
const CLIENTS: usize = 2;

/// The run of each client.
const RUNS: [&str; CLIENTS] =
    ["00000000000000000000000000000000", "11111111111111111111111111111111"];

const DIR: &str = "/log";

struct Still;

impl Clock for Still {
    fn now(&self) -> TimestampMs {
        TimestampMs(1_700_000_000_000)
    }
}

/// An engine with two runs, and what its clients know.
struct Stage {
    engine: Engine,
    /// The thread that attaches the cache, if it is not attached at the start.
    attaching: Option<JoinHandle<()>>,
    disk: MemoryDisk,
    /// The same disk, as the engine has it.
    faulty: FaultyDisk,
    base: Arc<MemoryBase>,
    /// Batches of each client that it has begun to send.
    sent: [AtomicU64; CLIENTS],
    /// Batches of each client that were acknowledged.
    acknowledged: [AtomicU64; CLIENTS],
}

impl Stage {
    /// The cache is attached before anything else, or by a thread of its own, as drawn.
    fn new() -> Self {
        let disk = MemoryDisk::default();
        let faulty = FaultyDisk::over_memory(&disk);
        let (wal, _) = open(&faulty);
        let views = Arc::new(Views::in_memory(wal.reader().log_id().into_bytes()));
        let base = Arc::new(MemoryBase::default());
        let (attached, bottom) = (views.clone(), base.clone());
        let attach = move || attached.attach_base(bottom);
        let attaching = if draw(2) == 0 {
            attach();
            None
        } else {
            Some(thread::spawn(attach))
        };
        let stage = Self {
            engine: Engine::start(Box::new(wal), views, Box::new(Still)),
            attaching,
            disk,
            faulty,
            base,
            sent: Default::default(),
            acknowledged: Default::default(),
        };
        stage.execute(create_experiment()).unwrap();
        RUNS.iter().for_each(|run| {
            stage.execute(create_run(run)).unwrap();
        });
        stage
    }

    fn execute(&self, command: Command) -> Result<Executed, ExecuteError> {
        block_on(self.engine.execute(Context::default(), command))
    }

    /// Sends the next batch of a client.
    fn send(&self, client: usize) -> Result<(), ExecuteError> {
        let number = self.acknowledged[client].load(Ordering::SeqCst) + 1;
        self.sent[client].store(number, Ordering::SeqCst);
        self.execute(batch(RUNS[client], number))?;
        self.acknowledged[client].store(number, Ordering::SeqCst);
        Ok(())
    }

    fn acknowledged(&self, client: usize) -> u64 {
        self.acknowledged[client].load(Ordering::SeqCst)
    }

    /// What is left of a client's batches after a power cut now.
    fn after_power_cut(&self, client: usize) -> u64 {
        let (wal, _) = open(&self.disk.after_power_cut(0, 0.0));
        reader::logged(&*wal.reader(), client).unwrap()
    }

    /// Ends the engine. All that was acknowledged is in the log, and what the view cache would have
    /// held after a crash at any time is what a replay of the log up to its cursor gives.
    fn end(self) {
        let Self { engine, attaching, disk, faulty, base, acknowledged, .. } = self;
        attaching.into_iter().for_each(|thread| thread.join().unwrap());
        let log_id = engine.views().log_id();
        drop(engine);
        let (wal, report) = open(&disk.after_power_cut(0, 0.0));
        assert!(
            report.clean || !faulty.failed().is_empty(),
            "the log was not closed in good order"
        );
        let log = wal.reader();
        for (client, acknowledged) in acknowledged.into_iter().enumerate() {
            let logged = reader::logged(&*log, client).unwrap();
            assert!(logged >= acknowledged.into_inner(), "an acknowledged batch is lost");
        }
        let durable = base.durable();
        let cursor = durable.last().map(|(cursor, _)| cursor.seq);
        assert_eq!(cursor, Some(log.head()), "the last flush left something behind");
        for (cursor, content) in durable {
            let views = Views::in_memory(log_id);
            let replayed = replay(&*log, &views, cursor.seq, &mut |_| {}).unwrap();
            assert_eq!(replayed.until, cursor.seq, "the view cache is ahead of the log");
            assert_eq!(views.position().payload_crc, cursor.payload_crc);
            let content: Vec<_> = content.into_iter().collect();
            let same = views.view().range(&[], None, usize::MAX) == content;
            assert!(same, "the view cache is not what its cursor says");
        }
    }
}

/// The log on a disk; its segments are as small as can be, so that some tests cross their ends.
fn open(disk: &(impl Disk + Clone + 'static)) -> (LocalWal, RecoveryReport) {
    let origin = Origin::Fixed { log_id: Uuid::nil(), salt: 7, created_at: TimestampMs(0) };
    let options = Options { segment_bytes: 4096, witnessed: Seq::ZERO, origin };
    LocalWal::open(Arc::new(disk.clone()), Path::new(DIR), options).unwrap()
}

fn create_experiment() -> Command {
    Command::CreateExperiment(experiment::Create {
        name: "Default".to_owned(),
        artifact_location: None,
        default_artifact_root: "mlflow-artifacts:/".to_owned(),
        working_directory: "/".to_owned(),
        tags: Vec::new(),
    })
}

fn create_run(run_id: &str) -> Command {
    Command::CreateRun(run::Create {
        run_id: run_id.to_owned(),
        experiment_id: 0,
        name: None,
        fallback_name: "run".to_owned(),
        user_id: String::new(),
        start_time: 0,
        tags: Vec::new(),
    })
}

/// Batch `number` of a run: three events that every view shows, each in its own way.
fn batch(run_id: &str, number: u64) -> Command {
    let text = number.to_string();
    let pair = |key: &str| KeyValue { key: key.to_owned(), value: text.clone() };
    let step = i64::try_from(number).unwrap();
    let point = NewPoint {
        key: "m".to_owned(),
        value: f64::from(u32::try_from(number).unwrap()),
        timestamp: step,
        step,
        model_id: None,
        dataset_name: None,
        dataset_digest: None,
    };
    Command::LogBatch(run::LogBatch {
        run_id: run_id.to_owned(),
        metrics: vec![point],
        params: vec![pair(&format!("p{text}"))],
        tags: vec![pair("t")],
    })
}

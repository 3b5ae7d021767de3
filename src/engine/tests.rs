//! The disk fails at every call under a whole engine. The law: what was acknowledged is there after any
//! end, what was refused is not, an engine that lost its log takes nothing more, and it says so at its end.

use std::{path::Path, sync::Arc};

use futures::executor::block_on;

use super::{Context, Engine, ExecuteError, replay};
use crate::{
    base::{
        SystemClock,
        cases::cases,
        disk::{
            Disk,
            faulty::{Fault, FaultyDisk},
            memory::MemoryDisk,
        },
    },
    domain::{Command, experiment},
    views::{Views, lookup},
    wal::{LocalWal, Options, RecoveryReport, Wal as _, WalError},
};

/// Enough for several segments of the smallest size.
const COMMANDS: u64 = 40;

fn open(disk: &(impl Disk + Clone + 'static)) -> Result<(LocalWal, RecoveryReport), WalError> {
    let options = Options { segment_bytes: 4096, ..Options::default() };
    LocalWal::open(Arc::new(disk.clone()), Path::new("/log"), options)
}

fn create(number: u64) -> Command {
    Command::CreateExperiment(experiment::Create {
        name: format!("experiment {number} {}", "x".repeat(200)),
        artifact_location: None,
        default_artifact_root: "mlflow-artifacts:/".to_owned(),
        working_directory: "/".to_owned(),
        tags: Vec::new(),
    })
}

/// What a run was told.
struct Told {
    acknowledged: Vec<u64>,
    /// What may be there or not: the log failed under it.
    in_doubt: Option<u64>,
    /// The log was closed in good order.
    closed: bool,
}

fn run(disk: &FaultyDisk) -> Told {
    let mut told = Told { acknowledged: Vec::new(), in_doubt: None, closed: false };
    let Ok((wal, _)) = open(disk) else { return told };
    let views = Arc::new(Views::in_memory(wal.reader().log_id().into_bytes()));
    let engine = Engine::start(Box::new(wal), views, Box::new(SystemClock));
    for number in 0..COMMANDS {
        let done = block_on(engine.execute(Context::default(), create(number)));
        assert!(told.in_doubt.is_none() || done.is_err(), "an engine without a log took a command");
        match done {
            Ok(_) => told.acknowledged.push(number),
            Err(ExecuteError::Full) => {}
            Err(ExecuteError::Poisoned) => told.in_doubt = told.in_doubt.or(Some(number)),
            Err(error) => panic!("{error:?}"),
        }
    }
    told.closed = engine.finish().is_none();
    assert!(!told.closed || told.in_doubt.is_none(), "an engine that lost its log ended well");
    told
}

fn check(disk: &MemoryDisk, told: &Told, what: &str) {
    let (wal, report) = open(disk).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let log = wal.reader();
    let views = Views::in_memory(log.log_id().into_bytes());
    replay(&*log, &views, log.head(), &mut |_| {}).unwrap_or_else(|e| panic!("{what}: {e:?}"));
    for number in 0..COMMANDS {
        let Command::CreateExperiment(create) = create(number) else { unreachable!() };
        let is_there = lookup::experiment_id(&views.view(), &create.name).is_some();
        let acknowledged = told.acknowledged.contains(&number);
        let in_doubt = told.in_doubt == Some(number);
        assert!(is_there == acknowledged || in_doubt, "{what}: command {number}: {is_there}");
    }
    assert!(report.clean || !told.closed, "{what}: the log was not closed, and nobody was told");
}

#[test]
fn any_failing_call_under_an_engine_loses_nothing_acknowledged() {
    let clean = FaultyDisk::over(MemoryDisk::default());
    let told = run(&clean);
    assert!(told.closed && told.acknowledged.len() as u64 == COMMANDS);
    let calls = clean.calls().len();
    for fault in Fault::failures() {
        cases(calls, |case| {
            let disk = MemoryDisk::default();
            let faulty = FaultyDisk::over_memory(&disk);
            faulty.plan(case + 1, fault);
            let told = run(&faulty);
            let what = format!("{fault:?} at call {}", case + 1);
            for (seed, keep) in (0..).zip([0.0, 0.5, 1.0]) {
                check(&disk.after_power_cut(seed, keep), &told, &what);
            }
            check(&disk, &told, &format!("{what}, same boot"));
        });
    }
}

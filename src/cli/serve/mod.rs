//! `runlog serve`: opens the data directory, serves it, and closes it in good order.

mod anchors;
mod args;
mod end;
mod retention;
mod settings;

use std::{io, path::Path, sync::Arc, time::Duration};

use tokio::{net::TcpListener, runtime::Runtime};

pub(super) use args::Args;

use super::{
    answer::{print, say},
    failure::Failure,
};
use crate::{
    artifacts::ArtifactStore,
    base::{
        Seq,
        data_dir::{LOG_DIR, TLOG_DIR},
        disk::{Disk, RealDisk},
        id, secret,
    },
    domain::{Command, experiment},
    engine::{Context, Engine, Options},
    http::{App, Config, PageKey, Streams},
    proof::{self, Clerk, Notary, Witness},
    views::lookup,
    wal::LocalReader,
    webhooks::{Dispatcher, Webhooks},
};
use end::End;
use settings::Settings;

/// Time that requests cut off at the end get to notice it.
const LAST_TASKS: Duration = Duration::from_millis(200);

/// File of the key that seals page tokens, in a data directory.
const PAGE_KEY_FILE: &str = "page-key";

/// Folder of a witness's key and memory, in the directory of keys.
const WITNESS_DIR: &str = "witness";

/// The experiment that clients use when they name none.
const DEFAULT_EXPERIMENT: (u64, &str) = (0, "Default");

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let settings = Settings::of(args)?;
    for notice in &settings.notices {
        say(notice);
    }
    let runtime = runtime()?;
    // First of all, so that two servers on one port never open anything.
    let listener = runtime.block_on(listen(&settings.host, settings.port))?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    ArtifactStore::check(&settings.artifacts_destination)?;
    // Before the artifacts, which may be in the same directory: if it is refused, nothing is made there.
    let options = Options { witnessed: witnessed(&disk, &settings)?, ..Options::default() };
    let engine = Arc::new(Engine::open(disk.clone(), &settings.data_dir, &options)?);
    let artifacts = Arc::new(ArtifactStore::open(disk.clone(), &settings.artifacts_destination)?);
    runtime.block_on(create_default_experiment(&engine, &settings.http))?;
    let page_key = secret::load_or_draw(&*disk, &settings.data_dir.join(PAGE_KEY_FILE))?;
    let notary = notary(&disk, &settings, &engine)?;
    let witness = witness(&disk, &settings)?;
    let anchors = settings.anchors.clone();
    let webhooks = Webhooks::open(disk, &settings.data_dir, settings.webhooks)
        .map_err(|error| Failure::of(&error))?;
    let clerk = Clerk::start(notary.clone());
    let tracking = !settings.http.artifacts_only;
    let app = App {
        engine: engine.clone(),
        artifacts,
        webhooks: webhooks.clone(),
        config: Arc::new(settings.http),
        page_key: Arc::new(PageKey::new(&page_key)),
        notary: Some(notary.clone()),
        witness,
        streams: Streams::default(),
        past: None,
    };
    let end = runtime.block_on(async {
        let signals = end::Signals::install()?;
        let address = listener.local_addr().map_err(|error| no_listener(&error))?;
        let data = settings.data_dir.display();
        introduce(&notary, &settings.key_dir);
        print(&format!(
            "runlog {} ready at http://{address}, data in {data}\n",
            env!("CARGO_PKG_VERSION")
        ))?;
        let anchoring = anchors.start(notary.clone());
        let days = app.config.artifact_retention_days;
        let forgetting = tokio::spawn(retention::forget(app.artifacts.clone(), days));
        let delivering = tracking.then(|| Dispatcher::start(engine.clone(), webhooks));
        let end = end::serve_until_end(listener, app, signals).await;
        forgetting.abort();
        if let Some(dispatcher) = delivering {
            dispatcher.stop().await;
        }
        // Nothing is recorded any more: what it signs now is the last.
        let _ = tokio::task::spawn_blocking(|| drop(clerk)).await;
        if let Some(anchoring) = anchoring {
            anchoring.finish().await;
        }
        end
    });
    runtime.shutdown_timeout(LAST_TASKS);
    close(engine, end?)
}

/// Up to which event the log is known to have been durable, because it was signed.
fn witnessed(disk: &Arc<dyn Disk>, settings: &Settings) -> Result<Seq, Failure> {
    match LocalReader::open_read_only(disk.clone(), &settings.data_dir.join(LOG_DIR)) {
        Ok(log) => Ok(proof::witnessed(&**disk, &settings.key_dir, &log)?),
        // There is none yet; or it is opened in a moment, and then told what is wrong with it.
        Err(_) => Ok(Seq::ZERO),
    }
}

/// Who signs for the log.
fn notary(
    disk: &Arc<dyn Disk>,
    settings: &Settings,
    engine: &Engine,
) -> Result<Arc<Notary>, Failure> {
    let cache = settings.data_dir.join(TLOG_DIR);
    Ok(Arc::new(Notary::open(disk.clone(), &settings.key_dir, &cache, engine.reader())?))
}

/// Who cosigns for other logs, if that is asked for.
fn witness(disk: &Arc<dyn Disk>, settings: &Settings) -> Result<Option<Arc<Witness>>, Failure> {
    let logs = settings.witness_for.clone();
    if logs.is_empty() {
        return Ok(None);
    }
    let dir = settings.key_dir.join(WITNESS_DIR);
    Ok(Some(Arc::new(Witness::open(Arc::clone(disk), &dir, logs)?)))
}

/// Tells the public key, for those who check proofs, when it is new.
fn introduce(notary: &Notary, key_dir: &Path) {
    if notary.has_new_key() {
        let (key, dir) = (notary.key(), key_dir.display());
        say(&format!("a new key signs this log, kept in {dir}: proofs are checked with {key}"));
    }
}

fn runtime() -> Result<Runtime, Failure> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.max(2))
        .thread_name("http")
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("cannot start threads: {error}")))
}

async fn listen(host: &str, port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((host, port)).await.map_err(|error| {
        let advice = if error.kind() == io::ErrorKind::AddrInUse {
            "stop the other server, or choose another --port"
        } else {
            "choose another --host or --port"
        };
        Failure::usage(format!("cannot listen on {host}:{port}: {error}: {advice}"))
    })
}

fn no_listener(error: &io::Error) -> Failure {
    Failure::usage(format!("cannot go on listening: {error}"))
}

/// Makes the experiment that clients take for granted, unless it is there.
async fn create_default_experiment(engine: &Engine, config: &Config) -> Result<(), Failure> {
    let (id, name) = DEFAULT_EXPERIMENT;
    if lookup::experiment(&engine.views().view(), id).is_some() {
        return Ok(());
    }
    let context = Context {
        user: Some("runlog".to_owned()),
        request_id: id::random_hex(),
        ..Context::default()
    };
    let create = Command::CreateExperiment(experiment::Create {
        name: name.to_owned(),
        artifact_location: None,
        default_artifact_root: config.default_artifact_root.clone(),
        working_directory: config.working_directory.clone(),
        tags: Vec::new(),
    });
    engine.execute(context, create).await?;
    Ok(())
}

/// Marks the log as complete and moves the views to disk; not so if the disk has failed.
fn close(engine: Arc<Engine>, end: End) -> Result<(), Failure> {
    match end {
        End::Asked => {
            let Some(engine) = Arc::into_inner(engine) else {
                // Requests that did not end in time still hold it; the next start recovers.
                tracing::warn!("ended in the middle of requests; the next start takes longer");
                return Ok(());
            };
            engine.finish().map_or(Ok(()), |reason| Err(poisoned(&reason)))
        }
        End::Poisoned(reason) => {
            // Closing would wait for the disk that has failed.
            std::mem::forget(engine);
            Err(poisoned(&reason))
        }
    }
}

fn poisoned(reason: &str) -> Failure {
    let advice = "what was acknowledged is safe: check the disk, then start again";
    Failure::poisoned(format!("{reason}; {advice}"))
}

//! The spine: where log, rules and views meet. One writer thread decides, appends, syncs, folds and
//! answers; everybody else reads views. Knows nothing of HTTP or JSON.

mod error;
mod flush;
mod open;
mod past;
mod redact;
mod replay;
#[cfg(test)]
#[cfg(feature = "shuttle")]
mod schedules;
#[cfg(all(test, not(feature = "shuttle")))]
mod tests;
mod writer;

pub use error::{ExecuteError, OpenError};
pub use open::Options;
pub use replay::{Replayed, replay};

use std::{path::Path, sync::Arc};

use tokio::sync::{oneshot, watch};

use crate::{
    base::{
        Clock, Seq,
        disk::Disk,
        limits::QUEUE_COMMANDS_MAX,
        sync::{
            mpsc::{SyncSender, TrySendError, sync_channel},
            thread::{self, JoinHandle},
        },
    },
    domain::{Command, Rejection},
    views::Views,
    wal::{Wal, WalReader},
};

/// Who asks, and through which request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Basic-auth user name, if sent.
    pub user: Option<String>,
    /// Id of the request.
    pub request_id: String,
    /// Network address of the client.
    pub client_address: String,
    /// Its `User-Agent`.
    pub user_agent: String,
}

/// The answer to an executed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// The id or version that was given, where the command asked for one.
    pub number: Option<u64>,
    /// The last event that the command became; [`Seq::ZERO`] if it changed nothing.
    pub seq: Seq,
    /// Whether a model version changed stage.
    pub moved: bool,
    /// Why the command was refused although it became an event, which says so.
    refusal: Option<Rejection>,
}

/// A command on its way to the writer, with the place for its answer.
struct Job {
    context: Context,
    command: Command,
    answer: oneshot::Sender<Result<Executed, ExecuteError>>,
}

/// A log with its views, open for reading and writing.
pub struct Engine {
    queue: Option<SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
    flusher: Option<flush::Flusher>,
    views: Arc<Views>,
    log: Arc<dyn WalReader>,
    failure: watch::Receiver<Option<String>>,
    head: watch::Receiver<Seq>,
    deliveries: watch::Receiver<Seq>,
    past: past::Past,
}

impl Engine {
    /// Opens, or creates, the log and the views in `data_dir`, and brings the views up to the log.
    pub fn open(
        disk: Arc<dyn Disk>,
        data_dir: &Path,
        options: &Options,
    ) -> Result<Self, OpenError> {
        open::open(disk, data_dir, options)
    }

    /// Starts the writer on an open log whose views have folded all of it.
    pub fn start(wal: Box<dyn Wal>, views: Arc<Views>, clock: Box<dyn Clock>) -> Self {
        let (queue, jobs) = sync_channel(QUEUE_COMMANDS_MAX);
        let (fail, failure) = watch::channel(None);
        let (head_moves, head) = watch::channel(views.position().seq);
        let (deliver, deliveries) = watch::channel(views.index().outbox.head);
        let log = wal.reader();
        let flusher = flush::Flusher::start(views.clone());
        let tell = writer::Tell { flush: flusher.wake(), fail, head: head_moves, deliver };
        let writer = writer::Writer::new(wal, views.clone(), clock, tell);
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || writer.run(&jobs))
            .expect("the machine has room for a thread");
        Self {
            queue: Some(queue),
            writer: Some(thread),
            flusher: Some(flusher),
            views,
            log,
            failure,
            head,
            deliveries,
            past: past::Past::default(),
        }
    }

    /// Has a command decided and, if it becomes facts, recorded. When this returns `Ok`, they are
    /// durable and every later read shows them. Dropping the future does not undo the command.
    pub async fn execute(
        &self,
        context: Context,
        command: Command,
    ) -> Result<Executed, ExecuteError> {
        if self.is_poisoned() {
            return Err(ExecuteError::Poisoned);
        }
        let (answer, answered) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(ExecuteError::Poisoned)?;
        queue.try_send(Job { context, command, answer }).map_err(|error| match error {
            TrySendError::Full(_) => ExecuteError::Overloaded,
            TrySendError::Disconnected(_) => ExecuteError::Poisoned,
        })?;
        let executed = answered.await.unwrap_or(Err(ExecuteError::Poisoned))?;
        executed.refusal.clone().map_or(Ok(executed), |refusal| Err(refusal.into()))
    }

    /// The views, for reading.
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// The views as they were when `until`, which the log holds, was its last event. Folded from the log
    /// once for all who ask at a time; the last four moments are kept in memory.
    pub async fn views_at(&self, until: Seq) -> Result<Arc<Views>, OpenError> {
        self.past.views(&self.log, &self.views, until).await
    }

    /// The log, for reading.
    pub fn log(&self) -> &dyn WalReader {
        &*self.log
    }

    /// A reader of the log that outlives the engine.
    pub fn reader(&self) -> Arc<dyn WalReader> {
        Arc::clone(&self.log)
    }

    /// The last event that readers see; changes when they see another.
    pub fn head(&self) -> watch::Receiver<Seq> {
        self.head.clone()
    }

    /// The last event that put a delivery into a webhook's outbox; changes when another does.
    pub fn deliveries(&self) -> watch::Receiver<Seq> {
        self.deliveries.clone()
    }

    /// Whether a failed sync has ended all writing.
    pub fn is_poisoned(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// Returns once writing has ended for good, with the reason.
    pub async fn failed(&self) -> String {
        let mut failure = self.failure.clone();
        match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_) => std::future::pending().await,
        }
    }

    /// Ends as dropping does, and tells why the log could not be closed, if so.
    pub fn finish(mut self) -> Option<String> {
        self.close();
        self.failure.borrow().clone()
    }

    fn close(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        if let Some(flusher) = self.flusher.take() {
            flusher.stop();
        }
    }
}

/// Finishes what is queued, marks the log as complete and moves the views to disk.
impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

//! The write path, top to bottom: drain the queue, decide each command, append the group, sync once,
//! show the readers, answer all. One thread; nobody else writes.

use std::{sync::Arc, time::Duration};

use tokio::sync::{oneshot, watch};

use super::{Context, ExecuteError, Executed, Job};
use crate::{
    base::{
        Clock, Seq, TimestampMs,
        digest::crc32_ieee,
        limits::{GROUP_BYTES_MAX, GROUP_EVENTS_MAX, PAYLOAD_BYTES_MAX},
        sync::mpsc::{Receiver, RecvTimeoutError, SyncSender},
    },
    domain::{Decision, State, decide, tag_names::USER},
    event::{Envelope, Event, Meta, Subject, codec},
    views::{Position, Views, fold, store::Changes},
    wal::{NewRecord, Wal, WalError},
};

/// After this long without work the log is marked as complete up to here.
const IDLE: Duration = Duration::from_millis(50);

/// A small event may fit where a larger one was refused, so the disk counts as full for so long after.
const REFUSED_MS: i64 = 2000;

/// What the writer tells others.
pub(super) struct Tell {
    /// That the views should be flushed now.
    pub(super) flush: SyncSender<()>,
    /// That writing has ended for good, and why.
    pub(super) fail: watch::Sender<Option<String>>,
    /// The last event that readers see.
    pub(super) head: watch::Sender<Seq>,
    /// Up to which event there is something to deliver.
    pub(super) deliver: watch::Sender<Seq>,
}

impl Tell {
    /// Writing has ended; what was acknowledged is safe, and the next start recovers it.
    fn poison(&self, error: &WalError) {
        tracing::error!(%error, "the log cannot be written any more");
        self.fail.send_replace(Some(error.to_string()));
    }
}

pub(super) struct Writer {
    wal: Box<dyn Wal>,
    views: Arc<Views>,
    clock: Box<dyn Clock>,
    tell: Tell,
    /// The time of the last record: the log's time never runs backwards.
    now: TimestampMs,
    /// When an append last met a full disk, until that is over.
    refused: Option<TimestampMs>,
}

/// A group while it is put together.
struct Group<'a> {
    changes: Changes<'a>,
    /// Memory holds all that it may, so nothing is recorded.
    views_are_full: bool,
    next: Seq,
    now: TimestampMs,
    records: Vec<Encoded>,
    bytes: usize,
    answers: Vec<(Asker, Answer)>,
}

struct Encoded {
    event_type: u16,
    event_version: u8,
    batch_more: bool,
    payload: Vec<u8>,
}

impl Writer {
    pub(super) fn new(
        wal: Box<dyn Wal>,
        views: Arc<Views>,
        clock: Box<dyn Clock>,
        tell: Tell,
    ) -> Self {
        let reader = wal.reader();
        let now = reader.read(reader.head()).map_or(TimestampMs(0), |record| record.recorded_at);
        Self { wal, views, clock, tell, now, refused: None }
    }

    /// Works until the queue is closed and empty, or a sync fails.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut marked = false;
        loop {
            let first = if marked {
                jobs.recv().map_err(RecvTimeoutError::from)
            } else {
                jobs.recv_timeout(IDLE)
            };
            let done = match first {
                Ok(job) => {
                    marked = false;
                    self.execute_group(job, jobs)
                }
                Err(RecvTimeoutError::Timeout) => {
                    marked = true;
                    self.wal.mark()
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Err(error) = done
                && !error.is_retryable()
            {
                return self.tell.poison(&error);
            }
        }
        if let Err(error) = self.wal.close() {
            self.tell.poison(&error);
        }
    }

    fn execute_group(&mut self, first: Job, jobs: &Receiver<Job>) -> Result<(), WalError> {
        self.now = self.now.max(self.clock.now());
        let views = self.views.clone();
        let mut group = Group {
            changes: views.changes(),
            views_are_full: views.are_full(),
            next: self.wal.next(),
            now: self.now,
            records: Vec::new(),
            bytes: 0,
            answers: Vec::new(),
        };
        let mut next = Some(first);
        while let Some(job) = next {
            group.take_in(job);
            next = if group.has_room() { jobs.try_recv().ok() } else { None };
        }
        self.commit(group)
    }

    /// Makes a group durable and visible, and answers. Refusals are answered with the rest: they
    /// may rest on what this very group records.
    fn commit(&mut self, group: Group<'_>) -> Result<(), WalError> {
        let Group { changes, records, answers, now, .. } = group;
        let Some(last) = records.last() else {
            answer_all(answers, |result| result);
            return Ok(());
        };
        let payload_crc = crc32_ieee(&last.payload);
        let new: Vec<_> = records.iter().map(|record| record.as_new(now)).collect();
        match self.wal.append(self.wal.next(), &new) {
            Ok(seq) => {
                self.note(false);
                self.views.publish(changes, Position { seq, payload_crc });
                answer_all(answers, |result| result);
                self.tell.head.send_replace(seq);
                if self.views.wants_flush() {
                    // Full means that a flush is asked for already.
                    let _ = self.tell.flush.try_send(());
                }
                let head = self.views.index().outbox.head;
                self.tell.deliver.send_if_modified(|known| std::mem::replace(known, head) < head);
                Ok(())
            }
            Err(error) => {
                let full = error.is_retryable();
                self.note(full);
                answer_all(answers, |result| {
                    result.and(Err(if full { ExecuteError::Full } else { ExecuteError::Poisoned }))
                });
                Err(error)
            }
        }
    }
}

impl Writer {
    /// Tells the operator when the disk of the log becomes full, and when it has space again.
    fn note(&mut self, full: bool) {
        if full {
            if self.refused.replace(self.now).is_none() {
                tracing::warn!("no space left for the log: writes are refused, reads go on");
            }
        } else if let Some(refused) = self.refused
            && self.now.0 - refused.0 > REFUSED_MS
        {
            self.refused = None;
            tracing::info!("the log has space again: writes go on");
        }
    }
}

type Answer = Result<Executed, ExecuteError>;
type Asker = oneshot::Sender<Answer>;

fn answer_all(answers: Vec<(Asker, Answer)>, finish: impl Fn(Answer) -> Answer) {
    for (asker, result) in answers {
        // The asker may have hung up; the command stands all the same.
        let _ = asker.send(finish(result));
    }
}

impl Group<'_> {
    fn has_room(&self) -> bool {
        self.records.len() < GROUP_EVENTS_MAX
            && self.bytes < GROUP_BYTES_MAX
            && self.answers.len() < GROUP_EVENTS_MAX
    }

    /// Decides a command on top of what the group already holds.
    fn take_in(&mut self, job: Job) {
        let Job { context, command, answer } = job;
        let result = decide(&self.changes, command, self.now)
            .map_err(ExecuteError::from)
            .and_then(|decision| self.record(&context, decision));
        self.answers.push((answer, result));
    }

    /// Encodes and folds the events of one command: all of them, or none.
    fn record(&mut self, context: &Context, decision: Decision) -> Answer {
        let Decision { events, number, refusal } = decision;
        let Some(first) = events.first() else {
            return Ok(Executed { number, seq: Seq::ZERO, moved: false, refusal });
        };
        let moved = events.iter().any(|it| matches!(it, Event::ModelVersionStageChanged(_)));
        if self.views_are_full {
            return Err(ExecuteError::Full);
        }
        let meta = Meta {
            actor: actor(&self.changes, context, first),
            request_id: context.request_id.clone(),
            client_address: context.client_address.clone(),
            user_agent: context.user_agent.clone(),
            origin: None,
        };
        let payloads: Vec<_> =
            events.iter().map(|event| codec::encode_event(&meta, event)).collect();
        if let Some(bytes) = payloads.iter().map(Vec::len).find(|len| *len > PAYLOAD_BYTES_MAX) {
            return Err(ExecuteError::TooLarge { bytes, max: PAYLOAD_BYTES_MAX });
        }
        let last = events.len() - 1;
        for (index, (event, payload)) in events.into_iter().zip(payloads).enumerate() {
            self.bytes += payload.len();
            self.records.push(Encoded {
                event_type: event.kind(),
                event_version: event.version(),
                batch_more: index < last,
                payload,
            });
            let meta = meta.clone();
            fold(
                &mut self.changes,
                &Envelope { seq: self.next, recorded_at: self.now, meta, event },
            );
            self.next = self.next.next();
        }
        Ok(Executed { number, seq: Seq(self.next.0 - 1), moved, refusal })
    }
}

impl Encoded {
    fn as_new(&self, now: TimestampMs) -> NewRecord<'_> {
        NewRecord {
            recorded_at: now,
            event_type: self.event_type,
            event_version: self.event_version,
            codec: codec::CODEC,
            batch_more: self.batch_more,
            payload: &self.payload,
        }
    }
}

/// Who caused an event: the authenticated user, else the `mlflow.user` of the run at hand, else
/// `anonymous`.
fn actor(state: &Changes<'_>, context: &Context, event: &Event) -> String {
    if let Some(user) = &context.user {
        return user.clone();
    }
    if let Event::RunCreated(run) = event
        && let Some(tag) = run.tags.iter().find(|tag| tag.key == USER)
    {
        return tag.value.clone();
    }
    let run_user = |id: &str| state.run(id).and_then(|run| run.user_tag.clone());
    let user = match (event, event.subject()) {
        (_, Subject::Run(id)) => run_user(id),
        (Event::ModelVersionCreated(it), _) => it.run_id.as_deref().and_then(run_user),
        (Event::LoggedModelCreated(it), _) => it.source_run_id.as_deref().and_then(run_user),
        (_, Subject::LoggedModel(id)) => {
            let model = state.logged_model(id);
            model.and_then(|model| model.source_run_id.as_deref().and_then(run_user))
        }
        // <experiment>/<run>/artifacts/...
        (_, Subject::Artifact(path)) => path.split('/').nth(1).and_then(run_user),
        (
            _,
            Subject::Experiment(_)
            | Subject::RegisteredModel(_)
            | Subject::Webhook(_)
            | Subject::Log(_),
        ) => None,
    };
    user.unwrap_or_else(|| "anonymous".to_owned())
}

//! Empties the outboxes: one task for each webhook that has something to deliver, so that order holds
//! for one receiver and none waits for another. A delivery is over when its settling event is in the
//! log; until then it is in the outbox, whatever happens to this process.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{
    Webhooks, payload,
    post::{Answer, Letter, PostError},
    retry::Ending,
};
use crate::{
    base::{Seq, digest::Sha256Digest},
    domain::{
        Command,
        entity::{Webhook, WebhookDelivery},
        webhook::Settle,
    },
    engine::{Context, Engine, ExecuteError},
    event::{DeliveryOutcome, WebhookStatus},
    views::lookup,
};

/// Time that requests under way get at the end. One that is cut off is sent again at the next start.
const DRAIN: Duration = Duration::from_secs(5);
/// Time between two attempts to record how a delivery ended, while the log takes nothing.
const SETTLE_AGAIN: Duration = Duration::from_secs(1);
/// Characters of an error that the log keeps.
const ERROR_CHARS_MAX: usize = 500;

/// Delivers while it lives.
pub struct Dispatcher {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Dispatcher {
    /// Starts to deliver what is and what will be in the outboxes.
    pub fn start(engine: Arc<Engine>, webhooks: Arc<Webhooks>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(dispatch(Shared { engine, webhooks, stopping }));
        Self { stop, task }
    }

    /// Begins no further request, waits for those under way, but not for long, and lets go of the
    /// engine.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the delivery of webhooks failed");
        }
    }
}

/// What every task of the dispatcher has.
#[derive(Clone)]
struct Shared {
    engine: Arc<Engine>,
    webhooks: Arc<Webhooks>,
    stopping: watch::Receiver<bool>,
}

/// What is known of a webhook between two runs of its task.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// The last event of its outbox when it was found empty.
    emptied: Seq,
    /// Whether the last request to it failed.
    failing: bool,
}

/// Gives each webhook that has something to deliver a task of its own.
async fn dispatch(mut shared: Shared) {
    let mut deliveries = shared.engine.deliveries();
    let mut known: HashMap<String, Known> = HashMap::new();
    let mut busy: HashSet<String> = HashSet::new();
    let mut tasks: JoinSet<(String, Known)> = JoinSet::new();
    loop {
        deliveries.mark_unchanged();
        for (webhook_id, state) in due(&shared.engine, &mut known, &busy) {
            busy.insert(webhook_id.clone());
            tasks.spawn(drain(shared.clone(), webhook_id, state));
        }
        tokio::select! {
            changed = deliveries.changed() => if changed.is_err() { break },
            Some(ended) = tasks.join_next() => match ended {
                Ok((webhook_id, state)) => {
                    busy.remove(&webhook_id);
                    known.insert(webhook_id, state);
                }
                Err(error) => tracing::error!(%error, "the delivery to a webhook failed"),
            },
            _ = shared.stopping.wait_for(|stop| *stop) => break,
        }
    }
    let all = async { while tasks.join_next().await.is_some() {} };
    if timeout(DRAIN, all).await.is_err() {
        tracing::warn!("requests to webhooks were cut off; they are sent again at the next start");
        tasks.shutdown().await;
    }
}

/// The webhooks with something to deliver that nobody delivers.
fn due(
    engine: &Engine,
    known: &mut HashMap<String, Known>,
    busy: &HashSet<String>,
) -> Vec<(String, Known)> {
    let index = engine.views().index();
    let last = &index.outbox.last;
    known.retain(|webhook_id, _| last.contains_key(webhook_id));
    let idle = last.iter().filter(|(webhook_id, _)| !busy.contains(*webhook_id));
    let due = idle.filter_map(|(webhook_id, last)| {
        let state = known.get(webhook_id).copied().unwrap_or_default();
        (*last > state.emptied).then(|| (webhook_id.clone(), state))
    });
    due.collect()
}

/// Delivers what one webhook has to be told, in order, until there is nothing more.
async fn drain(shared: Shared, webhook_id: String, mut state: Known) -> (String, Known) {
    while !shared.is_stopping() {
        // Asked before the outbox is, so that a delivery that comes in between is not missed.
        let last = shared.engine.views().index().outbox.last.get(&webhook_id).copied();
        let next = lookup::next_delivery(&shared.engine.views().view(), &webhook_id);
        let Some(delivery) = next else {
            state.emptied = last.unwrap_or_default();
            break;
        };
        let Some(settle) = shared.deliver(&delivery, &mut state.failing).await else { continue };
        if !shared.settle(settle).await {
            // Not to be sent again and again: the next start looks at it anew.
            state.emptied = last.unwrap_or_default();
            break;
        }
    }
    (webhook_id, state)
}

impl Shared {
    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Sends a delivery until it arrives or is given up. `None`: it is not to be sent (any more).
    async fn deliver(&self, delivery: &WebhookDelivery, failing: &mut bool) -> Option<Settle> {
        let mut attempts = 0;
        loop {
            let webhook = self.still_wanted(delivery)?;
            let result = self.attempt(&webhook, delivery, *failing).await;
            attempts += 1;
            *failing = !matches!(&result, Ok(answer) if is_taken(answer.status));
            let pause = self.webhooks.policy.pause(attempts, &Ending::of(&result), rand::random());
            let Some(pause) = pause else { return Some(settled(delivery, attempts, result)) };
            let mut stopping = self.stopping.clone();
            tokio::select! {
                () = sleep(pause) => {}
                _ = stopping.wait_for(|stop| *stop) => return None,
            }
        }
    }

    /// The webhook of a delivery that is still pending.
    fn still_wanted(&self, delivery: &WebhookDelivery) -> Option<Arc<Webhook>> {
        if self.is_stopping() {
            return None;
        }
        let view = self.engine.views().view();
        lookup::delivery(&view, &delivery.webhook_id, delivery.about)?;
        let webhook = lookup::webhook(&view, &delivery.webhook_id)?;
        (webhook.status == WebhookStatus::Active).then_some(webhook)
    }

    /// One request, as soon as there is room for one.
    async fn attempt(
        &self,
        webhook: &Webhook,
        delivery: &WebhookDelivery,
        failing: bool,
    ) -> Result<Answer, PostError> {
        let lanes = &self.webhooks.lanes;
        let lane = if failing { &lanes.failing } else { &lanes.answering };
        let _permit = lane.acquire().await.map_err(|it| PostError::Failed(it.to_string()))?;
        let secret = self.webhooks.secret_of(webhook).map_err(PostError::Refused)?;
        let body = payload::body(self.engine.log(), delivery)
            .map_err(|error| PostError::Failed(format!("event {}: {error}", delivery.about)))?;
        let delivery_id = delivery_id(delivery);
        let letter = Letter {
            url: &webhook.url,
            secret: secret.as_deref(),
            delivery_id: &delivery_id,
            body: &body,
        };
        self.webhooks.courier.post(&letter).await
    }

    /// Records how a delivery ended, and returns whether that is so. What was sent is not sent again
    /// only because the log is full.
    async fn settle(&self, settle: Settle) -> bool {
        let context = Context {
            user: Some("runlog".to_owned()),
            request_id: format!("webhook-{}-{}", settle.webhook_id, settle.about),
            ..Context::default()
        };
        loop {
            let command = Command::SettleDelivery(settle.clone());
            match self.engine.execute(context.clone(), command).await {
                Ok(_) => return true,
                Err(ExecuteError::Overloaded | ExecuteError::Full) => sleep(SETTLE_AGAIN).await,
                Err(error) => {
                    tracing::error!(%error, "the end of a delivery could not be recorded");
                    return false;
                }
            }
        }
    }
}

fn is_taken(status: u16) -> bool {
    (200..300).contains(&status)
}

fn settled(delivery: &WebhookDelivery, attempts: u32, result: Result<Answer, PostError>) -> Settle {
    let (outcome, response_status, error) = match result {
        Ok(answer) if is_taken(answer.status) => {
            (DeliveryOutcome::Delivered, Some(answer.status), None)
        }
        Ok(answer) => {
            let error = format!("the receiver answered {}", answer.status);
            (DeliveryOutcome::GaveUp, Some(answer.status), Some(error))
        }
        Err(error) => (DeliveryOutcome::GaveUp, None, Some(error.to_string())),
    };
    if let Some(error) = &error {
        let (webhook_id, about) = (&delivery.webhook_id, delivery.about);
        tracing::warn!(webhook_id, %about, attempts, error, "a delivery was given up");
    }
    Settle {
        webhook_id: delivery.webhook_id.clone(),
        about: delivery.about,
        outcome,
        response_status: response_status.map(u32::from),
        attempts,
        error: error.map(|error| error.chars().take(ERROR_CHARS_MAX).collect()),
    }
}

/// The id of a delivery: the same for every attempt and after every restart, so that a receiver knows
/// a repeated one. A version 8 UUID, from the webhook's id (which no other log has) and the event's
/// position.
fn delivery_id(delivery: &WebhookDelivery) -> String {
    let name = format!("runlog-delivery-v1 {} {}", delivery.webhook_id, delivery.about);
    let Sha256Digest(digest) = Sha256Digest::of(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
    Uuid::new_v8(bytes).to_string()
}

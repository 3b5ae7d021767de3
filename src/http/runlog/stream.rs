//! `/events/stream`: the log as it grows, as server-sent events. A client is sent the next slice when it has
//! taken the last one, so that a slow one holds one slice and nobody else.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    http::HeaderMap,
    response::{
        AppendHeaders, IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{
    super::{
        App,
        error::{ApiError, ApiResult, Code},
        request::InQuery,
    },
    Refusal, look,
    selection::{Selection, selecting},
};
use crate::{
    audit::{EventLine, EventTail, Moment, Reached},
    base::{Clock as _, Seq, SystemClock},
};

/// Streams at a time. Each may hold a slice of events, of a megabyte or so.
const STREAMS_MAX: usize = 128;
/// Events of a slice.
const SLICE_EVENTS: usize = 256;
/// Time between two comments that say that the stream is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a client should come back after a stream has ended.
const RETRY: Duration = Duration::from_secs(1);
/// Unwanted events after which a client is told how far the stream has looked, to resume from there.
const UNSAID_MAX: u64 = 1000;

/// The streams under way: how many more there may be, and whether they shall end.
#[derive(Clone)]
pub struct Streams {
    places: Arc<Semaphore>,
    ending: watch::Sender<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(STREAMS_MAX)), ending: watch::Sender::new(false) }
    }
}

impl Streams {
    /// Ends all of them, and those that begin later at once.
    pub(in crate::http) fn end(&self) {
        self.ending.send_replace(true);
    }
}

selecting! {
    /// Which events are wanted; without `from`, those that come from now on.
    Wanted {}
}

/// The wanted events as server-sent events, and then those that come, as soon as they are durable and every
/// read shows them. `id` is the event's sequence, `event` its kind, `data` the event as in `/events`. Who
/// comes back with the last `id` in the header `Last-Event-ID` gets what follows, without gap or
/// duplicate. `end` follows the last event before `to`; `failed` says that the log cannot be read.
#[utoipa::path(
    get,
    path = "/events/stream",
    params(
        Wanted,
        ("Last-Event-ID" = Option<u64>, Header, description = "The last event that is known; instead of `from`"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/event-stream"),
        (status = 400, description = "A field makes no sense, or the past is asked", body = Refusal),
        (status = 404, description = "There never was such a registered model", body = Refusal),
        (status = 503, description = "There are too many streams", body = Refusal),
    )
)]
pub(super) async fn stream_events(
    app: App,
    headers: HeaderMap,
    InQuery(wanted): InQuery<Wanted>,
) -> ApiResult<impl IntoResponse> {
    if app.past.is_some() {
        return Err(ApiError::invalid("Nothing comes in the past: ask /events about it."));
    }
    let place = Arc::clone(&app.streams.places).try_acquire_owned().map_err(|_| {
        ApiError::new(Code::TemporarilyUnavailable, "There are too many streams of events.")
    })?;
    let Selection { from, to, filter } = wanted.selection(&app)?;
    let from = match headers.get("last-event-id") {
        Some(id) => Some(after(id.as_bytes())?),
        None => from,
    };
    if matches!(from, Some(Moment::Time(time)) if time > SystemClock.now()) {
        return Err(ApiError::invalid("The moment 'from' has not come yet."));
    }
    let mut head = app.engine.head();
    // What reads show is told here a moment later.
    let seen = (*head.borrow_and_update()).max(app.views().position().seq);
    let ending = app.streams.ending.subscribe();
    let (from, tail) = look(move || {
        let from = from.map_or(Ok(seen.next()), |from| from.first(app.engine.log()))?;
        Ok((from, EventTail::of(app.engine.log(), filter, from, to)))
    })
    .await?;
    if from > seen.next() {
        return Err(ApiError::invalid(format!("The log ends at {seen}: nothing follows there.")));
    }
    let known = Seq(from.0 - 1);
    let events =
        Live { tail: Some(tail), head, ending, stock: VecDeque::new(), known, _place: place };
    let sse = Sse::new(events.stream()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // Proxies that gather an answer before they pass it on would hold it back.
    Ok((AppendHeaders([("x-accel-buffering", "no")]), sse))
}

/// The moment after the event that a client knows.
fn after(id: &[u8]) -> ApiResult<Moment> {
    let known: Option<u64> = std::str::from_utf8(id).ok().and_then(|id| id.trim().parse().ok());
    let next = known.and_then(|known| known.checked_add(1));
    let wrong = || ApiError::invalid("The header Last-Event-ID is no sequence.");
    next.map(|next| Moment::Seq(Seq(next))).ok_or_else(wrong)
}

/// A stream under way.
struct Live {
    /// What is read next; `None` once the stream ends behind its stock.
    tail: Option<EventTail<'static>>,
    head: watch::Receiver<Seq>,
    ending: watch::Receiver<bool>,
    stock: VecDeque<Event>,
    /// The last event that the client knows, or knows that it does not want.
    known: Seq,
    _place: OwnedSemaphorePermit,
}

impl Live {
    fn stream(mut self) -> impl Stream<Item = Result<Event, Infallible>> {
        self.stock.push_back(known(self.known).retry(RETRY));
        stream::unfold(self, async |mut live| live.next().await.map(|event| (Ok(event), live)))
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if *self.ending.borrow() {
                return None;
            }
            if let Some(event) = self.stock.pop_front() {
                return Some(event);
            }
            if !self.restock().await? && self.stock.is_empty() {
                // Both ends are kept by the server, which outlives its streams.
                tokio::select! {
                    _ = self.head.changed() => {}
                    _ = self.ending.wait_for(|ending| *ending) => {}
                }
            }
        }
    }

    /// Reads the next slice; whether there may be more at once. `None`: the stream has ended.
    async fn restock(&mut self) -> Option<bool> {
        let mut tail = self.tail.take()?;
        tail.show(*self.head.borrow_and_update());
        let taken = look(move || {
            let taken = tail.take(SLICE_EVENTS)?;
            Ok((taken, tail))
        });
        let (taken, tail) = match taken.await {
            Ok(taken) => taken,
            Err(error) => {
                self.stock.push_back(Event::default().event("failed").data(error.message));
                return Some(true);
            }
        };
        if let Some(last) = taken.events.last() {
            self.known = last.seq;
        }
        self.stock.extend(taken.events.iter().map(shown));
        if let Some((_, looked)) = taken.looked
            && looked.0 - self.known.0 >= UNSAID_MAX
        {
            self.known = looked;
            self.stock.push_back(known(looked));
        }
        if taken.reached == Reached::End {
            self.stock.push_back(Event::default().event("end").data("{}"));
        } else {
            self.tail = Some(tail);
        }
        Some(taken.reached != Reached::Head)
    }
}

fn shown(event: &EventLine) -> Event {
    known(event.seq).event(&event.event).data(event.to_json())
}

/// What moves a client's `Last-Event-ID`, and is no event by itself.
fn known(seq: Seq) -> Event {
    Event::default().id(seq.to_string())
}

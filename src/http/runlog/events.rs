//! `/events`: the log in pages.

use axum::Json;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::InQuery,
    },
    Refusal, look,
    selection::{Selection, selecting},
};
use crate::audit::{
    EVENTS_PER_PAGE, EVENTS_PER_PAGE_MAX, EventOrder, EventsPage, EventsQuestion, events_page,
};

selecting! {
    /// Which events are wanted, and how many.
    Wanted {
        /// Which end comes first; the oldest if it is left out.
        order: Option<EventOrder>,
        /// The most events on the page: 100 if it is left out, 1000 at most.
        #[param(minimum = 1, maximum = 1000)]
        limit: Option<usize>,
    }
}

/// The events of the log, in pages: each as `runlog log` prints it. One answer looks at a bounded part of
/// the log, and says at which: where little is found, a page may be short, or empty, and still have a next.
#[utoipa::path(
    get,
    path = "/events",
    params(Wanted),
    responses(
        (status = 200, body = EventsPage),
        (status = 400, description = "A field makes no sense", body = Refusal),
        (status = 404, description = "There never was such a registered model", body = Refusal),
    )
)]
pub(super) async fn list_events(
    app: App,
    InQuery(wanted): InQuery<Wanted>,
) -> ApiResult<Json<EventsPage>> {
    let limit = wanted.limit.unwrap_or(EVENTS_PER_PAGE);
    if !(1..=EVENTS_PER_PAGE_MAX).contains(&limit) {
        let message = format!("'limit' must be 1 to {EVENTS_PER_PAGE_MAX}, not {limit}.");
        return Err(ApiError::invalid(message));
    }
    let Selection { from, to, filter } = wanted.selection(&app)?;
    let order = wanted.order.unwrap_or_default();
    let question = EventsQuestion { filter, from, to, order, limit };
    let answer = move || {
        let views = app.views();
        let until = views.position().seq;
        events_page(&views.view(), app.engine.log(), until, &question)
    };
    look(answer).await.map(Json)
}

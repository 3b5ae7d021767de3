//! `/activity`: who did what when, counted.

use axum::Json;

use super::{
    super::{App, error::ApiResult, request::InQuery},
    Refusal, look,
    selection::{Selection, parsed, selecting},
};
use crate::audit::{Activity, ActivityBy, activity};

selecting! {
    /// Which events are counted, and what is counted apart.
    Wanted {
        /// What is counted apart: any of `day` (UTC), `actor` and `event`, separated by commas; all of
        /// them if it is left out.
        #[param(example = "day,actor")]
        by: Option<String>,
    }
}

/// Who did what when, counted: events a day, actor and kind. One answer counts a bounded part of the log,
/// and says where the next one begins; the counts of all of them add up.
#[utoipa::path(
    get,
    path = "/activity",
    params(Wanted),
    responses(
        (status = 200, body = Activity),
        (status = 400, description = "A field makes no sense", body = Refusal),
        (status = 404, description = "There never was such a registered model", body = Refusal),
    )
)]
pub(super) async fn count_activity(
    app: App,
    InQuery(wanted): InQuery<Wanted>,
) -> ApiResult<Json<Activity>> {
    let by: Option<ActivityBy> = parsed("by", wanted.by.as_deref())?;
    let Selection { from, to, filter } = wanted.selection(&app)?;
    let answer = move || {
        let until = app.views().position().seq;
        activity(app.engine.log(), until, (from, to), &filter, by.unwrap_or_default())
    };
    look(answer).await.map(Json)
}

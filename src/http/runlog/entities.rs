//! `/history` and `/diff`: what happened to any one entity, with old and new values.

use axum::Json;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::InQuery,
    },
    Refusal, look,
    selection::parsed,
};
use crate::{
    audit::{
        Compared, ENTITY_EVENTS_MAX, ENTITY_EVENTS_PER_PAGE, Entity, EntityDiff, EntityHistory,
        EntityName, Moment, entity_diff, entity_events, entity_history,
    },
    base::Seq,
};

/// Whose history is wanted, and which part of it.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedHistory {
    /// `run:<id>`, `experiment:<id>`, `model:<name>` (with its versions), `model-id:<number>`, `model-version:<name>/<version>`,
    /// `logged-model:<id>`, `webhook:<id>` or `artifact:<path>`.
    #[param(example = "model:CarSeat")]
    entity: String,
    /// The first event to tell of: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[param(example = "1")]
    from: Option<String>,
    /// The most events: 1000 if it is left out, 10000 at most.
    #[param(minimum = 1, maximum = 10000)]
    limit: Option<usize>,
}

/// Everything that happened to a run, experiment, registered model, version, logged model, webhook or artifact:
/// each event with who caused it and the fields that it changed, from which value to which.
#[utoipa::path(
    get,
    path = "/history",
    params(WantedHistory),
    responses(
        (status = 200, body = EntityHistory),
        (status = 400, description = "A field makes no sense", body = Refusal),
        (status = 404, description = "There never was such an entity", body = Refusal),
    )
)]
pub(super) async fn history(
    app: App,
    InQuery(wanted): InQuery<WantedHistory>,
) -> ApiResult<Json<EntityHistory>> {
    let limit = wanted.limit.unwrap_or(ENTITY_EVENTS_PER_PAGE);
    if !(1..=ENTITY_EVENTS_MAX).contains(&limit) {
        let message = format!("'limit' must be 1 to {ENTITY_EVENTS_MAX}, not {limit}.");
        return Err(ApiError::invalid(message));
    }
    let from: Option<Moment> = parsed("from", wanted.from.as_deref())?;
    let entity = found(&app, &wanted.entity)?;
    let name = wanted.entity.clone();
    let told = look(move || {
        let log = app.engine.log();
        let from = from.map_or(Ok(Seq(1)), |from| from.first(log))?;
        let events = entity_events(&app.views().view(), log, &entity);
        entity_history(name, events, from, limit)
    });
    told.await?.map(Json).ok_or_else(|| missing(&wanted.entity))
}

/// Which entity is compared with itself, and at which moments.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedDiff {
    /// As for the history.
    #[param(example = "model:CarSeat")]
    entity: String,
    /// The earlier moment: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[param(example = "1")]
    from: String,
    /// The later moment; now if it is left out.
    #[param(example = "2099-01-01T00:00:00Z")]
    to: Option<String>,
}

/// How an entity differs between two moments: each field whose value is another, and who set it last.
#[utoipa::path(
    get,
    path = "/diff",
    params(WantedDiff),
    responses(
        (status = 200, body = EntityDiff),
        (status = 400, description = "A field makes no sense", body = Refusal),
        (status = 404, description = "There was no such entity at the later moment", body = Refusal),
    )
)]
pub(super) async fn diff(
    app: App,
    InQuery(wanted): InQuery<WantedDiff>,
) -> ApiResult<Json<EntityDiff>> {
    let from: Option<Moment> = parsed("from", Some(&wanted.from))?;
    let to: Option<Moment> = parsed("to", wanted.to.as_deref())?;
    let entity = found(&app, &wanted.entity)?;
    let name = wanted.entity.clone();
    let told = look(move || {
        let (log, views) = (app.engine.log(), app.views());
        let until = views.position().seq;
        let known = |at: Option<Moment>| at.map_or(Ok(until), |at| at.last(log));
        let between = (known(from)?.min(until), known(to)?.min(until));
        let (compared, positions) = Compared::of(views, entity, between);
        entity_diff(name, &compared, compared.events(log, positions), between)
    });
    told.await?.map(Json).ok_or_else(|| missing(&wanted.entity))
}

fn found(app: &App, name: &str) -> ApiResult<Entity> {
    let entity: Option<EntityName> = parsed("entity", Some(name))?;
    let found = entity.and_then(|it| it.find(&app.views().view()));
    found.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> ApiError {
    ApiError::missing(format!("There is no {name}"))
}

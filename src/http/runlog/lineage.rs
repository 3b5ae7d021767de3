//! `/lineage`: where something came from, and what came of it.

use axum::Json;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::InQuery,
    },
    Refusal,
};
use crate::audit::{Direction, Lineage, LineageSubject, NODES_DEFAULT, NODES_MAX, lineage};

/// Whose lineage is wanted, and how much of it.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// A model version, logged model, run, dataset or commit: `models:/CarSeat/3`,
    /// `models:/CarSeat/Production`, `models:/CarSeat@champion`, `models:/m-…`, `run:…`, `runs:/…`,
    /// `logged-model:…`, `dataset:<digest>`, `dataset:<name>@<digest>`, `commit:…`.
    #[param(example = "models:/CarSeat/Production")]
    of: String,
    /// In which direction to look; both if it is left out.
    direction: Option<Direction>,
    /// The most nodes that are wanted, the nearest first: 200 if it is left out, 1000 at most.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Where something came from and what came of it, as a graph: nodes with what is known of them
/// (parameters, metrics, datasets with digests, commits, environment files, digests of artifacts), and
/// edges from each cause to what came of it.
#[utoipa::path(
    get,
    path = "/lineage",
    params(Wanted),
    responses(
        (status = 200, body = Lineage),
        (status = 400, description = "It names nothing that has a lineage", body = Refusal),
        (status = 404, description = "There never was such a thing", body = Refusal),
    )
)]
pub(super) async fn get_lineage(
    app: App,
    InQuery(wanted): InQuery<Wanted>,
) -> ApiResult<Json<Lineage>> {
    let subject: LineageSubject = wanted.of.parse().map_err(|error| {
        ApiError::invalid(format!("Invalid value '{}' for 'of': {error}", wanted.of))
    })?;
    let limit = wanted.limit.unwrap_or(NODES_DEFAULT);
    if !(1..=NODES_MAX).contains(&limit) {
        return Err(ApiError::invalid(format!("'limit' must be 1 to {NODES_MAX}, not {limit}.")));
    }
    let direction = wanted.direction.unwrap_or(Direction::Both);
    let views = app.views();
    let found = lineage(&views.view(), views.position().seq, &subject, direction, limit);
    found.map(Json).ok_or_else(|| ApiError::missing(format!("There is no {}", wanted.of)))
}

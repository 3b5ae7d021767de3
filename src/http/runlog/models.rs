//! `/models/...`: the history of registered models.

use axum::Json;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{InPath, InQuery},
    },
    Refusal, look,
    selection::parsed,
};
use crate::{
    audit::{
        ModelAliases, ModelHistory, ModelStages, Moment, STAGE_CHANGES_MAX, STAGE_CHANGES_PER_PAGE,
        StageChanges, model_aliases, model_history, model_stages, moments, stage_changes,
    },
    event::Stage,
};

/// Which changes are wanted.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only those of this version.
    #[param(example = 1)]
    version: Option<u32>,
}

/// Every stage change of a registered model, oldest first; renamed and deleted models keep theirs.
#[utoipa::path(
    get,
    path = "/models/{name}/history",
    params(("name" = String, Path, description = "The name it has, or had", example = "CarSeat"), Wanted),
    responses(
        (status = 200, body = ModelHistory),
        (status = 400, description = "A field makes no sense", body = Refusal),
        (status = 404, description = "There never was such a model or version", body = Refusal),
    )
)]
pub(super) async fn model_stage_history(
    app: App,
    InPath(name): InPath<String>,
    InQuery(Wanted { version }): InQuery<Wanted>,
) -> ApiResult<Json<ModelHistory>> {
    let history = model_history(&app.views().view(), &name, version);
    let missing = || match version {
        None => format!("Registered Model with name={name} not found"),
        Some(version) => format!("Model Version (name={name}, version={version}) not found"),
    };
    history.map(Json).ok_or_else(|| ApiError::missing(missing()))
}

/// Which changes of all models are wanted.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedChanges {
    /// Only those into or out of this stage, in any case.
    #[param(example = "Production")]
    stage: Option<String>,
    /// From here on: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[param(example = "2026-01-01T00:00:00Z")]
    from: Option<String>,
    /// Up to here, inclusive.
    to: Option<String>,
    /// At most so many; 1000 if left out, 10000 at most.
    limit: Option<usize>,
}

/// Stage changes over all registered models, oldest first; renamed and deleted models keep theirs.
#[utoipa::path(
    get,
    path = "/stage-changes",
    params(WantedChanges),
    responses(
        (status = 200, body = StageChanges),
        (status = 400, description = "A field makes no sense", body = Refusal),
    )
)]
pub(super) async fn all_stage_changes(
    app: App,
    InQuery(WantedChanges { stage, from, to, limit }): InQuery<WantedChanges>,
) -> ApiResult<Json<StageChanges>> {
    let stage = wanted_stage(stage)?;
    let from: Option<Moment> = parsed("from", from.as_deref())?;
    let to: Option<Moment> = parsed("to", to.as_deref())?;
    let limit = limit.unwrap_or(STAGE_CHANGES_PER_PAGE).clamp(1, STAGE_CHANGES_MAX);
    look(move || {
        let views = app.views();
        let range = moments(app.engine.log(), views.position().seq, from, to)?;
        Ok(stage_changes(&views.view(), stage, range, limit))
    })
    .await
    .map(Json)
}

fn wanted_stage(word: Option<String>) -> ApiResult<Option<Stage>> {
    let no_stage = |word: &str| ApiError::invalid(format!("Invalid stage '{word}'."));
    word.map(|word| Stage::from_any_case(&word).ok_or_else(|| no_stage(&word))).transpose()
}

/// Which intervals are wanted.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedStages {
    /// Only those of this stage, in any case.
    #[param(example = "Production")]
    stage: Option<String>,
    /// Only those that hold at this moment: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[param(example = "2026-03-01T00:00:00Z")]
    at: Option<String>,
}

/// From when to when which version of a registered model was in which stage; what was in a stage at a moment.
#[utoipa::path(
    get,
    path = "/models/{name}/stages",
    params(
        ("name" = String, Path, description = "The name it has, or had", example = "CarSeat"),
        WantedStages
    ),
    responses(
        (status = 200, body = ModelStages),
        (status = 400, description = "That is no stage, or no moment", body = Refusal),
        (status = 404, description = "There never was such a model", body = Refusal),
    )
)]
pub(super) async fn stages(
    app: App,
    InPath(name): InPath<String>,
    InQuery(WantedStages { stage, at }): InQuery<WantedStages>,
) -> ApiResult<Json<ModelStages>> {
    let stage = wanted_stage(stage)?;
    let at: Option<Moment> = parsed("at", at.as_deref())?;
    let found = model_stages(&app.views().view(), &name, stage, at);
    found.map(Json).ok_or_else(|| missing(&name))
}

/// Which intervals are wanted.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedAliases {
    /// Only those of this alias.
    #[param(example = "champion")]
    alias: Option<String>,
    /// Only those that hold at this moment: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[param(example = "2026-03-01T00:00:00Z")]
    at: Option<String>,
}

/// From when to when which alias named which version of a registered model; what an alias named at a moment.
#[utoipa::path(
    get,
    path = "/models/{name}/aliases",
    params(
        ("name" = String, Path, description = "The name it has, or had", example = "CarSeat"),
        WantedAliases
    ),
    responses(
        (status = 200, body = ModelAliases),
        (status = 400, description = "That is no moment", body = Refusal),
        (status = 404, description = "There never was such a model", body = Refusal),
    )
)]
pub(super) async fn aliases(
    app: App,
    InPath(name): InPath<String>,
    InQuery(WantedAliases { alias, at }): InQuery<WantedAliases>,
) -> ApiResult<Json<ModelAliases>> {
    let at: Option<Moment> = parsed("at", at.as_deref())?;
    let model = name.clone();
    let found = look(move || {
        let views = app.views();
        model_aliases(&views.view(), app.engine.log(), &model, alias.as_deref(), at)
    });
    found.await?.map(Json).ok_or_else(|| missing(&name))
}

fn missing(name: &str) -> ApiError {
    ApiError::missing(format!("Registered Model with name={name} not found"))
}

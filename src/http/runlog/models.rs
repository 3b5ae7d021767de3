//! `/models/...`: the history of registered models.

use axum::Json;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{InPath, InQuery},
    },
    Refusal,
};
use crate::audit::{ModelHistory, model_history};

/// Which changes are wanted.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only those of this version.
    version: Option<u32>,
}

/// Every stage change of a registered model, oldest first; renamed and deleted models keep theirs.
#[utoipa::path(
    get,
    path = "/models/{name}/history",
    params(("name" = String, Path, description = "The name it has, or last had"), Wanted),
    responses(
        (status = 200, body = ModelHistory),
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

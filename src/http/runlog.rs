//! Runlog's own endpoints, under `/api/runlog/1`.

use axum::extract::State;

use super::{
    App,
    error::{ApiError, ApiResult},
    request::{Fields, InPath},
    response::Json,
};
use crate::audit::model_history;

/// Every stage change of a registered model, or of one version of it (`?version=N`).
pub(super) async fn model_stage_history(
    State(app): State<App>,
    InPath(name): InPath<String>,
    fields: Fields,
) -> ApiResult<Json> {
    let version = match fields.int("version")? {
        None => None,
        Some(version) => Some(u32::try_from(version).map_err(|_| {
            ApiError::missing(format!("Model Version (name={name}, version={version}) not found"))
        })?),
    };
    let history = model_history(&app.views().view(), &name, version)
        .ok_or_else(|| ApiError::missing(format!("Registered Model with name={name} not found")))?;
    let json = serde_json::to_value(history)
        .map_err(|error| ApiError::new(super::Code::InternalError, error.to_string()))?;
    Ok(Json(json))
}

//! `/witness/...`: cosigns checkpoints of other logs (c2sp.org/tlog-witness).

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use tokio::task::spawn_blocking;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult, Code},
    },
    Refusal,
    tlog::TEXT,
};
use crate::{
    base::SystemClock,
    proof::{PublicKey, Unwitnessed, Witness},
};

/// What the answer is that tells the size of the last checkpoint.
const SIZE: &str = "text/x.tlog.size";

/// The key of this witness.
#[utoipa::path(
    get,
    path = "/witness/key",
    operation_id = "witness_key",
    responses(
        (status = 200, body = PublicKey),
        (status = 501, description = "This server is no witness", body = Refusal),
    )
)]
pub(super) async fn key(app: App) -> ApiResult<Json<PublicKey>> {
    Ok(Json(PublicKey::of(witness(&app)?.key())))
}

/// Cosigns a checkpoint of a log that only grew since the last.
#[utoipa::path(
    post,
    path = "/witness/add-checkpoint",
    request_body(content = String, content_type = "text/plain"),
    responses(
        (status = 200, description = "A line with the cosignature", body = String, content_type = "text/plain"),
        (status = 400, description = "It is no request", body = Refusal),
        (status = 403, description = "It is not signed by the log", body = Refusal),
        (status = 404, description = "The log is unknown here", body = Refusal),
        (status = 409, description = "Another size was cosigned last, and which", body = String, content_type = "text/x.tlog.size"),
        (status = 422, description = "It does not go on from the last", body = Refusal),
    )
)]
pub(super) async fn add_checkpoint(app: App, body: Bytes) -> ApiResult<Response> {
    let witness = Arc::clone(witness(&app)?);
    let done = spawn_blocking(move || witness.add_checkpoint(&body, &SystemClock)).await;
    let error = match done {
        Ok(Ok(line)) => return Ok(([(CONTENT_TYPE, TEXT)], line).into_response()),
        Ok(Err(error)) => error,
        Err(error) => return Err(ApiError::new(Code::InternalError, error.to_string())),
    };
    let message = error.to_string();
    Err(match error {
        Unwitnessed::Conflict(size) => {
            let answer = (StatusCode::CONFLICT, [(CONTENT_TYPE, SIZE)], format!("{size}\n"));
            return Ok(answer.into_response());
        }
        Unwitnessed::Inconsistent => {
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, message).into_response());
        }
        Unwitnessed::Malformed(_) => ApiError::new(Code::BadRequest, message),
        Unwitnessed::Unknown(_) => ApiError::missing(message),
        Unwitnessed::Unsigned => ApiError::new(Code::PermissionDenied, message),
        Unwitnessed::Disk(_) => ApiError::new(Code::InternalError, message),
    })
}

fn witness(app: &App) -> ApiResult<&Arc<Witness>> {
    app.witness.as_ref().ok_or_else(|| {
        ApiError::new(Code::FeatureDisabled, "This server is no witness of other logs.")
    })
}

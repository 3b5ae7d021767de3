//! Is the server there, and which MLflow does it speak?

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    App,
    response::{Json, Object},
};

/// The MLflow whose REST API this server speaks; clients ask before they use newer calls.
pub const MLFLOW_VERSION: &str = "3.17.2";

pub(super) async fn health(State(app): State<App>) -> Response {
    if app.engine.is_poisoned() {
        let reason = "the log cannot be written; the server must be restarted";
        return (StatusCode::SERVICE_UNAVAILABLE, reason).into_response();
    }
    "OK".into_response()
}

pub(super) async fn version() -> &'static str {
    MLFLOW_VERSION
}

/// What this server has, in the words in which newer clients ask.
pub(super) async fn server_info() -> Json {
    let off = ["workspaces_enabled", "trace_archival_enabled", "multipart_uploads_enabled"];
    let info = Object::new().set("store_type", "SqlStore");
    let info = off.into_iter().fold(info, |info, feature| info.set(feature, false));
    Json(info.set("multipart_downloads_enabled", false).into())
}

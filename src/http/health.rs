//! Is the server there, and which MLflow does it speak?

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

use super::{App, response::Json};

/// The MLflow whose REST API this server speaks; clients ask before they use newer calls.
pub const MLFLOW_VERSION: &str = "3.17.2";

pub(super) async fn health(app: App) -> Response {
    if app.engine.is_poisoned() {
        let reason = "the log cannot be written; the server must be restarted";
        return (StatusCode::SERVICE_UNAVAILABLE, reason).into_response();
    }
    "OK".into_response()
}

pub(super) async fn version() -> Html<&'static str> {
    Html(MLFLOW_VERSION)
}

/// What this server has, in the words in which newer clients ask. The URLs for uploads past the
/// server are asked for by run and by model; whether a store gives any is said upon each request.
pub(super) async fn server_info() -> Json {
    Json(json!({
        "store_type": "SqlStore",
        "workspaces_enabled": false,
        "trace_archival_enabled": false,
        "multipart_uploads_enabled": false,
        "multipart_downloads_enabled": false,
        "presigned_upload_run_id_supported": true,
        "presigned_upload_model_id_supported": true,
        "features_enabled": { "gateway": false },
    }))
}

//! What the server's options switch off, in MLflow's words.

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{Method, StatusCode},
    middleware::{Next, from_fn},
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

use super::{App, response::Json};

/// `routes`, answering no calls if the server has artifacts only.
pub(super) fn tracking_if(artifacts_only: bool, routes: Router<App>) -> Router<App> {
    let answer = async |path: MatchedPath, _: Request, _: Next| {
        unavailable(format!(
            "Endpoint: {} disabled due to the mlflow server running in `--artifacts-only` mode. To \
             enable tracking server functionality, run `mlflow server` without `--artifacts-only`",
            rule(&path)
        ))
    };
    if artifacts_only { routes.route_layer(from_fn(answer)) } else { routes }
}

/// `routes`, answering no calls unless the server has artifacts.
pub(super) fn proxy_unless(serve_artifacts: bool, routes: Router<App>) -> Router<App> {
    let answer = async |path: MatchedPath, request: Request, _: Next| {
        let is_transfer = path.as_str().contains("/artifacts/{");
        if is_transfer && matches!(*request.method(), Method::GET | Method::PUT) {
            let detail = "Artifact serving is disabled. Run `mlflow server` with \
                          `--serve-artifacts` to enable.";
            let json = Json(json!({ "detail": detail }));
            return (StatusCode::SERVICE_UNAVAILABLE, json).into_response();
        }
        unavailable(format!(
            "Endpoint: {} disabled due to the mlflow server running with `--no-serve-artifacts`. To \
             enable artifacts server functionality, run `mlflow server` with `--serve-artifacts`",
            rule(&path)
        ))
    };
    if serve_artifacts { routes } else { routes.route_layer(from_fn(answer)) }
}

/// A route as MLflow writes it: `/a/<b>/<path:c>`.
fn rule(path: &MatchedPath) -> String {
    path.as_str().replace("{*", "<path:").replace('{', "<").replace('}', ">")
}

fn unavailable(message: String) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Html(message)).into_response()
}

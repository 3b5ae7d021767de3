//! What the server's options switch off, in MLflow's words.

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};

use super::App;

/// `routes`, answering no calls if the server has artifacts only.
pub(super) fn tracking_if(artifacts_only: bool, routes: Router<App>) -> Router<App> {
    let answer = async |path: MatchedPath, _: Request, _: Next| {
        unavailable(format!(
            "Endpoint: {} disabled due to the mlflow server running in `--artifacts-only` mode. To \
             enable tracking server functionality, run `mlflow server` without `--artifacts-only`",
            path.as_str()
        ))
    };
    if artifacts_only { routes.route_layer(from_fn(answer)) } else { routes }
}

/// `routes`, answering no calls unless the server has artifacts.
pub(super) fn proxy_unless(serve_artifacts: bool, routes: Router<App>) -> Router<App> {
    let answer = async |path: MatchedPath, _: Request, _: Next| {
        unavailable(format!(
            "Endpoint: {} disabled due to the mlflow server running with `--no-serve-artifacts`. To \
             enable artifacts server functionality, run `mlflow server` with `--serve-artifacts`",
            path.as_str()
        ))
    };
    if serve_artifacts { routes } else { routes.route_layer(from_fn(answer)) }
}

fn unavailable(message: String) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, message).into_response()
}

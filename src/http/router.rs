//! Every route on one page. MLflow's stand under `/api` and, for its UI, under `/ajax-api`.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{Method, StatusCode, Uri, header::ALLOW},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{delete, get, patch, post},
};

use super::{
    App, as_of, disabled,
    error::{ApiError, Code},
    graphql, health,
    mlflow::{
        artifacts, datasets, experiments, logged_models, metric_bulk, metrics, model_versions,
        registered_models, runs, webhooks,
    },
    off, runlog,
    security::{self, Gate},
    ui,
};
use crate::base::limits::JSON_BYTES_MAX;

/// The whole server: what is there now, and as it was.
pub fn router(app: App) -> Router {
    let gate = Arc::new(Gate::new(&app.config));
    // Outside of the routes, so that a moment is out of the path before it is looked up.
    Router::new()
        .fallback_service(routes(app.clone()))
        .layer(middleware::from_fn_with_state(app, as_of::travel))
        .layer(middleware::from_fn_with_state(gate, security::check))
}

/// What answers requests, be they about now or about a moment in the past.
fn routes(app: App) -> Router {
    let only = app.config.artifacts_only;
    let served = disabled::tracking_if(only, tracking());
    let api = Router::new()
        .nest("/2.0/mlflow", served)
        .nest(
            "/2.0/mlflow-artifacts",
            disabled::proxy_unless(app.config.serve_artifacts, artifact_proxy()),
        )
        .merge(off::api())
        .merge(off::nowhere())
        .route("/3.0/mlflow/server-info", get(health::server_info));
    let routes = Router::new()
        .nest("/api", api.clone())
        .nest("/ajax-api", api.merge(disabled::tracking_if(only, ajax_only())).merge(off::empty()))
        .merge(off::elsewhere())
        .merge(runlog::routes(&app.config.static_prefix))
        .merge(disabled::tracking_if(only, beside_api()))
        .route("/health", get(health::health))
        .route("/version", get(health::version))
        .merge(ui::routes());
    let routes = match app.config.static_prefix.as_str() {
        "" => routes,
        prefix => Router::new().nest(prefix, routes).route(&format!("{prefix}/"), get(ui::page)),
    };
    routes
        .fallback(unknown_route)
        .layer(middleware::from_fn(other_method))
        .layer(DefaultBodyLimit::max(JSON_BYTES_MAX))
        .with_state(app)
}

/// All but artifacts.
fn tracking() -> Router<App> {
    experiments_and_runs().merge(registry()).merge(webhook_routes())
}

/// Experiments, runs, metrics, logged models.
fn experiments_and_runs() -> Router<App> {
    Router::new()
        .route("/experiments/create", post(experiments::create_experiment))
        .route("/experiments/get", get(experiments::get_experiment))
        .route("/experiments/get-by-name", get(experiments::get_experiment_by_name))
        .route("/experiments/search", get(experiments::search).post(experiments::search))
        .route("/experiments/update", post(experiments::update_experiment))
        .route("/experiments/delete", post(experiments::delete_experiment))
        .route("/experiments/restore", post(experiments::restore_experiment))
        .route("/experiments/set-experiment-tag", post(experiments::set_experiment_tag))
        .route("/experiments/delete-experiment-tag", post(experiments::delete_experiment_tag))
        .route("/runs/create", post(runs::create_run))
        .route("/runs/update", post(runs::update_run))
        .route("/runs/delete", post(runs::delete_run))
        .route("/runs/restore", post(runs::restore_run))
        .route("/runs/get", get(runs::get_run))
        .route("/runs/search", post(runs::search))
        .route("/runs/log-metric", post(metrics::log_metric))
        .route("/runs/log-batch", post(metrics::log_batch))
        .route("/runs/log-parameter", post(runs::log_param))
        .route("/runs/set-tag", post(runs::set_run_tag))
        .route("/runs/delete-tag", post(runs::delete_run_tag))
        .route("/runs/log-inputs", post(runs::log_inputs))
        .route("/runs/outputs", post(runs::log_outputs))
        .route("/runs/log-model", post(runs::record_model))
        .route("/metrics/get-history", get(metrics::get_metric_history))
        .route(
            "/metrics/get-history-bulk-interval",
            get(metric_bulk::get_metric_history_bulk_interval),
        )
        .route("/artifacts/list", get(artifacts::list_run_artifacts))
        .route("/artifacts/presigned-upload-url", post(artifacts::presign_upload))
        .route("/artifacts/presigned-download-url", post(artifacts::presign_download))
        .route("/logged-models", post(logged_models::create_logged_model))
        .route("/logged-models/search", post(logged_models::search))
        .route(
            "/logged-models/{model_id}",
            get(logged_models::get_logged_model)
                .patch(logged_models::finalize_logged_model)
                .delete(logged_models::delete_logged_model),
        )
        .route("/logged-models/{model_id}/params", post(logged_models::log_logged_model_params))
        .route("/logged-models/{model_id}/tags", patch(logged_models::set_logged_model_tags))
        .route(
            "/logged-models/{model_id}/tags/{tag_key}",
            delete(logged_models::delete_logged_model_tag),
        )
        .route(
            "/logged-models/{model_id}/artifacts/directories",
            get(artifacts::list_logged_model_artifacts),
        )
}

/// Registered models and versions.
fn registry() -> Router<App> {
    Router::new()
        .route("/registered-models/create", post(registered_models::create_registered_model))
        .route("/registered-models/get", get(registered_models::get_registered_model))
        .route("/registered-models/rename", post(registered_models::rename_registered_model))
        .route("/registered-models/update", patch(registered_models::update_registered_model))
        .route("/registered-models/delete", delete(registered_models::delete_registered_model))
        .route("/registered-models/search", get(registered_models::search))
        .route(
            "/registered-models/get-latest-versions",
            get(registered_models::get_latest_versions)
                .post(registered_models::get_latest_versions),
        )
        .route("/registered-models/set-tag", post(registered_models::set_registered_model_tag))
        .route(
            "/registered-models/delete-tag",
            delete(registered_models::delete_registered_model_tag),
        )
        .route(
            "/registered-models/alias",
            get(registered_models::get_version_by_alias)
                .post(registered_models::set_model_alias)
                .delete(registered_models::delete_model_alias),
        )
        .route("/model-versions/create", post(model_versions::create_model_version))
        .route("/model-versions/get", get(model_versions::get_model_version))
        .route("/model-versions/update", patch(model_versions::update_model_version))
        .route("/model-versions/delete", delete(model_versions::delete_model_version))
        .route("/model-versions/search", get(model_versions::search))
        .route("/model-versions/get-download-uri", get(model_versions::get_download_uri))
        .route("/model-versions/set-tag", post(model_versions::set_model_version_tag))
        .route("/model-versions/delete-tag", delete(model_versions::delete_model_version_tag))
        .route("/model-versions/transition-stage", post(model_versions::transition_stage))
}

/// Webhooks.
fn webhook_routes() -> Router<App> {
    Router::new()
        .route("/webhooks", get(webhooks::list_webhooks).post(webhooks::create_webhook))
        .route(
            "/webhooks/{webhook_id}",
            get(webhooks::get_webhook)
                .patch(webhooks::update_webhook)
                .delete(webhooks::delete_webhook),
        )
        .route("/webhooks/{webhook_id}/test", post(webhooks::test_webhook))
}

/// The artifact proxy. What it stores is streamed, so the bound on bodies does not concern it.
fn artifact_proxy() -> Router<App> {
    Router::new()
        .route("/artifacts", get(artifacts::list_artifacts))
        .route(
            "/artifacts/",
            get(artifacts::download_root).put(artifacts::upload_root).fallback(unknown_route),
        )
        .route(
            "/artifacts/{*artifact_path}",
            get(artifacts::download_artifact)
                .put(artifacts::upload_artifact)
                .delete(artifacts::delete_artifact),
        )
        .route("/mpu/create/{*artifact_path}", post(artifacts::begin_upload_in_parts))
        .route("/mpu/complete/{*artifact_path}", post(artifacts::upload_in_parts))
        .route("/mpu/abort/{*artifact_path}", post(artifacts::upload_in_parts))
        .route("/presigned/{*artifact_path}", get(artifacts::download_in_parts))
}

/// What MLflow's UI reaches beside the API: GraphQL, links to artifacts.
fn beside_api() -> Router<App> {
    Router::new()
        .route("/graphql", get(graphql::graphql).post(graphql::graphql))
        .route("/get-artifact", get(artifacts::get_run_artifact))
        .route("/model-versions/get-artifact", get(artifacts::get_version_artifact))
}

/// What only MLflow's UI calls.
fn ajax_only() -> Router<App> {
    Router::new()
        .route("/2.0/mlflow/upload-artifact", post(artifacts::upload_run_artifact))
        .route("/2.0/mlflow/experiments/search-datasets", post(datasets::search_datasets))
        .route("/2.0/mlflow/metrics/get-history-bulk", get(metric_bulk::get_metric_history_bulk))
        .route(
            "/2.0/mlflow/logged-models/{model_id}/artifacts/files",
            get(artifacts::get_logged_model_artifact),
        )
}

/// Whether a path is below `/api` or `/ajax-api`, of whatever prefix.
fn is_api(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment, "api" | "ajax-api"))
}

pub(super) async fn unknown_route(uri: Uri) -> ApiError {
    ApiError::new(Code::EndpointNotFound, format!("No such endpoint: {}", uri.path()))
}

/// Says what the router says of a method that a route does not have, and names those it has to who asks.
async fn other_method(request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let refused = next.run(request).await;
    if refused.status() != StatusCode::METHOD_NOT_ALLOWED {
        return refused;
    }
    let mut answer = match method {
        Method::OPTIONS if is_api(uri.path()) => (StatusCode::NO_CONTENT, Html("")).into_response(),
        Method::OPTIONS => Html("").into_response(),
        method => {
            let message = format!("{method} is not a method of {}", uri.path());
            ApiError::new(Code::MethodNotAllowed, message).into_response()
        }
    };
    let allowed = refused.headers().get(ALLOW).map(|allowed| (ALLOW, allowed.clone()));
    answer.headers_mut().extend(allowed);
    answer
}

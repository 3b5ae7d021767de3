//! Runlog's own endpoints, under `/api/runlog/1`: one file a subject. Each is described where it is
//! handled, and the descriptions are served as one OpenAPI document.

mod activity;
mod approvals;
mod entities;
mod events;
mod lineage;
mod models;
mod runs;
mod selection;
mod series;
mod stream;
mod tlog;
mod witness;

pub use stream::Streams;

use axum::{Json, Router, routing::get};
use utoipa::{
    OpenApi,
    openapi::{OpenApi as Document, Server},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App,
    error::{ApiError, ApiResult, Code},
};
use crate::audit::ReadError;

/// Where they are.
const ROOT: &str = "/api/runlog/1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Runlog",
        description = "What MLflow's API has no words for: history, lineage, proof. Every GET takes \
                       `as_of` in the query, or the header `Runlog-As-Of`: a sequence, an RFC 3339 \
                       time, or milliseconds since 1970."
    ),
    components(schemas(Refusal, crate::audit::Direction, crate::audit::EventOrder))
)]
struct Described;

/// What is wrong with a request, in the shape that MLflow's API gives it.
#[derive(serde::Serialize, utoipa::ToSchema)]
struct Refusal {
    /// The kind of error.
    error_code: String,
    /// The error in words.
    message: String,
}

/// The endpoints, and the document at `openapi.json`; `prefix` stands before every path of the server.
pub(super) fn routes(prefix: &str) -> Router<App> {
    let (routes, mut document) = described();
    if !prefix.is_empty() {
        document.servers = Some(vec![Server::new(prefix)]);
    }
    routes.route(&format!("{ROOT}/openapi.json"), get(async || Json(document)))
}

/// What an answer that reads the log is, found on a thread that may wait for the disk.
async fn look<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
) -> ApiResult<T> {
    let looked = tokio::task::spawn_blocking(look).await;
    let failed = |message: String| ApiError::new(Code::InternalError, message);
    looked.map_err(|error| failed(error.to_string()))?.map_err(|error| {
        tracing::error!(%error, "the log cannot be read");
        failed(error.to_string())
    })
}

fn described() -> (Router<App>, Document) {
    let routes = OpenApiRouter::new()
        .routes(routes!(events::list_events))
        .routes(routes!(stream::stream_events))
        .routes(routes!(activity::count_activity))
        .routes(routes!(entities::history))
        .routes(routes!(entities::diff))
        .routes(routes!(lineage::get_lineage))
        .routes(routes!(runs::window))
        .routes(routes!(runs::columns))
        .routes(routes!(series::series))
        .routes(routes!(models::model_stage_history))
        .routes(routes!(models::stages))
        .routes(routes!(models::all_stage_changes))
        .routes(routes!(models::aliases))
        .routes(routes!(approvals::approvals))
        .routes(routes!(approvals::require, approvals::lift))
        .routes(routes!(approvals::approve))
        .routes(routes!(approvals::reject))
        .routes(routes!(tlog::key))
        .routes(routes!(tlog::checkpoint))
        .routes(routes!(tlog::tile))
        .routes(routes!(tlog::proof))
        .routes(routes!(tlog::growth))
        .routes(routes!(tlog::witnessed))
        .routes(routes!(witness::key))
        .routes(routes!(witness::add_checkpoint));
    let all = OpenApiRouter::with_openapi(Described::openapi()).nest(ROOT, routes);
    let (router, mut document) = all.split_for_parts();
    // OpenAPI has no word for "the rest of the path".
    let paths = std::mem::take(&mut document.paths.paths).into_iter();
    document.paths.paths = paths.map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    (router, document)
}

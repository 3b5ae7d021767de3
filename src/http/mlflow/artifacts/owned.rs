//! The artifacts of a run, a model version or a logged model, by paths below its own artifact URI.

use axum::{
    body::{self, Body, Bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use futures::stream;

use super::{content, listing, store};
use crate::{
    artifacts::ArtifactPath,
    domain::logged_model,
    http::{
        App,
        error::{ApiError, ApiResult, Code},
        mlflow::{model_versions, runs},
        request::{Caller, Fields},
        response::Object,
    },
    views::lookup,
};

/// Bytes of a file that MLflow's UI may upload.
const UI_UPLOAD_BYTES_MAX: usize = 10 * 1024 * 1024;

pub(in crate::http) async fn list_run_artifacts(
    State(app): State<App>,
    fields: Fields,
) -> ApiResult<Object> {
    let dir = ArtifactPath::parse(&fields.string("path")?.unwrap_or_default())?;
    list(&app, run_uri(&app, &fields.run_id()?)?, &dir).await
}

pub(in crate::http) async fn list_logged_model_artifacts(
    State(app): State<App>,
    Path(model_id): Path<String>,
    fields: Fields,
) -> ApiResult<Object> {
    let dir = fields.string("artifact_directory_path")?.unwrap_or_default();
    list(&app, logged_model_uri(&app, &model_id)?, &ArtifactPath::parse(&dir)?).await
}

pub(in crate::http) async fn get_run_artifact(
    State(app): State<App>,
    headers: HeaderMap,
    fields: Fields,
) -> ApiResult<Response> {
    let path = ArtifactPath::parse(&fields.required("path")?)?;
    get(&app, &run_uri(&app, &fields.run_id()?)?, &path, &headers).await
}

pub(in crate::http) async fn get_version_artifact(
    State(app): State<App>,
    headers: HeaderMap,
    fields: Fields,
) -> ApiResult<Response> {
    let path = ArtifactPath::parse(&fields.required("path")?)?;
    let (name, version) = (fields.required("name")?, fields.required("version")?);
    get(&app, &version_uri(&app, &name, &version)?, &path, &headers).await
}

pub(in crate::http) async fn get_logged_model_artifact(
    State(app): State<App>,
    Path(model_id): Path<String>,
    headers: HeaderMap,
    fields: Fields,
) -> ApiResult<Response> {
    let path = fields.filled("artifact_file_path")?.ok_or_else(|| {
        let message = "Request must include the \"artifact_file_path\" query parameter.";
        ApiError::new(Code::BadRequest, message)
    })?;
    let uri = logged_model_uri(&app, &model_id)?;
    get(&app, &uri, &ArtifactPath::parse(&path)?, &headers).await
}

/// What MLflow's UI uploads: a small file, as the whole body.
pub(in crate::http) async fn upload_run_artifact(
    State(app): State<App>,
    Caller(context): Caller,
    RawQuery(query): RawQuery,
    body: Body,
) -> ApiResult<Response> {
    let fields = Fields::from_query(&query.unwrap_or_default());
    let must = |name| ApiError::invalid(format!("Request must specify {name}."));
    let run_id = fields.filled("run_uuid")?.ok_or_else(|| must("run_uuid"))?;
    let path = fields.filled("path")?.ok_or_else(|| must("path"))?;
    let path = ArtifactPath::parse_file(&path)?;
    let data = body::to_bytes(body, UI_UPLOAD_BYTES_MAX)
        .await
        .map_err(|_| ApiError::invalid("Artifact size is too large. Max size is 10MB."))?;
    if data.is_empty() {
        return Err(must("data"));
    }
    let path = app.artifacts.locate(&run_uri(&app, &run_id)?, &path)?;
    store(app, context, path, stream::iter([Ok::<Bytes, axum::Error>(data)])).await?;
    let mut response = Response::new(Body::empty());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

async fn list(app: &App, root_uri: String, dir: &ArtifactPath) -> ApiResult<Object> {
    let entries = app.artifacts.list(&app.artifacts.locate(&root_uri, dir)?).await?;
    Ok(Object::new().set("root_uri", root_uri).set_list("files", listing(&entries, dir)))
}

async fn get(
    app: &App,
    root_uri: &str,
    path: &ArtifactPath,
    headers: &HeaderMap,
) -> ApiResult<Response> {
    let path = app.artifacts.locate(root_uri, path)?;
    content::send(&app.artifacts, &path, headers).await
}

/// Where the artifacts of a run are.
pub(super) fn run_uri(app: &App, run_id: &str) -> ApiResult<String> {
    let found = lookup::run(&app.engine.views().view(), run_id);
    let found = found.ok_or_else(|| runs::not_found(run_id))?;
    Ok(found.artifact_uri.clone())
}

/// Where the files of a logged model are.
pub(super) fn logged_model_uri(app: &App, model_id: &str) -> ApiResult<String> {
    let found = lookup::logged_model(&app.engine.views().view(), model_id);
    let found = found.filter(|model| model.lifecycle.is_active());
    let found = found.ok_or_else(|| logged_model::not_found(model_id))?;
    Ok(found.artifact_uri.clone())
}

/// Where the files of a model version are.
fn version_uri(app: &App, name: &str, version: &str) -> ApiResult<String> {
    let number = model_versions::parse_version(name, version)?;
    let (_, found) = model_versions::find(&app.engine.views().view(), name, number)?;
    Ok(found.storage_location.clone().unwrap_or_else(|| found.source.clone()))
}

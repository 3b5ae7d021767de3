//! The artifacts of a run, a model version or a logged model, by paths below its own artifact URI.

use std::convert::Infallible;

use axum::{
    body::{self, Body, Bytes},
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::Response,
};
use futures::stream;

use super::{
    content::{self, BadRange},
    listing, moment, store,
};
use crate::{
    artifacts::{ArtifactError, ArtifactPath},
    domain::{logged_model, validate},
    http::{
        App,
        error::{ApiError, ApiResult, Code},
        mlflow::{model_versions, runs},
        request::{Caller, Fields, InPath},
        response::Object,
    },
    views::lookup,
};

/// Bytes of a file that MLflow's UI may upload.
const UI_UPLOAD_BYTES_MAX: usize = 10 * 1024 * 1024;

pub(in crate::http) async fn list_run_artifacts(app: App, fields: Fields) -> ApiResult<Object> {
    let dir = ArtifactPath::decoded(&fields.string("path")?.unwrap_or_default())?;
    let path = ArtifactPath::parse(&dir)?;
    list(&app, run_uri(&app, &fields.run_id()?)?, &dir, &path).await
}

pub(in crate::http) async fn list_logged_model_artifacts(
    app: App,
    InPath(model_id): InPath<String>,
    fields: Fields,
) -> ApiResult<Object> {
    let dir = fields.string("artifact_directory_path")?.unwrap_or_default();
    let dir = ArtifactPath::decoded(&dir)?;
    let path = ArtifactPath::parse(&dir)?;
    list(&app, logged_model_uri(&app, &model_id)?, &dir, &path).await
}

pub(in crate::http) async fn get_run_artifact(
    app: App,
    headers: HeaderMap,
    Query(fields): Query,
) -> ApiResult<Response> {
    let path = Wanted::of(&fields, "path")?;
    let run_id = fields.filled("run_id")?.or(fields.filled("run_uuid")?);
    let run_id = run_id.unwrap_or_else(|| "None".to_owned());
    get(&app, &run_uri(&app, &run_id)?, &path, &headers).await
}

pub(in crate::http) async fn get_version_artifact(
    app: App,
    headers: HeaderMap,
    Query(fields): Query,
) -> ApiResult<Response> {
    let path = Wanted::of(&fields, "path")?;
    let name = fields.filled("name")?.ok_or_else(|| validate::missing_value("name"))?;
    let version = fields.required("version")?;
    get(&app, &version_uri(&app, &name, &version)?, &path, &headers).await
}

pub(in crate::http) async fn get_logged_model_artifact(
    app: App,
    InPath(model_id): InPath<String>,
    headers: HeaderMap,
    Query(fields): Query,
) -> ApiResult<Response> {
    fields.filled("artifact_file_path")?.ok_or_else(|| {
        let message = "Request must include the \"artifact_file_path\" query parameter.";
        ApiError::new(Code::BadRequest, message)
    })?;
    let path = Wanted::of(&fields, "artifact_file_path")?;
    get(&app, &logged_model_uri(&app, &model_id)?, &path, &headers).await
}

/// What MLflow's UI uploads: a small file, as the whole body.
pub(in crate::http) async fn upload_run_artifact(
    app: App,
    Caller(context): Caller,
    Query(fields): Query,
    body: Body,
) -> ApiResult<Response> {
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

/// The query alone: MLflow's links to artifacts have nothing else, whatever the method.
pub(in crate::http) struct Query(Fields);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Fields::from_query(parts.uri.query().unwrap_or_default())))
    }
}

/// A path to a file, and what the caller calls it.
struct Wanted {
    given: String,
    path: ArtifactPath,
}

impl Wanted {
    fn of(fields: &Fields, name: &str) -> ApiResult<Self> {
        let given = fields.string(name)?.ok_or_else(|| ApiError::missing_field(name))?;
        let given = ArtifactPath::decoded(&given)?;
        Ok(Self { path: ArtifactPath::parse(&given)?, given })
    }
}

async fn list(app: &App, root_uri: String, dir: &str, path: &ArtifactPath) -> ApiResult<Object> {
    let entries = moment::list(app, &app.artifacts.locate(&root_uri, path)?).await?;
    Ok(Object::new().set("root_uri", root_uri).set_list("files", listing(&entries, dir)))
}

async fn get(
    app: &App,
    root_uri: &str,
    wanted: &Wanted,
    headers: &HeaderMap,
) -> ApiResult<Response> {
    let root = app.artifacts.locate(root_uri, &ArtifactPath::ROOT)?;
    let path = root.join(&wanted.path)?;
    match moment::send(app, &path, headers, BadRange::Unsatisfiable).await {
        Err(ArtifactError::IsDirectory { .. }) => {
            let place = format!("{root}/{}", wanted.given);
            Err(ApiError::invalid(content::is_directory(&place)))
        }
        answer => Ok(answer?),
    }
}

/// Where the artifacts of a run are.
pub(super) fn run_uri(app: &App, run_id: &str) -> ApiResult<String> {
    let found = lookup::run(&app.views().view(), run_id);
    let found = found.ok_or_else(|| runs::not_found(run_id))?;
    Ok(found.artifact_uri.clone())
}

/// Where the files of a logged model are.
pub(super) fn logged_model_uri(app: &App, model_id: &str) -> ApiResult<String> {
    let found = lookup::logged_model(&app.views().view(), model_id);
    let found = found.filter(|model| model.lifecycle.is_active());
    let found = found.ok_or_else(|| logged_model::not_found(model_id))?;
    Ok(found.artifact_uri.clone())
}

/// Where the files of a model version are.
fn version_uri(app: &App, name: &str, version: &str) -> ApiResult<String> {
    let (_, found) = model_versions::find(&app.views().view(), name, version)?;
    Ok(found.storage_location.clone().unwrap_or_else(|| found.source.clone()))
}

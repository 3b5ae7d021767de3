//! `/mlflow-artifacts/artifacts/...`: the store itself, by path.

use axum::{
    body::Body,
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    content::{self, BadRange},
    listing, moment, store, unstoppable,
};
use crate::{
    artifacts::{ArtifactError, ArtifactPath, PathError},
    domain::{Command, artifact},
    http::{
        App,
        error::{ApiError, ApiResult},
        request::{Caller, Fields},
        response::{Empty, Json, Object},
    },
};

/// The rest of the URL's path, percent-decoded once.
pub(super) type Rest = Result<Path<String>, PathRejection>;

/// What is not even text is no path.
pub(super) fn text(rest: Rest) -> ApiResult<String> {
    rest.map(|Path(text)| text).map_err(|_| ApiError::from(PathError::Unsafe))
}

pub(in crate::http) async fn download_artifact(
    app: App,
    path: Rest,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let given = ArtifactPath::decoded(&text(path)?)?;
    let path = ArtifactPath::parse(&given)?;
    match moment::send(&app, &path, &headers, BadRange::Refused).await {
        Err(ArtifactError::IsDirectory { .. }) => Ok(detail(&content::is_directory(&given))),
        answer => Ok(answer?),
    }
}

/// The root of the store is a directory.
pub(in crate::http) async fn download_root() -> Response {
    detail(&content::is_directory(""))
}

pub(in crate::http) async fn upload_artifact(
    app: App,
    Caller(context): Caller,
    path: Rest,
    body: Body,
) -> ApiResult<Response> {
    let path = match ArtifactPath::parse_file(&text(path)?) {
        Err(PathError::NoFileName) => return Ok(upload_root().await),
        path => path?,
    };
    store(app, context, path, body.into_data_stream()).await?;
    Ok(().into_response())
}

/// The root of the store is no name for a file.
pub(in crate::http) async fn upload_root() -> Response {
    detail(&PathError::NoFileName.to_string())
}

/// A mistake as MLflow's own routes for bytes answer it, which are outside its REST API proper.
fn detail(words: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "detail": words }))).into_response()
}

pub(in crate::http) async fn delete_artifact(
    app: App,
    Caller(context): Caller,
    path: Rest,
) -> ApiResult<Empty> {
    let path = ArtifactPath::parse(&text(path)?)?;
    unstoppable(async move {
        let _turn = app.artifacts.turn(&path).await;
        app.artifacts.check_delete(&path).await?;
        moment::keep(&app, &path, None).await;
        // In this order nothing is gone if the log has no space to say so.
        let command = artifact::Delete { path: path.as_str().to_owned() };
        app.execute(context, Command::DeleteArtifact(command)).await?;
        app.artifacts.delete(&path).await?;
        Ok(())
    })
    .await?;
    Ok(Empty)
}

pub(in crate::http) async fn list_artifacts(app: App, fields: Fields) -> ApiResult<Object> {
    let path = ArtifactPath::parse(&fields.string("path")?.unwrap_or_default())?;
    let entries = moment::list(&app, &path).await?;
    Ok(Object::new().set_list("files", listing(&entries, "")))
}

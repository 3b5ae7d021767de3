//! Ways past the server, straight to a remote store: this server has none, and says so in MLflow's
//! words, upon which clients send files through the proxy.

use super::{
    owned::{logged_model_uri, run_uri},
    proxy::{Rest, text},
};
use crate::{
    artifacts::ArtifactPath,
    http::{
        App,
        error::{ApiError, ApiResult, Code},
        request::Fields,
    },
};

/// Begins an upload in parts.
pub(in crate::http) async fn begin_upload_in_parts(path: Rest, fields: Fields) -> ApiResult<()> {
    fields.int("num_parts")?;
    upload_in_parts(path, fields).await
}

/// Completes or gives up an upload in parts.
pub(in crate::http) async fn upload_in_parts(path: Rest, fields: Fields) -> ApiResult<()> {
    ArtifactPath::parse(&text(path)?)?;
    fields.required("path")?;
    Err(unsupported("Multipart upload"))
}

/// A URL to download the parts of an artifact from.
pub(in crate::http) async fn download_in_parts(path: Rest) -> ApiResult<()> {
    ArtifactPath::parse(&text(path)?)?;
    Err(unsupported("Multipart download"))
}

pub(in crate::http) async fn presign_upload(app: App, fields: Fields) -> ApiResult<()> {
    ArtifactPath::parse(&fields.required("path")?)?;
    let uri = match (fields.filled("run_id")?, fields.filled("model_id")?) {
        (Some(run_id), None) => run_uri(&app, &run_id)?,
        (None, Some(model_id)) => logged_model_uri(&app, &model_id)?,
        _ => return Err(ApiError::invalid("Exactly one of run_id and model_id must be provided.")),
    };
    Err(match proxied(&uri) {
        None => unsupported("Presigned upload"),
        Some(scheme) => ApiError::invalid(format!(
            "Presigned upload is not supported for proxied artifact storage (artifact URI scheme: \
             {scheme}). This endpoint requires a direct cloud storage artifact URI."
        )),
    })
}

pub(in crate::http) async fn presign_download(app: App, fields: Fields) -> ApiResult<()> {
    let uri = run_uri(&app, &fields.required("run_id")?)?;
    ArtifactPath::parse(&fields.required("path")?)?;
    Err(match proxied(&uri) {
        None => unsupported("Presigned download"),
        Some(scheme) => ApiError::invalid(format!(
            "Presigned download is not supported for runs with proxied artifact storage (artifact \
             URI scheme: {scheme}). This endpoint requires a run with a direct cloud storage \
             artifact URI."
        )),
    })
}

fn unsupported(what: &str) -> ApiError {
    let message = format!("{what} is not supported for the current artifact repository");
    ApiError::new(Code::NotImplemented, message)
}

/// The scheme of a URI whose files pass through a server.
fn proxied(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    matches!(scheme, "http" | "https" | "mlflow-artifacts").then_some(scheme)
}

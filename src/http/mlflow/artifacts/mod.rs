//! Artifacts: the proxy that clients send files through, and the files of runs, model versions and
//! logged models. Every path is checked by [`ArtifactPath`] before the store hears of it.

mod content;
mod moment;
mod owned;
mod proxy;
mod unsupported;

pub(in crate::http) use owned::*;
pub(in crate::http) use proxy::*;
pub(in crate::http) use unsupported::*;

use axum::body::Bytes;
use futures::Stream;
use serde_json::Value;

use crate::{
    artifacts::{ArtifactPath, Entry},
    domain::{Command, artifact},
    engine::Context,
    http::{
        App,
        error::{ApiError, ApiResult, Code},
        response::Object,
    },
};

/// Records that `bytes` stand at `path` and stores them there, both durably. Recorded first, when
/// nothing but a name is missing: where the log has no space, a file that was there stays as it was.
async fn store<S>(app: App, context: Context, path: ArtifactPath, bytes: S) -> ApiResult<()>
where
    S: Stream<Item = Result<Bytes, axum::Error>> + Send,
{
    let upload = app.artifacts.receive(&path, bytes).await?;
    unstoppable(async move {
        let _turn = app.artifacts.turn(&path).await;
        let prepared = upload.prepare().await?;
        let stored = prepared.stored();
        moment::keep(&app, &path, Some(&stored.sha256)).await;
        let path = path.as_str().to_owned();
        let record = artifact::Record { path, size: stored.size, sha256: stored.sha256.0 };
        app.execute(context, Command::RecordArtifact(record)).await?;
        prepared.finish().await?;
        Ok(())
    })
    .await
}

/// Runs a change of the store and its record to their end even if the caller goes away meanwhile, so
/// that neither is without the other.
async fn unstoppable(
    change: impl Future<Output = ApiResult<()>> + Send + 'static,
) -> ApiResult<()> {
    let ended = tokio::spawn(change).await;
    ended.unwrap_or_else(|error| Err(ApiError::new(Code::InternalError, error.to_string())))
}

/// A listing, each path below `dir` as it was asked for. As in MLflow, an empty file has no size.
fn listing(entries: &[Entry], dir: &str) -> Vec<Value> {
    let slash = if dir.is_empty() || dir.ends_with('/') { "" } else { "/" };
    let file = |entry: &Entry| {
        Object::new()
            .set("path", format!("{dir}{slash}{}", entry.name))
            .set("is_dir", entry.is_dir())
            .set_some("file_size", entry.size.filter(|&size| size > 0))
            .into()
    };
    entries.iter().map(file).collect()
}

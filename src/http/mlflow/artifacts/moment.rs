//! Artifacts of now, or as they were recorded at a moment in the past.

use axum::{http::HeaderMap, response::Response};

use super::content::{self, BadRange};
use crate::{
    artifacts::{ArtifactError, ArtifactPath, Entry},
    base::{Clock as _, SystemClock, digest::Sha256Digest},
    http::App,
    views::{
        Views, keys, lookup,
        store::{Read as _, Value},
    },
};

/// What is in a directory. In the past: of what was stored through this server.
pub(super) async fn list(app: &App, dir: &ArtifactPath) -> Result<Vec<Entry>, ArtifactError> {
    match &app.past {
        None => app.artifacts.list(dir).await,
        Some(views) => Ok(recorded(views, dir)),
    }
}

/// Answers with the artifact at `path`. In the past: if it is still what it was then, or kept.
pub(super) async fn send(
    app: &App,
    path: &ArtifactPath,
    request: &HeaderMap,
    bad_range: BadRange,
) -> Result<Response, ArtifactError> {
    let Some(past) = &app.past else {
        return content::send(&app.artifacts, path, path, request, bad_range).await;
    };
    let Some(then) = lookup::artifact(&past.view(), path.as_str()) else {
        let path = path.clone();
        return Err(match recorded(past, &path).is_empty() {
            true => ArtifactError::NotFound { path },
            false => ArtifactError::IsDirectory { path },
        });
    };
    // Nobody puts another in its place between the look and the opening.
    let _turn = app.artifacts.turn(path).await;
    let now = lookup::artifact(&app.engine.views().view(), path.as_str());
    if now.is_some_and(|now| now.sha256 == then.sha256) {
        return content::send(&app.artifacts, path, path, request, bad_range).await;
    }
    match app.artifacts.kept(&Sha256Digest(then.sha256)).await? {
        Some(kept) => content::send(&app.artifacts, &kept, path, request, bad_range).await,
        None => Err(ArtifactError::NotKept { path: path.clone() }),
    }
}

/// Keeps what is recorded at `path` and below, if it is not `new`: it is about to be replaced, or deleted.
/// That it cannot be kept does not stop what is about to happen.
pub(super) async fn keep(app: &App, path: &ArtifactPath, new: Option<&Sha256Digest>) {
    if app.config.artifact_retention_days == 0 {
        return;
    }
    let old: Vec<(ArtifactPath, Sha256Digest)> = {
        let (view, below) = (app.views().view(), keys::artifacts_below(path.as_str()));
        let here = lookup::artifact(&view, path.as_str()).map(|file| (path.clone(), file));
        let below = view.prefix(&below).into_iter().filter_map(|(key, value)| {
            let Value::Artifact(file) = value else { return None };
            Some((ArtifactPath::parse(std::str::from_utf8(key.get(1..)?).ok()?).ok()?, file))
        });
        let all = here.into_iter().chain(below);
        all.map(|(path, file)| (path, Sha256Digest(file.sha256))).collect()
    };
    for (path, content) in old.iter().filter(|(_, content)| Some(content) != new) {
        match app.artifacts.keep(path, content, SystemClock.now()).await {
            // It went without this server.
            Ok(()) | Err(ArtifactError::NotFound { .. }) => {}
            Err(error) => tracing::warn!(%path, %error, "what an artifact was is not kept"),
        }
    }
}

/// The files and directories recorded right below `dir`, by name.
fn recorded(views: &Views, dir: &ArtifactPath) -> Vec<Entry> {
    let below = keys::artifacts_below(dir.as_str());
    let (view, end) = (views.view(), keys::after_prefix(&below));
    let (mut entries, mut from) = (Vec::new(), below.clone());
    while let Some((key, value)) = view.range(&from, end.as_deref(), 1).pop() {
        let rest = String::from_utf8_lossy(key.get(below.len()..).unwrap_or_default());
        let Some((name, _)) = rest.split_once('/') else {
            let size = if let Value::Artifact(file) = value { file.size } else { 0 };
            entries.push(Entry { name: rest.into_owned(), size: Some(size) });
            from = [&key[..], &[0]].concat().into();
            continue;
        };
        entries.push(Entry { name: name.to_owned(), size: None });
        let whole = [&below[..], name.as_bytes(), b"/"].concat();
        let Some(after) = keys::after_prefix(&whole) else { break };
        from = after;
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

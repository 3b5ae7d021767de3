//! The page that people see: experiments, runs and registered models, read through the API. Built into the program by
//! `src/ui/build.rs`; loads nothing from elsewhere.

use axum::{
    Router,
    extract::{OriginalUri, Path},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY,
            CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY,
        },
    },
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{App, router::unknown_route};
use crate::base::digest::Sha256Digest;

/// What the page may do: run its own script, ask this server, show its artifacts, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'";

/// The files of the page, by their path, with a compressed twin (`.gz`) of each.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/ui_files.rs"));

/// What is shown where the page was not built.
const UNBUILT: &[u8] = b"<!doctype html><meta charset=\"utf-8\"><title>Runlog</title><p>This Runlog was built without its \
    UI: Node.js 20 was not there, or no package registry. Build it again where both are: <code>cargo build --release</code>. \
    The API works: <a href=\"api/runlog/1/openapi.json\">what it offers</a>.</p>";

/// The page and its parts.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/", get(page)).route("/static-files/{file}", get(part))
}

/// The page, at a path with a slash at its end, from which it names its parts.
pub(super) async fn page(OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    if !uri.path().ends_with('/') {
        return Redirect::temporary(&format!("{}/", uri.path())).into_response();
    }
    let (page, _) = find("index.html", false).unwrap_or((UNBUILT, false));
    let tag = format!("\"{}\"", Sha256Digest::of(page));
    let cached = headers.get(IF_NONE_MATCH).is_some_and(|it| it.as_bytes() == tag.as_bytes());
    let mut response = if cached {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file("index.html", &headers).unwrap_or_else(|| typed("text/html; charset=utf-8", UNBUILT))
    };
    let tag = HeaderValue::from_str(&tag).expect("it is hexadecimal");
    response.headers_mut().insert(ETAG, tag);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A part, which has its digest in its name and never changes.
async fn part(
    OriginalUri(uri): OriginalUri,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(mut response) = file(&format!("static-files/{name}"), &headers) else {
        return unknown_route(uri).await.into_response();
    };
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, forever);
    response
}

fn find(path: &str, compressed: bool) -> Option<(&'static [u8], bool)> {
    let bytes = |path: &str| FILES.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes);
    let twin = compressed.then(|| bytes(&format!("{path}.gz"))).flatten();
    twin.map(|twin| (twin, true)).or_else(|| bytes(path).map(|bytes| (bytes, false)))
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|it| it.to_str().ok());
    let (bytes, compressed) = find(path, accepted.is_some_and(|it| it.contains("gzip")))?;
    let content_type = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "application/octet-stream",
    };
    let mut response = typed(content_type, bytes);
    if compressed {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Some(response)
}

fn typed(content_type: &'static str, bytes: &'static [u8]) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (VARY, "Accept-Encoding"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), bytes).into_response()
}

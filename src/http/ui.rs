//! The page that people see: experiments, runs and registered models, read through the REST API.
//! Built into the program; loads nothing from elsewhere.

use axum::{
    Router,
    extract::OriginalUri,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY},
    },
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::App;

/// What the page may do: run its own script, ask this server, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

/// The page and its parts.
pub(super) fn routes() -> Router<App> {
    let script = || file("text/javascript; charset=utf-8", include_str!("../ui/app.js"));
    let style = || file("text/css; charset=utf-8", include_str!("../ui/style.css"));
    Router::new()
        .route("/", get(page))
        .route("/static-files/app.js", get(async move || script()))
        .route("/static-files/style.css", get(async move || style()))
}

/// The page, at a path with a slash at its end, from which it names its parts.
pub(super) async fn page(OriginalUri(uri): OriginalUri) -> Response {
    if !uri.path().ends_with('/') {
        return Redirect::temporary(&format!("{}/", uri.path())).into_response();
    }
    file("text/html; charset=utf-8", include_str!("../ui/index.html"))
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers.map(|(name, value)| (name, HeaderValue::from_static(value))), text).into_response()
}

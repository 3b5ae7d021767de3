//! Requests to the past: `/as-of/<moment>/…` before any path, the header `Runlog-As-Of`, or `as_of` in the
//! query. They are answered by the same handlers from the views of that moment, and change nothing.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, Uri},
    middleware::Next,
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use tokio::task::spawn_blocking;

use super::{
    App,
    error::{ApiError, ApiResult, Code},
};
use crate::{
    audit::{Moment, moment_seq},
    base::{Clock as _, SystemClock},
};

/// Names the moment that a request is about; in the answer, the last event that it knows.
const HEADER: HeaderName = HeaderName::from_static("runlog-as-of");
/// The same in a query.
const FIELD: &str = "as_of";
/// The same before a path.
const PREFIX: &str = "/as-of/";

/// Ends of paths that are read by POST.
const READ_BY_POST: [&str; 6] = [
    "/search",
    "/search-datasets",
    "/get-latest-versions",
    "/graphql",
    "/presigned-download-url",
    "/presigned-upload-url",
];

/// Answers requests that name a moment as of then, and passes on all others.
pub(super) async fn travel(State(app): State<App>, mut request: Request, next: Next) -> Response {
    match take_moment(&app.config.static_prefix, &mut request) {
        Ok(None) => next.run(request).await,
        Ok(Some(moment)) => {
            answer(&app, moment, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        Err(refused) => refused.into_response(),
    }
}

/// Says that a request to the past cannot change it.
pub(super) fn no_write() -> ApiError {
    let message = "The past cannot be changed: requests as of a moment can only read.";
    ApiError::new(Code::PermissionDenied, message)
}

async fn answer(
    app: &App,
    moment: Moment,
    mut request: Request,
    next: Next,
) -> ApiResult<Response> {
    if !is_read(request.method(), request.uri().path()) {
        return Err(no_write());
    }
    let engine = Arc::clone(&app.engine);
    let located = spawn_blocking(move || moment_seq(engine.log(), moment, SystemClock.now()));
    let failed = |message: String| ApiError::new(Code::InternalError, message);
    let seq = located.await.map_err(|error| failed(error.to_string()))?;
    let seq = seq.map_err(|error| failed(error.to_string()))?;
    let seq = seq.ok_or_else(|| ApiError::invalid("That moment has not come yet."))?;
    let views = app.engine.views_at(seq).await.map_err(|error| failed(error.to_string()))?;
    request.extensions_mut().insert(views);
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, HeaderValue::from(seq.0));
    Ok(response)
}

fn is_read(method: &Method, path: &str) -> bool {
    match *method {
        Method::GET | Method::HEAD | Method::OPTIONS => true,
        Method::POST => READ_BY_POST.iter().any(|end| path.ends_with(end)),
        _ => false,
    }
}

/// Takes the moment out of a request, if it names one; what is left is the request as it would be now.
fn take_moment(prefix: &str, request: &mut Request) -> ApiResult<Option<Moment>> {
    let mut named = Vec::new();
    if let Some(value) = request.headers_mut().remove(HEADER) {
        named.push(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    let rest = path.strip_prefix(prefix).and_then(|path| path.strip_prefix(PREFIX));
    let in_query = query.contains(FIELD);
    if rest.is_some() || in_query {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = match rest.map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
            None => path.to_owned(),
            Some((moment, rest)) => {
                named.push(decode(moment));
                format!("{prefix}/{rest}")
            }
        };
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                // A plus is no space here: it stands before the offset of a time.
                Some((FIELD, moment)) => named.push(decode(moment)),
                _ => kept.push(pair),
            }
        }
        let mark = if kept.is_empty() { "" } else { "?" };
        let target = format!("{path}{mark}{}", kept.join("&"));
        let uri: Uri = target.parse().map_err(|_| ApiError::invalid("The URL makes no sense."))?;
        *request.uri_mut() = uri;
    }
    let mut moment = None;
    for text in named {
        let this: Moment = text
            .parse()
            .map_err(|error| ApiError::invalid(format!("Invalid moment '{text}': {error}")))?;
        if moment.is_some_and(|other| other != this) {
            return Err(ApiError::invalid("The request names two moments."));
        }
        moment = Some(this);
    }
    Ok(moment)
}

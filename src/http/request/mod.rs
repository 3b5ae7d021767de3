//! What comes in: the body or query of a request as fields, and who asks.

mod caller;
mod fields;
mod numbers;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, Method, header, request::Parts},
};
use serde::de::DeserializeOwned;

pub use caller::Caller;
pub use fields::Fields;

use super::error::{ApiError, ApiResult, Code};
use crate::base::limits::JSON_BYTES_MAX;

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ApiError;

    /// A GET's query; the body of any other request, or of a GET without a query.
    async fn from_request(request: Request, state: &S) -> ApiResult<Self> {
        if request.method() == Method::GET {
            let fields = Self::from_query(request.uri().query().unwrap_or_default());
            if !fields.is_empty() {
                return Ok(fields);
            }
        }
        Self::from_json(&read_body(request, state).await?)
    }
}

/// What stands in the places of a route's path. Bytes that are no text are refused in MLflow's shape.
pub struct InPath<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(places)) => Ok(Self(places)),
            Err(refused) => Err(ApiError::invalid(refused.body_text())),
        }
    }
}

/// The query of a request to one of our own routes; what is no field of it is refused.
pub struct InQuery<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for InQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(fields)) => Ok(Self(fields)),
            Err(refused) => Err(ApiError::invalid(refused.body_text())),
        }
    }
}

/// The text of a header: UTF-8, or else Latin-1, which is how Python's clients write it. An empty one says
/// nothing.
pub fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    let bytes = headers.get(name)?.as_bytes();
    let latin = || bytes.iter().copied().map(char::from).collect();
    let text = std::str::from_utf8(bytes).map_or_else(|_| latin(), str::to_owned);
    Some(text).filter(|text| !text.is_empty())
}

/// The whole body, within bounds; refused if it is said to be something other than JSON.
pub async fn read_body<S: Send + Sync>(request: Request, state: &S) -> ApiResult<Bytes> {
    if matches!(*request.method(), Method::POST | Method::PUT) {
        check_content_type(request.headers())?;
    }
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > JSON_BYTES_MAX) {
        return Err(ApiError::body_too_large());
    }
    Bytes::from_request(request, state).await.map_err(|error| match error.status().as_u16() {
        413 => ApiError::body_too_large(),
        _ => ApiError::new(Code::BadRequest, error.body_text()),
    })
}

/// MLflow's rule (`_validate_content_type`), which is also what keeps forms of other sites out.
fn check_content_type(headers: &HeaderMap) -> ApiResult<()> {
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        return Err(ApiError::invalid("Bad Request. Content-Type header is missing."));
    };
    match content_type.as_bytes().split(|byte| *byte == b';').next() {
        Some(b"application/json") => Ok(()),
        _ => {
            Err(ApiError::invalid("Bad Request. Content-Type must be one of ['application/json']."))
        }
    }
}

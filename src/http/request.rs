//! What comes in: the fields of a request, wherever they stand (query, body, path), read as
//! proto-JSON: snake_case or camelCase, 64-bit integers as numbers or strings, floats also as
//! `"NaN"`, `"Infinity"`, `"-Infinity"`; unknown fields are passed over.

use axum::{
    body::Bytes,
    extract::{ConnectInfo, FromRequest, FromRequestParts},
    http::{HeaderMap, Method, header, request::Parts},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};
use std::net::SocketAddr;

use super::error::{ApiError, ApiResult, Code};
use crate::{
    base::{id, limits::JSON_BYTES_MAX},
    engine::Context,
    event::KeyValue,
};

/// Longest request id, user name and user agent that are kept, in bytes.
const HEADER_BYTES_MAX: usize = 256;

/// The fields of a request, or of an object inside one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: axum::extract::Request, state: &S) -> ApiResult<Self> {
        let query = request.uri().query().unwrap_or_default();
        if request.method() == Method::GET && !query.is_empty() {
            return Ok(Self::from_query(query));
        }
        let body = read_body(request, state).await?;
        Self::from_json(&body)
    }
}

/// The whole body, within bounds.
pub async fn read_body<S: Send + Sync>(
    request: axum::extract::Request,
    state: &S,
) -> ApiResult<Bytes> {
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

impl Fields {
    /// Fields of a query string. A field that stands several times is a list.
    pub fn from_query(query: &str) -> Self {
        let mut fields = Map::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode_query(name), Value::String(decode_query(value)));
            match fields.get_mut(&name) {
                None => {
                    fields.insert(name, value);
                }
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        Self(fields)
    }

    /// Fields of a JSON body; an empty body has none.
    pub fn from_json(body: &[u8]) -> ApiResult<Self> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            // Old clients encode twice.
            Ok(Value::String(inner)) => match serde_json::from_str(&inner) {
                Ok(Value::Object(fields)) => Ok(Self(fields)),
                _ => Err(malformed("it is not an object")),
            },
            Ok(_) => Err(malformed("it is not an object")),
            Err(error) => Err(malformed(&error.to_string())),
        }
    }

    /// The fields under the names that the request gave them.
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let value = self.0.get(name).or_else(|| self.0.get(&camel_case(name)))?;
        if value.is_null() { None } else { Some(value) }
    }

    /// A field as it is; `null` if it is absent or empty.
    pub fn filled_value(&self, name: &str) -> Value {
        let filled = self.get(name).filter(|value| match value {
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
        });
        filled.cloned().unwrap_or_default()
    }

    /// Whether a field is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text.
    pub fn string(&self, name: &str) -> ApiResult<Option<String>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(ApiError::wrong_type(name, other)),
        }
    }

    /// A text, where absent and empty are the same.
    pub fn filled(&self, name: &str) -> ApiResult<Option<String>> {
        Ok(self.string(name)?.filter(|text| !text.is_empty()))
    }

    /// A text that must be there and not be empty.
    pub fn required(&self, name: &str) -> ApiResult<String> {
        self.filled(name)?.ok_or_else(|| ApiError::missing_field(name))
    }

    /// The run's id, under its name of today or of long ago.
    pub fn run_id(&self) -> ApiResult<String> {
        match self.filled("run_id")? {
            Some(run_id) => Ok(run_id),
            None => self.filled("run_uuid")?.ok_or_else(|| ApiError::missing_field("run_id")),
        }
    }

    /// A whole number, as a number or as text.
    pub fn int(&self, name: &str) -> ApiResult<Option<i64>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        int(value).map(Some).ok_or_else(|| ApiError::wrong_type(name, value))
    }

    /// A float, as a number or as text.
    pub fn float(&self, name: &str) -> ApiResult<Option<f64>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        float(value).map(Some).ok_or_else(|| ApiError::wrong_type(name, value))
    }

    /// A truth value; `false` if absent.
    pub fn boolean(&self, name: &str) -> ApiResult<bool> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(Value::String(text)) => Err(ApiError::invalid(format!(
                "Invalid boolean value: {text}, must be 'true' or 'false'."
            ))),
            Some(other) => Err(ApiError::wrong_type(name, other)),
        }
    }

    /// A list; empty if absent. A single query value is a list of one.
    fn list(&self, name: &str) -> ApiResult<Vec<&Value>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => Ok(values.iter().collect()),
            Some(text @ Value::String(_)) => Ok(vec![text]),
            Some(other) => Err(ApiError::wrong_type(name, other)),
        }
    }

    /// A list of texts.
    pub fn strings(&self, name: &str) -> ApiResult<Vec<String>> {
        let texts = self.list(name)?.into_iter().map(|value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(ApiError::wrong_type(name, other)),
        });
        texts.collect()
    }

    /// A list of objects.
    pub fn objects(&self, name: &str) -> ApiResult<Vec<Fields>> {
        let objects = self.list(name)?.into_iter().map(|value| match value {
            Value::Object(fields) => Ok(Fields(fields.clone())),
            other => Err(ApiError::wrong_type(name, other)),
        });
        objects.collect()
    }

    /// An object.
    pub fn object(&self, name: &str) -> ApiResult<Option<Fields>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Fields(fields.clone()))),
            Some(other) => Err(ApiError::wrong_type(name, other)),
        }
    }

    /// A list of `{"key", "value"}`.
    pub fn pairs(&self, name: &str) -> ApiResult<Vec<KeyValue>> {
        let pairs = self.objects(name)?.into_iter().enumerate().map(|(index, pair)| {
            let key = pair.filled("key")?;
            let key =
                key.ok_or_else(|| ApiError::missing_field(&format!("{name}[{index}].key")))?;
            Ok(KeyValue { key, value: pair.string("value")?.unwrap_or_default() })
        });
        pairs.collect()
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

fn malformed(why: &str) -> ApiError {
    ApiError::new(Code::BadRequest, format!("The request body is not valid JSON: {why}"))
}

fn decode_query(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// `run_id` to `runId`.
fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                out.extend(c.to_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

/// A whole number that fits 64 bits: `5`, `5.0`, `"5"`.
fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            let fits = float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0;
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            fits.then_some(float as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A float: `0.5`, `"0.5"`, `"NaN"`, `"Infinity"`, `"-Infinity"`.
fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => parse_float(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A float that stands in a text.
pub fn parse_float(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Who asks. Never fails: what is missing or odd is left out.
pub struct Caller(pub Context);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let request_id = short_header(&parts.headers, "x-request-id");
        Ok(Self(Context {
            user: basic_auth_user(&parts.headers),
            request_id: request_id.unwrap_or_else(id::random_hex),
            client_address: address.map(|ConnectInfo(it)| it.ip().to_string()).unwrap_or_default(),
            user_agent: short_header(&parts.headers, "user-agent").unwrap_or_default(),
        }))
    }
}

fn short_header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    let end = text.len().min(HEADER_BYTES_MAX);
    Some(text.get(..end)?.to_owned()).filter(|text| !text.is_empty())
}

/// The user name of a `Basic` authorization. It names the actor; nothing is checked against it.
fn basic_auth_user(headers: &HeaderMap) -> Option<String> {
    let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, _) = decoded.split_once(':')?;
    let usable = !user.is_empty() && user.len() <= HEADER_BYTES_MAX && !user.contains('\0');
    usable.then(|| user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_come_as_numbers_or_texts() {
        let it = fields(
            r#"{"a": 5, "b": "5", "c": 5.0, "d": 5.5, "e": true, "f": "9223372036854775807"}"#,
        );
        assert_eq!(it.int("a").unwrap(), Some(5));
        assert_eq!(it.int("b").unwrap(), Some(5));
        assert_eq!(it.int("c").unwrap(), Some(5));
        assert!(it.int("d").is_err());
        assert!(it.int("e").is_err());
        assert_eq!(it.int("f").unwrap(), Some(i64::MAX));
        assert_eq!(it.int("g").unwrap(), None);
        assert_eq!(fields(r#"{"v": "-Infinity"}"#).float("v").unwrap(), Some(f64::NEG_INFINITY));
        assert!(fields(r#"{"v": "NaN"}"#).float("v").unwrap().unwrap().is_nan());
    }

    #[test]
    fn names_come_in_both_cases() {
        assert_eq!(fields(r#"{"runId": "x"}"#).run_id().unwrap(), "x");
        assert_eq!(fields(r#"{"run_uuid": "x"}"#).run_id().unwrap(), "x");
    }

    #[test]
    fn repeated_query_fields_are_lists() {
        let it = Fields::from_query("a=1&a=2&b=x%20y+z&c=");
        assert_eq!(it.strings("a").unwrap(), ["1", "2"]);
        assert_eq!(it.strings("b").unwrap(), ["x y z"]);
        assert_eq!(it.filled("c").unwrap(), None);
    }

    #[test]
    fn bodies_that_are_no_objects_are_refused() {
        for body in ["[]", "5", "{", "nul", "{\"a\":1}{}", "\u{feff}{}"] {
            assert!(Fields::from_json(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Fields::from_json(b" ").is_ok());
        assert!(Fields::from_json(br#""{\"a\": 1}""#).unwrap().has("a"));
    }
}

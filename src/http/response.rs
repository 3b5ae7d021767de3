//! What goes out: JSON as MLflow prints it, indented by two, 64-bit integers as numbers, what is
//! unset left out, floats that JSON lacks as words.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

/// A JSON answer.
pub struct Json(pub Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec_pretty(&self.0).expect("a JSON value always prints");
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], body).into_response()
    }
}

/// The answer of calls that have nothing to say: `{}`.
pub struct Empty;

impl IntoResponse for Empty {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], "{}").into_response()
    }
}

/// An object under construction; `None` and empty lists are left out.
#[derive(Default)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field.
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a field if there is a value.
    pub fn set_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Sets a field if the list has items.
    pub fn set_list(self, name: &str, items: Vec<Value>) -> Self {
        if items.is_empty() { self } else { self.set(name, items) }
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Value {
        Value::Object(object.0)
    }
}

impl IntoResponse for Object {
    fn into_response(self) -> Response {
        Json(self.into()).into_response()
    }
}

/// A float as MLflow's server gives it back: NaN as a word; its SQL store has no infinities and
/// keeps the largest finite numbers instead.
pub fn float(value: f64) -> Value {
    if value.is_nan() {
        return Value::from("NaN");
    }
    Value::from(value.clamp(f64::MIN, f64::MAX))
}

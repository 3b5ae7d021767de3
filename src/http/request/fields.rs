//! The fields of a request, read as proto-JSON: snake_case or camelCase, 64-bit integers as numbers
//! or strings, floats also as `"NaN"`, `"Infinity"`, `"-Infinity"`; unknown fields are passed over.
//!
//! As in MLflow, `null` means unset, a required field is looked for in snake_case only, a query has
//! no other spelling, and one field in both spellings is refused. Unlike MLflow, which goes on with
//! what stands before a value that it cannot read, such a request is refused.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{
    super::error::{ApiError, ApiResult},
    numbers,
};
use crate::{base::python, event::KeyValue};

/// The fields of a request, or of an object inside one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    values: Map<String, Value>,
    /// Whether they come from a query: every value is then a list of texts.
    from_query: bool,
    /// Where the object stands in the request, as a prefix of its fields' names.
    path: String,
}

impl Fields {
    /// Fields of a query string, each a list of the texts it is given.
    pub fn from_query(query: &str) -> Self {
        let mut values = Map::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let texts =
                values.entry(decode_query(name)).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(texts) = texts {
                texts.push(Value::String(decode_query(value)));
            }
        }
        Self { values, from_query: true, path: String::new() }
    }

    /// Fields of a JSON body. A body that is empty or no JSON has none.
    pub fn from_json(body: &[u8]) -> ApiResult<Self> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let value = match serde_json::from_slice(body).unwrap_or_default() {
            // Old clients encode twice.
            Value::String(inner) => serde_json::from_str(&inner).unwrap_or(Value::String(inner)),
            value => value,
        };
        match value {
            Value::Null => Ok(Self::default()),
            Value::Object(values) => Ok(values.into()),
            _ => Err(ApiError::invalid("The request body must be a JSON object.")),
        }
    }

    /// The fields under the names that the request gave them.
    pub fn into_map(self) -> Map<String, Value> {
        self.values
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of a field as it stands, in either spelling.
    fn get(&self, name: &str) -> ApiResult<Option<&Value>> {
        let value = self.values.get(name);
        if self.from_query || !name.contains('_') {
            return Ok(value.filter(|value| !value.is_null()));
        }
        let camel = camel_case(name);
        match (value, self.values.get(&camel)) {
            (Some(_), Some(_)) => Err(ApiError::invalid(format!(
                "Request specifies both '{name}' and '{camel}'; provide only one of them."
            ))),
            (value, other) => Ok(value.or(other).filter(|value| !value.is_null())),
        }
    }

    /// The value of a field that is no list: of a query, the first.
    fn scalar(&self, name: &str) -> ApiResult<Option<&Value>> {
        match self.get(name)? {
            Some(Value::Array(texts)) if self.from_query => Ok(texts.first()),
            value => Ok(value),
        }
    }

    fn wrong_type(&self, name: &str, value: &Value) -> ApiError {
        ApiError::wrong_type(&format!("{}{name}", self.path), value)
    }

    fn missing(&self, name: &str) -> ApiError {
        ApiError::missing_field(&format!("{}{name}", self.path))
    }

    /// Refuses a request without a field, or with an empty text in it.
    fn require(&self, name: &str) -> ApiResult<()> {
        self.get(name)?;
        let is_empty = |value: &Value| match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(texts) => {
                self.from_query && texts.first().and_then(Value::as_str).is_none_or(str::is_empty)
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
        };
        match self.values.get(name) {
            Some(value) if !is_empty(value) => Ok(()),
            _ => Err(self.missing(name)),
        }
    }

    /// A field as it is; `null` if it is absent or empty. Of a query, a text that stands alone.
    pub fn filled_value(&self, name: &str) -> Value {
        let value = self.get(name).ok().flatten().cloned().unwrap_or_default();
        match value {
            Value::Array(mut items) if self.from_query && items.len() == 1 => {
                items.pop().unwrap_or_default()
            }
            Value::Array(items) if items.is_empty() => Value::Null,
            Value::String(text) if text.is_empty() => Value::Null,
            value => value,
        }
    }

    /// Whether a field is there, in either spelling.
    pub fn has(&self, name: &str) -> bool {
        matches!(self.get(name), Ok(Some(_)))
    }

    /// A text.
    pub fn string(&self, name: &str) -> ApiResult<Option<String>> {
        match self.scalar(name)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(self.wrong_type(name, other)),
        }
    }

    /// A text; empty if absent.
    pub fn text(&self, name: &str) -> ApiResult<String> {
        Ok(self.string(name)?.unwrap_or_default())
    }

    /// A text, where absent and empty are the same.
    pub fn filled(&self, name: &str) -> ApiResult<Option<String>> {
        Ok(self.string(name)?.filter(|text| !text.is_empty()))
    }

    /// A text that must be there and not be empty.
    pub fn required(&self, name: &str) -> ApiResult<String> {
        self.require(name)?;
        self.text(name)
    }

    /// The run's id, under its name of today or of long ago.
    pub fn run_id(&self) -> ApiResult<String> {
        let run_id = self.new_run_id()?;
        if run_id.is_empty() { self.text("run_uuid") } else { Ok(run_id) }
    }

    /// The run's id under its name of today. MLflow takes the name of long ago for a sign that it is
    /// there, on all routes, and on some does not read it: then this is empty.
    pub fn new_run_id(&self) -> ApiResult<String> {
        let run_id = self.get("run_id")?;
        if run_id.is_none() && self.values.contains_key("run_uuid") {
            self.require("run_uuid").map_err(|_| self.missing("run_id"))?;
        } else {
            self.require("run_id")?;
        }
        self.text("run_id")
    }

    /// A whole number, as a number or as text.
    pub fn int(&self, name: &str) -> ApiResult<Option<i64>> {
        let Some(value) = self.scalar(name)? else { return Ok(None) };
        numbers::int(value).map(Some).ok_or_else(|| self.wrong_type(name, value))
    }

    /// A whole number that must be there.
    pub fn required_int(&self, name: &str) -> ApiResult<i64> {
        match self.values.get(name).is_some() {
            true => self.int(name)?.ok_or_else(|| self.missing(name)),
            false => Err(self.missing(name)),
        }
    }

    /// A float that must be there, as a number or as text.
    pub fn required_float(&self, name: &str) -> ApiResult<f64> {
        self.require(name)?;
        let value = self.scalar(name)?.unwrap_or(&Value::Null);
        numbers::float(value).ok_or_else(|| self.wrong_type(name, value))
    }

    /// A value of an enumeration, by its word or its number. An unknown word counts as unset.
    pub fn word<T>(
        &self,
        name: &str,
        by_word: impl Fn(&str) -> Option<T>,
        by_number: impl Fn(i64) -> Option<T>,
    ) -> ApiResult<Option<T>> {
        let Some(value) = self.scalar(name)? else { return Ok(None) };
        let text = value.as_str();
        if let Some(known) = text.and_then(by_word) {
            return Ok(Some(known));
        }
        let number = text.map_or_else(|| numbers::int(value), python::parse_int);
        match number {
            None if text.is_some() => Ok(None),
            number => {
                number.and_then(by_number).map(Some).ok_or_else(|| self.wrong_type(name, value))
            }
        }
    }

    /// A truth value; `false` if absent.
    pub fn boolean(&self, name: &str) -> ApiResult<bool> {
        match self.scalar(name)? {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(text)) if self.from_query => match text.to_lowercase().as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err(ApiError::invalid(format!(
                    "Invalid boolean value: {text}, must be 'true' or 'false'."
                ))),
            },
            Some(other) => Err(self.wrong_type(name, other)),
        }
    }

    /// A list; empty if absent.
    fn list(&self, name: &str) -> ApiResult<&[Value]> {
        match self.get(name)? {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(other) => Err(self.wrong_type(name, other)),
        }
    }

    /// Refuses a request without a list, which may be empty.
    pub fn require_list(&self, name: &str) -> ApiResult<()> {
        match self.values.get(name) {
            None | Some(Value::Null) => Err(self.missing(name)),
            Some(_) => Ok(()),
        }
    }

    /// A list of texts.
    pub fn strings(&self, name: &str) -> ApiResult<Vec<String>> {
        let values = self.list(name)?;
        let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
        let texts: Option<_> = texts.collect();
        texts.ok_or_else(|| self.wrong_type(name, &Value::Array(values.to_vec())))
    }

    /// A list of objects.
    pub fn objects(&self, name: &str) -> ApiResult<Vec<Fields>> {
        let objects = self.list(name)?.iter().enumerate().map(|(index, value)| match value {
            Value::Object(fields) => Ok(self.inner(fields, format_args!("{name}[{index}]"))),
            other => Err(self.wrong_type(&format!("{name}[{index}]"), other)),
        });
        objects.collect()
    }

    /// An object.
    pub fn object(&self, name: &str) -> ApiResult<Option<Fields>> {
        match self.get(name)? {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(self.inner(fields, format_args!("{name}")))),
            Some(other) => Err(self.wrong_type(name, other)),
        }
    }

    fn inner(&self, fields: &Map<String, Value>, place: std::fmt::Arguments<'_>) -> Fields {
        let path = format!("{}{place}.", self.path);
        Fields { values: fields.clone(), from_query: false, path }
    }

    /// A list of `{"key", "value"}`; what is unset is empty.
    pub fn pairs(&self, name: &str) -> ApiResult<Vec<KeyValue>> {
        let pairs = self.objects(name)?.into_iter();
        let pairs =
            pairs.map(|pair| Ok(KeyValue { key: pair.text("key")?, value: pair.text("value")? }));
        pairs.collect()
    }

    /// A list of `{"key", "value"}` whose keys must be there and not be empty.
    pub fn keyed_pairs(&self, name: &str) -> ApiResult<Vec<KeyValue>> {
        let pairs = self
            .objects(name)?
            .into_iter()
            .map(|pair| Ok(KeyValue { key: pair.required("key")?, value: pair.text("value")? }));
        pairs.collect()
    }
}

impl From<Map<String, Value>> for Fields {
    fn from(values: Map<String, Value>) -> Self {
        Self { values, ..Self::default() }
    }
}

/// A name or value of a query; bytes that are no UTF-8 stay percent-encoded, as in MLflow's server.
fn decode_query(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
    let decoded = bytes.utf8_chunks().map(|chunk| {
        let invalid = chunk.invalid().iter().map(|byte| format!("%{byte:02X}"));
        chunk.valid().to_owned() + &invalid.collect::<String>()
    });
    decoded.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        Fields::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_come_as_numbers_or_texts() {
        let it = fields(
            r#"{"a": 5, "b": "5", "c": 5.0, "d": 5.5, "e": true, "f": "9223372036854775807",
                "h": "1.6e+12", "i": "5 ", "j": 1e19}"#,
        );
        assert_eq!(it.int("a").unwrap(), Some(5));
        assert_eq!(it.int("b").unwrap(), Some(5));
        assert_eq!(it.int("c").unwrap(), Some(5));
        assert_eq!(it.int("f").unwrap(), Some(i64::MAX));
        assert_eq!(it.int("g").unwrap(), None);
        assert_eq!(it.int("h").unwrap(), Some(1_600_000_000_000));
        for wrong in ["d", "e", "i", "j"] {
            assert!(it.int(wrong).is_err(), "{wrong}");
        }
        let float = |json: &str| fields(json).required_float("v").unwrap();
        assert_eq!(float(r#"{"v": "-Infinity"}"#), f64::NEG_INFINITY);
        assert_eq!(float(r#"{"v": true}"#), 1.0);
        assert!(float(r#"{"v": "NaN"}"#).is_nan());
    }

    #[test]
    fn names_come_in_both_cases_but_required_ones_in_snake_case() {
        assert_eq!(fields(r#"{"aB": "x"}"#).string("a_b").unwrap().as_deref(), Some("x"));
        assert!(fields(r#"{"aB": "x"}"#).required("a_b").is_err());
        assert!(fields(r#"{"a_b": "x", "aB": null}"#).string("a_b").is_err());
        assert_eq!(Fields::from_query("aB=x").string("a_b").unwrap(), None);
    }

    #[test]
    fn a_run_has_an_id_of_today_or_of_long_ago() {
        assert_eq!(fields(r#"{"run_uuid": "x"}"#).run_id().unwrap(), "x");
        assert_eq!(fields(r#"{"run_uuid": "x"}"#).new_run_id().unwrap(), "");
        assert!(fields(r#"{"run_id": "", "run_uuid": "x"}"#).run_id().is_err());
        assert!(fields(r#"{"runId": "x"}"#).run_id().is_err());
    }

    #[test]
    fn unknown_words_count_as_unset() {
        let word = |json: &str| {
            let by_word = |word: &str| (word == "ONE").then_some(1);
            fields(json).word("w", by_word, |number| (number == 1).then_some(1))
        };
        for one in [r#"{"w": "ONE"}"#, r#"{"w": 1}"#, r#"{"w": "1"}"#] {
            assert_eq!(word(one).unwrap(), Some(1), "{one}");
        }
        assert_eq!(word(r#"{"w": "one"}"#).unwrap(), None);
        assert!(word(r#"{"w": 2}"#).is_err());
    }

    #[test]
    fn repeated_query_fields_are_lists() {
        let it = Fields::from_query("a=1&a=2&b=x%20y+z&c=&d=%C3%A9%ff");
        assert_eq!(it.strings("a").unwrap(), ["1", "2"]);
        assert_eq!(it.string("a").unwrap().as_deref(), Some("1"));
        assert_eq!(it.strings("b").unwrap(), ["x y z"]);
        assert_eq!(it.filled("c").unwrap(), None);
        assert_eq!(it.text("d").unwrap(), "é%FF");
        assert!(it.required("c").is_err());
    }

    #[test]
    fn what_is_no_json_is_empty_and_what_is_no_object_is_refused() {
        for body in ["", " ", "{", "nul", "null", "{\"a\":1}{}"] {
            assert!(Fields::from_json(body.as_bytes()).unwrap().is_empty(), "{body}");
        }
        for body in ["[]", "5", "\"\"", "\"[]\""] {
            assert!(Fields::from_json(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Fields::from_json(br#""{\"a\": 1}""#).unwrap().has("a"));
        assert!(Fields::from_json("\u{feff}{\"a\": 1}".as_bytes()).unwrap().has("a"));
    }
}

//! Pages of a search over logged models. MLflow's token for them holds the search it belongs to, and
//! is refused with any other.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::super::{
    error::{ApiError, ApiResult},
    request::Fields,
};
use crate::search::LoggedModelKey;

/// Logged models on one page unless asked for.
const DEFAULT_RESULTS: usize = 50;
/// Logged models on one page if 0 are asked for.
const RESULTS_OF_ZERO: usize = 100;

/// What a token has to agree with.
pub(super) struct Asked {
    /// The experiments, as they were written.
    pub(super) experiment_ids: Vec<String>,
    /// The filter, unless empty.
    pub(super) filter: Option<String>,
    /// The order.
    pub(super) order_by: Vec<LoggedModelKey>,
}

impl Asked {
    fn order(&self) -> Value {
        let keys = self.order_by.iter().map(|key| {
            json!({
                "field_name": key.field_name,
                "ascending": key.ascending,
                "dataset_name": key.dataset_name,
                "dataset_digest": key.dataset_digest,
            })
        });
        if self.order_by.is_empty() { Value::Null } else { keys.collect() }
    }

    /// The token of the page that begins at `offset`.
    pub(super) fn token(&self, offset: usize) -> String {
        let token = json!({
            "experiment_ids": self.experiment_ids,
            "filter_string": self.filter,
            "order_by": self.order(),
            "offset": offset,
        });
        BASE64_STANDARD.encode(token.to_string())
    }

    /// Where the asked page begins.
    pub(super) fn offset(&self, fields: &Fields) -> ApiResult<usize> {
        let Some(token) = fields.filled("page_token")? else { return Ok(0) };
        let invalid =
            |why: String| ApiError::invalid(format!("Invalid page token: {token}. {why}"));
        let bytes = BASE64_STANDARD.decode(&token).map_err(|error| invalid(error.to_string()))?;
        let parsed: Value =
            serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
        let (ids, filter) = (json!(self.experiment_ids), json!(self.filter));
        agree(&parsed, "experiment_ids", &ids, "Experiment IDs", "do", "experiment IDs")?;
        agree(&parsed, "filter_string", &filter, "Filter string", "does", "filter string")?;
        agree(&parsed, "order_by", &self.order(), "Order by", "does", "order by")?;
        let offset = parsed.get("offset").and_then(Value::as_u64).unwrap_or_default();
        usize::try_from(offset).map_err(|error| invalid(error.to_string()))
    }
}

/// Refuses a token whose `field` is not what is asked for, in MLflow's words.
fn agree(
    token: &Value,
    field: &str,
    asked: &Value,
    subject: &str,
    verb: &str,
    object: &str,
) -> ApiResult<()> {
    let found = token.get(field).unwrap_or(&Value::Null);
    if found == asked {
        return Ok(());
    }
    let shown = |value: &Value| value.as_str().map_or_else(|| python(value), str::to_owned);
    Err(ApiError::invalid(format!(
        "{subject} in the page token {verb} not match the requested {object}. Expected: {}. Found: \
         {}",
        shown(asked),
        shown(found)
    )))
}

/// A value as Python shows it.
fn python(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.contains('\'') && !text.contains('"') => format!("\"{text}\""),
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(python).collect())),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| format!("'{key}': {}", python(value));
            format!("{{{}}}", joined(fields.iter().map(field).collect()))
        }
    }
}

/// How many logged models the page may have: as many as are asked for.
pub(super) fn limit(fields: &Fields) -> ApiResult<usize> {
    match fields.int("max_results")? {
        None => Ok(DEFAULT_RESULTS),
        Some(0) => Ok(RESULTS_OF_ZERO),
        // MLflow answers with an empty page and a token that leads nowhere.
        Some(asked) => usize::try_from(asked).map_err(|_| {
            ApiError::invalid(format!(
                "Invalid value for max_results. It must be a positive integer, but got {asked}"
            ))
        }),
    }
}

//! Pages of a search over logged models. MLflow's token for them holds the search it belongs to, and
//! is refused with any other.

use serde_json::{Map, Value, json};

use super::{
    super::{
        error::{ApiError, ApiResult},
        request::Fields,
    },
    page_token::Walk,
    python,
};
use crate::{search::LoggedModelKey, views::query::Place};

/// Logged models on one page unless asked for.
const DEFAULT_RESULTS: usize = 50;
/// Logged models on one page if 0 are asked for.
const RESULTS_OF_ZERO: usize = 100;

/// What a token has to agree with.
pub(super) struct Asked<'a> {
    /// The experiments, as they were written.
    pub(super) experiment_ids: Vec<String>,
    /// The filter, unless empty.
    pub(super) filter: Option<String>,
    /// The order.
    pub(super) order_by: Vec<LoggedModelKey>,
    /// What seals the tokens.
    pub(super) walk: Walk<'a>,
}

impl Asked<'_> {
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

    /// The token of the page behind `place`.
    pub(super) fn token(&self, place: &Place) -> String {
        let mut content = Map::new();
        content.insert("experiment_ids".to_owned(), json!(self.experiment_ids));
        content.insert("filter_string".to_owned(), json!(self.filter));
        content.insert("order_by".to_owned(), self.order());
        self.walk.seal(content, place)
    }

    /// Where the page before the asked one ended; `None` for the first.
    pub(super) fn after(&self, fields: &Fields) -> ApiResult<Option<Place>> {
        let Some(token) = fields.filled("page_token")? else { return Ok(None) };
        let invalid = |why: &str| ApiError::invalid(format!("Invalid page token: {token}. {why}"));
        let bytes = python::base64(&token).ok_or_else(|| invalid("Incorrect padding"))?;
        let parsed: Value =
            serde_json::from_slice(&bytes).map_err(|error| match error.column() {
                0 | 1 => invalid("Expecting value: line 1 column 1 (char 0)"),
                _ => invalid(&error.to_string()),
            })?;
        let (ids, filter) = (json!(self.experiment_ids), json!(self.filter));
        agree(&parsed, "experiment_ids", &ids, "Experiment IDs", "do", "experiment IDs")?;
        agree(&parsed, "filter_string", &filter, "Filter string", "does", "filter string")?;
        agree(&parsed, "order_by", &self.order(), "Order by", "does", "order by")?;
        let place = self.walk.open(&token, &parsed);
        place.map(Some).ok_or_else(|| invalid("It is not one of this search"))
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
    let shown = |value: &Value| value.as_str().map_or_else(|| python::repr(value), str::to_owned);
    Err(ApiError::invalid(format!(
        "{subject} in the page token {verb} not match the requested {object}. Expected: {}. Found: \
         {}",
        shown(asked),
        shown(found)
    )))
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

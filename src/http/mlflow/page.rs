//! What all searches ask about their pages: how many at most, and of which lifecycle.

use super::super::{
    error::{ApiError, ApiResult},
    request::Fields,
};
use crate::views::query::ViewType;

/// Items on one page of a search in MLflow's tracking store.
const TRACKING_MAX: usize = 50_000;

/// What is asked for as the size of a page; more than `max` the request's schema refuses.
pub(super) fn asked_within(fields: &Fields, max: i64) -> ApiResult<Option<i64>> {
    match fields.int("max_results")? {
        Some(asked) if asked > max => {
            Err(ApiError::wrong_type("max_results", &fields.filled_value("max_results")))
        }
        asked => Ok(asked),
    }
}

/// How many runs or experiments the page may have.
pub(super) fn tracking_limit(asked: i64) -> ApiResult<usize> {
    let refuse = |rule: String| {
        Err(ApiError::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be {rule}"
        )))
    };
    match usize::try_from(asked) {
        Ok(limit @ 1..=TRACKING_MAX) => Ok(limit),
        Ok(1..) => refuse(format!("at most {TRACKING_MAX}")),
        _ => refuse("a positive integer".to_owned()),
    }
}

/// How many registered models or versions the page may have. None at all is refused also where
/// MLflow answers with an empty page and a token for the same one again.
pub(super) fn registry_limit(asked: i64) -> ApiResult<usize> {
    let limit = usize::try_from(asked).ok().filter(|limit| *limit > 0);
    limit.ok_or_else(|| {
        ApiError::invalid(format!(
            "Invalid value for max_results. It must be a positive integer, but got {asked}"
        ))
    })
}

/// The lifecycle that a search shows, by word or by the number of MLflow's enum; what is neither
/// counts as unset, as MLflow's proto-JSON has it.
pub(super) fn view_type(fields: &Fields, name: &str) -> ApiResult<ViewType> {
    let word = match fields.int(name) {
        Ok(number) => number.map(|number| number.to_string()),
        Err(_) => fields.string(name)?,
    };
    Ok(match word.as_deref() {
        Some("DELETED_ONLY" | "2") => ViewType::DeletedOnly,
        Some("ALL" | "3") => ViewType::All,
        _ => ViewType::ActiveOnly,
    })
}

//! Pages: MLflow's tokens (base64 of `{"offset": n}`) and bounds.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::super::{
    error::{ApiError, ApiResult},
    request::Fields,
};
use crate::views::query::ViewType;

/// The token of the page that begins at `offset`.
pub(super) fn token(offset: usize) -> String {
    BASE64_STANDARD.encode(format!("{{\"offset\": {offset}}}"))
}

/// Where the asked page begins.
pub(super) fn offset(fields: &Fields) -> ApiResult<usize> {
    let Some(token) = fields.filled("page_token")? else { return Ok(0) };
    let bytes = BASE64_STANDARD
        .decode(&token)
        .map_err(|_| ApiError::invalid("Invalid page token, could not base64-decode"))?;
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    let parsed: Value = serde_json::from_slice(&bytes)
        .map_err(|_| ApiError::invalid(format!("Invalid page token, decoded value=b'{shown}'")))?;
    let offset = parsed.get("offset").and_then(|offset| match offset {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    offset
        .and_then(|offset| usize::try_from(offset).ok())
        .ok_or_else(|| ApiError::invalid(format!("Invalid page token, parsed value={parsed}")))
}

/// How many items the page may have: `default` unless asked for, at least 1, at most `max`.
pub(super) fn limit(fields: &Fields, default: usize, max: usize) -> ApiResult<usize> {
    let Some(asked) = fields.int("max_results")? else { return Ok(default) };
    match usize::try_from(asked) {
        Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
        Ok(limit) if limit > max => Err(ApiError::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be at most {max}, \
             but got {limit}"
        ))),
        _ => Err(ApiError::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be a positive \
             integer, but got {asked}"
        ))),
    }
}

/// As [`limit`], in the words of the model registry.
pub(super) fn registry_limit(fields: &Fields, default: usize, max: usize) -> ApiResult<usize> {
    let Some(asked) = fields.int("max_results")? else { return Ok(default) };
    match usize::try_from(asked) {
        Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
        Ok(limit) if limit > max => {
            Err(ApiError::wrong_type("max_results", &Value::from(asked.to_string())))
        }
        _ => Err(ApiError::invalid(format!(
            "Invalid value for max_results. It must be a positive integer, but got {asked}"
        ))),
    }
}

/// The lifecycle that a search shows, by word or by the number of MLflow's enum.
pub(super) fn view_type(fields: &Fields, name: &str) -> ApiResult<ViewType> {
    let word = match fields.int(name) {
        Ok(number) => number.map(|number| number.to_string()),
        Err(_) => fields.string(name)?,
    };
    match word.as_deref() {
        None | Some("ACTIVE_ONLY" | "1") => Ok(ViewType::ActiveOnly),
        Some("DELETED_ONLY" | "2") => Ok(ViewType::DeletedOnly),
        Some("ALL" | "3") => Ok(ViewType::All),
        Some(other) => Err(ApiError::invalid(format!(
            "Invalid value \"{other}\" for parameter '{name}' supplied."
        ))),
    }
}

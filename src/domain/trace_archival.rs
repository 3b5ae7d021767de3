//! Tags of experiments that say how long traces stay: JSON that MLflow checks when they are set
//! (`_validate_trace_experiment_tag` in mlflow/utils/validation.py, 3.17).

use serde_json::Value;

use super::Rejection;
use crate::event::KeyValue;

/// How long an experiment's traces stay before they are archived.
const RETENTION: &str = "mlflow.trace.archivalRetention";
/// Asks for traces to be archived at once.
const ARCHIVE_NOW: &str = "mlflow.trace.archiveNow";
/// Characters of a duration.
const DURATION_CHARS_MAX: usize = 32;

/// Refuses a tag that should hold a duration and does not.
pub(super) fn check(tag: &KeyValue) -> Result<(), Rejection> {
    let field = match tag.key.as_str() {
        RETENTION => "value",
        ARCHIVE_NOW => "older_than",
        _ => return Ok(()),
    };
    let Ok(Value::Object(config)) = serde_json::from_str(&tag.value) else {
        let why = "Trace archival config must be encoded as a JSON object.";
        return Err(Rejection::invalid(why));
    };
    let is_retention = tag.key == RETENTION;
    if is_retention && config.get("type").and_then(Value::as_str) != Some("duration") {
        return Err(Rejection::invalid("Trace archival config must use type 'duration'."));
    }
    match config.get(field).filter(|value| !value.is_null()) {
        None if !is_retention => Ok(()),
        value => check_duration(value.and_then(Value::as_str)),
    }
}

fn check_duration(duration: Option<&str>) -> Result<(), Rejection> {
    let duration = duration.map(str::trim);
    if duration.is_some_and(|duration| duration.chars().count() > DURATION_CHARS_MAX) {
        let why = "Trace archival duration must be at most 32 characters.";
        return Err(Rejection::invalid(why));
    }
    let number = duration.and_then(|duration| duration.strip_suffix(['m', 'h', 'd']));
    let is_count = |number: &str| {
        !number.starts_with('0')
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    if number.is_some_and(is_count) {
        return Ok(());
    }
    Err(Rejection::invalid(
        "Trace archival retention must be in the form `<int><unit>`, where unit is one of 'm', \
         'h', or 'd'.",
    ))
}

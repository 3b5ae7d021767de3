//! The dialect of runs: attributes, metrics, params, tags and datasets.
//!
//! All tables and messages are MLflow 3.17.2's.

use super::clause::{Clause, Side};
use super::dialect::{
    Draft, Named, Sort, check_shape, is_text, list_for, list_value, number, set, split, tag_value,
    trim_backticks, unquote_key, unquote_value,
};
use super::error::SearchError;
use super::field::{Attribute, DatasetKey, Field};
use super::lexer::Kind;
use super::literals::float;
use super::predicate::{Comparison, Value};

const SEARCHABLE: &[&str] = &[
    "Created",
    "Run Name",
    "Run name",
    "artifact_uri",
    "created",
    "end_time",
    "run name",
    "run_id",
    "run_name",
    "start_time",
    "status",
    "user_id",
];
/// What runs can be ordered by.
pub(super) const ORDERABLE: &[&str] = &[
    "Created",
    "artifact_uri",
    "created",
    "end_time",
    "run_id",
    "run_name",
    "start_time",
    "status",
    "user_id",
];
const NUMERIC: &[&str] = &["Created", "created", "end_time", "start_time"];
const DATASET: &[&str] = &["context", "digest", "name"];

/// How numbers compare.
pub(super) const NUMBER_OPS: &[&str] = &["!=", "<", "<=", "=", ">", ">="];
/// How text attributes and datasets compare.
pub(super) const TEXT_OPS: &[&str] = &["!=", "=", "ILIKE", "IN", "LIKE", "NOT IN"];
const TAG_OPS: &[&str] = &["!=", "=", "ILIKE", "IS NOT NULL", "IS NULL", "LIKE"];

/// Reads one clause.
pub(super) fn read(clause: &Clause<'_>) -> Result<Draft, SearchError> {
    check_shape(clause)?;
    let named = identifier(clause.left.text, SEARCHABLE)?;
    let Some(right) = clause.right else {
        if matches!(named.sort, Sort::Tag | Sort::Parameter) {
            return Ok(Draft { named, operator: clause.operator.to_owned(), value: Value::None });
        }
        return Err(SearchError::invalid(format!(
            "IS NULL / IS NOT NULL is only supported for tags and params, not for '{}' '{}'",
            named.sort.name(),
            named.key
        )));
    };
    let value = match named.sort {
        Sort::Metric => metric_value(right)?,
        Sort::Parameter | Sort::Tag => tag_value(named.sort, right)?,
        Sort::Attribute => attribute_value(&named.key, NUMERIC, &["run_id"], right)?,
        Sort::Dataset => dataset_value(right)?,
    };
    Ok(Draft { named, operator: clause.operator.to_uppercase(), value })
}

/// The field that a name means, where these attributes are allowed.
pub(super) fn identifier(text: &str, attributes: &[&str]) -> Result<Named, SearchError> {
    let (kind, key) = split(text);
    let kind = trim_backticks(kind.unwrap_or("attribute"));
    let sort = match kind {
        "metric" | "metrics" => Sort::Metric,
        "parameter" | "parameters" | "param" | "params" => Sort::Parameter,
        "tag" | "tags" => Sort::Tag,
        "attribute" | "attributes" | "attr" | "run" => Sort::Attribute,
        "dataset" | "datasets" => Sort::Dataset,
        _ => {
            return Err(SearchError::invalid(format!(
                "Invalid entity type '{kind}'. Valid values are ['metric', 'parameter', 'tag', \
                 'attribute', 'dataset']"
            )));
        }
    };
    let key = unquote_key(key);
    let (what, valid) = match sort {
        Sort::Attribute => ("attribute", attributes),
        Sort::Dataset => ("dataset", DATASET),
        Sort::Metric | Sort::Parameter | Sort::Tag => return Ok(Named { sort, key: key.into() }),
    };
    if valid.contains(&key) {
        return Ok(Named { sort, key: key.into() });
    }
    Err(SearchError::invalid(format!(
        "Invalid {what} key '{key}' specified. Valid keys are '{}'",
        set(valid)
    )))
}

fn metric_value(side: Side<'_>) -> Result<Value, SearchError> {
    match (side.kind, float(side.text)) {
        (Kind::Integer | Kind::Float, Some(value)) => Ok(Value::Number(value)),
        _ => Err(SearchError::invalid(format!(
            "Expected numeric value type for metric. Found {}",
            side.text
        ))),
    }
}

/// A value for an attribute: a number for some, a text or, for some, a list for the others.
pub(super) fn attribute_value(
    key: &str,
    numeric: &[&str],
    listed: &[&str],
    side: Side<'_>,
) -> Result<Value, SearchError> {
    if numeric.contains(&key) {
        if matches!(side.kind, Kind::Integer | Kind::Float) {
            return Ok(number(side));
        }
        return Err(SearchError::invalid(format!(
            "Expected numeric value type for numeric attribute: {key}. Found {}",
            side.text
        )));
    }
    if is_text(side) {
        return unquote_value(side.text);
    }
    if side.kind == Kind::Parenthesis {
        return list_for(key, listed, side.text);
    }
    Err(SearchError::invalid(format!(
        "Expected a quoted string value for attributes. Got value {}",
        side.text
    )))
}

fn dataset_value(side: Side<'_>) -> Result<Value, SearchError> {
    if is_text(side) {
        return unquote_value(side.text);
    }
    if side.kind == Kind::Parenthesis {
        return list_value(side.text);
    }
    Err(SearchError::invalid(format!(
        "Expected a quoted string value for dataset attributes. Got value {}",
        side.text
    )))
}

/// Checks the operator against the field.
pub(super) fn check(draft: Draft) -> Result<Comparison, SearchError> {
    let numeric = NUMERIC.contains(&draft.named.key.as_str());
    // The quote that MLflow forgets to close, it forgets for some fields only.
    let (allowed, shown, close) = match draft.named.sort {
        Sort::Attribute if numeric => (NUMBER_OPS, TEXT_OPS, ""),
        Sort::Attribute => (TEXT_OPS, TEXT_OPS, "'"),
        Sort::Metric => (NUMBER_OPS, NUMBER_OPS, ""),
        Sort::Parameter => (TAG_OPS, TAG_OPS, "'"),
        Sort::Tag => (TAG_OPS, TAG_OPS, ""),
        Sort::Dataset => (TEXT_OPS, TEXT_OPS, ""),
    };
    if !allowed.contains(&draft.operator.as_str()) {
        return Err(SearchError::invalid(format!(
            "Invalid comparator '{}' not one of '{}{close}",
            draft.operator,
            set(shown)
        )));
    }
    let field = field(&draft.named)?;
    draft.finish(field)
}

/// The field itself, aliases resolved.
pub(super) fn field(named: &Named) -> Result<Field, SearchError> {
    let key = named.key.as_str();
    let unknown = || SearchError::invalid(format!("Invalid {} key '{key}'", named.sort.name()));
    Ok(match named.sort {
        Sort::Metric => Field::Metric(key.to_owned()),
        Sort::Parameter => Field::Param(key.to_owned()),
        Sort::Tag => Field::Tag(key.to_owned()),
        Sort::Dataset => Field::Dataset(DatasetKey::from_name(key).ok_or_else(unknown)?),
        Sort::Attribute => Field::Attribute(match key {
            "created" | "Created" => Attribute::StartTime,
            "run name" | "Run name" | "Run Name" => Attribute::RunName,
            name => Attribute::from_name(name).ok_or_else(unknown)?,
        }),
    })
}

//! The dialect of experiments: attributes and tags.
//!
//! All tables and messages are MLflow 3.17.2's. Here, unlike elsewhere, operators that are words
//! must be in capitals.

use super::clause::Clause;
use super::dialect::{Draft, Named, Sort, check_shape, set, split, tag_value, unquote_key};
use super::error::SearchError;
use super::field::{Attribute, Field};
use super::predicate::{Comparison, Value};
use super::runs::{NUMBER_OPS, TEXT_OPS, attribute_value};
use crate::base::python;

/// What experiments can be searched and ordered by.
pub(super) const ATTRIBUTES: &[&str] =
    &["creation_time", "experiment_id", "last_update_time", "name"];
const NUMERIC: &[&str] = &["creation_time", "last_update_time"];

/// Reads one clause.
pub(super) fn read(clause: &Clause<'_>) -> Result<Draft, SearchError> {
    check_shape(clause)?;
    let named = identifier(clause.left.text, ATTRIBUTES)?;
    let operator = clause.operator.to_owned();
    let Some(right) = clause.right else {
        if named.sort == Sort::Tag {
            return Ok(Draft { named, operator, value: Value::None });
        }
        return Err(SearchError::invalid(format!(
            "IS NULL / IS NOT NULL is only supported for tags, not for attribute '{}'",
            named.key
        )));
    };
    let value = match named.sort {
        Sort::Tag => tag_value(named.sort, right)?,
        Sort::Metric | Sort::Parameter | Sort::Attribute | Sort::Dataset => {
            attribute_value(&named.key, NUMERIC, &["experiment_id"], right)?
        }
    };
    Ok(Draft { named, operator, value })
}

/// The field that a name means: an attribute or a tag. Orders of the registry read names so too.
pub(super) fn identifier(text: &str, attributes: &[&str]) -> Result<Named, SearchError> {
    let (kind, key) = split(text);
    let sort = tag_or_attribute(kind)?;
    let key = unquote_key(key);
    if sort == Sort::Attribute {
        check_attribute(key, attributes)?;
    }
    Ok(Named { sort, key: key.to_owned() })
}

/// The kind of a field, where there are two.
pub(super) fn tag_or_attribute(kind: Option<&str>) -> Result<Sort, SearchError> {
    match kind {
        None | Some("attribute") => Ok(Sort::Attribute),
        Some("tag" | "tags") => Ok(Sort::Tag),
        Some(kind) => Err(SearchError::invalid(format!(
            "Invalid entity type '{kind}'. Valid entity types are ('attribute', 'tag', 'tags')"
        ))),
    }
}

/// Refuses an attribute that is not among these.
pub(super) fn check_attribute(key: &str, attributes: &[&str]) -> Result<(), SearchError> {
    if attributes.contains(&key) {
        return Ok(());
    }
    Err(SearchError::invalid(format!(
        "Invalid attribute key '{key}' specified. Valid keys are '{}'",
        set(attributes)
    )))
}

/// Checks the operator and the value against the field.
pub(super) fn check(mut draft: Draft) -> Result<Comparison, SearchError> {
    let operator = draft.operator.as_str();
    let refuse = |what: &str| Err(SearchError::invalid(format!("{what}: {operator}")));
    let key = draft.named.key.as_str();
    if draft.named.sort == Sort::Tag {
        if !["=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"].contains(&operator) {
            return refuse("Invalid comparator for tag");
        }
        let field = Field::Tag(key.to_owned());
        return draft.finish(field);
    }
    if key == "experiment_id" {
        if !["=", "!=", "IN", "NOT IN"].contains(&operator) {
            return refuse("Invalid comparator for experiment_id");
        }
        draft.value = ids(draft.value)?;
        return draft.finish(Field::Attribute(Attribute::ExperimentId));
    }
    let numeric = NUMERIC.contains(&key);
    let allowed = if numeric { NUMBER_OPS } else { TEXT_OPS };
    if !allowed.contains(&operator) {
        let close = if numeric { "" } else { "'" };
        return Err(SearchError::invalid(format!(
            "Invalid comparator '{operator}' not one of '{}{close}",
            set(TEXT_OPS)
        )));
    }
    if let Value::Number(value) = draft.value {
        return Err(SearchError::invalid(format!(
            "Invalid value for numeric attribute '{key}': '{}'",
            python::float(value)
        )));
    }
    let field = Attribute::from_name(key).map(Field::Attribute);
    let field = field.ok_or_else(|| SearchError::invalid(format!("Invalid attribute '{key}'")))?;
    draft.finish(field)
}

/// Ids of experiments are whole numbers, written as texts; here in their plainest form.
fn ids(value: Value) -> Result<Value, SearchError> {
    let id = |text: String| match python::parse_int(&text) {
        Some(id) => Ok(id.to_string()),
        None => Err(SearchError::invalid(format!(
            "Invalid experiment ID '{text}'. Experiment ID must be a valid integer."
        ))),
    };
    Ok(match value {
        Value::Text(text) => Value::Text(id(text)?),
        Value::List(texts) => Value::List(texts.into_iter().map(id).collect::<Result<_, _>>()?),
        Value::Int(_) | Value::Number(_) | Value::None => value,
    })
}

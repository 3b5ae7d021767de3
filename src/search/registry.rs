//! The dialects of registered models and of model versions: a few attributes, and tags.
//!
//! All tables and messages are MLflow 3.17.2's.

use super::clause::{Clause, Side};
use super::dialect::{
    Draft, Named, Sort, check_shape, is_text, list_for, number, set, split, tag_value, unquote_key,
    unquote_value,
};
use super::error::SearchError;
use super::experiments::{check_attribute, tag_or_attribute};
use super::field::{Attribute, Entity, Field};
use super::lexer::Kind;
use super::predicate::{Comparison, Filter, Op, Value};
use super::runs::{NUMBER_OPS, TEXT_OPS};
use crate::base::python::{self, repr};

const MODEL_ATTRIBUTES: &[&str] = &["name"];
const VERSION_ATTRIBUTES: &[&str] = &["name", "run_id", "source_path", "version_number"];
const VERSION_NUMERIC: &[&str] =
    &["creation_timestamp", "last_updated_timestamp", "version_number"];
/// The tag that makes a registered model a prompt.
const PROMPT_TAG: &str = "mlflow.prompt.is_prompt";

/// Reads one clause.
pub(super) fn read(entity: Entity, clause: &Clause<'_>) -> Result<Draft, SearchError> {
    check_shape(clause)?;
    let versions = entity == Entity::ModelVersions;
    let Some(right) = clause.right else {
        // MLflow fails on this one by accident.
        return Err(SearchError::invalid(format!(
            "{} is not supported here: '{}'",
            clause.operator, clause.left.text
        )));
    };
    let (kind, key) = split(clause.left.text);
    let sort = tag_or_attribute(kind)?;
    if sort == Sort::Attribute {
        // Before quotes are removed: a quoted attribute is refused.
        check_attribute(key, if versions { VERSION_ATTRIBUTES } else { MODEL_ATTRIBUTES })?;
    }
    let key = unquote_key(key).to_owned();
    let value = match sort {
        Sort::Tag => tag_value(sort, right)?,
        Sort::Metric | Sort::Parameter | Sort::Attribute | Sort::Dataset => {
            attribute_value(&key, versions, right)?
        }
    };
    let operator = clause.operator.to_uppercase();
    Ok(Draft { named: Named { sort, key }, operator, value })
}

fn attribute_value(key: &str, versions: bool, side: Side<'_>) -> Result<Value, SearchError> {
    if is_text(side) {
        return unquote_value(side.text);
    }
    if side.kind == Kind::Parenthesis {
        let listed: &[&str] = if versions { &["name", "run_id"] } else { &["name"] };
        return list_for(key, listed, side.text);
    }
    if versions && matches!(side.kind, Kind::Integer | Kind::Float) {
        if VERSION_NUMERIC.contains(&key) {
            return Ok(number(side));
        }
        return Err(SearchError::invalid(format!(
            "Only the '{}' attributes support comparison with numeric values.",
            set(VERSION_NUMERIC)
        )));
    }
    Err(SearchError::invalid(format!(
        "Expected a quoted string value or a list of quoted string values for attributes. Got \
         value {}",
        side.text
    )))
}

/// Checks the operator and the value against the field.
pub(super) fn check(mut draft: Draft) -> Result<Comparison, SearchError> {
    let operator = draft.operator.as_str();
    let key = draft.named.key.as_str();
    let refuse = |what: &str| Err(SearchError::invalid(format!("{what}: {operator}")));
    if draft.named.sort == Sort::Tag {
        if !["=", "!=", "LIKE", "ILIKE"].contains(&operator) {
            return refuse("Invalid comparator for tag");
        }
        let field = Field::Tag(key.to_owned());
        return draft.finish(field);
    }
    let attribute = Attribute::from_name(key);
    if attribute == Some(Attribute::VersionNumber) {
        if !NUMBER_OPS.contains(&operator) {
            return refuse("Invalid comparator for attribute version_number");
        }
        draft.value = Value::Int(version(&draft.value)?);
    } else if !TEXT_OPS.contains(&operator) {
        return refuse("Invalid comparator for attribute");
    }
    let field = attribute.map(Field::Attribute);
    let field = field.ok_or_else(|| SearchError::invalid(format!("Invalid attribute '{key}'")))?;
    draft.finish(field)
}

fn version(value: &Value) -> Result<i64, SearchError> {
    let shown = match value {
        Value::Int(value) => return Ok(*value),
        Value::Text(text) => match python::parse_int(text) {
            Some(value) => return Ok(value),
            None => repr(text),
        },
        Value::Number(value) => python::float(*value),
        Value::List(_) | Value::None => String::new(),
    };
    Err(SearchError::invalid(format!(
        "Invalid value for numeric attribute 'version_number': {shown}"
    )))
}

/// Splits off the question whether prompts are meant: the first clause on their tag decides. When
/// they are not, clauses on that tag say nothing more.
pub(super) fn filter(mut comparisons: Vec<Comparison>) -> Filter {
    let on_tag = |c: &Comparison| matches!(&c.field, Field::Tag(key) if key == PROMPT_TAG);
    let prompts = comparisons.iter().find(|c| on_tag(c)).is_some_and(|comparison| {
        let Value::Text(value) = &comparison.value else { return false };
        let value = value.to_lowercase();
        matches!((comparison.op, value.as_str()), (Op::Eq, "true") | (Op::Ne, "false"))
    });
    comparisons.retain(|comparison| prompts || !on_tag(comparison));
    Filter { comparisons, prompts }
}

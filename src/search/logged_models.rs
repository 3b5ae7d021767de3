//! The dialect of logged models, which has a parser of its own in MLflow 3.17.2: laxer on values,
//! stricter on names (`params`, not `param`), any column may be named, quotes in keys are kept.
//!
//! All tables and messages are MLflow's.

use super::clause::{Clause, NotOne, Part, parts, statement};
use super::error::SearchError;
use super::field::{Attribute, Field};
use super::literals::{Item, float, list, repr_all};
use super::predicate::{Comparison, Filter, Op, Value};
use crate::base::python::repr;

const NUMBER_OPS: &[&str] = &["<", "<=", ">", ">=", "=", "!="];
const TEXT_OPS: &[&str] = &["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"];

/// Reads a whole filter.
pub(super) fn parse(text: &str) -> Result<Filter, SearchError> {
    if text.is_empty() {
        return Ok(Filter::default());
    }
    let invalid =
        |why: &str| SearchError::invalid(format!("Invalid filter string: {}. {why}", repr(text)));
    let nodes = statement(text).map_err(|why| match why {
        NotOne::Empty | NotOne::Several => invalid("Expected a single SQL expression."),
        NotOne::TooLarge => invalid("SQLParseError('Maximum number of tokens exceeded (10000).')"),
    })?;
    let mut drafts = Vec::new();
    for part in parts(text, &nodes) {
        match part {
            Part::Clause(clause) => drafts.push(read(&clause)?),
            Part::And => {}
            Part::Stray(_) => {
                return Err(invalid(
                    "Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 \
                     AND params.lr = 0.01').",
                ));
            }
        }
    }
    // Only now does MLflow look the columns up.
    let comparisons = drafts.into_iter().map(Draft::finish).collect::<Result<_, _>>()?;
    Ok(Filter { comparisons, prompts: false })
}

/// A comparison whose column is not looked up yet.
struct Draft<'a> {
    kind: &'a str,
    key: &'a str,
    op: Op,
    value: Value,
}

fn read<'a>(clause: &Clause<'a>) -> Result<Draft<'a>, SearchError> {
    let (0, Some(right)) = (clause.comments, clause.right) else {
        return Err(SearchError::invalid(format!(
            "Invalid comparison: {}. Expected a comparison with 3 tokens.",
            clause.shown
        )));
    };
    let operator = clause.operator.to_uppercase();
    let (kind, key) = identifier(clause.left.text)?;
    let numeric = kind == "metrics"
        || (kind == "attributes"
            && matches!(column(key), "creation_timestamp_ms" | "last_updated_timestamp_ms"));
    let ops = if numeric { NUMBER_OPS } else { TEXT_OPS };
    let op = Op::from_name(&operator).filter(|_| ops.contains(&operator.as_str()));
    let Some(op) = op else {
        return Err(SearchError::invalid(format!(
            "Invalid comparison operator for {kind}.{key}: {}. Expected one of {}.",
            repr(&operator),
            repr_all(["(", ")"], ops)
        )));
    };
    Ok(Draft { kind, key, op, value: value(right.text, numeric)? })
}

impl Draft<'_> {
    fn finish(self) -> Result<Comparison, SearchError> {
        let Self { kind, key, op, value } = self;
        let field = field(kind, key)?;
        // MLflow fails on these with a fault of its database.
        if matches!(value, Value::List(_)) != matches!(op, Op::In | Op::NotIn) {
            return Err(SearchError::invalid(format!("Invalid value for {kind}.{key}")));
        }
        let is_id = field == Field::Attribute(Attribute::ExperimentId);
        let value = match value {
            Value::Text(text) if is_id && matches!(op, Op::Eq | Op::Ne) => {
                Value::Text(plain_number(text))
            }
            Value::List(texts) if is_id => {
                Value::List(texts.into_iter().map(plain_number).collect())
            }
            value => value,
        };
        Ok(Comparison { field, op, value })
    }
}

/// The kind and key of a name.
fn identifier(text: &str) -> Result<(&str, &str), SearchError> {
    let dotted = text.split_once('.').filter(|(kind, key)| {
        let letters = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
        letters && !key.is_empty() && !key.trim_end_matches('\n').contains('\n')
    });
    let Some((kind, key)) = dotted else {
        return Ok(("attributes", column(text).trim_matches('`')));
    };
    if !["attributes", "metrics", "params", "tags"].contains(&kind) {
        return Err(SearchError::invalid(format!(
            "Invalid entity type: {}. Expected one of ['attributes', 'metrics', 'params', 'tags'].",
            repr(kind)
        )));
    }
    Ok((kind, key.trim_matches('`')))
}

/// The column behind an attribute's name, as MLflow's database has it.
fn column(name: &str) -> &str {
    match name {
        "creation_time" | "creation_timestamp" => "creation_timestamp_ms",
        "last_updated_timestamp" => "last_updated_timestamp_ms",
        name => name,
    }
}

/// The attribute that an alias or a column stands for.
pub(super) fn attribute(name: &str) -> Option<Attribute> {
    by_column(column(name))
}

fn by_column(column: &str) -> Option<Attribute> {
    Some(match column {
        "creation_timestamp_ms" => Attribute::CreationTimestamp,
        "last_updated_timestamp_ms" => Attribute::LastUpdatedTimestamp,
        "model_id" => Attribute::ModelId,
        "experiment_id" => Attribute::ExperimentId,
        "name" => Attribute::Name,
        "artifact_location" => Attribute::ArtifactLocation,
        "status" => Attribute::Status,
        "lifecycle_stage" => Attribute::LifecycleStage,
        "model_type" => Attribute::ModelType,
        "source_run_id" => Attribute::SourceRunId,
        "status_message" => Attribute::StatusMessage,
        _ => return None,
    })
}

fn field(kind: &str, key: &str) -> Result<Field, SearchError> {
    match kind {
        "metrics" => Ok(Field::Metric(key.to_owned())),
        "params" => Ok(Field::Param(key.to_owned())),
        "tags" => Ok(Field::Tag(key.to_owned())),
        // MLflow looks for the column and fails by accident when there is none, as it does on an
        // alias behind `attributes.` or in backticks.
        _ => by_column(key).map(Field::Attribute).ok_or_else(|| {
            SearchError::invalid(format!("Invalid attribute key '{key}' specified."))
        }),
    }
}

/// A text as SQLite compares it with a whole number: `01` and `1.0` are `1`, other texts are as
/// they are.
fn plain_number(text: String) -> String {
    let value = text.trim().parse::<f64>().ok().filter(|value| value.fract() == 0.0);
    value.map_or(text, |value| format!("{value:.0}"))
}

fn value(text: &str, numeric: bool) -> Result<Value, SearchError> {
    if numeric {
        return float(text).map(Value::Number).ok_or_else(|| {
            SearchError::invalid(format!("could not convert string to float: {}", repr(text)))
        });
    }
    if !(text.starts_with('(') && text.ends_with(')')) {
        return Ok(Value::Text(text.trim_matches('\'').to_owned()));
    }
    let ill_formed =
        || SearchError::invalid(format!("Invalid list of quoted string values: {text}"));
    // A number among them compares as its text.
    let plain = |item| match item {
        Item::String(text) | Item::Number(text) => Ok(text),
        Item::List(_) => Err(ill_formed()),
    };
    let items = list(text).ok_or_else(ill_formed)?;
    items.into_iter().map(plain).collect::<Result<_, _>>().map(Value::List)
}

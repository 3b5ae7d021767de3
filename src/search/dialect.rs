//! What the dialects of runs, experiments, registered models and model versions share: the road
//! from text to clauses, and how names and values are unquoted.
//!
//! Knows nothing of which fields an entity has. All rules and messages are MLflow 3.17.2's.

use super::clause::{Clause, NotOne, Part, Side, parts, statement};
use super::error::SearchError;
use super::field::Field;
use super::lexer::Kind;
use super::literals::{Item, float, list, repr_all, repr_items};
use super::predicate::{Comparison, Op, Value};
use crate::base::python::{self, repr};

/// The kinds of field, by the names MLflow gives them in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Metric,
    Parameter,
    Tag,
    Attribute,
    Dataset,
}

impl Sort {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Parameter => "parameter",
            Self::Tag => "tag",
            Self::Attribute => "attribute",
            Self::Dataset => "dataset",
        }
    }
}

/// A field as written: its kind and its key, unquoted but with aliases unresolved.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) sort: Sort,
    pub(super) key: String,
}

/// A comparison whose parts are read but not yet checked against each other: MLflow reads all
/// clauses before it checks the first.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) named: Named,
    pub(super) operator: String,
    pub(super) value: Value,
}

impl Draft {
    /// The comparison, of a field and operator that have been checked.
    pub(super) fn finish(self, field: Field) -> Result<Comparison, SearchError> {
        let op = Op::from_name(&self.operator);
        let fits = |op: Op| match self.value {
            Value::List(_) => matches!(op, Op::In | Op::NotIn),
            Value::None => matches!(op, Op::IsNull | Op::IsNotNull),
            Value::Int(_) | Value::Number(_) | Value::Text(_) => !matches!(op, Op::In | Op::NotIn),
        };
        match op {
            Some(op) if fits(op) => Ok(Comparison { field, op, value: self.value }),
            // MLflow fails on these with a fault of its database.
            _ => Err(SearchError::invalid(format!(
                "Invalid comparator '{}' for the value of '{}'",
                self.operator, self.named.key
            ))),
        }
    }
}

/// The clauses of a filter. `quoted` says whether MLflow's message puts quotes around each part
/// it does not understand.
pub(super) fn clauses(text: &str, quoted: bool) -> Result<Vec<Clause<'_>>, SearchError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let nodes = statement(text).map_err(|why| {
        SearchError::invalid(match why {
            NotOne::Empty => format!("Invalid filter '{text}'. Could not be parsed."),
            NotOne::Several => format!(
                "Search filter contained multiple expression {}. Provide AND-ed expression list.",
                repr(text)
            ),
            NotOne::TooLarge => format!("Error on parsing filter '{text}'"),
        })
    })?;
    let mut clauses = Vec::new();
    let mut strays = Vec::new();
    for part in parts(text, &nodes) {
        match part {
            Part::Clause(clause) => clauses.push(clause),
            Part::And => {}
            Part::Stray(stray) if quoted => strays.push(format!("'{stray}'")),
            Part::Stray(stray) => strays.push(stray.to_owned()),
        }
    }
    if strays.is_empty() {
        return Ok(clauses);
    }
    Err(SearchError::invalid(format!("Invalid clause(s) in filter string: {}", strays.join(", "))))
}

/// Refuses a clause that is not a name, an operator and a value.
pub(super) fn check_shape(clause: &Clause<'_>) -> Result<(), SearchError> {
    let count = 2 + usize::from(clause.right.is_some()) + clause.comments;
    let unary = clause.right.is_none() && clause.comments == 0;
    if count != 3 && !unary {
        return Err(SearchError::invalid(format!(
            "Invalid comparison clause. Expected 3 tokens found {count}"
        )));
    }
    if clause.left.kind != Kind::Identifier {
        return Err(SearchError::invalid(format!(
            "Invalid comparison clause. Expected 'Identifier' found '{}'",
            clause.left.text
        )));
    }
    Ok(())
}

/// The two parts of `kind.key`.
pub(super) fn split(identifier: &str) -> (Option<&str>, &str) {
    match identifier.split_once('.') {
        Some((kind, key)) => (Some(kind), key),
        None => (None, identifier),
    }
}

/// `text` without these marks around it, if it has them.
fn unwrap_marks(text: &str, mark: char) -> Option<&str> {
    text.strip_prefix(mark)?.strip_suffix(mark)
}

/// A key without its quotes or backticks: one of each at most.
pub(super) fn unquote_key(key: &str) -> &str {
    let key = unwrap_marks(key, '\'').or_else(|| unwrap_marks(key, '"')).unwrap_or(key);
    trim_backticks(key)
}

/// A name without the backticks around it.
pub(super) fn trim_backticks(name: &str) -> &str {
    unwrap_marks(name, '`').unwrap_or(name)
}

/// A quoted value. What is inside stays as it is: MLflow has no escapes.
pub(super) fn unquote_value(text: &str) -> Result<Value, SearchError> {
    match unwrap_marks(text, '\'').or_else(|| unwrap_marks(text, '"')) {
        Some(text) => Ok(Value::Text(text.to_owned())),
        None => Err(SearchError::invalid(format!(
            "Parameter value is either not quoted or unidentified quote types used for string \
             value {text}. Use either single or double quotes."
        ))),
    }
}

/// Whether a side may be a quoted text: names count, as `"..."` is one.
pub(super) fn is_text(side: Side<'_>) -> bool {
    matches!(side.kind, Kind::Quoted | Kind::Identifier)
}

/// A number. A whole one that does not fit is none: MLflow fails on it.
pub(super) fn number(side: Side<'_>) -> Value {
    if side.kind == Kind::Integer {
        return python::parse_int(side.text).map_or(Value::None, Value::Int);
    }
    Value::Number(float(side.text).unwrap_or(f64::NAN))
}

/// A value for a tag or a parameter.
pub(super) fn tag_value(sort: Sort, side: Side<'_>) -> Result<Value, SearchError> {
    if is_text(side) {
        return unquote_value(side.text);
    }
    Err(SearchError::invalid(format!(
        "Expected a quoted string value for {} (e.g. 'my-value'). Got value {}",
        sort.name(),
        side.text
    )))
}

/// A list, where only the attributes of `supported` may have one.
pub(super) fn list_for(key: &str, supported: &[&str], text: &str) -> Result<Value, SearchError> {
    if !supported.contains(&key) {
        return Err(SearchError::invalid(format!(
            "Only {} attributes support comparison with a list of quoted string values.",
            repr_all(["[", "]"], supported)
        )));
    }
    list_value(text)
}

/// A list of quoted texts.
pub(super) fn list_value(text: &str) -> Result<Value, SearchError> {
    const WHILE: &str = "While parsing a list in the query, expected";
    let Some(items) = list(text) else {
        return Err(SearchError::invalid(format!(
            "{WHILE} a non-empty list of string values, but got ill-formed list."
        )));
    };
    if items.is_empty() {
        return Err(SearchError::invalid(format!(
            "{WHILE} a non-empty list of string values, but got empty list"
        )));
    }
    let string = |item: &Item| match item {
        Item::String(text) => Some(text.clone()),
        Item::Number(_) | Item::List(_) => None,
    };
    items.iter().map(string).collect::<Option<_>>().map(Value::List).ok_or_else(|| {
        SearchError::invalid(format!(
            "{WHILE} string value, punctuation, or whitespace, but got different type in list: {}",
            repr_items(&items)
        ))
    })
}

/// A Python set of strings, in messages.
pub(super) fn set(texts: &[&str]) -> String {
    repr_all(["{", "}"], texts)
}

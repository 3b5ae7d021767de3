//! A parsed order, and how MLflow 3.17.2 on SQLite sorts by it.
//!
//! Knows nothing of text or of stored entities: the caller looks fields up, this compares them.
//!
//! Whatever the direction, a missing value comes last, and among metrics of runs NaN comes after
//! all numbers and before what is missing. Texts compare by code point, case and all, so the
//! parameter `10` comes before `9`. Ids of experiments compare as numbers. A logged model's metric
//! is its latest by timestamp, then step, then smallest run id; there NaN counts as 0.

use std::cmp::Ordering;

use super::field::{Attribute, Field};

/// One key of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBy {
    /// What to sort by.
    pub field: Field,
    /// Smallest first.
    pub ascending: bool,
    /// Logged models only: which dataset's value of the metric counts.
    pub dataset: Option<Dataset>,
}

/// A dataset that a logged model's metric was measured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Its name, unless any will do.
    pub name: Option<String>,
    /// Its digest, unless any will do.
    pub digest: Option<String>,
}

/// What an entity has in the place of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SortValue<'a> {
    /// Nothing.
    Missing,
    /// A time, a version, an experiment's id.
    Int(i64),
    /// A metric.
    Number(f64),
    /// Any other.
    Text(&'a str),
}

/// A [`SortValue`] that outlives its entity: in a page token, say.
#[derive(Clone, Debug, PartialEq)]
pub enum KeptValue {
    /// Nothing.
    Missing,
    /// A time, a version, an experiment's id.
    Int(i64),
    /// A metric.
    Number(f64),
    /// Any other.
    Text(String),
}

impl KeptValue {
    /// The value, to be compared.
    #[must_use]
    pub fn value(&self) -> SortValue<'_> {
        match self {
            Self::Missing => SortValue::Missing,
            Self::Int(value) => SortValue::Int(*value),
            Self::Number(value) => SortValue::Number(*value),
            Self::Text(text) => SortValue::Text(text),
        }
    }
}

impl OrderBy {
    /// An order by an attribute.
    pub(super) fn attribute(attribute: Attribute, ascending: bool) -> Self {
        Self { field: Field::Attribute(attribute), ascending, dataset: None }
    }

    /// How two entities stand to each other by this key.
    #[must_use]
    pub fn compare(&self, left: SortValue<'_>, right: SortValue<'_>) -> Ordering {
        let values = left.compare(right);
        left.rank().cmp(&right.rank()).then(if self.ascending { values } else { values.reverse() })
    }
}

impl SortValue<'_> {
    /// A copy of its own.
    #[must_use]
    pub fn kept(self) -> KeptValue {
        match self {
            Self::Missing => KeptValue::Missing,
            Self::Int(value) => KeptValue::Int(value),
            Self::Number(value) => KeptValue::Number(value),
            Self::Text(text) => KeptValue::Text(text.to_owned()),
        }
    }

    /// Present, NaN, missing: the same in both directions.
    fn rank(self) -> u8 {
        match self {
            Self::Number(value) if value.is_nan() => 1,
            Self::Missing => 2,
            Self::Int(_) | Self::Number(_) | Self::Text(_) => 0,
        }
    }

    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => left.cmp(&right),
            (Self::Number(left), Self::Number(right)) => {
                // Stored as the largest finite numbers, infinities tie with them.
                let finite = |value: f64| value.clamp(f64::MIN, f64::MAX);
                finite(left).partial_cmp(&finite(right)).unwrap_or(Ordering::Equal)
            }
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            _ => Ordering::Equal,
        }
    }
}

//! What a comparison is true of, as MLflow 3.17.2 on SQLite answers.
//!
//! Knows nothing of where values come from. A missing value satisfies nothing but `IS NULL`: not
//! `!=`, not `NOT IN`. The caller looks the field up and asks with what it found:
//!
//! | field | ask with |
//! |---|---|
//! | parameter, tag, text attribute, experiment's id | `matches_text` |
//! | metric of a run: the latest value, NaN if it is | `matches_metric` |
//! | metric of a logged model: any value of it, NaN counting as 0 | `matches_metric` |
//! | time or version | `matches_int` |
//! | dataset: any dataset of the run; several clauses may mean several datasets | `matches_text` |

use std::cmp::Ordering;

use super::like::like;
use super::predicate::{Comparison, Op, Value};

impl Comparison {
    /// Whether a text satisfies this. Case matters; order is by code point.
    #[must_use]
    pub fn matches_text(&self, found: Option<&str>) -> bool {
        let Some(found) = found else { return self.op == Op::IsNull };
        match (self.op, &self.value) {
            (Op::IsNotNull, _) => true,
            (Op::Like, Value::Text(pattern)) => like(pattern, found, false),
            (Op::ILike, Value::Text(pattern)) => like(pattern, found, true),
            (Op::In, Value::List(texts)) => texts.iter().any(|text| text == found),
            (Op::NotIn, Value::List(texts)) => texts.iter().all(|text| text != found),
            (op, Value::Text(text)) => op.holds(Some(found.cmp(text))),
            _ => false,
        }
    }

    /// Whether a metric satisfies this. NaN satisfies only `!=`; MLflow stores the infinities as
    /// the largest finite numbers, and so they are compared.
    #[must_use]
    pub fn matches_metric(&self, found: Option<f64>) -> bool {
        let Some(found) = found else { return self.op == Op::IsNull };
        match self.value {
            // SQLite takes a NaN on the right for NULL.
            Value::Number(value) if value.is_nan() => false,
            Value::Number(value) => {
                let found = if found.is_nan() { found } else { found.clamp(f64::MIN, f64::MAX) };
                self.op.holds(found.partial_cmp(&value))
            }
            Value::Int(_) | Value::Text(_) | Value::List(_) | Value::None => {
                self.op == Op::IsNotNull
            }
        }
    }

    /// Whether a whole number satisfies this, exactly also where a float would round it.
    #[must_use]
    pub fn matches_int(&self, found: Option<i64>) -> bool {
        let Some(found) = found else { return self.op == Op::IsNull };
        match self.value {
            Value::Int(value) => self.op.holds(Some(found.cmp(&value))),
            Value::Number(value) if value.is_nan() => false,
            Value::Number(value) => self.op.holds(Some(compare_exactly(found, value))),
            Value::Text(_) | Value::List(_) | Value::None => self.op == Op::IsNotNull,
        }
    }
}

impl Op {
    /// Whether the operator holds of two values in this order; `None` when one is NaN.
    fn holds(self, order: Option<Ordering>) -> bool {
        let Some(order) = order else { return self == Self::Ne };
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
            Self::Like | Self::ILike | Self::In | Self::NotIn | Self::IsNull | Self::IsNotNull => {
                false
            }
        }
    }
}

/// How a whole number stands to a float that is not NaN.
fn compare_exactly(int: i64, float: f64) -> Ordering {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float >= LIMIT {
        return Ordering::Less;
    }
    if float < -LIMIT {
        return Ordering::Greater;
    }
    let floor = float.floor();
    #[expect(clippy::cast_possible_truncation, reason = "within the limits, and whole")]
    let whole = floor as i64;
    int.cmp(&whole).then(if float > floor { Ordering::Less } else { Ordering::Equal })
}

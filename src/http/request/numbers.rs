//! Numbers as proto-JSON has them: as numbers, or in texts.

use serde_json::Value;

use crate::base::python;

/// Below this every whole float is exact.
const EXACT_FLOAT_MAX: f64 = 9_223_372_036_854_775_808.0;

/// A whole number that fits 64 bits: `5`, `5.0`, `"5"`, `"5e0"`.
pub(super) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) if text.contains(' ') => None,
        Value::String(text) => {
            python::parse_int(text).or_else(|| whole(python::parse_float(text)?))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn whole(float: f64) -> Option<i64> {
    let fits = float.fract() == 0.0 && (-EXACT_FLOAT_MAX..EXACT_FLOAT_MAX).contains(&float);
    #[expect(clippy::cast_possible_truncation, reason = "whole and within 64 bits")]
    fits.then_some(float as i64)
}

/// A float: `0.5`, `"0.5"`, `"NaN"`, `"Infinity"`, `"-Infinity"`; a truth value counts as 1 or 0.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => python::parse_float(text),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

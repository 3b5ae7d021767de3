//! JSON as Python writes it: MLflow's messages quote it, and its tags hold it.

use std::fmt::Write as _;

use serde_json::Value;

use super::numbers::float;

/// What stands between the items of a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `json.dumps(value)`.
    Spaced,
    /// `json.dumps(value, sort_keys=True, separators=(",", ":"))`, as MLflow quotes wrong values.
    Compact,
}

/// A value as Python's `json.dumps` writes it: ASCII only.
pub fn json(value: &Value, layout: Layout) -> String {
    let mut out = String::new();
    write_json(&mut out, value, layout);
    out
}

fn write_json(out: &mut String, value: &Value, layout: Layout) {
    let (comma, colon) = match layout {
        Layout::Spaced => (", ", ": "),
        Layout::Compact => (",", ":"),
    };
    match value {
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => out.push_str(&quoted(text)),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { comma });
                write_json(out, item, layout);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            if layout == Layout::Compact {
                fields.sort_by_key(|(name, _)| *name);
            }
            out.push('{');
            for (index, (name, item)) in fields.into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { comma });
                out.push_str(&quoted(name));
                out.push_str(colon);
                write_json(out, item, layout);
            }
            out.push('}');
        }
    }
}

/// A text as Python's `json.dumps` writes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'"') => out.push_str("\\\""),
            Ok(b'\\') => out.push_str("\\\\"),
            Ok(b'\n') => out.push_str("\\n"),
            Ok(b'\r') => out.push_str("\\r"),
            Ok(b'\t') => out.push_str("\\t"),
            Ok(0x08) => out.push_str("\\b"),
            Ok(0x0c) => out.push_str("\\f"),
            Ok(byte @ 0x20..=0x7e) => out.push(char::from(byte)),
            _ => append(&mut out, format_args!("\\u{unit:04x}")),
        }
    }
    out.push('"');
    out
}

fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes all text");
}

fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(value) => float(value),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_that_of_python() {
        let value: Value =
            serde_json::from_str(r#"{"b": [1, 1e22, null], "a": "é\"\b\u001f🚀"}"#).unwrap();
        let spaced = r#"{"b": [1, 1e+22, null], "a": "\u00e9\"\b\u001f\ud83d\ude80"}"#;
        assert_eq!(json(&value, Layout::Spaced), spaced);
        let compact = r#"{"a":"\u00e9\"\b\u001f\ud83d\ude80","b":[1,1e+22,null]}"#;
        assert_eq!(json(&value, Layout::Compact), compact);
    }
}

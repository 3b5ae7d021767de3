//! JSON and bytes in Python's notation, as MLflow's messages show what they refuse; and its base64.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;

use crate::base::python;

/// A JSON value as Python prints it.
pub(super) fn repr(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => python::repr(text),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(repr).collect())),
        Value::Object(fields) => {
            let field =
                |(key, value): (&String, &Value)| format!("{}: {}", python::repr(key), repr(value));
            format!("{{{}}}", joined(fields.iter().map(field).collect()))
        }
    }
}

/// Bytes as Python prints them.
pub(super) fn repr_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if char::from(byte) == quote => out.extend(['\\', quote]),
            b' '..=b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
    out
}

const DIGITS_ONLY: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// `base64.b64decode(text)`, which passes over what is no digit and stops where padding is full.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut digits = String::with_capacity(text.len());
    let mut padding = 0;
    for c in text.chars() {
        if c == '=' {
            padding += 1;
            let last = digits.len() % 4;
            if last >= 2 && last + padding >= 4 {
                return DIGITS_ONLY.decode(digits).ok();
            }
        } else if c.is_ascii_alphanumeric() || c == '+' || c == '/' {
            digits.push(c);
            padding = 0;
        }
    }
    if digits.len().is_multiple_of(4) { DIGITS_ONLY.decode(digits).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_as_python_shows_them() {
        let value = json!({"a": [1, null, true, "it's"], "b'": {}, "c": "x'\""});
        let shown = r#"{'a': [1, None, True, "it's"], "b'": {}, 'c': 'x\'"'}"#;
        assert_eq!(repr(&value), shown);
        assert_eq!(repr_bytes("it's\n\\é".as_bytes()), r#"b"it's\n\\\xc3\xa9""#);
        assert_eq!(repr_bytes(b"'\""), r#"b'\'"'"#);
    }

    #[test]
    fn base64_is_read_as_leniently_as_in_python() {
        let read = |text| base64(text).map(|bytes| String::from_utf8(bytes).unwrap());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("YWJj"), some("abc"));
        assert_eq!(read("YW Jj!\n"), some("abc"));
        assert_eq!(read("YWI="), some("ab"));
        assert_eq!(read("YWJ="), some("ab"), "bits that mean nothing");
        assert_eq!(read("YWI=YWJj"), some("ab"), "nothing counts behind the padding");
        assert_eq!(read("YQ="), None);
        assert_eq!(read("YQ=="), some("a"));
        assert_eq!(read("Y"), None);
        assert_eq!(read("YWI"), None);
        assert_eq!(read("????"), some(""));
        assert_eq!(read("=YWJj"), some("abc"));
    }
}

//! Python's notions of letters, digits and quoting, in which MLflow's rules and messages are written.

mod json;
mod numbers;

pub use json::{Layout, json, quoted};
pub use numbers::{float, parse_float, parse_int};

use icu_properties::{
    CodePointMapData,
    props::{GeneralCategory, GeneralCategoryGroup},
};

/// Most digits that Python's `int()` reads.
const INT_DIGITS_MAX: usize = 4300;

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Whether `\w` of a regular expression matches: a letter, a number, an underscore.
pub fn is_word(c: char) -> bool {
    let word = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);
    c.is_ascii_alphanumeric() || c == '_' || (!c.is_ascii() && word.contains(category(c)))
}

/// What a decimal digit of any script counts: that which `\d` of a regular expression matches.
pub fn digit(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let is_digit = |c| category(c) == GeneralCategory::DecimalNumber;
    if !is_digit(c) {
        return None;
    }
    // Each script's digits stand together, from 0 to 9.
    let code = u32::from(c);
    let no_digit = |before: &u32| !char::from_u32(*before).is_some_and(is_digit);
    Some((code - 1 - (0..code).rev().find(no_digit)?) % 10)
}

/// `str(int(text))`; `None` if `text` is no whole number.
pub fn int(text: &str) -> Option<String> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut digits = String::with_capacity(unsigned.len());
    for group in unsigned.split('_') {
        let before = digits.len();
        for c in group.chars() {
            digits.push(char::from_digit(digit(c)?, 10)?);
        }
        if digits.len() == before {
            return None;
        }
    }
    if digits.len() > INT_DIGITS_MAX {
        return None;
    }
    match (digits.trim_start_matches('0'), text.starts_with('-')) {
        ("", _) => Some("0".to_owned()),
        (digits, true) => Some(format!("-{digits}")),
        (digits, false) => Some(digits.to_owned()),
    }
}

/// `repr(text)`, as messages show what they refuse.
pub fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&match u32::from(c) {
                code @ ..0x100 => format!("\\x{code:02x}"),
                code @ ..0x1_0000 => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    out.push(quote);
    out
}

fn is_printable(c: char) -> bool {
    let unseen = GeneralCategoryGroup::Other.union(GeneralCategoryGroup::Separator);
    if c.is_ascii() { !c.is_ascii_control() } else { !unseen.contains(category(c)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_letters_and_numbers_of_any_script() {
        for c in ['a', 'Z', '7', '_', 'é', '模', 'ß', '٣', '²', 'Ⅷ', '½'] {
            assert!(is_word(c), "{c}");
        }
        for c in ['-', ' ', '.', '🙂', '\u{301}', '\u{93f}', '\n', '\u{200b}'] {
            assert!(!is_word(c), "{c:?}");
        }
    }

    #[test]
    fn whole_numbers_come_in_any_digits() {
        for (text, number) in [
            ("2", "2"),
            (" +02\n", "2"),
            ("-0", "0"),
            ("-1", "-1"),
            ("1_000", "1000"),
            ("٤٢", "42"),
            ("𝟡𝟘", "90"),
            ("99999999999999999999", "99999999999999999999"),
        ] {
            assert_eq!(int(text).as_deref(), Some(number), "{text}");
        }
        for text in ["", " ", "+", "1.0", "1e0", "1__0", "_1", "1_", "²", "one", "- 1"] {
            assert_eq!(int(text), None, "{text}");
        }
        assert_eq!(int(&"9".repeat(INT_DIGITS_MAX + 1)), None);
    }

    #[test]
    fn text_is_quoted_as_python_quotes_it() {
        assert_eq!(repr("it's"), r#""it's""#);
        assert_eq!(repr("it's \"it\""), r#"'it\'s "it"'"#);
        assert_eq!(repr("\0\n\\\u{ad}\u{200b}\u{e000}é"), r"'\x00\n\\\xad\u200b\ue000é'");
    }
}

//! Python's notation, which MLflow 3.17.2 leans on: numbers, lists of strings, quoting.
//!
//! Knows nothing of filters. Escapes that name a character (`\N{...}`) are not read.

use crate::base::python::{self, repr};

/// `repr` of a list or tuple: the texts between these brackets.
pub(super) fn repr_all<T: AsRef<str>>(brackets: [&str; 2], texts: &[T]) -> String {
    let [open, close] = brackets;
    let texts: Vec<String> = texts.iter().map(|text| repr(text.as_ref())).collect();
    format!("{open}{}{close}", texts.join(", "))
}

/// `float(text)`, which takes digits of any script.
pub(super) fn float(text: &str) -> Option<f64> {
    let ascii = |c| python::digit(c).and_then(|digit| char::from_digit(digit, 10)).unwrap_or(c);
    python::parse_float(&text.chars().map(ascii).collect::<String>())
}

/// A member of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A string, its quotes and escapes undone.
    String(String),
    /// A number, as Python prints it.
    Number(String),
    /// A list in the list.
    List(Vec<Item>),
}

/// Reads a list as Python writes it: `('a', "b",)`. Strings side by side are one, and brackets
/// around one item mean nothing. `None` when it is ill-formed, or has a NUL, which ends Python's source.
pub(super) fn list(text: &str) -> Option<Vec<Item>> {
    if text.contains('\0') {
        return None;
    }
    match item(text.trim())? {
        (Item::List(items), rest) if rest.trim().is_empty() => Some(items),
        (item, rest) => rest.trim().is_empty().then(|| vec![item]),
    }
}

/// `repr` of a tuple of these.
pub(super) fn repr_items(items: &[Item]) -> String {
    let shown = items.iter().map(|item| match item {
        Item::String(text) => repr(text),
        Item::Number(text) => text.clone(),
        Item::List(items) => repr_items(items),
    });
    let tail = if items.len() == 1 { "," } else { "" };
    format!("({}{tail})", shown.collect::<Vec<_>>().join(", "))
}

/// What is between brackets, and what is behind them.
fn bracketed(inside: &str) -> Option<(Item, &str)> {
    let mut rest = inside.trim_start();
    let (mut items, mut comma) = (Vec::new(), false);
    while !rest.starts_with(')') {
        let (item, after) = item(rest)?;
        items.push(item);
        rest = after.trim_start();
        comma = rest.starts_with(',');
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        if !comma {
            break;
        }
    }
    let rest = rest.strip_prefix(')')?;
    let alone = if items.len() == 1 && !comma { items.pop() } else { None };
    Some((alone.unwrap_or(Item::List(items)), rest))
}

/// One string, number or list, and what is behind it.
fn item(text: &str) -> Option<(Item, &str)> {
    if let Some(inside) = text.strip_prefix('(') {
        return bracketed(inside);
    }
    if text.starts_with(['\'', '"']) {
        let (mut whole, mut rest) = string(text)?;
        while rest.trim_start().starts_with(['\'', '"']) {
            let (more, after) = string(rest.trim_start())?;
            whole.push_str(&more);
            rest = after;
        }
        return Some((Item::String(whole), rest));
    }
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)));
    let (number, rest) = text.split_at_checked(length.unwrap_or(text.len()))?;
    let shown = match (python::parse_int(number), float(number)) {
        (Some(int), _) => int.to_string(),
        (None, Some(float)) if number.contains(|c: char| c.is_ascii_digit()) => {
            python::float(float)
        }
        _ => return None,
    };
    Some((Item::Number(shown), rest))
}

/// One quoted string, its escapes undone, and what is behind it.
fn string(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next()?;
    let mut rest = text.get(1..)?;
    let mut out = String::new();
    loop {
        let at = rest.find([quote, '\\', '\n', '\r'])?;
        out.push_str(rest.get(..at)?);
        let here = rest.get(at..)?;
        if here.starts_with(quote) {
            return Some((out, here.get(1..)?));
        }
        rest = escape(here.strip_prefix('\\')?, &mut out)?;
    }
}

/// What a backslash and the characters behind it stand for; what is behind those.
fn escape<'a>(text: &'a str, out: &mut String) -> Option<&'a str> {
    let code = text.chars().next()?;
    let rest = text.get(code.len_utf8()..)?;
    let hex = |digits: usize| {
        let c = u32::from_str_radix(rest.get(..digits)?, 16).ok().and_then(char::from_u32)?;
        Some((c, rest.get(digits..)?))
    };
    let (c, rest) = match code {
        '\n' => return Some(rest),
        '\\' | '\'' | '"' => (code, rest),
        'a' => ('\x07', rest),
        'b' => ('\x08', rest),
        'f' => ('\x0c', rest),
        'n' => ('\n', rest),
        'r' => ('\r', rest),
        't' => ('\t', rest),
        'v' => ('\x0b', rest),
        'x' => hex(2)?,
        'u' => hex(4)?,
        'U' => hex(8)?,
        '0'..='7' => {
            let length = text.bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
            let value = u32::from_str_radix(text.get(..length)?, 8).ok()?;
            (char::from_u32(value)?, text.get(length..)?)
        }
        other => {
            out.push('\\');
            (other, rest)
        }
    };
    out.push(c);
    Some(rest)
}

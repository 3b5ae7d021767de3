//! Python's notation, which MLflow 3.17.2 leans on: numbers, lists of strings, quoting.
//!
//! Knows nothing of filters. Escapes that name a character (`\N{...}`) are not read.

/// `repr` of a string, as MLflow's messages print it.
pub(super) fn repr(text: &str) -> String {
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
            c if u32::from(c) < 0x100 && c.is_control() => {
                out.push_str(&format!("\\x{:02x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// `repr` of a list or tuple: the texts between these brackets.
pub(super) fn repr_all<T: AsRef<str>>(brackets: [&str; 2], texts: &[T]) -> String {
    let [open, close] = brackets;
    let texts: Vec<String> = texts.iter().map(|text| repr(text.as_ref())).collect();
    format!("{open}{}{close}", texts.join(", "))
}

/// `repr` of a float.
pub(super) fn repr_float(value: f64) -> String {
    let shown = format!("{value:?}").replace("NaN", "nan");
    match shown.split_once('e') {
        None => shown,
        Some((digits, power)) => {
            let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
            format!("{digits}e{sign}{power:0>2}")
        }
    }
}

/// `int(text)`, as far as it fits.
pub(super) fn int(text: &str) -> Option<i64> {
    plain(text)?.parse().ok()
}

/// `float(text)`.
pub(super) fn float(text: &str) -> Option<f64> {
    plain(text)?.parse().ok()
}

/// A number without the spaces around it and the single `_` between digits.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    let digit = |c: Option<&u8>| c.is_some_and(u8::is_ascii_digit);
    let bytes = text.as_bytes();
    let misplaced = bytes.iter().enumerate().any(|(at, &byte)| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        byte == b'_' && !(digit(before) && digit(bytes.get(at + 1)))
    });
    (!misplaced).then(|| text.replace('_', ""))
}

/// A list of strings as Python writes it: `('a', "b",)`. Inside may be any number of brackets
/// around one string, and strings side by side are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListLiteral {
    /// Its strings.
    Strings(Vec<String>),
    /// Well formed, but not all strings; as Python prints it.
    Mixed(String),
    /// Not a list.
    IllFormed,
}

/// Reads a list that stands in brackets.
pub(super) fn list(text: &str) -> ListLiteral {
    let mut rest = text.trim();
    let mut closers = 0_usize;
    // `((('a')))` is `('a')`: brackets around a single string mean nothing.
    while let Some(inside) = rest.strip_prefix('(') {
        rest = inside.trim_start();
        closers += 1;
    }
    let mut items: Vec<Item> = Vec::new();
    let mut comma = true;
    while !rest.starts_with(')') {
        let Some((item, after)) = item(rest) else {
            return ListLiteral::IllFormed;
        };
        match (comma, items.last_mut(), item) {
            (true, _, item) => items.push(item),
            (false, Some(Item::String(last)), Item::String(more)) => last.push_str(&more),
            _ => return ListLiteral::IllFormed,
        }
        rest = after.trim_start();
        comma = rest.starts_with(',');
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        if comma && rest.starts_with(',') {
            return ListLiteral::IllFormed;
        }
    }
    let closed = rest.chars().filter(|c| !c.is_whitespace()).eq(std::iter::repeat_n(')', closers));
    let nested = closers > 1 && (items.len() != 1 || comma);
    if !closed || nested { ListLiteral::IllFormed } else { finish(items) }
}

fn finish(items: Vec<Item>) -> ListLiteral {
    if items.iter().all(|item| matches!(item, Item::String(_))) {
        let text = |item| match item {
            Item::String(text) | Item::Number(text) => text,
        };
        return ListLiteral::Strings(items.into_iter().map(text).collect());
    }
    let texts: Vec<String> = items
        .iter()
        .map(|item| match item {
            Item::String(text) => repr(text),
            Item::Number(text) => text.clone(),
        })
        .collect();
    let tail = if texts.len() == 1 { "," } else { "" };
    ListLiteral::Mixed(format!("({}{tail})", texts.join(", ")))
}

enum Item {
    String(String),
    Number(String),
}

/// One string or number, and what is behind it.
fn item(text: &str) -> Option<(Item, &str)> {
    if text.starts_with(['\'', '"']) {
        let (text, rest) = string(text)?;
        return Some((Item::String(text), rest));
    }
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-._".contains(c)));
    let (number, rest) = text.split_at_checked(length.unwrap_or(text.len()))?;
    let shown = match (int(number), float(number)) {
        (Some(int), _) => int.to_string(),
        (None, Some(float)) if number.contains(|c: char| c.is_ascii_digit()) => repr_float(float),
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

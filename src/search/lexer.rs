//! Text to tokens, cut where MLflow 3.17.2 cuts them: it reads filters with sqlparse 0.6.1, whose
//! table of patterns, tried in order at each place, is followed here by hand.
//!
//! Knows nothing of clauses. Left out, as they can only stand in a refused filter: dollar quotes
//! and the SQL words made of several (`LEFT JOIN`), except those that end up in a clause.
//! Time is linear in the text.

use super::keywords::reserved;
use crate::base::python::{self, is_word};

/// What a token, or a group of tokens, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Newline,
    Comment,
    Name,
    Builtin,
    Placeholder,
    Keyword,
    Statement,
    Order,
    Integer,
    Float,
    Hex,
    /// `'...'`
    Quoted,
    /// `"..."`
    Symbol,
    Punctuation,
    Operator,
    Wildcard,
    Comparator,
    Assign,
    Unknown,
    // Groups, made by `group.rs`.
    Comments,
    Brackets,
    Parenthesis,
    Function,
    Where,
    Identifier,
    TypedLiteral,
    Operation,
    Comparison,
    Assignment,
    List,
}

/// A stretch of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    /// Its part of the text.
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Cuts the text into tokens; stops where more than `limit` stand beside comments and line breaks.
pub(super) fn tokens(text: &str, limit: usize) -> Vec<Token> {
    let lexer = Lexer { text, last_comment_end: text.rfind("*/") };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = None;
    let mut count = 0;
    while let Some(first) = lexer.rest(start).chars().next() {
        let (kind, length) = lexer.next(start, first, before);
        let end = start + length;
        before = lexer.rest(start).get(..length).and_then(|token| token.chars().next_back());
        tokens.push(Token { kind, start, end });
        start = end;
        count += usize::from(!matches!(kind, Kind::Comment | Kind::Newline));
        if count > limit {
            break;
        }
    }
    tokens
}

struct Lexer<'a> {
    text: &'a str,
    /// Where the last `*/` is: an open comment after it is not a comment.
    last_comment_end: Option<usize>,
}

type Match = Option<(Kind, usize)>;

impl<'a> Lexer<'a> {
    fn rest(&self, start: usize) -> &'a str {
        self.text.get(start..).unwrap_or_default()
    }

    /// The token at `start`; `before` is the character in front of it. The order is sqlparse's.
    fn next(&self, start: usize, first: char, before: Option<char>) -> (Kind, usize) {
        let rest = self.rest(start);
        None.or_else(|| self.comment(start, rest))
            .or_else(|| space(rest, first))
            .or_else(|| mark(rest, first, before))
            .or_else(|| name(rest, first, before))
            .or_else(|| number(rest))
            .or_else(|| quoted(rest, first, before))
            .or_else(|| word(rest, first))
            .or_else(|| symbols(rest, first))
            .unwrap_or((Kind::Unknown, first.len_utf8()))
    }

    fn comment(&self, start: usize, rest: &str) -> Match {
        if rest.starts_with("/*") {
            let opened = if rest.starts_with("/*+") { 3 } else { 2 };
            self.last_comment_end.filter(|&end| end >= start + opened)?;
            let inside = rest.get(opened..)?.find("*/")?;
            return Some((Kind::Comment, opened + inside + 2));
        }
        if rest.starts_with("--") || rest.starts_with("# ") {
            let line = rest.find(['\r', '\n']).unwrap_or(rest.len());
            return Some((Kind::Comment, line + newline(rest.get(line..)?)));
        }
        None
    }
}

fn newline(rest: &str) -> usize {
    if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with(['\r', '\n'])) }
}

fn space(rest: &str, first: char) -> Match {
    match newline(rest) {
        0 => is_space(first).then_some((Kind::Space, first.len_utf8())),
        length => Some((Kind::Newline, length)),
    }
}

/// Signs that come before names: assignments, wildcards, quoted names, placeholders, commands.
fn mark(rest: &str, first: char, before: Option<char>) -> Match {
    let placeholder = |from: usize| {
        let length = run(rest.get(from..)?, is_word);
        (length > 0).then_some((Kind::Placeholder, from + length))
    };
    match first {
        ':' if rest.starts_with(":=") => Some((Kind::Assign, 2)),
        ':' if rest.starts_with("::") => Some((Kind::Punctuation, 2)),
        '*' => Some((Kind::Wildcard, 1)),
        '`' | '´' => Some((Kind::Name, quote(rest, first, false)?)),
        '?' => Some((Kind::Placeholder, 1)),
        '%' if rest.starts_with("%s") || rest.starts_with("%S") => Some((Kind::Placeholder, 2)),
        '$' | ':' if !before.is_some_and(is_word) => placeholder(1),
        '\\' => placeholder(1).map(|(_, length)| (Kind::Unknown, length)),
        _ => None,
    }
}

/// Words that are what they are by what stands next to them.
fn name(rest: &str, first: char, before: Option<char>) -> Match {
    for keyword in ["CASE", "IN", "VALUES", "USING", "FROM", "AS"] {
        if let Some(length) = whole_word(rest, keyword) {
            return Some((Kind::Keyword, length));
        }
    }
    if first == '@' || first == '#' {
        let signs = if rest.starts_with("##") { 2 } else { 1 };
        let word = rest.get(signs..)?;
        let length = run(word, is_word);
        let long = word.chars().take(2).filter(|&c| is_word(c)).count() == 2;
        return (long && word.starts_with(starts_name)).then_some((Kind::Name, signs + length));
    }
    if !starts_name(first) {
        return None;
    }
    let length = run(rest, is_word);
    let after = rest.get(length..)?;
    let dot = after.trim_start_matches(is_space).strip_prefix('.');
    let owner = dot.is_some_and(|key| !key.starts_with(is_digit));
    (owner || before == Some('.') || after.starts_with('(')).then_some((Kind::Name, length))
}

/// Numbers. A number may not run into a letter; rather than give up, sqlparse then takes a digit
/// less (`12a` is `1` and `2a`).
fn number(rest: &str) -> Match {
    let digits = |text: &str| run(text, is_digit);
    let sign = usize::from(rest.starts_with('-'));
    let text = rest.get(sign..)?;
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let length = run(hex, |c| c.is_ascii_hexdigit() || is_digit(c));
        if length > 0 {
            return Some((Kind::Hex, sign + 2 + length));
        }
    }
    let whole = digits(text);
    let fraction = text.get(whole..)?.strip_prefix('.').map(digits);
    let mantissa = whole + fraction.filter(|&length| length > 0).map_or(0, |length| 1 + length);
    if let (true, Some(power)) = (whole > 0, text.get(mantissa..)?.strip_prefix(['e', 'E'])) {
        let minus = usize::from(power.starts_with('-'));
        let length = digits(power.get(minus..)?);
        if length > 0 {
            return Some((Kind::Float, sign + mantissa + 1 + minus + length));
        }
    }
    // How many of `count` digits that end at `end` the number keeps.
    let kept = |count: usize, end: usize| {
        let (number, after) = text.split_at_checked(end)?;
        match after.chars().next() {
            Some(c) if c == '_' || starts_name(c) => {
                count.checked_sub(number.chars().next_back()?.len_utf8())
            }
            _ => Some(count),
        }
    };
    if let Some(count) = fraction
        && let Some(count) = kept(count, whole + 1 + count)
        && (whole > 0 || count > 0)
    {
        return Some((Kind::Float, sign + whole + 1 + count));
    }
    let count = kept(whole, whole).filter(|&count| count > 0)?;
    Some((Kind::Integer, sign + count))
}

fn quoted(rest: &str, first: char, before: Option<char>) -> Match {
    match first {
        '\'' => Some((Kind::Quoted, quote(rest, first, true)?)),
        '"' => Some((Kind::Symbol, quote(rest, first, true)?)),
        '[' if !before.is_some_and(|c| is_word(c) || c == ']' || c == ')') => {
            let inside = rest.get(1..)?.find(['[', ']']).filter(|&length| length > 0)?;
            rest.get(1 + inside..)?.starts_with(']').then_some((Kind::Name, inside + 2))
        }
        _ => None,
    }
}

/// The length of the quotation that opens `rest`. A doubled mark stands for itself, and so does
/// one behind a backslash; but if the quotation would then never close, the last such one closes.
fn quote(rest: &str, mark: char, backslash: bool) -> Option<usize> {
    let width = mark.len_utf8();
    let mut fallback = None;
    let mut at = width;
    while let Some(found) = rest.get(at..)?.find([mark, '\\']) {
        at += found;
        let here = rest.get(at..)?;
        if here.starts_with('\\') {
            at += 1;
            if backslash && here.get(1..)?.starts_with(mark) {
                at += width;
                fallback = Some(at);
            }
        } else if here.get(width..)?.starts_with(mark) {
            fallback = Some(at + width);
            at += 2 * width;
        } else {
            return Some(at + width);
        }
    }
    fallback
}

/// Reserved words, operators that are words, and ordinary names.
fn word(rest: &str, first: char) -> Match {
    if !is_word(first) {
        return None;
    }
    for (words, kind) in PHRASES {
        if let Some(length) = phrase(rest, words) {
            return Some((*kind, length));
        }
    }
    let length = run(rest, |c| is_word(c) || c == '$' || c == '#');
    Some((reserved(rest.get(..length)?).unwrap_or(Kind::Name), length))
}

/// Words and pairs of words that are one token.
const PHRASES: &[(&[&str], Kind)] = &[
    (&["NOT", "NULL"], Kind::Keyword),
    (&["ASC", "NULLS", "FIRST"], Kind::Order),
    (&["ASC", "NULLS", "LAST"], Kind::Order),
    (&["DESC", "NULLS", "FIRST"], Kind::Order),
    (&["DESC", "NULLS", "LAST"], Kind::Order),
    (&["ASC"], Kind::Order),
    (&["DESC"], Kind::Order),
    (&["GROUP", "BY"], Kind::Keyword),
    (&["ORDER", "BY"], Kind::Keyword),
    (&["NOT", "LIKE"], Kind::Comparator),
    (&["NOT", "ILIKE"], Kind::Comparator),
    (&["NOT", "RLIKE"], Kind::Comparator),
    (&["NOT", "REGEXP"], Kind::Comparator),
    (&["LIKE"], Kind::Comparator),
    (&["ILIKE"], Kind::Comparator),
    (&["RLIKE"], Kind::Comparator),
    (&["REGEXP"], Kind::Comparator),
];

fn phrase(rest: &str, words: &[&str]) -> Option<usize> {
    let mut at = 0;
    for word in words {
        let spaces = if at == 0 { 0 } else { run(rest.get(at..)?, is_space) };
        if at > 0 && spaces == 0 {
            return None;
        }
        at += spaces;
        at += whole_word(rest.get(at..)?, word)?;
    }
    Some(at)
}

fn symbols(rest: &str, first: char) -> Match {
    if ";:()[],.".contains(first) {
        return Some((Kind::Punctuation, 1));
    }
    let json = ["->>", "->", "#>>", "#>", "@>", "<@", "-", "#-"];
    if let Some(operator) = json.iter().find(|operator| rest.starts_with(**operator)) {
        return Some((Kind::Operator, operator.len()));
    }
    let all = |set: &'static str, kind| {
        let length = run(rest, |c| set.contains(c));
        (length > 0).then_some((kind, length))
    };
    all("<>=~!", Kind::Comparator).or_else(|| all("+/@#%^&|-", Kind::Operator))
}

/// The length of `word`, in any case, if `rest` begins with it and it ends there.
fn whole_word(rest: &str, word: &str) -> Option<usize> {
    let after = behind_word(rest, word)?;
    (!after.starts_with(is_word)).then_some(rest.len() - after.len())
}

/// What is behind `word`, in any case, if `text` begins with it.
pub(super) fn behind_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut chars = text.chars();
    let same = word.chars().all(|letter| chars.next().is_some_and(|c| same_letter(c, letter)));
    same.then_some(chars.as_str())
}

/// Whether a character is this letter in either case, or one that Python takes for it.
fn same_letter(c: char, letter: char) -> bool {
    let other = match c {
        'İ' | 'ı' => 'I',
        'ſ' => 'S',
        '\u{212a}' => 'K',
        c => c,
    };
    other.eq_ignore_ascii_case(&letter)
}

/// How many bytes at the front of `text` are characters of this sort.
fn run(text: &str, sort: impl Fn(char) -> bool) -> usize {
    text.find(|c| !sort(c)).unwrap_or(text.len())
}

fn is_digit(c: char) -> bool {
    python::digit(c).is_some()
}

/// White space, as Python sees it.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// A letter as sqlparse's patterns mean it: `A` to `Z` and `À` to `Ü` in either case, for which
/// Python takes four more.
fn starts_name(c: char) -> bool {
    let accented = ('À'..='Ü').contains(&c) || (('à'..='ü').contains(&c) && c != '÷');
    c.is_ascii_alphabetic() || accented || "İıſ\u{212a}".contains(c)
}

//! `LIKE` as SQLite has it: `%` is any text, `_` any one character, nothing escapes them.
//!
//! Knows nothing of filters. MLflow 3.17.2 sets `case_sensitive_like`, and writes `ILIKE` as
//! `lower(a) LIKE lower(b)`, which in SQLite folds ASCII letters only.

use std::collections::HashMap;

/// Whether the whole of `text` is like `pattern`.
///
/// Time is linear in the two, unless pieces of the pattern between `%` hold `_`: then it is the
/// product of the lengths of text and piece, divided by 64.
#[must_use]
pub fn like(pattern: &str, text: &str, case_insensitive: bool) -> bool {
    if case_insensitive {
        return like(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase(), false);
    }
    let Some((first, others)) = pattern.split_once('%') else {
        return prefix(pattern, text) == Some("");
    };
    let (middle, last) = others.rsplit_once('%').unwrap_or(("", others));
    let Some(text) = prefix(first, text).and_then(|text| suffix(last, text)) else {
        return false;
    };
    // Of the pieces between, each is best found as early as possible.
    let pieces = middle.split('%').filter(|piece| !piece.is_empty());
    pieces.into_iter().try_fold(text, |text, piece| behind(piece, text)).is_some()
}

fn same(pattern: char, text: char) -> bool {
    pattern == '_' || pattern == text
}

/// The text without the piece at its front.
fn prefix<'a>(piece: &str, text: &'a str) -> Option<&'a str> {
    let mut chars = text.chars();
    piece.chars().all(|p| chars.next().is_some_and(|c| same(p, c))).then_some(chars.as_str())
}

/// The text without the piece at its end.
fn suffix<'a>(piece: &str, text: &'a str) -> Option<&'a str> {
    let mut chars = text.chars();
    piece
        .chars()
        .rev()
        .all(|p| chars.next_back().is_some_and(|c| same(p, c)))
        .then_some(chars.as_str())
}

/// The text behind the first place where the piece is found.
fn behind<'a>(piece: &str, text: &'a str) -> Option<&'a str> {
    if !piece.contains('_') {
        return text.split_once(piece).map(|(_, rest)| rest);
    }
    let search = Search::new(piece);
    let mut chars = text.chars();
    let mut state = vec![0_u64; search.any.len()];
    while let Some(c) = chars.next() {
        if search.step(&mut state, c) {
            return Some(chars.as_str());
        }
    }
    None
}

/// Shift-and search: bit `i` of the state says that the first `i + 1` characters of the piece
/// match the text up to here.
struct Search {
    /// Bits where the piece has `_`.
    any: Vec<u64>,
    /// For each other character, the words in which it has bits.
    of: HashMap<char, Vec<(usize, u64)>>,
    /// The word and bit of the last character.
    last: (usize, u64),
}

impl Search {
    fn new(piece: &str) -> Self {
        let mut any = Vec::new();
        let mut of: HashMap<char, Vec<(usize, u64)>> = HashMap::new();
        let mut last = (0, 0);
        for (at, c) in piece.chars().enumerate() {
            let (word, bit) = (at / 64, 1_u64 << (at % 64));
            last = (word, bit);
            any.resize(word + 1, 0);
            if c == '_' {
                if let Some(bits) = any.last_mut() {
                    *bits |= bit;
                }
                continue;
            }
            let words = of.entry(c).or_default();
            match words.last_mut() {
                Some((at, bits)) if *at == word => *bits |= bit,
                _ => words.push((word, bit)),
            }
        }
        Self { any, of, last }
    }

    /// Takes in a character; says whether the whole piece ends with it.
    fn step(&self, state: &mut [u64], c: char) -> bool {
        let words = self.of.get(&c).map_or([].as_slice(), Vec::as_slice);
        let mut exact = words.iter().peekable();
        let mut carry = 1;
        for (at, (bits, any)) in state.iter_mut().zip(&self.any).enumerate() {
            let shifted = (*bits << 1) | carry;
            carry = *bits >> 63;
            let here = exact.next_if(|(word, _)| *word == at).map_or(0, |(_, bits)| *bits);
            *bits = shifted & (any | here);
        }
        let (word, bit) = self.last;
        state.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

//! Groups to clauses: the comparisons of a statement and whatever else stands beside them.
//!
//! Knows nothing of which fields exist. Follows MLflow 3.17.2 in making a comparison of
//! `name IN (...)`, `name IS NULL` and their negations, which sqlparse leaves in pieces.

use super::group::{MAX_TOKENS, Node, group};
use super::lexer::{Kind, Token, is_space, tokens};

/// A comparison, not yet understood.
#[derive(Clone, Debug)]
pub(super) struct Clause<'a> {
    pub(super) left: Side<'a>,
    pub(super) operator: &'a str,
    /// Missing for `IS NULL` and `IS NOT NULL`.
    pub(super) right: Option<Side<'a>>,
    /// Comments beside the three, each of which MLflow counts as one more.
    pub(super) comments: usize,
    /// The clause as MLflow prints it.
    pub(super) shown: String,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
}

/// What a statement is made of, spaces left out.
#[derive(Clone, Debug)]
pub(super) enum Part<'a> {
    Clause(Clause<'a>),
    And,
    /// Neither; MLflow refuses it.
    Stray(&'a str),
}

/// Why a text is not one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotOne {
    /// Nothing but space.
    Empty,
    /// A `;` between two.
    Several,
    /// Too long or too deep.
    TooLarge,
}

/// The nodes of a text that must be one statement.
pub(super) fn statement(text: &str) -> Result<Vec<Node>, NotOne> {
    if text.chars().all(is_space) {
        return Err(NotOne::Empty);
    }
    let tokens = tokens(text, MAX_TOKENS);
    let mut level = 0_i64;
    let end = tokens.iter().position(|token| {
        match (token.kind, token.of(text)) {
            (Kind::Punctuation, "(") => level += 1,
            (Kind::Punctuation, ")") => level -= 1,
            (Kind::Keyword, word) if word.eq_ignore_ascii_case("END") => level -= 1,
            _ => {}
        }
        level <= 0 && token.kind == Kind::Punctuation && token.of(text) == ";"
    });
    let after = end.and_then(|end| tokens.get(end + 1..)).unwrap_or_default();
    let line_comment =
        |token: &Token| token.kind == Kind::Comment && !token.of(text).starts_with("/*");
    let mut next = after.iter().skip_while(|t| t.kind == Kind::Space || line_comment(t));
    if next.any(|token| !matches!(token.kind, Kind::Space | Kind::Newline)) {
        return Err(NotOne::Several);
    }
    group(text, &tokens).ok_or(NotOne::TooLarge)
}

/// The parts of a statement.
pub(super) fn parts<'a>(text: &'a str, nodes: &[Node]) -> Vec<Part<'a>> {
    let nodes: Vec<&Node> = nodes.iter().filter(|node| !node.is_space()).collect();
    let mut parts = Vec::with_capacity(nodes.len());
    let mut rest = nodes.as_slice();
    // MLflow looks at three or four nodes from each name on, and goes on behind them.
    while let Some((first, _)) = rest.split_first() {
        let (taken, clause) = match rest {
            [name, second, third, ..] if name.kind() == Kind::Identifier => {
                match joined(text, [name, second, third], rest.get(3).copied()) {
                    Some((taken, clause)) => (taken, Some(clause)),
                    None => (4, None),
                }
            }
            _ => (1, None),
        };
        if let Some(clause) = clause {
            parts.push(Part::Clause(clause));
        } else if taken == 1 {
            parts.push(part(text, first));
        } else {
            parts.extend(rest.iter().take(taken).map(|node| part(text, node)));
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    parts
}

/// A comparison whose operator is made of keywords, and how many nodes it takes.
fn joined<'a>(
    text: &'a str,
    three: [&Node; 3],
    fourth: Option<&Node>,
) -> Option<(usize, Clause<'a>)> {
    let [name, second, third] = three;
    let is_list = |node: &Node| node.kind() == Kind::Parenthesis;
    let (taken, operator, shown, list) = if second.is_keyword(text, "IN") && is_list(third) {
        let operator = second.token.of(text);
        (3, operator, operator, Some(third))
    } else if second.is_keyword(text, "IS") && third.is_keyword(text, "NULL") {
        (3, "IS NULL", "IS NULL", None)
    } else if second.is_keyword(text, "IS") && third.is_keyword(text, "NOT NULL") {
        (3, "IS NOT NULL", "IS NOT NULL", None)
    } else {
        let list = fourth.filter(|node| is_list(node))?;
        let not_in = second.is_keyword(text, "NOT") && third.is_keyword(text, "IN");
        not_in.then_some((4, "NOT IN", "NOT IN", Some(list)))?
    };
    let right = list.map(|list| side(text, list.token));
    let left = side(text, name.token);
    let shown = format!("{}{shown}{}", left.text, right.map_or("", |list| list.text));
    Some((taken, Clause { left, operator, right, comments: 0, shown }))
}

fn part<'a>(text: &'a str, node: &Node) -> Part<'a> {
    let shown = node.token.of(text);
    match node.sides {
        Some([left, operator, right]) if node.kind() == Kind::Comparison => Part::Clause(Clause {
            left: side(text, left),
            operator: operator.of(text),
            right: Some(side(text, right)),
            comments: node.comments,
            shown: shown.to_owned(),
        }),
        _ if node.is_keyword(text, "AND") => Part::And,
        _ => Part::Stray(shown),
    }
}

fn side(text: &str, token: Token) -> Side<'_> {
    Side { kind: token.kind, text: token.of(text) }
}

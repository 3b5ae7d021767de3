//! Tokens to groups: which neighbours belong together, as sqlparse 0.6.1 (under MLflow 3.17.2)
//! decides it, pass after pass over the outermost level.
//!
//! Only the outermost level matters to a filter; what is inside brackets stays text. Left out, as
//! they can only stand in a refused filter: CASE, IF, FOR, BEGIN, OVER and VALUES.
//! Time is linear in the tokens.

use super::lexer::{Kind, Token, behind_word};
use super::rules::{ALIAS, ARRAY, ASSIGNMENT, CAST, COMPARISON, LIST, LITERAL, OPERATION, PERIOD};

/// More tokens than this, MLflow refuses.
pub(super) const MAX_TOKENS: usize = 10_000;
/// Deeper groups than this, MLflow refuses.
const MAX_DEPTH: usize = 100;

/// A token or a group of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) token: Token,
    /// The two sides and the operator, if this is a comparison.
    pub(super) sides: Option<[Token; 3]>,
    /// Comments swallowed by the group.
    pub(super) comments: usize,
    pub(super) depth: usize,
}

impl Node {
    pub(super) fn kind(&self) -> Kind {
        self.token.kind
    }

    pub(super) fn is_space(&self) -> bool {
        matches!(self.kind(), Kind::Space | Kind::Newline)
    }

    pub(super) fn is_keyword(&self, text: &str, word: &str) -> bool {
        self.kind() == Kind::Keyword && behind_word(self.token.of(text), word) == Some("")
    }

    /// A comma, a dot: not a bracket.
    pub(super) fn is_mark(&self, text: &str, mark: &str) -> bool {
        matches!(self.kind(), Kind::Punctuation | Kind::Operator) && self.token.of(text) == mark
    }

    fn is_group(&self) -> bool {
        use Kind::{
            Assignment, Brackets, Comments, Comparison, Function, Identifier, List, Operation,
            Parenthesis, TypedLiteral, Where,
        };
        matches!(
            self.kind(),
            Comments | Brackets | Parenthesis | Function | Where | Identifier | TypedLiteral
        ) || matches!(self.kind(), Operation | Comparison | Assignment | List)
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.kind(), Kind::Integer | Kind::Float | Kind::Hex)
    }

    /// May stand on a side of an operator.
    pub(super) fn is_operand(&self) -> bool {
        matches!(
            self.kind(),
            Kind::Parenthesis | Kind::Function | Kind::Identifier | Kind::Operation
        ) || matches!(self.kind(), Kind::TypedLiteral | Kind::Integer | Kind::Float)
            || matches!(self.kind(), Kind::Quoted | Kind::Symbol | Kind::Name | Kind::Placeholder)
    }
}

/// Groups one statement; `None` when it is too long or too deep for MLflow.
pub(super) fn group(text: &str, tokens: &[Token]) -> Option<Vec<Node>> {
    let leaf = |&token: &Token| Node { token, sides: None, comments: 0, depth: 0 };
    let mut nodes = comments(&tokens.iter().map(leaf).collect::<Vec<_>>());
    if nodes.len() > MAX_TOKENS {
        return None;
    }
    nodes = enclosed(text, nodes, "[", "]", Kind::Brackets);
    nodes = enclosed(text, nodes, "(", ")", Kind::Parenthesis);
    nodes = functions(&nodes);
    nodes = condition(text, &nodes);
    nodes = PERIOD.apply(text, &nodes);
    nodes = ARRAY.apply(text, &nodes);
    nodes = names(nodes);
    nodes = directions(&nodes);
    for rule in [CAST, LITERAL, OPERATION, COMPARISON, ALIAS] {
        nodes = rule.apply(text, &nodes);
    }
    nodes = aliased(nodes);
    nodes = ASSIGNMENT.apply(text, &nodes);
    nodes = trailing_comments(&nodes);
    nodes = LIST.apply(text, &nodes);
    nodes.iter().all(|node| node.depth <= MAX_DEPTH).then_some(nodes)
}

pub(super) fn span(kind: Kind, first: &Node, last: &Node) -> Node {
    let token = Token { kind, start: first.token.start, end: last.token.end };
    Node { token, sides: None, comments: 0, depth: first.depth.max(last.depth) + 1 }
}

/// Neighbouring comments, unless they are the end of the text.
fn comments(nodes: &[Node]) -> Vec<Node> {
    let belongs = |node: &&Node| matches!(node.kind(), Kind::Comment | Kind::Newline);
    let mut out = Vec::with_capacity(nodes.len());
    let mut rest = nodes;
    while let Some((first, after)) = rest.split_first() {
        let comment = first.kind() == Kind::Comment;
        let more = if comment { after.iter().take_while(belongs).count() } else { 0 };
        if comment && more == after.len() {
            out.extend_from_slice(rest);
            break;
        }
        let last = rest.get(more).unwrap_or(first);
        out.push(if comment { span(Kind::Comments, first, last) } else { *first });
        rest = rest.get(more + 1..).unwrap_or_default();
    }
    out
}

/// Brackets and what is between them. One that has no partner stays as it is.
fn enclosed(text: &str, nodes: Vec<Node>, open: &str, close: &str, kind: Kind) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut opened = Vec::new();
    for node in nodes {
        if node.is_mark(text, open) {
            opened.push(out.len());
        }
        out.push(node);
        if node.is_mark(text, close)
            && let Some(place) = opened.pop()
        {
            let inside = out.get(place..).unwrap_or_default();
            let depth = inside.iter().map(|node| node.depth).max().unwrap_or_default();
            let mut group = span(kind, inside.first().unwrap_or(&node), &node);
            group.depth = depth + 1;
            out.truncate(place);
            out.push(group);
        }
    }
    out
}

/// Makes one node of two neighbours where `pair` says so, and of which kind.
fn pairs(nodes: &[Node], pair: impl Fn(&Node, &Node) -> Option<Kind>) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut last: Option<usize> = None;
    for &node in nodes {
        let first = last.and_then(|place| out.get(place).map(|first| (place, *first)));
        if node.is_space() {
            out.push(node);
        } else if let Some((place, first)) = first
            && let Some(kind) = pair(&first, &node)
        {
            let mut group = span(kind, &first, &node);
            if first.kind() == kind {
                group.depth = first.depth.max(node.depth);
                group.sides = first.sides;
                group.comments = first.comments;
            }
            group.comments += usize::from(node.kind() == Kind::Comments);
            out.truncate(place);
            out.push(group);
        } else {
            last = Some(out.len());
            out.push(node);
        }
    }
    out
}

fn functions(nodes: &[Node]) -> Vec<Node> {
    pairs(nodes, |first, second| {
        let named = matches!(first.kind(), Kind::Name | Kind::Builtin | Kind::Placeholder);
        (named && second.kind() == Kind::Parenthesis).then_some(Kind::Function)
    })
}

/// `WHERE` and all after it, up to `ORDER BY` and its like.
fn condition(text: &str, nodes: &[Node]) -> Vec<Node> {
    const CLOSE: [&str; 9] = [
        "ORDER BY",
        "GROUP BY",
        "LIMIT",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "HAVING",
        "RETURNING",
        "INTO",
    ];
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut rest = nodes;
    while let Some((first, after)) = rest.split_first() {
        let inside = |node: &&Node| !CLOSE.iter().any(|word| node.is_keyword(text, word));
        let opens = first.is_keyword(text, "WHERE");
        let more = if opens { after.iter().take_while(inside).count() } else { 0 };
        let last = rest.get(more).unwrap_or(first);
        out.push(if opens { span(Kind::Where, first, last) } else { *first });
        rest = rest.get(more + 1..).unwrap_or_default();
    }
    out
}

fn names(mut nodes: Vec<Node>) -> Vec<Node> {
    for node in &mut nodes {
        if matches!(node.kind(), Kind::Name | Kind::Symbol) {
            node.token.kind = Kind::Identifier;
            node.depth = 1;
        }
    }
    nodes
}

/// `name DESC`
fn directions(nodes: &[Node]) -> Vec<Node> {
    pairs(nodes, |first, second| {
        let sorted = first.kind() == Kind::Identifier || first.is_number();
        (sorted && second.kind() == Kind::Order).then_some(Kind::Identifier)
    })
}

/// `a b`: a group and a name behind it. Two at a time: sqlparse does not look at the result again.
fn aliased(nodes: Vec<Node>) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut first: Option<usize> = None;
    for node in nodes {
        let group = first.and_then(|place| out.get(place).map(|group| (place, *group)));
        if let Some((place, group)) = group
            && node.kind() == Kind::Identifier
        {
            out.truncate(place);
            out.push(span(Kind::Identifier, &group, &node));
            first = None;
        } else {
            if !node.is_space() {
                use Kind::{Comparison, Function, Identifier, Operation, Parenthesis};
                let named = matches!(
                    node.kind(),
                    Parenthesis | Function | Identifier | Operation | Comparison
                );
                first = (named || node.is_number()).then_some(out.len());
            }
            out.push(node);
        }
    }
    out
}

/// A comment belongs to the group in front of it.
fn trailing_comments(nodes: &[Node]) -> Vec<Node> {
    pairs(nodes, |first, second| {
        (first.is_group() && second.kind() == Kind::Comments).then_some(first.kind())
    })
}

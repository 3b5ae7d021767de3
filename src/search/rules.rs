//! The rules by which two neighbours and what stands between them become one group.
//!
//! One constant a rule, one routine that applies any of them; the order is `group.rs`'s.

use super::group::{Node, span};
use super::lexer::Kind;

/// How two nodes are joined by one between them.
pub(super) struct Rule {
    kind: Kind,
    /// A chain makes one group, not a group in a group.
    flat: bool,
    middle: fn(&Node, &str) -> bool,
    before: fn(&Node, &str) -> bool,
    after: fn(Option<&Node>, &str) -> bool,
    reach: fn(Option<&Node>) -> Reach,
}

/// Which of the three the group takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    All,
    First,
    Last,
}

impl Rule {
    /// Joins wherever the rule holds, from left to right.
    pub(super) fn apply(&self, text: &str, nodes: &[Node]) -> Vec<Node> {
        let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
        // Where the last node or group is, and the node it is judged by: of a group, sqlparse
        // judges its last member.
        let mut previous: Option<(usize, Node)> = None;
        let mut at = 0;
        while let Some(&node) = nodes.get(at) {
            at += 1;
            if node.is_space() {
                out.push(node);
                continue;
            }
            let skipped = nodes.iter().skip(at).take_while(|node| node.is_space()).count();
            let next = nodes.get(at + skipped);
            let joins = |(_, judged): &(usize, Node)| {
                (self.middle)(&node, text)
                    && (self.before)(judged, text)
                    && (self.after)(next, text)
            };
            let Some((place, _)) = previous.filter(joins) else {
                previous = Some((out.len(), node));
                out.push(node);
                continue;
            };
            let reach = (self.reach)(next);
            let place = if reach == Reach::Last { out.len() } else { place };
            let first = out.get(place).copied().unwrap_or(node);
            let last = next.copied().filter(|_| reach != Reach::First).unwrap_or(node);
            if reach != Reach::First {
                at += skipped + 1;
            }
            let grown = self.flat && first.kind() == self.kind;
            let mut group = span(self.kind, &first, &last);
            group.depth = first.depth.max(last.depth) + usize::from(!grown);
            group.sides =
                (self.kind == Kind::Comparison).then_some([first.token, node.token, last.token]);
            out.truncate(place);
            out.push(group);
            previous = Some((place, if reach == Reach::First { group } else { last }));
        }
        out
    }
}

fn all(_: Option<&Node>) -> Reach {
    Reach::All
}

/// `metrics.loss`
pub(super) const PERIOD: Rule = Rule {
    kind: Kind::Identifier,
    flat: true,
    middle: |node, text| [".", "->", "->>"].iter().any(|mark| node.is_mark(text, mark)),
    before: |node, _| {
        use Kind::{Brackets, Identifier, Name, Symbol};
        matches!(node.kind(), Brackets | Identifier | Name | Symbol)
    },
    after: |_, _| true,
    reach: |next| match next.map(Node::kind) {
        Some(Kind::Brackets | Kind::Function | Kind::Name | Kind::Symbol) => Reach::All,
        Some(Kind::Wildcard | Kind::Quoted) => Reach::All,
        _ => Reach::First,
    },
};

/// `name[0]`
pub(super) const ARRAY: Rule = Rule {
    kind: Kind::Identifier,
    flat: true,
    middle: |node, _| node.kind() == Kind::Brackets,
    before: |node, _| {
        use Kind::{Brackets, Function, Identifier, Name, Symbol};
        matches!(node.kind(), Brackets | Function | Identifier | Name | Symbol)
    },
    after: |_, _| true,
    reach: |_| Reach::First,
};

/// `name::type`
pub(super) const CAST: Rule = Rule {
    kind: Kind::Identifier,
    flat: true,
    middle: |node, text| node.is_mark(text, "::"),
    before: |_, _| true,
    after: |node, _| node.is_some(),
    reach: all,
};

/// `date '2026-01-01'`
pub(super) const LITERAL: Rule = Rule {
    kind: Kind::TypedLiteral,
    flat: false,
    middle: |node, _| node.kind() == Kind::Builtin,
    before: |_, _| true,
    after: |node, _| node.is_some_and(|node| node.kind() == Kind::Quoted),
    reach: |_| Reach::Last,
};

/// `a - b`
pub(super) const OPERATION: Rule = Rule {
    kind: Kind::Operation,
    flat: false,
    middle: |node, _| matches!(node.kind(), Kind::Operator | Kind::Wildcard),
    before: |node, _| node.is_operand() || node.kind() == Kind::Brackets,
    after: |node, _| node.is_some_and(|n| n.is_operand() || n.kind() == Kind::Brackets),
    reach: all,
};

/// `a > b`
pub(super) const COMPARISON: Rule = Rule {
    kind: Kind::Comparison,
    flat: false,
    middle: |node, _| node.kind() == Kind::Comparator,
    before: |node, text| node.is_operand() || node.is_keyword(text, "NULL"),
    after: |node, text| node.is_some_and(|n| n.is_operand() || n.is_keyword(text, "NULL")),
    reach: all,
};

/// `a AS b`
pub(super) const ALIAS: Rule = Rule {
    kind: Kind::Identifier,
    flat: true,
    middle: |node, text| node.is_keyword(text, "AS"),
    before: |node, text| {
        let word = matches!(node.kind(), Kind::Keyword | Kind::Statement | Kind::Order);
        !word || node.is_keyword(text, "NULL")
    },
    after: |node, _| node.is_some_and(|node| node.kind() != Kind::Statement),
    reach: all,
};

/// `a := b`
pub(super) const ASSIGNMENT: Rule = Rule {
    kind: Kind::Assignment,
    flat: true,
    middle: |node, _| node.kind() == Kind::Assign,
    before: |node, _| node.kind() != Kind::Keyword,
    after: |node, _| node.is_some_and(|node| node.kind() != Kind::Keyword),
    reach: all,
};

/// `a, b`
pub(super) const LIST: Rule = Rule {
    kind: Kind::List,
    flat: true,
    middle: |node, text| node.is_mark(text, ","),
    before: is_listed,
    after: |node, text| node.is_some_and(|node| is_listed(node, text)),
    reach: all,
};

fn is_listed(node: &Node, _: &str) -> bool {
    use Kind::{Comparison, Function, Identifier, Keyword, List, Operation, Wildcard};
    use Kind::{Float, Integer, Name, Placeholder, Quoted, Symbol};
    matches!(node.kind(), Function | Identifier | Comparison | List | Operation)
        || matches!(node.kind(), Integer | Float | Quoted | Symbol | Name | Placeholder)
        || matches!(node.kind(), Keyword | Wildcard)
}

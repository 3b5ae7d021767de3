//! A parsed filter: comparisons that must all hold.
//!
//! Knows nothing of text or of stored entities; `eval.rs` says what a comparison is true of.

use super::field::Field;

/// What must hold of an entity. MLflow has AND only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// All must hold.
    pub comparisons: Vec<Comparison>,
    /// Registered models and model versions only: whether prompts are asked for. When false the
    /// caller hides every model that has the tag `mlflow.prompt.is_prompt` set to `true` (for
    /// versions: every version of a name any version of which has it).
    pub prompts: bool,
}

/// One clause of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub field: Field,
    /// How.
    pub op: Op,
    /// With what.
    pub value: Value,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `LIKE`: `%` any text, `_` one character; case matters.
    Like,
    /// `ILIKE`: the same; the case of ASCII letters does not matter.
    ILike,
    /// `IN (...)`
    In,
    /// `NOT IN (...)`
    NotIn,
    /// `IS NULL`: the tag or parameter is absent.
    IsNull,
    /// `IS NOT NULL`: the tag or parameter is present.
    IsNotNull,
}

impl Op {
    const ALL: [Self; 12] = [
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::Like,
        Self::ILike,
        Self::In,
        Self::NotIn,
        Self::IsNull,
        Self::IsNotNull,
    ];

    /// MLflow's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Like => "LIKE",
            Self::ILike => "ILIKE",
            Self::In => "IN",
            Self::NotIn => "NOT IN",
            Self::IsNull => "IS NULL",
            Self::IsNotNull => "IS NOT NULL",
        }
    }

    /// The operator of that spelling.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name() == name)
    }
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number, where MLflow keeps it exact.
    Int(i64),
    /// A number.
    Number(f64),
    /// A text, quotes removed.
    Text(String),
    /// The texts of a list.
    List(Vec<String>),
    /// Nothing: `IS NULL` and `IS NOT NULL`.
    None,
}

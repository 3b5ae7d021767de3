//! The schema, and the syntax of documents.

use std::sync::LazyLock;

use apollo_compiler::{
    Schema,
    ast::Document,
    parser::Parser,
    validation::{DiagnosticList, Valid},
};

/// Tokens of one document. A document within MLflow's bounds has far fewer.
const TOKENS_MAX: usize = 15_000;

static SCHEMA: LazyLock<Valid<Schema>> = LazyLock::new(|| {
    let parsed = Schema::parse_and_validate(include_str!("schema.graphql"), "schema.graphql");
    parsed.expect("a test reads the schema")
});

/// MLflow's schema.
pub(super) fn get() -> &'static Valid<Schema> {
    &SCHEMA
}

/// A document's syntax tree.
pub(super) fn parse(text: &str) -> Result<Document, DiagnosticList> {
    let parsed = Parser::new().token_limit(TOKENS_MAX).parse_ast(text, "query.graphql");
    parsed.map_err(|error| error.errors)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_valid() {
        assert!(super::get().get_object("Query").is_some());
    }
}

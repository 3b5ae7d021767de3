//! How much one document may ask for (mlflow/server/graphql/graphql_no_batching.py, 3.17).

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Definition, Document, Field, Selection};

use super::super::Config;

/// Fields inside fields.
const DEPTH_MAX: usize = 10;
/// Fields of the whole document, those of a fragment counted wherever it is spread.
const SELECTIONS_MAX: usize = 1000;

type Fragments<'a> = HashMap<&'a str, &'a [Selection]>;

/// Refuses a document that asks for too much, in MLflow's words.
pub(super) fn check(document: &Document, config: &Config) -> Result<(), String> {
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(it) => Some((it.name.as_str(), &*it.selection_set)),
        _ => None,
    });
    let fragments: Fragments<'_> = fragments.collect();
    let mut open = Vec::new();
    let (mut roots, mut aliases, mut selections) = (0, 0, 0);
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            open.push((&*operation.selection_set, 1));
        }
        while let Some((selection_set, depth)) = open.pop() {
            if depth > DEPTH_MAX {
                return Err(format!("Query exceeds maximum depth of {DEPTH_MAX}"));
            }
            let fields = fields(selection_set, &fragments);
            aliases = aliases.max(fields.iter().filter(|field| field.alias.is_some()).count());
            selections += fields.len();
            if selections > SELECTIONS_MAX {
                return Err(format!("Query exceeds maximum total selections of {SELECTIONS_MAX}"));
            }
            if depth == 1 {
                roots += fields.len();
            }
            let inner = fields.iter().filter(|field| !field.selection_set.is_empty());
            open.extend(inner.map(|field| (&*field.selection_set, depth + 1)));
        }
    }
    let max = config.graphql_root_fields_max;
    at_most(max, roots, "root fields", "MLFLOW_SERVER_GRAPHQL_MAX_ROOT_FIELDS")?;
    at_most(config.graphql_aliases_max, aliases, "aliases", "MLFLOW_SERVER_GRAPHQL_MAX_ALIASES")
}

/// The fields of one selection, with those of its fragments, each fragment once.
fn fields<'a>(selection_set: &'a [Selection], fragments: &Fragments<'a>) -> Vec<&'a Field> {
    let (mut open, mut found, mut seen) = (vec![selection_set], Vec::new(), HashSet::new());
    while let Some(selections) = open.pop() {
        for selection in selections {
            match selection {
                Selection::Field(field) => found.push(&**field),
                Selection::InlineFragment(inline) => open.push(&inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    if seen.insert(spread.fragment_name.as_str()) {
                        open.extend(fragments.get(spread.fragment_name.as_str()));
                    }
                }
            }
        }
    }
    found
}

fn at_most(max: usize, count: usize, what: &str, variable: &str) -> Result<(), String> {
    if count <= max {
        return Ok(());
    }
    Err(format!(
        "GraphQL queries should have at most {max} {what}, got {count} {what}. To increase the \
         limit, set the {variable} environment variable."
    ))
}

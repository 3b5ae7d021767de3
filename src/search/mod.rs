//! MLflow's language of filters and orders, for the five kinds of entity that can be searched:
//! text in, predicate out.
//!
//! Knows nothing of views, storage, HTTP or JSON; pure, and never panics. What is accepted, what
//! it means and in which words the rest is refused is MLflow 3.17.2's, asked of the original and
//! kept in `tests/golden/search`. Where MLflow fails on a wrong filter by accident, with an
//! exception that is not its own, the filter is refused here in our words.
//!
//! ```text
//! lexer -> group -> clause -> runs | experiments | registry | logged_models -> Filter
//! ```

mod clause;
mod dialect;
mod error;
mod eval;
mod experiments;
mod field;
mod group;
mod keywords;
mod lexer;
mod like;
mod literals;
mod logged_models;
mod order;
mod order_parser;
mod predicate;
mod registry;
mod rules;
mod runs;
mod shell;
#[cfg(test)]
mod tests;

pub use error::{ErrorCode, SearchError};
pub use field::{Attribute, DatasetKey, Entity, Field};
pub use like::like;
pub use order::{Dataset, KeptValue, OrderBy, SortValue};
pub use order_parser::{LoggedModelKey, parse_logged_model_order_by, parse_order_by};
pub use predicate::{Comparison, Filter, Op, Value};

use clause::Clause;
use dialect::Draft;

/// A filter that is read, but whose operators are not checked yet. MLflow reads all clauses, and
/// looks at more of a request, before it checks the first: it decides which fault of several is
/// named.
pub struct Reading(Read);

enum Read {
    Drafts(Entity, Vec<Draft>),
    /// Logged models have nothing between reading and checking.
    Checked(Filter),
}

/// Reads a filter. An empty one holds of everything.
pub fn read_filter(entity: Entity, text: &str) -> Result<Reading, SearchError> {
    if entity == Entity::LoggedModels {
        return logged_models::parse(text).map(|filter| Reading(Read::Checked(filter)));
    }
    let read = |clause: &Clause<'_>| match entity {
        Entity::Runs => runs::read(clause),
        Entity::Experiments => experiments::read(clause),
        Entity::RegisteredModels | Entity::ModelVersions | Entity::LoggedModels => {
            registry::read(entity, clause)
        }
    };
    let clauses = dialect::clauses(text, entity == Entity::Runs)?;
    let drafts = clauses.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Reading(Read::Drafts(entity, drafts)))
}

/// Reads and checks a filter.
pub fn parse_filter(entity: Entity, text: &str) -> Result<Filter, SearchError> {
    read_filter(entity, text)?.check()
}

impl Reading {
    /// Checks operators and values against the fields.
    pub fn check(self) -> Result<Filter, SearchError> {
        let (entity, drafts) = match self.0 {
            Read::Checked(filter) => return Ok(filter),
            Read::Drafts(entity, drafts) => (entity, drafts),
        };
        let check = match entity {
            Entity::Runs => runs::check,
            Entity::Experiments => experiments::check,
            Entity::RegisteredModels | Entity::ModelVersions | Entity::LoggedModels => {
                registry::check
            }
        };
        let comparisons = drafts.into_iter().map(check).collect::<Result<_, _>>()?;
        Ok(match entity {
            Entity::RegisteredModels | Entity::ModelVersions => registry::filter(comparisons),
            Entity::Runs | Entity::Experiments | Entity::LoggedModels => {
                Filter { comparisons, prompts: false }
            }
        })
    }
}

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
pub use order::{Dataset, OrderBy, SortValue};
pub use order_parser::{LoggedModelKey, parse_logged_model_order_by, parse_order_by};
pub use predicate::{Comparison, Filter, Op, Value};

use clause::Clause;
use dialect::Draft;

/// Reads a filter. An empty one holds of everything.
pub fn parse_filter(entity: Entity, text: &str) -> Result<Filter, SearchError> {
    type Read = fn(&Clause<'_>) -> Result<Draft, SearchError>;
    type Check = fn(Draft) -> Result<Comparison, SearchError>;
    let (read, check): (Read, Check) = match entity {
        Entity::LoggedModels => return logged_models::parse(text),
        Entity::Runs => (runs::read, runs::check),
        Entity::Experiments => (experiments::read, experiments::check),
        Entity::RegisteredModels | Entity::ModelVersions => {
            let clauses = dialect::clauses(text, false)?;
            let read = |clause: &Clause<'_>| registry::read(entity, clause);
            let drafts = clauses.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            let comparisons = drafts.into_iter().map(registry::check).collect::<Result<_, _>>()?;
            return Ok(registry::filter(comparisons));
        }
    };
    // All clauses are read before the first is checked, as in MLflow: it decides which fault of
    // several is named.
    let clauses = dialect::clauses(text, entity == Entity::Runs)?;
    let drafts = clauses.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let comparisons = drafts.into_iter().map(check).collect::<Result<_, _>>()?;
    Ok(Filter { comparisons, prompts: false })
}

//! Searches: a parsed filter and order over the index, one page at a time.

mod datasets;
mod experiments;
mod logged_models;
mod registry;
mod run_table;
mod runs;

pub use datasets::{DatasetSummary, dataset_summaries};
pub use experiments::search_experiments;
pub use logged_models::{Measured, search_logged_models};
pub use registry::{NamedVersion, search_model_versions, search_registered_models};
pub use run_table::{Cell, RunTable, TableColumn, TableRow, run_columns, run_table};
pub use runs::{runs_of_experiment, search_runs};

use std::cmp::Ordering;

use super::{Views, index::Index};
use crate::search::{Attribute, Field, Filter, KeptValue, OrderBy, SortValue};

/// Which entities of a lifecycle a search shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewType {
    /// Those not deleted.
    ActiveOnly,
    /// Those deleted.
    DeletedOnly,
    /// All.
    All,
}

impl ViewType {
    /// Whether an entity shows.
    pub fn shows(self, is_active: bool) -> bool {
        match self {
            ViewType::ActiveOnly => is_active,
            ViewType::DeletedOnly => !is_active,
            ViewType::All => true,
        }
    }
}

/// Rows looked at under one lock, so that no writer waits long for a reader.
const SLICE_ROWS: usize = 4096;

/// Visits the rows of an experiment's runs, slice by slice, with the index as it is at each.
fn each_slice(views: &Views, experiment_id: u64, mut visit: impl FnMut(&Index, &[u32])) {
    let mut done = 0;
    loop {
        let index = views.index();
        let rows = index.runs.of_experiment(experiment_id).get(done..).unwrap_or_default();
        let slice = rows.get(..SLICE_ROWS).unwrap_or(rows);
        if slice.is_empty() {
            return;
        }
        done += slice.len();
        visit(&index, slice);
    }
}

/// A search.
pub struct Query {
    /// What must hold.
    pub filter: Filter,
    /// Order, complete with the kind's own tie-breaks: no two matches are equal by it.
    pub order_by: Vec<OrderBy>,
    /// Lifecycle, where the kind has one.
    pub view_type: ViewType,
    /// Where the page before ended; only what comes behind it counts.
    pub after: Option<Place>,
    /// Matches of one page.
    pub limit: usize,
}

/// A place in an order: what stands there has these values for its keys. Unlike a count of matches
/// it stays where it is while others come and go.
pub type Place = Vec<KeptValue>;

/// A page of matches.
pub struct Page<T> {
    /// The matches.
    pub items: Vec<T>,
    /// Where it ends, if more come behind it.
    pub end: Option<Place>,
}

/// How the keys of an order are read from a match.
trait Keys<T> {
    /// What `item` has for the key at `at`.
    fn value<'a>(&'a self, item: &'a T, at: usize) -> SortValue<'a>;
}

impl Query {
    /// Sorts matches and takes the page.
    fn page<T>(&self, mut matches: Vec<T>, keys: &impl Keys<T>) -> Page<T> {
        if let Some(place) = &self.after {
            let values = |at: usize| place.get(at).map_or(SortValue::Missing, KeptValue::value);
            matches.retain(|item| self.compare(|at| keys.value(item, at), values).is_gt());
        }
        let compare = |a: &T, b: &T| self.compare(|at| keys.value(a, at), |at| keys.value(b, at));
        let more = matches.len() > self.limit;
        // Only what comes before the page's end needs to be in order.
        if more {
            matches.select_nth_unstable_by(self.limit, compare);
            matches.truncate(self.limit);
        }
        matches.sort_unstable_by(compare);
        let end = matches
            .last()
            .filter(|_| more)
            .map(|last| (0..self.order_by.len()).map(|at| keys.value(last, at).kept()).collect());
        Page { items: matches, end }
    }

    /// Leaves of the matches those from `offset` on, in order, at most as many as the limit.
    fn window<T>(&self, matches: &mut Vec<T>, offset: usize, keys: &impl Keys<T>) {
        let compare = |a: &T, b: &T| self.compare(|at| keys.value(a, at), |at| keys.value(b, at));
        let end = offset.saturating_add(self.limit);
        if end < matches.len() {
            matches.select_nth_unstable_by(end, compare);
            matches.truncate(end);
        }
        if (1..matches.len()).contains(&offset) {
            matches.select_nth_unstable_by(offset, compare);
        }
        matches.drain(..offset.min(matches.len()));
        matches.sort_unstable_by(compare);
    }

    /// The attribute that the key at `at` sorts by, if it is one.
    fn sorted_attribute(&self, at: usize) -> Option<Attribute> {
        match self.order_by.get(at)?.field {
            Field::Attribute(attribute) => Some(attribute),
            Field::Metric(_) | Field::Param(_) | Field::Tag(_) | Field::Dataset(_) => None,
        }
    }

    /// How two places stand to each other, their values given by the key's index.
    fn compare<'a, 'b>(
        &self,
        a: impl Fn(usize) -> SortValue<'a>,
        b: impl Fn(usize) -> SortValue<'b>,
    ) -> Ordering {
        let mut by_key =
            self.order_by.iter().enumerate().map(|(at, order)| order.compare(a(at), b(at)));
        by_key.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

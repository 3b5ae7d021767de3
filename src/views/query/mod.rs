//! Searches: a parsed filter and order over the index, one page at a time.

mod datasets;
mod experiments;
mod logged_models;
mod registry;
mod runs;

pub use datasets::{DatasetSummary, dataset_summaries};
pub use experiments::search_experiments;
pub use logged_models::{Measured, search_logged_models};
pub use registry::{NamedVersion, search_model_versions, search_registered_models};
pub use runs::search_runs;

use super::{Views, index::Index};
use crate::search::{Filter, OrderBy};

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
    /// Order, complete with the kind's own tie-breaks.
    pub order_by: Vec<OrderBy>,
    /// Lifecycle, where the kind has one.
    pub view_type: ViewType,
    /// Matches to leave out at the front.
    pub offset: usize,
    /// Matches of one page.
    pub limit: usize,
}

/// A page of matches.
pub struct Page<T> {
    /// The matches.
    pub items: Vec<T>,
    /// Offset of the next page, if there is one.
    pub next_offset: Option<usize>,
}

impl Query {
    /// Sorts matches and takes the page.
    fn page<T>(
        &self,
        mut matches: Vec<T>,
        compare: impl Fn(&T, &T) -> std::cmp::Ordering,
    ) -> Page<T> {
        let end = self.offset.saturating_add(self.limit);
        // Only what comes before the page's end needs to be in order.
        if end < matches.len() {
            matches.select_nth_unstable_by(end, &compare);
            matches.truncate(end + 1);
        }
        matches.sort_unstable_by(&compare);
        let next_offset = (matches.len() > end).then_some(end);
        let items = matches.into_iter().skip(self.offset).take(self.limit).collect();
        Page { items, next_offset }
    }
}

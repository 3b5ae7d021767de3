//! Which datasets the runs of experiments used.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{Views, store::Place},
    each_slice,
};

/// A dataset and what it was used for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatasetSummary {
    /// The experiment whose runs used it.
    pub experiment_id: u64,
    /// Its name.
    pub name: String,
    /// Its digest.
    pub digest: String,
    /// The tag `mlflow.data.context` of its use.
    pub context: Option<String>,
}

/// At most `limit` distinct uses of datasets in `experiments`: by experiment, name and digest, and
/// the contexts of one dataset in the order of first use.
pub fn dataset_summaries(
    views: &Views,
    experiments: &BTreeSet<u64>,
    limit: usize,
) -> Vec<DatasetSummary> {
    let mut firsts: BTreeMap<DatasetSummary, Place> = BTreeMap::new();
    for &experiment_id in experiments {
        each_slice(views, experiment_id, |index, rows| {
            let text = |symbol| index.runs.symbols.text(symbol).map(str::to_owned);
            let uses = rows.iter().flat_map(|row| index.runs.datasets(*row));
            for dataset in uses {
                let summary = DatasetSummary {
                    experiment_id,
                    name: text(dataset.name).unwrap_or_default(),
                    digest: text(dataset.digest).unwrap_or_default(),
                    context: text(dataset.context),
                };
                let first = firsts.entry(summary).or_insert(dataset.place);
                *first = dataset.place.min(*first);
            }
        });
    }
    let mut found: Vec<_> = firsts.into_iter().collect();
    found.sort_by(|(a, first_a), (b, first_b)| {
        let one = (a.experiment_id, &a.name, &a.digest, first_a);
        one.cmp(&(b.experiment_id, &b.name, &b.digest, first_b))
    });
    found.into_iter().map(|(summary, _)| summary).take(limit).collect()
}

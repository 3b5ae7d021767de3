//! Which datasets the runs of experiments used.

use std::collections::BTreeSet;

use super::super::Views;

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

/// At most `limit` distinct uses of datasets in `experiments`, sorted.
pub fn dataset_summaries(
    views: &Views,
    experiments: &BTreeSet<u64>,
    limit: usize,
) -> Vec<DatasetSummary> {
    let mut found = BTreeSet::new();
    for &experiment_id in experiments {
        let index = views.index();
        let text = |symbol| index.runs.symbols.text(symbol).map(str::to_owned);
        for &row in index.runs.of_experiment(experiment_id) {
            found.extend(index.runs.datasets(row).iter().map(|dataset| DatasetSummary {
                experiment_id,
                name: text(dataset.name).unwrap_or_default(),
                digest: text(dataset.digest).unwrap_or_default(),
                context: text(dataset.context),
            }));
        }
    }
    found.into_iter().take(limit).collect()
}

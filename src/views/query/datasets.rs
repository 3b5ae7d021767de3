//! Which datasets the runs of experiments used.

use std::collections::BTreeSet;

use super::{super::Views, each_slice};

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
        each_slice(views, experiment_id, |index, rows| {
            let text = |symbol| index.runs.symbols.text(symbol).map(str::to_owned);
            let uses = rows.iter().flat_map(|row| index.runs.datasets(*row));
            found.extend(uses.map(|dataset| DatasetSummary {
                experiment_id,
                name: text(dataset.name).unwrap_or_default(),
                digest: text(dataset.digest).unwrap_or_default(),
                context: text(dataset.context),
            }));
        });
    }
    found.into_iter().take(limit).collect()
}

//! `/mlflow/experiments/search-datasets`: the datasets that the runs of some experiments used.

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::Fields,
        response::Object,
    },
    experiments::parse_ids,
};
use crate::views::query::dataset_summaries;

/// Experiments of one request.
const EXPERIMENTS_MAX: usize = 20;
/// Summaries of one answer.
const SUMMARIES_MAX: usize = 1000;

pub(in super::super) async fn search_datasets(app: App, fields: Fields) -> ApiResult<Object> {
    // MLflow takes what it cannot read for nothing here.
    let ids = fields.strings("experiment_ids").unwrap_or_default();
    if ids.is_empty() {
        let why = "SearchDatasets request must specify at least one experiment_id.";
        return Err(ApiError::invalid(why));
    }
    if ids.len() > EXPERIMENTS_MAX {
        return Err(ApiError::invalid(format!(
            "SearchDatasets request cannot specify more than {EXPERIMENTS_MAX} experiment_ids. \
             Received {} experiment_ids.",
            ids.len()
        )));
    }
    let found = dataset_summaries(app.views(), &parse_ids(&ids)?, SUMMARIES_MAX);
    let shown = found.into_iter().map(|it| {
        Object::new()
            .set("experiment_id", it.experiment_id.to_string())
            .set("name", it.name)
            .set("digest", it.digest)
            .set_some("context", it.context)
            .into()
    });
    Ok(Object::new().set_list("dataset_summaries", shown.collect()))
}

//! `/mlflow/experiments/search-datasets`: the datasets that the runs of some experiments used.

use std::collections::BTreeSet;

use axum::extract::State;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::Fields,
        response::Object,
    },
    experiments::parse_id,
};
use crate::views::query::dataset_summaries;

/// Experiments of one request.
const EXPERIMENTS_MAX: usize = 20;
/// Summaries of one answer.
const SUMMARIES_MAX: usize = 1000;

pub(in super::super) async fn search_datasets(
    State(app): State<App>,
    fields: Fields,
) -> ApiResult<Object> {
    let ids = fields.strings("experiment_ids")?;
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
    let ids: BTreeSet<u64> = ids.iter().map(|id| parse_id(id)).collect::<ApiResult<_>>()?;
    let found = dataset_summaries(app.engine.views(), &ids, SUMMARIES_MAX);
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

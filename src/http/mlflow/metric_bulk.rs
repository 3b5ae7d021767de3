//! `/mlflow/metrics/get-history-bulk` and `.../get-history-bulk-interval`: one metric of many runs,
//! for charts.

use axum::extract::RawQuery;
use serde_json::Value;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::Fields,
        response::Object,
    },
    wire,
};
use crate::{domain::entity::Point, views::series};

/// Runs of one request.
const RUNS_MAX: usize = 100;
/// Points of one bulk answer.
const POINTS_MAX: usize = 25_000;
/// Points of one run in a sampled answer.
const SAMPLES_MAX: usize = 2500;

fn show(run_id: &str, key: &str, point: &Point) -> Value {
    wire::metric(key, point).set("run_id", run_id).into()
}

/// As MLflow ends its sentences about request fields.
fn field_error(sentence: &str) -> ApiError {
    ApiError::invalid(format!(
        "{sentence} See the API docs for more information about request parameters."
    ))
}

pub(in super::super) async fn get_metric_history_bulk(
    app: App,
    RawQuery(query): RawQuery,
) -> ApiResult<Object> {
    let fields = Fields::from_query(&query.unwrap_or_default());
    let mut run_ids = fields.strings("run_id")?;
    if run_ids.is_empty() {
        let why = "GetMetricHistoryBulk request must specify at least one run_id.";
        return Err(ApiError::invalid(why));
    }
    if run_ids.len() > RUNS_MAX {
        return Err(ApiError::invalid(format!(
            "GetMetricHistoryBulk request cannot specify more than {RUNS_MAX} run_ids. Received {} \
             run_ids.",
            run_ids.len()
        )));
    }
    let key = fields.string("metric_key")?.ok_or_else(|| {
        ApiError::invalid("GetMetricHistoryBulk request must specify a metric_key.")
    })?;
    let asked = match fields.int("max_results")? {
        None => POINTS_MAX,
        Some(asked) => usize::try_from(asked)
            .map_err(|_| ApiError::wrong_type("max_results", &asked.into()))?,
    };
    let limit = asked.min(POINTS_MAX);
    run_ids.sort();
    run_ids.dedup();
    let (view, mut shown) = (app.views().view(), Vec::new());
    for run_id in &run_ids {
        let page = series::page(&view, run_id, &key, 0, limit - shown.len());
        shown.extend(page.points.iter().map(|point| show(run_id, &key, point)));
    }
    Ok(Object::new().set("metrics", shown))
}

/// The steps that a request is about: all, or from one to another.
fn steps(start: Option<i64>, end: Option<i64>) -> ApiResult<Option<(i64, i64)>> {
    match (start, end) {
        (None, None) => Ok(None),
        (Some(start), Some(end)) if start > end => Err(ApiError::invalid(format!(
            "end_step must be greater than start_step. Found start_step={start} and end_step={end}."
        ))),
        (Some(start), Some(end)) => Ok(Some((start, end))),
        _ => Err(ApiError::invalid(
            "If either start step or end step are specified, both must be specified.",
        )),
    }
}

pub(in super::super) async fn get_metric_history_bulk_interval(
    app: App,
    fields: Fields,
) -> ApiResult<Object> {
    fields.require_list("run_ids")?;
    let run_ids = fields.strings("run_ids")?;
    if run_ids.len() > RUNS_MAX {
        return Err(field_error(&format!(
            "GetMetricHistoryBulkInterval request must specify at most {RUNS_MAX} run_ids. \
             Received {} run_ids.",
            run_ids.len()
        )));
    }
    let key = fields.required("metric_key")?;
    let (start, end) = (fields.int("start_step")?, fields.int("end_step")?);
    let limit = match fields.int("max_results")? {
        None => SAMPLES_MAX,
        Some(asked) => usize::try_from(asked)
            .ok()
            .filter(|limit| (1..=SAMPLES_MAX).contains(limit))
            .ok_or_else(|| {
                field_error(&format!("max_results must be between 1 and {SAMPLES_MAX}."))
            })?,
    };
    let steps = steps(start, end)?;
    let (view, mut shown) = (app.views().view(), Vec::new());
    for run_id in &run_ids {
        let points = series::sample(&view, run_id, &key, steps, limit);
        shown.extend(points.iter().map(|point| show(run_id, &key, point)));
    }
    Ok(Object::new().set_list("metrics", shown))
}

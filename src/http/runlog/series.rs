//! `/series`: what a chart shows of many runs.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::InQuery,
    },
    Refusal, look,
};
use crate::{
    base::Seq,
    views::buckets::{Axis, Bucketed, buckets},
};

/// The most series of an answer.
const SERIES_MAX: usize = 100;
/// Buckets of a series of which nothing else is said.
const BUCKETS: usize = 500;
/// The most buckets of a series.
const BUCKETS_MAX: usize = 5000;

/// Which series are wanted, and how.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedSeries {
    /// Ids of the runs, separated by commas; 100 at most.
    #[param(example = "0123456789abcdef0123456789abcdef")]
    run_ids: String,
    /// The metric.
    #[param(example = "loss")]
    metric: String,
    /// What is from left to right: `step` (if left out) or `time`.
    #[param(example = "step")]
    x: Option<String>,
    /// Where the stretch begins that is wanted, on that axis.
    #[param(example = 0)]
    from: Option<i64>,
    /// Where it ends, inclusive.
    #[param(example = 1000)]
    to: Option<i64>,
    /// Buckets of each series, 500 if left out, 5000 at most.
    #[param(example = 100)]
    buckets: Option<usize>,
}

/// A metric of some runs, as a chart draws it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Chart {
    /// The last event that the answer knows.
    seq: Seq,
    /// A series for each run, in the order of the question.
    series: Vec<ChartSeries>,
}

/// One series as columns of equal length: a bucket is at the same place of each.
#[derive(Debug, Serialize, ToSchema)]
struct ChartSeries {
    /// Whose.
    run_id: String,
    /// Points of the stretch.
    total: usize,
    /// Whether each point is a bucket of its own.
    exact: bool,
    /// Where the last point of each bucket is.
    x: Vec<i64>,
    /// The least value of each; null if it has only NaN, or the infinities, which JSON has no word for.
    min: Vec<Option<f64>>,
    /// The greatest value of each.
    max: Vec<Option<f64>>,
    /// The last value of each.
    last: Vec<Option<f64>>,
    /// Points of each.
    count: Vec<u64>,
}

/// A metric of some runs in buckets of equal width, each with its least, greatest and last value: no spike is lost.
#[utoipa::path(
    get,
    path = "/series",
    params(WantedSeries),
    responses(
        (status = 200, body = Chart),
        (status = 400, description = "A field makes no sense", body = Refusal),
    )
)]
pub(super) async fn series(
    app: App,
    InQuery(wanted): InQuery<WantedSeries>,
) -> ApiResult<Json<Chart>> {
    let axis = match wanted.x.as_deref() {
        None | Some("step") => Axis::Step,
        Some("time") => Axis::Time,
        Some(other) => {
            return Err(ApiError::invalid(format!("Invalid x '{other}': step or time.")));
        }
    };
    let within = match (wanted.from, wanted.to) {
        (None, None) => None,
        (from, to) => Some((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX))),
    };
    let run_ids: Vec<String> = wanted.run_ids.split(',').map(str::to_owned).collect();
    if run_ids.len() > SERIES_MAX {
        return Err(ApiError::invalid(format!("At most {SERIES_MAX} runs can be asked for.")));
    }
    let count = wanted.buckets.unwrap_or(BUCKETS).clamp(1, BUCKETS_MAX);
    look(move || {
        let views = app.views();
        let (seq, view) = (views.position().seq, views.view());
        let series = run_ids.into_iter().map(|run_id| {
            let found = buckets(&view, &run_id, &wanted.metric, axis, within, count);
            ChartSeries::of(run_id, &found)
        });
        Ok(Chart { seq, series: series.collect() })
    })
    .await
    .map(Json)
}

impl ChartSeries {
    fn of(run_id: String, found: &Bucketed) -> Self {
        let all = || found.buckets.iter();
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        Self {
            run_id,
            total: found.total,
            exact: found.buckets.len() == found.total,
            x: all().map(|it| it.at).collect(),
            min: all().map(|it| finite(it.min)).collect(),
            max: all().map(|it| finite(it.max)).collect(),
            last: all().map(|it| finite(it.last)).collect(),
            count: all().map(|it| it.count).collect(),
        }
    }
}

//! Rules for metric points.

use std::collections::HashMap;

use super::{Decided, Rejection, State, run, validate};
use crate::{
    base::limits,
    event::{Event, MetricsLogged, SeriesPoints},
};

/// A metric point as it comes in.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPoint {
    /// Metric key.
    pub key: String,
    /// Value; NaN and the infinities are values.
    pub value: f64,
    /// Time, milliseconds since the Unix epoch; not negative.
    pub timestamp: i64,
    /// Step.
    pub step: i64,
    /// Logged model that it measures, if named.
    pub model_id: Option<String>,
    /// Name of the dataset it was measured on, if named.
    pub dataset_name: Option<String>,
    /// Digest of that dataset, if named.
    pub dataset_digest: Option<String>,
}

/// Logs one metric point.
#[derive(Debug, Clone, PartialEq)]
pub struct LogMetric {
    /// By which run.
    pub run_id: String,
    /// The point.
    pub point: NewPoint,
}

/// Refuses a point that MLflow refuses. `index` is its place in a list.
pub(super) fn check(index: Option<usize>, point: &NewPoint) -> Result<(), Rejection> {
    // Only a refusal needs the path, and nearly all points are fine.
    let path = |field: &str| match index {
        Some(index) => format!("metrics[{index}].{field}"),
        None => field.to_owned(),
    };
    if !validate::is_plain_key(&point.key) {
        validate::key(&path("name"), &point.key)?;
        validate::length("Metric name", limits::KEY_CHARS_MAX, &point.key)?;
    }
    if point.timestamp < 0 {
        return Err(Rejection::invalid(format!(
            "Invalid value {} for parameter '{}' supplied: metric '{}' (value={}). Timestamp must \
             be a nonnegative long (64-bit integer) ",
            point.timestamp,
            path("timestamp"),
            point.key,
            python_float(point.value),
        )));
    }
    for id in [&point.model_id, &point.dataset_name, &point.dataset_digest].into_iter().flatten() {
        validate::no_zero_byte("metric", id)?;
    }
    Ok(())
}

/// A float as Python prints it in the common cases.
fn python_float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    format!("{value:?}")
}

pub(super) fn log_metric(state: &dyn State, command: LogMetric) -> Decided {
    check(None, &command.point)?;
    run::active(state, &command.run_id)?;
    Ok(Event::from(logged(command.run_id, vec![command.point])).into())
}

/// The event for `points`, sorted into series by key, model and dataset.
pub(super) fn logged(run_id: String, points: Vec<NewPoint>) -> MetricsLogged {
    let mut series: Vec<SeriesPoints> = Vec::new();
    let mut places: HashMap<SeriesName, usize> = HashMap::new();
    for point in points {
        let NewPoint { key, value, timestamp, step, model_id, dataset_name, dataset_digest } =
            point;
        let name = (key, model_id, dataset_name, dataset_digest);
        let place = *places.entry(name).or_insert_with_key(|name| {
            series.push(empty_series(name.clone()));
            series.len() - 1
        });
        if let Some(columns) = series.get_mut(place) {
            columns.timestamps.push(timestamp);
            columns.steps.push(step);
            columns.values.push(value);
        }
    }
    MetricsLogged { run_id, series }
}

type SeriesName = (String, Option<String>, Option<String>, Option<String>);

fn empty_series((key, model_id, dataset_name, dataset_digest): SeriesName) -> SeriesPoints {
    let (timestamps, steps, values) = (Vec::new(), Vec::new(), Vec::new());
    SeriesPoints { key, model_id, dataset_name, dataset_digest, timestamps, steps, values }
}

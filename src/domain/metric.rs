//! Rules for metric points.

use std::collections::HashMap;

use super::{Decided, Rejection, State, run, validate};
use crate::{
    base::{limits, python},
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
            python::float(point.value),
        )));
    }
    for id in [&point.model_id, &point.dataset_name, &point.dataset_digest].into_iter().flatten() {
        validate::no_zero_byte("metric", id)?;
    }
    Ok(())
}

pub(super) fn log_metric(state: &dyn State, command: LogMetric) -> Decided {
    check(None, &command.point)?;
    run::active(state, &command.run_id)?;
    Ok(Event::from(logged(command.run_id, vec![command.point])).into())
}

/// The event for `points`, sorted into series by key, model and dataset. A series of a logged model
/// ends where another of the same model begins: MLflow lists a model's points as they were logged.
pub(super) fn logged(run_id: String, points: Vec<NewPoint>) -> MetricsLogged {
    let mut series: Vec<SeriesPoints> = Vec::new();
    let mut open: HashMap<SeriesName, usize> = HashMap::new();
    let mut last_of_model: HashMap<String, SeriesName> = HashMap::new();
    for point in points {
        let NewPoint { key, value, timestamp, step, model_id, dataset_name, dataset_digest } =
            point;
        let name = (key, model_id, dataset_name, dataset_digest);
        let place = open.get(&name).copied().unwrap_or(series.len());
        if place == series.len() {
            if let Some(model_id) = &name.1
                && let Some(ended) = last_of_model.insert(model_id.clone(), name.clone())
            {
                open.remove(&ended);
            }
            series.push(empty_series(name.clone()));
            open.insert(name, place);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn point(key: &str, step: i64, model_id: Option<&str>) -> NewPoint {
        let (key, model_id) = (key.to_owned(), model_id.map(str::to_owned));
        let (dataset_name, dataset_digest) = (None, None);
        NewPoint { key, value: 0.5, timestamp: 1, step, model_id, dataset_name, dataset_digest }
    }

    fn series(points: Vec<NewPoint>) -> Vec<(String, Vec<i64>)> {
        let logged = logged("r".to_owned(), points);
        logged.series.into_iter().map(|series| (series.key, series.steps)).collect()
    }

    #[test]
    fn points_of_a_run_are_sorted_into_series_and_those_of_a_model_keep_their_order() {
        let named = |key: &str, steps: &[i64]| (key.to_owned(), steps.to_vec());
        let of_run = [("b", 1), ("a", 1), ("b", 2), ("a", 2)];
        let of_run: Vec<_> = of_run.iter().map(|(key, step)| point(key, *step, None)).collect();
        assert_eq!(series(of_run), [named("b", &[1, 2]), named("a", &[1, 2])]);

        let of_model = |key, step| point(key, step, Some("m"));
        let mixed = vec![
            of_model("b", 1),
            of_model("b", 2),
            point("b", 3, None),
            point("b", 4, Some("other")),
            of_model("b", 5),
            of_model("a", 6),
            of_model("b", 7),
            point("b", 8, None),
        ];
        let expected =
            [("b", &[1, 2, 5][..]), ("b", &[3, 8]), ("b", &[4]), ("a", &[6]), ("b", &[7])];
        assert_eq!(series(mixed), expected.map(|(key, steps)| named(key, steps)));
    }
}

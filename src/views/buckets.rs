//! A metric series as a chart draws it: in buckets of equal width, each with its least, its greatest and its last value,
//! so that no spike disappears however far one zooms out.

use super::{series, store::Read};
use crate::domain::entity::Point;

/// What a chart has from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// The step.
    Step,
    /// The time, in milliseconds since the Unix epoch.
    Time,
}

impl Axis {
    /// Where a point is on it.
    pub fn of(self, point: &Point) -> i64 {
        match self {
            Self::Step => point.step,
            Self::Time => point.timestamp,
        }
    }
}

/// The points of a stretch of a series. NaN is in none of the values; a bucket with nothing else has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Where its last point is.
    pub at: i64,
    /// Points.
    pub count: u64,
    /// The least value.
    pub min: Option<f64>,
    /// The greatest value.
    pub max: Option<f64>,
    /// The last value, by place on the axis and then as MLflow orders a history.
    pub last: Option<f64>,
}

/// A series, or a stretch of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucketed {
    /// Points of the stretch.
    pub total: usize,
    /// The buckets that have a point, from left to right.
    pub buckets: Vec<Bucket>,
}

/// The points of a run's metric `within` a stretch of the axis (both ends included), in at most `count` buckets; each point
/// in one of its own if there are no more.
pub fn buckets(
    read: &dyn Read,
    run_id: &str,
    metric: &str,
    axis: Axis,
    within: Option<(i64, i64)>,
    count: usize,
) -> Bucketed {
    let mut points = series::page(read, run_id, metric, 0, usize::MAX).points;
    points.retain(|point| within.is_none_or(|(from, to)| (from..=to).contains(&axis.of(point))));
    points.sort_by(|a, b| axis.of(a).cmp(&axis.of(b)).then_with(|| a.history_order(b)));
    let total = points.len();
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Bucketed { total, buckets: Vec::new() };
    };
    if total <= count {
        let buckets = points.iter().map(|point| bucket(axis, std::slice::from_ref(point)));
        return Bucketed { total, buckets: buckets.collect() };
    }
    let (from, to) = within.unwrap_or((axis.of(first), axis.of(last)));
    // Wide enough for the difference of any two places.
    let width = (i128::from(to) - i128::from(from) + 1).max(1);
    let number = |point: &Point| {
        (i128::from(axis.of(point)) - i128::from(from)) * i128::try_from(count).unwrap_or(1) / width
    };
    let buckets = points.chunk_by(|a, b| number(a) == number(b)).map(|points| bucket(axis, points));
    Bucketed { total, buckets: buckets.collect() }
}

fn bucket(axis: Axis, points: &[Point]) -> Bucket {
    let values = || points.iter().map(|point| point.value).filter(|value| !value.is_nan());
    Bucket {
        at: points.last().map_or(0, |point| axis.of(point)),
        count: points.len() as u64,
        min: values().reduce(f64::min),
        max: values().reduce(f64::max),
        last: values().next_back(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::{Position, Views, keys, store::Value};

    fn views(values: &[f64]) -> Views {
        let views = Views::in_memory([0; 16]);
        let mut changes = views.changes();
        let points = (0..).zip(values);
        let points =
            points.map(|(step, value)| Point { timestamp: 10 * step, step, value: *value });
        let points = Value::Points(std::sync::Arc::new(points.collect()));
        changes.put(keys::series_tail("r", "m"), points);
        views.publish(changes, Position::default());
        views
    }

    fn told(values: &[f64], axis: Axis, within: Option<(i64, i64)>, count: usize) -> Bucketed {
        buckets(&views(values).view(), "r", "m", axis, within, count)
    }

    #[test]
    fn a_spike_stays_however_few_buckets_there_are() {
        let mut values = vec![0.5; 10_000];
        values[7777] = 99.0;
        values[3] = -99.0;
        for count in [1, 2, 7, 100, 9999] {
            let found = told(&values, Axis::Step, None, count);
            assert!(found.buckets.len() <= count, "{count}");
            assert_eq!(found.total, 10_000);
            assert_eq!(found.buckets.iter().map(|it| it.count).sum::<u64>(), 10_000);
            let max = found.buckets.iter().filter_map(|it| it.max).fold(0.0, f64::max);
            let min = found.buckets.iter().filter_map(|it| it.min).fold(0.0, f64::min);
            assert_eq!((min, max), (-99.0, 99.0), "{count}");
            assert_eq!(found.buckets.last().unwrap().at, 9999);
        }
    }

    #[test]
    fn few_points_are_told_one_by_one_and_a_stretch_is_its_own() {
        let all = told(&[1.0, f64::NAN, 3.0], Axis::Time, None, 3);
        let places: Vec<_> = all.buckets.iter().map(|it| (it.at, it.last)).collect();
        assert_eq!(places, [(0, Some(1.0)), (10, None), (20, Some(3.0))]);
        let part = told(&[1.0, 2.0, 3.0, 4.0], Axis::Step, Some((1, 2)), 1);
        let only = Bucket { at: 2, count: 2, min: Some(2.0), max: Some(3.0), last: Some(3.0) };
        assert_eq!(part, Bucketed { total: 2, buckets: vec![only] });
        assert_eq!(told(&[], Axis::Step, None, 5), Bucketed { total: 0, buckets: Vec::new() });
        let ends = told(&[1.0, 2.0], Axis::Step, Some((i64::MIN, i64::MAX)), 1);
        assert_eq!(ends.buckets.len(), 1);
    }
}

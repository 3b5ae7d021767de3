//! Metric series: points in the order of MLflow's history (timestamp, step, value), in blocks.
//!
//! The last block of a series, its tail, takes the points that come after all others; when it is
//! full it becomes a block of its own, found by its first point. A late point goes into the block
//! that spans it, which splits when it grows too long. So the blocks of a series depend on its
//! points and their order of arrival alone, and a point that repeats another to the bit is found
//! in one block and adds nothing.

use std::sync::Arc;

use super::{Changes, Key, Place, Read, Value, keys};
use crate::{
    domain::entity::{LoggedModelMetric, Point},
    event::{Envelope, MetricsLogged, SeriesPoints},
};

/// Points of a full block.
pub(in crate::views) const BLOCK_POINTS: usize = 512;

pub(super) fn metrics_logged(
    changes: &mut Changes<'_>,
    envelope: &Envelope,
    event: &MetricsLogged,
) {
    let mut of_models = Place::of_event(envelope.seq);
    for (series, place) in event.series.iter().zip(Place::of_event(envelope.seq)) {
        insert_points(changes, &event.run_id, series, place);
        if let Some(model_id) = &series.model_id {
            model_points(changes, &event.run_id, model_id, series, &mut of_models);
        }
    }
}

fn points(series: &SeriesPoints) -> impl Iterator<Item = Point> + '_ {
    let rows = series.timestamps.iter().zip(&series.steps).zip(&series.values);
    rows.map(|((&timestamp, &step), &value)| Point { timestamp, step, value })
}

/// Adds points to a run's series, which takes `place` if it begins with them.
fn insert_points(changes: &mut Changes<'_>, run_id: &str, series: &SeriesPoints, place: Place) {
    let later = |a: Point, b: Point| if b.is_later_than(&a) { b } else { a };
    let Some(latest) = points(series).reduce(later) else { return };
    let latest_key = keys::run_part(run_id, keys::part::METRIC, &series.key);
    match changes.get(&latest_key) {
        Some(Value::Point(_, known)) if !latest.is_later_than(&known) => {}
        Some(Value::Point(place, _)) => changes.put(latest_key, Value::Point(place, latest)),
        _ => changes.put(latest_key, Value::Point(place, latest)),
    }
    let mut tail = Tail::take(changes, run_id, &series.key);
    for point in points(series) {
        if !tail.insert(point) {
            insert_late(changes, run_id, &series.key, point);
        }
        if tail.block.len() >= BLOCK_POINTS {
            tail.seal(changes, run_id, &series.key);
        }
    }
    tail.put(changes);
}

/// The open end of a series while points are added.
struct Tail {
    key: Key,
    block: Arc<Vec<Point>>,
}

impl Tail {
    fn take(changes: &mut Changes<'_>, run_id: &str, metric: &str) -> Self {
        let key = keys::series_tail(run_id, metric);
        let block = match changes.take(&key) {
            Some(Value::Points(block)) => block,
            _ => Arc::default(),
        };
        Self { key, block }
    }

    fn put(self, changes: &mut Changes<'_>) {
        changes.put(self.key, Value::Points(self.block));
    }

    /// Adds a point that belongs here; `false` when it belongs before the tail.
    fn insert(&mut self, point: Point) -> bool {
        let after_last = self.block.last().is_none_or(|last| last.history_order(&point).is_lt());
        if after_last {
            Arc::make_mut(&mut self.block).push(point);
            return true;
        }
        if self.block.first().is_some_and(|first| first.history_order(&point).is_gt()) {
            return false;
        }
        if let Err(at) = position(&self.block, &point) {
            Arc::make_mut(&mut self.block).insert(at, point);
        }
        true
    }

    /// Makes a full block of all but the last point, which stays: the tail is never empty again,
    /// so every earlier point is known to belong before it.
    fn seal(&mut self, changes: &mut Changes<'_>, run_id: &str, metric: &str) {
        let Some(last) = self.block.last().copied() else { return };
        let mut full = std::mem::replace(&mut self.block, Arc::new(vec![last]));
        Arc::make_mut(&mut full).pop();
        put_block(changes, run_id, metric, full);
    }
}

fn position(block: &[Point], point: &Point) -> Result<usize, usize> {
    block.binary_search_by(|known| known.history_order(point))
}

fn put_block(changes: &mut Changes<'_>, run_id: &str, metric: &str, block: Arc<Vec<Point>>) {
    if let Some(first) = block.first() {
        changes.put(keys::series_block(run_id, metric, first), Value::Points(block));
    }
}

/// Adds a point that comes before the tail, to the last block that begins at or before it, or to
/// the first block of all.
fn insert_late(changes: &mut Changes<'_>, run_id: &str, metric: &str, point: Point) {
    let (series, tail) = (keys::series(run_id, metric), keys::series_tail(run_id, metric));
    let just_after = [&keys::series_block(run_id, metric, &point)[..], &[0]].concat();
    let found = changes
        .last(&series, &just_after)
        .or_else(|| changes.range(&series, Some(&tail), 1).into_iter().next());
    let Some((key, Value::Points(mut block))) = found else {
        put_block(changes, run_id, metric, Arc::new(vec![point]));
        return;
    };
    let Err(at) = position(&block, &point) else { return };
    let points = Arc::make_mut(&mut block);
    points.insert(at, point);
    let upper = (points.len() >= BLOCK_POINTS).then(|| points.split_off(points.len() / 2));
    if at == 0 {
        changes.delete(key); // its first point, and so its key, has changed
    }
    put_block(changes, run_id, metric, block);
    if let Some(upper) = upper {
        put_block(changes, run_id, metric, Arc::new(upper));
    }
}

/// Notes points under the logged model that they measure. Of two values for one run, time and
/// step the first stands, as in MLflow.
fn model_points(
    changes: &mut Changes<'_>,
    run_id: &str,
    model_id: &str,
    series: &SeriesPoints,
    places: &mut impl Iterator<Item = Place>,
) {
    for (point, place) in points(series).zip(places) {
        let key = keys::logged_model_metric(model_id, &series.key, run_id, &point);
        if changes.get(&key).is_some() {
            continue;
        }
        let metric = LoggedModelMetric {
            key: series.key.clone(),
            run_id: run_id.to_owned(),
            dataset_name: series.dataset_name.clone(),
            dataset_digest: series.dataset_digest.clone(),
            point,
        };
        changes.put(key, Value::LoggedModelMetric(place, metric.into()));
    }
}

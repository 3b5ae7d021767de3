//! Reading metric series: page by page, in the order of MLflow's history.

use super::{
    keys,
    store::{Read, Value},
};
use crate::domain::entity::Point;

/// Blocks read at a time.
const BLOCKS_AT_ONCE: usize = 64;

/// Points of a series.
pub struct SeriesPage {
    /// The points.
    pub points: Vec<Point>,
    /// Where the next page begins, if there is one.
    pub next_offset: Option<usize>,
}

/// At most `limit` points of a run's metric after the first `offset`, by timestamp, step, value.
pub fn page(
    read: &dyn Read,
    run_id: &str,
    metric: &str,
    offset: usize,
    limit: usize,
) -> SeriesPage {
    let prefix = keys::series(run_id, metric);
    let end = keys::after_prefix(&prefix);
    let (mut from, mut skip, mut points) = (prefix.to_vec(), offset, Vec::new());
    loop {
        let blocks = read.range(&from, end.as_deref(), BLOCKS_AT_ONCE);
        let Some((last, _)) = blocks.last() else { break };
        from = [last, &[0][..]].concat();
        for (_, value) in &blocks {
            let Value::Points(block) = value else { continue };
            let rest = block.get(skip..).unwrap_or_default();
            skip = skip.saturating_sub(block.len());
            for point in rest {
                if points.len() == limit {
                    return SeriesPage { points, next_offset: Some(offset.saturating_add(limit)) };
                }
                points.push(*point);
            }
        }
    }
    SeriesPage { points, next_offset: None }
}

/// At most `limit` points of a run's metric, spread evenly over its points in the order of step,
/// timestamp, value, the first and the last always among them; only those of `steps` if given. As
/// MLflow 3.17 samples: the first point of each of `limit` equal buckets (SQL's NTILE), and the last.
pub fn sample(
    read: &dyn Read,
    run_id: &str,
    metric: &str,
    steps: Option<(i64, i64)>,
    limit: usize,
) -> Vec<Point> {
    let within = |point: &Point| steps.is_none_or(|(from, to)| (from..=to).contains(&point.step));
    let mut points = page(read, run_id, metric, 0, usize::MAX).points;
    points.retain(within);
    points.sort_by(|a, b| a.step.cmp(&b.step).then_with(|| a.history_order(b)));
    let Some(last) = points.last().copied().filter(|_| points.len() > limit) else { return points };
    let (size, longer) = (points.len() / limit, points.len() % limit);
    let firsts = (0..limit).map(|bucket| bucket * size + bucket.min(longer));
    let mut sampled: Vec<Point> = firsts.filter_map(|at| points.get(at).copied()).collect();
    if let Some(end) = sampled.last_mut() {
        *end = last;
    }
    sampled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::{Views, store::Changes};

    fn views(count: i64) -> Views {
        let views = Views::in_memory([0; 16]);
        let mut changes: Changes<'_> = views.changes();
        let points = (0..count).map(|step| Point { timestamp: 1, step, value: 0.5 }).collect();
        changes.put(keys::series_tail("r", "m"), Value::Points(std::sync::Arc::new(points)));
        views.publish(changes, crate::views::Position::default());
        views
    }

    fn sampled(count: i64, steps: Option<(i64, i64)>, limit: usize) -> Vec<i64> {
        let points = sample(&views(count).view(), "r", "m", steps, limit);
        points.iter().map(|point| point.step).collect()
    }

    #[test]
    fn a_sample_is_the_first_of_each_bucket_and_the_last_of_all() {
        assert_eq!(sampled(3, None, 5), [0, 1, 2]);
        assert_eq!(sampled(10, None, 5), [0, 2, 4, 6, 9]);
        assert_eq!(sampled(11, None, 3), [0, 4, 10]);
        assert_eq!(sampled(10, None, 1), [9]);
        assert_eq!(sampled(10, Some((3, 6)), 3), [3, 5, 6]);
        assert_eq!(sampled(0, None, 3), [0; 0]);
    }

    #[test]
    fn pages_follow_one_another() {
        let views = views(10);
        let first = page(&views.view(), "r", "m", 0, 4);
        assert_eq!((first.points.len(), first.next_offset), (4, Some(4)));
        let last = page(&views.view(), "r", "m", 8, 4);
        assert_eq!((last.points.len(), last.next_offset), (2, None));
    }
}

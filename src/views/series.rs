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
    let mut read_up_to: Option<Point> = None;
    loop {
        let blocks = read.range(&from, end.as_deref(), BLOCKS_AT_ONCE);
        let Some((last, _)) = blocks.last() else { break };
        from = [last, &[0][..]].concat();
        for (_, value) in &blocks {
            let Value::Points(block) = value else { continue };
            // A block that was read may have been split since, and its upper part come behind it.
            let old = read_up_to.map_or(0, |last| {
                block.partition_point(|point| point.history_order(&last).is_le())
            });
            let block = block.get(old..).unwrap_or_default();
            read_up_to = block.last().copied().or(read_up_to);
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
    use crate::{
        base::{Seq, TimestampMs},
        event::{Envelope, Meta, MetricsLogged, SeriesPoints},
        views::{Position, Views, fold, keys::Key, store::Changes},
    };

    fn views(count: i64) -> Views {
        let views = Views::in_memory([0; 16]);
        let mut changes: Changes<'_> = views.changes();
        let points = (0..count).map(|step| Point { timestamp: 1, step, value: 0.5 }).collect();
        changes.put(keys::series_tail("r", "m"), Value::Points(std::sync::Arc::new(points)));
        views.publish(changes, Position::default());
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

    /// Reads, and logs late points once, after the first blocks were read.
    struct Interrupted<'a> {
        views: &'a Views,
        late: std::cell::Cell<bool>,
    }

    impl Read for Interrupted<'_> {
        fn get(&self, key: &[u8]) -> Option<Value> {
            self.views.view().get(key)
        }

        fn range(&self, from: &[u8], until: Option<&[u8]>, limit: usize) -> Vec<(Key, Value)> {
            let found = self.views.view().range(from, until, limit);
            if let Some((_, Value::Points(last))) = found.last()
                && !self.late.replace(true)
            {
                let begin = last[0].timestamp;
                log(self.views, (0..600).map(|late| begin + 1 + 2 * late));
            }
            found
        }

        fn last(&self, from: &[u8], until: &[u8]) -> Option<(Key, Value)> {
            self.views.view().last(from, until)
        }
    }

    fn log(views: &Views, timestamps: impl Iterator<Item = i64>) {
        let timestamps: Vec<i64> = timestamps.collect();
        let series = SeriesPoints {
            key: "m".to_owned(),
            steps: vec![0; timestamps.len()],
            values: vec![0.5; timestamps.len()],
            timestamps,
            model_id: None,
            dataset_name: None,
            dataset_digest: None,
        };
        let event = MetricsLogged { run_id: "r".to_owned(), series: vec![series] }.into();
        let (recorded_at, meta) = (TimestampMs(1), Meta::default());
        let mut changes = views.changes();
        fold(&mut changes, &Envelope { seq: Seq(1), recorded_at, meta, event });
        views.publish(changes, Position::default());
    }

    #[test]
    fn a_block_that_splits_while_it_is_read_gives_no_point_twice() {
        let views = Views::in_memory([0; 16]);
        let count = 70 * 512;
        log(&views, (0..count).map(|n| 2 * n));
        let read = Interrupted { views: &views, late: false.into() };
        let times: Vec<i64> =
            page(&read, "r", "m", 0, usize::MAX).points.iter().map(|it| it.timestamp).collect();
        assert!(times.is_sorted_by(|a, b| a < b), "a point is there twice");
        assert_eq!(times.iter().filter(|time| **time % 2 == 0).count() as i64, count);
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

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

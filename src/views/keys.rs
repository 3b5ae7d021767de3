//! Keys of the view store: one byte that names the table, then the parts, in an order such that
//! what is read together stands together. The only file that builds keys.
//!
//! Numbers are big-endian so that bytes sort as numbers do. Text parts end with a 0 byte; the API
//! admits no 0 byte in an id or a key, so no key is a prefix of another by accident.

use crate::{base::Seq, domain::entity::Point};

/// A key: opaque bytes that sort as the tables need it.
pub type Key = Box<[u8]>;

/// The tables, by the byte their keys begin with.
pub mod table {
    /// Counters and singletons.
    pub const COUNTER: u8 = b'c';
    /// Experiments by id.
    pub const EXPERIMENT: u8 = b'e';
    /// Experiment ids by name.
    pub const EXPERIMENT_NAME: u8 = b'E';
    /// Runs with all their parts but metric series.
    pub const RUN: u8 = b'r';
    /// Metric series, in blocks.
    pub const SERIES: u8 = b's';
    /// Logged models and their metrics.
    pub const LOGGED_MODEL: u8 = b'l';
    /// Datasets by experiment, name and digest.
    pub const DATASET: u8 = b'd';
    /// Registered models by number.
    pub const REGISTERED_MODEL: u8 = b'g';
    /// Numbers of registered models by name.
    pub const REGISTERED_MODEL_NAME: u8 = b'G';
    /// Numbers of registered models by a name that they had: the last to give it up.
    pub const FORMER_MODEL_NAME: u8 = b'F';
    /// Model versions by model number and version.
    pub const MODEL_VERSION: u8 = b'v';
    /// Stage changes by model number, version and sequence.
    pub const STAGE_CHANGE: u8 = b'h';
    /// What came of a dataset, commit, run, logged model or version.
    pub const LINK: u8 = b'k';
    /// Artifacts by path.
    pub const ARTIFACT: u8 = b'a';
    /// Webhooks by id.
    pub const WEBHOOK: u8 = b'w';
    /// Active webhooks by what they are told of.
    pub const SUBSCRIPTION: u8 = b'W';
    /// Pending deliveries by webhook, in the order of the events that they tell of.
    pub const OUTBOX: u8 = b'o';
    /// Redacted events by position.
    pub const REDACTION: u8 = b'x';
    /// Positions of the events of an entity, in blocks.
    pub const TIMELINE: u8 = b't';
}

/// The parts of a run or of a logged model, by the byte after its id.
pub mod part {
    /// The entity itself.
    pub const SELF: u8 = 0;
    /// Latest metric points.
    pub const METRIC: u8 = b'm';
    /// Parameters.
    pub const PARAM: u8 = b'p';
    /// Tags.
    pub const TAG: u8 = b't';
    /// Dataset inputs.
    pub const DATASET: u8 = b'd';
    /// Model inputs.
    pub const MODEL_INPUT: u8 = b'i';
    /// Model outputs.
    pub const MODEL_OUTPUT: u8 = b'o';
}

fn build(table: u8, parts: &[&[u8]]) -> Key {
    let mut key = Vec::with_capacity(1 + parts.iter().map(|part| part.len()).sum::<usize>());
    key.push(table);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key.into_boxed_slice()
}

/// The counter named `name`.
pub fn counter(name: &str) -> Key {
    build(table::COUNTER, &[name.as_bytes()])
}

/// The number of the registered model that was last to give up a name for another.
pub fn former_model_name(name: &str) -> Key {
    build(table::FORMER_MODEL_NAME, &[name.as_bytes()])
}

/// The redaction of an event.
pub fn redaction(seq: u64) -> Key {
    build(table::REDACTION, &[&seq.to_be_bytes()])
}

/// The event that a key of [`redaction`] names.
pub fn redacted(key: &[u8]) -> Option<Seq> {
    let seq = key.strip_prefix(&[table::REDACTION])?.try_into().ok()?;
    Some(Seq(u64::from_be_bytes(seq)))
}

/// An experiment.
pub fn experiment(id: u64) -> Key {
    build(table::EXPERIMENT, &[&id.to_be_bytes()])
}

/// The id of the experiment of that name.
pub fn experiment_name(name: &str) -> Key {
    build(table::EXPERIMENT_NAME, &[name.as_bytes()])
}

/// A run itself; also the prefix of all its parts.
pub fn run(run_id: &str) -> Key {
    build(table::RUN, &[run_id.as_bytes(), &[0]])
}

/// One part of a run: a metric, parameter, tag, input or output by its key.
pub fn run_part(run_id: &str, part: u8, name: &str) -> Key {
    build(table::RUN, &[run_id.as_bytes(), &[0, part], name.as_bytes()])
}

/// A dataset that a run used.
pub fn run_dataset(run_id: &str, name: &str, digest: &str) -> Key {
    let tail = [0, part::DATASET];
    build(table::RUN, &[run_id.as_bytes(), &tail, name.as_bytes(), &[0], digest.as_bytes()])
}

/// What an experiment knows of a dataset.
pub fn dataset(experiment_id: u64, name: &str, digest: &str) -> Key {
    let parts = [&experiment_id.to_be_bytes(), name.as_bytes(), &[0], digest.as_bytes()];
    build(table::DATASET, &parts)
}

/// Which part of which run a key of the run table names: (run id, part, name).
pub fn split_run(key: &[u8]) -> Option<(&str, u8, &str)> {
    let rest = key.strip_prefix(&[table::RUN])?;
    let zero = rest.iter().position(|byte| *byte == 0)?;
    let (run_id, tail) = (rest.get(..zero)?, rest.get(zero + 1..)?);
    let (part, name) =
        tail.split_first().map_or((part::SELF, &[][..]), |(part, name)| (*part, name));
    Some((std::str::from_utf8(run_id).ok()?, part, std::str::from_utf8(name).ok()?))
}

/// The prefix of all blocks of a metric series.
pub fn series(run_id: &str, metric: &str) -> Key {
    build(table::SERIES, &[run_id.as_bytes(), &[0], metric.as_bytes(), &[0]])
}

/// The last block of a series, which takes the points that come after all others.
pub fn series_tail(run_id: &str, metric: &str) -> Key {
    build(table::SERIES, &[run_id.as_bytes(), &[0], metric.as_bytes(), &[0], &[0xff; 25]])
}

/// A full block of a series, by its first point.
pub fn series_block(run_id: &str, metric: &str, first: &Point) -> Key {
    let order = point_order(first);
    build(table::SERIES, &[run_id.as_bytes(), &[0], metric.as_bytes(), &[0], &order])
}

/// Bytes that sort as MLflow sorts a history: timestamp, step, value. A NaN sorts as the 0 that
/// MLflow's SQL store keeps for it, after the true 0.
pub fn point_order(point: &Point) -> [u8; 25] {
    let mut order = [0; 25];
    let (timestamp, rest) = order.split_at_mut(8);
    let (step, rest) = rest.split_at_mut(8);
    let (value, nan) = rest.split_at_mut(8);
    timestamp.copy_from_slice(&flip_i64(point.timestamp));
    step.copy_from_slice(&flip_i64(point.step));
    value.copy_from_slice(&flip_f64(point.stored_value()));
    nan.fill(u8::from(point.value.is_nan()));
    order
}

fn flip_i64(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Order-preserving bytes of a float that is not NaN: negative ones inverted, positive ones with
/// the sign bit set. Negative zero is zero.
fn flip_f64(number: f64) -> [u8; 8] {
    let bits = (number + 0.0).to_bits();
    let mask = if bits >> 63 == 1 { u64::MAX } else { 1 << 63 };
    (bits ^ mask).to_be_bytes()
}

/// A logged model itself; also the prefix of its metrics.
pub fn logged_model(model_id: &str) -> Key {
    build(table::LOGGED_MODEL, &[model_id.as_bytes(), &[0]])
}

/// The prefix of the metrics of a logged model.
pub fn logged_model_metrics(model_id: &str) -> Key {
    build(table::LOGGED_MODEL, &[model_id.as_bytes(), &[0, part::METRIC]])
}

/// A point of a logged model's metric, from one run.
pub fn logged_model_metric(model_id: &str, metric: &str, run_id: &str, point: &Point) -> Key {
    let (id, tail) = (model_id.as_bytes(), [0, part::METRIC]);
    let (time, step) = (flip_i64(point.timestamp), flip_i64(point.step));
    let (metric, run) = (metric.as_bytes(), run_id.as_bytes());
    build(table::LOGGED_MODEL, &[id, &tail, metric, &[0], run, &[0], &time, &step])
}

/// A registered model.
pub fn registered_model(id: u64) -> Key {
    build(table::REGISTERED_MODEL, &[&id.to_be_bytes()])
}

/// The number of the registered model of that name.
pub fn registered_model_name(name: &str) -> Key {
    build(table::REGISTERED_MODEL_NAME, &[name.as_bytes()])
}

/// The prefix of all versions of a registered model.
pub fn model_versions(id: u64) -> Key {
    build(table::MODEL_VERSION, &[&id.to_be_bytes()])
}

/// A version of a registered model.
pub fn model_version(id: u64, version: u32) -> Key {
    build(table::MODEL_VERSION, &[&id.to_be_bytes(), &version.to_be_bytes()])
}

/// The prefix of the stage changes of a registered model.
pub fn stage_changes(id: u64) -> Key {
    build(table::STAGE_CHANGE, &[&id.to_be_bytes()])
}

/// One stage change.
pub fn stage_change(id: u64, version: u32, seq: u64) -> Key {
    let parts: [&[u8]; 3] = [&id.to_be_bytes(), &version.to_be_bytes(), &seq.to_be_bytes()];
    build(table::STAGE_CHANGE, &parts)
}

/// What another entity names as where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// A commit of the code that ran.
    Commit(&'a str),
    /// A dataset; without a name all that have the digest.
    Dataset {
        /// Its digest.
        digest: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// A run.
    Run(&'a str),
    /// A logged model.
    LoggedModel(&'a str),
    /// A version of a registered model, by the model's number.
    Version(u64, u32),
    /// The other way round: the link from a version leads to the one that it is a copy of, which is else
    /// named by a name that its model need not have any more.
    CopyOf(u64, u32),
}

/// The prefix of the links from an origin.
pub fn links(origin: Origin<'_>) -> Key {
    match origin {
        Origin::Commit(id) => build(table::LINK, &[b"c", id.as_bytes(), &[0]]),
        Origin::Dataset { digest, name } => {
            build(table::LINK, &[b"d", digest.as_bytes(), &[0], name.as_bytes(), &[0]])
        }
        Origin::Run(id) => build(table::LINK, &[b"r", id.as_bytes(), &[0]]),
        Origin::LoggedModel(id) => build(table::LINK, &[b"l", id.as_bytes(), &[0]]),
        Origin::Version(id, version) => {
            build(table::LINK, &[b"v", &id.to_be_bytes(), &version.to_be_bytes()])
        }
        Origin::CopyOf(id, version) => {
            build(table::LINK, &[b"o", &id.to_be_bytes(), &version.to_be_bytes()])
        }
    }
}

/// The prefix of the links from all datasets with a digest.
pub fn links_of_digest(digest: &str) -> Key {
    build(table::LINK, &[b"d", digest.as_bytes(), &[0]])
}

/// The link from an origin to what came of it, which is named by its own key.
pub fn link(origin: Origin<'_>, entity: &[u8]) -> Key {
    [&links(origin), entity].concat().into()
}

/// An artifact by its path.
pub fn artifact(path: &str) -> Key {
    build(table::ARTIFACT, &[path.as_bytes()])
}

/// The prefix of all artifacts below a folder; the root is the empty one.
pub fn artifacts_below(folder: &str) -> Key {
    let slash: &[u8] = if folder.is_empty() { b"" } else { b"/" };
    build(table::ARTIFACT, &[folder.as_bytes(), slash])
}

/// A webhook.
pub fn webhook(webhook_id: &str) -> Key {
    build(table::WEBHOOK, &[webhook_id.as_bytes()])
}

/// The prefix of the subscriptions to a trigger, by the trigger's code.
pub fn subscriptions(trigger: u8) -> Key {
    build(table::SUBSCRIPTION, &[&[trigger]])
}

/// The subscription of an active webhook to a trigger.
pub fn subscription(trigger: u8, webhook_id: &str) -> Key {
    build(table::SUBSCRIPTION, &[&[trigger], webhook_id.as_bytes()])
}

/// The webhook of a subscription.
pub fn subscriber(key: &[u8]) -> Option<&str> {
    let rest = key.strip_prefix(&[table::SUBSCRIPTION])?;
    std::str::from_utf8(rest.get(1..)?).ok()
}

/// The prefix of the pending deliveries of a webhook.
pub fn outbox(webhook_id: &str) -> Key {
    build(table::OUTBOX, &[webhook_id.as_bytes(), &[0]])
}

/// The pending delivery to a webhook that tells of the event at a position.
pub fn delivery(webhook_id: &str, about: u64) -> Key {
    build(table::OUTBOX, &[webhook_id.as_bytes(), &[0], &about.to_be_bytes()])
}

/// The prefix of the timeline of an entity, named by the table it stands in and its id.
pub fn timeline(table: u8, id: &[u8]) -> Key {
    build(table::TIMELINE, &[&[table], id, &[0]])
}

/// The last block of a timeline.
pub fn timeline_tail(table: u8, id: &[u8]) -> Key {
    build(table::TIMELINE, &[&[table], id, &[0], &[0xff; 8]])
}

/// A full block of a timeline, by its first position.
pub fn timeline_block(table: u8, id: &[u8], first: u64) -> Key {
    build(table::TIMELINE, &[&[table], id, &[0], &first.to_be_bytes()])
}

/// The first key that does not begin with `prefix`; `None` when there is none.
pub fn after_prefix(prefix: &[u8]) -> Option<Key> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end.into_boxed_slice());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(timestamp: i64, step: i64, value: f64) -> Point {
        Point { timestamp, step, value }
    }

    #[test]
    fn points_sort_by_timestamp_then_step_then_value() {
        let sorted = [
            point(i64::MIN, 0, 0.0),
            point(-1, 5, 0.0),
            point(0, i64::MIN, 0.0),
            point(0, 0, f64::NEG_INFINITY),
            point(0, 0, -1.5),
            point(0, 0, -0.0),
            point(0, 0, f64::NAN),
            point(0, 0, 5e-324),
            point(0, 0, 2.0),
            point(0, 0, f64::INFINITY),
            point(0, 1, 0.0),
            point(7, 0, 0.0),
            point(i64::MAX, i64::MAX, f64::MAX),
        ];
        for pair in sorted.windows(2) {
            assert!(point_order(&pair[0]) < point_order(&pair[1]), "{pair:?}");
            assert!(pair[0].history_order(&pair[1]).is_lt(), "{pair:?}");
        }
        assert_eq!(point_order(&point(0, 0, 0.0)), point_order(&point(0, 0, -0.0)));
    }

    #[test]
    fn run_keys_split_into_their_parts() {
        assert_eq!(split_run(&run("abc")), Some(("abc", part::SELF, "")));
        assert_eq!(
            split_run(&run_part("abc", part::TAG, "mlflow.user")),
            Some(("abc", part::TAG, "mlflow.user"))
        );
        assert_eq!(split_run(&experiment(1)), None);
    }

    #[test]
    fn the_end_of_a_prefix_is_the_first_key_after_it() {
        assert_eq!(after_prefix(b"ab").as_deref(), Some(&b"ac"[..]));
        assert_eq!(after_prefix(&[1, 0xff]).as_deref(), Some(&[2][..]));
        assert_eq!(after_prefix(&[0xff]), None);
    }
}

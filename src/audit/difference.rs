//! Where views and the files of a cache part: the first entry, in the order of the keys, that only one
//! of them has or that they keep differently; told so that a person knows which entity it is.

use std::{cmp::Ordering, fmt};

use crate::{
    event::WebhookTrigger,
    views::{
        keys::{self, Key, part, table},
        store::{Entry, Value},
    },
};

/// Characters of a value that are told.
const VALUE_CHARS_MAX: usize = 200;

/// An entry that views and files keep differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What the entry is about.
    pub entry: String,
    /// The first field that differs, if both have the entry.
    pub field: Option<String>,
    /// What the views have, if anything.
    pub left: Option<String>,
    /// What the files have, if anything.
    pub right: Option<String>,
}

/// The first entry that differs between views and the files of a cache; `None` if all are the same to
/// the byte. Reads both as it goes.
pub fn first_difference<E>(
    views: impl Iterator<Item = (Key, Value)>,
    files: impl Iterator<Item = Result<Entry, E>>,
) -> Result<Option<Difference>, E> {
    let (mut views, mut files) = (views, files);
    loop {
        let (left, right) = (views.next(), files.next().transpose()?);
        let order = match (&left, &right) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.cmp(right),
        };
        let left = left.filter(|_| order.is_le());
        let right = right.filter(|_| order.is_ge());
        if let (Some((_, left)), Some((_, right))) = (&left, &right)
            && left.encode() == *right
        {
            continue;
        }
        return Ok(Some(difference(left, right)));
    }
}

fn difference(left: Option<(Key, Value)>, right: Option<Entry>) -> Difference {
    let key = left.as_ref().map(|it| &it.0).or(right.as_ref().map(|it| &it.0));
    let entry = key.map(|key| describe(key)).unwrap_or_default();
    let left = left.map(|(_, value)| format!("{value:#?}"));
    let right = right.map(|(_, bytes)| match Value::decode(&bytes) {
        Ok(value) => format!("{value:#?}"),
        Err(error) => format!("nothing that can be read: {error}"),
    });
    let field = left.as_deref().zip(right.as_deref()).and_then(|(a, b)| first_field(a, b));
    let told = |text: String| shorten(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    Difference { entry, field, left: left.map(told), right: right.map(told) }
}

/// The path of the first field that two values, each written one field a line, have differently.
fn first_field(left: &str, right: &str) -> Option<String> {
    let mut path: Vec<(usize, &str)> = Vec::new();
    for (left, right) in left.lines().zip(right.lines()) {
        let depth = left.len() - left.trim_start().len();
        path.retain(|(above, _)| *above < depth);
        if let Some((name, _)) = left.trim_start().split_once(": ") {
            path.push((depth, name));
        }
        if left != right {
            let names = path.iter().map(|(_, name)| *name).collect::<Vec<_>>();
            return Some(names.join(".")).filter(|path| !path.is_empty());
        }
    }
    None
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.entry)?;
        self.field.iter().try_for_each(|field| write!(f, ", {field}"))
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What the entry under a key is about.
fn describe(key: &[u8]) -> String {
    let Some((&which, rest)) = key.split_first() else { return "nothing".to_owned() };
    match which {
        table::COUNTER => format!("counter {}", text(rest)),
        table::EXPERIMENT => format!("experiment {}", number(rest)),
        table::EXPERIMENT_NAME => format!("experiment name {}", text(rest)),
        table::RUN => describe_run(key),
        table::SERIES => format!("metric series {}", text(rest)),
        table::LOGGED_MODEL => format!("logged model {}", text(rest)),
        table::REGISTERED_MODEL => format!("registered model {}", number(rest)),
        table::REGISTERED_MODEL_NAME => format!("registered model name {}", text(rest)),
        table::FORMER_MODEL_NAME => format!("former registered model name {}", text(rest)),
        table::MODEL_VERSION | table::STAGE_CHANGE => {
            let (model, rest) = rest.split_at(rest.len().min(8));
            let (version, seq) = rest.split_at(rest.len().min(4));
            let what = format!("registered model {} version {}", number(model), number(version));
            if seq.is_empty() { what } else { format!("{what} stage change at {}", number(seq)) }
        }
        table::LINK => format!("link from {}", text(rest)),
        table::ARTIFACT => format!("artifact {}", text(rest)),
        table::WEBHOOK => format!("webhook {}", text(rest)),
        table::SUBSCRIPTION => describe_subscription(rest),
        table::OUTBOX => describe_delivery(rest),
        table::TIMELINE => format!("timeline of {}", describe_timeline(rest)),
        _ => format!("entry {}", key.escape_ascii()),
    }
}

fn describe_run(key: &[u8]) -> String {
    let Some((run, part, name)) = keys::split_run(key) else {
        return format!("run {}", key.escape_ascii());
    };
    let what = match part {
        part::SELF => return format!("run {run}"),
        part::METRIC => "latest metric",
        part::PARAM => "parameter",
        part::TAG => "tag",
        part::DATASET => "dataset",
        part::MODEL_INPUT => "model input",
        part::MODEL_OUTPUT => "model output",
        _ => "part",
    };
    format!("run {run} {what} {}", text(name.as_bytes()))
}

fn describe_subscription(rest: &[u8]) -> String {
    let (trigger, webhook) = rest.split_at(rest.len().min(1));
    let trigger = trigger.first().and_then(|code| WebhookTrigger::from_code(*code));
    let trigger = trigger.map_or("something", WebhookTrigger::as_str);
    format!("webhook {} subscription to {trigger}", text(webhook))
}

fn describe_delivery(rest: &[u8]) -> String {
    let (webhook, about) = rest.split_at(rest.len().saturating_sub(8));
    format!("webhook {} delivery about {}", text(webhook), number(about))
}

/// The entity that a timeline belongs to: its table, its id, a 0 byte, the block.
fn describe_timeline(rest: &[u8]) -> String {
    let numbered = matches!(rest.first(), Some(&(table::EXPERIMENT | table::REGISTERED_MODEL)));
    let end = if numbered { Some(8) } else { rest.iter().position(|byte| *byte == 0) };
    describe(end.and_then(|end| rest.get(..=end)).unwrap_or(rest))
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Parts of text as they stand between 0 bytes; other bytes are escaped.
fn text(bytes: &[u8]) -> String {
    let parts = bytes.split(|byte| *byte == 0).filter(|part| !part.is_empty());
    let parts = parts.map(|part| match std::str::from_utf8(part) {
        Ok(text) => text.escape_debug().to_string(),
        Err(_) => part.escape_ascii().to_string(),
    });
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{base::Seq, domain::entity::Point, views::store::Place};

    /// The entry that differs, its field, and the two values.
    type Told = (String, Option<String>, Option<String>, Option<String>);

    fn told(left: &[(Key, Value)], right: &[(Key, Value)]) -> Option<Told> {
        let files = right.iter().map(|(key, value)| Ok::<_, ()>((key.clone(), value.encode())));
        let found = first_difference(left.iter().cloned(), files).unwrap()?;
        Some((found.entry, found.field, found.left, found.right))
    }

    #[test]
    fn the_first_entry_that_differs_is_named() {
        let entry = |name: &str, number| (keys::experiment_name(name), Value::Number(number));
        let (a, b) = (entry("a", 1), entry("b", 2));
        let both = [a.clone(), b.clone()];
        let (one, two) = (Some("Number( 1, )".to_owned()), Some("Number( 2, )".to_owned()));
        let name = |name: &str| format!("experiment name {name}");
        assert_eq!(told(&both, &both), None);
        assert_eq!(told(&both, &both[1..]), Some((name("a"), None, one.clone(), None)));
        assert_eq!(told(&[b], &both), Some((name("a"), None, None, one.clone())));
        assert_eq!(told(&both, &both[..1]), Some((name("b"), None, two.clone(), None)));
        assert_eq!(told(&both, &[a, entry("b", 1)]), Some((name("b"), None, two, one)));
    }

    #[test]
    fn the_first_field_that_differs_is_named() {
        let metric = |step, value| {
            let point = Point { timestamp: 5, step, value };
            [(
                keys::run_part("ab", part::METRIC, "loss"),
                Value::Point(Place { seq: Seq(1), index: 0 }, point),
            )]
        };
        let field = |step, value| told(&metric(1, 0.5), &metric(step, value)).and_then(|it| it.1);
        assert_eq!(field(1, 0.5), None);
        assert_eq!(field(2, 0.5).as_deref(), Some("step"));
        assert_eq!(field(1, f64::NAN).as_deref(), Some("value"));
    }

    #[test]
    fn keys_are_told_in_words() {
        let told = [
            (keys::experiment(7), "experiment 7"),
            (keys::run("ab"), "run ab"),
            (keys::run_part("ab", part::TAG, "mlflow.user"), "run ab tag mlflow.user"),
            (keys::model_version(3, 2), "registered model 3 version 2"),
            (keys::webhook("w-1"), "webhook w-1"),
            (keys::subscription(3, "w-1"), "webhook w-1 subscription to model_version_tag.set"),
            (keys::delivery("w-1", 300), "webhook w-1 delivery about 300"),
            (keys::stage_change(3, 2, 300), "registered model 3 version 2 stage change at 300"),
            (keys::timeline_tail(table::RUN, b"ab"), "timeline of run ab"),
            (
                keys::timeline_block(table::EXPERIMENT, &256_u64.to_be_bytes(), 5),
                "timeline of experiment 256",
            ),
        ];
        for (key, words) in told {
            assert_eq!(describe(&key), words);
        }
    }
}

//! Where two sets of views part: the first entry, in the order of the keys, that only one of them
//! has or that they keep differently; told so that a person knows which entity it is.

use std::{cmp::Ordering, fmt};

use crate::{
    event::WebhookTrigger,
    views::{
        digest::entries,
        keys::{self, part, table},
        store::{Read, Value},
    },
};

/// Characters of a value that are told.
const VALUE_CHARS_MAX: usize = 200;

/// An entry that two sets of views keep differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What the entry is about.
    pub entry: String,
    /// The left value, if there is one.
    pub left: Option<String>,
    /// The right value, if there is one.
    pub right: Option<String>,
}

/// The first entry that differs; `None` if all are the same to the byte.
pub fn first_difference(left: &dyn Read, right: &dyn Read) -> Option<Difference> {
    let (mut lefts, mut rights) = (entries(left), entries(right));
    loop {
        let (a, b) = (lefts.next(), rights.next());
        let order = match (&a, &b) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let only_left = a.filter(|_| order.is_le());
        let only_right = b.filter(|_| order.is_ge());
        if let (Some((_, a)), Some((_, b))) = (&only_left, &only_right)
            && a.encode() == b.encode()
        {
            continue;
        }
        let key = only_left.as_ref().or(only_right.as_ref()).map(|(key, _)| describe(key));
        return Some(Difference {
            entry: key.unwrap_or_default(),
            left: only_left.map(|(_, value)| shorten(&value)),
            right: only_right.map(|(_, value)| shorten(&value)),
        });
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.entry)
    }
}

fn shorten(value: &Value) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
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
        table::MODEL_VERSION | table::STAGE_CHANGE => {
            let (model, rest) = rest.split_at(rest.len().min(8));
            let (version, seq) = rest.split_at(rest.len().min(4));
            let what = format!("registered model {} version {}", number(model), number(version));
            if seq.is_empty() { what } else { format!("{what} stage change at {}", number(seq)) }
        }
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
    use crate::views::{Position, Views, store::Key};

    fn views(entries: &[(Key, u64)]) -> Views {
        let views = Views::in_memory([0; 16]);
        let mut changes = views.changes();
        entries.iter().for_each(|(key, value)| changes.put(key.clone(), Value::Number(*value)));
        views.publish(changes, Position::default());
        views
    }

    #[test]
    fn the_first_entry_that_differs_is_named() {
        let (a, b) = (keys::experiment_name("a"), keys::experiment_name("b"));
        let both = views(&[(a.clone(), 1), (b.clone(), 2)]);
        let entry = |left: &Views, right: &Views| {
            let found = first_difference(&left.view(), &right.view())?;
            Some((found.entry, found.left, found.right))
        };
        let (one, two) = (Some("Number(1)".to_owned()), Some("Number(2)".to_owned()));
        let name = |name: &str| format!("experiment name {name}");
        assert_eq!(entry(&both, &both), None);
        assert_eq!(entry(&both, &views(&[(b.clone(), 2)])), Some((name("a"), one.clone(), None)));
        assert_eq!(entry(&views(&[(b.clone(), 2)]), &both), Some((name("a"), None, one.clone())));
        assert_eq!(entry(&both, &views(&[(a.clone(), 1)])), Some((name("b"), two.clone(), None)));
        let other = views(&[(a, 1), (b, 1)]);
        assert_eq!(entry(&both, &other), Some((name("b"), two, one)));
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

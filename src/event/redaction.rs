//! Events without some of their texts. What is left is an event of the same kind, which folds as the one did
//! that it stands for: ids, numbers and times stay.

use ciborium::Value;
use serde::{Serialize, de::DeserializeOwned};

use super::{Event, Meta};

/// Which texts of an event are redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redaction<'a> {
    /// All but those that name something, or say where it is or of which type: ids, keys, digests, URIs.
    Texts,
    /// Values of parameters and tags with one of these keys.
    Keys(&'a [String]),
    /// Each occurrence of a text, who caused the event included; but not in ids.
    Text(&'a str),
}

/// Fields whose texts name something, or say where it is or of which type.
const NAMING: [&str; 14] = [
    "alias",
    "artifact_location",
    "artifact_uri",
    "dataset_digest",
    "dataset_name",
    "digest",
    "key",
    "model_type",
    "path",
    "requested_by",
    "secret",
    "source",
    "source_type",
    "storage_location",
];

impl Redaction<'_> {
    /// What is left of an event, with `mark` in the place of what is not. Its request id goes in any case: it is
    /// random, so that without it nobody can try guesses on the digest of what was destroyed.
    pub fn apply(self, meta: &Meta, event: &Event, mark: &str) -> (Meta, Event) {
        let mut meta = Meta { request_id: String::new(), ..meta.clone() };
        if let Self::Text(_) = self {
            let Meta { actor, client_address, user_agent, .. } = &mut meta;
            for text in [actor, client_address, user_agent] {
                self.redact("", text, mark);
            }
        }
        let event = event.rewritten(&mut |body| self.walk("", body, mark));
        (meta, event)
    }

    /// Whether who caused an event is redacted, too.
    pub fn touches(self, meta: &Meta) -> bool {
        let Meta { actor, client_address, user_agent, .. } = meta;
        let has = |text| [actor, client_address, user_agent].iter().any(|it| it.contains(text));
        matches!(self, Self::Text(text) if has(text))
    }

    fn walk(self, field: &str, value: &mut Value, mark: &str) {
        match value {
            Value::Text(text) => self.redact(field, text, mark),
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(field, item, mark)),
            Value::Map(fields) => {
                if let Self::Keys(keys) = self
                    && !is_pair_of(fields, keys)
                {
                    return fields.iter_mut().for_each(|(_, value)| {
                        if matches!(value, Value::Array(_)) {
                            self.walk("", value, mark);
                        }
                    });
                }
                for (name, value) in fields {
                    self.walk(name.as_text().unwrap_or_default(), value, mark);
                }
            }
            _ => {}
        }
    }

    fn redact(self, field: &str, text: &mut String, mark: &str) {
        // The id of a user is a name.
        let is_id = field != "user_id" && (field.ends_with("_id") || field.ends_with("_ids"));
        match self {
            _ if is_id => {}
            Self::Texts if NAMING.contains(&field) => {}
            Self::Keys(_) if field != "value" => {}
            Self::Texts | Self::Keys(_) => mark.clone_into(text),
            Self::Text(secret) => *text = text.replace(secret, mark),
        }
    }
}

/// Whether these are the fields of a parameter or tag with one of the keys.
fn is_pair_of(fields: &[(Value, Value)], keys: &[String]) -> bool {
    let mut named = fields.iter().filter(|(name, _)| name.as_text() == Some("key"));
    named.any(|(_, key)| key.as_text().is_some_and(|key| keys.iter().any(|it| it == key)))
}

/// The body of an event, changed.
pub(super) fn through<T: Serialize + DeserializeOwned>(
    body: &T,
    change: &mut dyn FnMut(&mut Value),
) -> T {
    let mut value = Value::serialized(body).expect("plain data always serializes");
    change(&mut value);
    value.deserialized().expect("texts of the same shape")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{KeyValue, MetricsLogged, ParamsLogged, SeriesPoints};

    fn pair(key: &str, value: &str) -> KeyValue {
        KeyValue { key: key.to_owned(), value: value.to_owned() }
    }

    fn params(pairs: &[(&str, &str)]) -> Event {
        let params = pairs.iter().map(|(key, value)| pair(key, value)).collect();
        ParamsLogged { run_id: "ab".to_owned(), params }.into()
    }

    fn left(redaction: Redaction<'_>) -> Event {
        let event = params(&[("password", "ab12"), ("user", "ada ab12")]);
        redaction.apply(&Meta::default(), &event, "#").1
    }

    #[test]
    fn what_is_named_goes_and_nothing_else() {
        let keys = ["password".to_owned()];
        assert_eq!(left(Redaction::Texts), params(&[("password", "#"), ("user", "#")]));
        assert_eq!(
            left(Redaction::Keys(&keys)),
            params(&[("password", "#"), ("user", "ada ab12")])
        );
        assert_eq!(
            left(Redaction::Text("ab")),
            params(&[("password", "#12"), ("user", "ada #12")])
        );
    }

    #[test]
    fn the_cause_stays_but_for_the_request_and_the_text() {
        let said = |text: &str| Meta {
            actor: format!("{text}-a"),
            request_id: "r".to_owned(),
            user_agent: format!("u {text}"),
            ..Meta::default()
        };
        let apply = |redaction: Redaction<'_>| redaction.apply(&said("x"), &params(&[]), "#").0;
        let without = |meta| Meta { request_id: String::new(), ..meta };
        assert_eq!(apply(Redaction::Texts), without(said("x")));
        assert_eq!(apply(Redaction::Text("x")), without(said("#")));
    }

    #[test]
    fn numbers_stay_to_the_bit() {
        let odd = [f64::from_bits(0x7ff8_0000_0000_0001), -0.0, f64::NEG_INFINITY];
        let series = SeriesPoints {
            key: "m".to_owned(),
            model_id: Some("m-1".to_owned()),
            dataset_name: None,
            dataset_digest: None,
            timestamps: vec![i64::MIN, 0, i64::MAX],
            steps: vec![-1, 0, 1],
            values: odd.to_vec(),
        };
        let event: Event = MetricsLogged { run_id: "r".to_owned(), series: vec![series] }.into();
        let (meta, redacted) = Redaction::Texts.apply(&Meta::default(), &event, "#");
        assert_eq!(redacted.encode_payload(&meta), event.encode_payload(&meta));
    }
}

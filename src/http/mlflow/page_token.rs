//! Page tokens: where a page ended, sealed.
//!
//! MLflow's tokens count the matches before the page, so that one that is created meanwhile moves
//! all others. Ours hold what the page's last match has for the keys of the order: base64 of
//! `{"after": [...], "check": "..."}`. The check is a keyed digest of that and of the question: a
//! token that was altered, or comes with another question, is refused. The server remembers
//! nothing but the key, so tokens outlive restarts and rebuilt views.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::{
    super::{
        error::{ApiError, ApiResult},
        request::Fields,
    },
    python,
};
use crate::{base::secret::SECRET_BYTES, search::KeptValue, views::query::Place};

/// Bytes of a check: as many as make guessing hopeless.
const CHECK_BYTES: usize = 16;

/// The key that seals page tokens.
pub struct PageKey(Hmac<Sha256>);

impl PageKey {
    /// The key made of a secret.
    pub fn new(secret: &[u8; SECRET_BYTES]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of any length"))
    }
}

/// A walk over the pages of the answer to one question.
pub(super) struct Walk<'a> {
    key: &'a PageKey,
    question: String,
}

impl<'a> Walk<'a> {
    /// A walk over what `route` answers to these of the request's fields.
    pub(super) fn new(key: &'a PageKey, route: &str, fields: &Fields, names: &[&str]) -> Self {
        let asked: Vec<Value> = names.iter().map(|name| fields.filled_value(name)).collect();
        Self { key, question: json!([route, asked]).to_string() }
    }

    /// Where the page before the asked one ended; `None` for the first.
    pub(super) fn after(&self, fields: &Fields) -> ApiResult<Option<Place>> {
        let Some(token) = fields.filled("page_token")? else { return Ok(None) };
        let bytes = python::base64(&token)
            .ok_or_else(|| ApiError::invalid("Invalid page token, could not base64-decode"))?;
        let parsed: Value = serde_json::from_slice(&bytes).map_err(|_| {
            let shown = python::repr_bytes(&bytes);
            ApiError::invalid(format!("Invalid page token, decoded value={shown}"))
        })?;
        self.open(&token, &parsed).map(Some).ok_or_else(|| {
            // Where MLflow looks for the count of its own tokens.
            let why = match parsed.get("offset") {
                Some(Value::String(text)) if !text.is_empty() && text.parse::<i64>().is_err() => {
                    format!("not stringable {text}")
                }
                _ => format!("parsed value={}", python::repr(&parsed)),
            };
            ApiError::invalid(format!("Invalid page token, {why}"))
        })
    }

    /// The token of the page behind `place`.
    pub(super) fn token(&self, place: &Place) -> String {
        self.seal(Map::new(), place)
    }

    /// How many items are on the pages before the asked one, where pages are counted off.
    pub(super) fn skip(&self, fields: &Fields) -> ApiResult<usize> {
        Ok(match self.after(fields)?.as_deref() {
            Some([KeptValue::Int(count)]) => usize::try_from(*count).unwrap_or_default(),
            _ => 0,
        })
    }

    /// The token of the page behind that many items.
    pub(super) fn token_behind(&self, count: usize) -> String {
        self.token(&vec![KeptValue::Int(i64::try_from(count).unwrap_or(i64::MAX))])
    }

    /// A token that also tells `content`.
    pub(super) fn seal(&self, mut content: Map<String, Value>, place: &Place) -> String {
        content.insert("after".to_owned(), place.iter().map(to_json).collect());
        let check = self.digest(&content).finalize().into_bytes();
        let check = check.get(..CHECK_BYTES).unwrap_or(&check);
        content.insert("check".to_owned(), BASE64_STANDARD.encode(check).into());
        BASE64_STANDARD.encode(Value::from(content).to_string())
    }

    /// The place that a token tells, if it is one of this walk's, to the letter.
    pub(super) fn open(&self, token: &str, parsed: &Value) -> Option<Place> {
        let mut content = parsed.as_object()?.clone();
        let check = BASE64_STANDARD.decode(content.remove("check")?.as_str()?).ok()?;
        self.digest(&content).verify_truncated_left(&check).ok()?;
        let after = content.remove("after")?;
        let place = after.as_array()?.iter().map(from_json).collect::<Option<Place>>()?;
        (self.seal(content, &place) == token).then_some(place)
    }

    fn digest(&self, content: &Map<String, Value>) -> Hmac<Sha256> {
        let content = json!([self.question, content]).to_string();
        self.key.0.clone().chain_update(content)
    }
}

fn to_json(value: &KeptValue) -> Value {
    match value {
        KeptValue::Missing => Value::Null,
        KeptValue::Int(value) => json!(value),
        // By its bits, as JSON lacks some.
        KeptValue::Number(value) => json!([value.to_bits()]),
        KeptValue::Text(text) => json!(text),
    }
}

fn from_json(value: &Value) -> Option<KeptValue> {
    Some(match value {
        Value::Null => KeptValue::Missing,
        Value::Number(number) => KeptValue::Int(number.as_i64()?),
        Value::Array(bits) => KeptValue::Number(f64::from_bits(bits.first()?.as_u64()?)),
        Value::String(text) => KeptValue::Text(text.clone()),
        Value::Bool(_) | Value::Object(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &Value) -> Fields {
        Fields::from_json(json.to_string().as_bytes()).unwrap()
    }

    fn place() -> Place {
        vec![
            KeptValue::Missing,
            KeptValue::Int(-5),
            KeptValue::Number(f64::NEG_INFINITY),
            KeptValue::Text("ü'\"\n".to_owned()),
        ]
    }

    /// What the walk over `question` makes of a token.
    fn opened(key: &PageKey, question: &Value, token: &str) -> ApiResult<Option<Place>> {
        let mut question = question.clone();
        question["page_token"] = token.into();
        let question = fields(&question);
        Walk::new(key, "runs", &question, &["filter", "order_by"]).after(&question)
    }

    #[test]
    fn a_token_leads_back_to_its_place_also_after_a_restart() {
        let question = json!({"filter": "a = 1", "order_by": ["x"]});
        let walk = fields(&question);
        let key = PageKey::new(&[7; SECRET_BYTES]);
        let token = Walk::new(&key, "runs", &walk, &["filter", "order_by"]).token(&place());
        let again = PageKey::new(&[7; SECRET_BYTES]);
        assert_eq!(opened(&again, &question, &token).unwrap(), Some(place()));
        let spelt = json!({"filter": "a = 1", "orderBy": ["x"]});
        assert_eq!(opened(&again, &spelt, &token).unwrap(), Some(place()));
        assert_eq!(opened(&again, &question, "").unwrap(), None);
        assert!(opened(&PageKey::new(&[8; SECRET_BYTES]), &question, &token).is_err());
        assert!(opened(&key, &json!({"order_by": ["x"]}), &token).is_err());
        assert!(opened(&key, &json!({"filter": "a = 1", "order_by": ["y"]}), &token).is_err());
        let other = Walk::new(&key, "experiments", &walk, &["filter", "order_by"]);
        assert!(opened(&key, &question, &other.token(&place())).is_err());
    }

    #[test]
    fn a_token_is_refused_when_any_character_is_altered_added_or_lost() {
        let question = json!({"filter": "", "order_by": []});
        let key = PageKey::new(&[7; SECRET_BYTES]);
        let token = Walk::new(&key, "runs", &Fields::default(), &["filter", "order_by"]);
        let token = token.token(&place());
        assert!(opened(&key, &question, &token).is_ok());
        let characters: Vec<char> = token.chars().collect();
        for at in 0..characters.len() {
            for other in "Aa0+/=-_ é\n".chars().filter(|c| *c != characters[at]) {
                let altered: String = characters
                    .iter()
                    .enumerate()
                    .map(|(i, c)| if i == at { other } else { *c })
                    .collect();
                assert!(opened(&key, &question, &altered).is_err(), "{altered}");
            }
            let shorter: String =
                [&characters[..at], &characters[at + 1..]].concat().iter().collect();
            assert!(opened(&key, &question, &shorter).is_err(), "{shorter}");
            let longer: String =
                [&characters[..at], &['A'], &characters[at..]].concat().iter().collect();
            assert!(opened(&key, &question, &longer).is_err(), "{longer}");
        }
        assert!(opened(&key, &question, &format!("{token} ")).is_err());
    }

    #[test]
    fn other_tokens_are_refused_in_mlflows_words() {
        let key = PageKey::new(&[7; SECRET_BYTES]);
        let refusal = |token: &str| opened(&key, &json!({}), token).unwrap_err().message;
        assert_eq!(refusal("abc"), "Invalid page token, could not base64-decode");
        assert_eq!(refusal("!!!!"), "Invalid page token, decoded value=b''");
        assert_eq!(refusal("YWI="), "Invalid page token, decoded value=b'ab'");
        let offset = BASE64_STANDARD.encode(r#"{"offset": 5}"#);
        assert_eq!(refusal(&offset), "Invalid page token, parsed value={'offset': 5}");
        assert_eq!(refusal("W10="), "Invalid page token, parsed value=[]");
    }
}

//! Webhooks as MLflow's JSON (3.17's `webhooks.proto`), and what a request says of them.

use serde_json::Value;

use super::super::{
    error::{ApiError, ApiResult},
    request::Fields,
    response::Object,
};
use crate::{
    domain::{
        entity::Webhook,
        webhook::{self as rules, is_mlflows},
    },
    event::{WebhookStatus, WebhookTrigger},
};

/// MLflow's kinds of thing, in the order of the numbers of `webhooks.proto`.
const ENTITIES: &[&str] = &[
    "REGISTERED_MODEL",
    "MODEL_VERSION",
    "MODEL_VERSION_TAG",
    "MODEL_VERSION_ALIAS",
    "PROMPT",
    "PROMPT_VERSION",
    "PROMPT_TAG",
    "PROMPT_VERSION_TAG",
    "PROMPT_ALIAS",
    "BUDGET_POLICY",
];
/// MLflow's actions likewise; the last is ours and has no number.
const ACTIONS: &[&str] =
    &["CREATED", "UPDATED", "DELETED", "SET", "EXCEEDED", "STAGE_TRANSITIONED"];
const ACTION_NUMBERS: usize = 5;

/// A webhook as MLflow shows it. Its clients fail on events that they do not know, so ours stand in
/// a field of their own.
pub(super) fn webhook(webhook: &Webhook) -> Object {
    let (theirs, ours): (Vec<_>, Vec<_>) = webhook.triggers.iter().partition(|it| is_mlflows(**it));
    let list = |mut triggers: Vec<&WebhookTrigger>| -> Vec<Value> {
        triggers.sort_by_key(|trigger| trigger.entity_and_action());
        triggers.into_iter().map(|trigger| shown_trigger(*trigger)).collect()
    };
    Object::new()
        .set("webhook_id", webhook.webhook_id.as_str())
        .set("name", webhook.name.as_str())
        .set_some("description", webhook.description.as_deref())
        .set("url", webhook.url.as_str())
        .set_list("events", list(theirs))
        .set_list("runlog_events", list(ours))
        .set("status", webhook.status.as_str())
        .set("creation_timestamp", webhook.created_at)
        .set("last_updated_timestamp", webhook.updated_at)
}

fn shown_trigger(trigger: WebhookTrigger) -> Value {
    let (entity, action) = trigger.entity_and_action();
    let (entity, action) = (entity.to_ascii_uppercase(), action.to_ascii_uppercase());
    Object::new().set("entity", entity).set("action", action).into()
}

/// An event that is asked for: its entity and action, by name or number.
pub(super) fn trigger(fields: &Fields) -> ApiResult<WebhookTrigger> {
    let entity = enumerated(fields, "entity", ENTITIES, ENTITIES.len())?;
    let action = enumerated(fields, "action", ACTIONS, ACTION_NUMBERS)?;
    Ok(rules::trigger(&entity.to_ascii_lowercase(), &action.to_ascii_lowercase())?)
}

/// A word of an enumeration, by itself or by its number, which counts from 1. MLflow answers 500 to
/// anything else, upon which its client would try again for minutes.
fn enumerated(
    fields: &Fields,
    name: &str,
    words: &'static [&'static str],
    numbered: usize,
) -> ApiResult<&'static str> {
    let unknown = |given: &str| {
        let words = words.join(", ");
        ApiError::invalid(format!("Invalid webhook event {name} '{given}'. Valid are: {words}."))
    };
    if let Ok(Some(number)) = fields.int(name) {
        let found = usize::try_from(number).ok().filter(|it| (1..=numbered).contains(it));
        let word = found.and_then(|number| words.get(number - 1));
        return word.copied().ok_or_else(|| unknown(&number.to_string()));
    }
    let given = fields.string(name)?.unwrap_or_default();
    words.iter().copied().find(|word| **word == given).ok_or_else(|| unknown(&given))
}

/// The events that are asked for.
pub(super) fn triggers(fields: &Fields) -> ApiResult<Vec<WebhookTrigger>> {
    fields.objects("events")?.iter().map(trigger).collect()
}

/// The status that is asked for. As in MLflow, a word that is none is as good as nothing.
pub(super) fn status(fields: &Fields) -> ApiResult<Option<WebhookStatus>> {
    if let Ok(Some(number)) = fields.int("status") {
        let found = u8::try_from(number).ok().and_then(WebhookStatus::from_code);
        let wrong = || ApiError::wrong_type("status", &Value::from(number));
        return found.map(Some).ok_or_else(wrong);
    }
    Ok(fields.string("status")?.as_deref().and_then(WebhookStatus::from_word))
}

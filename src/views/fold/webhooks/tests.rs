use super::*;
use crate::{
    base::{Seq, TimestampMs},
    event::{
        DeliveryOutcome, Meta, ModelVersionStageChanged, RegisteredModelCreated,
        RegisteredModelTagSet, Stage,
    },
    views::{Views, fold},
};

const ID: &str = "w-1";

fn created(triggers: &[WebhookTrigger]) -> Event {
    let (name, url) = ("w".to_owned(), "https://example.org".to_owned());
    let (status, triggers) = (WebhookStatus::Active, triggers.to_vec());
    let (webhook_id, description, secret, created_at) = (ID.to_owned(), None, None, 1);
    WebhookCreated { webhook_id, name, url, triggers, description, secret, status, created_at }
        .into()
}

fn status(status: WebhookStatus) -> Event {
    WebhookUpdated {
        webhook_id: ID.to_owned(),
        name: None,
        url: None,
        triggers: None,
        description: None,
        secret: None,
        status: Some(status),
        updated_at: 2,
    }
    .into()
}

fn model(registered_model_id: u64, tags: &[(&str, &str)]) -> Event {
    let pair = |it: &(&str, &str)| KeyValue { key: it.0.to_owned(), value: it.1.to_owned() };
    let (tags, name) = (tags.iter().map(pair).collect(), format!("m{registered_model_id}"));
    RegisteredModelCreated { registered_model_id, name, description: None, created_at: 1, tags }
        .into()
}

fn moved(version: u32, displaced_by: Option<u32>) -> Event {
    let (from, to) = (Stage::None, Stage::Production);
    let (comment, changed_at, registered_model_id) = (None, 1, 1);
    ModelVersionStageChanged {
        registered_model_id,
        version,
        from,
        to,
        comment,
        displaced_by,
        changed_at,
    }
    .into()
}

fn settled(about: u64) -> Event {
    WebhookDeliverySettled {
        webhook_id: ID.to_owned(),
        about,
        trigger: WebhookTrigger::RegisteredModelCreated,
        outcome: DeliveryOutcome::Delivered,
        response_status: Some(200),
        attempts: 1,
        error: None,
    }
    .into()
}

/// What is pending after a history: position of the event, and as what it is told.
fn pending(events: Vec<Event>) -> Vec<(u64, WebhookTrigger)> {
    let views = Views::in_memory([0; 16]);
    let mut changes = views.changes();
    for (event, seq) in events.into_iter().zip(1..) {
        let (recorded_at, meta) = (TimestampMs(1), Meta::default());
        fold(&mut changes, &Envelope { seq: Seq(seq), recorded_at, meta, event });
    }
    let entries = changes.prefix(&keys::outbox(ID)).into_iter();
    let deliveries = entries.filter_map(|(_, value)| {
        if let Value::Delivery(it) = value { Some((it.about.0, it.trigger)) } else { None }
    });
    deliveries.collect()
}

use WebhookTrigger::{
    ModelVersionStageTransitioned as Moved, PromptCreated, PromptTagSet,
    RegisteredModelCreated as Model,
};

#[test]
fn what_happens_waits_until_it_is_settled() {
    let told = [created(&[Model, Moved]), model(1, &[]), model(2, &[]), moved(1, None)];
    assert_eq!(pending(told.to_vec()), [(2, Model), (3, Model), (4, Moved)]);
    let all = [&told[..], &[settled(3), settled(3), settled(99)]].concat();
    assert_eq!(pending(all), [(2, Model), (4, Moved)]);
}

#[test]
fn only_active_webhooks_that_asked_are_told_and_only_from_then_on() {
    let (off, on) = (status(WebhookStatus::Disabled), status(WebhookStatus::Active));
    assert_eq!(pending(vec![model(1, &[]), created(&[Model])]), []);
    assert_eq!(pending(vec![created(&[PromptCreated]), model(1, &[])]), []);
    let told = vec![created(&[Model]), model(1, &[]), off, model(2, &[]), on, model(3, &[])];
    assert_eq!(pending(told), [(6, Model)]);
    let deleted = WebhookDeleted { webhook_id: ID.to_owned(), deleted_at: 3 }.into();
    assert_eq!(pending(vec![created(&[Model]), model(1, &[]), deleted, model(2, &[])]), []);
}

#[test]
fn prompts_are_told_as_prompts() {
    let prompt = model(1, &[(IS_PROMPT, "True")]);
    let set = |id, key: &str| -> Event {
        let (key, value) = (key.to_owned(), "true".to_owned());
        RegisteredModelTagSet { registered_model_id: id, key, value }.into()
    };
    let hook = created(&[Model, PromptCreated, PromptTagSet]);
    let told = vec![hook, prompt, set(1, "k"), model(2, &[]), set(2, "k"), set(2, IS_PROMPT)];
    let expected = [(2, PromptCreated), (3, PromptTagSet), (4, Model), (6, PromptTagSet)];
    assert_eq!(pending(told), expected);
}

#[test]
fn a_version_that_makes_room_is_told_with_the_one_that_takes_its_place() {
    let told = vec![created(&[Moved]), model(1, &[]), moved(1, Some(2)), moved(2, None)];
    assert_eq!(pending(told), [(4, Moved)]);
}

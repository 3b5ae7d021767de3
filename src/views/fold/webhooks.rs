//! Webhooks, who is told of what, and the outbox: what each is still to be told. A registry event
//! puts a delivery into the outbox of every active webhook that asked for it, in the same fold, and
//! the event that settles the delivery takes it out. Nothing here delivers anything.

use super::{Changes, Read, Value, keys, modify};
use crate::{
    domain::{
        entity::{RegisteredModel, Webhook, WebhookDelivery},
        registered_model::is_prompt,
        tag_names::IS_PROMPT,
    },
    event::{
        Envelope, Event, KeyValue, WebhookCreated, WebhookDeleted, WebhookDeliverySettled,
        WebhookStatus, WebhookTrigger, WebhookUpdated,
    },
    views::lookup,
};

/// Puts what webhooks are to be told of an event into their outboxes. Comes after the event itself is
/// folded: whether a model is a prompt is asked of the tags that it has then, as MLflow asks.
pub(super) fn post(changes: &mut Changes<'_>, envelope: &Envelope) {
    let Some((trigger, model)) = told(changes, &envelope.event) else { return };
    for (key, _) in changes.prefix(&keys::subscriptions(trigger.code())) {
        let Some(webhook_id) = keys::subscriber(&key) else { continue };
        let delivery = WebhookDelivery {
            webhook_id: webhook_id.to_owned(),
            about: envelope.seq,
            trigger,
            model: model.clone(),
        };
        let key = keys::delivery(webhook_id, envelope.seq.0);
        changes.put(key, Value::Delivery(delivery.into()));
    }
}

/// As what webhooks are told of an event, and the name of the model that it concerns.
#[allow(clippy::wildcard_enum_match_arm, reason = "most events are told to nobody")]
fn told(read: &dyn Read, event: &Event) -> Option<(WebhookTrigger, String)> {
    use WebhookTrigger as On;
    let of = |id| lookup::registered_model_by_id(read, id);
    let either = |model: &RegisteredModel, of_model, of_prompt| {
        Some(if is_prompt(&model.tags) { of_prompt } else { of_model })
    };
    let by_tags = |tags: &[KeyValue], of_model, of_prompt| {
        Some(if has_prompt_tag(tags) { of_prompt } else { of_model })
    };
    let (model, trigger) = match event {
        Event::RegisteredModelCreated(it) => {
            let trigger = by_tags(&it.tags, On::RegisteredModelCreated, On::PromptCreated);
            return trigger.map(|trigger| (trigger, it.name.clone()));
        }
        Event::RegisteredModelTagSet(it) => {
            let model = of(it.registered_model_id)?;
            let trigger = is_prompt(&model.tags).then_some(On::PromptTagSet);
            (model, trigger)
        }
        Event::RegisteredModelTagDeleted(it) => {
            let model = of(it.registered_model_id)?;
            let trigger = is_prompt(&model.tags).then_some(On::PromptTagDeleted);
            (model, trigger)
        }
        Event::ModelVersionCreated(it) => {
            let trigger = by_tags(&it.tags, On::ModelVersionCreated, On::PromptVersionCreated);
            (of(it.registered_model_id)?, trigger)
        }
        Event::ModelVersionTagSet(it) => {
            let model = of(it.registered_model_id)?;
            let trigger = either(&model, On::ModelVersionTagSet, On::PromptVersionTagSet);
            (model, trigger)
        }
        Event::ModelVersionTagDeleted(it) => {
            let model = of(it.registered_model_id)?;
            let trigger = either(&model, On::ModelVersionTagDeleted, On::PromptVersionTagDeleted);
            (model, trigger)
        }
        // A version that makes room is told of with the one that takes its place.
        Event::ModelVersionStageChanged(it) => {
            let moved = it.displaced_by.is_none();
            (of(it.registered_model_id)?, moved.then_some(On::ModelVersionStageTransitioned))
        }
        Event::ModelAliasSet(it) => {
            let model = of(it.registered_model_id)?;
            let trigger = either(&model, On::ModelVersionAliasCreated, On::PromptAliasCreated);
            (model, trigger)
        }
        Event::ModelAliasDeleted(it) => {
            let model = of(it.registered_model_id)?;
            let trigger = either(&model, On::ModelVersionAliasDeleted, On::PromptAliasDeleted);
            (model, trigger)
        }
        _ => return None,
    };
    trigger.map(|trigger| (trigger, model.name.clone()))
}

fn has_prompt_tag(tags: &[KeyValue]) -> bool {
    tags.iter().any(|tag| tag.key == IS_PROMPT && tag.value.eq_ignore_ascii_case("true"))
}

pub(super) fn created(changes: &mut Changes<'_>, envelope: &Envelope, event: &WebhookCreated) {
    let webhook = Webhook {
        webhook_id: event.webhook_id.clone(),
        seq: envelope.seq,
        name: event.name.clone(),
        url: event.url.clone(),
        triggers: event.triggers.clone(),
        description: event.description.clone(),
        secret: event.secret.clone(),
        status: event.status,
        created_at: event.created_at,
        updated_at: event.created_at,
    };
    subscribe(changes, &webhook);
    changes.put(keys::webhook(&event.webhook_id), Value::Webhook(webhook.into()));
}

pub(super) fn updated(changes: &mut Changes<'_>, event: &WebhookUpdated) {
    let Some(before) = lookup::webhook(changes, &event.webhook_id) else { return };
    unsubscribe(changes, &before);
    modify!(changes, keys::webhook(&event.webhook_id), Webhook, |it: &mut Webhook| {
        let set = |field: &mut String, new: &Option<String>| {
            if let Some(new) = new {
                field.clone_from(new);
            }
        };
        set(&mut it.name, &event.name);
        set(&mut it.url, &event.url);
        if let Some(triggers) = &event.triggers {
            it.triggers.clone_from(triggers);
        }
        let set_or_clear = |field: &mut Option<String>, new: &Option<String>| {
            if let Some(new) = new {
                *field = Some(new.clone()).filter(|new| !new.is_empty());
            }
        };
        set_or_clear(&mut it.description, &event.description);
        set_or_clear(&mut it.secret, &event.secret);
        it.status = event.status.unwrap_or(it.status);
        it.updated_at = event.updated_at;
    });
    let Some(after) = lookup::webhook(changes, &event.webhook_id) else { return };
    subscribe(changes, &after);
    if after.status == WebhookStatus::Disabled {
        drop_deliveries(changes, &event.webhook_id);
    }
}

pub(super) fn deleted(changes: &mut Changes<'_>, event: &WebhookDeleted) {
    let Some(webhook) = lookup::webhook(changes, &event.webhook_id) else { return };
    unsubscribe(changes, &webhook);
    drop_deliveries(changes, &event.webhook_id);
    changes.delete(keys::webhook(&event.webhook_id));
}

pub(super) fn settled(changes: &mut Changes<'_>, event: &WebhookDeliverySettled) {
    let key = keys::delivery(&event.webhook_id, event.about);
    if changes.get(&key).is_some() {
        changes.delete(key);
    }
}

fn subscribe(changes: &mut Changes<'_>, webhook: &Webhook) {
    if webhook.status == WebhookStatus::Active {
        for trigger in &webhook.triggers {
            let key = keys::subscription(trigger.code(), &webhook.webhook_id);
            changes.put(key, Value::Number(webhook.seq.0));
        }
    }
}

fn unsubscribe(changes: &mut Changes<'_>, webhook: &Webhook) {
    if webhook.status == WebhookStatus::Active {
        for trigger in &webhook.triggers {
            changes.delete(keys::subscription(trigger.code(), &webhook.webhook_id));
        }
    }
}

fn drop_deliveries(changes: &mut Changes<'_>, webhook_id: &str) {
    let pending = changes.prefix(&keys::outbox(webhook_id));
    pending.into_iter().for_each(|(key, _)| changes.delete(key));
}

#[cfg(test)]
mod tests;

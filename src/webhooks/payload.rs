//! What receivers are told: the fields that MLflow gives each event (mlflow/webhooks/types.py). The
//! same event makes the same bytes at every attempt, also after a restart.

use serde_json::{Map, Value, json};

use crate::{
    base::{Seq, TimestampMs},
    domain::{
        entity::WebhookDelivery,
        tag_names::{IS_PROMPT, PROMPT_TEXT, PROMPT_TYPE},
    },
    event::{
        Envelope, Event, KeyValue, ModelVersionCreated, ModelVersionStageChanged,
        RegisteredModelCreated, WebhookTrigger as On,
        codec::{self, DecodeError},
    },
    wal::{WalError, WalReader},
};

/// Why a delivery cannot be told from the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum PayloadError {
    /// The log cannot be read there.
    #[error(transparent)]
    Log(#[from] WalError),
    /// What stands there is no event.
    #[error(transparent)]
    Event(#[from] DecodeError),
}

/// The body of a delivery.
pub(super) fn body(
    log: &dyn WalReader,
    delivery: &WebhookDelivery,
) -> Result<String, PayloadError> {
    let envelope = codec::decode_record(&log.read(delivery.about)?)?;
    let data = data(log, delivery, &envelope)?;
    Ok(envelop(delivery.trigger, envelope.recorded_at, &data))
}

/// The body of an example.
pub(super) fn example(trigger: On, now: TimestampMs) -> String {
    envelop(trigger, now, &example_data(trigger))
}

fn envelop(trigger: On, time: TimestampMs, data: &Value) -> String {
    let (entity, action) = trigger.entity_and_action();
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    let timestamp = time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
    json!({ "entity": entity, "action": action, "timestamp": timestamp, "data": data }).to_string()
}

fn data(
    log: &dyn WalReader,
    delivery: &WebhookDelivery,
    envelope: &Envelope,
) -> Result<Value, PayloadError> {
    let name = &delivery.model;
    Ok(match &envelope.event {
        Event::RegisteredModelCreated(it) => model_created(it, delivery.trigger),
        Event::ModelVersionCreated(it) => version_created(name, it, delivery.trigger),
        Event::RegisteredModelTagSet(it) => {
            json!({ "name": name, "key": it.key, "value": it.value })
        }
        Event::RegisteredModelTagDeleted(it) => json!({ "name": name, "key": it.key }),
        Event::ModelVersionTagSet(it) => {
            let version = it.version.to_string();
            json!({ "name": name, "version": version, "key": it.key, "value": it.value })
        }
        Event::ModelVersionTagDeleted(it) => {
            json!({ "name": name, "version": it.version.to_string(), "key": it.key })
        }
        Event::ModelAliasSet(it) => {
            json!({ "name": name, "alias": it.alias, "version": it.version.to_string() })
        }
        Event::ModelAliasDeleted(it) => json!({ "name": name, "alias": it.alias }),
        Event::ModelVersionStageChanged(it) => {
            let archived = archived(log, envelope, it)?;
            json!({
                "name": name,
                "version": it.version.to_string(),
                "from_stage": it.from.as_str(),
                "to_stage": it.to.as_str(),
                "archived_versions": archived,
                "comment": it.comment,
                "actor": envelope.meta.actor,
            })
        }
        _ => Value::Null, // the fold puts nothing else into an outbox
    })
}

fn model_created(event: &RegisteredModelCreated, trigger: On) -> Value {
    let hidden: &[&str] =
        if trigger == On::PromptCreated { &[IS_PROMPT, PROMPT_TYPE] } else { &[] };
    json!({
        "name": event.name,
        "tags": tags(&event.tags, hidden),
        "description": event.description.as_deref().unwrap_or_default(),
    })
}

fn version_created(name: &str, event: &ModelVersionCreated, trigger: On) -> Value {
    let version = event.version.to_string();
    let description = event.description.as_deref().filter(|text| !text.is_empty());
    if trigger == On::PromptVersionCreated {
        let template = event.tags.iter().rev().find(|tag| tag.key == PROMPT_TEXT);
        return json!({
            "name": name,
            "version": version,
            "template": template.map(|tag| &tag.value),
            "tags": tags(&event.tags, &[IS_PROMPT, PROMPT_TYPE, PROMPT_TEXT]),
            "description": description,
        });
    }
    json!({
        "name": name,
        "version": version,
        "source": event.source,
        "run_id": event.run_id.as_deref().filter(|id| !id.is_empty()),
        "tags": tags(&event.tags, &[]),
        "description": description,
    })
}

fn tags(tags: &[KeyValue], hidden: &[&str]) -> Value {
    let shown = tags.iter().filter(|tag| !hidden.contains(&tag.key.as_str()));
    Value::Object(
        shown.map(|tag| (tag.key.clone(), tag.value.clone().into())).collect::<Map<_, _>>(),
    )
}

/// The versions that were archived to make room: their events stand right before, in the same batch.
fn archived(
    log: &dyn WalReader,
    envelope: &Envelope,
    moved: &ModelVersionStageChanged,
) -> Result<Vec<String>, PayloadError> {
    let mut versions = Vec::new();
    for seq in (1..envelope.seq.0).rev() {
        let record = log.read(Seq(seq))?;
        if !record.batch_more {
            break;
        }
        match codec::decode_record(&record)?.event {
            Event::ModelVersionStageChanged(it) if it.displaced_by == Some(moved.version) => {
                versions.push(it.version.to_string());
            }
            _ => break,
        }
    }
    versions.reverse();
    Ok(versions)
}

/// The examples that MLflow sends.
fn example_data(trigger: On) -> Value {
    let tags = || json!({ "example_key": "example_value" });
    let (model, prompt, alias) = ("example_model", "example_prompt", "example_alias");
    let (key, value) = ("example_key", "example_value");
    match trigger {
        On::RegisteredModelCreated => json!({
            "name": model, "tags": tags(), "description": "An example registered model",
        }),
        On::ModelVersionCreated => json!({
            "name": model, "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678",
            "tags": tags(), "description": "An example model version",
        }),
        On::ModelVersionTagSet => {
            json!({ "name": model, "version": "1", "key": key, "value": value })
        }
        On::ModelVersionTagDeleted => json!({ "name": model, "version": "1", "key": key }),
        On::ModelVersionAliasCreated => json!({ "name": model, "alias": alias, "version": "1" }),
        On::ModelVersionAliasDeleted => json!({ "name": model, "alias": alias }),
        On::PromptCreated => {
            json!({ "name": prompt, "tags": tags(), "description": "An example prompt" })
        }
        On::PromptVersionCreated => json!({
            "name": prompt, "version": "1", "template": "Hello {{name}}!", "tags": tags(),
            "description": "An example prompt version",
        }),
        On::PromptTagSet => json!({ "name": prompt, "key": key, "value": value }),
        On::PromptTagDeleted => json!({ "name": prompt, "key": key }),
        On::PromptVersionTagSet => {
            json!({ "name": prompt, "version": "1", "key": key, "value": value })
        }
        On::PromptVersionTagDeleted => json!({ "name": prompt, "version": "1", "key": key }),
        On::PromptAliasCreated => json!({ "name": prompt, "alias": alias, "version": "1" }),
        On::PromptAliasDeleted => json!({ "name": prompt, "alias": alias }),
        On::BudgetPolicyExceeded => json!({
            "budget_policy_id": "bp-abc123", "budget_unit": "USD", "budget_amount": 100.0,
            "current_spend": 105.5, "duration_unit": "MONTHS", "duration_value": 1,
            "target_scope": "ENDPOINT", "workspace": "default", "target_value": "ep-abc123",
            "window_start": 1_704_067_200_000_i64,
        }),
        On::ModelVersionStageTransitioned => json!({
            "name": model, "version": "2", "from_stage": "Staging", "to_stage": "Production",
            "archived_versions": ["1"], "comment": "An example comment", "actor": "example_user",
        }),
    }
}

//! Rules for webhooks. Whether a URL may be called is not asked here: that depends on what names
//! mean on the network at the moment (`webhooks::target`).

use super::{Decided, Decision, Rejection, State, entity::Webhook};
use crate::{
    base::{Seq, TimestampMs, python::repr},
    event::{
        DeliveryOutcome, Event, WebhookCreated, WebhookDeleted, WebhookDeliverySettled,
        WebhookStatus, WebhookTrigger, WebhookUpdated,
    },
};

/// Creates a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Its id: a UUID with dashes.
    pub webhook_id: String,
    /// Name.
    pub name: String,
    /// Where deliveries go.
    pub url: String,
    /// What it is told of, as the caller named it.
    pub triggers: Vec<WebhookTrigger>,
    /// Description.
    pub description: Option<String>,
    /// The secret that signs its deliveries, as a Fernet token.
    pub secret: Option<String>,
    /// Whether it is told anything.
    pub status: WebhookStatus,
}

/// Changes a webhook; what is absent stays.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Which one.
    pub webhook_id: String,
    /// New name.
    pub name: Option<String>,
    /// New URL.
    pub url: Option<String>,
    /// All that it is told of from now on, as the caller named it.
    pub triggers: Option<Vec<WebhookTrigger>>,
    /// New description; empty: none.
    pub description: Option<String>,
    /// New secret, as a Fernet token; empty: none.
    pub secret: Option<String>,
    /// New status.
    pub status: Option<WebhookStatus>,
}

/// Deletes a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Delete {
    /// Which one.
    pub webhook_id: String,
}

/// Takes a delivery out of the outbox; one that is not there any more is settled already.
#[derive(Debug, Clone, PartialEq)]
pub struct Settle {
    /// The webhook.
    pub webhook_id: String,
    /// Position of the event that it tells of.
    pub about: Seq,
    /// How it ended.
    pub outcome: DeliveryOutcome,
    /// Status of the receiver's last answer.
    pub response_status: Option<u32>,
    /// Requests that were sent.
    pub attempts: u32,
    /// Why it was given up.
    pub error: Option<String>,
}

/// MLflow's sentence about a webhook that is not there.
pub fn not_found(webhook_id: &str) -> Rejection {
    Rejection::missing(format!("Webhook with ID {webhook_id} not found."))
}

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 63;

/// Refuses a name that MLflow refuses.
pub fn check_name(name: &str) -> Result<(), Rejection> {
    // What Python's [a-z0-9] without regard to case takes for a letter or digit.
    let alphanumeric =
        |c: char| c.is_ascii_alphanumeric() || "\u{130}\u{131}\u{17f}\u{212a}".contains(c);
    let inner = |c: char| alphanumeric(c) || matches!(c, '.' | '_' | '-');
    let fine = name.chars().count() <= NAME_CHARS_MAX
        && name.chars().all(inner)
        && name.starts_with(alphanumeric)
        && name.ends_with(alphanumeric);
    if fine {
        return Ok(());
    }
    Err(Rejection::invalid(format!(
        "Webhook name {} is invalid. It must start and end with a letter or digit, be less than 63 \
         characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens \
         (-).",
        repr(name)
    )))
}

/// The trigger of that entity and action, in lower case, or MLflow's refusal of the pair.
pub fn trigger(entity: &str, action: &str) -> Result<WebhookTrigger, Rejection> {
    WebhookTrigger::from_word(&format!("{entity}.{action}")).ok_or_else(|| {
        let of_entity = mlflow_triggers().map(WebhookTrigger::entity_and_action);
        let mut actions: Vec<_> = of_entity.filter(|it| it.0 == entity).map(|it| it.1).collect();
        actions.sort_unstable();
        let actions: Vec<_> = actions.into_iter().map(repr).collect();
        Rejection::invalid(format!(
            "Invalid action '{action}' for entity '{entity}'. Valid actions are: [{}]",
            actions.join(", ")
        ))
    })
}

/// The triggers that MLflow has too.
pub fn mlflow_triggers() -> impl Iterator<Item = WebhookTrigger> {
    WebhookTrigger::ALL.iter().copied().filter(|it| is_mlflows(*it))
}

/// Whether MLflow, and so every client of it, has this trigger too.
pub fn is_mlflows(trigger: WebhookTrigger) -> bool {
    trigger != WebhookTrigger::ModelVersionStageTransitioned
}

/// What the fragment of a URL adds: `https://host/path#model_version.stage_transitioned` asks for an
/// event of ours in a place that every client of MLflow can fill. It is never sent to the receiver.
fn named_by_fragment(url: &str) -> Option<WebhookTrigger> {
    let (_, fragment) = url.split_once('#')?;
    WebhookTrigger::from_word(fragment).filter(|trigger| !is_mlflows(*trigger))
}

/// All that a webhook is told of: what is named and what the URL adds, ascending, each once.
fn triggers(named: Vec<WebhookTrigger>, url: &str) -> Result<Vec<WebhookTrigger>, Rejection> {
    let mut all = named;
    all.sort_unstable();
    if let Some([twice, _]) = all.array_windows().find(|[one, other]| one == other) {
        // MLflow shows the SQL statement that failed.
        let message = format!("Webhook event {} is named twice.", twice.as_str());
        return Err(Rejection::bad_request(message));
    }
    all.extend(named_by_fragment(url));
    all.sort_unstable();
    if all.is_empty() {
        let message = "Webhook events must be a non-empty list of WebhookEvent objects: [].";
        return Err(Rejection::invalid(message));
    }
    all.dedup();
    if !all.iter().any(|trigger| is_mlflows(*trigger)) {
        return Err(Rejection::invalid(
            "Webhook events must include one that MLflow has: its clients could not list the \
             webhook otherwise.",
        ));
    }
    Ok(all)
}

fn find(state: &dyn State, webhook_id: &str) -> Result<std::sync::Arc<Webhook>, Rejection> {
    state.webhook(webhook_id).ok_or_else(|| not_found(webhook_id))
}

pub(super) fn create(command: Create, now: TimestampMs) -> Decided {
    check_name(&command.name)?;
    let triggers = triggers(command.triggers, &command.url)?;
    Ok(Event::from(WebhookCreated {
        webhook_id: command.webhook_id,
        name: command.name,
        triggers,
        url: command.url,
        description: command.description,
        secret: command.secret,
        status: command.status,
        created_at: now.0,
    })
    .into())
}

pub(super) fn update(state: &dyn State, command: Update, now: TimestampMs) -> Decided {
    let webhook = find(state, &command.webhook_id)?;
    if let Some(name) = &command.name {
        check_name(name)?;
    }
    let triggers = match (command.triggers, &command.url) {
        (None, None) => None,
        (Some(named), url) => Some(triggers(named, url.as_ref().unwrap_or(&webhook.url))?),
        (None, Some(url)) => {
            let added = named_by_fragment(&webhook.url);
            let named = webhook.triggers.iter().copied().filter(|it| Some(*it) != added);
            Some(triggers(named.collect(), url)?)
        }
    };
    Ok(Event::from(WebhookUpdated {
        webhook_id: command.webhook_id,
        name: command.name,
        url: command.url,
        triggers,
        description: command.description,
        secret: command.secret,
        status: command.status,
        updated_at: now.0,
    })
    .into())
}

pub(super) fn delete(state: &dyn State, command: Delete, now: TimestampMs) -> Decided {
    find(state, &command.webhook_id)?;
    let Delete { webhook_id } = command;
    Ok(Event::from(WebhookDeleted { webhook_id, deleted_at: now.0 }).into())
}

pub(super) fn settle(state: &dyn State, command: Settle) -> Decision {
    let Some(delivery) = state.delivery(&command.webhook_id, command.about) else {
        return Decision::default();
    };
    Event::from(WebhookDeliverySettled {
        webhook_id: command.webhook_id,
        about: command.about.0,
        trigger: delivery.trigger,
        outcome: command.outcome,
        response_status: command.response_status,
        attempts: command.attempts,
        error: command.error,
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_mlflow_takes() {
        let longest = "a".repeat(63);
        for name in ["a", "A.b_c-9", "0", "ſ", longest.as_str()] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        let too_long = "a".repeat(64);
        for name in ["", "-a", "a-", ".", "a b", "a\n", "é", too_long.as_str()] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn pairs_that_make_no_sense_are_refused_with_those_that_do() {
        assert_eq!(trigger("prompt_tag", "set").unwrap(), WebhookTrigger::PromptTagSet);
        assert_eq!(
            trigger("model_version_tag", "created").unwrap_err().message,
            "Invalid action 'created' for entity 'model_version_tag'. Valid actions are: ['deleted', 'set']"
        );
    }

    #[test]
    fn a_fragment_adds_what_mlflow_cannot_name() {
        use WebhookTrigger::{ModelVersionStageTransitioned as Stage, PromptCreated as Prompt};
        let with = |named: &[WebhookTrigger], url: &str| triggers(named.to_vec(), url);
        let url = "https://host/path#model_version.stage_transitioned";
        assert_eq!(with(&[Prompt], url).unwrap(), [Prompt, Stage]);
        assert_eq!(with(&[Stage, Prompt], url).unwrap(), [Prompt, Stage]);
        assert!(with(&[Prompt, Stage, Prompt], url).is_err());
        assert_eq!(with(&[Prompt], "https://host/#prompt_tag.set").unwrap(), [Prompt]);
        assert!(with(&[Stage], "https://host/").is_err());
        assert!(with(&[], "https://host/").is_err());
    }
}

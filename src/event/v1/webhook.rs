//! What happens to webhooks, and what became of each delivery. All times are milliseconds since the
//! Unix epoch.

use serde::{Deserialize, Serialize};

use super::super::code::{DeliveryOutcome, WebhookStatus, WebhookTrigger};

/// A webhook came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookCreated {
    /// Its id: a UUID with dashes.
    pub webhook_id: String,
    /// Its name.
    pub name: String,
    /// Where deliveries go.
    pub url: String,
    /// What it is told of, ascending, each once.
    pub triggers: Vec<WebhookTrigger>,
    /// Description, if there is one.
    pub description: Option<String>,
    /// The secret that signs its deliveries, as a Fernet token; never in clear.
    pub secret: Option<String>,
    /// Whether it is told anything.
    pub status: WebhookStatus,
    /// Creation time.
    pub created_at: i64,
}

/// A webhook changed; what is absent stayed as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookUpdated {
    /// Id of the webhook.
    pub webhook_id: String,
    /// New name.
    pub name: Option<String>,
    /// New URL.
    pub url: Option<String>,
    /// All that it is told of from now on, ascending, each once.
    pub triggers: Option<Vec<WebhookTrigger>>,
    /// New description; empty: none any more.
    pub description: Option<String>,
    /// New secret, as a Fernet token; empty: none any more.
    pub secret: Option<String>,
    /// New status. `Disabled` drops the deliveries that are pending.
    pub status: Option<WebhookStatus>,
    /// Time of the change.
    pub updated_at: i64,
}

/// A webhook was deleted, and with it the deliveries that were pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDeleted {
    /// Id of the webhook.
    pub webhook_id: String,
    /// Time of the change.
    pub deleted_at: i64,
}

/// A delivery is over: it arrived, or it was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookDeliverySettled {
    /// Id of the webhook.
    pub webhook_id: String,
    /// Position of the event that it told of.
    pub about: u64,
    /// As what it told of it.
    pub trigger: WebhookTrigger,
    /// How it ended.
    pub outcome: DeliveryOutcome,
    /// Status of the receiver's last answer, if there was one.
    pub response_status: Option<u32>,
    /// Requests that were sent since the server started last.
    pub attempts: u32,
    /// Why it was given up.
    pub error: Option<String>,
}

//! Deliveries to webhooks: what the outbox holds is signed, sent, and settled by an event. Everything
//! that the server ever connects to on a caller's word is here, and so are the checks of where to.
//!
//! ```text
//!   outbox (a view) ─► dispatch ─► payload, signature ─► post ─► receiver
//!        ▲                │
//!        └── settling event, through the one writer
//! ```
//!
//! Only a running server starts [`Dispatcher`]; folding never delivers. Knows nothing of the routes.

mod address;
mod dispatch;
mod payload;
mod post;
mod retry;
mod secret;
mod signature;
mod target;

use std::{path::Path, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

pub use dispatch::Dispatcher;
pub use secret::{KEY_FILE, SecretError};

use crate::{
    base::{Clock as _, SystemClock, disk::Disk, id},
    domain::{Rejection, entity::Webhook},
    event::WebhookTrigger,
};
use post::{Courier, Letter, PostError};
use retry::{Ending, Policy};
use secret::Secrets;
use target::Targets;

/// How webhooks are served. The names are those of MLflow's environment variables.
#[derive(Debug, Clone)]
pub struct Config {
    /// Schemes that a URL may have.
    pub allowed_schemes: Vec<String>,
    /// Whether a URL may lead to this machine and to private networks.
    pub allow_private_ips: bool,
    /// Time that one request may take.
    pub request_timeout: Duration,
    /// Requests after the first that a delivery is given.
    pub request_max_retries: u32,
    /// Requests under way at the same time, of each kind: to receivers that answered last, to
    /// receivers that did not, and tests.
    pub delivery_max_workers: usize,
    /// Fernet key that encrypts secrets; `None`: one that is kept in the data directory.
    pub secret_encryption_key: Option<String>,
}

/// What is needed to serve webhooks.
pub struct Webhooks {
    targets: Targets,
    secrets: Secrets,
    courier: Courier,
    policy: Policy,
    lanes: Lanes,
}

/// Requests under way. Receivers that are down wait for one another and for nobody else.
struct Lanes {
    answering: Semaphore,
    failing: Semaphore,
    tests: Semaphore,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// Whether the receiver took it.
    pub success: bool,
    /// Status of its answer.
    pub response_status: Option<u16>,
    /// The beginning of its answer.
    pub response_body: Option<String>,
    /// Why there was none.
    pub error_message: Option<String>,
}

impl Webhooks {
    /// Ready to serve, with the key of the secrets in `data_dir` if none is given.
    pub fn open(
        disk: Arc<dyn Disk>,
        data_dir: &Path,
        config: Config,
    ) -> Result<Arc<Self>, SecretError> {
        let workers = config.delivery_max_workers.clamp(1, Semaphore::MAX_PERMITS);
        let targets = Targets::new(config.allowed_schemes, config.allow_private_ips);
        Ok(Arc::new(Self {
            courier: Courier::new(targets.clone(), config.request_timeout),
            targets,
            secrets: Secrets::open(disk, data_dir, config.secret_encryption_key.as_deref())?,
            policy: Policy { max_retries: config.request_max_retries },
            lanes: Lanes {
                answering: Semaphore::new(workers),
                failing: Semaphore::new(workers),
                tests: Semaphore::new(workers),
            },
        }))
    }

    /// Refuses a URL that may not be called.
    pub async fn check_url(&self, url: &str) -> Result<(), Rejection> {
        self.targets.check(url).await.map_err(Rejection::invalid)
    }

    /// A secret as the log may hold it; an empty one stays empty.
    pub fn seal(&self, secret: &str) -> Result<String, SecretError> {
        if secret.is_empty() { Ok(String::new()) } else { self.secrets.seal(secret) }
    }

    /// Sends the receiver of a webhook an example of what it would be told.
    pub async fn test(&self, webhook: &Webhook, trigger: WebhookTrigger) -> TestResult {
        let body = payload::example(trigger, SystemClock.now());
        let delivery_id = id::random_uuid();
        match self.send_until_answered(webhook, &delivery_id, &body).await {
            Ok(answer) => TestResult {
                success: (200..300).contains(&answer.status),
                response_status: Some(answer.status),
                response_body: Some(answer.body),
                error_message: None,
            },
            Err(reason) => TestResult {
                success: false,
                response_status: None,
                response_body: None,
                error_message: Some(format!("Failed to test webhook: {reason}")),
            },
        }
    }

    async fn send_until_answered(
        &self,
        webhook: &Webhook,
        delivery_id: &str,
        body: &str,
    ) -> Result<post::Answer, String> {
        let secret = self.secret_of(webhook)?;
        let secret = secret.as_deref();
        let letter = Letter { url: &webhook.url, secret, delivery_id, body };
        for attempts in 1.. {
            let result = {
                let _permit = self.lanes.tests.acquire().await.map_err(|it| it.to_string())?;
                self.courier.post(&letter).await
            };
            let Some(pause) = self.policy.pause(attempts, &Ending::of(&result), rand::random())
            else {
                return result.map_err(|error| error.to_string());
            };
            // A caller waits for this, so the receiver may not ask for hours.
            tokio::time::sleep(pause.min(retry::BACKOFF_MAX)).await;
        }
        Err("too many attempts".to_owned())
    }

    /// The secret of a webhook in clear, or why there is none although there should be.
    fn secret_of(&self, webhook: &Webhook) -> Result<Option<String>, String> {
        let Some(token) = &webhook.secret else { return Ok(None) };
        let secret = self.secrets.unseal(token);
        secret.map(Some).ok_or_else(|| {
            "its secret cannot be decrypted with the key of this server: set the secret anew"
                .to_owned()
        })
    }
}

impl Ending {
    fn of(result: &Result<post::Answer, PostError>) -> Self {
        match result {
            Ok(answer) => Self::Answered { status: answer.status, retry_after: answer.retry_after },
            Err(PostError::Failed(_)) => Self::Failed,
            Err(PostError::Refused(_)) => Self::Refused,
        }
    }
}

//! One signed request to a receiver. Follows no redirect, uses no proxy, and connects only to
//! addresses that were looked at: names are resolved here, by the connection itself.

use std::{error::Error, time::Duration};

use reqwest::{
    Client, ClientBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect,
};

use super::{
    retry,
    signature::sign,
    target::{NotPublic, Targets},
};
use crate::base::{Clock as _, SystemClock};

/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Sends requests.
pub(super) struct Courier {
    client: Client,
    targets: Targets,
}

/// What is sent.
pub(super) struct Letter<'a> {
    pub(super) url: &'a str,
    pub(super) secret: Option<&'a str>,
    pub(super) delivery_id: &'a str,
    pub(super) body: &'a str,
}

/// What the receiver said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// The first [`ANSWER_BYTES_MAX`] bytes, as text.
    pub(super) body: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    /// The URL may not be called. Trying again does not help.
    #[error("{0}")]
    Refused(String),
    /// The receiver could not be reached, or broke off.
    #[error("{0}")]
    Failed(String),
}

struct Lookup(Targets);

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.0.clone();
        Box::pin(async move {
            let found = targets.resolve(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Courier {
    pub(super) fn new(targets: Targets, timeout: Duration) -> Self {
        // An error means that it was chosen before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || -> ClientBuilder {
            Client::builder()
                .dns_resolver(Lookup(targets.clone()))
                .redirect(redirect::Policy::none())
                .no_proxy()
                .timeout(timeout)
                .user_agent(concat!("runlog/", env!("CARGO_PKG_VERSION")))
        };
        let client = builder().build().unwrap_or_else(|error| {
            // A machine without root certificates can still call receivers without TLS.
            tracing::warn!(error = chain(&error), "webhooks with https cannot be reached");
            let bare = builder().tls_certs_only([]).build();
            bare.expect("a client that reads nothing from the machine can be made")
        });
        Self { client, targets }
    }

    /// Sends a letter and waits for the answer.
    pub(super) async fn post(&self, letter: &Letter<'_>) -> Result<Answer, PostError> {
        let url = self.targets.parse(letter.url).map_err(PostError::Refused)?;
        let now = SystemClock.now();
        let timestamp = now.0.div_euclid(1000).to_string();
        let mut request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("X-MLflow-Delivery-Id", letter.delivery_id)
            .header("X-MLflow-Timestamp", &timestamp)
            .body(letter.body.to_owned());
        if let Some(secret) = letter.secret {
            let signature = sign(secret, letter.delivery_id, &timestamp, letter.body);
            request = request.header("X-MLflow-Signature", signature);
        }
        let response = request.send().await.map_err(failure)?;
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|it| retry::retry_after(it.to_str().ok()?, now.0));
        let status = response.status().as_u16();
        Ok(Answer { status, retry_after, body: beginning(response).await })
    }
}

/// The beginning of a body. What is broken off counts as far as it came: the status is known.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= ANSWER_BYTES_MAX {
            bytes.truncate(ANSWER_BYTES_MAX);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn failure(error: reqwest::Error) -> PostError {
    // A URL may hold a password.
    let error = error.without_url();
    let refused = causes(&error).any(|cause| {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inner.is_some_and(|inner| inner.is::<NotPublic>())
    });
    let message = chain(&error);
    if refused { PostError::Refused(message) } else { PostError::Failed(message) }
}

/// An error with what caused it.
fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

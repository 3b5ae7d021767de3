//! A server that is asked.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Response, Url};
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};

use super::super::failure::Failure;
use crate::audit::Moment;

/// What a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(300);

/// A server, and the moment it is asked about.
pub(in super::super) struct Remote<'a> {
    pub(super) server: &'a Url,
    pub(super) as_of: Option<Moment>,
}

impl Remote<'_> {
    /// The server's answer to a GET of `path`, below its root of our own routes.
    pub(in super::super) fn ask<A: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, impl ToString)],
    ) -> Result<A, Failure> {
        let body = self.fetch(path, &self.pairs(query))?;
        serde_json::from_slice(&body).map_err(|error| self.unreadable(&error))
    }

    /// What it answers, as it is.
    pub(super) fn fetch(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Vec<u8>, Failure> {
        let asked = async {
            let client = client(Client::builder().timeout(PATIENCE))?;
            let request = client.get(self.url(path)?).query(query);
            let answer = request.send().await.map_err(|error| self.unheard(error))?;
            let answer = self.accepted(answer).await?;
            answer.bytes().await.map_err(|error| self.unheard(error))
        };
        Ok(runtime()?.block_on(asked)?.to_vec())
    }

    pub(super) fn url(&self, path: &[&str]) -> Result<Url, Failure> {
        let mut url = self.server.clone();
        url.path_segments_mut()
            .map_err(|()| Failure::usage(format!("{} is no URL of a server", self.server)))?
            .pop_if_empty()
            .extend(["api", "runlog", "1"])
            .extend(path);
        Ok(url)
    }

    pub(super) fn pairs<'q>(&self, query: &[(&'q str, impl ToString)]) -> Vec<(&'q str, String)> {
        let pairs = query.iter().map(|(name, value)| (*name, value.to_string()));
        let as_of = self.as_of.map(|moment| ("as_of", moment.to_string()));
        pairs.chain(as_of).collect()
    }

    /// An answer that is none of an error, or what it says.
    pub(super) async fn accepted(&self, answer: Response) -> Result<Response, Failure> {
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = answer.bytes().await.unwrap_or_default();
        let refusal: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let message = refusal.get("message").and_then(|message| message.as_str());
        let message = message.unwrap_or("it is no Runlog, or an older one");
        Err(Failure::usage(format!("{} answers {status}: {message}", self.server)))
    }

    pub(super) fn unheard(&self, error: reqwest::Error) -> Failure {
        Failure::usage(format!("cannot ask {}: {}", self.server, error.without_url()))
    }

    pub(super) fn unreadable(&self, error: &serde_json::Error) -> Failure {
        let server = self.server;
        Failure::usage(format!("{server} answers what this Runlog cannot read: {error}"))
    }
}

pub(super) fn client(builder: ClientBuilder) -> Result<Client, Failure> {
    // That it is there already is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder.build().map_err(|error| Failure::of(&error))
}

pub(super) fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::of(&error))
}

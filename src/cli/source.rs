//! Where an answer comes from: a log that is read here, or a server that is asked.

use std::time::Duration;

use reqwest::{Client, Url};
use serde::de::DeserializeOwned;

use super::{failure::Failure, place::LogPlace};
use crate::{
    audit::{Moment, moment_seq},
    base::{Clock as _, Seq, SystemClock},
    wal::{LocalReader, WalReader as _},
};

/// What a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(300);

/// The log to read, or the server to ask.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// Ask the server at this URL, instead of reading a log.
    #[arg(long, value_name = "URL", conflicts_with = "log")]
    server: Option<Url>,

    /// Answer as of a moment in the past: a sequence, an RFC 3339 time, or milliseconds since 1970.
    #[arg(long, value_name = "SEQ|TIME")]
    as_of: Option<Moment>,

    #[command(flatten)]
    place: LogPlace,
}

impl Source {
    /// The server's answer to a GET of `path`, below its root of our own routes; or `offline`, which gets
    /// the log and the last event that it may know.
    pub(super) fn ask<A: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, impl ToString)],
        offline: impl FnOnce(&LocalReader, Seq) -> Result<A, Failure>,
    ) -> Result<A, Failure> {
        match &self.server {
            Some(server) => {
                let as_of = self.as_of.map(|moment| ("as_of", moment.to_string()));
                let pairs = query.iter().map(|(name, value)| (*name, value.to_string()));
                let pairs = pairs.chain(as_of).collect::<Vec<_>>();
                serde_json::from_slice(&fetch(server, path, &pairs)?).map_err(|error| {
                    Failure::usage(format!(
                        "{server} answers what this Runlog cannot read: {error}"
                    ))
                })
            }
            None => {
                let log = self.place.open()?;
                let until = match self.as_of {
                    None => log.head(),
                    Some(moment) => moment_seq(&log, moment, SystemClock.now())?
                        .ok_or_else(|| Failure::usage("that moment has not come yet"))?,
                };
                offline(&log, until)
            }
        }
    }

    /// The same for an answer that is bytes and has no moment.
    pub(super) fn fetch(
        &self,
        path: &[&str],
        offline: impl FnOnce(&LocalReader, &LogPlace) -> Result<Vec<u8>, Failure>,
    ) -> Result<Vec<u8>, Failure> {
        match &self.server {
            Some(server) => fetch(server, path, &[]),
            None => offline(&self.place.open()?, &self.place),
        }
    }
}

/// What a server answers to a GET of `path`, below its root of our own routes.
fn fetch(server: &Url, path: &[&str], query: &[(&str, String)]) -> Result<Vec<u8>, Failure> {
    let mut url = server.clone();
    url.path_segments_mut()
        .map_err(|()| Failure::usage(format!("{server} is no URL of a server")))?
        .pop_if_empty()
        .extend(["api", "runlog", "1"])
        .extend(path);
    let failed = |error: reqwest::Error| {
        Failure::usage(format!("cannot ask {server}: {}", error.without_url()))
    };
    // That it is there already is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = async {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let answer = client.get(url).query(query).send().await?;
        Ok((answer.status(), answer.bytes().await?))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::of(&error))?;
    let (status, body) = runtime.block_on(asked).map_err(failed)?;
    if !status.is_success() {
        let refusal: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let message = refusal.get("message").and_then(|message| message.as_str());
        let message = message.unwrap_or("it is no Runlog, or an older one");
        return Err(Failure::usage(format!("{server} answers {status}: {message}")));
    }
    Ok(body.to_vec())
}

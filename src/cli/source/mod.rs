//! Where an answer comes from: a log that is read here, or a server that is asked.

mod server;
mod stream;

use reqwest::Url;
use serde::de::DeserializeOwned;

use super::{failure::Failure, place::LogPlace};
use crate::{
    audit::{Moment, moment_seq},
    base::{Clock as _, Seq, SystemClock},
    wal::{LocalReader, WalReader as _},
};

pub(super) use server::Remote;

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
        match self.remote() {
            Some(remote) => remote.ask(path, query),
            None => {
                let (log, until) = self.open()?;
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
        match self.remote() {
            Some(remote) => Remote { as_of: None, ..remote }.fetch(path, &[]),
            None => offline(&self.place.open()?, &self.place),
        }
    }

    /// The server to ask, if one is named.
    pub(super) fn remote(&self) -> Option<Remote<'_>> {
        self.server.as_ref().map(|server| Remote { server, as_of: self.as_of })
    }

    /// The log to read, and the last event that an answer may know.
    pub(super) fn open(&self) -> Result<(LocalReader, Seq), Failure> {
        let log = self.place.open()?;
        let until = match self.as_of {
            None => log.head(),
            Some(moment) => moment_seq(&log, moment, SystemClock.now())?
                .ok_or_else(|| Failure::usage("that moment has not come yet"))?,
        };
        Ok((log, until))
    }
}

//! Where the log is that a command reads.

use std::{path::PathBuf, sync::Arc};

use super::failure::Failure;
use crate::{
    base::{
        data_dir::{LOG_DIR, VIEWS_DIR},
        disk::RealDisk,
    },
    wal::LocalReader,
};

/// Where data is kept unless something else is said.
pub(super) const DATA_DIR: &str = "./runlog-data";

/// The log to read; a running server does not mind.
#[derive(Debug, clap::Args)]
pub(super) struct LogPlace {
    /// Data directory of a server, running or not.
    #[arg(long, value_name = "DIR", env = "RUNLOG_DATA_DIR", default_value = DATA_DIR)]
    data_dir: PathBuf,

    /// Directory with the log's segments alone, such as a copy; instead of --data-dir.
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
}

impl LogPlace {
    /// The directory with the segments.
    pub(super) fn dir(&self) -> PathBuf {
        self.log.clone().unwrap_or_else(|| self.data_dir.join(LOG_DIR))
    }

    /// The server's view cache, unless only a log is named.
    pub(super) fn views(&self) -> Option<PathBuf> {
        self.log.is_none().then(|| self.data_dir.join(VIEWS_DIR))
    }

    /// Opens the log for reading.
    pub(super) fn open(&self) -> Result<LocalReader, Failure> {
        Ok(LocalReader::open_read_only(Arc::new(RealDisk), &self.dir())?)
    }
}

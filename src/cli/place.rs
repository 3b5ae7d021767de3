//! Where the log is that a command reads.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

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

    /// The data directory, unless only a log is named.
    pub(super) fn data_dir(&self) -> Option<&Path> {
        self.log.is_none().then_some(&*self.data_dir)
    }

    /// Opens the log for reading.
    pub(super) fn open(&self) -> Result<LocalReader, Failure> {
        Ok(LocalReader::open_read_only(Arc::new(RealDisk), &self.dir())?)
    }
}

/// What the directory with the keys of logs is called, unless another is named.
const KEYS_DIR: &str = "runlog-keys";

/// Where the keys are that sign logs, with the last checkpoint of each.
#[derive(Debug, clap::Args)]
pub(super) struct KeyPlace {
    /// Directory with the keys that sign logs and the last checkpoint of each, by the id of the log; no
    /// backup of the data has it [default: runlog-keys beside the data directory]
    #[arg(long, value_name = "DIR", env = "RUNLOG_KEY_DIR")]
    key_dir: Option<PathBuf>,
}

impl KeyPlace {
    /// The directory, for the data in `data_dir`.
    pub(super) fn dir(&self, data_dir: Option<&Path>) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.key_dir {
            return Ok(dir.clone());
        }
        let data_dir = data_dir.ok_or_else(|| {
            Failure::usage("name the directory with the key and the last checkpoint with --key-dir")
        })?;
        let data_dir = std::path::absolute(data_dir).map_err(|error| {
            Failure::usage(format!("--data-dir {}: {error}", data_dir.display()))
        })?;
        Ok(data_dir.parent().unwrap_or(&data_dir).join(KEYS_DIR))
    }
}

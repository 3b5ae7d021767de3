//! The data directory of a server that is stopped, for commands that write to it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    failure::Failure,
    place::{DATA_DIR, KeyPlace},
};
use crate::{
    base::{Seq, data_dir::LOG_DIR, disk::RealDisk, id},
    domain::Command,
    engine::{Context, Engine, Options},
    proof::witnessed,
    wal::LocalReader,
};

/// A server that does not run.
#[derive(Debug, clap::Args)]
pub(super) struct Stopped {
    /// Data directory of a server that is stopped.
    #[arg(long, value_name = "DIR", env = "RUNLOG_DATA_DIR", default_value = DATA_DIR)]
    pub(super) data_dir: PathBuf,

    /// Who does it [default: $USER]
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown", hide_env = true)]
    pub(super) by: String,

    #[command(flatten)]
    keys: KeyPlace,
}

impl Stopped {
    /// Where the keys are.
    pub(super) fn keys(&self) -> Result<PathBuf, Failure> {
        self.keys.dir(Some(&self.data_dir))
    }

    /// The log, for reading.
    pub(super) fn log(&self) -> Result<LocalReader, Failure> {
        Ok(LocalReader::open_read_only(Arc::new(RealDisk), &self.data_dir.join(LOG_DIR))?)
    }

    /// The last event that is known to have been signed.
    pub(super) fn witnessed(&self) -> Result<Seq, Failure> {
        Ok(witnessed(&RealDisk, &self.keys()?, &self.log()?)?)
    }

    /// The log with its views, for writing; it must exist.
    pub(super) fn open(&self, witnessed: Seq) -> Result<Engine, Failure> {
        self.log()?;
        let options = Options { witnessed, ..Options::default() };
        Ok(Engine::open(Arc::new(RealDisk), Path::new(&self.data_dir), &options)?)
    }

    /// Records what follows from a command.
    pub(super) fn record(&self, engine: &Engine, command: Command) -> Result<Seq, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| Failure::of(&error))?;
        let context = Context {
            user: Some(self.by.clone()),
            request_id: id::random_hex(),
            ..Context::default()
        };
        Ok(runtime.block_on(engine.execute(context, command))?.seq)
    }
}

/// Closes the log and its views.
pub(super) fn close(engine: Engine) -> Result<(), Failure> {
    engine.finish().map_or(Ok(()), |reason| Err(Failure::poisoned(reason)))
}

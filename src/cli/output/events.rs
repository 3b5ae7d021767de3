//! Events, as many as there are: JSON lines, CSV or a Parquet file, one after the other.

use std::{
    io::{self, BufWriter, StdoutLock},
    path::PathBuf,
};

use utoipa::ToSchema;

use super::{super::failure::Failure, parquet::ParquetFile};
use crate::{
    audit::EventLine,
    transfer::{EventSink, ExportError, JsonLines},
};

/// Bytes of output gathered for one write; at the head of the log all are written.
const BUFFER_BYTES: usize = 64 << 10;

/// In which form events are printed.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(in super::super) struct EventsOutput {
    /// Print CSV instead of JSON lines.
    #[arg(long)]
    csv: bool,

    /// Write a Parquet file instead.
    #[arg(long, value_name = "FILE")]
    parquet: Option<PathBuf>,
}

/// Where events go.
pub(in super::super) enum Events {
    Json(JsonLines<BufWriter<StdoutLock<'static>>>),
    Csv(Box<csv::Writer<StdoutLock<'static>>>),
    Parquet(Box<ParquetFile<Row>>),
}

/// An event as a flat row; what has parts is text in JSON.
#[derive(serde::Serialize, ToSchema)]
pub(in super::super) struct Row {
    seq: u64,
    recorded_at: i64,
    time: String,
    event: String,
    version: u8,
    actor: String,
    request_id: String,
    client_address: String,
    user_agent: String,
    origin: Option<String>,
    data: String,
}

impl EventsOutput {
    pub(in super::super) fn open(&self) -> Result<Events, Failure> {
        let out = io::stdout().lock();
        Ok(match &self.parquet {
            Some(path) => Events::Parquet(Box::new(ParquetFile::create(path)?)),
            None if self.csv => {
                let mut builder = csv::WriterBuilder::new();
                Events::Csv(Box::new(builder.buffer_capacity(BUFFER_BYTES).from_writer(out)))
            }
            None => Events::Json(JsonLines(BufWriter::with_capacity(BUFFER_BYTES, out))),
        })
    }
}

impl Events {
    /// Completes the output.
    pub(in super::super) fn finish(mut self) -> Result<(), Failure> {
        match self.flush() {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                return Err(ExportError::from(error).into());
            }
            _ => {}
        }
        if let Self::Parquet(file) = self {
            file.finish()?;
        }
        Ok(())
    }
}

impl EventSink for Events {
    fn event(&mut self, event: &EventLine) -> io::Result<()> {
        match self {
            Self::Json(lines) => lines.event(event),
            Self::Csv(writer) => {
                writer.serialize(row(event)).map_err(|error| match error.into_kind() {
                    csv::ErrorKind::Io(error) => error,
                    other => io::Error::other(format!("{other:?}")),
                })
            }
            Self::Parquet(file) => file.push(&row(event)).map_err(io::Error::other),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Json(lines) => lines.flush(),
            Self::Csv(writer) => writer.flush(),
            Self::Parquet(_) => Ok(()),
        }
    }
}

fn row(event: &EventLine) -> Row {
    let origin = event.origin.as_ref();
    Row {
        seq: event.seq.0,
        recorded_at: event.recorded_at,
        time: event.time.clone(),
        event: event.event.clone(),
        version: event.version,
        actor: event.actor.clone(),
        request_id: event.request_id.clone(),
        client_address: event.client_address.clone(),
        user_agent: event.user_agent.clone(),
        origin: origin
            .map(|it| serde_json::json!({"log_id": it.log_id, "seq": it.seq}).to_string()),
        data: event.data.get().to_owned(),
    }
}

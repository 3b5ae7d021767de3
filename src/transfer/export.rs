//! Events as JSON lines: one object a line, in the order of the log, with all that the log knows of
//! them.

use std::{
    io::{self, Write},
    time::Duration,
};

use serde::Serialize;
use thiserror::Error;

use crate::{
    audit::{Entity, Moment, ReadError, decode},
    base::Seq,
    event::{Envelope, Event, Origin},
    wal::{LocalReader, WalReader},
};

/// Time between two looks at a log that another process writes.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// From here on; `None`: from the first.
    pub from: Option<Moment>,
    /// Up to here, inclusive; `None`: to the last.
    pub to: Option<Moment>,
    /// Only those about this entity.
    pub entity: Option<Entity>,
}

/// Why not all wanted events could be written.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The output could not be written.
    #[error("cannot write the output")]
    Write(#[from] io::Error),
}

/// How far an export has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// At the head of the log; the next event will be this one.
    UpTo(Seq),
    /// Past the end of what is wanted, or nobody reads the output any more.
    Done,
}

/// Writes the wanted events that the log has now. That nobody reads the output any more (a closed
/// pipe) is an end like another.
pub fn export(
    log: &dyn WalReader,
    selection: &Selection,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let from = first(log, selection)?;
    write_from(log, selection, from, out).map(|_| ())
}

/// Writes the wanted events, and then those that another process appends, until the end of the
/// selection is reached or nobody reads the output any more.
pub fn follow(
    log: &LocalReader,
    selection: &Selection,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut next = first(log, selection)?;
    while let Progress::UpTo(seq) = write_from(log, selection, next, out)? {
        next = seq;
        std::thread::sleep(FOLLOW_INTERVAL);
        log.refresh().map_err(ReadError::from)?;
    }
    Ok(())
}

fn first(log: &dyn WalReader, selection: &Selection) -> Result<Seq, ExportError> {
    match selection.from {
        Some(moment) => Ok(moment.first(log).map_err(ReadError::from)?),
        None => Ok(Seq(1)),
    }
}

fn write_from(
    log: &dyn WalReader,
    selection: &Selection,
    from: Seq,
    out: &mut dyn Write,
) -> Result<Progress, ExportError> {
    let mut next = from;
    for record in log.read_from(from) {
        let record = record.map_err(ReadError::from)?;
        if selection.to.is_some_and(|end| end.is_before(&record)) {
            return Ok(gone(out.flush())?.unwrap_or(Progress::Done));
        }
        next = record.seq.next();
        let envelope = decode(&record)?;
        let wanted = selection.entity.as_ref();
        if wanted.is_none_or(|entity| entity.is_concerned_by(&envelope.event))
            && let Some(end) = gone(write_line(&envelope, out))?
        {
            return Ok(end);
        }
    }
    Ok(gone(out.flush())?.unwrap_or(Progress::UpTo(next)))
}

/// What a write tells of the reader of the output: `Done` if it has gone away.
fn gone(written: io::Result<()>) -> Result<Option<Progress>, ExportError> {
    match written {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Some(Progress::Done)),
        Err(error) => Err(error.into()),
    }
}

/// An event as it is exported.
#[derive(Serialize)]
struct Line<'a> {
    seq: Seq,
    recorded_at: i64,
    time: String,
    event: &'static str,
    version: u8,
    actor: &'a str,
    request_id: &'a str,
    client_address: &'a str,
    user_agent: &'a str,
    origin: Option<&'a Origin>,
    data: &'a Event,
}

/// Writes an event as a line of JSON.
pub fn write_line(envelope: &Envelope, out: &mut dyn Write) -> io::Result<()> {
    let Envelope { seq, recorded_at, meta, event } = envelope;
    let line = Line {
        seq: *seq,
        recorded_at: recorded_at.0,
        time: recorded_at.to_string(),
        event: event.name(),
        version: event.version(),
        actor: &meta.actor,
        request_id: &meta.request_id,
        client_address: &meta.client_address,
        user_agent: &meta.user_agent,
        origin: meta.origin.as_ref(),
        data: event,
    };
    let mut text = serde_json::to_vec(&line)?;
    text.push(b'\n');
    out.write_all(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::TimestampMs,
        event::{ExperimentRenamed, Meta, MetricsLogged, SeriesPoints, codec},
        wal::{MemoryWal, NewRecord, Wal},
    };

    fn log(events: &[Event]) -> MemoryWal {
        let mut wal = MemoryWal::default();
        for (event, time) in events.iter().zip(1000..) {
            let meta = Meta { actor: "ada".to_owned(), ..Meta::default() };
            let record = NewRecord {
                recorded_at: TimestampMs(time),
                event_type: event.kind(),
                event_version: event.version(),
                codec: codec::CODEC,
                batch_more: false,
                payload: &codec::encode_event(&meta, event),
            };
            wal.append(wal.next(), &[record]).unwrap();
        }
        wal
    }

    fn renamed(experiment_id: u64) -> Event {
        let (from, to) = ("a".to_owned(), "b".to_owned());
        ExperimentRenamed { experiment_id, from, to, updated_at: 7 }.into()
    }

    fn lines(wal: &MemoryWal, selection: &Selection) -> Vec<serde_json::Value> {
        let mut out = Vec::new();
        export(&*wal.reader(), selection, &mut out).unwrap();
        let lines = std::str::from_utf8(&out).unwrap().lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn a_line_holds_all_that_is_known() {
        let line = &lines(&log(&[renamed(3)]), &Selection::default())[0];
        let expected = serde_json::json!({
            "seq": 1, "recorded_at": 1000, "time": "1970-01-01T00:00:01.000Z",
            "event": "ExperimentRenamed", "version": 1, "actor": "ada", "request_id": "",
            "client_address": "", "user_agent": "", "origin": null,
            "data": {"experiment_id": 3, "from": "a", "to": "b", "updated_at": 7},
        });
        assert_eq!(*line, expected);
    }

    #[test]
    fn not_a_number_is_a_word() {
        let series = SeriesPoints {
            key: "loss".to_owned(),
            model_id: None,
            dataset_name: None,
            dataset_digest: None,
            timestamps: vec![1; 3],
            steps: vec![0; 3],
            values: vec![f64::NAN, f64::NEG_INFINITY, 0.1],
        };
        let event = MetricsLogged { run_id: "r".to_owned(), series: vec![series] };
        let line = &lines(&log(&[event.into()]), &Selection::default())[0];
        let values = serde_json::json!(["NaN", "-Infinity", 0.1]);
        assert_eq!(line["data"]["series"][0]["values"], values);
    }

    #[test]
    fn selections_are_kept() {
        let wal = log(&[renamed(1), renamed(2), renamed(1), renamed(2)]);
        let select = |from: Option<&str>, to: Option<&str>, experiment: Option<u64>| {
            let moment = |text: &str| text.parse().unwrap();
            let (from, to) = (from.map(moment), to.map(moment));
            let selection = Selection { from, to, entity: experiment.map(Entity::Experiment) };
            let lines = lines(&wal, &selection);
            lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(select(None, None, None), [1, 2, 3, 4]);
        assert_eq!(select(Some("2"), Some("3"), None), [2, 3]);
        assert_eq!(select(Some("1970-01-01T00:00:01.002Z"), None, None), [3, 4]);
        assert_eq!(select(None, Some("1970-01-01T00:00:01.001Z"), None), [1, 2]);
        assert_eq!(select(Some("9"), None, None), [0; 0]);
        assert_eq!(select(None, Some("3"), Some(1)), [1, 3]);
    }

    #[test]
    fn a_closed_pipe_is_an_end_and_a_full_disk_is_not() {
        struct Failing(io::ErrorKind);
        impl Write for Failing {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let wal = log(&[renamed(1)]);
        let to = |kind| export(&*wal.reader(), &Selection::default(), &mut Failing(kind));
        assert!(to(io::ErrorKind::BrokenPipe).is_ok());
        assert!(to(io::ErrorKind::StorageFull).is_err());
    }
}

//! Events as JSON lines: one object a line, in the order of the log, with all that the log knows of
//! them.

use std::{
    io::{self, Write},
    time::Duration,
};

use thiserror::Error;

use crate::{
    audit::{EventFilter, EventLine, EventTail, Moment, Reached, ReadError},
    base::Seq,
    wal::{LocalReader, WalReader},
};

/// Time between two looks at a log that another process writes.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);

/// Events that are written before the next are read.
const SLICE_EVENTS: usize = 1000;

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// From here on; `None`: from the first.
    pub from: Option<Moment>,
    /// Up to here, inclusive; `None`: to the last.
    pub to: Option<Moment>,
    /// What they must be.
    pub filter: EventFilter,
}

/// Where events are written to, in whatever form.
pub trait EventSink {
    /// Takes an event.
    fn event(&mut self, event: &EventLine) -> io::Result<()>;

    /// What was taken should be seen now: nothing more may come for a while.
    fn flush(&mut self) -> io::Result<()>;
}

/// One line of JSON an event.
pub struct JsonLines<W>(pub W);

impl<W: Write> EventSink for JsonLines<W> {
    fn event(&mut self, event: &EventLine) -> io::Result<()> {
        writeln!(self.0, "{}", event.to_json())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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

/// Writes the wanted events that the log has now. That nobody reads the output any more (a closed
/// pipe) is an end like another.
pub fn export(
    log: &dyn WalReader,
    selection: &Selection,
    out: &mut dyn EventSink,
) -> Result<(), ExportError> {
    write(&mut tail(log, selection)?, out).map(|_| ())
}

/// Writes the wanted events, and then those that another process appends, until the end of the
/// selection is reached or nobody reads the output any more.
pub fn follow(
    log: &LocalReader,
    selection: &Selection,
    out: &mut dyn EventSink,
) -> Result<(), ExportError> {
    let mut tail = tail(log, selection)?;
    while write(&mut tail, out)? == Reached::Head {
        std::thread::sleep(FOLLOW_INTERVAL);
        log.refresh().map_err(ReadError::from)?;
    }
    Ok(())
}

fn tail(log: &dyn WalReader, selection: &Selection) -> Result<EventTail<'static>, ExportError> {
    let first = selection.from.map_or(Ok(Seq(1)), |from| from.first(log));
    let first = first.map_err(ReadError::from)?;
    Ok(EventTail::of(log, selection.filter.clone(), first, selection.to))
}

/// Writes all that there is now; [`Reached::End`] as well if nobody reads the output any more.
fn write(tail: &mut EventTail<'_>, out: &mut dyn EventSink) -> Result<Reached, ExportError> {
    loop {
        let taken = tail.take(SLICE_EVENTS)?;
        let mut written = taken.events.iter().try_for_each(|event| out.event(event));
        if taken.reached != Reached::Bound {
            written = written.and_then(|()| out.flush());
        }
        match written {
            Ok(()) if taken.reached == Reached::Bound => {}
            Ok(()) => return Ok(taken.reached),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Reached::End),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::Entity,
        base::TimestampMs,
        event::{Event, ExperimentRenamed, Meta, MetricsLogged, SeriesPoints, codec},
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
        export(&*wal.reader(), selection, &mut JsonLines(&mut out)).unwrap();
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
            let entity = experiment.map(Entity::Experiment);
            let filter = EventFilter { entity, ..EventFilter::default() };
            let selection = Selection { from, to, filter };
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
        let to =
            |kind| export(&*wal.reader(), &Selection::default(), &mut JsonLines(Failing(kind)));
        assert!(to(io::ErrorKind::BrokenPipe).is_ok());
        assert!(to(io::ErrorKind::StorageFull).is_err());
    }
}

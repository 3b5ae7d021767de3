//! What people type: a command line, one argument a line; and each argument as a place in the log,
//! as the name of an entity.

use std::ffi::OsString;

use runlog::{
    audit::{EntityName, Moment},
    base::{Seq, TimestampMs},
    cli,
    wal::{MemoryWal, NewRecord, Wal},
};

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let arguments: Vec<&str> = text.split('\n').collect();
    let line = std::iter::once("runlog").chain(arguments.iter().copied());
    if let Err(misuse) = cli::parse(line.map(OsString::from)) {
        let said = misuse.to_string();
        assert!(!said.trim().is_empty() && !said.contains('\n'), "refused with {said:?}");
    }
    for argument in arguments {
        if let Ok(moment) = argument.parse() {
            find(moment);
        }
        if let Ok(name) = argument.parse::<EntityName>() {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
    }
}

/// What is said to be from a place on, and up to it, is there and in order.
fn find(moment: Moment) {
    let mut wal = MemoryWal::default();
    for time in [0, 1_000_000_000_000, 1_000_000_000_000, i64::MAX] {
        let record = NewRecord {
            recorded_at: TimestampMs(time),
            event_type: 1,
            event_version: 1,
            codec: 1,
            batch_more: false,
            payload: b"x",
        };
        wal.append(wal.next(), &[record]).unwrap();
    }
    let log = wal.reader();
    let (first, last) = (moment.first(&*log).unwrap(), moment.last(&*log).unwrap());
    assert!(first >= Seq(1) && last <= log.head(), "{moment:?}: {first}..={last}");
    for record in log.read_from(Seq(1)).map(Result::unwrap) {
        let within = record.seq <= last;
        assert_eq!(within, !moment.is_before(&record), "{moment:?} and {record:?}");
    }
}

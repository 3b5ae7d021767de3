//! Logs: each folder has a `log.jsonl`, which says what was asked of the writer, and the segments
//! that came of it. Asked the same, ours must write the same bytes, and read back what was asked.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use runlog::{
    base::{Seq, TimestampMs, disk::RealDisk},
    wal::{
        LocalReader, LocalWal, NewRecord, Options, Origin, Record, Tail, Wal, WalReader, verify,
    },
};
use serde_json::Value as Json;
use uuid::Uuid;

use super::{bytes, entries, events, golden, has_extension, json_lines, number};

fn logs() -> Vec<PathBuf> {
    entries(&golden("logs"))
}

fn segments(dir: &Path) -> Vec<PathBuf> {
    let mut files = entries(dir);
    files.retain(|path| has_extension(path, "runlog"));
    files
}

fn options(create: &Json) -> Options {
    let origin = Origin::Fixed {
        log_id: Uuid::try_parse(create["log_id"].as_str().unwrap()).unwrap(),
        salt: number(&create["salt"]),
        created_at: TimestampMs(number(&create["created_at"])),
    };
    Options { segment_bytes: number(&create["segment_bytes"]), origin, ..Options::default() }
}

fn new_record<'a>(json: &Json, payload: &'a [u8]) -> NewRecord<'a> {
    NewRecord {
        recorded_at: TimestampMs(number(&json["recorded_at"])),
        event_type: number(&json["event_type"]),
        event_version: number(&json["event_version"]),
        codec: number(&json["codec"]),
        batch_more: json["batch_more"].as_bool().unwrap(),
        payload,
    }
}

fn append(wal: &mut LocalWal, records: &Json) {
    let records = records.as_array().unwrap();
    let payloads: Vec<_> = records.iter().map(|record| bytes(&record["payload"])).collect();
    let pairs = records.iter().zip(&payloads);
    let group: Vec<_> = pairs.map(|(record, payload)| new_record(record, payload)).collect();
    wal.append(wal.next(), &group).unwrap();
}

/// Does in `dir` what the lines ask for.
fn write(dir: &Path, lines: &[Json]) {
    let (mut wal, _) = LocalWal::open(Arc::new(RealDisk), dir, options(&lines[0])).unwrap();
    for line in &lines[1..] {
        match line["do"].as_str().unwrap() {
            "append" => append(&mut wal, &line["records"]),
            "mark" => wal.mark().unwrap(),
            "close" => return Box::new(wal).close().unwrap(),
            "tear" => return tear(dir, number(&line["offset"])),
            other => panic!("{other} is nothing that a writer does"),
        }
    }
}

/// Makes the last segment zeros from `offset` on: a write that was cut short.
fn tear(dir: &Path, offset: usize) {
    let last = segments(dir).pop().unwrap();
    let mut content = std::fs::read(&last).unwrap();
    content[offset..].fill(0);
    std::fs::write(last, content).unwrap();
}

/// The records of a log, as its lines ask for them; a group that was torn does not count.
fn asked(lines: &[Json]) -> Vec<Json> {
    let torn = lines.last().unwrap()["do"] == "tear";
    let appends: Vec<_> = lines.iter().filter(|line| line["do"] == "append").collect();
    let whole = appends.len() - usize::from(torn);
    appends[..whole].iter().flat_map(|it| it["records"].as_array().unwrap()).cloned().collect()
}

fn read(dir: &Path) -> Vec<Record> {
    let reader = LocalReader::open_read_only(Arc::new(RealDisk), dir).unwrap();
    reader.read_from(Seq(1)).map(Result::unwrap).collect()
}

#[test]
fn the_same_records_make_the_same_bytes() {
    for log in logs() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &json_lines(&log.join("log.jsonl")));
        let names = |dir: &Path| -> Vec<_> {
            segments(dir).iter().map(|path| path.file_name().unwrap().to_owned()).collect()
        };
        assert_eq!(names(dir.path()), names(&log), "segments of {log:?}");
        for name in names(&log) {
            let same = std::fs::read(dir.path().join(&name)).unwrap()
                == std::fs::read(log.join(&name)).unwrap();
            assert!(same, "other bytes in {name:?} of {log:?}");
        }
    }
}

#[test]
fn the_records_are_those_that_were_asked_for() {
    for log in logs() {
        let lines = json_lines(&log.join("log.jsonl"));
        let (asked, read) = (asked(&lines), read(&log));
        assert_eq!(asked.len(), read.len(), "records of {log:?}");
        let mut latest = TimestampMs(0);
        for (index, (asked, read)) in asked.iter().zip(&read).enumerate() {
            let payload = bytes(&asked["payload"]);
            let record = new_record(asked, &payload);
            latest = latest.max(record.recorded_at);
            assert_eq!((read.seq.0, read.recorded_at), (index as u64 + 1, latest));
            let kind = (record.event_type, record.event_version, record.codec, record.batch_more);
            assert_eq!((read.event_type, read.event_version, read.codec, read.batch_more), kind);
            assert!(read.payload == payload, "record {} of {log:?}", read.seq);
        }
    }
}

#[test]
fn the_logs_are_sound_and_torn_tails_are_seen() {
    for log in logs() {
        let lines = json_lines(&log.join("log.jsonl"));
        let report = verify(&RealDisk, &log, &mut |_| {}).unwrap();
        assert!(report.damage.is_empty(), "{log:?}: {:?}", report.damage);
        assert_eq!(report.segments, segments(&log).len());
        let torn = lines.last().unwrap()["do"] == "tear";
        assert_eq!(matches!(report.tail, Tail::Torn { .. }), torn, "tail of {log:?}");
        assert!(torn || report.tail == Tail::Marked || report.groups == 0, "tail of {log:?}");
    }
}

#[test]
fn torn_tails_are_cut_and_the_rest_is_kept() {
    for log in logs() {
        let lines = json_lines(&log.join("log.jsonl"));
        let torn = lines.last().unwrap()["do"] == "tear";
        let dir = tempfile::tempdir().unwrap();
        for segment in segments(&log) {
            std::fs::copy(&segment, dir.path().join(segment.file_name().unwrap())).unwrap();
        }
        let opened = LocalWal::open(Arc::new(RealDisk), dir.path(), options(&lines[0]));
        let (wal, report) = opened.unwrap();
        assert_eq!(report.torn.is_some(), torn, "{log:?}");
        assert_eq!(report.head.0, asked(&lines).len() as u64);
        Box::new(wal).close().unwrap();
        assert_eq!(
            read(dir.path()).iter().map(|it| &it.payload).collect::<Vec<_>>(),
            read(&log).iter().map(|it| &it.payload).collect::<Vec<_>>()
        );
    }
}

#[test]
fn released_events_are_among_the_vectors() {
    let vectors = events::payloads();
    for log in ["events", "webhooks"] {
        for record in read(&golden("logs").join(log)) {
            let key = (record.event_type, record.event_version, record.payload);
            assert!(vectors.contains(&key), "record {} of {log}", record.seq);
        }
    }
}

#[test]
#[ignore = "makes the segments of golden logs that have none"]
fn make_segments() {
    for log in logs().into_iter().filter(|log| segments(log).is_empty()) {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &json_lines(&log.join("log.jsonl")));
        for made in segments(dir.path()) {
            std::fs::copy(&made, log.join(made.file_name().unwrap())).unwrap();
        }
    }
}

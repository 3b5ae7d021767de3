//! Payloads: at least three vectors for each kind and version, made by the second implementation
//! in `tests/reader`. Ours must read them as it does, and write the same bytes.

use std::{collections::BTreeSet, path::PathBuf};

use runlog::{
    base::{Seq, TimestampMs},
    event::{Envelope, Event, codec},
    wal::Record,
};
use serde_json::Value as Json;

use super::{bytes, entries, golden, has_extension, json_lines, number};

/// A payload and what it means.
struct Vector {
    record: Record,
    json: Json,
}

impl Vector {
    fn new(json: Json) -> Self {
        let record = Record {
            seq: Seq(1),
            recorded_at: TimestampMs(0),
            event_type: number(&json["kind"]),
            event_version: number(&json["version"]),
            codec: codec::CODEC,
            batch_more: false,
            payload: bytes(&json["payload"]),
            destroyed: None,
            place: None,
        };
        Self { record, json }
    }

    fn decode(&self) -> Envelope {
        let told = |error| panic!("{} {}: {error}", self.json["name"], self.json["vector"]);
        codec::decode_record(&self.record).unwrap_or_else(told)
    }
}

fn files() -> Vec<PathBuf> {
    let mut files = entries(&golden("events"));
    files.retain(|path| has_extension(path, "jsonl"));
    files
}

fn vectors() -> Vec<Vector> {
    files().iter().flat_map(|file| json_lines(file)).map(Vector::new).collect()
}

/// The payloads of the vectors, each with its kind and version.
pub fn payloads() -> BTreeSet<(u16, u8, Vec<u8>)> {
    let key = |it: Vector| (it.record.event_type, it.record.event_version, it.record.payload);
    vectors().into_iter().map(key).collect()
}

#[test]
fn every_kind_has_three_vectors() {
    let payloads = payloads();
    for (kind, version, name) in Event::KINDS {
        let count = payloads.iter().filter(|it| (it.0, it.1) == (*kind, *version)).count();
        assert!(
            count >= 3,
            "{count} vectors of {name}, version {version}: give it a row in docs/FORMAT.md and \
             run tests/golden/events/make.py"
        );
    }
}

#[test]
fn vectors_mean_what_they_meant() {
    for vector in vectors() {
        let (read, told) = (vector.decode(), &vector.json);
        assert_eq!(serde_json::to_value(&read.meta).unwrap(), told["cause"]);
        assert_eq!(serde_json::to_value(&read.event).unwrap(), told["body"]);
        assert_eq!(read.event.name(), told["name"]);
    }
}

#[test]
fn the_same_events_make_the_same_bytes() {
    for vector in vectors() {
        let read = vector.decode();
        assert_eq!(read.event.kind(), vector.record.event_type);
        let (meta, event) = (&read.meta, &read.event);
        let written = codec::encode_event(meta, event);
        assert!(written == vector.record.payload, "other bytes for {}", vector.json);
    }
}

#[test]
fn payloads_with_bytes_missing_or_left_over_are_refused() {
    for mut vector in vectors() {
        let whole = vector.record.payload.clone();
        vector.record.payload.push(0);
        assert!(codec::decode_record(&vector.record).is_err());
        for len in 0..whole.len() {
            vector.record.payload = whole[..len].to_vec();
            assert!(codec::decode_record(&vector.record).is_err(), "{len} bytes of {whole:?}");
        }
    }
}

#[test]
fn other_kinds_versions_and_codecs_are_refused() {
    for vector in vectors() {
        let record = &vector.record;
        let codec = Record { codec: record.codec + 1, ..record.clone() };
        let kind = Record { event_type: u16::MAX, ..record.clone() };
        let version = Record { event_version: u8::MAX, ..record.clone() };
        for other in [codec, kind, version] {
            let error = codec::decode_record(&other).unwrap_err().to_string();
            assert!(error.contains("written by a newer Runlog"), "{error}");
        }
    }
}

#[test]
fn the_document_lists_every_kind() {
    let document = golden("../../docs/FORMAT.md");
    let document = std::fs::read_to_string(document).unwrap();
    for (code, version, name) in Event::KINDS {
        let row = format!("| {code} | {version} | `{name}` |");
        assert!(document.contains(&row), "docs/FORMAT.md lacks the row {row}");
    }
}

#[test]
fn every_file_is_named_after_what_is_in_it() {
    for file in files() {
        let mut names = BTreeSet::new();
        for vector in json_lines(&file) {
            let expected = format!("{}.v{}", vector["name"].as_str().unwrap(), vector["version"]);
            assert_eq!(file.file_stem().unwrap().to_str().unwrap(), expected);
            assert!(names.insert(vector["vector"].to_string()), "{file:?}: {}", vector["vector"]);
        }
    }
}

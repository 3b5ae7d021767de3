//! `runlog redact`, and what the rest makes of a log of which something was destroyed. What it destroys, and what
//! the clients see then, is in `tests/clients/test_redaction.py`.

use std::{fs, path::Path, sync::Arc};

use runlog::{
    base::{Seq, digest::Sha256Digest, disk::RealDisk},
    domain::{Command, redaction::Redact},
    event::{Event, EventRedacted, Meta, Redaction, codec},
    wal::{LocalReader, Record, WalReader as _},
};

use crate::support::{Data, runlog, text};

/// The creation of the run of [`Data::lived`], whose name goes.
fn run_created(data: &Data) -> Record {
    let log = LocalReader::open_read_only(Arc::new(RealDisk), &data.log()).unwrap();
    let mut records = log.read_from(Seq(1)).map(Result::unwrap);
    let is_run = |record: &Record| {
        matches!(codec::decode_record(record).unwrap().event, Event::RunCreated(_))
    };
    records.find(is_run).unwrap()
}

fn redaction_of(record: &Record) -> EventRedacted {
    let envelope = codec::decode_record(record).unwrap();
    let (meta, left): (Meta, Event) =
        Redaction::Texts.apply(&envelope.meta, &envelope.event, "[gone]");
    EventRedacted {
        log_id: [7; 16],
        seq: record.seq.0,
        kind: 16,
        version: 1,
        sha256: Sha256Digest::of(&record.payload).0,
        reason: "a mistake".to_owned(),
        substitute: codec::encode_event(&meta, &left),
    }
}

/// Whether a file below a directory has these bytes.
fn holds(dir: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn what_was_recorded_and_not_destroyed_is_at_the_next_start() {
    let mut data = Data::lived();
    let before = run_created(&data);
    let earlier = runlog(&["verify", "--data-dir", text(&data.path())]);
    data.open();
    // As if the power failed right after.
    data.execute("ada", Command::RedactEvent(Redact(redaction_of(&before))));
    data.close();
    assert!(holds(&data.path(), b"a run"));
    data.open();
    data.close();
    assert!(!holds(&data.path(), b"a run"));
    let after = run_created(&data);
    assert_eq!(after.destroyed.unwrap().sha256, Sha256Digest::of(&before.payload));
    assert!(after.payload.windows(6).any(|window| window == b"[gone]"));
    let checked = runlog(&["verify", "--data-dir", text(&data.path())]);
    assert!(checked.answer().contains("redacted  1 events"), "{checked:?}");
    assert_ne!(checked.field("root"), earlier.field("root"), "there is one event more");
    runlog(&["verify", "--views", "--data-dir", text(&data.path())]).answer();
}

#[test]
fn a_repaired_log_goes_on_without_it() {
    let data = Data::lived();
    let seq = run_created(&data).seq.to_string();
    let path = data.path();
    let what = ["--seq", &seq, "--reason", "a mistake", "--by", "ada"];
    let done = runlog(&[&["redact", "--data-dir", text(&path)], &what[..]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    // Damage to another event.
    let (segment, mut bytes) = (data.segment(), fs::read(data.segment()).unwrap());
    let at = bytes.windows(7).position(|window| window == b"CarSeat").unwrap();
    bytes[at] ^= 1;
    fs::write(segment, bytes).unwrap();
    let into = data.beside("repaired");
    let repaired = runlog(&["repair", "--data-dir", text(&path), "--into", text(&into)]);
    assert_eq!(repaired.code, 0, "{repaired:?}");
    let said = runlog(&["log", "--data-dir", text(&into)]);
    assert!(said.answer().contains(&format!("[redacted #{seq} by ada: a mistake]")), "{said:?}");
    assert!(!holds(&into, b"a run"));
}

#[test]
fn a_destruction_that_no_redaction_explains_is_damage() {
    let mut data = Data::lived();
    let (record, _) = (run_created(&data), data.open());
    // It says that it destroys something else.
    let false_word = EventRedacted { sha256: [0; 32], ..redaction_of(&record) };
    data.execute("ada", Command::RedactEvent(Redact(false_word)));
    data.close();
    let (wal, _) = runlog::wal::LocalWal::open(
        Arc::new(RealDisk),
        &data.log(),
        runlog::wal::Options { segment_bytes: 1 << 20, ..runlog::wal::Options::default() },
    )
    .unwrap();
    let by = wal.local_reader().head();
    wal.erase(&[runlog::wal::Erasure { seq: record.seq, by, substitute_len: 0 }]).unwrap();
    let checked = runlog(&["verify", "--data-dir", text(&data.path())]);
    assert_eq!(checked.code, 3);
    assert!(checked.stdout.contains("does not say so"), "{checked:?}");
}

//! What cannot be opened is refused in one line that names it and says what to do, and is left as it was.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use runlog::{
    base::{Seq, TimestampMs, disk::RealDisk},
    wal::{LocalWal, NewRecord, Options, Wal},
};

use crate::support::{Data, runlog, text};

/// All files below a directory, with their content; but not the word in the lock file, which each start
/// writes, nor the views, which are a cache.
fn content(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            if name == "LOCK" || name == "views" {
                continue;
            }
            if path.is_dir() {
                dirs.push(path.clone());
                found.insert(path, Vec::new());
            } else {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    found
}

const SERVE: &[&str] = &["serve", "--port", "0"];
const OFFLINE: &[&[&str]] = &[&["verify"], &["log"], &["history", "model", "m"], &["replay"]];

/// Every command refuses the data directory with this code, saying all these words, and changes nothing.
fn refused(data: &Data, commands: &[&[&str]], path: &Path, code: i32, words: &[&str]) {
    let before = content(&data.beside(""));
    for command in commands {
        let ran = runlog(&[command, &["--data-dir", text(path)][..]].concat());
        let lines = ran.stderr.lines().filter(|line| !line.contains(" INFO runlog::"));
        let lines: Vec<_> = lines.collect();
        assert!(ran.code == code && lines.len() == 1, "{command:?}: {ran:?}");
        assert!(lines[0].starts_with("runlog: "), "{ran:?}");
        // What a check of the whole log finds, it prints.
        let said = [lines[0], &ran.stdout].concat();
        for word in words {
            assert!(said.contains(word), "{command:?}: no {word} in {ran:?}");
        }
    }
    let after = content(&data.beside(""));
    let changed: Vec<_> =
        after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).collect();
    let changed: Vec<_> = changed.iter().map(|(path, _)| path).collect();
    assert!(changed.is_empty() && before.len() == after.len(), "changed: {changed:?}");
}

fn all() -> Vec<&'static [&'static str]> {
    [&[SERVE], OFFLINE].concat()
}

#[test]
fn a_file_is_no_data_directory() {
    let data = Data::lived();
    let file = data.beside("file");
    fs::write(&file, "mine").unwrap();
    refused(&data, &all(), &file, 2, &[text(&file), "choose another --data-dir"]);
    refused(&data, &all(), &file.join("below"), 2, &[text(&file), "choose another --data-dir"]);
}

#[test]
fn a_missing_directory_is_made_to_serve_and_refused_to_read() {
    let data = Data::lived();
    let path = data.beside("no/such/directory");
    fs::create_dir(data.beside("no")).unwrap();
    refused(&data, OFFLINE, &path, 2, &[text(&path), "--data-dir"]);
}

#[test]
fn a_log_of_a_newer_format_is_left_to_a_newer_runlog() {
    let data = Data::lived();
    let mut bytes = fs::read(data.segment()).unwrap();
    bytes[8] = 2;
    let crc = crc32fast::hash(&bytes[..124]);
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    fs::write(data.segment(), bytes).unwrap();
    refused(
        &data,
        &all(),
        &data.path(),
        2,
        &[text(&data.segment()), "format 2", "use a newer Runlog"],
    );
}

#[test]
fn an_event_of_a_newer_kind_is_left_to_a_newer_runlog() {
    let data = Data::lived();
    let (mut wal, _) = LocalWal::open(Arc::new(RealDisk), &data.log(), Options::default()).unwrap();
    let record = NewRecord {
        recorded_at: TimestampMs(i64::MAX / 2),
        event_type: 60_000,
        event_version: 1,
        codec: 1,
        batch_more: false,
        payload: b"from the future",
    };
    let Seq(seq) = wal.append(wal.next(), &[record]).unwrap();
    Box::new(wal).close().unwrap();
    let what = format!("event {seq}");
    let readers: &[&[&str]] = &[SERVE, &["replay"], &["log"], &["history", "model", "CarSeat"]];
    refused(&data, readers, &data.path(), 2, &[&what, "60000", "use a newer Runlog"]);
}

#[test]
fn a_segment_of_another_log_is_named() {
    let (data, other) = (Data::lived(), Data::lived());
    let stray = data.log().join("seg-0000000000000002-0000000000000099.runlog");
    fs::copy(other.segment(), &stray).unwrap();
    refused(&data, &all(), &data.path(), 3, &[text(&stray), "belongs to log"]);
}

#[test]
fn views_without_a_log_say_that_there_was_one() {
    let data = Data::lived();
    fs::rename(data.log(), data.beside("lost")).unwrap();
    let views = data.views();
    refused(
        &data,
        &[SERVE],
        &data.path(),
        2,
        &[text(&data.log()), text(&views), "put the log back"],
    );
    fs::create_dir(data.log()).unwrap();
    refused(
        &data,
        &[SERVE],
        &data.path(),
        2,
        &[text(&data.log()), text(&views), "put the log back"],
    );
    fs::remove_dir(data.log()).unwrap();
    fs::rename(data.beside("lost"), data.log()).unwrap();
    runlog(&["verify", "--data-dir", text(&data.path())]).answer();
}

#[test]
fn what_stands_in_the_way_of_the_lock_is_named() {
    let data = Data::lived();
    let lock = data.log().join("LOCK");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    refused(&data, &[SERVE], &data.path(), 2, &[text(&lock), "directory", "remove it"]);
}

#[test]
fn who_holds_the_lock_is_named() {
    let mut data = Data::lived();
    data.open();
    let pid = format!("pid {}", std::process::id());
    let ran = runlog(&[SERVE, &["--data-dir", text(&data.path())]].concat());
    for word in [text(&data.log()), &pid, "stop the server"] {
        assert!(ran.refusal(2).contains(word), "{ran:?}");
    }
}

#[test]
fn artifacts_go_where_they_can_be_written() {
    let data = Data::lived();
    let file = data.beside("file");
    fs::write(&file, "mine").unwrap();
    for destination in [file.clone(), file.join("below")] {
        let command = [SERVE, &["--artifacts-destination", text(&destination)]].concat();
        let words = [text(&destination), "choose another --artifacts-destination"];
        refused(&data, &[&command], &data.path(), 2, &words);
    }
}

//! What was written once is read for ever: the vectors in `tests/golden/events` and the logs in
//! `tests/golden/logs`, frozen as they were released (docs/FORMAT.md, "Vectors").
//!
//! The files of one vector or log never change. New ones are made by `tests/golden/events/make.py`
//! (a new kind of event) and `cargo test --test format -- --ignored` (the segments of a new
//! `log.jsonl`).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "test code")]

mod events;
mod logs;

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder)
}

/// What is in a folder, by path.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut entries: Vec<_> = entries.collect();
    entries.sort();
    entries
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|it| it == extension)
}

fn json_lines(file: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn bytes(hex: &Json) -> Vec<u8> {
    let hex = hex.as_str().unwrap().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    hex.chunks(2).map(byte).collect()
}

fn number<T: TryFrom<i64>>(json: &Json) -> T {
    T::try_from(json.as_i64().unwrap()).ok().unwrap()
}

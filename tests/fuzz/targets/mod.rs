//! What is fuzzed. A target takes any bytes, and panics where the program breaks its word.
//!
//! They are run by `tests/fuzz/main.rs` (the committed corpus and seeded mutations of it) and by
//! libFuzzer (`tests/fuzz/libfuzzer.rs`). A new target needs a line here, a `[[bin]]` in
//! `tests/fuzz/Cargo.toml`, and a folder in `tests/fuzz/corpus`.

mod arguments;
mod artifact_paths;
mod page_tokens;
mod payloads;
mod requests;
mod search;
mod segments;
mod server;
mod unplugged;

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("arguments", arguments::run),
    ("artifact_paths", artifact_paths::run),
    ("page_tokens", page_tokens::run),
    ("payloads", payloads::run),
    ("requests", requests::run),
    ("search", search::run),
    ("segments", segments::run),
];

/// Runs the target of that name.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, target) = target.unwrap_or_else(|| panic!("no target {name}"));
    target(data);
}

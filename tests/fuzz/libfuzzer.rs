//! Gives a target to libFuzzer: the one that this program is named after.

#![no_main]

mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::run(env!("CARGO_BIN_NAME"), data));

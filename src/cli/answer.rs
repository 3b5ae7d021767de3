//! Answers go to standard output, all else that is said to standard error.

use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::Failure;
use crate::base::Seq;

/// A bar that counts events on standard error, if somebody looks; up to the last, if that is known.
pub(super) fn progress(until: Option<Seq>) -> ProgressBar {
    let template = match until {
        Some(_) => "{bar:40} {pos}/{len} events, {per_sec}, {eta} left",
        None => "{spinner} {pos} events, {per_sec}",
    };
    let target = ProgressDrawTarget::stderr();
    let bar = ProgressBar::with_draw_target(until.map(|seq| seq.0), target);
    bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
}

/// Prints an answer. A reader that has closed the pipe wants no more, which is fine.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::usage(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints an answer as one JSON object, in one line.
pub(super) fn print_json(answer: &impl serde::Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string(answer).expect("plain data always serializes");
    print(&format!("{json}\n"))
}

/// Appends a line to an answer.
pub(super) fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    text.push_str(&line.to_string());
    text.push('\n');
}

/// Says something beside the answer, in one line. That nobody listens is no failure.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "runlog: {line}");
}

/// Text from a client as it may be shown: control characters, which could drive a terminal, are
/// escaped.
pub(super) fn shown(text: &str) -> String {
    let escaped = text.chars().map(|char| {
        if char.is_control() { char.escape_debug().to_string() } else { char.to_string() }
    });
    escaped.collect()
}

//! Answers go to standard output, all else that is said to standard error.

use std::io::{self, Write};

use super::failure::Failure;

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

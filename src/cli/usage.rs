//! From what was typed to a command, or to one line that says what is wrong with it.

use std::ffi::OsString;

use clap::{Parser, error::ErrorKind};

use super::{Command, CommandLine, answer::say};
use crate::base::exit;

/// Reads the command line. If there is nothing to run (help was asked for, or the line is wrong),
/// says so and returns the exit code.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, i32> {
    match CommandLine::try_parse_from(args) {
        Ok(line) => Ok(line.command),
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let bare = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
            if asked || bare {
                // A closed pipe is no reason to fail: nobody wants to read more.
                let _ = error.print();
            } else {
                let message = one_line(&error.render().to_string());
                say(&format!("{message}; see runlog --help"));
            }
            Err(if asked { exit::OK } else { exit::USAGE })
        }
    }
}

/// The message of a usage error without its heading and the usage that follows it.
fn one_line(rendered: &str) -> String {
    let lines = rendered.lines().map(str::trim);
    let message = lines.take_while(|line| {
        !line.starts_with("Usage:") && !line.starts_with("For more information")
    });
    let words: Vec<&str> = message.filter(|line| !line.is_empty()).collect();
    let message = words.join(" ");
    message.strip_prefix("error: ").unwrap_or(&message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_usage_error_is_one_line() {
        let error = CommandLine::try_parse_from(["runlog", "verify", "--frob"]).unwrap_err();
        assert_eq!(one_line(&error.render().to_string()), "unexpected argument '--frob' found");
    }
}

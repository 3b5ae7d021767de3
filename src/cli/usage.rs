//! From what was typed to a command, or to one line that says what is wrong with it.

use std::{ffi::OsString, fmt};

use clap::{
    Parser,
    error::{Error, ErrorKind},
};

use super::{Command, CommandLine, answer::say};
use crate::base::exit;

/// Why a command line is no command, in one line; or that something else than a command was asked
/// for, such as help.
#[derive(Debug)]
pub struct Misuse(Error);

/// Reads a command line, the program's own name included.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Command, Misuse> {
    CommandLine::try_parse_from(args).map(|line| line.command).map_err(Misuse)
}

impl Misuse {
    /// Prints the help that was asked for, or says what is wrong. Returns the exit code.
    pub fn tell(&self) -> i32 {
        let bare = self.0.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
        if bare || self.code() == exit::OK {
            // A closed pipe is no reason to fail: nobody wants to read more.
            let _ = self.0.print();
        } else {
            say(&format!("{self}; see runlog --help"));
        }
        self.code()
    }

    /// The exit code.
    pub fn code(&self) -> i32 {
        match self.0.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => exit::OK,
            _ => exit::USAGE,
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&self.0.render().to_string()))
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

//! The command line: one file a subcommand, each thin. The only module that prints: answers to
//! standard output, everything else to standard error, a failure in one line with an exit code.

mod activity;
mod alias_at;
mod answer;
mod approvals;
mod backup;
mod damage;
mod diff;
mod failure;
mod history;
mod key;
mod lineage;
mod log;
mod output;
mod place;
mod prove;
mod redact;
mod repair;
mod replay;
mod restore;
mod selection;
mod serve;
mod source;
mod stage_at;
mod stopped;
mod telemetry;
mod usage;
mod verify;
mod verify_proof;
mod views;

use clap::{Parser, Subcommand};

use crate::base::exit;

pub use telemetry::start as start_telemetry;
pub use usage::{Misuse, parse};

/// What `--help` says of exit codes.
const EXIT_CODES: &str = "\
Exit codes:
  0   all went well
  1   a difference was found (verify --views, replay --compare; backup: artifacts are missing), or a
      proof does not hold (verify-proof)
  2   the command line or the environment is wrong, or something cannot be opened
  3   the log or the backup is damaged; nothing was changed
  70  the view cache failed while running; the next start rebuilds it
  74  a write or sync of the log failed; what was acknowledged is safe";

/// MLflow-compatible tracking server and model registry that keeps every change.
///
/// Each call of a client is an immutable event in a log; runs, metrics, models and their stage
/// history are folded from it and can be rebuilt at any time.
#[derive(Debug, Parser)]
#[command(name = "runlog", version, after_help = EXIT_CODES, after_long_help = EXIT_CODES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Serve(Box<serve::Args>),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Replay(replay::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Verify(verify::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Log(log::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Activity(activity::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    History(history::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Diff(diff::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    StageAt(stage_at::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    AliasAt(alias_at::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Approvals(approvals::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Lineage(lineage::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Prove(prove::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    VerifyProof(verify_proof::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Key(key::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Redact(redact::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Backup(backup::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Restore(restore::Args),
    #[allow(missing_docs, reason = "the arguments document themselves")]
    Repair(repair::Args),
}

/// Runs a command to its end; returns the exit code.
pub fn run(command: Command) -> i32 {
    let done = match command {
        Command::Serve(args) => serve::run(*args),
        Command::Replay(args) => replay::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Log(args) => log::run(&args),
        Command::Activity(args) => activity::run(&args),
        Command::History(args) => history::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::StageAt(args) => stage_at::run(&args),
        Command::AliasAt(args) => alias_at::run(&args),
        Command::Approvals(args) => approvals::run(&args),
        Command::Lineage(args) => lineage::run(&args),
        Command::Prove(args) => prove::run(&args),
        Command::VerifyProof(args) => verify_proof::run(&args),
        Command::Key(args) => key::run(&args),
        Command::Redact(args) => redact::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Repair(args) => repair::run(&args),
    };
    match done {
        Ok(()) => exit::OK,
        Err(failure) => {
            answer::say(&failure.to_string());
            failure.code()
        }
    }
}

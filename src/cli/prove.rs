//! `runlog prove`: one file that proves an event to whoever has the public key.

use std::path::PathBuf;

use super::{
    EXIT_CODES,
    answer::print,
    failure::Failure,
    place::{KeyPlace, LogPlace},
    source::Source,
};
use crate::{
    audit::{ModelHistory, fold_registry, model_history},
    base::{
        Seq,
        disk::{Open, RealDisk, replace},
    },
    event::Stage,
    proof::{Evidence, last_signed, prove_from_log},
    wal::LocalReader,
};

const EXAMPLES: &str = "\
The file holds the event with its whole content, and a checkpoint that the log signed. Check it with
`runlog verify-proof` or docs/verify_proof.py; neither needs a server, a network, or the log.
Offline, what the server has signed can be proved; a server signs what it has not signed yet.

Examples:
  runlog prove --model CarSeat --version 3 --stage Production --server http://127.0.0.1:5000
  runlog prove --seq 4711 --data-dir /srv/runlog --to evidence.tlog-proof
";

/// Write a file that proves an event, or a stage change, to others
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// Prove this event.
    #[arg(long, value_name = "N", required_unless_present = "model", conflicts_with = "model")]
    seq: Option<u64>,

    /// Prove that a version of this registered model came to a stage.
    #[arg(long, value_name = "NAME", requires_all = ["version", "stage"])]
    model: Option<String>,

    /// Which version.
    #[arg(long, value_name = "N", requires = "model")]
    version: Option<u32>,

    /// Which stage; the last time that it came there counts.
    #[arg(long, value_name = "STAGE", requires = "model", value_parser = stage)]
    stage: Option<Stage>,

    /// The file to write [default: <seq>.tlog-proof]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    #[command(flatten)]
    keys: KeyPlace,

    #[command(flatten)]
    source: Source,
}

fn stage(word: &str) -> Result<Stage, String> {
    let words = || Stage::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
    Stage::from_any_case(word).ok_or_else(|| format!("stages are {}", words()))
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let seq = match (args.seq, &args.model, args.version, args.stage) {
        (Some(seq), ..) => Seq(seq),
        (None, Some(model), Some(version), Some(stage)) => moved(args, model, version, stage)?,
        _ => {
            return Err(Failure::usage("name an event with --seq, or a stage change with --model"));
        }
    };
    let number = seq.to_string();
    let evidence = args.source.fetch(&["tlog", "proof", &number], |log, place| {
        Ok(offline(args, log, place, seq)?.to_string().into_bytes())
    })?;
    let path = args.to.clone().unwrap_or_else(|| format!("{seq}.tlog-proof").into());
    replace(&RealDisk, &path, &evidence, Open::New)?;
    print(&format!("{}\n", path.display()))
}

/// The event by which a version came to a stage last.
fn moved(args: &Args, model: &str, version: u32, stage: Stage) -> Result<Seq, Failure> {
    let none = || {
        let stage = stage.as_str();
        Failure::usage(format!("version {version} of model {model} never came to {stage}"))
    };
    let path = ["models", model, "history"];
    let history: ModelHistory = args.source.ask(&path, &[("version", version)], |log, until| {
        let registry = fold_registry(log, until)?;
        model_history(&registry.view(), model, Some(version)).ok_or_else(none)
    })?;
    let found = history.history.iter().rev().find(|change| change.to == stage);
    found.map(|change| change.seq).ok_or_else(none)
}

fn offline(
    args: &Args,
    log: &LocalReader,
    place: &LogPlace,
    seq: Seq,
) -> Result<Evidence, Failure> {
    let keys = args.keys.dir(place.data_dir())?;
    let signed = last_signed(&RealDisk, &keys, log)?.ok_or_else(|| {
        Failure::usage(format!(
            "no checkpoint of this log is in {}: name its directory with --key-dir",
            keys.display()
        ))
    })?;
    if seq.0 > signed.0.size {
        return Err(Failure::usage(format!(
            "event {seq} is not signed yet, or not there: ask the server with --server, or wait a minute"
        )));
    }
    Ok(prove_from_log(log, seq, &signed)?)
}

//! `runlog key`: the key that signs a log.

use std::{path::PathBuf, sync::Arc};

use super::{
    EXIT_CODES,
    answer::{print, print_json, say},
    failure::Failure,
    place::KeyPlace,
    source::Source,
    stopped::{Stopped, close},
};
use crate::{
    base::{
        Seq,
        data_dir::TLOG_DIR,
        disk::{Open, RealDisk, replace},
    },
    domain::{Command, signing},
    proof::{Anew, Notary, PublicKey, last_signed, public_key},
};

const EXAMPLES: &str = "\
The key is checked by whoever checks proofs. rotate and new want the server to be stopped.

Examples:
  runlog key show                                       of the log in ./runlog-data
  runlog key show --server http://127.0.0.1:5000
  runlog key rotate --data-dir /srv/runlog
  runlog key new --data-dir /srv/runlog --reason \"restored the backup of Sunday\"
";

/// Show or change the key that signs a log
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the public key with which proofs are checked
    Show(Show),
    /// Draw another key; the old one vouches for it, in the log and in a file
    Rotate(Rotate),
    /// Give up what was signed, and go on under another name with another key
    New(New),
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Print one line of JSON instead, as the server answers it.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    keys: KeyPlace,

    #[command(flatten)]
    source: Source,
}

#[derive(Debug, clap::Args)]
struct Rotate {
    /// The file that shows the new key to those who trust the old one [default: <seq>.tlog-proof]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    #[command(flatten)]
    stopped: Stopped,
}

#[derive(Debug, clap::Args)]
struct New {
    /// Why; it is recorded in the log.
    #[arg(long, value_name = "TEXT")]
    reason: String,

    #[command(flatten)]
    stopped: Stopped,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.what {
        What::Show(args) => show(args),
        What::Rotate(args) => rotate(args),
        What::New(args) => new(args),
    }
}

fn show(args: &Show) -> Result<(), Failure> {
    let key = args.source.fetch(&["tlog", "key"], |log, place| {
        let keys = args.keys.dir(place.data_dir())?;
        let key = public_key(&RealDisk, &keys, log)?.ok_or_else(|| {
            Failure::usage(format!("this log has no key in {} yet: serve it", keys.display()))
        })?;
        Ok(serde_json::to_vec(&PublicKey::of(&key)).expect("plain data always serializes"))
    })?;
    let key: PublicKey = serde_json::from_slice(&key).map_err(|error| Failure::of(&error))?;
    if args.json { print_json(&key) } else { print(&format!("{}\n", key.key)) }
}

fn rotate(args: &Rotate) -> Result<(), Failure> {
    let keys = args.stopped.keys()?;
    let witnessed = args.stopped.witnessed()?;
    let engine = args.stopped.open(witnessed)?;
    let cache = args.stopped.data_dir.join(TLOG_DIR);
    let notary = Notary::open(Arc::new(RealDisk), &keys, &cache, engine.reader())?;
    let log_id = engine.log().log_id().into_bytes();
    let (key, evidence) = notary.rotate(|rotation| {
        let (from, to) = (rotation.from.to_string(), rotation.to.to_string());
        let statement = rotation.statement.to_string();
        let rotate = signing::Rotate { log_id, from, to, statement };
        args.stopped.record(&engine, Command::RotateSigningKey(rotate))
    })?;
    let path = args.to.clone();
    let path = path.unwrap_or_else(|| format!("{}.tlog-proof", evidence.index + 1).into());
    replace(&RealDisk, &path, evidence.to_string().as_bytes(), Open::New)?;
    say(&format!("{} shows the new key to those who trust the old one", path.display()));
    close(engine)?;
    print(&format!("{key}\n"))
}

fn new(args: &New) -> Result<(), Failure> {
    let keys = args.stopped.keys()?;
    // Takes the lock of the log first: nobody signs for it now.
    let engine = args.stopped.open(Seq::ZERO)?;
    let log = engine.reader();
    let checkpoint = last_signed(&RealDisk, &keys, &*log).ok().flatten();
    let anew = Anew::prepare(&RealDisk, &keys, &*log)?;
    let key = anew.key().to_string();
    let give_up = signing::GiveUp {
        log_id: log.log_id().into_bytes(),
        checkpoint: checkpoint.map(|(_, note)| note.to_string()),
        key: key.clone(),
        reason: args.reason.clone(),
    };
    args.stopped.record(&engine, Command::GiveUpCheckpoint(give_up))?;
    anew.begin(&RealDisk)?;
    close(engine)?;
    print(&format!("{key}\n"))
}

//! `runlog key`: the key that signs a log.

use super::{
    EXIT_CODES,
    answer::{print, print_json},
    failure::Failure,
    place::KeyPlace,
    source::Source,
};
use crate::{
    base::disk::RealDisk,
    proof::{PublicKey, public_key},
};

const EXAMPLES: &str = "\
Examples:
  runlog key                          of the log in ./runlog-data
  runlog key --server http://127.0.0.1:5000
";

/// Print the public key with which proofs are checked
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// Print one line of JSON instead, as the server answers it.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    keys: KeyPlace,

    #[command(flatten)]
    source: Source,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
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

//! `runlog log`: events as JSON lines.

use std::io::{self, BufWriter};

use super::{EXIT_CODES, failure::Failure, place::LogPlace};
use crate::{
    audit::{Entity, EntityName, Moment, fold_registry},
    transfer::{Selection, export, follow},
    wal::WalReader,
};

/// Bytes of output gathered for one write; at the head of the log all are written.
const BUFFER_BYTES: usize = 64 << 10;

const EXAMPLES: &str = "\
Each line is one event: seq, recorded_at (milliseconds), time (RFC 3339), event, version, actor,
request_id, client_address, user_agent, origin, data.

Examples:
  runlog log                                             every event of ./runlog-data
  runlog log --from 2026-08-20T00:00:00Z --follow        from a time on, and what comes
  runlog log --from 100 --to 200                         by sequence, both ends included
  runlog log --entity model:CarSeat | jq .event          what happened to a model
";

/// Print events as JSON lines
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    #[command(flatten)]
    place: LogPlace,

    /// First event: a sequence, an RFC 3339 time, or milliseconds since 1970 (13 digits and up).
    #[arg(long, value_name = "SEQ|TIME")]
    from: Option<Moment>,

    /// Last event, inclusive.
    #[arg(long, value_name = "SEQ|TIME")]
    to: Option<Moment>,

    /// Only events about one entity: run:<id>, experiment:<id>, model:<name> (with its versions;
    /// the one that has the name, else the last that had it), logged-model:<id>, webhook:<id>,
    /// artifact:<path>.
    #[arg(long, value_name = "KIND:ID")]
    entity: Option<EntityName>,

    /// Do not end at the last event: wait for those that the server appends.
    #[arg(long, short)]
    follow: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let log = args.place.open()?;
    let entity = args.entity.as_ref().map(|name| find(name, &log)).transpose()?;
    let selection = Selection { from: args.from, to: args.to, entity };
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock());
    if args.follow {
        follow(&log, &selection, &mut out)?;
    } else {
        export(&log, &selection, &mut out)?;
    }
    Ok(())
}

/// The entity of that name. Only models have to be looked up.
fn find(name: &EntityName, log: &dyn WalReader) -> Result<Entity, Failure> {
    let found = match name {
        EntityName::Other(entity) => return Ok(entity.clone()),
        EntityName::Model(_) => name.find(&fold_registry(log, log.head())?.view()),
    };
    found.ok_or_else(|| {
        Failure::usage(format!("no registered model has, or last had, the name in {name}"))
    })
}

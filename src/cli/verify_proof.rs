//! `runlog verify-proof`: what a file proves, to who has nothing but the public key.

use std::path::PathBuf;

use super::{
    EXIT_CODES,
    answer::{line, print, shown},
    failure::Failure,
};
use crate::{
    audit::EventLine,
    base::disk::RealDisk,
    event::codec,
    proof::{EVIDENCE_BYTES_MAX, Evidence, Proved, VerifierKey},
    wal::Record,
};

const EXAMPLES: &str = "\
The key is what `runlog key show` prints where the log is; take it from somebody you trust, and not from
whoever gave you the file. What the file proves is that the log held this event, with this content and
in this place, when it signed; with --witness, that the witness had seen the log so, too.

Examples:
  runlog verify-proof 12.tlog-proof --key runlog/1f0c...+5a7b01c2+ARx...
";

/// Check a file that proves an event
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// The file that `runlog prove` wrote.
    file: PathBuf,

    /// The public key of the log.
    #[arg(long, value_name = "KEY")]
    key: VerifierKey,

    /// The public key of a witness that must have signed, too; may be given more than once.
    #[arg(long, value_name = "KEY")]
    witness: Vec<VerifierKey>,

    /// Print the event alone, as `runlog log` does.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let bytes = read(args)?;
    let proved = Evidence::parse(&bytes).and_then(|it| it.check(&args.key, &args.witness));
    let proved = proved.map_err(|error| {
        Failure::difference(format!("{} proves nothing: {error}", args.file.display()))
    })?;
    let event = event(&proved)?;
    if args.json {
        return print(&format!("{event}\n"));
    }
    let Proved { leaf, checkpoint, witnessed, .. } = &proved;
    let mut text = String::new();
    for (name, value) in [
        ("proved", format!("event {} of {}", leaf.seq, shown(&checkpoint.origin))),
        ("time", leaf.recorded_at.to_string()),
        ("signed", format!("when the log had {} events", checkpoint.size)),
        ("witnessed", format!("by {} of {} asked for", witnessed.len(), args.witness.len())),
        ("event", event),
    ] {
        line(&mut text, format_args!("{name:<9} {value}"));
    }
    print(&text)
}

fn read(args: &Args) -> Result<Vec<u8>, Failure> {
    use crate::base::disk::{Disk as _, Open};
    let file = RealDisk.open(&args.file, Open::Read)?;
    let bytes = usize::try_from(file.byte_len()?).unwrap_or(usize::MAX);
    if bytes > EVIDENCE_BYTES_MAX {
        return Err(Failure::usage(format!("{} is no proof: it is too long", args.file.display())));
    }
    let mut buffer = vec![0; bytes];
    let read = file.read_at(0, &mut buffer)?;
    buffer.truncate(read);
    Ok(buffer)
}

/// The event as a line of JSON; what is left of it if its content was destroyed.
fn event(proved: &Proved) -> Result<String, Failure> {
    let leaf = &proved.leaf;
    let Some(payload) = &proved.payload else {
        let left = serde_json::json!({
            "seq": leaf.seq, "recorded_at": leaf.recorded_at, "kind": leaf.event_type,
            "version": leaf.event_version, "sha256": leaf.payload.to_string(), "destroyed": true,
        });
        return Ok(left.to_string());
    };
    let record = Record {
        seq: leaf.seq,
        recorded_at: leaf.recorded_at,
        event_type: leaf.event_type,
        event_version: leaf.event_version,
        codec: leaf.codec,
        batch_more: false,
        payload: payload.clone(),
        destroyed: None,
        place: None,
    };
    let envelope = codec::decode_record(&record).map_err(|error| Failure::of(&error))?;
    Ok(EventLine::from(envelope).to_json())
}

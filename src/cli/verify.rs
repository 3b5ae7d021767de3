//! `runlog verify`: the whole log, byte by byte; and whether views are what it says.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{
    EXIT_CODES,
    answer::{line, print},
    damage,
    failure::Failure,
    place::LogPlace,
    views::{Existing, Scratch, rebuild},
};
use crate::{
    audit::{Check, check},
    base::disk::{RealDisk, read_if_present},
    proof::{Checkpoint, Note, Signed, VerifierKey, holds_all},
    wal::Tail,
};

const EXAMPLES: &str = "\
Checks framing, checksums, sequence, the links between segments, and that every event can be read.
The Merkle root (RFC 6962) stands for all records: write it down, and a later log that begins with
the same records can be told from one that was changed. A torn tail is not damage: it was never
acknowledged, and the next start sets it aside.
Damage is told place by place: the file and offset, the events that are lost, whether they had been
acknowledged, and what is intact before and after.

With --views, the views of a stopped server are folded anew from the log, as far as they have come, and
compared to the byte. They are only read. The new ones need as much room below TMPDIR.

Examples:
  runlog verify --data-dir /srv/runlog           a server's log, running or not
  runlog verify --log /backup/log                a copy
  runlog verify --data-dir /srv/runlog --views   a stopped server's log and views
  runlog verify --json | jq .damage              for programs
";

/// Check the whole log
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    #[command(flatten)]
    place: LogPlace,

    /// Compare the views of a stopped server with the log: those in the data directory, or in DIR.
    #[arg(long, value_name = "DIR")]
    views: Option<Option<PathBuf>>,

    /// Compare the log with the signed checkpoints in this file: what --anchor-file kept, or one.
    #[arg(long, value_name = "FILE", requires = "key")]
    checkpoints: Option<PathBuf>,

    /// The public key that signed them; may be given more than once, if it was rotated.
    #[arg(long, value_name = "KEY", requires = "checkpoints")]
    key: Vec<VerifierKey>,

    /// Print one JSON object instead.
    #[arg(long, conflicts_with = "views")]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let dir = args.place.dir();
    let check = check(&RealDisk, &dir)?;
    print(&if args.json { as_json(&check) } else { report(&check) })?;
    if !check.is_sound() {
        return Err(Failure::damaged(format!(
            "the log in {} is damaged: keep it as it is, and restore what is named above from a copy, \
             or see `runlog repair --help`",
            dir.display()
        )));
    }
    if let Some(file) = &args.checkpoints {
        compare_checkpoints(&args.place, file, &args.key)?;
    }
    args.views.as_ref().map_or(Ok(()), |path| compare_views(&args.place, path.clone()))
}

/// Compares the log with what it signed, as others have kept it.
fn compare_checkpoints(place: &LogPlace, file: &Path, keys: &[VerifierKey]) -> Result<(), Failure> {
    let wrong = |why: &str| Failure::difference(format!("{}: {why}", file.display()));
    let bytes = read_if_present(&RealDisk, file)?.ok_or_else(|| wrong("there is no such file"))?;
    let notes = Note::parse_all(&bytes).map_err(|error| wrong(&error.to_string()))?;
    let mut checkpoints = Vec::new();
    for note in notes {
        let checkpoint =
            Checkpoint::parse(&note.text).map_err(|error| wrong(&error.to_string()))?;
        let signs = |key: &VerifierKey| {
            key.name() == checkpoint.origin && matches!(note.signed_by(key), Signed::Well(_))
        };
        if !keys.iter().any(signs) {
            let size = checkpoint.size;
            return Err(wrong(&format!(
                "its checkpoint of {size} events is not signed by that key"
            )));
        }
        checkpoints.push(checkpoint);
    }
    holds_all(&place.open()?, &checkpoints)?;
    let (count, last) = (checkpoints.len(), checkpoints.iter().map(|it| it.size).max());
    let last = last.unwrap_or_default();
    print(&format!("anchored  {count} checkpoints hold, the last of {last} events\n"))
}

/// Folds the log as far as the views have come, and compares.
fn compare_views(place: &LogPlace, path: Option<PathBuf>) -> Result<(), Failure> {
    let path = path.or_else(|| place.views());
    let path = path.ok_or_else(|| Failure::usage("name the views' directory after --views"))?;
    let log = place.open()?;
    let existing = Existing::open(&path, &log)?;
    let scratch = Scratch::new();
    let rebuilt = scratch.views(&log)?;
    print(&rebuild(&log, &rebuilt, existing.folded())?)?;
    existing.compare(&rebuilt)
}

fn report(check: &Check) -> String {
    let log = &check.log;
    let mut text = String::new();
    for (name, value) in [
        ("log", log.log_id.to_string()),
        ("segments", log.segments.to_string()),
        ("groups", log.groups.to_string()),
        ("events", log.records.to_string()),
        ("bytes", log.bytes.to_string()),
        ("head", log.head.to_string()),
        ("tail", tail(log.tail)),
    ] {
        line(&mut text, format_args!("{name:<9} {value}"));
    }
    if log.destroyed > 0 {
        line(
            &mut text,
            format_args!("redacted  {} events; their digests are in the root", log.destroyed),
        );
    }
    if let Some(root) = check.root {
        line(&mut text, format_args!("root      {root}"));
    }
    for (kind, count) in &check.events {
        line(&mut text, format_args!("  {count:>10}  {kind}"));
    }
    damage::tell(&mut text, check);
    let result = if check.is_sound() { "sound" } else { "DAMAGED" };
    line(&mut text, format_args!("result    {result}"));
    text
}

fn as_json(check: &Check) -> String {
    let log = &check.log;
    let mut answer = json!({
        "log_id": log.log_id.to_string(),
        "segments": log.segments,
        "groups": log.groups,
        "events": log.records,
        "bytes": log.bytes,
        "head": log.head,
        "tail": tail(log.tail),
        "root": check.root.map(|root| root.to_string()),
        "redacted": log.destroyed,
        "kinds": check.events,
    });
    if let (Some(answer), Some(damage)) =
        (answer.as_object_mut(), damage::as_json(check).as_object())
    {
        answer.extend(damage.clone());
    }
    format!("{answer}\n")
}

fn tail(tail: Tail) -> String {
    match tail {
        Tail::Marked => "marked: all of it is known to have been durable".to_owned(),
        Tail::Unmarked => "open: the server is at work, or has died".to_owned(),
        Tail::Torn { offset, bytes } => format!(
            "torn: {bytes} bytes from offset {offset} of the last segment were never acknowledged; \
             the next start sets them aside"
        ),
    }
}

//! `runlog redact`: destroys what was logged by mistake.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::PathBuf};

use super::{
    EXIT_CODES,
    answer::{line, print, say},
    failure::Failure,
    stopped::{Stopped, close},
};
use crate::{
    base::{Seq, data_dir::LOG_DIR, digest::Sha256Digest},
    domain::{
        Command,
        redaction::{self, Redact},
    },
    event::{Envelope, Event, EventRedacted, Redaction, codec},
    wal::{ERASABLE_BYTES_MIN, LocalReader, Record, WalReader as _},
};

const EXAMPLES: &str = "\
The server must be stopped. The payload of each event is destroyed in the log, in views and snapshots; its
digest stays, so that every proof of the log still holds. Another payload stands for it: the same event, with
\"[redacted #<event> by <who>: <reason>]\" in the place of what was redacted. An event of its own says who did it
and why. Backups hold the payload until `runlog backup` is run into them again; files of artifacts are not touched.

Examples:
  runlog redact --seq 12 --key password --reason \"a password\"     the value of one parameter or tag
  runlog redact --seq 12 --seq 14 --reason \"personal data\"      all texts of two events but names
  runlog redact --text-file secret.txt --reason \"a token\"           a text, in whatever event it is
";

/// Destroy what was logged by mistake; every proof still holds
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// An event, by its sequence; more than one may be given [default: all that have the text]
    #[arg(long, value_name = "N", required_unless_present = "text_file")]
    seq: Vec<u64>,

    /// Redact the values of parameters and tags with this key alone; more than one may be given.
    #[arg(long, value_name = "KEY", conflicts_with = "text_file", requires = "seq")]
    key: Vec<String>,

    /// Redact the text in this file alone, without its last newline.
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,

    /// Why; it is recorded, and shown in the place of what was redacted.
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// Only print which events would be redacted.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    stopped: Stopped,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let text = args.text_file.as_ref().map(|file| read_text(file, args)).transpose()?;
    let redaction = match &text {
        Some(text) => Redaction::Text(text),
        None if args.key.is_empty() => Redaction::Texts,
        None => Redaction::Keys(&args.key),
    };
    let log = args.stopped.log()?;
    let chosen = choose(args, &log, text.as_deref())?;
    // All of it can be done, or nothing is.
    for seq in &chosen {
        args.prepare(&log, *seq, redaction)?;
    }
    let told = report(&log, &chosen)?;
    if !args.dry_run {
        let engine = args.stopped.open(args.stopped.witnessed()?)?;
        for seq in &chosen {
            let event = args.prepare(&log, *seq, redaction)?;
            args.stopped.record(&engine, Command::RedactEvent(Redact(event)))?;
        }
        close(engine)?;
        // The next opening destroys what is redacted.
        close(args.stopped.open(Seq::ZERO)?)?;
    }
    print(&told)?;
    advise(args);
    Ok(())
}

fn read_text(file: &PathBuf, args: &Args) -> Result<String, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", file.display())))?;
    let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
    if text.is_empty() {
        return Err(Failure::usage(format!("{} is empty", file.display())));
    }
    if mark(args, Seq::ZERO).contains(&text) {
        return Err(Failure::usage(
            "the text is in the reason or the name, which are recorded".to_owned(),
        ));
    }
    Ok(text)
}

/// The events to redact: those that are named, or that have the text; and with an event that was redacted
/// before, the one that did it, which holds what stands for it.
fn choose(args: &Args, log: &LocalReader, text: Option<&str>) -> Result<BTreeSet<Seq>, Failure> {
    let mut chosen: BTreeSet<Seq> = args.seq.iter().copied().map(Seq).collect();
    for seq in chosen.clone() {
        chosen.extend(log.read(seq)?.destroyed.map(|destroyed| destroyed.by));
    }
    let Some(text) = text.filter(|_| args.seq.is_empty()) else { return Ok(chosen) };
    for record in log.read_from(Seq(1)) {
        let record = record?;
        if !holds(&record.payload, text) {
            continue;
        }
        chosen.insert(record.seq);
        chosen.extend(record.destroyed.map(|destroyed| destroyed.by));
        if let Event::EventRedacted(redacted) = decode(&record)?.event {
            chosen.insert(Seq(redacted.seq));
        }
    }
    Ok(chosen)
}

impl Args {
    /// What is recorded of an event; an error if it cannot be redacted.
    fn prepare(
        &self,
        log: &LocalReader,
        seq: Seq,
        redaction: Redaction<'_>,
    ) -> Result<EventRedacted, Failure> {
        let record = log.read(seq)?;
        if record.destroyed.is_none() && record.payload.len() < ERASABLE_BYTES_MIN {
            let why = format!("event {seq} is too short for what takes its place");
            return Err(Failure::usage(why));
        }
        let envelope = decode(&record)?;
        let (meta, mut left) = redaction.apply(&envelope.meta, &envelope.event, &mark(self, seq));
        if let Event::EventRedacted(former) = &mut left {
            // What it held stands in the event that redacts anew.
            former.substitute.clear();
        } else if left == envelope.event && !redaction.touches(&envelope.meta) {
            return Err(Failure::usage(format!("event {seq} has nothing of it")));
        }
        let substitute = codec::encode_event(&meta, &left);
        if matches!(redaction, Redaction::Text(text) if holds(&substitute, text)) {
            return Err(Failure::usage(format!(
                "event {seq} has the text in an id, which must stay"
            )));
        }
        let sha256 = record.destroyed.map(|destroyed| destroyed.sha256);
        let event = EventRedacted {
            log_id: log.log_id().into_bytes(),
            seq: seq.0,
            kind: envelope.event.kind().into(),
            version: envelope.event.version().into(),
            sha256: sha256.unwrap_or_else(|| Sha256Digest::of(&record.payload)).0,
            reason: self.reason.clone(),
            substitute,
        };
        redaction::check(&event).map_err(|refused| Failure::of(&refused))?;
        Ok(event)
    }
}

/// What stands in the place of a text.
fn mark(args: &Args, seq: Seq) -> String {
    format!("[redacted #{seq} by {}: {}]", args.stopped.by, args.reason)
}

fn decode(record: &Record) -> Result<Envelope, Failure> {
    codec::decode_record(record).map_err(|error| Failure::of(&error))
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn report(log: &LocalReader, chosen: &BTreeSet<Seq>) -> Result<String, Failure> {
    let mut text = String::new();
    for seq in chosen {
        let record = log.read(*seq)?;
        let kind = decode(&record)?.event.name();
        line(&mut text, format_args!("{seq:>10}  {}  {kind}", record.recorded_at));
    }
    let _ = writeln!(text, "{} events", chosen.len());
    Ok(text)
}

/// What the operator has to do besides.
fn advise(args: &Args) {
    let files = fs::read_dir(args.stopped.data_dir.join(LOG_DIR)).into_iter().flatten().flatten();
    for file in files.filter(|file| file.file_name().to_string_lossy().contains(".torn-")) {
        say(&format!(
            "{} was kept aside after a crash, and is not looked at",
            file.path().display()
        ));
    }
    if !args.dry_run {
        say("backups hold it until `runlog backup` is run into them again");
    }
}

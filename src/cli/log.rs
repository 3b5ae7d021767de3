//! `runlog log`: events as JSON lines.

use super::{
    EXIT_CODES,
    failure::Failure,
    output::EventsOutput,
    selection::Selected,
    source::{Remote, Source},
};
use crate::{
    audit::{EVENTS_PER_PAGE_MAX, EventsPage, Moment},
    base::Seq,
    transfer::{EventSink, ExportError, Selection, export, follow},
};

const EXAMPLES: &str = "\
Each line is one event: seq, recorded_at (milliseconds), time (RFC 3339), event, version, actor,
request_id, client_address, user_agent, origin, data.

Examples:
  runlog log                                             every event of ./runlog-data
  runlog log --from 2026-08-20T00:00:00Z --follow        from a time on, and what comes
  runlog log --from 100 --to 200                         by sequence, both ends included
  runlog log --entity model:CarSeat | jq .event          what happened to a model
  runlog log --actor ada --parquet ada.parquet           what one actor did, for a spreadsheet
  runlog log --into-stage Production --follow --server http://127.0.0.1:5000
";

/// Print events as JSON lines
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    #[command(flatten)]
    selected: Selected,

    /// Do not end at the last event: wait for those that the server appends.
    #[arg(long, short, conflicts_with_all = ["as_of", "parquet"])]
    follow: bool,

    #[command(flatten)]
    output: EventsOutput,

    #[command(flatten)]
    source: Source,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut out = args.output.open()?;
    match args.source.remote() {
        Some(remote) if args.follow => {
            let from = args.selected.from.unwrap_or(Moment::Seq(Seq(1)));
            remote.follow(&args.selected.query(Some(from)), &mut out)?;
        }
        Some(remote) => from_server(args, &remote, &mut out)?,
        None => from_log(args, &mut out)?,
    }
    out.finish()
}

fn from_log(args: &Args, out: &mut dyn EventSink) -> Result<(), Failure> {
    let (log, until) = args.source.open()?;
    let Selected { from, to, .. } = args.selected;
    let filter = args.selected.filter(&log, until)?;
    let mut selection = Selection { from, to, filter };
    if args.follow {
        return Ok(follow(&log, &selection, out)?);
    }
    let last = to.map_or(Ok(until), |to| to.last(&log))?;
    selection.to = Some(Moment::Seq(last.min(until)));
    Ok(export(&log, &selection, out)?)
}

/// Page by page, up to what the server's log ends with by then.
fn from_server(args: &Args, remote: &Remote<'_>, out: &mut dyn EventSink) -> Result<(), Failure> {
    let mut from = args.selected.from;
    loop {
        let mut query = args.selected.query(from);
        query.push(("limit", EVENTS_PER_PAGE_MAX.to_string()));
        let page: EventsPage = remote.ask(&["events"], &query)?;
        let written = page.events.iter().try_for_each(|event| out.event(event));
        match (written, page.next) {
            (Ok(()), Some(next)) => from = Some(Moment::Seq(next)),
            (Ok(()), None) => return Ok(()),
            (Err(error), _) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            (Err(error), _) => return Err(ExportError::from(error).into()),
        }
    }
}

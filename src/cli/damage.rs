//! What is wrong with a log, told to a person and to a program: where, what it costs, whether it had
//! been acknowledged, what is intact around it, and what to do.

use serde_json::{Value, json};

use super::answer::line;
use crate::{
    audit::{Check, Unreadable},
    base::Seq,
    wal::{Damage, Finding, Lost, VerifyReport, WalError},
};

/// What to do about any of it.
const ADVICE: &str = "keep the log as it is; put the file back from a copy (`runlog restore`), or let \
                      `runlog repair` write a new log of all that is intact";

/// The events that are intact on both sides of a damaged place.
struct Around {
    /// The last intact event before it; 0 if there is none.
    before: Seq,
    /// The first intact event after it.
    after: Option<Seq>,
}

/// Appends a paragraph for each damaged place.
pub(super) fn tell(text: &mut String, check: &Check) {
    let log = &check.log;
    for finding in &log.damage {
        line(text, format_args!("damage    {}", finding.what));
        line(text, format_args!("  means   {}", meaning(&finding.what)));
        line(text, format_args!("  lost    {}", cost(finding)));
        line(text, format_args!("  intact  {}", around_in_words(&around(log, finding))));
    }
    for event in &check.unreadable {
        line(text, format_args!("damage    event {}{}: {}", event.seq, place(event), event.why));
    }
    let untold = log.damage_count - log.damage.len() as u64 + check.unreadable_count
        - check.unreadable.len() as u64;
    if untold > 0 {
        line(text, format_args!("damage    {untold} more places"));
    }
    if !check.is_sound() {
        line(text, format_args!("to do     {ADVICE}"));
    }
}

/// The same for programs.
pub(super) fn as_json(check: &Check) -> Value {
    let log = &check.log;
    let findings: Vec<Value> =
        log.damage.iter().map(|finding| finding_json(log, finding)).collect();
    let unreadable = check.unreadable.iter().map(|event| {
        let place = event.place.map(|at| json!({"segment": at.segment, "offset": at.offset}));
        json!({"seq": event.seq, "place": place, "what": event.why.to_string()})
    });
    json!({
        "sound": check.is_sound(),
        "damage": findings,
        "damage_count": log.damage_count,
        "lost_events": log.lost,
        "unreadable": unreadable.collect::<Vec<_>>(),
        "unreadable_count": check.unreadable_count,
        "advice": (!check.is_sound()).then_some(ADVICE),
    })
}

/// One damaged place for programs.
fn finding_json(log: &VerifyReport, finding: &Finding) -> Value {
    let around = around(log, finding);
    let file = match &finding.what {
        WalError::Damaged { segment, .. } | WalError::Foreign { segment, .. } => Some(segment),
        _ => None,
    };
    json!({
        "segment": file.map(|path| path.display().to_string()),
        "bytes": (!finding.bytes.is_empty()).then_some([finding.bytes.start, finding.bytes.end]),
        "what": finding.what.to_string(),
        "meaning": meaning(&finding.what),
        "lost": finding.lost.map(|lost| json!({"first": lost.first, "last": lost.last})),
        "acknowledged": if finding.durable { "yes" } else { "unknown" },
        "intact_until": around.before,
        "intact_from": around.after,
    })
}

/// What has happened, for who knows disks and not this format.
pub(super) fn meaning(what: &WalError) -> &'static str {
    match what {
        WalError::Missing { .. } => "a file of the log is not there",
        WalError::Foreign { .. } => "a file of another log has got into this one",
        WalError::Damaged { damage, .. } => match damage {
            Damage::Magic | Damage::SegmentHeader => {
                "the first bytes of the file are not as written"
            }
            Damage::Chain(_) => {
                "the file does not fit the others: it was put there, renamed or changed later"
            }
            Damage::Short { .. } => "the file was cut short: a copy that did not finish, say",
            Damage::Blank => "there are zeros where events were: the disk has lost a block",
            Damage::RecordHeader | Damage::Payload => {
                "bytes have changed since they were written: the disk or a copy is at fault"
            }
            Damage::Misplaced(_) => {
                "sound bytes stand in the wrong place: the disk or a copy is at fault"
            }
            Damage::Lost(_) => "the end of the log is not there",
        },
        _ => "the log could not be read",
    }
}

fn cost(finding: &Finding) -> String {
    let Some(Lost { first, last }) = finding.lost else { return "no event".to_owned() };
    let range = match last {
        Some(last) if last == first => format!("event {first}"),
        Some(last) => format!("events {first} to {last} ({})", last.0 + 1 - first.0),
        None => format!("event {first} and all after it"),
    };
    let told = if finding.durable {
        "had been made durable, and so acknowledged"
    } else {
        "nothing proves that it had been acknowledged"
    };
    format!("{range}; {told}")
}

fn around(log: &VerifyReport, finding: &Finding) -> Around {
    let Some(Lost { first, last }) = finding.lost else {
        return Around { before: log.head, after: None };
    };
    let after = last.map(Seq::next).filter(|after| *after <= log.head);
    Around { before: Seq(first.0.saturating_sub(1)), after }
}

fn around_in_words(around: &Around) -> String {
    let before = match around.before {
        Seq::ZERO => "nothing before it".to_owned(),
        seq => format!("up to event {seq}"),
    };
    let after = around.after.map_or("nothing after it".to_owned(), |seq| {
        format!("again from event {seq} up to the next damage")
    });
    format!("{before}, {after}")
}

fn place(event: &Unreadable) -> String {
    let place = event.place.map(|at| format!(" (segment {}, offset {})", at.segment, at.offset));
    place.unwrap_or_default()
}

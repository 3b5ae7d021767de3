//! Redaction: what was logged by mistake is destroyed. Who asks has read the event and made what stands for it.

use super::{Decided, Decision, Rejection};
use crate::event::{Event, EventRedacted};

/// The most bytes of a reason, which is repeated in the place of each text that was redacted.
const REASON_BYTES_MAX: usize = 200;

/// Records that the payload of an event is destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redact(pub EventRedacted);

/// Whether it may be recorded: it must say why.
pub fn check(event: &EventRedacted) -> Result<(), Rejection> {
    if event.reason.trim().is_empty() || event.reason.len() > REASON_BYTES_MAX {
        let message = format!("A redaction has a reason of 1 to {REASON_BYTES_MAX} bytes.");
        return Err(Rejection::invalid(message));
    }
    Ok(())
}

pub(super) fn redact(command: Redact) -> Decided {
    let Redact(event) = command;
    check(&event)?;
    Ok(Decision::from(Event::from(event)))
}

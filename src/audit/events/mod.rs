//! The log as a list of events: those that are wanted, in pages or as they come, and counted.

mod activity;
mod filter;
mod line;
mod page;
mod tail;
#[cfg(test)]
mod tests;

pub use activity::{Activity, ActivityBy, ActivityByError, ActivityCount, activity};
pub use filter::{EventFilter, EventKinds, EventKindsError};
pub use line::{EventLine, EventOrigin};
pub use page::{
    EVENTS_PER_PAGE, EVENTS_PER_PAGE_MAX, EventOrder, EventsPage, EventsQuestion, events_page,
};
pub use tail::{EventTail, Reached, Taken};

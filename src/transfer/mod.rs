//! In and out: events for other tools, copies of a whole data directory, and a new log out of what is
//! left of a damaged one. Never changes what it reads; knows nothing of HTTP or of the command line.

mod backup;
mod error;
mod export;
mod files;
mod manifest;
mod repair;
mod restore;
mod survey;

#[cfg(test)]
mod tests;

pub use backup::{BackedUp, Backup, backup};
pub use error::TransferError;
pub use export::{EventSink, ExportError, JsonLines, Selection, export, follow};
pub use repair::{LEFT_BEHIND, REPORT, Repair, RepairReport, repair};
pub use restore::{Restored, restore};

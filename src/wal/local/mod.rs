//! The log as segment files in one directory, with one writing process.
//!
//! ```text
//!   seg-…1-…1.runlog        seg-…2-…5b8d.runlog                    LOCK, spare.tmp, *.torn-*
//!   ┌────────┬───────┐      ┌────────┬───────────────────────────┬─────────┐
//!   │ header │groups…│ ◄────│ header │ group │ group │ … │ mark  │ 0 0 0 … │
//!   └────────┴───────┘ hash └────────┴───────────────────────────┴─────────┘
//!    sealed: a next one exists         active: the last one
//! ```
//!
//! Knows bytes and files; does not know what a payload means.

mod destroyed;
mod durable;
mod erase;
mod follow;
mod format;
mod frames;
mod groups;
mod index;
mod lock;
mod options;
mod reader;
mod recover;
mod rewrite;
mod segment;
mod shared;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub use destroyed::ERASABLE_BYTES_MIN;
pub use durable::{Extent, durable};
pub use lock::hold;
pub use options::{Options, Origin};
pub use reader::LocalReader;
pub use recover::{RecoveryReport, TornTail};
pub use verify::{Finding, Found, Lost, Tail, VerifyReport, verify, walk};
pub use writer::LocalWal;

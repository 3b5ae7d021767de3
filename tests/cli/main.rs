//! The built program: what it prints, what it says when something is wrong, and its exit codes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

mod anchors;
mod backup;
mod history;
mod log;
mod prove;
mod redact;
mod refusals;
mod repair;
mod replay;
mod serve;
mod source;
mod support;
mod usage;
mod verify;

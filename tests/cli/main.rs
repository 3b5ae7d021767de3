//! The built program: what it prints, what it says when something is wrong, and its exit codes.

mod history;
mod log;
mod replay;
mod serve;
mod support;
mod usage;
mod verify;

//! Exit codes of the process, as `--help` documents them.

/// All went well.
pub const OK: i32 = 0;
/// A check found a difference (`verify --views`, `replay --compare`).
pub const DIFFERENCE: i32 = 1;
/// The command line or the environment is wrong, or something cannot be opened.
pub const USAGE: i32 = 2;
/// The log is damaged; nothing was changed.
pub const DAMAGED: i32 = 3;
/// The view cache failed while running; the next start rebuilds it.
pub const VIEWS: i32 = 70;
/// A write or sync of the log failed; what was acknowledged is safe.
pub const POISONED: i32 = 74;

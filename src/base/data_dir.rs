//! What the folders of a data directory are called.

/// The log.
pub const LOG_DIR: &str = "log";
/// The view cache.
pub const VIEWS_DIR: &str = "views";
/// The hashes of the log, a cache.
pub const TLOG_DIR: &str = "tlog";
/// Images of the view cache at earlier moments.
pub const SNAPSHOTS_DIR: &str = "snapshots";
/// The artifacts, unless the server is told another place; in a backup, their contents.
pub const ARTIFACTS_DIR: &str = "artifacts";

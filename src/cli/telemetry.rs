//! The program's own diagnostics: to standard error, filtered by `RUNLOG_LOG`.

use tracing_subscriber::EnvFilter;

use super::answer::say;

/// Warnings of libraries, and what Runlog itself has to say.
const DEFAULT: &str = "warn,runlog=info";

/// Starts telemetry. `RUNLOG_LOG` holds directives such as `debug` or `warn,runlog::wal=trace`.
pub fn start() {
    let wanted = std::env::var("RUNLOG_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = EnvFilter::try_new(wanted.as_deref().unwrap_or(DEFAULT)).unwrap_or_else(|error| {
        say(&format!("RUNLOG_LOG is not used: {error}"));
        EnvFilter::new(DEFAULT)
    });
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .init();
}

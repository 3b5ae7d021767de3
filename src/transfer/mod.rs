//! In and out: what leaves a log for other tools. Reads only; knows nothing of the log's files, of
//! HTTP or of the command line.

mod export;

pub use export::{ExportError, Selection, export, follow};

//! MLflow's REST API, one file a resource. Handlers parse, execute or read, and show; rules are in
//! `domain`, searches in `search` and `views::query`.

pub(super) mod experiments;
pub(super) mod metrics;
pub(super) mod page;
pub(super) mod runs;
pub(super) mod wire;

//! MLflow's REST API, one file a resource. Handlers parse, execute or read, and show; rules are in
//! `domain`, searches in `search` and `views::query`.

pub(super) mod artifacts;
pub(super) mod datasets;
pub(super) mod experiments;
pub(super) mod logged_model_page;
pub(super) mod logged_models;
pub(super) mod metric_bulk;
pub(super) mod metrics;
pub(super) mod model_versions;
pub(super) mod page;
pub(super) mod page_token;
mod python;
pub(super) mod registered_models;
pub(super) mod runs;
pub(super) mod webhooks;
pub(super) mod wire;
pub(super) mod wire_registry;
pub(super) mod wire_webhooks;

//! Tags that mean something to the server (mlflow/utils/mlflow_tags.py).

/// The name of a run, as a tag; kept equal to the run's name.
pub const RUN_NAME: &str = "mlflow.runName";
/// The user who started a run.
pub const USER: &str = "mlflow.user";
/// Models that a 2.x client logged in a run: a JSON list.
pub const LOGGED_MODELS: &str = "mlflow.log-model.history";
/// Marks a registered model that is a prompt.
pub const IS_PROMPT: &str = "mlflow.prompt.is_prompt";
/// The text of a prompt's version.
pub const PROMPT_TEXT: &str = "mlflow.prompt.text";
/// What kind of prompt a prompt is.
pub const PROMPT_TYPE: &str = "_mlflow_prompt_type";
/// Versions that a logged model is registered as: a JSON list.
pub const MODEL_VERSIONS: &str = "mlflow.modelVersions";
/// Begins the keys of an experiment's tags that keep views of MLflow's UI.
pub const CUSTOM_VIEW_PREFIX: &str = "mlflow.customView.view";

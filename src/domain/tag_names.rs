//! Tags that mean something to the server (mlflow/utils/mlflow_tags.py).

/// The name of a run, as a tag; kept equal to the run's name.
pub const RUN_NAME: &str = "mlflow.runName";
/// The user who started a run.
pub const USER: &str = "mlflow.user";
/// The run that a run is nested in.
pub const PARENT_RUN: &str = "mlflow.parentRunId";
/// The commit of the code that a run ran.
pub const GIT_COMMIT: &str = "mlflow.source.git.commit";
/// The repository of that commit.
pub const GIT_REPOSITORY: &str = "mlflow.source.git.repoURL";
/// The branch of that commit.
pub const GIT_BRANCH: &str = "mlflow.source.git.branch";
/// The program or notebook that a run ran.
pub const SOURCE_NAME: &str = "mlflow.source.name";
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

//! Every bound on input in one place. Those that MLflow has are MLflow's (mlflow/utils/validation.py,
//! 3.17); the rest bound memory.

/// Metrics in one `log-batch`.
pub const METRICS_PER_BATCH_MAX: usize = 1000;
/// Parameters in one `log-batch`.
pub const PARAMS_PER_BATCH_MAX: usize = 100;
/// Tags in one `log-batch` or `runs/create`.
pub const TAGS_PER_BATCH_MAX: usize = 100;
/// Metrics, parameters and tags together in one `log-batch`.
pub const ENTITIES_PER_BATCH_MAX: usize = 1000;
/// Characters of a run's id.
pub const RUN_ID_CHARS_MAX: usize = 256;
/// Tags of an experiment that keep views of MLflow's UI.
pub const CUSTOM_VIEWS_MAX: usize = 50;
/// Characters of an experiment's artifact location.
pub const ARTIFACT_LOCATION_CHARS_MAX: usize = 2048;
/// Bytes of a JSON request.
pub const JSON_BYTES_MAX: usize = 16 << 20;
/// Characters of a metric, parameter or tag key.
pub const KEY_CHARS_MAX: usize = 250;
/// Characters of a parameter value.
pub const PARAM_VALUE_CHARS_MAX: usize = 6000;
/// Characters of a run tag value.
pub const TAG_VALUE_CHARS_MAX: usize = 8000;
/// Characters of an experiment tag value.
pub const EXPERIMENT_TAG_VALUE_CHARS_MAX: usize = 20_000;
/// Characters of a tag value in the model registry.
pub const REGISTRY_TAG_VALUE_CHARS_MAX: usize = 100_000;
/// Characters of an alias.
pub const ALIAS_CHARS_MAX: usize = 255;
/// Characters of an experiment name.
pub const EXPERIMENT_NAME_CHARS_MAX: usize = 500;
/// Commands that may wait for the writer before a caller is asked to come back.
pub const QUEUE_COMMANDS_MAX: usize = 8192;
/// Events that one group (one sync) takes at the most.
pub const GROUP_EVENTS_MAX: usize = 4096;
/// Payload bytes after which a group takes no further command.
pub const GROUP_BYTES_MAX: usize = 1 << 20;
/// Payload bytes of one event.
pub const PAYLOAD_BYTES_MAX: usize = 16 << 20;
/// Characters of a dataset's name.
pub const DATASET_NAME_CHARS_MAX: usize = 500;
/// Characters of a dataset's digest.
pub const DATASET_DIGEST_CHARS_MAX: usize = 36;
/// Characters of a dataset's source.
pub const DATASET_SOURCE_CHARS_MAX: usize = 65_535;
/// Characters of a dataset's schema.
pub const DATASET_SCHEMA_CHARS_MAX: usize = 1_048_575;
/// Characters of a dataset's profile; MLflow's 16 MiB, less what an event needs beside it.
pub const DATASET_PROFILE_CHARS_MAX: usize = 8 << 20;
/// Characters of the key of a dataset input's tag.
pub const INPUT_TAG_KEY_CHARS_MAX: usize = 255;
/// Characters of the value of a dataset input's tag.
pub const INPUT_TAG_VALUE_CHARS_MAX: usize = 500;

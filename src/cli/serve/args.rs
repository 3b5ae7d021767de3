//! What `runlog serve` can be told: the flags and environment names of `mlflow server`, with their
//! meaning, and what of them has none here.

use std::path::PathBuf;

use clap::{
    ArgAction,
    builder::{BoolishValueParser, FalseyValueParser},
};

use regex::Regex;
use reqwest::Url;

use super::{
    super::{
        EXIT_CODES,
        place::{DATA_DIR, KeyPlace},
    },
    anchors::WitnessAt,
};
use crate::proof::VerifierKey;

const EXAMPLES: &str = "\
Clients need nothing but the address: mlflow.set_tracking_uri(\"http://127.0.0.1:5000\").
All data is in the data directory: log/ is the truth, views/ can be deleted while stopped,
artifacts/ holds uploaded files. SIGTERM and Ctrl-C end the server in good order.

Taken as by mlflow server, and without effect: --workers, --gunicorn-opts, --uvicorn-opts,
--waitress-opts, --dev, --expose-prometheus, --secrets-cache-ttl, --secrets-cache-max-size.
RUNLOG_LOG sets what is told on standard error (error, warn, info, debug, trace).

Examples:
  runlog serve
  runlog serve --data-dir /srv/runlog --host 0.0.0.0 --allowed-hosts tracking.example.org
  runlog serve --artifacts-destination /mnt/artifacts --port 8080
";

/// Run the server
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// Directory for all data; created if it does not exist.
    #[arg(long, value_name = "DIR", env = "RUNLOG_DATA_DIR", default_value = DATA_DIR)]
    pub(super) data_dir: PathBuf,

    #[command(flatten)]
    pub(super) keys: KeyPlace,

    /// Address to listen on; 0.0.0.0 for all networks.
    #[arg(long, short = 'h', env = "MLFLOW_HOST", default_value = "127.0.0.1")]
    pub(super) host: String,

    /// Port to listen on; 0 for any that is free.
    #[arg(long, short = 'p', env = "MLFLOW_PORT", default_value_t = 5000)]
    pub(super) port: u16,

    /// Where uploaded artifacts are stored [default: <data-dir>/artifacts]
    #[arg(long, value_name = "DIR", env = "MLFLOW_ARTIFACTS_DESTINATION")]
    pub(super) artifacts_destination: Option<String>,

    /// Days for which artifacts are kept that were replaced or deleted, so that requests as of a moment
    /// still get them; 0 keeps none.
    #[arg(long, value_name = "DAYS", env = "RUNLOG_ARTIFACT_RETENTION", default_value_t = 30)]
    pub(super) artifact_retention: u32,

    /// Root of the artifacts of new experiments [default: mlflow-artifacts:/, which is this server;
    /// without --serve-artifacts, the artifacts destination]
    #[arg(long, value_name = "URI", env = "MLFLOW_DEFAULT_ARTIFACT_ROOT")]
    pub(super) default_artifact_root: Option<String>,

    /// Pass artifacts through this server [default: true]
    #[arg(
        long, env = "MLFLOW_SERVE_ARTIFACTS", value_name = "BOOL", default_value = "true",
        hide_default_value = true, num_args = 0..=1, require_equals = true,
        default_missing_value = "true", action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
    )]
    serve_artifacts: bool,

    /// Do not; clients reach their artifacts themselves.
    #[arg(long, overrides_with = "serve_artifacts")]
    no_serve_artifacts: bool,

    /// Serve artifacts and nothing else.
    #[arg(long, env = "MLFLOW_ARTIFACTS_ONLY", value_parser = FalseyValueParser::new())]
    pub(super) artifacts_only: bool,

    /// Path under which everything is served, such as /mlflow.
    #[arg(long, value_name = "PATH", env = "MLFLOW_STATIC_PREFIX")]
    pub(super) static_prefix: Option<String>,

    /// Host names that requests may carry, comma-separated; * in a name stands for anything
    /// [default: this machine and private networks]
    #[arg(long, value_name = "HOSTS", env = "MLFLOW_SERVER_ALLOWED_HOSTS", value_delimiter = ',')]
    pub(super) allowed_hosts: Vec<String>,

    /// Origins of other sites whose pages may call the API, comma-separated [default: this machine]
    #[arg(
        long,
        value_name = "ORIGINS",
        env = "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS",
        value_delimiter = ','
    )]
    pub(super) cors_allowed_origins: Vec<String>,

    /// X-Frame-Options of every answer: SAMEORIGIN, DENY, or NONE to send none.
    #[arg(
        long,
        value_name = "VALUE",
        env = "MLFLOW_SERVER_X_FRAME_OPTIONS",
        default_value = "SAMEORIGIN"
    )]
    pub(super) x_frame_options: String,

    /// Check neither host names nor origins. Dangerous: any web page can then use this server.
    #[arg(
        long, env = "MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE",
        value_parser = FalseyValueParser::new(),
    )]
    pub(super) disable_security_middleware: bool,

    /// Regular expression that the source of a new model version must match [default: any source]
    #[arg(
        long,
        value_name = "REGEX",
        env = "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX",
        value_parser = Regex::new,
    )]
    pub(super) model_version_source_regex: Option<Regex>,

    /// Fields that the operations of one GraphQL document may have themselves.
    #[arg(
        long,
        value_name = "N",
        env = "MLFLOW_SERVER_GRAPHQL_MAX_ROOT_FIELDS",
        default_value_t = 10
    )]
    pub(super) graphql_max_root_fields: usize,

    /// Aliases that one selection of a GraphQL document may have.
    #[arg(long, value_name = "N", env = "MLFLOW_SERVER_GRAPHQL_MAX_ALIASES", default_value_t = 10)]
    pub(super) graphql_max_aliases: usize,

    /// Print help.
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,

    #[command(flatten)]
    pub(super) ignored: Ignored,

    #[command(flatten)]
    pub(super) refused: Refused,

    #[command(flatten, next_help_heading = "Proofs")]
    pub(super) proof: ProofArgs,

    // Last, because what follows a heading stands under it.
    #[command(flatten, next_help_heading = "Webhooks")]
    pub(super) webhooks: WebhookArgs,
}

impl Args {
    /// Whether artifacts pass through the server.
    pub(super) fn serves_artifacts(&self) -> bool {
        self.serve_artifacts && !self.no_serve_artifacts
    }
}

/// Where checkpoints go, and whose are cosigned.
#[derive(Debug, clap::Args)]
pub(super) struct ProofArgs {
    /// Append each checkpoint of the log to this file; best on another machine's disk.
    #[arg(long, value_name = "FILE", env = "RUNLOG_ANCHOR_FILE")]
    pub(super) anchor_file: Option<PathBuf>,

    /// POST each checkpoint of the log to this URL.
    #[arg(long, value_name = "URL", env = "RUNLOG_ANCHOR_URL")]
    pub(super) anchor_url: Option<Url>,

    /// Have each checkpoint cosigned by the witness at this URL, with this public key; may be given
    /// more than once. That of a Runlog is http://HOST:PORT/api/runlog/1/witness
    #[arg(long, value_name = "URL#KEY", env = "RUNLOG_WITNESS", value_delimiter = ',')]
    pub(super) witness: Vec<WitnessAt>,

    /// Be a witness of the log with this public key: cosign its checkpoints as long as it only grows;
    /// may be given more than once.
    #[arg(long, value_name = "KEY", env = "RUNLOG_WITNESS_FOR", value_delimiter = ',')]
    pub(super) witness_for: Vec<VerifierKey>,
}

/// How webhooks are served, under the names of MLflow's environment variables.
#[derive(Debug, clap::Args)]
pub(super) struct WebhookArgs {
    /// Schemes that the URL of a webhook may have, comma-separated.
    #[arg(
        long,
        value_name = "SCHEMES",
        env = "MLFLOW_WEBHOOK_ALLOWED_SCHEMES",
        default_value = "https",
        value_delimiter = ','
    )]
    pub(super) webhook_allowed_schemes: Vec<String>,

    /// Let webhooks lead to this machine and to private networks. Dangerous: whoever may register
    /// one can then make this server call what only it can reach.
    #[arg(
        long, env = "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS",
        value_parser = FalseyValueParser::new(),
    )]
    pub(super) webhook_allow_private_ips: bool,

    /// Seconds that one request to a webhook may take.
    #[arg(
        long,
        value_name = "SECONDS",
        env = "MLFLOW_WEBHOOK_REQUEST_TIMEOUT",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=3600),
    )]
    pub(super) webhook_request_timeout: u32,

    /// Requests after the first until a delivery is given up.
    #[arg(
        long,
        value_name = "COUNT",
        env = "MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES",
        default_value_t = 3,
        value_parser = clap::value_parser!(u32).range(0..=100),
    )]
    pub(super) webhook_request_max_retries: u32,

    /// Requests to webhooks at the same time; as many again to those that did not answer last.
    #[arg(
        long,
        value_name = "COUNT",
        env = "MLFLOW_WEBHOOK_DELIVERY_MAX_WORKERS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u16).range(1..=1000),
    )]
    pub(super) webhook_delivery_max_workers: u16,

    /// Fernet key that encrypts the secrets of webhooks in the log [default: one that is drawn and
    /// kept in <data-dir>/webhook-secret.key]
    #[arg(
        long,
        value_name = "KEY",
        env = "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY",
        hide_env_values = true
    )]
    pub(super) webhook_secret_encryption_key: Option<String>,
}

/// Flags of `mlflow server` that change nothing here.
#[derive(Debug, clap::Args)]
pub(super) struct Ignored {
    #[arg(long, short = 'w', env = "MLFLOW_WORKERS", hide = true)]
    workers: Option<String>,
    #[arg(long, env = "MLFLOW_GUNICORN_OPTS", hide = true, allow_hyphen_values = true)]
    gunicorn_opts: Option<String>,
    #[arg(long, env = "MLFLOW_UVICORN_OPTS", hide = true, allow_hyphen_values = true)]
    uvicorn_opts: Option<String>,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    waitress_opts: Option<String>,
    #[arg(long, hide = true)]
    dev: bool,
    #[arg(long, env = "MLFLOW_EXPOSE_PROMETHEUS", hide = true)]
    expose_prometheus: Option<String>,
    #[arg(long, hide = true)]
    secrets_cache_ttl: Option<String>,
    #[arg(long, hide = true)]
    secrets_cache_max_size: Option<String>,
}

impl Ignored {
    /// The names of those that were given.
    pub(super) fn given(&self) -> Vec<&'static str> {
        let all = [
            (self.workers.is_some(), "--workers"),
            (self.gunicorn_opts.is_some(), "--gunicorn-opts"),
            (self.uvicorn_opts.is_some(), "--uvicorn-opts"),
            (self.waitress_opts.is_some(), "--waitress-opts"),
            (self.dev, "--dev"),
            (self.expose_prometheus.is_some(), "--expose-prometheus"),
            (self.secrets_cache_ttl.is_some(), "--secrets-cache-ttl"),
            (self.secrets_cache_max_size.is_some(), "--secrets-cache-max-size"),
        ];
        all.into_iter().filter_map(|(given, name)| given.then_some(name)).collect()
    }
}

/// Flags of `mlflow server` that ask for what is not here.
#[derive(Debug, clap::Args)]
pub(super) struct Refused {
    #[arg(long, env = "MLFLOW_BACKEND_STORE_URI", hide = true)]
    backend_store_uri: Option<String>,
    #[arg(long, env = "MLFLOW_REGISTRY_STORE_URI", hide = true)]
    registry_store_uri: Option<String>,
    #[arg(long, env = "MLFLOW_READ_REPLICA_BACKEND_STORE_URI", hide = true)]
    read_replica_backend_store_uri: Option<String>,
    #[arg(long, hide = true)]
    app_name: Option<String>,
    #[arg(long, env = "MLFLOW_ENABLE_WORKSPACES", hide = true, value_parser = FalseyValueParser::new())]
    enable_workspaces: bool,
    #[arg(long, hide = true)]
    disable_workspaces: bool,
}

impl Refused {
    /// Why the first of those that were given is refused, and what to do instead.
    pub(super) fn reason(&self) -> Option<String> {
        if let Some(uri) = &self.backend_store_uri {
            return Some(format!(
                "--backend-store-uri {uri} (or MLFLOW_BACKEND_STORE_URI): there is no database, all \
                 data is in one directory: remove it, and name the directory with --data-dir"
            ));
        }
        let others = [
            (
                self.registry_store_uri.is_some(),
                "--registry-store-uri (or MLFLOW_REGISTRY_STORE_URI): the model registry is in the \
                 data directory with all else: remove it",
            ),
            (
                self.read_replica_backend_store_uri.is_some(),
                "--read-replica-backend-store-uri (or MLFLOW_READ_REPLICA_BACKEND_STORE_URI): there \
                 is no database to replicate, and reads never wait for writes: remove it",
            ),
            (
                self.app_name.is_some(),
                "--app-name: this server has no sign-in: remove it, and if you need one, put the \
                 server behind a proxy that has it",
            ),
            (
                self.enable_workspaces && !self.disable_workspaces,
                "--enable-workspaces (or MLFLOW_ENABLE_WORKSPACES): there are no workspaces: remove \
                 it, and run one server for each with its own --data-dir",
            ),
        ];
        others.into_iter().find_map(|(given, why)| given.then(|| why.to_owned()))
    }
}

//! From flags to settings: defaults filled in, contradictions refused, before anything is opened.

use std::{path::PathBuf, time::Duration};

use super::{
    super::failure::Failure,
    anchors::Anchors,
    args::{Args, ProofArgs, WebhookArgs},
};
use crate::{
    base::data_dir::ARTIFACTS_DIR, http::Config, proof::VerifierKey,
    webhooks::Config as WebhookConfig,
};

/// What a server needs to know before it starts.
#[derive(Debug)]
pub(super) struct Settings {
    /// Absolute path of the data directory.
    pub(super) data_dir: PathBuf,
    /// Where the keys that sign logs are.
    pub(super) key_dir: PathBuf,
    /// Where checkpoints go.
    pub(super) anchors: Anchors,
    /// The logs that this server is a witness of.
    pub(super) witness_for: Vec<VerifierKey>,
    /// Host to listen on.
    pub(super) host: String,
    /// Port to listen on.
    pub(super) port: u16,
    /// Where artifacts are stored.
    pub(super) artifacts_destination: String,
    /// How to answer.
    pub(super) http: Config,
    /// How webhooks are served.
    pub(super) webhooks: WebhookConfig,
    /// What the operator should know.
    pub(super) notices: Vec<String>,
}

impl Settings {
    pub(super) fn of(args: Args) -> Result<Self, Failure> {
        if let Some(reason) = args.refused.reason() {
            return Err(Failure::usage(reason));
        }
        let serve_artifacts = args.serves_artifacts();
        if args.artifacts_only && !serve_artifacts {
            return Err(Failure::usage(
                "--artifacts-only and --no-serve-artifacts leave nothing to serve: remove one",
            ));
        }
        let notices = notices(&args);
        let data_dir = std::path::absolute(&args.data_dir).map_err(|error| {
            Failure::usage(format!("--data-dir {}: {error}", args.data_dir.display()))
        })?;
        let key_dir = args.keys.dir(Some(&data_dir))?;
        let artifacts_destination = match args.artifacts_destination.filter(|it| !it.is_empty()) {
            Some(destination) => destination,
            None => artifacts_in(&data_dir)?,
        };
        let default_artifact_root = match args.default_artifact_root.filter(|it| !it.is_empty()) {
            Some(root) => root,
            None if serve_artifacts => "mlflow-artifacts:/".to_owned(),
            None => artifacts_destination.clone(),
        };
        let working_directory = std::path::absolute(".").map_err(|error| {
            Failure::usage(format!("the working directory cannot be found: {error}"))
        })?;
        let http = Config {
            static_prefix: static_prefix(args.static_prefix)?,
            default_artifact_root,
            working_directory: working_directory.to_string_lossy().into_owned(),
            serve_artifacts,
            artifact_retention_days: args.artifact_retention,
            artifacts_only: args.artifacts_only,
            allowed_hosts: Some(listed(&args.allowed_hosts)).filter(|hosts| !hosts.is_empty()),
            cors_allowed_origins: listed(&args.cors_allowed_origins),
            x_frame_options: args.x_frame_options,
            security: !args.disable_security_middleware,
            model_version_sources: args.model_version_source_regex,
            graphql_root_fields_max: args.graphql_max_root_fields,
            graphql_aliases_max: args.graphql_max_aliases,
        };
        let (host, port, webhooks) = (args.host, args.port, webhooks(args.webhooks));
        let ProofArgs { anchor_file: file, anchor_url: url, witness, witness_for } = args.proof;
        let anchors = Anchors { file, url, witnesses: witness };
        Ok(Self {
            data_dir,
            key_dir,
            anchors,
            witness_for,
            host,
            port,
            artifacts_destination,
            http,
            webhooks,
            notices,
        })
    }
}

fn notices(args: &Args) -> Vec<String> {
    let mut notices = Vec::new();
    let ignored = args.ignored.given();
    if !ignored.is_empty() {
        notices.push(format!("without effect here: {}", ignored.join(", ")));
    }
    if args.disable_security_middleware {
        notices.push(
            "host names and origins are not checked: any web page can use this server".to_owned(),
        );
    }
    notices
}

fn webhooks(args: WebhookArgs) -> WebhookConfig {
    WebhookConfig {
        allowed_schemes: listed(&args.webhook_allowed_schemes),
        allow_private_ips: args.webhook_allow_private_ips,
        request_timeout: Duration::from_secs(args.webhook_request_timeout.into()),
        request_max_retries: args.webhook_request_max_retries,
        delivery_max_workers: args.webhook_delivery_max_workers.into(),
        secret_encryption_key: args.webhook_secret_encryption_key.filter(|it| !it.is_empty()),
    }
}

fn artifacts_in(data_dir: &std::path::Path) -> Result<String, Failure> {
    let path = data_dir.join(ARTIFACTS_DIR).into_os_string().into_string();
    path.map_err(|_| {
        Failure::usage(format!(
            "--data-dir {} is not UTF-8: name --artifacts-destination as well",
            data_dir.display()
        ))
    })
}

/// Checked as `mlflow server` does.
fn static_prefix(prefix: Option<String>) -> Result<String, Failure> {
    let prefix = prefix.unwrap_or_default();
    let wrong = match prefix.as_str() {
        "" => return Ok(prefix),
        it if !it.starts_with('/') => "must begin with a '/'",
        it if it.ends_with('/') => "should not end with a '/'",
        it if it.contains(['{', '}']) => "must not contain '{' or '}'",
        _ => return Ok(prefix),
    };
    Err(Failure::usage(format!("--static-prefix {prefix} {wrong}")))
}

/// The items of a comma-separated list, without blanks around them.
fn listed(items: &[String]) -> Vec<String> {
    let items = items.iter().map(|item| item.trim());
    items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn settings(flags: &[&str]) -> Result<Settings, Failure> {
        let line = Line::try_parse_from(std::iter::once(&"serve").chain(flags)).unwrap();
        Settings::of(line.args)
    }

    #[test]
    fn defaults_are_those_of_mlflow_but_for_one_directory() {
        let settings = settings(&["--data-dir", "/srv/runlog"]).unwrap();
        assert_eq!((settings.host.as_str(), settings.port), ("127.0.0.1", 5000));
        assert_eq!(settings.artifacts_destination, "/srv/runlog/artifacts");
        assert_eq!(settings.http.default_artifact_root, "mlflow-artifacts:/");
        assert!(settings.http.serve_artifacts && settings.http.security);
        assert_eq!(settings.http.x_frame_options, "SAMEORIGIN");
        assert_eq!(settings.http.allowed_hosts, None);
        assert!(settings.notices.is_empty());
    }

    #[test]
    fn artifacts_that_are_not_served_lie_in_a_directory() {
        let settings = settings(&["--data-dir", "/d", "--no-serve-artifacts"]).unwrap();
        assert!(!settings.http.serve_artifacts);
        assert_eq!(settings.http.default_artifact_root, "/d/artifacts");
    }

    #[test]
    fn lists_are_split_at_commas() {
        let settings = settings(&["--allowed-hosts", "a.org, b.org:*,"]).unwrap();
        assert_eq!(
            settings.http.allowed_hosts,
            Some(vec!["a.org".to_owned(), "b.org:*".to_owned()])
        );
    }

    #[test]
    fn flags_without_effect_are_told_in_one_notice() {
        let settings = settings(&["-w", "4", "--gunicorn-opts", "--timeout 9", "--dev"]).unwrap();
        assert_eq!(settings.notices, ["without effect here: --workers, --gunicorn-opts, --dev"]);
    }

    #[test]
    fn workspaces_may_be_switched_off() {
        assert!(settings(&["--disable-workspaces"]).unwrap().notices.is_empty());
        assert!(settings(&["--enable-workspaces", "--disable-workspaces"]).is_ok());
    }

    #[test]
    fn contradictions_and_strangers_are_refused() {
        let refused: [&[&str]; 8] = [
            &["--backend-store-uri", "sqlite:///mlflow.db"],
            &["--registry-store-uri", "x"],
            &["--read-replica-backend-store-uri", "x"],
            &["--app-name", "basic-auth"],
            &["--enable-workspaces"],
            &["--artifacts-only", "--no-serve-artifacts"],
            &["--static-prefix", "mlflow"],
            &["--static-prefix", "/mlflow/"],
        ];
        for flags in refused {
            let message = settings(flags).unwrap_err().to_string();
            assert!(message.contains(flags[0]) && !message.contains('\n'), "{message}");
        }
    }
}

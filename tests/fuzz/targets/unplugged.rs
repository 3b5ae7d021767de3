//! What a server in memory answers with that touches no disk and has nobody it could call. Also of the tests
//! of other moments (`tests/as_of`).

use std::{sync::Arc, time::Duration};

use object_store::memory::InMemory;
use runlog::{
    artifacts::ArtifactStore,
    base::disk::RealDisk,
    engine::Engine,
    http::{App, Config, PageKey, Streams},
    webhooks::{self, Webhooks},
};

/// Over an engine, with all routes below a prefix.
pub fn app(engine: Arc<Engine>, static_prefix: &str) -> App {
    App {
        engine,
        artifacts: Arc::new(ArtifactStore::over(Arc::new(InMemory::new()))),
        webhooks: webhooks(),
        config: Arc::new(config(static_prefix)),
        page_key: Arc::new(PageKey::new(&[7; 32])),
        notary: None,
        witness: None,
        streams: Streams::default(),
        past: None,
    }
}

fn config(static_prefix: &str) -> Config {
    Config {
        static_prefix: static_prefix.to_owned(),
        default_artifact_root: "mlflow-artifacts:/".to_owned(),
        working_directory: "/srv".to_owned(),
        serve_artifacts: true,
        artifact_retention_days: 30,
        artifacts_only: false,
        allowed_hosts: None,
        cors_allowed_origins: Vec::new(),
        x_frame_options: "SAMEORIGIN".to_owned(),
        security: true,
        model_version_sources: None,
        graphql_root_fields_max: 10,
        graphql_aliases_max: 10,
    }
}

/// No scheme is allowed, so that no name is looked up and nobody is called.
fn webhooks() -> Arc<Webhooks> {
    let config = webhooks::Config {
        allowed_schemes: Vec::new(),
        allow_private_ips: false,
        request_timeout: Duration::from_secs(1),
        request_max_retries: 0,
        delivery_max_workers: 1,
        secret_encryption_key: Some("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned()),
    };
    Webhooks::open(Arc::new(RealDisk), "/nowhere".as_ref(), config).expect("the key is given")
}

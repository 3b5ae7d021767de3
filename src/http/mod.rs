//! The server: the only module that knows HTTP and JSON. Parses a request, has a command executed
//! or reads the views, and shows the answer as MLflow shows it. Knows nothing of files or sled.

mod as_of;
mod disabled;
mod error;
mod graphql;
mod health;
mod mlflow;
mod off;
mod request;
mod response;
mod router;
mod runlog;
mod security;
mod ui;

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use tokio::task::spawn_blocking;

pub use error::{ApiError, ApiResult, Code};
pub use mlflow::page_token::PageKey;
pub use router::router;
pub use runlog::Streams;

use crate::{
    artifacts::ArtifactStore,
    base::Seq,
    domain::Command,
    engine::{Context, Engine, Executed},
    proof::{Notary, Witness},
    views::Views,
    webhooks::Webhooks,
};

/// How the server answers.
#[derive(Debug, Clone)]
pub struct Config {
    /// Path under which everything is served; empty or like `/prefix`.
    pub static_prefix: String,
    /// URI below which experiments keep their artifacts unless they name a place.
    pub default_artifact_root: String,
    /// Where artifact locations that are relative paths begin.
    pub working_directory: String,
    /// Whether artifacts pass through this server.
    pub serve_artifacts: bool,
    /// Days for which artifacts are kept that were replaced or deleted; 0 keeps none.
    pub artifact_retention_days: u32,
    /// Whether nothing but artifacts is served.
    pub artifacts_only: bool,
    /// Host names that requests may name (`*` allows all); `None` is MLflow's default: this machine
    /// and private networks.
    pub allowed_hosts: Option<Vec<String>>,
    /// Origins of other sites whose pages may call the API.
    pub cors_allowed_origins: Vec<String>,
    /// `X-Frame-Options` of every answer; `NONE` leaves it out.
    pub x_frame_options: String,
    /// Whether host names and origins are checked at all.
    pub security: bool,
    /// What the source of a new model version must match, if not any will do.
    pub model_version_sources: Option<regex::Regex>,
    /// Fields that the operations of one GraphQL document may have themselves.
    pub graphql_root_fields_max: usize,
    /// Aliases that one selection of a GraphQL document may have.
    pub graphql_aliases_max: usize,
}

/// What every handler may use.
#[derive(Clone)]
pub struct App {
    /// Log and views.
    pub engine: Arc<Engine>,
    /// Artifact bytes.
    pub artifacts: Arc<ArtifactStore>,
    /// Deliveries to webhooks.
    pub webhooks: Arc<Webhooks>,
    /// How to answer.
    pub config: Arc<Config>,
    /// What seals page tokens.
    pub page_key: Arc<PageKey>,
    /// Who signs for the log; `None` if nobody does.
    pub notary: Option<Arc<Notary>>,
    /// Who cosigns for other logs, if anybody does.
    pub witness: Option<Arc<Witness>>,
    /// Event streams under way.
    pub streams: Streams,
    /// Views of a moment in the past, where a request is answered as of then.
    pub past: Option<Arc<Views>>,
}

impl App {
    /// What reads are answered from.
    fn views(&self) -> &Views {
        self.past.as_deref().unwrap_or_else(|| self.engine.views())
    }

    async fn execute(&self, context: Context, command: Command) -> ApiResult<Executed> {
        if self.past.is_some() {
            return Err(as_of::no_write());
        }
        let done = self.engine.execute(context, command).await?;
        if done.moved {
            self.attest(done.seq).await?;
        }
        Ok(done)
    }

    /// Has the log signed up to an event, so that nobody can deny it once it is told.
    async fn attest(&self, seq: Seq) -> ApiResult<()> {
        let Some(notary) = self.notary.clone() else { return Ok(()) };
        let signed = spawn_blocking(move || notary.attest(seq)).await;
        let failed = match signed {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => ApiError::from(error),
            Err(error) => ApiError::new(Code::InternalError, error.to_string()),
        };
        let message = format!("Recorded as event {seq}, but not signed: {}", failed.message);
        Err(ApiError { message, ..failed })
    }
}

impl FromRequestParts<App> for App {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let past = parts.extensions.get::<Arc<Views>>().cloned();
        Ok(Self { past, ..app.clone() })
    }
}

/// Answers requests on `listener` until `shutdown` is done and those under way are answered.
pub async fn serve(
    listener: tokio::net::TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let streams = app.streams.clone();
    let shutdown = async move {
        shutdown.await;
        streams.end();
    };
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Answers are small: waiting to fill a packet would cost more than the packet.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    axum::serve(listener, service).with_graceful_shutdown(shutdown).await
}

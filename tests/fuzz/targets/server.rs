//! A server in memory, with a little of everything in it.

use std::{fmt, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Method, Request, header},
};
use runlog::{
    base::{Seq, SystemClock, TimestampMs},
    engine::{Engine, replay},
    event::{codec, *},
    http::router,
    views::Views,
    wal::{MemoryWal, NewRecord, Wal},
};
use serde_json::Value as Json;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::unplugged;

const RUN: &str = "0123456789abcdef0123456789abcdef";
const MODEL: &str = "m-0123456789abcdef0123456789abcdef";
const WEBHOOK: &str = "01234567-89ab-4cde-8f01-23456789abcd";
/// More than any answer has.
const ANSWER_BYTES_MAX: usize = 64 << 20;

pub struct Server {
    runtime: Runtime,
    engine: Arc<Engine>,
    router: Router,
}

impl Server {
    pub fn start() -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let (wal, views) = (log(), views());
        let engine = Arc::new(Engine::start(Box::new(wal), Arc::new(views), Box::new(SystemClock)));
        let app = unplugged::app(engine.clone(), "");
        Self { runtime, engine, router: router(app) }
    }

    pub fn head(&self) -> Seq {
        self.engine.log().head()
    }

    pub fn ask(&self, method: &Method, target: &str, body: &[u8]) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
            .body(Body::from(body.to_vec()));
        let request = request.expect("method and target were parsed");
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
            Answer { status, body: body.expect("answers end").to_vec() }
        })
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    body: Vec<u8>,
}

impl Answer {
    /// The body; null if it is no JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The shapes of MLflow's errors: its own, that of the framework of its newer routes, and the
    /// empty one of routes that it has in name only.
    pub fn assert_refused(&self) {
        let json = self.json();
        let own = json["error_code"].is_string() && json["message"].is_string();
        let nowhere = self.status == 404 && self.body.is_empty();
        assert!(own || json["detail"].is_string() || nowhere, "{self}");
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

/// The views of [`log`].
pub fn views() -> Views {
    let (log, views) = (log().reader(), Views::in_memory([1; 16]));
    replay(&*log, &views, log.head(), &mut |_| {}).expect("the events fold");
    views
}

fn log() -> MemoryWal {
    let mut wal = MemoryWal::new(Uuid::from_bytes([1; 16]));
    for event in [experiments(), runs(), models(), registry()].into_iter().flatten() {
        let payload = codec::encode_event(&Meta::default(), &event);
        let record = NewRecord {
            recorded_at: TimestampMs(1_700_000_000_000),
            event_type: event.kind(),
            event_version: event.version(),
            codec: codec::CODEC,
            batch_more: false,
            payload: &payload,
        };
        wal.append(wal.next(), &[record]).expect("the records fit");
    }
    wal
}

fn tags() -> Vec<KeyValue> {
    vec![KeyValue { key: "k".to_owned(), value: "v".to_owned() }]
}

fn experiments() -> Vec<Event> {
    let create = |experiment_id, name: &str| ExperimentCreated {
        experiment_id,
        name: name.to_owned(),
        artifact_location: format!("mlflow-artifacts:/{experiment_id}"),
        created_at: 1,
        tags: tags(),
    };
    vec![
        create(0, "Default").into(),
        create(1, "e").into(),
        create(2, "gone").into(),
        ExperimentDeleted { experiment_id: 2, deleted_at: 2 }.into(),
    ]
}

fn runs() -> Vec<Event> {
    let run_id = || RUN.to_owned();
    let series = SeriesPoints {
        key: "loss".to_owned(),
        model_id: None,
        dataset_name: None,
        dataset_digest: None,
        timestamps: vec![1, 2, 3],
        steps: vec![0, 1, 1],
        values: vec![0.5, f64::NAN, f64::INFINITY],
    };
    vec![
        RunCreated {
            run_id: run_id(),
            experiment_id: 1,
            name: "calm-otter-7".to_owned(),
            user_id: "ada".to_owned(),
            status: RunStatus::Running,
            start_time: 20,
            artifact_uri: format!("mlflow-artifacts:/1/{RUN}/artifacts"),
            tags: tags(),
        }
        .into(),
        ParamsLogged { run_id: run_id(), params: tags() }.into(),
        MetricsLogged { run_id: run_id(), series: vec![series] }.into(),
    ]
}

fn models() -> Vec<Event> {
    let model_id = || MODEL.to_owned();
    vec![
        LoggedModelCreated {
            model_id: model_id(),
            experiment_id: 1,
            name: "model".to_owned(),
            artifact_uri: format!("mlflow-artifacts:/1/models/{MODEL}/artifacts"),
            source_run_id: Some(RUN.to_owned()),
            model_type: None,
            status: LoggedModelStatus::Ready,
            created_at: 30,
            params: tags(),
            tags: tags(),
        }
        .into(),
        OutputsLogged {
            run_id: RUN.to_owned(),
            models: vec![ModelOutput { model_id: model_id(), step: 3 }],
        }
        .into(),
    ]
}

fn registry() -> Vec<Event> {
    let model = |registered_model_id, name: &str| RegisteredModelCreated {
        registered_model_id,
        name: name.to_owned(),
        description: None,
        created_at: 40,
        tags: tags(),
    };
    let version = |version| ModelVersionCreated {
        registered_model_id: 1,
        version,
        source: format!("models:/{MODEL}"),
        storage_location: None,
        run_id: Some(RUN.to_owned()),
        run_link: None,
        model_id: Some(MODEL.to_owned()),
        description: None,
        created_at: 41,
        tags: tags(),
    };
    let alias = ModelAliasSet {
        registered_model_id: 1,
        alias: "best".to_owned(),
        version: 1,
        previous: None,
    };
    let webhook = WebhookCreated {
        webhook_id: WEBHOOK.to_owned(),
        name: "ci".to_owned(),
        url: "https://127.0.0.1/".to_owned(),
        triggers: vec![WebhookTrigger::PromptCreated],
        description: None,
        secret: None,
        status: WebhookStatus::Active,
        created_at: 50,
    };
    vec![
        model(1, "seat").into(),
        model(2, "other").into(),
        version(1).into(),
        version(2).into(),
        alias.into(),
        webhook.into(),
    ]
}

//! A server in memory whose clock ticks a second an event, asked without a network.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, header},
};
use runlog::{
    base::{Seq, TimestampMs, clock::Clock},
    engine::Engine,
    http::{App, router},
    views::Views,
    wal::{MemoryWal, Wal as _},
};
use serde_json::Value as Json;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

use super::unplugged;

struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> TimestampMs {
        TimestampMs(self.0.fetch_add(1000, Ordering::Relaxed))
    }
}

/// What is asked: method, path with query, body, and headers besides the usual ones.
#[derive(Debug, Clone, Default)]
pub struct Question {
    pub method: &'static str,
    pub target: String,
    pub body: String,
    pub as_of: Option<String>,
    pub headers: Vec<(&'static str, &'static str)>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body; null if it is no JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The last event that an answer from the past knows.
    pub fn as_of(&self) -> Option<u64> {
        self.headers.get("runlog-as-of")?.to_str().unwrap().parse().ok()
    }
}

pub struct Server {
    runtime: Runtime,
    engine: Arc<Engine>,
    router: Router,
}

impl Server {
    pub fn start(static_prefix: &str) -> Self {
        Self::start_with(static_prefix, |_| {})
    }

    pub fn start_with(static_prefix: &str, adapt: impl FnOnce(&mut App)) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
        let wal = MemoryWal::default();
        let views = Views::in_memory(wal.reader().log_id().into_bytes());
        let clock = Ticking(AtomicI64::new(1_700_000_000_000));
        let engine = Arc::new(Engine::start(Box::new(wal), Arc::new(views), Box::new(clock)));
        let mut app = unplugged::app(engine.clone(), static_prefix);
        adapt(&mut app);
        Self { runtime, engine, router: router(app) }
    }

    pub fn head(&self) -> Seq {
        self.engine.log().head()
    }

    /// When the last event was recorded.
    pub fn time(&self) -> TimestampMs {
        self.engine.log().read(self.head()).unwrap().recorded_at
    }

    pub fn ask(&self, question: &Question) -> Answer {
        let mut request = Request::builder()
            .method(question.method)
            .uri(&question.target)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))));
        if let Some(moment) = &question.as_of {
            request = request.header("Runlog-As-Of", moment);
        }
        for (name, value) in &question.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(question.body.clone())).unwrap();
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
            Answer { status, headers, body }
        })
    }
}

//! What of MLflow this server does not have, and in which words it says so.
//!
//! Every answer has status 501, MLflow's for a gateway that is switched off: upon 500 and 503, which
//! MLflow sends for others of these, its clients retry for minutes, and upon 404 they try older routes.

use axum::{
    Router,
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::{Value, json};

use super::{
    App,
    error::{ApiError, Code},
    response::{Json, Object},
};

/// A feature, and the routes that are about nothing else.
struct Off {
    /// Paths below `/api` and `/ajax-api`; all below them is meant too.
    routes: &'static [&'static str],
    /// MLflow's code for it.
    code: Code,
    /// What the caller is told.
    words: &'static str,
}

const OFF: &[Off] = &[
    Off {
        routes: &[
            "/2.0/mlflow/traces",
            "/3.0/mlflow/traces",
            "/2.0/mlflow/get-trace-artifact",
            "/3.0/mlflow/get-trace-artifact",
        ],
        code: Code::FeatureDisabled,
        words: "Tracing is not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/datasets"],
        code: Code::FeatureDisabled,
        words: "Evaluation datasets are not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/scorers", "/3.0/mlflow/scorer", "/3.0/mlflow/genai"],
        code: Code::FeatureDisabled,
        words: "Scorers are not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/issues"],
        code: Code::FeatureDisabled,
        words: "Issues are not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/label-schemas"],
        code: Code::FeatureDisabled,
        words: "Label schemas are not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/review-queues"],
        code: Code::FeatureDisabled,
        words: "Review queues are not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/prompt-optimization"],
        code: Code::FeatureDisabled,
        words: "Prompt optimization is not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/mcp-servers"],
        code: Code::FeatureDisabled,
        words: "MCP servers are not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/workspaces"],
        code: Code::FeatureDisabled,
        words: "Workspaces are not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/jobs"],
        code: Code::FeatureDisabled,
        words: "Background jobs are not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/demo"],
        code: Code::FeatureDisabled,
        words: "Demo data is not supported by Runlog.",
    },
    Off {
        routes: &["/2.0/mlflow/runs/create-promptlab-run"],
        code: Code::FeatureDisabled,
        words: "The prompt lab is not supported by Runlog.",
    },
    Off {
        routes: &["/3.0/mlflow/gateway"],
        code: Code::NotImplemented,
        words: "The AI Gateway feature is disabled. It is not supported by Runlog.",
    },
];

/// The same for routes that are not part of MLflow's REST API proper: what they answer to a mistake is
/// `{"detail"}`. Whole paths here.
const OFF_WITH_DETAIL: &[(&str, &str)] = &[
    ("/gateway", "The AI Gateway feature is disabled. It is not supported by Runlog."),
    // Clients that read these words send no further spans.
    ("/v1/traces", "REST OTLP span logging is not supported by Runlog"),
    ("/ajax-api/3.0/jobs", "Background jobs are not supported by Runlog."),
    ("/ajax-api/3.0/mlflow/assistant", "The assistant is not supported by Runlog."),
];

/// Routes of features that are off, for below `/api` and `/ajax-api`.
pub(super) fn api() -> Router<App> {
    OFF.iter().fold(Router::new(), |router, off| {
        off.routes.iter().fold(router, |router, route| {
            below(router, route, || ApiError::new(off.code, off.words).into_response())
        })
    })
}

/// Routes of features that are off, elsewhere.
pub(super) fn elsewhere() -> Router<App> {
    OFF_WITH_DETAIL.iter().fold(Router::new(), |router, (route, words)| {
        below(router, route, move || {
            (StatusCode::NOT_IMPLEMENTED, Json(json!({ "detail": words }))).into_response()
        })
    })
}

/// Routes that MLflow itself has in name only: it answers 404 without a word.
pub(super) fn nowhere() -> Router<App> {
    let nothing = async || (StatusCode::NOT_FOUND, Html(""));
    Router::new()
        .route("/2.0/mlflow/unified-traces", get(nothing))
        .route("/2.0/mlflow/get-online-trace-details", get(nothing))
        .route("/2.0mlflow/experiments/search-datasets", post(nothing))
}

/// What MLflow's UI asks about features that it does not need to be there: answered as MLflow does
/// without a gateway to pass requests on to, and with usage reports switched off.
pub(super) fn empty() -> Router<App> {
    let endpoints = async || Object::new().set("endpoints", Value::Array(Vec::new()));
    let reports = async || {
        Object::new()
            .set("disable_ui_telemetry", true)
            .set("disable_ui_events", Value::Array(Vec::new()))
            .set("ui_rollout_percentage", 0)
    };
    let not_reported = async || Object::new().set("status", "disabled");
    Router::new()
        .route("/2.0/mlflow/gateway-proxy", get(endpoints).post(endpoints))
        .route("/3.0/mlflow/ui-telemetry", get(reports).post(not_reported))
}

/// `answer` at `route` and at all below it, whatever the method.
fn below(
    router: Router<App>,
    route: &str,
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> Router<App> {
    let answer = any(async move || answer());
    router
        .route(route, answer.clone())
        .route(&format!("{route}/"), answer.clone())
        .route(&format!("{route}/{{*below}}"), answer)
}

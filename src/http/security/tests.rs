//! What the gate answers itself, and what it adds to every answer.

use axum::body::Body;

use super::*;

fn gate(change: impl FnOnce(&mut Config)) -> Gate {
    let mut config = Config {
        static_prefix: String::new(),
        default_artifact_root: String::new(),
        working_directory: String::new(),
        serve_artifacts: true,
        artifact_retention_days: 0,
        artifacts_only: false,
        allowed_hosts: None,
        cors_allowed_origins: Vec::new(),
        x_frame_options: "sameorigin".to_owned(),
        security: true,
        model_version_sources: None,
        graphql_root_fields_max: 10,
        graphql_aliases_max: 10,
    };
    change(&mut config);
    Gate::new(&config)
}

fn request(line: &str, headers: &[(&str, &str)]) -> Request {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Request::builder().method(method).uri(path);
    let add = |request: axum::http::request::Builder, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    headers.iter().fold(request, add).body(Body::empty()).unwrap()
}

fn status(gate: &Gate, line: &str, headers: &[(&str, &str)]) -> Option<u16> {
    gate.answer(&request(line, headers)).map(|answer| answer.status().as_u16())
}

#[test]
fn a_strange_host_is_refused_except_where_health_is_asked() {
    let gate = gate(|config| "/prefix".clone_into(&mut config.static_prefix));
    let evil = [("host", "evil.com")];
    assert_eq!(status(&gate, "GET /prefix/api/2.0/mlflow/runs/get", &evil), Some(403));
    assert_eq!(status(&gate, "GET /prefix/", &evil), Some(403));
    assert_eq!(status(&gate, "GET /prefix/health/x", &evil), Some(403));
    assert_eq!(status(&gate, "GET /", &[]), Some(403));
    assert_eq!(status(&gate, "GET /prefix/health", &evil), None);
    assert_eq!(status(&gate, "GET /prefix/version", &evil), None);
    assert_eq!(status(&gate, "GET /", &[("host", "localhost:5000")]), None);
}

#[test]
fn a_page_elsewhere_may_not_change_anything() {
    let gate = gate(|config| config.cors_allowed_origins = vec!["https://ui.corp".to_owned()]);
    let ask = |line: &str, origin: &str| {
        status(&gate, line, &[("host", "10.0.0.1:5000"), ("origin", origin)])
    };
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let line = format!("{method} /api/2.0/mlflow/experiments/create");
        assert_eq!(ask(&line, "http://evil.com"), Some(403));
        assert_eq!(ask(&line, "null"), Some(403));
        assert_eq!(ask(&line, "http://10.0.0.1:5001"), Some(403));
        assert_eq!(ask(&line, "http://10.0.0.1:5000"), None);
        assert_eq!(ask(&line, "http://localhost:3000"), None);
        assert_eq!(ask(&line, "https://ui.corp"), None);
    }
    assert_eq!(ask("POST /ajax-api/2.0/x", "http://evil.com"), Some(403));
    assert_eq!(ask("GET /api/2.0/x", "http://evil.com"), None);
    assert_eq!(ask("POST /health", "http://evil.com"), None);
}

#[test]
fn its_own_page_is_only_known_where_names_are_checked() {
    let gate = gate(|config| config.allowed_hosts = Some(vec!["*".to_owned()]));
    let rebound = [("host", "evil.com"), ("origin", "http://evil.com")];
    assert_eq!(status(&gate, "GET /api/2.0/x", &rebound), None);
    assert_eq!(status(&gate, "POST /api/2.0/x", &rebound), Some(403));
}

#[test]
fn preflights_are_answered_as_mlflow_answers_them() {
    let gate = gate(|_| {});
    let ask = |origin, method| {
        let headers = [
            ("host", "localhost"),
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", "content-type,x-a"),
        ];
        gate.answer(&request("OPTIONS /api/2.0/x", &headers)).unwrap()
    };
    let answer = ask("http://localhost:3000", "POST");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "content-type,x-a");
    let methods = "GET, POST, PUT, DELETE, OPTIONS, PATCH";
    assert_eq!(answer.headers()[ACCESS_CONTROL_ALLOW_METHODS], methods);
    assert_eq!(ask("http://evil.com", "POST").status(), 400);
    assert_eq!(ask("http://localhost:3000", "FOO").status(), 400);
}

#[test]
fn every_answer_is_marked() {
    let marked = |gate: &Gate, origin: Option<&str>| {
        let mut headers = HeaderMap::new();
        gate.mark(origin.map(|origin| HeaderValue::from_str(origin).unwrap()), &mut headers);
        headers
    };
    let local = gate(|_| {});
    let headers = marked(&local, None);
    assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(headers[X_FRAME_OPTIONS], "SAMEORIGIN");
    assert_eq!(headers[VARY], "Origin");
    assert_eq!(headers.get(ACCESS_CONTROL_ALLOW_CREDENTIALS), None);
    let headers = marked(&local, Some("http://localhost:3000"));
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "http://localhost:3000");
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
    assert_eq!(marked(&local, Some("http://evil.com")).get(ACCESS_CONTROL_ALLOW_ORIGIN), None);

    let open = gate(|config| {
        config.cors_allowed_origins = vec!["*".to_owned()];
        "none".clone_into(&mut config.x_frame_options);
    });
    let headers = marked(&open, Some("http://evil.com"));
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(headers.get(ACCESS_CONTROL_ALLOW_CREDENTIALS), None);
    assert_eq!(headers.get(X_FRAME_OPTIONS), None);
}

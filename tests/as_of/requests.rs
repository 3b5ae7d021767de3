//! How a moment is named, what of it is refused, and what is kept of artifacts.

use std::sync::Arc;

use runlog::http::Config;
use serde_json::json;

use super::{Question, Server, get, post};

const CREATE: &str = "/api/2.0/mlflow/experiments/create";
const BY_NAME: &str = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=a";

/// A server whose first event made experiment `a`, and whose second renamed it.
fn renamed(prefix: &str) -> Server {
    let server = Server::start(prefix);
    server.ask(&post(format!("{prefix}{CREATE}"), &json!({"name": "a"})));
    let update = format!("{prefix}/api/2.0/mlflow/experiments/update");
    let id = server.ask(&get(format!("{prefix}{BY_NAME}"))).json();
    let id = &id["experiment"]["experiment_id"];
    server.ask(&post(update, &json!({"experiment_id": id, "new_name": "b"})));
    assert_eq!(server.head().0, 2);
    server
}

#[test]
fn a_moment_may_be_named_in_three_ways_and_by_two_measures() {
    let server = renamed("");
    let status = |question: &Question| {
        let answer = server.ask(question);
        (answer.status, answer.as_of())
    };
    assert_eq!(status(&get(BY_NAME)), (404, None));
    for (moment, seen) in [("1", (200, Some(1))), ("2", (404, Some(2))), ("0", (404, Some(0)))] {
        assert_eq!(status(&get(format!("{BY_NAME}&as_of={moment}"))), seen);
        assert_eq!(status(&get(format!("/as-of/{moment}{BY_NAME}"))), seen);
        assert_eq!(status(&Question { as_of: Some(moment.into()), ..get(BY_NAME) }), seen);
    }
    let first = server.time().0 - 1;
    for moment in ["2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00", "2023-11-14T22%3A13%3A20Z"]
    {
        assert_eq!(status(&get(format!("{BY_NAME}&as_of={moment}"))).0, 200, "{moment}");
        assert_eq!(status(&get(format!("/as-of/{moment}{BY_NAME}"))).0, 200, "{moment}");
    }
    assert_eq!(status(&get(format!("/as-of/{first}{BY_NAME}"))), (200, Some(1)));
    // The same moment twice is one.
    assert_eq!(status(&get(format!("/as-of/1{BY_NAME}&as_of=1"))), (200, Some(1)));
}

#[test]
fn a_moment_stands_behind_the_static_prefix() {
    let server = renamed("/ml");
    assert_eq!(server.ask(&get(format!("/ml/as-of/1{BY_NAME}"))).status, 200);
    assert_eq!(server.ask(&get(format!("/as-of/1/ml{BY_NAME}"))).status, 404);
}

#[test]
fn what_is_no_moment_or_none_yet_is_refused() {
    let server = renamed("");
    let asks = [
        (format!("{BY_NAME}&as_of=yesterday"), "Invalid moment 'yesterday'"),
        (format!("{BY_NAME}&as_of="), "Invalid moment ''"),
        (format!("/as-of/%FF{BY_NAME}"), "Invalid moment"),
        (format!("{BY_NAME}&as_of=3"), "has not come yet"),
        (format!("{BY_NAME}&as_of=2999-01-01T00:00:00Z"), "has not come yet"),
        (format!("/as-of/1{BY_NAME}&as_of=2"), "names two moments"),
    ];
    for (target, words) in asks {
        let answer = server.ask(&get(target));
        assert_eq!(answer.status, 400);
        let json = answer.json();
        assert_eq!(json["error_code"], "INVALID_PARAMETER_VALUE");
        assert!(json["message"].as_str().unwrap().contains(words), "{json}");
    }
}

#[test]
fn nothing_is_written_to_the_past() {
    let server = renamed("");
    let file = "/api/2.0/mlflow-artifacts/artifacts/f";
    let writes = [
        post(format!("/as-of/1{CREATE}"), &json!({"name": "c"})),
        post(format!("{CREATE}?as_of=1"), &json!({"name": "c"})),
        Question { as_of: Some("1".into()), ..post(CREATE, &json!({"name": "c"})) },
        Question { method: "PUT", body: "x".into(), ..get(format!("/as-of/1{file}")) },
        Question { method: "DELETE", ..get(format!("/as-of/1{file}")) },
    ];
    for write in writes {
        let answer = server.ask(&write);
        assert_eq!(
            (answer.status, &answer.json()["error_code"]),
            (403, &"PERMISSION_DENIED".into())
        );
    }
    assert_eq!(server.head().0, 2);
}

/// Stores three contents at one path, then deletes it.
fn overwritten(server: &Server, file: &str) {
    for body in ["one", "two", "one"] {
        let question = Question { method: "PUT", body: body.into(), ..get(file) };
        assert_eq!(server.ask(&question).status, 200);
    }
    assert_eq!(server.ask(&Question { method: "DELETE", ..get(file) }).status, 200);
}

const FILE: &str = "/api/2.0/mlflow-artifacts/artifacts/d/f.png";

#[test]
fn an_artifact_of_the_past_is_what_it_was() {
    let server = Server::start("");
    overwritten(&server, FILE);
    let at = |seq: u64, target: &str| server.ask(&get(format!("/as-of/{seq}{target}")));
    for (seq, body) in [(1, "one"), (2, "two"), (3, "one")] {
        let answer = at(seq, FILE);
        assert_eq!((answer.status, answer.body), (200, body.as_bytes().to_vec()), "event {seq}");
        assert_eq!(answer.headers["content-type"], "image/png");
        let name = answer.headers["content-disposition"].to_str().unwrap();
        assert!(name.contains("f.png"), "{name}");
    }
    assert_eq!([at(0, FILE).status, at(4, FILE).status], [404, 404]);
    assert_eq!(server.ask(&get(FILE)).status, 404);
    let list =
        |seq, dir| at(seq, &format!("/api/2.0/mlflow-artifacts/artifacts?path={dir}")).json();
    assert_eq!(list(3, "")["files"], json!([{"path": "d", "is_dir": true}]));
    assert_eq!(list(3, "d")["files"][0]["file_size"], json!(3));
    assert!(list(4, "").get("files").is_none());
}

#[test]
fn what_goes_with_its_folder_is_kept_too() {
    let server = Server::start("");
    for (name, body) in [("d/a", "1"), ("d/e/b", "2"), ("dd", "3")] {
        let file = format!("/api/2.0/mlflow-artifacts/artifacts/{name}");
        assert_eq!(
            server.ask(&Question { method: "PUT", body: body.into(), ..get(file) }).status,
            200
        );
    }
    let folder = "/api/2.0/mlflow-artifacts/artifacts/d";
    assert_eq!(server.ask(&Question { method: "DELETE", ..get(folder) }).status, 200);
    for (name, body) in [("d/a", "1"), ("d/e/b", "2"), ("dd", "3")] {
        let then = server.ask(&get(format!("/as-of/3/api/2.0/mlflow-artifacts/artifacts/{name}")));
        assert_eq!((then.status, then.body), (200, body.as_bytes().to_vec()), "{name}");
    }
}

#[test]
fn an_artifact_that_is_not_kept_is_gone() {
    let server = Server::start_with("", |app| {
        let config = Config { artifact_retention_days: 0, ..Config::clone(&app.config) };
        app.config = Arc::new(config);
    });
    overwritten(&server, FILE);
    let at = |seq: u64| server.ask(&get(format!("/as-of/{seq}{FILE}")));
    for seq in [1, 2, 3] {
        let gone = at(seq);
        let code = &gone.json()["error_code"];
        assert_eq!((gone.status, code), (410, &"RESOURCE_DOES_NOT_EXIST".into()));
    }
}

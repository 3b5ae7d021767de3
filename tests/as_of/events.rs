//! Runlog's own list of events: now, as of a moment, and as a stream.

use serde_json::{Value, json};

use super::{Question, Server, get, post};

const EVENTS: &str = "/api/runlog/1/events";

/// A server with six events: two experiments, a model with two versions, and a stage change.
fn lived() -> Server {
    let server = Server::start("");
    let mlflow = |route: &str, body: &Value| {
        let answer = server.ask(&post(format!("/api/2.0/mlflow/{route}"), body));
        assert_eq!(answer.status, 200, "{route}");
    };
    mlflow("experiments/create", &json!({"name": "a"}));
    mlflow("experiments/create", &json!({"name": "b"}));
    mlflow("registered-models/create", &json!({"name": "CarSeat"}));
    mlflow("model-versions/create", &json!({"name": "CarSeat", "source": "s3://b/m"}));
    mlflow("model-versions/create", &json!({"name": "CarSeat", "source": "s3://b/m"}));
    let stage = json!({"name": "CarSeat", "version": "1", "stage": "Production",
        "archive_existing_versions": false});
    mlflow("model-versions/transition-stage", &stage);
    assert_eq!(server.head().0, 6);
    server
}

fn seqs(page: &Value) -> Vec<u64> {
    page["events"].as_array().unwrap().iter().map(|it| it["seq"].as_u64().unwrap()).collect()
}

#[test]
fn events_are_listed_and_selected() {
    let server = lived();
    let list = |query: &str| {
        let answer = server.ask(&get(format!("{EVENTS}?{query}")));
        assert_eq!(answer.status, 200, "{query}: {}", answer.json());
        seqs(&answer.json())
    };
    let asks: [(&str, &[u64]); 11] = [
        ("", &[1, 2, 3, 4, 5, 6]),
        ("order=newest_first&limit=2", &[6, 5]),
        ("from=2&to=4", &[2, 3, 4]),
        ("from=7", &[]),
        ("type=ModelVersionCreated,RegisteredModelCreated", &[3, 4, 5]),
        ("entity=model:CarSeat&order=newest_first", &[6, 5, 4, 3]),
        ("entity=run:nobody", &[]),
        ("into_stage=production", &[6]),
        ("into_stage=Staging", &[]),
        ("actor=anonymous&limit=1", &[1]),
        ("as_of=4&order=newest_first", &[4, 3, 2, 1]),
    ];
    for (query, expected) in asks {
        assert_eq!(list(query), expected, "{query}");
    }
}

#[test]
fn a_page_says_where_the_next_begins() {
    let server = lived();
    let page = server.ask(&get(format!("{EVENTS}?limit=4"))).json();
    assert_eq!(
        [&page["looked_from"], &page["looked_to"], &page["next"]],
        [&json!(1), &json!(4), &json!(5)]
    );
    let page = server.ask(&get(format!("{EVENTS}?limit=4&from=5"))).json();
    assert_eq!((seqs(&page), &page["next"]), (vec![5, 6], &Value::Null));
    let page = server.ask(&get(format!("{EVENTS}?from=7"))).json();
    assert_eq!((&page["looked_to"], &page["next"]), (&Value::Null, &Value::Null));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let server = lived();
    let asks = [
        ("?limit=0", 400, "'limit' must be 1 to 1000"),
        ("?limit=1001", 400, "'limit' must be 1 to 1000"),
        ("?from=yesterday", 400, "Invalid value 'yesterday' for 'from'"),
        ("?type=Nothing", 400, "there is no event \"Nothing\""),
        ("?entity=CarSeat", 400, "Invalid value 'CarSeat' for 'entity'"),
        ("?entity=model:Sofa", 404, "model:Sofa"),
        ("?into_stage=Shop", 400, "Invalid Model Version stage"),
        ("?order=random", 400, "order"),
        ("?sort=seq", 400, "unknown field"),
        ("/stream?from=8", 400, "The log ends at 6"),
        ("/stream?from=2999-01-01T00:00:00Z", 400, "not come yet"),
        ("/stream?limit=5", 400, "unknown field"),
        ("/stream?from=1&as_of=3", 400, "Nothing comes in the past"),
    ];
    for (query, status, words) in asks {
        let answer = server.ask(&get(format!("{EVENTS}{query}")));
        let message = answer.json()["message"].to_string();
        assert_eq!(answer.status, status, "{query}: {message}");
        assert!(message.replace('\\', "").contains(words), "{query}: {message}");
    }
}

/// The frames of a stream that has an end, each with its id, kind and data.
fn frames(server: &Server, query: &str, known: Option<&'static str>) -> Vec<[String; 3]> {
    let headers = known.map(|known| ("Last-Event-ID", known)).into_iter().collect();
    let question = Question { headers, ..get(format!("{EVENTS}/stream?{query}")) };
    let answer = server.ask(&question);
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let text = String::from_utf8(answer.body).unwrap();
    let field = |frame: &str, name: &str| {
        let line = frame.lines().find_map(|line| line.strip_prefix(name));
        line.map(|value| value.trim_start_matches(": ").to_owned()).unwrap_or_default()
    };
    let frames = text.split_terminator("\n\n");
    frames.map(|frame| ["id", "event", "data"].map(|name| field(frame, name))).collect()
}

#[test]
fn a_stream_goes_on_behind_the_last_known_event() {
    let server = lived();
    let ids = |query: &str, known: Option<&'static str>| {
        let frames = frames(&server, query, known);
        assert_eq!(frames.last().unwrap()[1], "end");
        frames.iter().map(|frame| frame[0].clone()).collect::<Vec<_>>()
    };
    // Where it begins, the events, and its end, which has no id.
    assert_eq!(ids("from=2&to=4", None), ["1", "2", "3", "4", ""]);
    assert_eq!(ids("from=2&to=4", Some("3")), ["3", "4", ""]);
    assert_eq!(ids("from=1&to=5&type=ModelVersionCreated", Some("0")), ["0", "4", "5", ""]);
    let page = server.ask(&get(format!("{EVENTS}?from=5&limit=1"))).json();
    let streamed = &frames(&server, "from=5&to=5", None)[1];
    assert_eq!(streamed[1], "ModelVersionCreated");
    assert_eq!(serde_json::from_str::<Value>(&streamed[2]).unwrap(), page["events"][0]);
    let headers = vec![("Last-Event-ID", "seven")];
    let answer = server.ask(&Question { headers, ..get(format!("{EVENTS}/stream")) });
    assert_eq!(answer.status, 400);
}

#[test]
fn activity_is_counted() {
    let server = lived();
    let count = |query: &str| {
        let answer = server.ask(&get(format!("/api/runlog/1/activity?{query}"))).json();
        let counts = answer["counts"].as_array().cloned().unwrap_or_default();
        counts.iter().map(|it| (it["event"].clone(), it["events"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(count("by=actor"), [(Value::Null, json!(6))]);
    assert_eq!(
        count("by=event&from=3&to=5"),
        [(json!("ModelVersionCreated"), json!(2)), (json!("RegisteredModelCreated"), json!(1)),]
    );
    assert_eq!(count("by=day&as_of=2"), [(Value::Null, json!(2))]);
    assert_eq!(server.ask(&get("/api/runlog/1/activity?by=week")).status, 400);
}

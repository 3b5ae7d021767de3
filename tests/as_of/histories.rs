//! Random histories: what was answered while the server lived is asked again as of then.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::{Value as Json, json};

use super::{Question, Server, get, post, server::Answer};

const HISTORIES: u64 = 8;
const STEPS: usize = 80;
const QUESTIONS_A_STEP: usize = 3;

const API: &str = "/api/2.0/mlflow";
const STAGES: [&str; 4] = ["None", "Staging", "Production", "Archived"];
const NAMES: [&str; 3] = ["CarSeat", "Wheel", "Door"];

/// The ids that a history has come by.
#[derive(Default)]
struct Known {
    experiments: Vec<String>,
    runs: Vec<String>,
    models: Vec<String>,
}

/// One thing that a client may do; it may well be refused.
fn change(rng: &mut StdRng, known: &Known) -> Question {
    let to = |route: &str, body: Json| post(format!("{API}/{route}"), &body);
    let experiment = known.experiments.choose(rng).cloned().unwrap_or_else(|| "0".to_owned());
    let run = known.runs.choose(rng).cloned().unwrap_or_else(|| "none".to_owned());
    let logged = known.models.choose(rng).cloned().unwrap_or_else(|| "none".to_owned());
    let name = *NAMES.choose(rng).unwrap();
    let version = rng.random_range(1..4).to_string();
    let number: u32 = rng.random_range(0..5);
    let file =
        format!("/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/d/f{number}");
    match rng.random_range(0..26) {
        0 => to("experiments/create", json!({"name": format!("e{}", known.experiments.len())})),
        1..=3 => to("runs/create", json!({"experiment_id": experiment, "start_time": number})),
        4..=6 => to(
            "runs/log-metric",
            json!({"run_id": run, "key": "loss", "step": number,
            "value": rng.random::<f64>(), "timestamp": 1_700_000_000_000_u64}),
        ),
        7 => to(
            "runs/log-parameter",
            json!({"run_id": run, "key": format!("p{number}"), "value": "v"}),
        ),
        8 => to("runs/set-tag", json!({"run_id": run, "key": "t", "value": number.to_string()})),
        9 => to("runs/delete-tag", json!({"run_id": run, "key": "t"})),
        10 => to("runs/update", json!({"run_id": run, "status": "FINISHED", "end_time": number})),
        11 => to("runs/delete", json!({"run_id": run})),
        12 => to("runs/restore", json!({"run_id": run})),
        13 => to("registered-models/create", json!({"name": name})),
        14..=15 => {
            to("model-versions/create", json!({"name": name, "source": "s3://a/b", "run_id": run}))
        }
        16..=17 => to(
            "model-versions/transition-stage",
            json!({"name": name, "version": version,
            "stage": STAGES.choose(rng).unwrap(), "archive_existing_versions": rng.random::<bool>()}),
        ),
        18 => to(
            "registered-models/alias",
            json!({"name": name, "alias": "best", "version": version}),
        ),
        19 => Question {
            method: "DELETE",
            ..to("registered-models/alias", json!({"name": name, "alias": "best"}))
        },
        20 => to(
            "registered-models/rename",
            json!({"name": name, "new_name": NAMES.choose(rng).unwrap()}),
        ),
        21 => Question {
            method: "DELETE",
            ..to("model-versions/delete", json!({"name": name, "version": version}))
        },
        22 => to(
            "experiments/update",
            json!({"experiment_id": experiment, "new_name": format!("n{number}")}),
        ),
        23 => to(
            "logged-models",
            json!({"experiment_id": experiment, "name": "m", "source_run_id": run}),
        ),
        24 => Question {
            method: "PATCH",
            ..to(
                &format!("logged-models/{logged}/tags"),
                json!({"tags": [{"key": "t", "value": number.to_string()}]}),
            )
        },
        _ if rng.random_range(0..4) == 0 => Question { method: "DELETE", ..get(file) },
        _ => Question { method: "PUT", body: "bytes ".repeat(number as usize), ..get(file) },
    }
}

/// One thing that a client may ask.
fn question(rng: &mut StdRng, known: &Known) -> Question {
    let ask = |route: String| get(format!("{API}/{route}"));
    let experiment = known.experiments.choose(rng).cloned().unwrap_or_else(|| "0".to_owned());
    let run = known.runs.choose(rng).cloned().unwrap_or_else(|| "none".to_owned());
    let logged = known.models.choose(rng).cloned().unwrap_or_else(|| "none".to_owned());
    let name = *NAMES.choose(rng).unwrap();
    let version: u32 = rng.random_range(1..4);
    let number: u32 = rng.random_range(0..5);
    let filter = ["", "metrics.loss < 0.5", "params.p1 = 'v'", "tags.t LIKE '%2%'"];
    let order = ["metrics.loss DESC", "tags.t", "attributes.start_time"];
    match rng.random_range(0..20) {
        0..=1 => ask(format!("runs/get?run_id={run}")),
        2 => ask(format!("experiments/get?experiment_id={experiment}")),
        3 => ask(format!("experiments/get-by-name?experiment_name=n{number}")),
        4 => ask("experiments/search?max_results=2&view_type=ALL".to_owned()),
        5..=7 => post(
            format!("{API}/runs/search"),
            &json!({"experiment_ids": known.experiments,
            "filter": filter.choose(rng).unwrap(), "order_by": [order.choose(rng).unwrap()],
            "run_view_type": "ALL", "max_results": 3}),
        ),
        8 => ask(format!("metrics/get-history?run_id={run}&metric_key=loss")),
        9 => ask(format!("metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss")),
        10 => ask(format!("registered-models/get?name={name}")),
        11 => ask("registered-models/search?max_results=1".to_owned()),
        12 => post(format!("{API}/registered-models/get-latest-versions"), &json!({"name": name})),
        13 => ask(format!("registered-models/alias?name={name}&alias=best")),
        14 => ask(format!("model-versions/get?name={name}&version={version}")),
        15 => ask(format!("model-versions/search?filter=name%3D'{name}'&max_results=2")),
        16 => ask(format!("model-versions/get-download-uri?name={name}&version={version}")),
        17 => ask(format!("artifacts/list?run_id={run}&path=d")),
        18 => get(format!("/api/runlog/1/models/{name}/history")),
        _ => ask(format!("logged-models/{logged}")),
    }
}

/// All pages of an answer: tokens differ from call to call, what they lead to must not.
fn pages(server: &Server, question: &Question) -> (u16, Vec<Json>) {
    let (mut question, mut pages) = (question.clone(), Vec::new());
    loop {
        let Answer { status, body, .. } = server.ask(&question);
        let mut page: Json = serde_json::from_slice(&body).unwrap_or_default();
        let token = page.as_object_mut().and_then(|page| page.remove("next_page_token"));
        pages.push(page);
        let Some(token) = token else { return (status, pages) };
        assert!(pages.len() < 1000, "{question:?} has no end");
        if question.method == "GET" {
            let target = question.target.split("&page_token=").next().unwrap();
            question.target = format!("{target}&page_token={}", token.as_str().unwrap());
        } else {
            let mut body: Json = serde_json::from_str(&question.body).unwrap();
            body["page_token"] = token;
            question.body = body.to_string();
        }
    }
}

/// The question as of a moment, said in one of the ways in which that can be said.
fn then(rng: &mut StdRng, question: &Question, seq: u64, time: i64) -> Question {
    let rfc3339 = jiff::Timestamp::from_millisecond(time).unwrap().to_string();
    let moment = [seq.to_string(), time.to_string(), rfc3339].choose(rng).unwrap().clone();
    let mut asked = question.clone();
    match rng.random_range(0..3) {
        0 => asked.as_of = Some(moment),
        1 => asked.target = format!("/as-of/{moment}{}", question.target),
        _ => {
            let (path, query) = question.target.split_once('?').unwrap_or((&question.target, ""));
            asked.target = format!("{path}?as_of={moment}&{query}");
        }
    }
    asked
}

#[test]
fn the_past_answers_as_it_did() {
    let (mut asked, mut found) = (0, 0);
    for seed in 0..HISTORIES {
        let mut rng = StdRng::seed_from_u64(seed);
        let (server, mut known, mut told) = (Server::start(""), Known::default(), Vec::new());
        let default = json!({"name": "Default"});
        server.ask(&post(format!("{API}/experiments/create"), &default));
        known.experiments.push("0".to_owned());
        for _ in 0..STEPS {
            let answer = server.ask(&change(&mut rng, &known));
            assert!(answer.status < 500, "{}", String::from_utf8_lossy(&answer.body));
            let json = answer.json();
            let id = |field: &Json| field.as_str().map(str::to_owned);
            known.experiments.extend(id(&json["experiment_id"]));
            known.runs.extend(id(&json["run"]["info"]["run_id"]));
            known.models.extend(id(&json["model"]["info"]["model_id"]));
            let (seq, time) = (server.head().0, server.time().0);
            for _ in 0..QUESTIONS_A_STEP {
                let question = question(&mut rng, &known);
                let answer = pages(&server, &question);
                told.push((seq, time, question, answer));
            }
        }
        for (seq, time, question, answer) in told {
            let question = then(&mut rng, &question, seq, time);
            assert_eq!(pages(&server, &question), answer, "seed {seed}, event {seq}: {question:?}");
            asked += 1;
            found += usize::from(answer.0 == 200);
        }
    }
    assert!(asked >= 1000 && found >= 800, "{found} of {asked} were there");
}

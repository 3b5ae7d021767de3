//! Questions that can be put to a log and to a server alike.

use serde_json::Value;

use crate::support::{Data, Ran, Server, runlog, text};

/// What is asked of the life of `Data::lived`.
const QUESTIONS: [&[&str]; 9] = [
    &["history", "model", "CarSeat"],
    &["history", "model", "CarSeat", "--version", "2"],
    &["history", "model", "Bench"],
    &["stage-at", "CarSeat"],
    &["stage-at", "CarSeat", "--stage", "production", "--at", "9"],
    &["stage-at", "Bench", "--ever"],
    &["lineage", "models:/CarSeat/Production"],
    &["lineage", "run:r1", "--direction", "downstream"],
    &["lineage", "models:/Bench/1"],
];

fn ask(question: &[&str], more: &[&str]) -> Ran {
    runlog(&[question, more].concat())
}

#[test]
fn a_log_and_its_server_answer_alike() {
    let data = Data::lived();
    let path = data.path();
    let server = Server::start(&["--data-dir", text(&path)]);
    let url = format!("http://{}", server.address);
    for question in QUESTIONS {
        for form in [&[][..], &["--json"], &["--csv"], &["--as-of", "10"]] {
            let offline = ask(question, &[form, &["--data-dir", text(&path)]].concat());
            let online = ask(question, &[form, &["--server", &url]].concat());
            assert_eq!(online.code, offline.code, "{question:?}: {online:?} {offline:?}");
            assert_eq!(online.stdout, offline.stdout, "{question:?}");
        }
    }
}

#[test]
fn csv_has_every_field() {
    let path = Data::lived();
    let ran = ask(QUESTIONS[0], &["--csv", "--data-dir", text(&path.path())]);
    let ran_json = ask(QUESTIONS[0], &["--json", "--data-dir", text(&path.path())]);
    let json: Value = serde_json::from_str(ran_json.answer()).unwrap();
    let rows = json["history"].as_array().unwrap();
    let head = rows[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(",");
    let lines: Vec<&str> = ran.answer().lines().collect();
    assert_eq!((lines[0], lines.len()), (head.as_str(), 1 + rows.len()));
}

#[test]
fn servers_that_do_not_answer_are_told_in_one_line() {
    let ran = ask(QUESTIONS[0], &["--server", "http://127.0.0.1:9"]);
    assert!(ran.refusal(2).contains("cannot ask http://127.0.0.1:9"), "{ran:?}");
    let data = Data::lived();
    let server = Server::start(&["--data-dir", text(&data.path())]);
    let url = format!("http://{}", server.address);
    let ran = ask(&["history", "model", "Sofa"], &["--server", &url]);
    assert!(ran.refusal(2).contains("404"), "{ran:?}");
    let ran = ask(QUESTIONS[0], &["--server", &url, "--as-of", "2100-01-01T00:00:00Z"]);
    assert!(ran.refusal(2).contains("has not come yet"), "{ran:?}");
    let ran = ask(QUESTIONS[0], &["--server", "mailto:me"]);
    assert!(ran.refusal(2).contains("no URL of a server"), "{ran:?}");
}

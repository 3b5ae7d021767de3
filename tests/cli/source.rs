//! Questions that can be put to a log and to a server alike.

use serde_json::Value;

use crate::support::{Data, Ran, Server, runlog, text};

/// What is asked of the life of `Data::lived`.
const QUESTIONS: [&[&str]; 27] = [
    &["history", "model", "CarSeat"],
    &["history", "model", "CarSeat", "--version", "2"],
    &["history", "model", "Bench"],
    &["history", "model", "Stool"],
    &["history", "stages"],
    &["history", "stages", "--stage", "production", "--from", "5", "--to", "14"],
    &["stage-at", "CarSeat"],
    &["stage-at", "CarSeat", "--stage", "production", "--at", "9"],
    &["stage-at", "Bench", "--ever"],
    &["approvals", "CarSeat"],
    &["alias-at", "CarSeat"],
    &["alias-at", "CarSeat", "--alias", "champion", "--at", "9"],
    &["alias-at", "Bench", "--ever"],
    &["history", "entity", "model:CarSeat"],
    &["history", "entity", "model-version:CarSeat/2", "--from", "5"],
    &["history", "entity", "model-id:1"],
    &["history", "entity", "run:r1"],
    &["history", "entity", "experiment:0"],
    &["diff", "model:CarSeat", "--from", "4"],
    &["diff", "experiment:0", "--from", "0"],
    &["diff", "experiment:0", "--from", "2", "--to", "9"],
    &["diff", "run:r1", "--from", "0", "--to", "9"],
    &["lineage", "models:/CarSeat/Production"],
    &["lineage", "run:r1", "--direction", "downstream"],
    &["lineage", "models:/Bench/1"],
    &["activity"],
    &["activity", "--by", "actor", "--entity", "model:CarSeat", "--from", "2"],
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
fn events_are_the_same_from_a_log_and_from_its_server() {
    let data = Data::lived();
    let path = data.path();
    let server = Server::start(&["--data-dir", text(&path)]);
    let url = format!("http://{}", server.address);
    let selections: [&[&str]; 8] = [
        &[],
        &["--csv"],
        &["--from", "3", "--to", "7"],
        &["--as-of", "9"],
        &["--as-of", "9", "--to", "4"],
        &["--type", "ModelVersionCreated,RunCreated", "--actor", "ada"],
        &["--entity", "model:CarSeat", "--actor", "grace"],
        &["--into-stage", "production"],
    ];
    for selection in selections {
        let offline = ask(&["log"], &[selection, &["--data-dir", text(&path)]].concat());
        let online = ask(&["log"], &[selection, &["--server", &url]].concat());
        assert_eq!(online.answer(), offline.answer(), "{selection:?}");
        assert!(!offline.stdout.is_empty(), "{selection:?}");
    }
    let followed = ask(&["log"], &["--follow", "--to", "9", "--server", &url]);
    assert_eq!(followed.answer(), ask(&["log"], &["--to", "9", "--server", &url]).answer());
}

#[test]
fn parquet_files_are_written_of_answers_and_of_events() {
    let data = Data::lived();
    let file = data.path().with_extension("parquet");
    for question in [QUESTIONS[0], &["activity"], &["log"]] {
        let ran = ask(question, &["--parquet", text(&file), "--data-dir", text(&data.path())]);
        assert_eq!(ran.answer(), "", "{question:?}");
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{question:?}");
    }
    let path = data.path();
    let ran = ask(&["log"], &["--parquet", "/nowhere/a.parquet", "--data-dir", text(&path)]);
    assert!(ran.refusal(2).contains("cannot write /nowhere/a.parquet"), "{ran:?}");
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

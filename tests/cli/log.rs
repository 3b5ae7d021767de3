//! `runlog log`.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::Value;

use crate::support::{Data, Ran, command, create_experiment, runlog, text};

fn events(ran: &Ran) -> Vec<Value> {
    ran.answer().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn select(data: &Data, args: &[&str]) -> Vec<Value> {
    let path = data.path();
    events(&runlog(&[&["log", "--data-dir", text(&path)], args].concat()))
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["event"].as_str().unwrap()).collect()
}

#[test]
fn every_event_is_a_line() {
    let data = Data::lived();
    let all = select(&data, &[]);
    let seqs: Vec<u64> = all.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=all.len() as u64).collect::<Vec<_>>());
    assert_eq!(names(&all)[..3], ["ExperimentCreated", "RunCreated", "MetricsLogged"]);
    let metric = &all[2];
    assert_eq!(metric["actor"], "ada");
    assert_eq!(metric["request_id"], "req-1");
    assert_eq!(metric["client_address"], "10.0.0.1:50000");
    assert_eq!(metric["user_agent"], "a client");
    assert_eq!(metric["data"]["series"][0]["values"][0], "NaN");
    let sha256 = &all[3]["data"]["sha256"];
    assert_eq!(*sha256, Value::from("07".repeat(32)));
}

#[test]
fn events_are_selected_by_place_and_time() {
    let data = Data::lived();
    let all = select(&data, &[]);
    assert_eq!(select(&data, &["--from", "2", "--to", "4"]), all[1..4]);
    let time = all[5]["time"].as_str().unwrap();
    let ms = all[5]["recorded_at"].to_string();
    let from = all.iter().position(|event| event["time"] == all[5]["time"]).unwrap();
    assert_eq!(select(&data, &["--from", time]), all[from..]);
    assert_eq!(select(&data, &["--from", &ms]), all[from..]);
    let until = all.iter().rposition(|event| event["time"] == all[5]["time"]).unwrap();
    assert_eq!(select(&data, &["--to", time]), all[..=until]);
    assert_eq!(select(&data, &["--from", "1000"]), [] as [Value; 0]);
}

#[test]
fn events_are_selected_by_entity() {
    let data = Data::lived();
    let of = |entity: &str| select(&data, &["--entity", entity]);
    assert_eq!(names(&of("run:r1")), ["RunCreated", "MetricsLogged"]);
    assert_eq!(names(&of("experiment:0")), ["ExperimentCreated"]);
    assert_eq!(names(&of("artifact:0/r1/artifacts/a.txt")), ["ArtifactStored"]);
    let bench = of("model:Bench");
    let expected = [
        "RegisteredModelCreated",
        "ModelVersionCreated",
        "ModelVersionStageChanged",
        "RegisteredModelRenamed",
        "RegisteredModelDeleted",
    ];
    assert_eq!(names(&bench), expected);
    assert_eq!(of("run:nobody"), [] as [Value; 0]);
    let ran = runlog(&["log", "--data-dir", text(&data.path()), "--entity", "model:Sofa"]);
    assert!(ran.refusal(2).contains("model:Sofa"));
}

#[test]
fn what_comes_is_followed() {
    let mut data = Data::lived();
    let before = select(&data, &[]).len();
    data.open();
    let mut child = command(&["log", "--follow", "--data-dir", text(&data.path())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.by_ref().take(before).count(), before);
    data.execute("grace", create_experiment("later"));
    assert!(lines.next().unwrap().contains("\"later\""));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn following_ends_at_the_end_of_the_selection() {
    let mut data = Data::lived();
    data.open();
    data.execute("grace", create_experiment("later"));
    assert_eq!(select(&data, &["--to", "3", "--follow"]).len(), 3);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut data = Data::lived();
    data.open();
    for number in 0..400 {
        data.execute("ada", create_experiment(&format!("{number}{}", "x".repeat(400))));
    }
    for follow in [&[][..], &["--follow"]] {
        let path = data.path();
        let args = [&["log", "--data-dir", text(&path)], follow].concat();
        let mut child =
            command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(Ran::of(child.wait_with_output().unwrap()).answer(), "");
    }
}

//! `runlog history`.

use serde_json::Value;

use crate::support::{Data, Ran, runlog, text};

fn history(data: &Data, args: &[&str]) -> Ran {
    let path = data.path();
    runlog(&[&["history", "model", "--data-dir", text(&path)], args].concat())
}

/// Version, stages, and who, of each row below the head.
fn moves(ran: &Ran) -> Vec<[String; 4]> {
    let rows = ran.answer().lines().skip(1).map(|row| {
        let words: Vec<&str> = row.split_whitespace().collect();
        [words[3], words[4], words[6], words[2]].map(str::to_owned)
    });
    rows.collect()
}

fn expected(rows: &[[&str; 4]]) -> Vec<[String; 4]> {
    rows.iter().map(|row| row.map(str::to_owned)).collect()
}

#[test]
fn moves_are_told_in_order() {
    let data = Data::lived();
    let all = history(&data, &["CarSeat"]);
    let rows = [
        ["1", "None", "Production", "ada"],
        ["1", "Production", "Archived", "grace"],
        ["2", "None", "Production", "grace"],
    ];
    let mut told = moves(&all);
    told[1..].sort();
    assert_eq!(told, expected(&rows));
    assert!(all.stdout.contains("(replaced by 2)") && all.stdout.contains("req-1"));
    assert!(all.stdout.contains("good\\u{1b}[31m enough"), "a terminal is not driven: {all:?}");
    let one = history(&data, &["CarSeat", "--version", "2"]);
    assert_eq!(moves(&one), expected(&rows[2..]));
}

#[test]
fn names_that_are_gone_keep_their_history() {
    let data = Data::lived();
    let rows = expected(&[["1", "None", "Staging", "ada"]]);
    assert_eq!(moves(&history(&data, &["Bench"])), rows);
    assert_eq!(moves(&history(&data, &["Stool"])), rows);
}

#[test]
fn json_has_all_that_is_known() {
    let data = Data::lived();
    let told = history(&data, &["CarSeat", "--version", "1", "--json"]);
    let told: Value = serde_json::from_str(told.answer()).unwrap();
    assert_eq!(told["name"], "CarSeat");
    assert_eq!(told["deleted"], false);
    let first = &told["history"][0];
    assert_eq!((&first["from"], &first["to"]), (&"None".into(), &"Production".into()));
    assert_eq!(first["client_address"], "10.0.0.1:50000");
    assert_eq!(first["comment"], "good\u{1b}[31m enough");
    let time: jiff::Timestamp = first["changed_at_time"].as_str().unwrap().parse().unwrap();
    assert_eq!(time.as_millisecond(), first["changed_at"].as_i64().unwrap());
    assert_eq!(told["history"][1]["displaced_by"], 2);
    assert_eq!(told["history"][1]["archived"], Value::Array(Vec::new()));
}

#[test]
fn a_move_says_what_it_archived_along_the_way() {
    let data = Data::lived();
    let told = history(&data, &["CarSeat", "--version", "2", "--json"]);
    let told: Value = serde_json::from_str(told.answer()).unwrap();
    assert_eq!(told["history"][0]["archived"], Value::from(vec![1]));
    assert!(history(&data, &["CarSeat"]).answer().contains("(archived 1)"));
    let csv = history(&data, &["CarSeat", "--csv"]);
    assert!(csv.answer().lines().last().unwrap().ends_with(",1"), "{csv:?}");
}

#[test]
fn a_server_at_work_does_not_mind() {
    let mut data = Data::lived();
    data.open();
    assert_eq!(moves(&history(&data, &["CarSeat"])).len(), 3);
}

#[test]
fn what_never_was_is_refused() {
    let data = Data::lived();
    for args in [&["Sofa"][..], &["CarSeat", "--version", "3"], &["CarSeat", "--version", "0"]] {
        let ran = history(&data, args);
        assert!(ran.refusal(2).contains("never was"), "{ran:?}");
    }
}

//! `runlog replay`.

use std::fs;

use crate::support::{Data, create_experiment, runlog, text};

#[test]
fn the_same_log_gives_the_same_digest() {
    let data = Data::lived();
    let (log, into) = (data.log(), data.beside("rebuilt"));
    let first = runlog(&["replay", "--log", text(&log), "--into", text(&into)]);
    first.answer();
    let in_memory = runlog(&["replay", "--data-dir", text(&data.path())]);
    assert_eq!(first.field("digest"), in_memory.field("digest"));
    assert_eq!(first.field("digest").len(), 64);
    let compared = runlog(&["replay", "--log", text(&log), "--compare", text(&into)]);
    assert!(compared.answer().contains("result    equal"));
}

#[test]
fn live_views_are_what_the_log_says() {
    let data = Data::lived();
    let (log, views, into) = (data.log(), data.views(), data.beside("rebuilt"));
    let args = ["replay", "--log", text(&log), "--compare", text(&views), "--into", text(&into)];
    let ran = runlog(&args);
    assert!(ran.answer().contains("result    equal"));
    let digests = ran.stdout.lines().filter(|line| line.starts_with("digest")).collect::<Vec<_>>();
    assert_eq!((digests.len(), digests[0]), (2, digests[1]));
}

#[test]
fn views_are_compared_as_far_as_they_have_come() {
    let mut data = Data::lived();
    let (then, into) = (data.beside("then"), data.beside("into"));
    runlog(&["replay", "--log", text(&data.log()), "--until", "5", "--into", text(&then)]).answer();
    data.open();
    data.execute("ada", create_experiment("later"));
    data.close();
    let log = data.log();
    let args = ["replay", "--log", text(&log), "--into", text(&into), "--compare", text(&then)];
    let ran = runlog(&args);
    assert!(ran.answer().contains("result    equal"));
    assert_eq!(ran.field("events"), "5");
}

#[test]
fn a_difference_is_named() {
    let mut data = Data::lived();
    let copy = data.beside("shorter");
    fs::create_dir(&copy).unwrap();
    let name = data.segment().file_name().unwrap().to_owned();
    let shorter = fs::read(data.segment()).unwrap();
    // Two lives of one log: its copy goes on differently than it does itself.
    data.open();
    data.execute("ada", create_experiment("here"));
    data.close();
    let here = runlog(&["replay", "--log", text(&data.log()), "--into", text(&data.beside("a"))]);
    here.answer();
    fs::write(data.log().join(&name), shorter).unwrap();
    fs::remove_dir_all(data.views()).unwrap();
    data.open();
    data.execute("ada", create_experiment("there"));
    data.close();
    let ran = runlog(&["replay", "--log", text(&data.log()), "--compare", text(&data.beside("a"))]);
    assert!(ran.refusal(1).contains("experiment name"), "{ran:?}");
    assert!(ran.stdout.contains("DIFFERENT"));
}

#[test]
fn views_in_use_are_left_alone() {
    let mut data = Data::lived();
    data.open();
    let ran = runlog(&["replay", "--log", text(&data.log()), "--compare", text(&data.views())]);
    assert!(ran.refusal(2).contains("in use: stop the server"), "{ran:?}");
}

#[test]
fn views_of_another_log_are_refused() {
    let (data, other) = (Data::lived(), Data::lived());
    let ran = runlog(&["replay", "--log", text(&data.log()), "--compare", text(&other.views())]);
    assert!(ran.refusal(2).contains("another log"), "{ran:?}");
}

#[test]
fn nothing_is_overwritten() {
    let data = Data::lived();
    let ran = runlog(&["replay", "--log", text(&data.log()), "--into", text(&data.views())]);
    assert!(ran.refusal(2).contains("not empty"), "{ran:?}");
    let nowhere = data.beside("nowhere");
    let ran = runlog(&["replay", "--log", text(&nowhere), "--into", text(&data.beside("x"))]);
    assert!(ran.refusal(2).contains("--log"), "{ran:?}");
    let ran = runlog(&["replay", "--log", text(&data.log()), "--compare", text(&nowhere)]);
    assert!(ran.refusal(2).contains("no views"), "{ran:?}");
    assert!(!nowhere.exists());
}

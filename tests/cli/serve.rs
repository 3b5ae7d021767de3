//! `runlog serve`: start, end, and what it refuses.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use crate::support::{Data, Ran, Server, command, runlog, text};

/// A new data directory, as an argument.
fn empty() -> (Data, String) {
    let data = Data::new();
    let path = text(&data.beside("empty")).to_owned();
    (data, path)
}

#[test]
fn an_empty_directory_becomes_a_server_and_ends_in_good_order() {
    let (_data, path) = empty();
    let server = Server::start(&["--data-dir", &path]);
    assert!(server.get("/health").starts_with("HTTP/1.1 200"));
    assert_eq!(server.stop("-TERM"), 0);

    let log = runlog(&["log", "--data-dir", &path]);
    let created: serde_json::Value = serde_json::from_str(log.answer().trim()).unwrap();
    assert_eq!(
        (&created["event"], &created["actor"]),
        (&"ExperimentCreated".into(), &"runlog".into())
    );
    assert_eq!(
        (&created["data"]["experiment_id"], &created["data"]["name"]),
        (&0.into(), &"Default".into())
    );
    assert_eq!(runlog(&["verify", "--data-dir", &path]).field("tail"), "marked:");
    let views = format!("{path}/views");
    runlog(&["replay", "--data-dir", &path, "--compare", &views]).answer();

    let again = Server::start(&["--data-dir", &path]);
    assert_eq!(again.stop("-INT"), 0);
    assert_eq!(runlog(&["log", "--data-dir", &path]).answer(), log.stdout, "nothing is made twice");
}

#[test]
fn a_connection_that_stays_open_does_not_hold_up_the_end() {
    let (_data, path) = empty();
    let server = Server::start(&["--data-dir", &path]);
    let mut idle = TcpStream::connect(&server.address).unwrap();
    write!(idle, "GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
    idle.read_exact(&mut [0; 12]).unwrap();
    let start = std::time::Instant::now();
    assert_eq!(server.stop("-TERM"), 0);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn one_directory_has_one_server_and_one_port_as_well() {
    let (_data, path) = empty();
    let server = Server::start(&["--data-dir", &path]);
    let second = runlog(&["serve", "--port", "0", "--data-dir", &path]);
    assert!(second.refusal(2).contains("stop the server"), "{second:?}");
    assert_eq!(server.stop("-TERM"), 0);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (_data, path) = empty();
    let ran = runlog(&["serve", "-h", "127.0.0.1", "-p", &port, "--data-dir", &path]);
    assert!(ran.refusal(2).contains("in use"), "{ran:?}");
    assert!(!std::path::Path::new(&path).exists(), "nothing was opened");
}

#[test]
fn what_makes_no_sense_here_is_refused_in_one_line() {
    let (_data, path) = empty();
    for (args, word) in [
        (&["--backend-store-uri", "sqlite:///mlflow.db"][..], "--data-dir"),
        (&["--registry-store-uri", "x"], "remove it"),
        (&["--app-name", "basic-auth"], "proxy"),
        (&["--enable-workspaces"], "--data-dir"),
        (&["--static-prefix", "x"], "must begin with a '/'"),
        (&["--artifacts-destination", "s3://bucket"], "--artifacts-destination"),
    ] {
        let ran = runlog(&[&["serve", "--port", "0", "--data-dir", &path], args].concat());
        assert!(ran.refusal(2).contains(word), "{ran:?}");
    }
}

#[test]
fn the_environment_counts_as_the_command_line_does() {
    let (_data, path) = empty();
    let run = |variable: &str, value: &str| {
        let mut command = command(&["serve", "--port", "0", "--data-dir", &path]);
        Ran::of(command.env(variable, value).output().unwrap())
    };
    assert!(run("MLFLOW_BACKEND_STORE_URI", "./mlruns").refusal(2).contains("./mlruns"));
    assert!(run("MLFLOW_STATIC_PREFIX", "x").refusal(2).contains("--static-prefix"));
    assert!(run("MLFLOW_SERVE_ARTIFACTS", "maybe").refusal(2).contains("maybe"));
    assert!(run("MLFLOW_HOST", "256.0.0.1").refusal(2).contains("256.0.0.1"));
}

#[test]
fn flags_without_effect_are_told_once() {
    let (_data, path) = empty();
    let mut server = Server::start(&["--data-dir", &path, "-w", "4", "--uvicorn-opts", "--x"]);
    let mut stderr = server.child.stderr.take().unwrap();
    assert_eq!(server.stop("-TERM"), 0);
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    let notices: Vec<_> = told.lines().filter(|line| line.contains("without effect")).collect();
    assert_eq!(notices, ["runlog: without effect here: --workers, --uvicorn-opts"]);
}

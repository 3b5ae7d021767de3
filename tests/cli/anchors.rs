//! Checkpoints that are anchored: in a file, at a URL, with another Runlog as witness.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    process::Command,
    time::Duration,
};

use crate::support::{Data, Server, runlog, text};

fn wait_for<T>(what: impl Fn() -> Option<T>) -> T {
    (0..200)
        .find_map(|_| {
            std::thread::sleep(Duration::from_millis(50));
            what()
        })
        .expect("it comes within ten seconds")
}

#[test]
fn a_witness_cosigns_and_proofs_have_its_word() {
    let (log, other) = (Data::lived(), Data::lived());
    let path = log.path();
    let first = Server::start(&["--data-dir", text(&path)]);
    first.stop("-TERM");
    let key = runlog(&["key", "show", "--data-dir", text(&path)]).answer().trim().to_owned();

    let witness = Server::start(&["--data-dir", text(&other.path()), "--witness-for", &key]);
    let at = format!("http://{}/api/runlog/1/witness", witness.address);
    let answer = witness.get("/api/runlog/1/witness/key");
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let word = body["key"].as_str().unwrap().to_owned();

    let (anchor, receiver) = (log.beside("anchor.txt"), TcpListener::bind("127.0.0.1:0").unwrap());
    let url = format!("http://{}/", receiver.local_addr().unwrap());
    let posted = std::thread::spawn(move || {
        let (mut stream, _) = receiver.accept().unwrap();
        let mut got = [0; 4096];
        let mut all = Vec::new();
        while !String::from_utf8_lossy(&all).trim_end().ends_with('=') {
            let read = stream.read(&mut got).unwrap();
            all.extend_from_slice(&got[..read]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8(all).unwrap()
    });
    let witnessed_by = format!("{at}#{word}");
    let args = ["--data-dir", text(&path), "--anchor-file", text(&anchor), "--anchor-url", &url];
    let server = Server::start(&[&args[..], &["--witness", &witnessed_by]].concat());
    let cosigned = wait_for(|| {
        let answer = server.get("/api/runlog/1/tlog/witnessed");
        answer.starts_with("HTTP/1.1 200").then_some(answer)
    });
    assert!(cosigned.contains("\u{2014} runlog-witness/"), "{cosigned}");
    let kept = fs::read_to_string(&anchor).unwrap();
    assert!(kept.starts_with("runlog/") && kept.ends_with("\n\n"), "{kept}");
    assert!(posted.join().unwrap().contains(kept.trim_end()));

    let verify =
        ["verify", "--data-dir", text(&path), "--checkpoints", text(&anchor), "--key", &key];
    assert!(runlog(&verify).answer().contains("1 checkpoints hold, the last of 15 events"));
    let theirs = log.beside("theirs.txt");
    for at in 0..kept.len() - 2 {
        let mut bent = kept.clone().into_bytes();
        bent[at] ^= 1;
        fs::write(&theirs, bent).unwrap();
        if at % 16 == 0 {
            let changed = [&verify[..4], &[text(&theirs)], &verify[5..]].concat();
            assert_eq!(runlog(&changed).code, 1, "byte {at}");
        }
    }
    let theirs = other.path();
    let shorter = [&["verify", "--data-dir"], &[text(&theirs)][..], &verify[3..]].concat();
    assert_eq!(runlog(&shorter).code, 3, "another log");

    let file = log.beside("a.tlog-proof");
    let from = format!("http://{}", server.address);
    runlog(&["prove", "--seq", "3", "--server", &from, "--to", text(&file)]).answer();
    let verify = ["verify-proof", text(&file), "--key", &key, "--witness", &word];
    assert!(runlog(&verify).answer().contains("by 1 of 1"));
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify_proof.py");
    let python = Command::new("python3").arg(python).args(&verify[1..]).output().unwrap();
    assert!(python.status.success(), "{python:?}");
    assert!(String::from_utf8_lossy(&python.stdout).contains("witnessed at"));
    // A proof without that word is not enough for who asks for it.
    server.stop("-TERM");
    runlog(&["prove", "--seq", "3", "--data-dir", text(&path), "--to", text(&file)]).answer();
    runlog(&verify).refusal(1);
}

#[test]
fn what_a_server_signs_last_is_anchored_before_it_ends() {
    let data = Data::lived();
    let (path, anchor) = (data.path(), data.beside("anchor.txt"));
    let server = Server::start(&["--data-dir", text(&path), "--anchor-file", text(&anchor)]);
    wait_for(|| fs::read_to_string(&anchor).ok().filter(|kept| kept.contains("\n15\n")));
    let created = server.post("/api/2.0/mlflow/experiments/create", r#"{"name":"late"}"#);
    assert!(created.starts_with("HTTP/1.1 200"), "{created}");
    assert_eq!(server.stop("-TERM"), 0);
    let key = runlog(&["key", "show", "--data-dir", text(&path)]).answer().trim().to_owned();
    let verify =
        ["verify", "--data-dir", text(&path), "--checkpoints", text(&anchor), "--key", &key];
    let verified = runlog(&verify);
    assert!(
        verified.answer().contains("2 checkpoints hold, the last of 16 events"),
        "{verified:?}"
    );
}

#[test]
fn an_anchor_that_does_not_answer_keeps_no_server_from_ending() {
    let data = Data::lived();
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let server = Server::start(&["--data-dir", text(&data.path()), "--anchor-url", &url]);
    assert_eq!(server.stop("-TERM"), 0);
}

#[test]
fn a_server_that_is_no_witness_says_so() {
    let data = Data::lived();
    let server = Server::start(&["--data-dir", text(&data.path())]);
    assert!(server.get("/api/runlog/1/witness/key").starts_with("HTTP/1.1 501"));
    assert!(server.get("/api/runlog/1/tlog/witnessed").starts_with("HTTP/1.1 404"));
    for route in ["key", "checkpoint", "proof/1", "tile/0/000.p/1"] {
        let past = server.get(&format!("/api/runlog/1/tlog/{route}?as_of=1"));
        assert!(past.starts_with("HTTP/1.1 400"), "{past}");
    }
    let wrong = runlog(&["serve", "--witness", "http://127.0.0.1:9/#nothing"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
}

//! `runlog prove`, `verify-proof` and `key`; and a server whose log is not what it signed.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::{Data, Server, create_experiment, runlog, text};

/// What was asked of a server that ran for a while on `Data::lived`; the log's key.
fn signed(data: &Data) -> String {
    let server = Server::start(&["--data-dir", text(&data.path())]);
    let key = runlog(&["key", "show", "--server", &format!("http://{}", server.address)]);
    assert_eq!(server.stop("-TERM"), 0);
    let offline = runlog(&["key", "show", "--data-dir", text(&data.path())]);
    assert_eq!(offline.answer(), key.answer());
    key.answer().trim().to_owned()
}

#[test]
fn a_stage_change_is_proved_to_who_has_the_key() {
    let data = Data::lived();
    let key = signed(&data);
    let file = data.beside("a.tlog-proof");
    let change = ["--model", "CarSeat", "--version", "2", "--stage", "production"];
    let prove = [&["prove"], &change[..], &["--to", text(&file)]].concat();
    runlog(&[&prove[..], &["--data-dir", text(&data.path())]].concat()).answer();
    let offline = fs::read(&file).unwrap();
    let server = Server::start(&["--data-dir", text(&data.path())]);
    let url = format!("http://{}", server.address);
    runlog(&[&prove[..], &["--server", &url]].concat()).answer();
    assert_eq!(fs::read(&file).unwrap(), offline);

    let verify = |key: &str| runlog(&["verify-proof", text(&file), "--key", key]);
    let told = verify(&key);
    assert!(told.answer().contains("\"to\":\"Production\""), "{told:?}");
    assert!(told.answer().contains("\"actor\":\"grace\""), "{told:?}");
    let json = runlog(&["verify-proof", text(&file), "--key", &key, "--json"]);
    let event: serde_json::Value = serde_json::from_str(json.answer()).unwrap();
    assert_eq!(event["data"]["version"], 2);
    let name = key.split('+').next().unwrap();
    let stranger = format!("{name}+1d2a5d5f+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(verify(&stranger).code, 2, "its hash is another");
    let witness =
        [&["verify-proof", text(&file), "--key", &key], &["--witness", &key][..]].concat();
    runlog(&witness).answer();
    fs::write(&file, [&offline[..], b"\n"].concat()).unwrap();
    assert!(verify(&key).refusal(1).contains("proves nothing"));
    fs::write(&file, b"").unwrap();
    verify(&key).refusal(1);
}

#[test]
fn what_cannot_be_proved_is_told_in_one_line() {
    let data = Data::lived();
    let dir = data.path();
    let prove = |args: &[&str]| runlog(&[&["prove", "--data-dir", text(&dir)], args].concat());
    assert!(prove(&["--seq", "1"]).refusal(2).contains("no checkpoint of this log"));
    signed(&data);
    for args in [
        &["--seq", "0"][..],
        &["--seq", "99999"],
        &["--model", "CarSeat", "--version", "1", "--stage", "Staging"],
        &["--model", "Sofa", "--version", "1", "--stage", "Production"],
    ] {
        prove(args).refusal(2);
    }
    assert_eq!(prove(&["--model", "CarSeat"]).code, 2);
    assert_eq!(prove(&["--model", "CarSeat", "--version", "1", "--stage", "Attic"]).code, 2);
}

#[test]
fn the_key_is_for_its_owner_alone() {
    let data = Data::lived();
    signed(&data);
    let keys = data.beside("runlog-keys");
    let place = fs::read_dir(keys).unwrap().next().unwrap().unwrap().path();
    let mode = fs::metadata(place.join("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_log_that_lost_what_was_signed_is_not_served() {
    let mut data = Data::lived();
    data.open();
    data.close();
    let copy = data.beside("copy");
    copy_tree(&data.path(), &copy);
    data.open();
    data.execute("ada", create_experiment("later"));
    data.close();
    signed(&data);
    let serve = ["serve", "--port", "0", "--data-dir"];
    let refused = runlog(&[&serve[..], &[text(&copy)]].concat());
    let told = refused.refusal(3);
    assert!(told.contains("checkpoint") && told.contains("docs/OPERATING.md"), "{told}");
    // The log alone was put back.
    fs::remove_dir_all(data.log()).unwrap();
    fs::rename(copy.join("log"), data.log()).unwrap();
    runlog(&[&serve[..], &[text(&data.path())]].concat()).refusal(3);
    let (path, keys) = (data.path(), data.beside("elsewhere"));
    let refused = [&serve[..], &[text(&path), "--key-dir", text(&keys)]].concat();
    let told = runlog(&refused);
    assert!(
        told.code == 2 && told.stderr.contains("name its directory with --key-dir"),
        "{told:?}"
    );
}

/// The log goes on from a backup under another name, and says so.
#[test]
fn what_was_signed_can_be_given_up() {
    let mut data = Data::lived();
    let key = signed(&data);
    let copy = data.beside("copy");
    copy_tree(&data.path(), &copy);
    data.open();
    data.execute("ada", create_experiment("later"));
    data.close();
    assert_eq!(signed(&data), key);
    let path = text(&copy);
    runlog(&["serve", "--port", "0", "--data-dir", path]).refusal(3);
    let reason = ["--reason", "a disk died", "--by", "grace"];
    let given_up = runlog(&[&["key", "new", "--data-dir", path], &reason[..]].concat());
    assert_eq!(given_up.code, 0, "{given_up:?}");
    let new = given_up.stdout.trim();
    let server = Server::start(&["--data-dir", path]);
    assert_eq!(server.stop("-TERM"), 0);
    assert_eq!(runlog(&["key", "show", "--data-dir", path]).answer().trim(), new);
    let log = runlog(&["log", "--data-dir", path]);
    let last: serde_json::Value =
        serde_json::from_str(log.answer().lines().last().unwrap()).unwrap();
    assert_eq!((&last["event"], &last["actor"]), (&"CheckpointGivenUp".into(), &"grace".into()));
    assert_eq!(
        (&last["data"]["key"], &last["data"]["reason"]),
        (&new.into(), &"a disk died".into())
    );
    let name = key.split('+').next().unwrap();
    let checkpoint = last["data"]["checkpoint"].as_str().unwrap();
    assert!(checkpoint.starts_with(&format!("{name}\n16\n")), "{checkpoint}");
    assert!(new.starts_with(&format!("{name}/")), "{new}");
    // What was given up is kept, and the log that has it is not served any more with the new name's key.
    assert_eq!(runlog(&["serve", "--port", "0", "--data-dir", text(&data.path())]).code, 3);
}

#[test]
fn a_new_key_is_shown_to_those_who_trust_the_old_one() {
    let mut data = Data::lived();
    let old = signed(&data);
    let path = data.path();
    let file = data.beside("rotation.tlog-proof");
    let rotate = ["key", "rotate", "--data-dir", text(&path), "--to", text(&file), "--by", "ada"];
    let rotated = runlog(&rotate);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    let new = rotated.stdout.trim();
    assert!(new != old && new.split('+').next() == old.split('+').next());
    for key in [&old[..], new] {
        let told = runlog(&["verify-proof", text(&file), "--key", key, "--json"]);
        let event: serde_json::Value = serde_json::from_str(told.answer()).unwrap();
        assert_eq!(
            (&event["event"], &event["actor"]),
            (&"SigningKeyRotated".into(), &"ada".into())
        );
        let data = &event["data"];
        assert_eq!((&data["from"], &data["to"]), (&old.as_str().into(), &new.into()));
        let statement = runlog::proof::Note::parse(data["statement"].as_str().unwrap().as_bytes());
        let (statement, key) = (statement.unwrap(), key.parse().unwrap());
        assert!(matches!(statement.signed_by(&key), runlog::proof::Signed::Well(_)));
    }
    data.open();
    data.execute("ada", create_experiment("signed by the new key alone"));
    data.close();
    assert_eq!(signed(&data), new);
    let keys = fs::read_dir(data.beside("runlog-keys")).unwrap().next().unwrap().unwrap().path();
    assert!(!keys.join("key.next").exists());
    let event = ["prove", "--seq", "1", "--data-dir", text(&path), "--to", text(&file)];
    runlog(&event).answer();
    runlog(&["verify-proof", text(&file), "--key", new]).answer();
    runlog(&["verify-proof", text(&file), "--key", &old]).refusal(1);
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}

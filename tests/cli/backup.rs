//! `runlog backup` and `runlog restore`.

use std::fs;

use runlog::domain::{Command, artifact};
use sha2::{Digest as _, Sha256};

use crate::support::{Data, Ran, create_experiment, runlog, text};

/// A lived-in data directory whose one artifact is there.
fn data() -> Data {
    let mut data = Data::lived();
    let content = b"abc";
    let place = data.path().join("artifacts/0/r1/artifacts");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("a.txt"), content).unwrap();
    data.open();
    let sha256 = Sha256::digest(content).into();
    let path = "0/r1/artifacts/a.txt".to_owned();
    data.execute("ada", Command::RecordArtifact(artifact::Record { path, size: 3, sha256 }));
    data.close();
    data
}

fn backup(data: &Data) -> Ran {
    let (from, to) = (data.path(), data.beside("backup"));
    runlog(&["backup", "--data-dir", text(&from), "--to", text(&to)])
}

fn restore(data: &Data) -> Ran {
    let (from, into) = (data.beside("backup"), data.beside("again"));
    runlog(&["restore", "--from", text(&from), "--into", text(&into)])
}

#[test]
fn a_restored_log_is_the_one_that_was_backed_up() {
    let data = data();
    let done = backup(&data);
    assert!(done.answer().contains("result     backed up to"));
    let restored = restore(&data);
    assert_eq!(restored.field("root"), done.field("root"));
    assert_eq!(restored.field("artifacts"), "1");
    let before = runlog(&["verify", "--data-dir", text(&data.path())]);
    let after = runlog(&["verify", "--data-dir", text(&data.beside("again"))]);
    assert_eq!(after.answer(), before.answer());
    let artifact = data.beside("again").join("artifacts/0/r1/artifacts/a.txt");
    assert_eq!(fs::read(artifact).unwrap(), b"abc");
    let again = backup(&data);
    assert!(again.answer().contains("segments   1 (0 copied, 0 bytes)"), "{again:?}");
    assert!(again.stdout.contains("artifacts  1 (0 copied, 0 bytes)"), "{again:?}");
}

#[test]
fn a_log_in_use_is_backed_up_and_its_key_is_not() {
    let mut data = data();
    data.open();
    data.execute("ada", create_experiment("new"));
    fs::write(data.path().join("webhook-secret.key"), "secret").unwrap();
    let done = backup(&data);
    assert!(done.answer().contains("webhook-secret.key: keep a copy of it apart"));
    restore(&data).answer();
    let again = data.beside("again");
    let log = runlog(&["log", "--data-dir", text(&again), "--entity", "experiment:1"]);
    assert!(log.answer().contains("\"name\":\"new\""));
    assert!(!again.join("webhook-secret.key").exists());
    assert!(!data.beside("backup").join("webhook-secret.key").exists());
}

#[test]
fn what_is_in_the_way_is_told_in_one_line() {
    let data = data();
    assert!(restore(&data).refusal(2).contains("there is no backup"));
    backup(&data).answer();
    restore(&data).answer();
    assert!(restore(&data).refusal(2).contains("is not empty: name a new directory"));
    let other = Data::lived();
    let (from, to) = (other.path(), data.beside("backup"));
    let refused =
        runlog(&["backup", "--data-dir", text(&from), "--to", text(&to), "--no-artifacts"]);
    assert!(refused.refusal(2).contains("holds a backup of log"));
    let nothing = data.beside("nothing");
    let refused = runlog(&["backup", "--data-dir", text(&nothing), "--to", text(&to)]);
    assert!(refused.refusal(2).contains("--data-dir"));
}

#[test]
fn missing_artifacts_are_a_difference() {
    let data = data();
    fs::remove_file(data.path().join("artifacts/0/r1/artifacts/a.txt")).unwrap();
    let ran = backup(&data);
    assert!(ran.refusal(1).contains("whole but for 1 artifacts"));
    assert!(restore(&data).answer().contains("missing    0/r1/artifacts/a.txt"));
}

#[test]
fn damage_is_refused_on_both_ways() {
    let data = data();
    backup(&data).answer();
    let place = data.beside("backup/log").join(data.segment().file_name().unwrap());
    let damage = |place: &std::path::Path| {
        let mut bytes = fs::read(place).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[end / 2] ^= 1;
        fs::write(place, bytes).unwrap();
    };
    damage(&place);
    assert!(restore(&data).refusal(3).contains(text(&place)));
    assert!(!data.beside("again").exists());
    damage(&data.segment());
    assert!(backup(&data).refusal(3).contains("the backup was left as it is"));
}

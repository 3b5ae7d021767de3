//! `runlog verify`.

use std::{fs, path::Path};

use runlog::{
    proof::{Tree, leaf_hash},
    wal::{LocalReader, WalReader},
};

use crate::support::{Data, runlog, text};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_sound_log_is_described() {
    let data = Data::lived();
    let ran = runlog(&["verify", "--data-dir", text(&data.path())]);
    assert!(ran.answer().contains("result    sound"));
    let disk = std::sync::Arc::new(runlog::base::disk::RealDisk);
    let log = LocalReader::open_read_only(disk, &data.log()).unwrap();
    let tree: Tree =
        log.read_from(runlog::base::Seq(1)).map(|it| leaf_hash(&it.unwrap())).collect();
    assert_eq!(ran.field("root"), tree.root().to_string());
    assert_eq!(ran.field("events"), log.head().to_string());
    assert_eq!(ran.field("head"), log.head().to_string());
    assert_eq!(ran.field("log"), log.log_id().to_string());
    assert_eq!(ran.field("tail"), "marked:");
    assert!(ran.stdout.lines().any(|line| line.trim() == "3  ModelVersionCreated"), "{ran:?}");
}

#[test]
fn a_copy_says_the_same() {
    let data = Data::lived();
    let ran = runlog(&["verify", "--data-dir", text(&data.path())]);
    copy(&data.log(), &data.beside("copy"));
    let copied = runlog(&["verify", "--log", text(&data.beside("copy"))]);
    assert_eq!(copied.answer(), ran.stdout);
}

#[test]
fn a_log_in_use_can_be_checked() {
    let mut data = Data::lived();
    data.open();
    runlog(&["verify", "--data-dir", text(&data.path())]).answer();
}

#[test]
fn damage_is_named() {
    let data = Data::lived();
    let mut bytes = fs::read(data.segment()).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[end / 2] ^= 1;
    fs::write(data.segment(), &bytes).unwrap();
    let ran = runlog(&["verify", "--data-dir", text(&data.path())]);
    assert!(ran.refusal(3).contains("is damaged"));
    assert!(ran.stdout.contains("result    DAMAGED"));
    assert!(ran.stdout.contains(text(&data.segment())), "{ran:?}");
    let ran = runlog(&["serve", "--data-dir", text(&data.path()), "--port", "0"]);
    assert!(ran.refusal(3).contains("runlog verify"), "{ran:?}");
    assert_eq!(fs::read(data.segment()).unwrap(), bytes, "nothing was changed");
}

#[test]
fn a_torn_tail_is_no_damage() {
    let mut data = Data::lived();
    let whole = runlog(&["verify", "--data-dir", text(&data.path())]);
    data.open();
    data.execute("ada", crate::support::create_experiment("torn"));
    // A copy of a log whose writer is at work, cut short in its last group.
    copy(&data.log(), &data.beside("copy"));
    let segment = data.beside("copy").join(data.segment().file_name().unwrap());
    let mut bytes = fs::read(&segment).unwrap();
    let at = bytes.windows(4).rposition(|part| part == b"torn").unwrap();
    bytes[at..at + 4].fill(0);
    fs::write(&segment, bytes).unwrap();
    let torn = runlog(&["verify", "--log", text(&data.beside("copy"))]);
    torn.answer();
    assert_eq!(torn.field("tail"), "torn:");
    assert_eq!(torn.field("root"), whole.field("root"));
}

#[test]
fn no_log_is_no_damage() {
    let data = Data::new();
    let ran = runlog(&["verify", "--data-dir", text(&data.beside("nothing"))]);
    assert!(ran.refusal(2).contains("--data-dir"));
}

//! `runlog verify`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use runlog::{
    proof::{Tree, leaf_hash},
    views::{
        keys,
        store::{Base as _, Key, SledBase, Value},
    },
    wal::{LocalReader, WalReader},
};

use crate::support::{Data, runlog, text};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
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

/// The names and bytes of all files in a directory and below.
fn everything_in(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything_in(&path));
        } else {
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn views_are_compared_and_left_as_they_are() {
    let data = Data::lived();
    let before = everything_in(&data.path());
    let ran = runlog(&["verify", "--data-dir", text(&data.path()), "--views"]);
    assert!(ran.answer().ends_with("result    equal\n"), "{ran:?}");
    let (log, views) = (data.log(), data.views());
    let ran = runlog(&["verify", "--log", text(&log), "--views", text(&views)]);
    assert!(ran.answer().ends_with("result    equal\n"), "{ran:?}");
    assert_eq!(everything_in(&data.path()), before, "nothing was changed");
}

#[test]
fn views_that_are_behind_are_compared_as_far_as_they_have_come() {
    let mut data = Data::lived();
    copy(&data.views(), &data.beside("older"));
    data.open();
    data.execute("ada", crate::support::create_experiment("later"));
    data.close();
    let older = data.beside("older");
    let ran = runlog(&["verify", "--data-dir", text(&data.path()), "--views", text(&older)]);
    assert!(ran.answer().ends_with("result    equal\n"), "{ran:?}");
}

/// Puts a value into the cache of a stopped server that no event accounts for.
fn put(views: &Path, key: &Key, value: Value) {
    let base = SledBase::open(views, 16 << 20).unwrap();
    let cursor = base.cursor().unwrap().unwrap();
    base.apply(&mut std::iter::once((key, &Some(value))), &cursor).unwrap();
}

#[test]
fn the_first_difference_of_views_is_named() {
    let data = Data::lived();
    let read =
        |key: &Key| SledBase::open(&data.views(), 16 << 20).unwrap().get(key).unwrap().unwrap();
    let key = keys::run("r1");
    let Value::Run(run) = read(&key) else { panic!("no run") };
    let mut other = (*run).clone();
    other.start_time += 1;
    put(&data.views(), &key, Value::Run(other.into()));
    let ran = runlog(&["verify", "--data-dir", text(&data.path()), "--views"]);
    assert!(ran.refusal(1).contains("run r1, start_time: remove it"), "{ran:?}");
    assert!(ran.stdout.contains("result    DIFFERENT\nfirst     run r1, start_time\n"), "{ran:?}");
    assert!(ran.stdout.contains("start_time: 1,") && ran.stdout.contains("start_time: 2,"));
}

#[test]
fn an_entry_that_no_event_made_is_named() {
    let data = Data::lived();
    put(&data.views(), &keys::experiment_name("ghost"), Value::Number(7));
    let ran = runlog(&["verify", "--data-dir", text(&data.path()), "--views"]);
    assert!(ran.refusal(1).contains("experiment name ghost"), "{ran:?}");
    assert!(ran.stdout.contains("  log     absent\n  views   Number( 7, )\n"), "{ran:?}");
}

#[test]
fn damaged_views_are_a_difference() {
    let data = Data::lived();
    for (path, bytes) in everything_in(&data.views().join("metadata")) {
        // In the middle of a frame: what ends with one may be an earlier moment, which is no damage.
        fs::write(&path, &bytes[..bytes.len() - bytes.len().min(3)]).unwrap();
        if bytes.len() > 1 {
            let ran = runlog(&["verify", "--data-dir", text(&data.path()), "--views"]);
            assert!(ran.refusal(1).contains("damaged"), "{ran:?}");
        }
        fs::write(&path, bytes).unwrap();
    }
    // The log is looked at first.
    let mut bytes = fs::read(data.segment()).unwrap();
    bytes[200] ^= 1;
    fs::write(data.segment(), bytes).unwrap();
    runlog(&["verify", "--data-dir", text(&data.path()), "--views"]).refusal(3);
}

#[test]
fn views_that_cannot_be_compared_are_refused() {
    let (mut data, other) = (Data::lived(), Data::lived());
    let verify = |data: &Data, views: &Path| {
        runlog(&["verify", "--log", text(&data.log()), "--views", text(views)])
    };
    let ran = verify(&data, &other.views());
    assert!(ran.refusal(2).contains("another log"), "{ran:?}");
    let ran = verify(&data, &data.beside("nowhere"));
    assert!(ran.refusal(2).contains("no views"), "{ran:?}");
    let ran = runlog(&["verify", "--log", text(&data.log()), "--views"]);
    assert!(ran.refusal(2).contains("name the views"), "{ran:?}");
    copy(&data.path(), &data.beside("shorter"));
    data.open();
    data.execute("ada", crate::support::create_experiment("later"));
    data.close();
    let log = data.beside("shorter").join("log");
    let ran = runlog(&["verify", "--log", text(&log), "--views", text(&data.views())]);
    assert!(ran.refusal(2).contains("take a newer copy"), "{ran:?}");
    data.open();
    let ran = verify(&data, &data.views());
    assert!(ran.refusal(2).contains("in use: stop the server"), "{ran:?}");
}

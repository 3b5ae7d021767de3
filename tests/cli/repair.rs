//! `runlog repair`, and what `runlog verify` says before and after.

use std::fs;

use crate::support::{Data, Ran, runlog, text};

fn repair(data: &Data) -> Ran {
    let (from, into) = (data.path(), data.beside("repaired"));
    runlog(&["repair", "--data-dir", text(&from), "--into", text(&into), "--by", "grace"])
}

/// Flips a bit of the event that creates the second version of a model.
fn damage(data: &Data) -> Vec<u8> {
    let mut bytes = fs::read(data.segment()).unwrap();
    let at = bytes.windows(10).enumerate().filter(|(_, it)| it.ends_with(b"s3://bucke"));
    let at = at.map(|(at, _)| at).nth(1).unwrap();
    bytes[at] ^= 1;
    fs::write(data.segment(), &bytes).unwrap();
    bytes
}

#[test]
fn damage_is_explained() {
    let data = Data::lived();
    damage(&data);
    let ran = runlog(&["verify", "--data-dir", text(&data.path())]);
    ran.refusal(3);
    assert!(ran.stdout.contains("means   bytes have changed since they were written"), "{ran:?}");
    assert!(ran.stdout.contains("had been made durable, and so acknowledged"), "{ran:?}");
    assert!(ran.stdout.contains("again from event"), "{ran:?}");
    let json = runlog(&["verify", "--json", "--data-dir", text(&data.path())]);
    assert_eq!(json.code, 3);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let place = &json["damage"][0];
    assert_eq!((&json["sound"], &json["lost_events"]), (&false.into(), &1.into()));
    assert_eq!(place["segment"], text(&data.segment()));
    assert_eq!(place["acknowledged"], "yes");
    assert_eq!(place["lost"]["first"], place["lost"]["last"]);
    let lost = place["lost"]["first"].as_u64().unwrap();
    assert_eq!(place["intact_until"], lost - 1);
    assert_eq!(place["intact_from"], lost + 1);
}

#[test]
fn a_repaired_log_is_sound_and_says_what_was_lost() {
    let data = Data::lived();
    let before = runlog(&["verify", "--data-dir", text(&data.path())]);
    let damaged = damage(&data);
    let ran = repair(&data);
    assert!(ran.answer().contains("result     repaired into"));
    assert!(ran.stdout.contains("--artifacts-destination"), "{ran:?}");
    assert_eq!(fs::read(data.segment()).unwrap(), damaged, "the damaged log was changed");
    let new = data.beside("repaired");
    let verified = runlog(&["verify", "--data-dir", text(&new)]);
    assert!(verified.answer().contains("1  LogRepaired"));
    assert_ne!(verified.field("log"), before.field("log"));
    let head: u64 = before.field("head").parse().unwrap();
    assert_eq!(verified.field("head"), (head + 1).to_string());
    // The version that is lost took its move along, and with it that of the one that made room.
    let log = runlog(&["log", "--data-dir", text(&new)]);
    let events: Vec<serde_json::Value> =
        log.answer().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let reasons: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "EventLost")
        .map(|event| event["data"]["reason"].as_str().unwrap())
        .collect();
    assert_eq!(reasons, ["damaged", "orphaned", "orphaned"], "{events:#?}");
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["actor"]), (&"LogRepaired".into(), &"grace".into()));
    assert_eq!(last["data"]["lost"], 3);
    let aside = fs::read_to_string(new.join("left-behind/events.jsonl")).unwrap();
    assert!(aside.contains("ModelVersionStageChanged"), "{aside}");
    assert!(fs::read_to_string(new.join("repair.json")).unwrap().contains("\"orphaned\": 2"));
    let history = runlog(&["history", "model", "CarSeat", "--data-dir", text(&new)]);
    assert!(history.answer().contains("Production"));
    let views = new.join("views");
    let log = new.join("log");
    runlog(&["replay", "--log", text(&log), "--compare", text(&views)]).answer();
}

#[test]
fn a_sound_log_needs_no_repair() {
    let data = Data::lived();
    assert!(repair(&data).answer().contains("nothing to repair"));
    assert!(!data.beside("repaired").exists());
    damage(&data);
    fs::create_dir(data.beside("repaired")).unwrap();
    fs::write(data.beside("repaired/photo"), "x").unwrap();
    assert!(repair(&data).refusal(2).contains("is not empty"));
}

#[test]
fn a_log_in_use_is_not_repaired() {
    let mut data = Data::lived();
    damage(&data);
    let lock = data.log().join("LOCK");
    let held = fs::OpenOptions::new().write(true).open(&lock).unwrap();
    held.try_lock().unwrap();
    assert!(repair(&data).refusal(2).contains("stop the server"));
    drop(held);
    data.close();
    repair(&data).answer();
}

//! The power goes: at every call, with many draws of what of the unsynced has survived, and again
//! while the log recovers. And the process dies, while the machine runs on.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::{super::closed_log, *};
use crate::base::cases::cases;

/// How much of what was not synced survives.
const KEEPS: [f64; 8] = [0.0, 0.02, 0.1, 0.5, 0.5, 0.9, 0.98, 1.0];

/// Cuts the power `rounds` times at each call that changes something, and each time after up to three
/// more cuts during recovery. The number of a case decides all of it.
fn sweep(rounds: usize) {
    let calls = calls_of_a_run();
    let changing: Vec<_> = (1..).zip(&calls).filter(|(_, call)| call.changes()).collect();
    let changing: Vec<usize> = changing.into_iter().map(|(number, _)| number).collect();
    cases(changing.len() * rounds, |case| {
        let mut rng = StdRng::seed_from_u64(case as u64);
        let call = changing[case % changing.len()];
        let keep = KEEPS[case / changing.len() % KEEPS.len()];
        let (disk, told) = run_with(call, Fault::PowerOff);
        let mut found = disk.after_power_cut(case as u64, keep);
        let deep = rng.random_range(0..=3);
        for _ in 0..deep {
            let faulty = FaultyDisk::over(found.clone());
            faulty.plan(rng.random_range(1..80), Fault::PowerOff);
            recover(&faulty);
            found = found.after_power_cut(rng.random(), KEEPS[rng.random_range(0..KEEPS.len())]);
        }
        check(&found, told, &format!("power cut at call {call}, keep {keep}, then {deep} more"));
    });
}

#[test]
fn power_cuts_lose_nothing_acknowledged() {
    sweep(16);
}

#[test]
#[ignore = "long: 200,000 power cuts of the log"]
fn power_cuts_of_any_kind_lose_nothing_acknowledged() {
    let changing = calls_of_a_run().iter().filter(|call| call.changes()).count();
    sweep(200_000_usize.div_ceil(changing));
}

/// What was not synced can be read, and is not durable.
#[test]
fn a_kill_at_any_call_loses_nothing_acknowledged() {
    cases(calls_of_a_run().len(), |case| {
        let (disk, told) = run_with(case + 1, Fault::PowerOff);
        check(&disk, told, &format!("killed at call {}", case + 1));
    });
}

/// Once a writer has the lock, the log is not taken for closed.
#[test]
fn a_log_that_was_opened_and_lost_its_power_was_not_closed() {
    let disk = closed_log(&[2, 3]);
    let (wal, report) = open(&disk, options()).unwrap();
    assert!(report.clean);
    let found = disk.after_power_cut(0, 0.0);
    drop(wal);
    assert!(!open(&found, options()).unwrap().1.clean);
}

/// The bytes of a torn tail are in the log, or whole beside it, whenever the power goes.
#[test]
fn the_bytes_of_a_torn_tail_are_never_lost() {
    let whole = closed_log(&[2, 3]);
    let path =
        whole.files().into_keys().find(|path| path.extension().is_some_and(|e| e == "runlog"));
    let path = path.unwrap();
    let end = whole.files()[&path].iter().rposition(|&byte| byte != 0).unwrap() + 64;
    let tail = vec![9; 1500];
    let torn = whole.edited(&path, |bytes| bytes[end..end + tail.len()].copy_from_slice(&tail));
    let holds = |bytes: &Vec<u8>| bytes.windows(tail.len()).any(|window| window == tail);
    for call in 1..60 {
        for seed in 0..40 {
            let disk = torn.after_power_cut(0, 1.0);
            let faulty = FaultyDisk::over(disk.clone());
            faulty.plan(call, Fault::PowerOff);
            recover(&faulty);
            let found = disk.after_power_cut(seed, 0.5).files();
            assert!(found.values().any(holds), "power cut at call {call}, seed {seed}");
        }
    }
}

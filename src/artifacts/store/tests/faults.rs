//! The disk under a directory of artifacts fails at every call, or loses its power there. The law: an
//! acknowledged upload is there whole; an unacknowledged one is there whole, or what was there before.

use std::collections::BTreeMap;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::*;
use crate::base::{
    cases::cases,
    disk::{
        MARGIN_BYTES,
        faulty::{Fault, FaultyDisk},
        memory::MemoryDisk,
    },
};

const DIR: &str = "/data/artifacts";

/// What is uploaded where, one after the other; nothing means that it is deleted.
fn steps() -> Vec<(&'static str, Option<Vec<u8>>)> {
    let content = |byte, length| Some(vec![byte; length]);
    vec![
        ("a/b/f", content(1, 700)),
        ("top", content(2, 0)),
        ("a/b/f", content(3, 5000)),
        ("a/g", content(4, 3)),
        ("a/b", None),
        ("a/b/f", content(5, 10)),
        ("top", None),
        ("a/c/d", content(6, 2000)),
        ("a", None),
        ("a/c/d", content(7, 1)),
    ]
}

type Files = BTreeMap<String, Vec<u8>>;

/// What a run was told: the files that are there, as after each step; the last may have been done.
struct Told {
    acked: Files,
    in_flight: Files,
}

fn after(files: &Files, name: &str, content: Option<&Vec<u8>>) -> Files {
    let mut files = files.clone();
    match content {
        Some(content) => drop(files.insert(name.to_owned(), content.clone())),
        None => files.retain(|path, _| path != name && !path.starts_with(&format!("{name}/"))),
    }
    files
}

async fn open_on(disk: impl Disk + 'static) -> Result<ArtifactStore, ArtifactError> {
    ArtifactStore::open(Arc::new(disk), DIR)
}

/// Does the steps until one fails, reading and listing in between.
async fn run(disk: &FaultyDisk) -> Told {
    let mut acked = Files::new();
    let Ok(store) = open_on(disk.clone()).await else {
        return Told { in_flight: acked.clone(), acked };
    };
    for (name, content) in steps() {
        let in_flight = after(&acked, name, content.as_ref());
        let done = match &content {
            Some(content) => store.put(&path(name), body(content)).await.map(drop),
            None => store.delete(&path(name)).await,
        };
        if done.is_err() {
            return Told { acked, in_flight };
        }
        acked = in_flight;
        let listed = store.list(&ArtifactPath::ROOT).await;
        assert!(listed.is_ok() || !disk.failed().is_empty());
        let Some((name, content)) = acked.iter().next() else { continue };
        let Ok(download) = store.get(&path(name), None).await else { continue };
        let Ok(bytes) = download.bytes.try_collect::<Vec<_>>().await else { continue };
        assert!(&bytes.concat() == content, "{name} reads back other bytes");
    }
    Told { in_flight: acked.clone(), acked }
}

async fn all(store: &ArtifactStore) -> Files {
    let mut files = Files::new();
    let mut dirs = vec![String::new()];
    while let Some(dir) = dirs.pop() {
        for entry in store.list(&path(&dir)).await.unwrap() {
            let name = format!("{dir}/{}", entry.name).trim_start_matches('/').to_owned();
            if entry.is_dir() {
                dirs.push(name);
            } else {
                files.insert(name.clone(), read(store, &name, None).await);
            }
        }
    }
    files
}

/// A step that was not acknowledged may be done for a file, or for any of the files of a tree.
async fn check(disk: &MemoryDisk, told: &Told, what: &str) {
    let store = open_on(disk.clone()).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let found = all(&store).await;
    let names = told.acked.keys().chain(told.in_flight.keys()).chain(found.keys());
    for name in names {
        let (before, after) = (told.acked.get(name), told.in_flight.get(name));
        let now = found.get(name);
        assert!(now == before || now == after, "{what}: {name} is neither old nor new");
    }
    put(&store, "a/new", b"new").await;
    drop(store);
    let again = open_on(disk.after_power_cut(0, 0.0)).await.unwrap();
    assert_eq!(read(&again, "a/new", None).await, b"new", "{what}");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

fn run_with(call: usize, fault: Fault) -> (MemoryDisk, Told, FaultyDisk) {
    let disk = MemoryDisk::default();
    let faulty = FaultyDisk::over_memory(&disk);
    faulty.plan(call, fault);
    let told = block_on(run(&faulty));
    (disk, told, faulty)
}

fn calls_of_a_run() -> usize {
    let disk = FaultyDisk::over(MemoryDisk::default());
    let told = block_on(run(&disk));
    assert_eq!(told.acked.keys().collect::<Vec<_>>(), ["a/c/d"]);
    disk.calls().len()
}

fn power(rounds: usize) {
    let calls = calls_of_a_run();
    cases(calls * rounds, |case| {
        let mut rng = StdRng::seed_from_u64(case as u64);
        let call = case % calls + 1;
        let (disk, told, _) = run_with(call, Fault::PowerOff);
        let keep = [0.0, 0.1, 0.5, 0.9, 1.0][rng.random_range(0..5)];
        let mut found = disk.after_power_cut(case as u64, keep);
        for _ in 0..rng.random_range(0..=3) {
            let faulty = FaultyDisk::over(found.clone());
            faulty.plan(rng.random_range(1..12), Fault::PowerOff);
            drop(block_on(open_on(faulty)));
            found = found.after_power_cut(rng.random(), keep);
        }
        block_on(check(&found, &told, &format!("power cut at call {call}, keep {keep}")));
    });
}

#[test]
fn power_cuts_lose_no_acknowledged_upload() {
    power(8);
}

#[test]
#[ignore = "long: 100,000 power cuts under artifacts"]
fn power_cuts_of_any_kind_lose_no_acknowledged_upload() {
    power(100_000_usize.div_ceil(calls_of_a_run()));
}

#[tokio::test]
async fn an_upload_leaves_others_their_margin() {
    let disk = MemoryDisk::default();
    let store = open_on(disk.clone()).await.unwrap();
    put(&store, "a", b"before").await;
    disk.set_free_bytes(MARGIN_BYTES + 9);
    let refused = store.put(&path("a"), body(&[1; 10])).await.unwrap_err();
    assert!(matches!(refused, ArtifactError::Full { .. }), "{refused:?}");
    assert_eq!(read(&store, "a", None).await, b"before");
    put(&store, "a", &[1; 9]).await;
    assert_eq!(read(&store, "a", None).await, [1; 9]);
}

#[test]
fn any_failing_call_loses_no_acknowledged_upload() {
    for fault in Fault::failures() {
        cases(calls_of_a_run(), |case| {
            let call = case + 1;
            let (disk, told, faulty) = run_with(call, fault);
            assert!(!faulty.failed().is_empty());
            let what = format!("{fault:?} at call {call}");
            for (seed, keep) in (0..).zip([0.0, 0.5, 1.0]) {
                block_on(check(&disk.after_power_cut(seed, keep), &told, &what));
            }
            block_on(check(&disk, &told, &format!("{what}, same boot")));
        });
    }
}

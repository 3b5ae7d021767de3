//! Snapshots are taken while the server lives, and views folded from them are those folded from nothing;
//! whatever happens to their files.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use runlog::{
    base::{Seq, disk::RealDisk},
    engine::{Context, Engine, Options, replay},
    views::{Views, digest::digest},
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::{copy_dir, damage::busy, files_in};

const EVENTS: u64 = 40;

fn open(dir: &Path) -> Engine {
    let options = Options {
        segment_bytes: 1 << 20,
        cache_bytes: 16 << 20,
        snapshot_events: EVENTS,
        ..Options::default()
    };
    Engine::open(Arc::new(RealDisk), dir, &options).unwrap()
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

/// Lives a life with a flush every few commands.
fn live(dir: &Path, seed: u8) -> Engine {
    let (engine, runtime) = (open(dir), runtime());
    for (at, command) in busy(seed).into_iter().enumerate() {
        let _ = runtime.block_on(engine.execute(Context::default(), command));
        if at % 7 == 0 {
            engine.views().flush().unwrap();
        }
    }
    engine
}

fn snapshots(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(dir.join("snapshots"))
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default();
    found.sort();
    found
}

fn rebuilt(engine: &Engine, until: Seq) -> String {
    let views = Views::in_memory(engine.log().log_id().into_bytes());
    replay(engine.log(), &views, until, &mut |_| {}).unwrap();
    digest(&views.view()).to_string()
}

/// The views of some moments are those folded from nothing.
fn check(engine: &Engine) {
    let (runtime, head) = (runtime(), engine.log().head().0);
    for seq in (0..=head).step_by(29).chain([head]) {
        let then = runtime.block_on(engine.views_at(Seq(seq))).unwrap();
        assert_eq!(then.position().seq, Seq(seq));
        assert_eq!(digest(&then.view()).to_string(), rebuilt(engine, Seq(seq)), "event {seq}");
    }
}

#[test]
fn views_from_a_snapshot_are_those_from_nothing() {
    let dir = TempDir::new().unwrap();
    let engine = live(dir.path(), 1);
    let taken = snapshots(dir.path());
    assert!(taken.len() >= 5, "{} snapshots", taken.len());
    let head = engine.log().head();
    let nearest = engine.views().snapshot_before(head).unwrap().position().seq;
    assert!(nearest.0 + 4 * EVENTS > head.0, "the last snapshot is of {nearest}, the head {head}");
    check(&engine);
    drop(engine);
    // They are there after a restart, and nothing was changed in them.
    let engine = open(dir.path());
    let kept = snapshots(dir.path());
    assert_eq!(kept[..taken.len()], taken);
    check(&engine);
}

#[test]
fn snapshots_are_taken_again_when_all_are_gone() {
    let dir = TempDir::new().unwrap();
    drop(live(dir.path(), 1));
    fs::remove_dir_all(dir.path().join("snapshots")).unwrap();
    check(&open(dir.path()));
    fs::remove_dir_all(dir.path().join("views")).unwrap();
    check(&open(dir.path()));
    assert!(!snapshots(dir.path()).is_empty(), "a rebuild takes one when it is flushed");
}

#[test]
fn damaged_and_foreign_snapshots_are_removed_and_done_without() {
    let dir = TempDir::new().unwrap();
    let (ours, foreign) = (dir.path().join("ours"), dir.path().join("foreign"));
    drop(live(&ours, 1));
    drop(live(&foreign, 2));
    let pristine = dir.path().join("pristine");
    copy_dir(&ours, &pristine);
    let last = |dir: &Path| snapshots(dir).pop().unwrap();
    let harm: [(&str, &dyn Fn()); 6] = [
        ("a block is damaged", &|| {
            let files = files_in(&last(&ours));
            let block = files.iter().filter(|path| path.display().to_string().contains("slabs"));
            let block = block.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
            let mut bytes = fs::read(block).unwrap();
            bytes.iter_mut().for_each(|byte| *byte ^= 1);
            fs::write(block, bytes).unwrap();
        }),
        ("its metadata is gone", &|| fs::remove_dir_all(last(&ours).join("metadata")).unwrap()),
        ("it is of another log", &|| {
            fs::remove_dir_all(last(&ours)).unwrap();
            copy_dir(&last(&foreign), &last(&ours).with_file_name("00000000000000000001"));
        }),
        ("it has the name of an earlier one", &|| {
            fs::rename(last(&ours), last(&ours).with_file_name("00000000000000000003")).unwrap();
        }),
        ("it is a file", &|| {
            fs::remove_dir_all(last(&ours)).unwrap();
            fs::write(last(&ours).with_file_name("00000000000000000002"), b"x").unwrap();
        }),
        ("something else is there", &|| fs::create_dir(ours.join("snapshots/notes")).unwrap()),
    ];
    for (what, harm) in harm {
        fs::remove_dir_all(&ours).unwrap();
        copy_dir(&pristine, &ours);
        harm();
        let engine = open(&ours);
        check(&engine);
        let sound =
            snapshots(&ours).iter().all(|path| path.is_dir() && path.join("slabs").exists());
        assert!(sound, "{what}: {:?}", snapshots(&ours));
    }
}

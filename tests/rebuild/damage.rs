//! Whatever happens to the files of a cache: they hold what they should, or are not used.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rand::{Rng as _, RngCore as _, SeedableRng as _, rngs::StdRng};
use runlog::{
    base::Seq,
    domain::{Command, run},
    engine::replay,
    views::{
        Views,
        digest::{ViewsHasher, digest},
        store::{Files, StoreError},
    },
    wal::WalReader,
};
use tempfile::TempDir;

use super::{
    LOG_ID,
    commands::{pair, point},
    copy_dir, default_experiment, files_in, first_run,
    histories::sample,
    live_in, rebuilt_digest,
};

/// The cache that is damaged, and those whose files could come to stand in for its own: of the same log
/// earlier and later, and of another log.
const CACHE: &str = "views";
const OTHERS: [&str; 4] = ["early", "earlier", "later", "foreign"];
/// The cache as it was.
const PRISTINE: &str = "pristine";

/// In how many harmless cases sled itself is asked as well.
const ASK_SLED: u32 = 40;

struct Scene {
    dir: TempDir,
    log: Arc<dyn WalReader>,
    /// Digests of the views at some positions.
    expected: RefCell<BTreeMap<Seq, String>>,
    refused: Cell<u32>,
    harmless: Cell<u32>,
}

/// Commands that fill some dozen leaves, write much of them again and again, and remove some.
pub(crate) fn busy(seed: u8) -> Vec<Command> {
    let batch = |n: u64| {
        let metrics = (0..50).map(|i| point((n % 7) as u8, i as f64, i, i * (n as i64 % 5), None));
        Command::LogBatch(run::LogBatch {
            run_id: "run0".to_owned(),
            metrics: metrics.collect(),
            params: (0..20).map(|i| pair(&format!("p{n}-{i}"), "a parameter's value")).collect(),
            tags: (0..20).map(|i| pair(&format!("t{}", (n + i) % 97), &format!("{n}"))).collect(),
        })
    };
    let batches = (0..60).map(batch);
    let mixed = sample(seed, 600)
        .chunks(10)
        .map(<[_]>::to_vec)
        .zip(batches)
        .flat_map(|(some, batch)| {
            let delete = run::DeleteTag { run_id: "run0".to_owned(), key: "t5".to_owned() };
            some.into_iter().chain([batch, Command::DeleteRunTag(delete)])
        })
        .collect::<Vec<_>>();
    let forbidden =
        |command: &Command| matches!(command, Command::DeleteRun(_) | Command::DeleteExperiment(_));
    let mixed = mixed.into_iter().filter(|command| !forbidden(command));
    [default_experiment(), first_run()].into_iter().chain(mixed).collect()
}

impl Scene {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (_, log) = live_in(LOG_ID, busy(1));
        let (_, foreign) = live_in([8; 16], busy(2));
        let head = log.head().0;
        for (name, until) in
            [("early", head / 4), ("earlier", head / 2), (CACHE, head * 3 / 4), ("later", head)]
        {
            grow(&dir.path().join("grown"), LOG_ID, &log, until);
            copy_dir(&dir.path().join("grown"), &dir.path().join(name));
        }
        copy_dir(&dir.path().join(CACHE), &dir.path().join(PRISTINE));
        grow(&dir.path().join("foreign"), [8; 16], &foreign, head * 3 / 4);
        Self {
            dir,
            log,
            expected: RefCell::default(),
            refused: Cell::new(0),
            harmless: Cell::new(0),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The digest that a cache at this position has if nothing is wrong with it.
    fn expected(&self, at: Seq) -> String {
        let mut expected = self.expected.borrow_mut();
        expected.entry(at).or_insert_with(|| rebuilt_digest(&*self.log, at)).clone()
    }

    /// The cache is refused, or holds what it should.
    fn check(&self, what: &dyn std::fmt::Display) {
        let told = Files::open(&self.path(CACHE)).and_then(|files| {
            let Some(files) = files else { return Ok((Seq::ZERO, self.expected(Seq::ZERO))) };
            let cursor = files.check()?;
            let mut hasher = ViewsHasher::default();
            for entry in files.entries() {
                let (key, value) = entry?;
                hasher.entry(&key, &value);
            }
            let foreign = cursor.log_id != LOG_ID;
            let digest = if foreign { String::new() } else { hasher.finish().to_string() };
            Ok((cursor.seq, digest))
        });
        let Ok((seq, digest)) = told else {
            self.refused.set(self.refused.get() + 1);
            return;
        };
        if !digest.is_empty() {
            assert_eq!(digest, self.expected(seq), "{what}");
        }
        self.harmless.set(self.harmless.get() + 1);
        // Often at first, then now and then.
        let n = self.harmless.get();
        if n < ASK_SLED / 2 || n.is_power_of_two() || n.is_multiple_of(997) {
            self.ask_sled(what);
        }
    }

    /// Sled reads the same, or refuses.
    fn ask_sled(&self, what: &dyn std::fmt::Display) {
        let copy = self.path("copy");
        copy_dir(&self.path(CACHE), &copy);
        if let Ok(views) = Views::open(&copy, LOG_ID, 16 << 20) {
            let expected = self.expected(views.position().seq);
            assert_eq!(digest(&views.view()).to_string(), expected, "{what}");
        }
        fs::remove_dir_all(copy).unwrap();
    }

    /// Checks with other bytes in one file, and puts back what was there.
    fn with(&self, file: &Path, bytes: Option<&[u8]>, what: &dyn std::fmt::Display) {
        let before = fs::read(file).unwrap();
        match bytes {
            Some(bytes) => fs::write(file, bytes).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        self.check(&format_args!("{} {what}", file.display()));
        fs::write(file, before).unwrap();
    }

    /// Says what came of it. Neither count may be 0, or the cases are none.
    fn sum_up(&self, what: &str) {
        let (refused, harmless) = (self.refused.get(), self.harmless.get());
        println!("{what}: {refused} refused, {harmless} harmless");
        assert!(refused > 0 && harmless > 0);
    }
}

/// Folds up to `until` in several flushes and two lives.
fn grow(cache: &Path, log_id: [u8; 16], log: &Arc<dyn WalReader>, until: u64) {
    for _ in 0..2 {
        let views = opened(cache, log_id);
        let from = views.position().seq.0;
        for step in 1..=6 {
            replay(&**log, &views, Seq(from + (until - from) * step / 8), &mut |_| {}).unwrap();
            views.flush().unwrap();
        }
    }
    let views = opened(cache, log_id);
    replay(&**log, &views, Seq(until), &mut |_| {}).unwrap();
    views.flush().unwrap();
}

/// Opens a cache that was closed just now. The `sync` that sled runs for another test may hold its lock
/// a moment longer: a process begins with all the files of its parent.
fn opened(cache: &Path, log_id: [u8; 16]) -> Views {
    for _ in 0..100 {
        match Views::open(cache, log_id, 16 << 20) {
            Err(StoreError::Io { .. }) => std::thread::sleep(Duration::from_millis(10)),
            opened => return opened.unwrap(),
        }
    }
    panic!("{} stays locked", cache.display())
}

/// The files with content, and that content.
fn contents(cache: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files_in(cache).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Bytes are changed `step` bytes apart, and everything else that can happen to one file.
fn damage_each_file(step: usize) {
    let scene = Scene::new();
    scene.ask_sled(&"untouched");
    let mut rng = StdRng::seed_from_u64(3);
    for (file, bytes) in contents(&scene.path(CACHE)) {
        scene.with(&file, None, &"removed");
        let cuts = (0..bytes.len()).step_by(512).chain([1, bytes.len() / 2, bytes.len() - 1]);
        for cut in cuts {
            scene.with(&file, Some(&bytes[..cut]), &format_args!("cut to {cut}"));
        }
        for at in (0..bytes.len()).step_by(step) {
            let (mut other, bit) = (bytes.clone(), rng.random_range(0..8));
            other[at] ^= 1 << bit;
            scene.with(&file, Some(&other), &format_args!("bit {bit} of byte {at}"));
        }
        for at in (0..bytes.len()).step_by(512) {
            let mut other = bytes.clone();
            let end = bytes.len().min(at + 512);
            other[at..end].fill(0);
            scene.with(&file, Some(&other), &format_args!("zeroed at {at}"));
            rng.fill_bytes(&mut other[at..end]);
            scene.with(&file, Some(&other), &format_args!("scribbled over at {at}"));
        }
        for more in [1, 100, 4096] {
            let mut other = bytes.clone();
            other.resize(bytes.len() + more, 0);
            scene.with(&file, Some(&other), &format_args!("{more} zeros more"));
            rng.fill_bytes(&mut other[bytes.len()..]);
            scene.with(&file, Some(&other), &format_args!("{more} bytes more"));
        }
    }
    scene.sum_up("damage to each file");
}

#[test]
fn damage_to_a_file_is_never_read() {
    damage_each_file(211);
}

#[test]
#[ignore = "long: every byte of a cache"]
fn damage_to_any_byte_is_never_read() {
    damage_each_file(1);
}

/// Replaces files by others that are as well formed as themselves, `mixes` times many at once.
fn replace_files(mixes: u32) {
    let scene = Scene::new();
    let cache = scene.path(CACHE);
    let own = contents(&cache);
    let others = OTHERS.map(|other| (other, contents(&scene.path(other))));
    for (file, _) in &own {
        for (other, bytes) in &own {
            scene.with(file, Some(bytes), &format_args!("replaced by {}", other.display()));
        }
        for (other, files) in &others {
            let root = scene.path(other);
            let twin = files.iter().find(|(path, _)| {
                path.strip_prefix(&root).unwrap() == file.strip_prefix(&cache).unwrap()
            });
            if let Some((_, bytes)) = twin {
                scene.with(file, Some(bytes), &format_args!("as it is in {other}"));
            }
        }
    }
    let mut rng = StdRng::seed_from_u64(4);
    for mix in 0..mixes {
        let other = OTHERS[rng.random_range(0..OTHERS.len())];
        let part = rng.random_range(1..100);
        for path in files_in(&scene.path(other)) {
            if rng.random_range(0..100) < part {
                let to = cache.join(path.strip_prefix(scene.path(other)).unwrap());
                fs::copy(path, to).unwrap();
            }
        }
        scene.check(&format_args!("mix {mix}: {part} of 100 files of {other}"));
        fs::remove_dir_all(&cache).unwrap();
        copy_dir(&scene.path(PRISTINE), &cache);
    }
    scene.sum_up("files of other times and places");
}

#[test]
fn files_of_other_times_and_places_are_never_taken_for_its_own() {
    replace_files(300);
}

#[test]
#[ignore = "long: 20,000 mixes of the files of two caches"]
fn no_mix_of_files_is_taken_for_a_cache() {
    replace_files(20_000);
}

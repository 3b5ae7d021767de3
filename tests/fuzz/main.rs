//! The fuzz targets without libFuzzer: the committed corpus, and mutations of it that a seed draws.
//!
//! `RUNLOG_FUZZ_SEED` repeats a run or draws another, `RUNLOG_FUZZ_RUNS` says how many mutations
//! each target gets. An input that breaks something is kept in `tests/fuzz/artifacts/<target>`:
//! put right what it shows, then move it into the corpus under a name that says what it was.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "test code")]

mod mutate;
mod targets;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
};

use rand::{SeedableRng, rngs::StdRng};

use mutate::Mutator;

const RUNS: u64 = 10_000;

fn fuzz_dir(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(folder)
}

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// The inputs of a target, by name of the file.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let dir = fuzz_dir("corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Runs one input; one that breaks something is kept.
fn run(target: &str, input: &[u8]) {
    if let Err(broken) = catch_unwind(AssertUnwindSafe(|| targets::run(target, input))) {
        let dir = fuzz_dir("artifacts").join(target);
        let file = dir.join(format!("crash-{:08x}", crc32fast::hash(input)));
        fs::create_dir_all(dir).unwrap();
        fs::write(&file, input).unwrap();
        eprintln!("the input is kept in {}", file.display());
        resume_unwind(broken);
    }
}

fn fuzz(target: &str) {
    let corpus = corpus(target);
    assert!(!corpus.is_empty(), "no corpus of {target}");
    corpus.iter().for_each(|input| run(target, input));
    let seed = variable("RUNLOG_FUZZ_SEED", 1);
    println!("{target}: RUNLOG_FUZZ_SEED={seed}");
    let mut mutator = Mutator::new(corpus, StdRng::seed_from_u64(seed));
    for _ in 0..variable("RUNLOG_FUZZ_RUNS", RUNS) {
        run(target, &mutator.next());
    }
}

/// A test for each target, so that they run side by side.
macro_rules! fuzzed {
    ($($target:ident)+) => {
        $(#[test]
        fn $target() {
            fuzz(stringify!($target));
        })+

        #[test]
        fn every_target_is_fuzzed() {
            let tested = [$(stringify!($target)),+];
            let known: Vec<_> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(tested.as_slice(), known);
            let programs = fs::read_to_string(fuzz_dir("Cargo.toml")).unwrap();
            let programs: Vec<_> = programs.lines().filter_map(program).collect();
            assert_eq!(programs, known, "programs of libFuzzer");
        }
    };
}

fn program(line: &str) -> Option<&str> {
    line.strip_prefix("name = \"")?.strip_suffix('"').filter(|name| *name != "runlog-fuzz")
}

fuzzed! { arguments artifact_paths page_tokens payloads requests search segments }

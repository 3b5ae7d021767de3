//! Random histories of commands of every kind: the live views, those rebuilt from the log, and those
//! of a cache that was closed, killed or damaged on the way, are the same.

use std::{collections::BTreeSet, path::Path, thread};

use proptest::{
    prelude::*,
    sample::Index,
    strategy::ValueTree as _,
    test_runner::{RngAlgorithm, RngSeed, TestRng, TestRunner},
};
use runlog::{
    base::Seq,
    domain::Command,
    engine::replay,
    event::{Event, codec},
    views::{Views, digest::digest},
    wal::WalReader,
};

use super::{LOG_ID, commands::command, copy_dir, files_in, live, rebuilt_digest};

/// How a cache is left.
#[derive(Debug, Clone, Copy)]
enum End {
    /// In good order.
    Closed,
    /// Before what waits in memory was moved into it.
    Dropped,
    /// In the middle of a flush.
    Killed,
    /// In good order, and then a byte was changed.
    Damaged(Index, Index, u8),
    /// In good order, and then a file was cut short.
    Cut(Index, Index),
}

/// The moments at which a cache is left, and how.
fn lives() -> impl Strategy<Value = Vec<(Index, End)>> {
    let end = prop_oneof![
        2 => Just(End::Closed),
        1 => Just(End::Dropped),
        2 => Just(End::Killed),
        2 => (any::<Index>(), any::<Index>(), 1..=u8::MAX)
            .prop_map(|(file, at, bits)| End::Damaged(file, at, bits)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(file, at)| End::Cut(file, at)),
    ];
    proptest::collection::vec((any::<Index>(), end), 1..5)
}

/// As the engine does: a cache in doubt is folded again.
fn open(cache: &Path) -> Views {
    Views::open(cache, LOG_ID, 16 << 20).unwrap_or_else(|_| {
        std::fs::remove_dir_all(cache).unwrap();
        Views::open(cache, LOG_ID, 16 << 20).unwrap()
    })
}

/// Opens a cache, folds up to `until` and leaves it; some of it was flushed half way.
fn live_until(cache: &Path, log: &dyn WalReader, until: Seq, end: End) {
    let views = open(cache);
    let from = views.position().seq.0;
    replay(log, &views, Seq(from.midpoint(until.0).max(from)), &mut |_| {}).unwrap();
    views.flush().unwrap();
    replay(log, &views, until, &mut |_| {}).unwrap();
    match end {
        End::Dropped => drop(views),
        End::Killed => {
            let image = cache.with_extension("image");
            thread::scope(|scope| {
                scope.spawn(|| views.flush().unwrap());
                copy_dir(cache, &image);
            });
            drop(views);
            std::fs::remove_dir_all(cache).unwrap();
            std::fs::rename(image, cache).unwrap();
        }
        End::Closed | End::Damaged(..) | End::Cut(..) => {
            views.flush().unwrap();
            drop(views);
        }
    }
    if let End::Damaged(file, at, _) | End::Cut(file, at) = end {
        let path = file.get(&files_in(cache)).clone();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        match end {
            End::Damaged(_, _, bits) => bytes[at] ^= bits,
            _ => bytes.truncate(at),
        }
        std::fs::write(path, bytes).unwrap();
    }
}

/// A history, and in one of ten the lives of a cache of it.
fn history(length: usize) -> impl Strategy<Value = (Vec<Command>, Option<Vec<(Index, End)>>)> {
    let commands = proptest::collection::vec(command(), 1..length);
    (commands, proptest::option::weighted(0.1, lives()))
}

fn histories(cases: u32, length: usize) {
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(rand::random);
    println!("PROPTEST_RNG_SEED={seed} repeats this");
    let rng_seed = RngSeed::Fixed(seed);
    let config =
        ProptestConfig { cases, rng_seed, failure_persistence: None, ..Default::default() };
    let check = |(commands, lives): (Vec<Command>, Option<Vec<(Index, End)>>)| {
        let (digests, log) = live(commands);
        for (until, live) in &digests {
            prop_assert_eq!(live, &rebuilt_digest(&*log, *until));
        }
        let Some(lives) = lives else { return Ok(()) };
        let dir = tempfile::tempdir().unwrap();
        let cache = dir.path().join("views");
        let (head, expected) = digests.last().unwrap();
        let size = usize::try_from(head.0).unwrap() + 1;
        let mut lives: Vec<_> =
            lives.iter().map(|(at, end)| (Seq(at.index(size) as u64), *end)).collect();
        lives.sort_by_key(|(until, _)| *until);
        for (until, end) in lives {
            live_until(&cache, &*log, until, end);
        }
        let views = open(&cache);
        replay(&*log, &views, *head, &mut |_| {}).unwrap();
        prop_assert_eq!(expected, &digest(&views.view()).to_string());
        Ok(())
    };
    TestRunner::new(config).run(&history(length), check).unwrap();
}

#[test]
fn live_views_equal_rebuilt_views_at_every_prefix() {
    histories(500, 100);
}

#[test]
#[ignore = "long: 3,000 histories of up to 1,000 commands, and 300 lives of caches"]
fn live_views_equal_rebuilt_views_in_long_histories() {
    histories(3000, 1000);
}

/// A history that is the same each time.
pub(crate) fn sample(seed: u8, commands: usize) -> Vec<Command> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    proptest::collection::vec(command(), commands).new_tree(&mut runner).unwrap().current()
}

/// Else nothing is known of what is missing.
#[test]
fn histories_hold_commands_and_events_of_every_kind() {
    let name = |command: &Command| {
        let told = format!("{command:?}");
        told.split('(').next().unwrap_or_default().to_owned()
    };
    let (mut commands, mut events) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..20 {
        let history = sample(seed, 1000);
        commands.extend(history.iter().map(name));
        let (_, log) = live(history);
        let decode = |record| codec::decode_record(&Result::unwrap(record)).unwrap().event.name();
        events.extend(log.read_from(Seq(1)).map(decode));
    }
    let source = include_str!("../../src/domain/mod.rs");
    let (_, list) = source.split_once("pub enum Command {").unwrap();
    let variants = list.split('}').next().unwrap().lines().map(str::trim);
    let variants = variants.filter(|line| !line.is_empty() && !line.starts_with("//"));
    let missing = variants.filter(|line| !commands.contains(line.split('(').next().unwrap()));
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0], "no history has these commands");
    // Written by a repair alone, with no command.
    events.extend(["EventLost", "LogRepaired"]);
    let kinds = Event::KINDS.iter().map(|(_, _, name)| name);
    let missing = kinds.filter(|name| !events.contains(*name));
    assert_eq!(missing.collect::<Vec<_>>(), [&""; 0], "no history comes to these events");
}

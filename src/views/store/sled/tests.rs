//! What is read without sled is what sled reads.

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::*;
use crate::{base::Seq, views::store::Batch};

fn key(random: &mut StdRng) -> Key {
    let length = random.random_range(1..6);
    (0..length).map(|_| random.random_range(b'a'..=b'e')).collect()
}

fn cursor(seq: u64) -> Cursor {
    Cursor { log_id: [7; 16], seq: Seq(seq), payload_crc: 0, schema: 1 }
}

/// Asks all of both, with and without bounds; the cursor's own entries lie outside of every table.
fn compare(sled: &dyn Base, files: &dyn Base, random: &mut StdRng) {
    assert_eq!(files.cursor().unwrap(), sled.cursor().unwrap());
    let all = sled.range(b"a", None, usize::MAX).unwrap();
    assert_eq!(files.range(b"a", None, usize::MAX).unwrap(), all);
    for _ in 0..300 {
        let (from, until) = (key(random), key(random));
        assert_eq!(files.get(&from).unwrap(), sled.get(&from).unwrap());
        for limit in [0, 1, 7, usize::MAX] {
            let ask = |base: &dyn Base| base.range(&from, Some(&until), limit).unwrap();
            assert_eq!(ask(files), ask(sled), "{from:?} {until:?} {limit}");
        }
        for keep in [|_: &[u8]| true, |key: &[u8]| key.ends_with(b"c")] {
            let ask = |base: &dyn Base| base.last(&from, &until, &keep).unwrap();
            assert_eq!(ask(files), ask(sled), "{from:?} {until:?}");
        }
    }
}

#[test]
fn files_are_read_as_sled_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("views");
    let random = &mut StdRng::seed_from_u64(1);
    let sled = SledBase::open(&path, 1 << 20).unwrap();
    for seq in 1..=6 {
        let batch: Vec<(Key, Option<Value>)> = (0..800)
            .map(|_| {
                let value = random.random_bool(0.7).then(|| Value::Number(random.random()));
                (key(random), value)
            })
            .collect();
        // A batch holds a key once.
        let batch: std::collections::BTreeMap<_, _> = batch.into_iter().collect();
        let entries: Batch<'_> = &mut batch.iter();
        sled.apply(entries, &cursor(seq)).unwrap();
        compare(&sled, &Files::open_checked(&path).unwrap(), random);
    }
    assert!(Files::open_checked(&path).unwrap().leaves.len() > 5);
}

#[test]
fn what_is_empty_has_nothing_and_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::open_checked(&dir.path().join("views")).unwrap();
    let base: &dyn Base = &files;
    assert_eq!(base.cursor().unwrap(), None);
    assert_eq!(base.get(b"a").unwrap(), None);
    assert_eq!(base.range(b"", None, 9).unwrap(), []);
    assert_eq!(base.last(b"a", b"z", &|_| true).unwrap(), None);
    assert!(base.apply(&mut std::iter::empty(), &cursor(1)).is_err());
}

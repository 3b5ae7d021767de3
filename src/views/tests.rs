//! Views over a base that fails: at any of its calls, before or after the write, once or on and on.
//! Whatever fails, they hold what a rebuild holds, and go on from there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, atomic::AtomicU32},
};

use super::{
    store::{Base, Cache, Opening, Place, Value},
    *,
};
use crate::{
    base::TimestampMs,
    event::{Event, Meta, MetricsLogged, RunCreated, RunStatus, SeriesPoints},
};

const LOG_ID: [u8; 16] = [7; 16];

/// What is durable below all bases of a test, and what is to go wrong.
#[derive(Default)]
struct Device {
    kept: Mutex<Kept>,
    /// Calls so far.
    calls: AtomicU32,
    /// This call fails, counted from 1.
    fails_at: u32,
    /// A write that fails is durable all the same.
    after_writing: bool,
    full: AtomicBool,
    /// Openings so far, and how many of them fail first.
    opened: AtomicU32,
    openings_fail: u32,
}

#[derive(Clone, Default)]
struct Kept {
    map: BTreeMap<Box<[u8]>, Value>,
    cursor: Option<Cursor>,
}

fn error() -> StoreError {
    StoreError::Io { path: "views".into(), reason: "the disk fails".to_owned() }
}

/// A base on a device. After a failed call every call fails, as sled's do.
struct Faulty {
    device: Arc<Device>,
    failed: AtomicBool,
}

impl Faulty {
    fn on(device: &Arc<Device>) -> Self {
        Self { device: device.clone(), failed: AtomicBool::new(false) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.device.kept.lock().unwrap()
    }

    /// Whether this call fails.
    fn call(&self) -> Result<(), StoreError> {
        let call = self.device.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if call == self.device.fails_at {
            self.failed.store(true, Ordering::Relaxed);
        }
        if self.failed.load(Ordering::Relaxed) { Err(error()) } else { Ok(()) }
    }
}

impl Base for Faulty {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.call()?;
        Ok(self.kept().map.get(key).cloned())
    }

    fn range(
        &self,
        from: &[u8],
        until: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(keys::Key, Value)>, StoreError> {
        self.call()?;
        let kept = self.kept();
        let inside = kept.map.range::<[u8], _>((
            std::ops::Bound::Included(from),
            until.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded),
        ));
        Ok(inside.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn last(
        &self,
        from: &[u8],
        until: &[u8],
        keep: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<(keys::Key, Value)>, StoreError> {
        let all = self.range(from, Some(until), usize::MAX)?;
        Ok(all.into_iter().rev().find(|(key, _)| keep(key)))
    }

    fn check_room(&self, _: usize, _: usize) -> Result<(), StoreError> {
        let (path, reason) = ("views".into(), "full".to_owned());
        let full = self.device.full.load(Ordering::Relaxed);
        if full { Err(StoreError::Full { path, reason }) } else { Ok(()) }
    }

    fn apply(&self, batch: store::Batch<'_>, cursor: &Cursor) -> Result<(), StoreError> {
        let called = self.call();
        if called.is_ok() || self.device.after_writing {
            let mut kept = self.kept();
            for (key, value) in batch {
                match value {
                    Some(value) => kept.map.insert(key.clone(), value.clone()),
                    None => kept.map.remove(key),
                };
            }
            kept.cursor = Some(cursor.clone());
        }
        called
    }

    fn cursor(&self) -> Result<Option<Cursor>, StoreError> {
        Ok(self.kept().cursor.clone())
    }
}

fn cache(device: &Arc<Device>) -> Cache {
    let again = device.clone();
    let open_again = move |how| {
        if how == Opening::ToRead {
            let sound =
                Device { kept: again.kept.lock().unwrap().clone().into(), ..Device::default() };
            return Ok(Box::new(Faulty::on(&Arc::new(sound))) as Box<dyn Base>);
        }
        let opened = again.opened.fetch_add(1, Ordering::Relaxed);
        if opened < again.openings_fail {
            return Err(error());
        }
        Ok(Box::new(Faulty::on(&again)) as Box<dyn Base>)
    };
    Cache::over(Faulty::on(device), open_again).unwrap()
}

fn views(device: &Arc<Device>) -> Views {
    Views::over(cache(device), Path::new("views"), LOG_ID).unwrap()
}

/// A run, then points of it, one event each.
fn event(seq: u64) -> Envelope {
    let run_id = "r".to_owned();
    let event: Event = if seq == 1 {
        RunCreated {
            run_id,
            experiment_id: 0,
            name: "n".to_owned(),
            user_id: String::new(),
            status: RunStatus::Running,
            start_time: 0,
            artifact_uri: String::new(),
            tags: vec![],
        }
        .into()
    } else {
        let at = i64::try_from(seq).unwrap();
        let series = SeriesPoints {
            key: format!("m{}", seq % 3),
            timestamps: vec![at],
            steps: vec![at],
            values: vec![0.5],
            model_id: None,
            dataset_name: None,
            dataset_digest: None,
        };
        MetricsLogged { run_id, series: vec![series] }.into()
    };
    Envelope { seq: Seq(seq), recorded_at: TimestampMs(1), meta: Meta::default(), event }
}

fn publish(views: &Views, seq: u64) {
    let mut changes = views.changes();
    fold(&mut changes, &event(seq));
    views.publish(changes, Position { seq: Seq(seq), payload_crc: 0 });
}

fn digest_of(views: &Views) -> String {
    digest::digest(&views.view()).to_string()
}

fn rebuilt(until: u64) -> String {
    let views = Views::in_memory(LOG_ID);
    (1..=until).for_each(|seq| publish(&views, seq));
    digest_of(&views)
}

#[test]
fn any_call_may_fail_before_or_after_the_write() {
    const EVENTS: u64 = 6;
    let mut failures = 0;
    for after_writing in [false, true] {
        for fails_at in 1.. {
            let device = Arc::new(Device { fails_at, after_writing, ..Device::default() });
            let views = views(&device);
            for seq in 1..=EVENTS {
                publish(&views, seq);
                let flushed = views.flush();
                assert_eq!(digest_of(&views), rebuilt(seq), "call {fails_at}");
                if flushed.is_err() {
                    views.flush().unwrap();
                }
                assert_eq!(digest_of(&views), rebuilt(seq), "call {fails_at}");
            }
            drop(views);
            let opened = self::views(&device);
            assert_eq!(opened.position().seq, Seq(EVENTS));
            assert_eq!(digest_of(&opened), rebuilt(EVENTS), "call {fails_at}");
            if device.opened.load(Ordering::Relaxed) == 0 {
                break;
            }
            failures += 1;
        }
    }
    assert!(failures > 50, "{failures} calls failed");
}

#[test]
fn what_has_no_room_waits_in_memory_and_moves_once_there_is_some() {
    let device = Arc::new(Device::default());
    let views = views(&device);
    device.full.store(true, Ordering::Relaxed);
    for seq in 1..=4 {
        publish(&views, seq);
        assert!(views.flush().unwrap_err().is_full());
        assert_eq!(digest_of(&views), rebuilt(seq));
    }
    assert_eq!(device.kept.lock().unwrap().cursor, None, "nothing was written");
    device.full.store(false, Ordering::Relaxed);
    views.flush().unwrap();
    assert_eq!(device.kept.lock().unwrap().cursor.as_ref().unwrap().seq, Seq(4));
    assert_eq!(views.layers.bytes_above_base(), 0);
    assert_eq!(digest_of(&views), rebuilt(4));
    assert_eq!(device.opened.load(Ordering::Relaxed), 0, "no base was harmed");
}

#[test]
fn no_more_is_taken_into_memory_than_it_may_hold() {
    let device = Arc::new(Device::default());
    let views = views(&device);
    device.full.store(true, Ordering::Relaxed);
    let long: Arc<str> = "x".repeat(STALLED_BYTES_MAX / 5 * 2).into();
    for key in [1, 2, 3] {
        assert!(!views.are_full());
        let place = Place { seq: Seq(1), index: 0 };
        // The same key again takes the room of one.
        for _ in 0..2 {
            let mut changes = views.changes();
            changes.put(Box::new([1, key]), Value::Text(place, long.clone()));
            views.publish(changes, Position::default());
        }
        views.flush_or_wait();
    }
    assert!(views.are_full());
    device.full.store(false, Ordering::Relaxed);
    views.flush_or_wait();
    assert!(!views.are_full());
}

#[test]
fn what_cannot_be_opened_is_read_all_the_same() {
    for after_writing in [false, true] {
        let device = Device { openings_fail: 3, after_writing, ..Device::default() };
        let device = Arc::new(Device { fails_at: 5, ..device });
        let views = views(&device);
        let mut refused = 0;
        for seq in 1..=8 {
            publish(&views, seq);
            refused += u32::from(views.flush().is_err());
            assert_eq!(digest_of(&views), rebuilt(seq), "event {seq}");
        }
        assert_eq!(device.opened.load(Ordering::Relaxed), 4);
        assert!(refused >= 2, "{refused} flushes were refused");
        drop(views);
        assert_eq!(digest_of(&self::views(&device)), rebuilt(8));
    }
}

#[test]
fn a_base_is_opened_again_until_that_succeeds_and_given_up_in_the_end() {
    let cursor = |seq| Cursor { log_id: LOG_ID, seq: Seq(seq), payload_crc: 0, schema: 1 };
    let apply = |cache: &Cache, seq| cache.apply(&mut std::iter::empty(), &cursor(seq));

    let device = Arc::new(Device { fails_at: 1, openings_fail: 1, ..Device::default() });
    let opened = cache(&device);
    assert!(matches!(apply(&opened, 1), Err(StoreError::Io { .. })));
    apply(&opened, 1).unwrap();
    assert_eq!(device.opened.load(Ordering::Relaxed), 2);

    // Somebody else has written to it.
    let device = Arc::new(Device { fails_at: 1, ..Device::default() });
    let changed = cache(&device);
    device.kept.lock().unwrap().cursor = Some(cursor(9));
    assert!(matches!(apply(&changed, 1), Err(StoreError::Lost(_))));
    assert!(matches!(changed.get(b"k"), Err(StoreError::Lost(_))));
}

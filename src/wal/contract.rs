//! What every log promises, as tests that every backend runs: [`suite`] takes a way to make an empty
//! log. Knows nothing of how a log keeps its records.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use uuid::Uuid;

use crate::base::{Seq, TimestampMs, disk::memory::MemoryDisk, limits::PAYLOAD_BYTES_MAX};

use super::{LocalWal, MemoryWal, NewRecord, Options, Record, Wal, WalError, local::Origin};

/// An event at some time.
fn event(recorded_at: i64, payload: &[u8]) -> NewRecord<'_> {
    let recorded_at = TimestampMs(recorded_at);
    NewRecord { recorded_at, event_type: 3, event_version: 2, codec: 1, batch_more: false, payload }
}

fn payloads(wal: &dyn Wal, from: u64) -> Vec<Vec<u8>> {
    wal.reader().read_from(Seq(from)).map(|record| record.unwrap().payload).collect()
}

type Fresh = fn() -> Box<dyn Wal>;

fn memory() -> Box<dyn Wal> {
    Box::new(MemoryWal::new(Uuid::from_u128(1)))
}

/// Segments are as small as can be, so that the suite crosses their ends.
fn local() -> Box<dyn Wal> {
    let disk = std::sync::Arc::new(MemoryDisk::default());
    let origin = Origin::Drawn;
    let options = Options { segment_bytes: 4096, witnessed: Seq::ZERO, origin };
    Box::new(LocalWal::open(disk, std::path::Path::new("/log"), options).unwrap().0)
}

macro_rules! suite {
    ($($law:ident),+ $(,)?) => {
        mod memory_keeps {
            $(#[test] fn $law() { super::$law(super::memory); })+
        }
        mod local_keeps {
            $(#[test] fn $law() { super::$law(super::local); })+
        }
    };
}

suite![
    an_empty_log_is_empty,
    a_record_comes_back_as_it_went_in,
    sequences_have_no_gaps,
    the_fence_holds,
    unfit_groups_change_nothing,
    time_never_runs_backwards,
    reading_starts_anywhere,
    a_reader_at_the_head_sees_what_comes,
    marks_take_no_sequence,
    large_payloads_fit,
    readers_see_whole_prefixes_while_the_writer_appends,
    a_reader_outlives_its_writer,
];

fn an_empty_log_is_empty(fresh: Fresh) {
    let wal = fresh();
    assert_eq!(wal.next(), Seq(1));
    assert_eq!(wal.reader().head(), Seq::ZERO);
    assert!(!wal.reader().log_id().is_nil());
    assert!(wal.reader().read_from(Seq::ZERO).next().is_none());
    assert!(matches!(wal.reader().read(Seq(1)), Err(WalError::NotFound { .. })));
    assert!(matches!(wal.reader().read(Seq::ZERO), Err(WalError::NotFound { .. })));
}

fn a_record_comes_back_as_it_went_in(fresh: Fresh) {
    let mut wal = fresh();
    let first = NewRecord { batch_more: true, codec: 15, ..event(10, b"one") };
    let last = NewRecord { event_type: u16::MAX, event_version: 255, ..event(20, b"two") };
    assert_eq!(wal.append(Seq(1), &[first, last]).unwrap(), Seq(2));
    let one = wal.reader().read(Seq(1)).unwrap();
    let two = wal.reader().read(Seq(2)).unwrap();
    for (seq, got, put) in [(1, &one, first), (2, &two, last)] {
        let expected = Record {
            seq: Seq(seq),
            recorded_at: put.recorded_at,
            event_type: put.event_type,
            event_version: put.event_version,
            codec: put.codec,
            batch_more: put.batch_more,
            payload: put.payload.to_vec(),
            destroyed: None,
            place: got.place,
        };
        assert_eq!(got, &expected);
    }
}

fn sequences_have_no_gaps(fresh: Fresh) {
    let mut wal = fresh();
    let mut next = 1;
    for size in [1, 3, 1, 40, 7, 100] {
        let bytes = vec![7; size * 5];
        let group = vec![event(1, &bytes); size];
        next += size as u64;
        assert_eq!(wal.append(wal.next(), &group).unwrap(), Seq(next - 1));
        assert_eq!(wal.next(), Seq(next));
        assert_eq!(wal.reader().head(), Seq(next - 1));
    }
    let seqs: Vec<u64> = wal.reader().read_from(Seq(1)).map(|r| r.unwrap().seq.0).collect();
    assert_eq!(seqs, (1..next).collect::<Vec<_>>());
}

fn the_fence_holds(fresh: Fresh) {
    let mut wal = fresh();
    for expected in [Seq(0), Seq(2), Seq(u64::MAX)] {
        let error = wal.append(expected, &[event(1, b"x")]).unwrap_err();
        assert!(matches!(error, WalError::Fenced { actual: Seq(1), .. }), "{error}");
    }
    assert_eq!(wal.next(), Seq(1));
}

fn unfit_groups_change_nothing(fresh: Fresh) {
    let mut wal = fresh();
    let long = vec![1; PAYLOAD_BYTES_MAX + 1];
    let fit = event(1, b"fit");
    let unfit = [
        NewRecord { event_type: 0, ..fit },
        NewRecord { codec: 16, ..fit },
        NewRecord { payload: b"", ..fit },
        NewRecord { payload: &long, ..fit },
        NewRecord { batch_more: true, ..fit },
    ];
    for record in unfit {
        let error = wal.append(Seq(1), &[fit, record]).unwrap_err();
        assert!(matches!(error, WalError::Unfit { index: 1, .. }), "{error}");
    }
    assert!(matches!(wal.append(Seq(1), &[]), Err(WalError::Unfit { index: 0, .. })));
    assert_eq!((wal.next(), wal.reader().head()), (Seq(1), Seq::ZERO));
}

fn time_never_runs_backwards(fresh: Fresh) {
    let mut wal = fresh();
    wal.append(Seq(1), &[event(50, b"a"), event(40, b"b")]).unwrap();
    wal.append(Seq(3), &[event(30, b"c"), event(60, b"d"), event(-5, b"e")]).unwrap();
    let times = wal.reader().read_from(Seq(1)).map(|record| record.unwrap().recorded_at.0);
    assert_eq!(times.collect::<Vec<_>>(), [50, 50, 50, 60, 60]);
}

fn reading_starts_anywhere(fresh: Fresh) {
    let mut wal = fresh();
    for number in 1..=300_u64 {
        wal.append(Seq(number), &[event(1, &number.to_le_bytes())]).unwrap();
    }
    for from in [0_u64, 1, 2, 77, 150, 299, 300] {
        let all: Vec<_> = (from.max(1)..=300).map(|n| n.to_le_bytes().to_vec()).collect();
        assert_eq!(payloads(&*wal, from), all);
    }
    assert_eq!(payloads(&*wal, 301), Vec::<Vec<u8>>::new());
    for seq in 1..=300 {
        assert_eq!(wal.reader().read(Seq(seq)).unwrap().payload, seq.to_le_bytes());
    }
}

fn a_reader_at_the_head_sees_what_comes(fresh: Fresh) {
    let mut wal = fresh();
    let mut records = wal.reader().read_from(Seq(1));
    for number in 1..200 {
        assert!(records.next().is_none());
        wal.append(Seq(number), &[event(1, &[1; 90])]).unwrap();
        assert_eq!(records.next().unwrap().unwrap().seq, Seq(number));
    }
}

fn marks_take_no_sequence(fresh: Fresh) {
    let mut wal = fresh();
    for number in 1..100 {
        wal.mark().unwrap();
        wal.mark().unwrap();
        wal.append(Seq(number), &[event(1, &[2; 50])]).unwrap();
    }
    wal.mark().unwrap();
    assert_eq!(payloads(&*wal, 1).len(), 99);
}

fn large_payloads_fit(fresh: Fresh) {
    let mut wal = fresh();
    let large = vec![9; PAYLOAD_BYTES_MAX];
    wal.append(Seq(1), &[event(1, &large)]).unwrap();
    wal.append(Seq(2), &[event(1, b"small"), event(1, &large)]).unwrap();
    assert!(wal.reader().read(Seq(3)).unwrap().payload == large);
    assert_eq!(payloads(&*wal, 2)[0], b"small");
}

fn readers_see_whole_prefixes_while_the_writer_appends(fresh: Fresh) {
    let mut wal = fresh();
    let (reader, writing) = (wal.reader(), AtomicBool::new(true));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut records = reader.read_from(Seq(1));
                let mut at = 0;
                loop {
                    let over = !writing.load(Ordering::Acquire);
                    assert!(reader.head().0.is_multiple_of(3), "a part of a group is visible");
                    let Some(record) = records.next() else {
                        if over {
                            break assert_eq!(at, 600);
                        }
                        continue;
                    };
                    at += 1;
                    assert_eq!(record.unwrap().payload, u64::to_le_bytes(at));
                    assert_eq!(reader.read(Seq(at)).unwrap().seq, Seq(at));
                }
            });
        }
        let appended = (1..600).step_by(3).try_for_each(|first| {
            let bytes = [first, first + 1, first + 2].map(u64::to_le_bytes);
            let group: Vec<_> = bytes.iter().map(|bytes| event(1, bytes)).collect();
            wal.append(Seq(first), &group).map(drop)
        });
        writing.store(false, Ordering::Release);
        appended.unwrap();
    });
}

fn a_reader_outlives_its_writer(fresh: Fresh) {
    let mut wal = fresh();
    wal.append(Seq(1), &[event(1, b"x")]).unwrap();
    let (reader, id) = (wal.reader(), wal.reader().log_id());
    wal.close().unwrap();
    assert_eq!((reader.head(), reader.log_id()), (Seq(1), id));
    assert_eq!(reader.read(Seq(1)).unwrap().payload, b"x");
}

//! Backups beside a writer that appends, marks, seals segments and replaces artifacts meanwhile.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use super::{Growing, check_restored};
use crate::{
    base::{TimestampMs, disk::RealDisk},
    transfer::{self, Backup},
    wal::Wal as _,
};

struct Stopper<'a>(&'a AtomicBool);

impl Drop for Stopper<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Makes `count` backups at random moments; each is restored, and holds all that was acknowledged
/// before it began, and nothing that was never written.
fn backups_beside_a_writer(count: u64, seed: u64) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut log = Growing::open(RealDisk, &data, 1);
    let (acked, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut rng = StdRng::seed_from_u64(seed);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut rng = StdRng::seed_from_u64(seed + 1);
            while !stop.load(Ordering::SeqCst) {
                let group = rng.random_range(1..8);
                log.append(group);
                acked.fetch_add(group, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(rng.random_range(10..60)));
                if rng.random_bool(0.3) {
                    // An idle server marks.
                    thread::sleep(Duration::from_millis(rng.random_range(0..10)));
                    log.wal.mark().unwrap();
                }
            }
        });
        // Also when an assertion fails: the scope waits for the writer.
        let _stopper = Stopper(&stop);
        for number in 0..count {
            thread::sleep(Duration::from_millis(rng.random_range(0..12)));
            let (to, into) =
                (dir.path().join("backup"), dir.path().join(format!("again-{number}")));
            let before = acked.load(Ordering::SeqCst);
            let artifacts = data.join("artifacts");
            let job = Backup {
                data_dir: &data,
                artifacts: (before > 10).then_some(&artifacts),
                to: &to,
                now: TimestampMs(1),
                patience: Duration::from_secs(5),
            };
            let done = transfer::backup(&RealDisk, &job, &mut |_| {}).unwrap();
            assert!(done.head.0 >= before, "seed {seed}, backup {number}: {before}, {done:?}");
            assert_eq!(done.missing, [""; 0], "seed {seed}, backup {number}");
            let restored = transfer::restore(&RealDisk, &to, &into, &mut |_| {}).unwrap();
            assert_eq!((restored.head, restored.root), (done.head, done.root));
            if before > 10 {
                assert_eq!(check_restored(&RealDisk, &into), done.head.0);
            }
            std::fs::remove_dir_all(&into).unwrap();
        }
    });
    println!("{count} backups beside {} events, seed {seed}", acked.into_inner());
}

#[test]
fn backups_beside_a_writer_hold_all_that_was_acknowledged() {
    backups_beside_a_writer(12, 7);
}

#[test]
#[ignore = "long: 200 backups beside a writer"]
fn many_backups_beside_a_writer() {
    for seed in [11, 12, 13, 14, 15] {
        backups_beside_a_writer(40, seed);
    }
}

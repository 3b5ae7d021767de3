//! Sweeps over many numbered cases, on all cores. What a case does depends on its number alone, so
//! one that failed is repeated with `RUNLOG_CASE=<number>`.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Runs `case` for all numbers below `count`, or for the one in the environment.
pub fn cases(count: usize, case: impl Fn(usize) + Sync) {
    if let Ok(number) = env::var("RUNLOG_CASE") {
        return case(number.parse().expect("RUNLOG_CASE is a number"));
    }
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return;
            }
            let done = catch_unwind(AssertUnwindSafe(|| case(number)));
            assert!(done.is_ok(), "case {number} failed; RUNLOG_CASE={number} repeats it");
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
}

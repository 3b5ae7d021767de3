//! Runs a scenario under many drawn schedules, and stands in where shuttle's threads and channels
//! have no notion of time.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use shuttle::{
    Config, FailurePersistence, Runner,
    rand::{Rng as _, thread_rng},
    scheduler::{PctScheduler, RandomScheduler, Scheduler},
};

/// Preemptions that the PCT scheduler places in a schedule.
const PCT_DEPTH: usize = 4;

/// Bytes of a thread's stack.
const STACK_BYTES: usize = 256 << 10;

/// Runs `scenario` under `count` schedules that change threads at random and as many that keep to a
/// drawn order of threads but for a few preemptions; `RUNLOG_SCHEDULES` multiplies the count. It must
/// not panic, deadlock or run for ever in any. The seed is printed; `RUNLOG_SCHEDULES_SEED` repeats it.
pub fn explore(count: usize, scenario: impl Fn() + Send + Sync + 'static) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number("RUNLOG_SCHEDULES_SEED").unwrap_or_else(rand::random);
    let count = count * usize::try_from(number("RUNLOG_SCHEDULES").unwrap_or(1)).unwrap();
    let scenario = Arc::new(scenario);
    run("random", seed, RandomScheduler::new_from_seed(seed, count), scenario.clone());
    run("PCT", seed, PctScheduler::new_from_seed(seed, PCT_DEPTH, count), scenario);
}

fn run(
    name: &str,
    seed: u64,
    scheduler: impl Scheduler + 'static,
    scenario: Arc<impl Fn() + Send + Sync + 'static>,
) {
    let begun = Arc::new(AtomicUsize::new(0));
    let counted = begun.clone();
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    config.failure_persistence = FailurePersistence::None;
    let runner = Runner::new(scheduler, config);
    let ran = catch_unwind(AssertUnwindSafe(|| {
        runner.run(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            scenario();
        })
    }));
    let schedules = begun.load(Ordering::Relaxed);
    println!("{schedules} schedules by {name}, RUNLOG_SCHEDULES_SEED={seed}");
    if let Err(failure) = ran {
        resume_unwind(failure);
    }
}

/// A number below `bound`, drawn with the schedule.
pub fn draw(bound: u64) -> u64 {
    thread_rng().gen_range(0..bound)
}

/// Channels whose timeouts expire whenever the scheduler likes.
pub mod mpsc {
    pub use shuttle::sync::mpsc::{
        RecvError, RecvTimeoutError, SyncSender, TryRecvError, TrySendError,
    };
    use std::time::Duration;

    /// shuttle's, but for [`Receiver::recv_timeout`].
    pub struct Receiver<T>(shuttle::sync::mpsc::Receiver<T>);

    /// As std's.
    pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
        let (sender, receiver) = shuttle::sync::mpsc::sync_channel(bound);
        (sender, Receiver(receiver))
    }

    impl<T> Receiver<T> {
        /// As std's.
        pub fn recv(&self) -> Result<T, RecvError> {
            self.0.recv()
        }

        /// As std's.
        pub fn try_recv(&self) -> Result<T, TryRecvError> {
            self.0.try_recv()
        }

        /// As std's; the time has passed, or has not, as drawn.
        pub fn recv_timeout(&self, _: Duration) -> Result<T, RecvTimeoutError> {
            match self.try_recv() {
                Ok(received) => Ok(received),
                Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) if super::draw(2) == 0 => Err(RecvTimeoutError::Timeout),
                Err(TryRecvError::Empty) => Ok(self.recv()?),
            }
        }
    }

    /// As std's, which lets go of what was sent and not received.
    impl<T> Drop for Receiver<T> {
        fn drop(&mut self) {
            while !std::thread::panicking() && self.try_recv().is_ok() {}
        }
    }
}

/// shuttle's threads, which sleep by letting others run.
pub mod thread {
    pub use shuttle::thread::*;

    /// As std's.
    pub fn sleep(_: std::time::Duration) {
        yield_now();
    }
}

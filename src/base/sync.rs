//! Threads, locks and channels of the code that readers and the writer share. They are std's; in
//! unit tests with the feature `shuttle` they are shuttle's, which runs one thread at a time and
//! draws who is next at every lock, send and receive.

#[cfg(test)]
#[cfg(feature = "shuttle")]
pub mod schedules;

#[cfg(not(all(test, feature = "shuttle")))]
pub use std::{
    sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, mpsc},
    thread,
};

#[cfg(all(test, feature = "shuttle"))]
pub use self::schedules::{mpsc, thread};
#[cfg(all(test, feature = "shuttle"))]
pub use shuttle::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard};

//! Words that every other room uses: positions, times, ids, bounds, digests, and the one door to
//! the file system. Imports nothing of ours.

#[cfg(test)]
pub mod cases;
pub mod clock;
pub mod data_dir;
pub mod digest;
pub mod disk;
pub mod exit;
pub mod id;
pub mod limits;
pub mod names;
pub mod python;
pub mod secret;
pub mod seq;
pub mod sync;

pub use clock::{Clock, SystemClock, TimestampMs};
pub use seq::Seq;

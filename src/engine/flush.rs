//! Moves what the views hold in memory to their cache on disk, once a second or when asked, on a
//! thread of its own: neither writer nor readers wait for it.

use std::{sync::Arc, time::Duration};

use crate::{
    base::sync::{
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
        thread::{self, JoinHandle},
    },
    views::Views,
};

/// Time between two flushes when nobody asks for one.
const INTERVAL: Duration = Duration::from_secs(1);

/// The flushing thread.
pub(super) struct Flusher {
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Flusher {
    /// Starts the thread.
    pub(super) fn start(views: Arc<Views>) -> Self {
        let (wake, woken) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("flusher".to_owned())
            .spawn(move || run(&views, &woken))
            .expect("the machine has room for a thread");
        Self { wake, thread }
    }

    /// Asks for a flush now, without waiting.
    pub(super) fn wake(&self) -> SyncSender<()> {
        self.wake.clone()
    }

    /// Flushes once more and ends the thread. Every other holder of `wake` must be gone.
    pub(super) fn stop(self) {
        drop(self.wake);
        let _ = self.thread.join();
    }
}

fn run(views: &Views, woken: &Receiver<()>) {
    loop {
        views.flush_or_wait();
        if woken.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Disconnected) {
            return views.flush_or_wait();
        }
    }
}

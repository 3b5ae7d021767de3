//! The thread that signs without being asked: when the log has grown for a minute, when a segment is
//! sealed, and at the end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{Notary, ProofError};
use crate::base::sync::{
    mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

/// Time between two looks at the log.
const LOOK: Duration = Duration::from_secs(1);
/// Time after which a log that has grown is signed.
const INTERVAL: Duration = Duration::from_secs(60);

/// Signs for as long as it is kept.
pub struct Clerk {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Clerk {
    /// Starts to look after a log.
    pub fn start(notary: Arc<Notary>) -> Self {
        let (stop, stopped) = sync_channel(0);
        let thread = thread::Builder::new()
            .name("clerk".to_owned())
            .spawn(move || run(&notary, &stopped))
            .expect("the machine has room for a thread");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

/// Signs what the log holds, and ends.
impl Drop for Clerk {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(notary: &Notary, stopped: &Receiver<()>) {
    let mut signed = Instant::now();
    let mut told = false;
    loop {
        let ends = stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Disconnected);
        let done = notary.follow().and_then(|sealed| {
            if ends || sealed || signed.elapsed() >= INTERVAL {
                signed = Instant::now();
                notary.sign_all()?;
            }
            Ok(())
        });
        tell(&done, &mut told);
        if ends {
            return;
        }
    }
}

/// Tells the operator when signing begins to fail, and when it goes on.
fn tell(done: &Result<(), ProofError>, told: &mut bool) {
    match done {
        Err(error) if !*told => tracing::error!(%error, "the log cannot be signed"),
        Ok(()) if *told => tracing::info!("the log is signed again"),
        _ => {}
    }
    *told = done.is_err();
}

//! When the server ends and how: asked to by a signal, or because its log can take no more.

use std::time::Duration;

use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
    time::timeout,
};

use super::{super::failure::Failure, no_listener};
use crate::http::{App, serve};

/// Time that requests under way get after a signal; a second signal ends it.
const DRAIN: Duration = Duration::from_secs(8);

/// The same after the log has failed: enough for the answers that say so.
const DRAIN_POISONED: Duration = Duration::from_millis(500);

/// Why the server ended.
#[derive(Debug)]
pub(super) enum End {
    /// A signal asked for it.
    Asked,
    /// The log cannot be written any more, for this reason.
    Poisoned(String),
}

/// The signals that end the server.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on they no longer end the process by themselves.
    pub(super) fn install() -> Result<Self, Failure> {
        let install = |kind| {
            signal(kind).map_err(|error| Failure::usage(format!("cannot await signals: {error}")))
        };
        Ok(Self {
            interrupt: install(SignalKind::interrupt())?,
            terminate: install(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Serves until there is a reason to end, and then until requests under way are answered, but not
/// for long.
pub(super) async fn serve_until_end(
    listener: TcpListener,
    app: App,
    mut signals: Signals,
) -> Result<End, Failure> {
    let engine = app.engine.clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut server = tokio::spawn(serve(listener, app, async {
        // An error means that nobody is left to stop it; then it ends as well.
        let _ = stopped.await;
    }));
    let end = tokio::select! {
        () = signals.next() => End::Asked,
        reason = engine.failed() => End::Poisoned(reason),
        served = &mut server => {
            let error = match served {
                Ok(Ok(())) => std::io::Error::other("the server ended by itself"),
                Ok(Err(error)) => error,
                Err(error) => error.into(),
            };
            return Err(no_listener(&error));
        }
    };
    let _ = stop.send(());
    let patience = if matches!(end, End::Asked) { DRAIN } else { DRAIN_POISONED };
    tokio::select! {
        // Too late is late enough: what is acknowledged is durable.
        _ = timeout(patience, &mut server) => {}
        () = signals.next() => {}
    }
    server.abort();
    Ok(end)
}

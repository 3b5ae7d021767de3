//! Forgets, in the background, the artifacts that have been kept for long enough.

use std::{sync::Arc, time::Duration};

use crate::{
    artifacts::ArtifactStore,
    base::{Clock as _, SystemClock},
};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Removes what was replaced or deleted more than `days` ago, now and from time to time. Never ends.
pub(super) async fn forget(artifacts: Arc<ArtifactStore>, days: u32) {
    let mut looks = tokio::time::interval(INTERVAL);
    loop {
        looks.tick().await;
        if let Err(error) = artifacts.forget_kept(days, SystemClock.now()).await {
            tracing::warn!(%error, "artifacts are kept for longer than they should be");
        }
    }
}

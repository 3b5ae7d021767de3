//! Contents that were replaced or deleted, kept by digest for some days so that the past can be read:
//! `<reserved>kept/<day>/<sha256>`, where the day is that on which they ceased to be current.

use super::{
    error::ArtifactError,
    path::ArtifactPath,
    store::{ArtifactStore, Place},
};
use crate::base::{TimestampMs, digest::Sha256Digest};

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The day of a time, in UTC, as it is written: days sort as their names do.
fn day(time: TimestampMs) -> String {
    time.to_string().chars().take_while(|char| *char != 'T').collect()
}

impl ArtifactStore {
    /// Keeps what stands at `path`, whose digest is `content`, as of `now`: it is about to be replaced or
    /// deleted. As a second name for the same bytes where the store is a directory, else as a copy.
    pub async fn keep(
        &self,
        path: &ArtifactPath,
        content: &Sha256Digest,
        now: TimestampMs,
    ) -> Result<(), ArtifactError> {
        let kept = ArtifactPath::kept().below(&day(now)).below(&content.to_string());
        match &self.place {
            Place::Directory(directory) => directory.link(path, &kept).await,
            Place::Objects(objects) => objects.copy(path, &kept).await,
        }
    }

    /// Where a content is kept, if it is.
    pub async fn kept(
        &self,
        content: &Sha256Digest,
    ) -> Result<Option<ArtifactPath>, ArtifactError> {
        let root = ArtifactPath::kept();
        for day in self.list(&root).await?.iter().rev() {
            let place = root.below(&day.name).below(&content.to_string());
            match self.head(&place).await {
                Ok(_) => return Ok(Some(place)),
                Err(ArtifactError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Removes what has been kept for `days` before `now`.
    pub async fn forget_kept(&self, days: u32, now: TimestampMs) -> Result<(), ArtifactError> {
        let first = day(TimestampMs(now.0.saturating_sub(i64::from(days).saturating_mul(DAY_MS))));
        let root = ArtifactPath::kept();
        for entry in self.list(&root).await? {
            if entry.name < first {
                self.delete(&root.below(&entry.name)).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use futures::{StreamExt as _, stream};
    use object_store::memory::InMemory;

    use super::*;
    use crate::base::disk::RealDisk;

    const NOON: TimestampMs = TimestampMs(1_795_435_200_000);

    async fn put(store: &ArtifactStore, path: &ArtifactPath, bytes: &'static [u8]) -> Sha256Digest {
        let bytes = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(bytes))]);
        store.put(path, bytes).await.unwrap().sha256
    }

    async fn read(store: &ArtifactStore, content: &Sha256Digest) -> Option<Vec<u8>> {
        let place = store.kept(content).await.unwrap()?;
        let download = store.get(&place, None).await.unwrap();
        let parts: Vec<_> = download.bytes.collect().await;
        Some(parts.into_iter().flat_map(|part| part.unwrap().to_vec()).collect())
    }

    async fn check(store: &ArtifactStore) {
        let path = ArtifactPath::parse("0/run/artifacts/a.txt").unwrap();
        let first = put(store, &path, b"first").await;
        assert_eq!(read(store, &first).await, None);
        store.keep(&path, &first, NOON).await.unwrap();
        // Once more changes nothing.
        store.keep(&path, &first, NOON).await.unwrap();
        let second = put(store, &path, b"second").await;
        assert_eq!(read(store, &first).await.unwrap(), b"first");
        let tomorrow = TimestampMs(NOON.0 + DAY_MS);
        store.keep(&path, &second, tomorrow).await.unwrap();
        store.delete(&path).await.unwrap();
        assert_eq!(read(store, &second).await.unwrap(), b"second");
        assert!(store.list(&ArtifactPath::ROOT).await.unwrap().iter().all(|it| it.name == "0"));
        store.forget_kept(1, tomorrow).await.unwrap();
        assert!(
            read(store, &first).await.is_some(),
            "it has been kept for a day, and not yet longer"
        );
        store.forget_kept(1, TimestampMs(tomorrow.0 + DAY_MS)).await.unwrap();
        assert_eq!(read(store, &first).await, None);
        assert!(read(store, &second).await.is_some());
        let missing = ArtifactPath::parse("0/gone").unwrap();
        let kept = store.keep(&missing, &first, NOON).await;
        assert!(matches!(kept, Err(ArtifactError::NotFound { .. })), "{kept:?}");
    }

    #[tokio::test]
    async fn contents_are_kept_by_digest_and_forgotten_by_day() {
        let dir = tempfile::tempdir().unwrap();
        let destination = dir.path().to_str().unwrap();
        check(&ArtifactStore::open(Arc::new(RealDisk), destination).unwrap()).await;
        check(&ArtifactStore::over(Arc::new(InMemory::new()))).await;
    }
}

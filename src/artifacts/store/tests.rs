//! One contract for both kinds of store: a directory, and objects that are not files.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::memory::InMemory;
use tempfile::TempDir;

use super::*;
use crate::{
    artifacts::{directory, objects},
    base::{digest::Sha256Digest, disk::RealDisk},
};

mod faults;
mod files;

fn path(raw: &str) -> ArtifactPath {
    ArtifactPath::parse(raw).unwrap()
}

fn open_at(destination: &str) -> Result<ArtifactStore, ArtifactError> {
    ArtifactStore::open(Arc::new(RealDisk), destination)
}

fn open(dir: &TempDir) -> ArtifactStore {
    open_at(dir.path().to_str().unwrap()).unwrap()
}

/// A directory and a memory, both empty. The first value keeps the directory.
fn both() -> (TempDir, [ArtifactStore; 2]) {
    let dir = tempfile::tempdir().unwrap();
    let stores = [open(&dir), ArtifactStore::over(Arc::new(InMemory::new()))];
    (dir, stores)
}

/// `content` as a client sends it: in pieces of odd length.
fn body(content: &[u8]) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
    let pieces: Vec<_> = content.chunks(65_537).map(Bytes::copy_from_slice).map(Ok).collect();
    stream::iter(pieces)
}

async fn put(store: &ArtifactStore, name: &str, content: &[u8]) -> Stored {
    store.put(&path(name), body(content)).await.unwrap()
}

async fn read(store: &ArtifactStore, name: &str, range: Option<GetRange>) -> Vec<u8> {
    let download = store.get(&path(name), range).await.unwrap();
    let expected = usize::try_from(download.range.end - download.range.start).unwrap();
    let bytes: Vec<Bytes> = download.bytes.try_collect().await.unwrap();
    let bytes = bytes.concat();
    assert_eq!(bytes.len(), expected);
    bytes
}

async fn names(store: &ArtifactStore, dir: &str) -> Vec<String> {
    let entries = store.list(&path(dir)).await.unwrap();
    let slash = |entry: &Entry| if entry.is_dir() { "/" } else { "" };
    entries.iter().map(|entry| format!("{}{}", entry.name, slash(entry))).collect()
}

#[tokio::test]
async fn what_was_put_is_got_whatever_its_length() {
    let (_dir, stores) = both();
    for store in &stores {
        for length in [
            0,
            1,
            directory::PART_BYTES - 1,
            directory::PART_BYTES,
            directory::PART_BYTES + 1,
            objects::PART_BYTES + 1,
        ] {
            let content: Vec<u8> = (0..=250).cycle().take(length).collect();
            let stored = put(store, "0/r/artifacts/f.bin", &content).await;
            assert_eq!(stored.size, length as u64);
            assert_eq!(stored.sha256, Sha256Digest::of(&content));
            assert!(read(store, "0/r/artifacts/f.bin", None).await == content, "{length}");
            let meta = store.head(&path("0/r/artifacts/f.bin")).await.unwrap();
            assert_eq!(meta.size, length as u64);
        }
    }
}

#[tokio::test]
async fn a_second_put_replaces_the_first_and_changes_the_etag() {
    let (_dir, stores) = both();
    for store in &stores {
        put(store, "a", b"first").await;
        let first = store.head(&path("a")).await.unwrap();
        put(store, "a", b"again, and longer").await;
        assert_eq!(read(store, "a", None).await, b"again, and longer");
        assert_ne!(store.head(&path("a")).await.unwrap().etag, first.etag);
        assert_eq!(names(store, "").await, ["a"]);
    }
}

#[tokio::test]
async fn a_range_is_what_http_means_by_it() {
    let (_dir, stores) = both();
    for store in &stores {
        put(store, "a", b"0123456789").await;
        put(store, "empty", b"").await;
        for (range, expected) in [
            (GetRange::Bounded(0..1), "0"),
            (GetRange::Bounded(2..5), "234"),
            (GetRange::Bounded(8..100), "89"),
            (GetRange::Offset(9), "9"),
            (GetRange::Suffix(3), "789"),
            (GetRange::Suffix(100), "0123456789"),
        ] {
            assert_eq!(read(store, "a", Some(range)).await, expected.as_bytes());
        }
        for (name, size, range) in [
            ("a", 10, GetRange::Bounded(10..11)),
            ("a", 10, GetRange::Bounded(3..3)),
            ("a", 10, GetRange::Offset(10)),
            ("a", 10, GetRange::Suffix(0)),
            ("empty", 0, GetRange::Offset(0)),
            ("empty", 0, GetRange::Suffix(1)),
        ] {
            let refused = store.get(&path(name), Some(range)).await.err().unwrap();
            let ArtifactError::RangeNotSatisfiable { size: told } = refused else {
                panic!("{refused}")
            };
            assert_eq!(told, size);
        }
    }
}

#[tokio::test]
async fn a_listing_is_one_level_sorted_by_name() {
    let (_dir, stores) = both();
    for store in &stores {
        for name in ["r/b", "r/a/x", "r/a/y/z", "r/a.txt", "r/B", "r/é", "s/q", "rr"] {
            put(store, name, b"12").await;
        }
        assert_eq!(names(store, "r").await, ["B", "a/", "a.txt", "b", "é"]);
        assert_eq!(names(store, "").await, ["r/", "rr", "s/"]);
        assert_eq!(names(store, "r/a/").await, ["x", "y/"]);
        assert!(names(store, "nope/deeper").await.is_empty());
        assert!(names(store, "r/b").await.is_empty(), "a file has nothing in it");
        assert!(names(store, "r/b/c").await.is_empty());
        let entries = store.list(&path("r")).await.unwrap();
        assert_eq!(entries[0], Entry { name: "B".to_owned(), size: Some(2) });
        assert_eq!(entries[1], Entry { name: "a".to_owned(), size: None });
    }
}

#[tokio::test]
async fn deleting_takes_a_file_or_all_of_a_directory() {
    let (_dir, stores) = both();
    for store in &stores {
        for name in ["r/a", "r/d/x", "r/d/y/z", "r/dd"] {
            put(store, name, b"1").await;
        }
        store.delete(&path("r/a")).await.unwrap();
        store.delete(&path("r/d")).await.unwrap();
        assert_eq!(names(store, "r").await, ["dd"]);
        for absent in ["r/a", "nope", "r/dd/below"] {
            store.delete(&path(absent)).await.unwrap();
        }
        assert_eq!(names(store, "r").await, ["dd"]);
        let refused = store.delete(&ArtifactPath::ROOT).await;
        assert!(matches!(refused, Err(ArtifactError::InvalidPath(PathError::NoFileName))));
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_dir, stores) = both();
    for store in &stores {
        put(store, "a", b"1").await;
        for name in ["b", "a/b", "x/y/z"] {
            let refused = store.get(&path(name), None).await.err().unwrap();
            assert_eq!(refused.to_string(), format!("No such artifact: '{name}'"));
            assert!(matches!(refused, ArtifactError::NotFound { .. }));
            assert!(store.head(&path(name)).await.is_err());
        }
        let root = store.get(&ArtifactPath::ROOT, None).await;
        assert!(matches!(root.err(), Some(ArtifactError::IsDirectory { .. })));
        let root = store.put(&ArtifactPath::ROOT, body(b"x")).await;
        assert!(matches!(root, Err(ArtifactError::InvalidPath(PathError::NoFileName))));
    }
}

#[tokio::test]
async fn odd_names_come_back_as_they_went() {
    let (_dir, stores) = both();
    let odd = [
        " lead",
        "$HOME",
        "%zz",
        "-x",
        "100%.txt",
        "C:x",
        "CON",
        "[a]",
        "a b.txt",
        "a\"'`|<>*&b",
        "a+b",
        "a;b",
        "a?b",
        "e\u{301}",
        "trail ",
        "trail.",
        "{}^",
        "~",
        "é",
        "日本",
        "😀",
    ];
    for store in &stores {
        for name in odd {
            put(store, &format!("d/{name}/f"), name.as_bytes()).await;
            put(store, &format!("f/{name}"), name.as_bytes()).await;
            assert_eq!(read(store, &format!("d/{name}/f"), None).await, name.as_bytes());
            assert_eq!(read(store, &format!("f/{name}"), None).await, name.as_bytes());
        }
        let listed: Vec<String> =
            store.list(&path("f")).await.unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(listed, odd);
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_stores_nothing() {
    let (_dir, stores) = both();
    for store in &stores {
        put(store, "kept", b"before").await;
        for megabytes in [0, 1, 9] {
            let chunk = Bytes::from(vec![7; 1 << 20]);
            let good = stream::iter(vec![chunk; megabytes]).map(Ok);
            let broken = good.chain(stream::iter([Err("connection reset")]));
            let refused = store.put(&path("kept"), broken).await.unwrap_err();
            assert!(matches!(refused, ArtifactError::BrokenOff { .. }), "{refused}");
            assert_eq!(refused.source().unwrap().to_string(), "connection reset");
        }
        assert_eq!(read(store, "kept", None).await, b"before");
        assert_eq!(names(store, "").await, ["kept"]);
    }
}

#[tokio::test]
async fn memory_does_not_grow_with_the_stream() {
    static ALIVE: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    struct Counted(Box<[u8]>);
    impl AsRef<[u8]> for Counted {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(self.0.len(), Ordering::SeqCst);
        }
    }
    let chunk = |_| {
        let alive = ALIVE.fetch_add(65_536, Ordering::SeqCst) + 65_536;
        MOST.fetch_max(alive, Ordering::SeqCst);
        Ok::<_, Infallible>(Bytes::from_owner(Counted(vec![1; 65_536].into())))
    };
    let dir = tempfile::tempdir().unwrap();
    let stored = open(&dir).put(&path("big"), stream::iter(0..256).map(chunk)).await.unwrap();
    assert_eq!(stored.size, 16 << 20);
    assert!(MOST.load(Ordering::SeqCst) <= 2 * directory::PART_BYTES);
}

#[test]
fn a_destination_that_is_no_directory_is_refused_with_the_reason() {
    let refused = |destination: &str| open_at(destination).err().unwrap().to_string();
    assert_eq!(
        refused("s3://bucket/x"),
        "artifacts cannot be stored at 's3://bucket/x': this build stores artifacts in a local \
         directory only; 's3' needs a build with the object_store feature `aws`"
    );
    assert!(refused("gs://b").contains("`gcp`"));
    assert!(refused("wasbs://b").contains("`azure`"));
    for destination in ["hdfs://h/x", "mlflow-artifacts:/", "file://other/x"] {
        assert!(refused(destination).contains(destination));
    }
}

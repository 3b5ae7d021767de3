//! What only a directory can get wrong: links, pipes, names taken by directories, leftovers.

use std::{
    fs::{self, File},
    os::unix::fs::symlink,
    path::PathBuf,
    task::{Context, Waker},
    time::{Duration, SystemTime},
};

use super::*;

fn staging(dir: &TempDir) -> PathBuf {
    dir.path().join(".artifact.uploading.runlog")
}

fn staged(dir: &TempDir) -> usize {
    fs::read_dir(staging(dir)).unwrap().count()
}

/// Waits until the threads that may block have caught up.
async fn until(done: impl Fn() -> bool) {
    for _ in 0..1000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("waited in vain");
}

async fn refusals(store: &ArtifactStore, name: &str) -> [ArtifactError; 5] {
    let path = path(name);
    [
        store.get(&path, None).await.err().unwrap(),
        store.head(&path).await.unwrap_err(),
        store.list(&path).await.unwrap_err(),
        store.delete(&path).await.unwrap_err(),
        store.put(&path, body(b"x")).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn links_pipes_and_devices_are_neither_followed_nor_shown() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "s").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    put(&store, "d/file", b"1").await;
    let inside = dir.path().join("d");
    symlink("/", inside.join("root")).unwrap();
    symlink(outside.path(), inside.join("out")).unwrap();
    symlink(outside.path().join("secret"), inside.join("link")).unwrap();
    symlink(inside.join("file"), inside.join("within")).unwrap();
    symlink("nowhere", inside.join("dangling")).unwrap();
    symlink("loop", inside.join("loop")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, inside.join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    for name in
        ["d/root", "d/root/etc/passwd", "d/out/secret", "d/link", "d/within", "d/dangling/x"]
    {
        for refused in refusals(&store, name).await {
            assert!(matches!(refused, ArtifactError::Outside { .. }), "{name}: {refused}");
        }
    }
    for name in ["d/dangling", "d/loop", "d/loop/x", "d/pipe", "d/pipe/x"] {
        for refused in refusals(&store, name).await {
            assert!(matches!(refused, ArtifactError::Outside { .. }), "{name}: {refused}");
        }
    }
    assert_eq!(names(&store, "d").await, ["file"]);
    store.delete(&path("d")).await.unwrap();
    assert_eq!(fs::read_to_string(outside.path().join("secret")).unwrap(), "s");
    assert!(!inside.exists());
}

#[tokio::test]
async fn a_hard_link_is_replaced_and_not_written_through() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    put(&store, "a", b"old").await;
    fs::hard_link(dir.path().join("a"), dir.path().join("b")).unwrap();
    put(&store, "a", b"new").await;
    assert_eq!(read(&store, "a", None).await, b"new");
    assert_eq!(read(&store, "b", None).await, b"old");
}

#[tokio::test]
async fn a_file_does_not_take_the_place_of_a_directory_nor_the_other_way_round() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    put(&store, "d/f", b"1").await;
    let onto = store.put(&path("d"), body(b"x")).await.unwrap_err();
    assert!(matches!(onto, ArtifactError::IsDirectory { .. }));
    assert_eq!(onto.to_string(), "Artifact path refers to a directory, not a file: 'd'");
    let through = store.put(&path("d/f/g"), body(b"x")).await.unwrap_err();
    assert!(matches!(through, ArtifactError::NotADirectory { .. }));
    let get = store.get(&path("d"), None).await.err().unwrap();
    assert!(matches!(get, ArtifactError::IsDirectory { .. }));
    assert_eq!(read(&store, "d/f", None).await, b"1");
    assert_eq!(staged(&dir), 0);
}

#[tokio::test]
async fn names_that_no_request_could_give_are_not_listed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for name in ["a", "b#c", "b\\c", "b%20c", ".artifact.uploading.x", "b\nc"] {
        fs::write(dir.path().join(name), "1").unwrap();
    }
    assert_eq!(names(&store, "").await, ["a"]);
}

#[tokio::test]
async fn a_name_may_be_as_long_as_the_file_system_takes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    put(&store, &"n".repeat(255), b"1").await;
    assert_eq!(names(&store, "").await.len(), 1);
    let deep = vec!["d".repeat(255); 15].join("/") + "/" + &"d".repeat(250);
    let refused = store.put(&path(&deep), body(b"x")).await.unwrap_err();
    assert!(matches!(refused, ArtifactError::InvalidPath(PathError::TooLong)), "{refused:?}");
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for megabytes in [0, 5] {
        let chunk = Ok::<_, Infallible>(Bytes::from(vec![7; 1 << 20]));
        let endless = stream::iter(vec![chunk; megabytes]).chain(stream::pending());
        let name = path("a/b");
        let upload = store.put(&name, endless);
        assert!(tokio::time::timeout(Duration::from_millis(100), upload).await.is_err());
    }
    until(|| staged(&dir) == 0).await;
    assert!(names(&store, "").await.is_empty());
}

#[tokio::test]
async fn a_caller_that_goes_away_at_any_moment_leaves_all_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let name = path("a/b");
    for length in [3, 3 << 20] {
        for polls in 1..12 {
            let content = vec![7; length];
            let mut upload = Box::pin(store.put(&name, body(&content)));
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..polls {
                if upload.as_mut().poll(&mut context).is_ready() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            drop(upload);
            until(|| staged(&dir) == 0).await;
            let left = fs::metadata(dir.path().join("a/b")).map(|meta| meta.len());
            assert!(left.is_err() || left.is_ok_and(|left| left == length as u64));
            store.delete(&name).await.unwrap();
        }
    }
}

#[tokio::test]
async fn uploads_to_one_name_at_once_leave_one_of_them_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let contents: Vec<Vec<u8>> = (0..8).map(|i| vec![i; 1_500_000]).collect();
    let name = path("x/y/z");
    let uploads = contents.iter().map(|content| store.put(&name, body(content)));
    for stored in futures::future::join_all(uploads).await {
        stored.unwrap();
    }
    assert!(contents.contains(&read(&store, "x/y/z", None).await));
    assert_eq!(staged(&dir), 0);
}

#[test]
fn opening_sweeps_what_was_abandoned_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    open(&dir);
    let old = File::create(staging(&dir).join("old#1")).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_secs(2 * 24 * 60 * 60)).unwrap();
    File::create(staging(&dir).join("young#1")).unwrap();
    open(&dir);
    assert!(!staging(&dir).join("old#1").exists());
    assert!(staging(&dir).join("young#1").exists());
}

#[test]
fn a_directory_is_opened_by_path_or_uri_and_created() {
    let dir = tempfile::tempdir().unwrap();
    let below = dir.path().join("x/y z");
    open_at(&format!("file://{}/x/y%20z", dir.path().display())).unwrap();
    assert!(below.is_dir());
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = open_at(file.to_str().unwrap()).err().unwrap();
    assert!(matches!(refused, ArtifactError::Destination { .. }));
}

#[test]
fn a_run_s_artifacts_are_located_by_its_uri() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let file = path("m/a.txt");
    let located = |uri: &str| store.locate(uri, &file).map(|path| path.to_string());
    assert_eq!(located("mlflow-artifacts:/0/r/artifacts").unwrap(), "0/r/artifacts/m/a.txt");
    assert_eq!(located("mlflow-artifacts:/").unwrap(), "m/a.txt");
    let inside = dir.path().canonicalize().unwrap().join("0/r/artifacts");
    assert_eq!(located(inside.to_str().unwrap()).unwrap(), "0/r/artifacts/m/a.txt");
    assert_eq!(located(&format!("file://{}", inside.display())).unwrap(), "0/r/artifacts/m/a.txt");
    for uri in ["/etc", "s3://b/x", "http://169.254.169.254/x", "relative"] {
        assert!(matches!(located(uri), Err(UriError::NotServed { .. })), "{uri}");
    }
    assert!(matches!(located(&format!("{}/../../etc", inside.display())), Err(UriError::Path(_))));
}

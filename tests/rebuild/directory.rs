//! Whatever happens to the directory of the views: the engine opens, with views that are what the log
//! says, and opens again.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    sync::Arc,
};

use runlog::{
    base::{Seq, disk::RealDisk},
    domain::Command,
    engine::{Context, Engine, Options},
    views::digest::digest,
    wal::{LocalReader, WalReader as _},
};
use tempfile::TempDir;

use super::{copy_dir, damage::busy, files_in, rebuilt_digest};

/// A data directory, and copies of it and of others.
struct Scene {
    dir: TempDir,
}

const OPTIONS: Options = Options {
    segment_bytes: 1 << 20,
    cache_bytes: 16 << 20,
    witnessed: Seq::ZERO,
    snapshot_events: u64::MAX,
};

impl Scene {
    /// `data`, with `early` as it was at first and `restored` as it went on from there in another way;
    /// and `foreign`, another log's.
    fn new() -> Self {
        let scene = Self { dir: tempfile::tempdir().unwrap() };
        let commands = busy(1);
        let (first, rest) = commands.split_at(commands.len() / 2);
        execute(&scene.path("data"), first);
        copy_dir(&scene.path("data"), &scene.path("early"));
        copy_dir(&scene.path("data"), &scene.path("restored"));
        execute(&scene.path("data"), rest);
        execute(&scene.path("restored"), &busy(2));
        execute(&scene.path("foreign"), &busy(3));
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Opens a copy of a data directory after `damage` to it, twice.
    fn check(&self, name: &str, what: &str, damage: impl FnOnce(&Path)) {
        let data = self.path("case");
        copy_dir(&self.path(name), &data);
        damage(&data);
        let log = LocalReader::open_read_only(Arc::new(RealDisk), &data.join("log"));
        let log = log.unwrap();
        let expected = rebuilt_digest(&log, log.head());
        drop(log);
        let open = |time: &str| {
            let engine = Engine::open(Arc::new(RealDisk), &data, &OPTIONS);
            let engine = engine.unwrap_or_else(|error| panic!("{what}, {time} time: {error}"));
            assert_eq!(digest(&engine.views().view()).to_string(), expected, "{what}, {time} time");
        };
        open("first");
        let aside = data.join("views.set-aside");
        if aside.is_symlink() || aside.exists() {
            remove(&aside);
        }
        open("second");
        assert!(!aside.exists(), "{what}: the rebuilt views were not good");
        fs::remove_dir_all(data).unwrap();
    }

    /// The same with damage to the views.
    fn check_views(&self, what: &str, damage: impl FnOnce(&Path)) {
        self.check("data", what, |data| damage(&data.join("views")));
    }
}

fn execute(data: &Path, commands: &[Command]) {
    let engine = Engine::open(Arc::new(RealDisk), data, &OPTIONS).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (index, command) in commands.iter().enumerate() {
        let _ = runtime.block_on(engine.execute(Context::default(), command.clone()));
        if index % 100 == 99 {
            engine.views().flush().unwrap();
        }
    }
}

fn remove(path: &Path) {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
    .unwrap();
}

#[test]
fn views_that_are_no_directory_or_gone_are_made_anew() {
    let scene = Scene::new();
    scene.check_views("gone", remove);
    scene.check_views("empty", |views| {
        remove(views);
        fs::create_dir(views).unwrap();
    });
    scene.check_views("a file", |views| {
        remove(views);
        fs::write(views, "what is this").unwrap();
    });
    for target in ["nowhere", "log", "log/LOCK"] {
        scene.check_views(&format!("a link to {target}"), |views| {
            remove(views);
            symlink(views.with_file_name(target), views).unwrap();
        });
    }
    scene.check_views("a link to the views", |views| {
        let real = views.with_file_name("elsewhere");
        fs::rename(views, &real).unwrap();
        symlink(real, views).unwrap();
    });
    // Has no effect on a superuser.
    scene.check_views("unreadable", |views| {
        fs::set_permissions(views, fs::Permissions::from_mode(0o0)).unwrap();
    });
}

#[test]
fn what_was_set_aside_before_is_in_nobodys_way() {
    let scene = Scene::new();
    let aside = |views: &Path| views.with_file_name("views.set-aside");
    let damaged = |views: &Path| fs::write(views.join("durability_cookie"), "no").unwrap();
    scene.check_views("a directory set aside", |views| {
        copy_dir(views, &aside(views));
        damaged(views);
    });
    scene.check_views("a file set aside", |views| {
        fs::write(aside(views), "file").unwrap();
        damaged(views);
    });
    scene.check_views("a link set aside", |views| {
        symlink(views.with_file_name("log"), aside(views)).unwrap();
        damaged(views);
    });
}

#[test]
fn views_of_other_times_and_places_are_folded_on_or_anew() {
    let scene = Scene::new();
    let views_of = |other: &str| {
        let other = scene.path(other).join("views");
        move |data: &Path| {
            remove(&data.join("views"));
            copy_dir(&other, &data.join("views"));
        }
    };
    scene.check("data", "older views", views_of("early"));
    scene.check("data", "views of another log", views_of("foreign"));
    scene.check("data", "views of a log that went on differently", views_of("restored"));
    scene.check("early", "views that are ahead of the log", views_of("data"));
    scene.check("restored", "views of the log's former life", views_of("data"));
}

#[test]
fn parts_that_are_missing_or_something_else_are_noticed() {
    let scene = Scene::new();
    let root = scene.path("data").join("views");
    let mut parts = files_in(&root);
    parts.extend(["metadata", "slabs", "slabs/64"].map(|part| root.join(part)));
    for path in parts {
        let part = path.strip_prefix(&root).unwrap().to_owned();
        let what = |done: &str| format!("{} {done}", part.display());
        scene.check_views(&what("gone"), |views| remove(&views.join(&part)));
        scene.check_views(&what("of another kind"), |views| {
            let path = views.join(&part);
            let was_dir = path.is_dir();
            remove(&path);
            if was_dir { fs::write(path, "file") } else { fs::create_dir(path) }.unwrap();
        });
        if path.is_file() && path != root.join("slabs/64") {
            let bytes = fs::read(&path).unwrap();
            scene.check_views(&what("cut"), |views| {
                fs::write(views.join(&part), &bytes[..bytes.len() / 2]).unwrap();
            });
            scene.check_views(&what("zeroed"), |views| {
                fs::write(views.join(&part), vec![0; bytes.len()]).unwrap();
            });
            scene.check_views(&what("with a byte changed"), |views| {
                let mut bytes = bytes.clone();
                bytes[0] ^= 1;
                fs::write(views.join(&part), bytes).unwrap();
            });
        }
    }
}

#[test]
fn parts_that_nobody_knows_are_noticed_or_ignored() {
    let scene = Scene::new();
    let unknown = [
        "what",
        "slabs/what",
        "slabs/65",
        "metadata/what",
        "metadata/log_zz",
        "metadata/log_",
        "metadata/log_00000000000000ff",
        "metadata/snapshot_zz",
        "metadata/snapshot_00000000000000ff",
        "metadata/snapshot_00000000000000ff.tmp",
        "metadata/logs",
    ];
    for part in unknown {
        scene.check_views(&format!("{part} empty"), |views| {
            fs::write(views.join(part), "").unwrap();
        });
        scene.check_views(part, |views| {
            fs::write(views.join(part), "what").unwrap();
        });
    }
}

/// A frame whose length is right but for its being far too long makes sled ask for memory that there is
/// not, which ends the process.
#[test]
fn lengths_out_of_this_world_do_no_harm() {
    let scene = Scene::new();
    let mut head = (1_u64 << 47).to_le_bytes();
    let crc = runlog::base::digest::crc32_ieee(&head[..6]).to_le_bytes();
    head[6..].copy_from_slice(&crc[..2]);
    for part in ["metadata/log_00000000000000ff", "metadata/snapshot_00000000000000ff"] {
        scene.check_views(part, |views| fs::write(views.join(part), head).unwrap());
    }
}

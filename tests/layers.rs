//! The architecture as a test: who may import whom, and who alone may use what
//! (docs/ARCHITECTURE.md, "The folders").

#![allow(clippy::unwrap_used, missing_docs, reason = "test code")]

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Each module with those of ours that it may use.
const MAY_USE: &[(&str, &str)] = &[
    ("base", ""),
    ("event", "base wal"),
    ("wal", "base"),
    ("proof", "base wal"),
    ("domain", "base event"),
    ("search", "base"),
    ("views", "base event domain search"),
    ("engine", "base event wal domain views"),
    ("audit", "base event wal proof domain views engine artifacts"),
    ("artifacts", "base"),
    ("transfer", "base event wal proof views audit artifacts"),
    ("webhooks", "base event wal domain views engine"),
    ("http", "base event proof domain search views engine audit artifacts webhooks"),
    ("cli", "base event wal proof domain views engine audit transfer artifacts webhooks http"),
];

/// Names, and the paths below `src` under which alone they may stand.
const ALONE: &[(&str, &[&str])] = &[
    ("sled::Db", &["views/store/sled.rs"]),
    ("bincode", &["event/codec.rs"]),
    ("axum", &["http"]),
    ("object_store", &["artifacts"]),
    ("reqwest", &["webhooks/post.rs", "cli/source", "cli/serve/anchors.rs", "cli/serve/args.rs"]),
    ("parquet::", &["cli"]),
    ("fernet", &["webhooks/secret.rs"]),
    ("println!", &["cli", "base/sync/schedules.rs", "ui/build.rs"]),
    ("SystemTime::now", &["base/clock.rs"]),
    ("icu_properties", &["base/python.rs"]),
    ("crc32fast", &["base/digest.rs"]),
];

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file without its comments and its strings' worth of prose.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The names that follow `crate::`, alone or in braces.
fn imported(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut names = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        for part in group.split_inclusive(['{', '}', ',']) {
            if depth == 0 {
                names.insert(word(part.trim_start()));
            }
            match part.chars().last() {
                Some('{') => depth += 1,
                Some('}') if depth == 0 => break,
                Some('}') => depth -= 1,
                _ => {}
            }
        }
    }
    names
}

#[test]
fn imports_point_one_way() {
    let modules: BTreeSet<&str> = MAY_USE.iter().map(|(module, _)| *module).collect();
    for (module, allowed) in MAY_USE {
        let allowed: BTreeSet<&str> = allowed.split(' ').collect();
        let mut files = Vec::new();
        sources(&src().join(module), &mut files);
        assert!(!files.is_empty(), "no module {module}");
        for file in files {
            for name in imported(&code(&file)) {
                let fine = !modules.contains(name.as_str())
                    || name == *module
                    || allowed.contains(name.as_str());
                assert!(fine, "{} uses {name}, which {module} may not", file.display());
            }
        }
    }
}

#[test]
fn every_folder_is_in_the_table() {
    for entry in std::fs::read_dir(src()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let known = name == "ui" || MAY_USE.iter().any(|(module, _)| *module == name);
        assert!(path.is_file() || known, "src/{name} is not in the table of modules");
    }
}

#[test]
fn what_one_place_alone_knows_stands_nowhere_else() {
    let mut files = Vec::new();
    sources(&src(), &mut files);
    for file in files {
        let below = file.strip_prefix(src()).unwrap().to_owned();
        if below.iter().any(|part| part == "tests") {
            continue;
        }
        let code = code(&file);
        for (name, places) in ALONE {
            let fine = !code.contains(name) || places.iter().any(|place| below.starts_with(place));
            assert!(fine, "src/{} names {name}", below.display());
        }
    }
}

#[test]
fn our_own_routes_are_all_described() {
    let mut files = Vec::new();
    sources(&src().join("http/runlog"), &mut files);
    let undescribed = files.iter().map(|file| code(file).matches(".route(").count());
    // The document itself; what `routes!` adds is in it.
    assert_eq!(undescribed.sum::<usize>(), 1);
}
